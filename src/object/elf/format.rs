//! ELF as one of the formats: what is asked of it, and who answers.

use std::borrow::Cow;

use super::{Class, ElfObject};
use crate::error::Result;
use crate::object::architecture::Architecture;
use crate::object::capabilities::Capabilities;
use crate::object::format::{Format, FormatFacts, LinkerNames};
use crate::object::symbol::{
    FixedReference, ObjectEdits, ObjectSymbols, Reach, Reference, ReferenceForm, Section, SectionIndex, Stack,
    Suffixes, Symbol, SymbolIndex,
};
use crate::object::thunk;
use crate::patch::Patch;

/// All of ELF.
pub static FACTS: FormatFacts = FormatFacts {
    capabilities: Capabilities { format: "ELF", refused: &[] },
    linker_names: LINKER_NAMES,
    one_per_image: &[],
};

/// GNU ld's default script, glibc's csu/, gcc's crtstuff.
///
/// A few of them tell the linker what a call is: GNU ld relaxes accesses to thread-local storage only around calls of
/// `__tls_get_addr` (of i386 and s390 with names of their own), and lld wants `__morestack_non_split` of split stacks.
pub const LINKER_NAMES: LinkerNames = LinkerNames { names: NAMES, prefixes: &[] };

const NAMES: &[&[u8]] = &[
    b"_DYNAMIC",
    b"_GLOBAL_OFFSET_TABLE_",
    b"_PROCEDURE_LINKAGE_TABLE_",
    b"__GNU_EH_FRAME_HDR",
    b"__TMC_END__",
    b"___tls_get_addr",
    b"__bss_start",
    b"__data_start",
    b"__dso_handle",
    b"__ehdr_start",
    b"__executable_start",
    b"__fini_array_end",
    b"__fini_array_start",
    b"__init_array_end",
    b"__init_array_start",
    b"__morestack",
    b"__morestack_non_split",
    b"__preinit_array_end",
    b"__preinit_array_start",
    b"__rela_iplt_end",
    b"__rela_iplt_start",
    b"__tls_get_addr",
    b"__tls_get_offset",
    b"_edata",
    b"_end",
    b"_etext",
    b"_fini",
    b"_init",
    b"_start",
    b"data_start",
    b"edata",
    b"end",
    b"etext",
];

impl<'d, Elf: Class> Format<'d> for ElfObject<'d, Elf> {
    fn facts(&self) -> &'static FormatFacts {
        &FACTS
    }

    fn object_symbols(&self) -> Result<ObjectSymbols<'d>> {
        self.object_symbols()
    }

    fn local_groups(&self) -> Result<ObjectSymbols<'d>> {
        self.local_groups()
    }

    fn all_symbols(&self) -> Result<Vec<Symbol<'d>>> {
        self.all_symbols()
    }

    fn indexed_names(&self) -> Result<Vec<Cow<'d, [u8]>>> {
        self.indexed_names()
    }

    fn patch(&self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<Patch> {
        self.patch(edits, suffixes)
    }

    fn architecture(&self) -> Option<Architecture> {
        self.architecture()
    }

    fn is_relocatable(&self) -> bool {
        self.is_relocatable()
    }

    fn all_sections(&self) -> Result<Vec<Section<'d>>> {
        self.all_sections()
    }

    fn section_name(&self, index: SectionIndex) -> Option<&'d [u8]> {
        self.section_name(index).ok()
    }

    fn is_indexed(&self, symbol: &Symbol<'_>) -> bool {
        self.is_indexed(symbol)
    }

    fn needless_sections(&self) -> Vec<SectionIndex> {
        self.needless_sections()
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

    fn reach(&self, section: SectionIndex, form: ReferenceForm) -> Reach {
        self.reach(section, form)
    }

    fn fixed_references(&self) -> Result<Vec<FixedReference<'d>>> {
        self.fixed_references()
    }

    fn stack(&self) -> Stack {
        self.stack()
    }

    fn embedded_bitcode(&self) -> Option<&'d [u8]> {
        self.embedded_bitcode()
    }

    fn constants(&self) -> Vec<&'d [u8]> {
        self.constants()
    }

    fn make_object(&self, definitions: &[thunk::Definition]) -> Result<Vec<u8>> {
        self.make_object(definitions)
    }
}
