//! WebAssembly as one of the formats: what is asked of it, and who answers.

use super::WasmObject;
use crate::error::Result;
use crate::object::capabilities::{Capabilities, Operation};
use crate::object::format::{Format, FormatFacts, LinkerNames};
use crate::object::symbol::{
    ObjectEdits, ObjectSymbols, Reach, Reference, ReferenceForm, Section, SectionIndex, Suffixes, Symbol, SymbolIndex,
};
use crate::patch::Patch;

/// All of WebAssembly.
pub(in crate::object) static FACTS: FormatFacts = FormatFacts {
    capabilities: Capabilities {
        format: "WebAssembly",
        refused: &[
            (Operation::SetVisibility, "there is no visibility but default and hidden"),
            (Operation::AddMember, "a function has a type, which has to be that of every call"),
            (Operation::Merge, "GNU ld, which joins members, does not know the format"),
        ],
    },
    linker_names: LinkerNames { names: NAMES, prefixes: &[] },
    one_per_image: &[],
};

/// What `wasm-ld` defines, what it and the start files look for (`lld/wasm/Driver.cpp`, wasi-libc's `crt1`), and the
/// tags by which all code of a module throws.
const NAMES: &[&[u8]] = &[
    b"__c_longjmp",
    b"__cpp_exception",
    b"__data_end",
    b"__dso_handle",
    b"__global_base",
    b"__heap_base",
    b"__heap_end",
    b"__indirect_function_table",
    b"__main_argc_argv",
    b"__main_void",
    b"__memory_base",
    b"__original_main",
    b"__stack_high",
    b"__stack_low",
    b"__stack_pointer",
    b"__table_base",
    b"__tls_align",
    b"__tls_base",
    b"__tls_size",
    b"__wasm_apply_data_relocs",
    b"__wasm_apply_global_relocs",
    b"__wasm_call_ctors",
    b"__wasm_call_dtors",
    b"__wasm_init_memory",
    b"__wasm_init_memory_flag",
    b"__wasm_init_tls",
    b"_initialize",
    b"_start",
    b"main",
];

impl<'d> Format<'d> for WasmObject<'d> {
    fn facts(&self) -> &'static FormatFacts {
        &FACTS
    }

    fn object_symbols(&self) -> Result<ObjectSymbols<'d>> {
        self.object_symbols()
    }

    fn all_symbols(&self) -> Result<Vec<Symbol<'d>>> {
        Ok(self.all_symbols())
    }

    fn patch(&self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<Patch> {
        self.patch(edits, suffixes)
    }

    fn is_relocatable(&self) -> bool {
        self.linking.is_some()
    }

    fn all_sections(&self) -> Result<Vec<Section<'d>>> {
        self.all_sections()
    }

    fn section_name(&self, index: SectionIndex) -> Option<&'d [u8]> {
        self.section_name(index)
    }

    fn is_indexed(&self, symbol: &Symbol<'_>) -> bool {
        self.is_indexed(symbol)
    }

    fn symbol_sections(&self) -> Vec<SectionIndex> {
        self.symbol_sections()
    }

    fn references(&self, wanted: &dyn Fn(SymbolIndex) -> bool) -> Result<Vec<Reference>> {
        self.references(wanted)
    }

    fn form_name(&self, form: ReferenceForm) -> String {
        self.form_name(form)
    }

    /// Functions and data may stay undefined where they are weak: `wasm-ld` puts a function that traps and a null
    /// address in their place, whatever the form.
    fn reach(&self, _: SectionIndex, _: ReferenceForm) -> Reach {
        Reach::Anywhere
    }

    fn embedded_bitcode(&self) -> Option<&'d [u8]> {
        self.embedded_bitcode()
    }

    fn constants(&self) -> Vec<&'d [u8]> {
        self.module.segments.iter().map(|segment| &self.data[segment.clone()]).collect()
    }
}
