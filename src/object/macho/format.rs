//! Mach-O's answers to what every format is asked.

use object::read::macho::Section as _;

use super::{Class, MachOObject};
use crate::error::Result;
use crate::object::architecture::Architecture;
use crate::object::capabilities::{Capabilities, Operation};
use crate::object::format::{Format, FormatFacts, LinkerNames};
use crate::object::symbol::{
    ObjectEdits, ObjectSymbols, Placement, Reference, ReferenceForm, Section, SectionIndex, Suffixes, Symbol,
    SymbolIndex,
};
use crate::patch::Patch;

/// Names that ld64 and lld make (`SyntheticSections.cpp`, `createSynthesizedSymbols` of lld's `MachO/Driver.cpp`), or
/// read as instructions (`$ld$…`, ld64's `parsers/libunwind` and TAPI).
pub(in crate::object) static FACTS: FormatFacts = FormatFacts {
    capabilities: Capabilities {
        format: "Mach-O",
        refused: &[
            (Operation::SetVisibility, "there is no visibility but default and private external"),
            (Operation::RenameSection, "sections are known by names of at most 16 bytes, which leaves none for a tag"),
            (Operation::AddMember, "there is no code here in the form that Mach-O needs"),
            (Operation::Merge, "GNU ld, which joins members, knows no Mach-O"),
        ],
    },
    linker_names: LinkerNames {
        names: &[
            b"___dso_handle",
            b"__dyld_private",
            b"__mh_bundle_header",
            b"__mh_dylib_header",
            b"__mh_dylinker_header",
            b"__mh_execute_header",
            b"__mh_object_header",
            b"__mh_preload_header",
            b"dyld_stub_binder",
            b"start",
        ],
        prefixes: &[b"$ld$", b"section$end$", b"section$start$", b"segment$end$", b"segment$start$"],
    },
    // Compact unwind tables number personality routines by two bits (`<mach-o/compact_unwind_encoding.h>`).
    one_per_image: &[b"_rust_eh_personality"],
};

impl<'d, M: Class> Format<'d> for MachOObject<'d, M> {
    fn facts(&self) -> &'static FormatFacts {
        &FACTS
    }

    fn object_symbols(&self) -> Result<ObjectSymbols<'d>> {
        self.object_symbols()
    }

    fn all_symbols(&self) -> Result<Vec<Symbol<'d>>> {
        self.all_symbols()
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
        self.section_name(index)
    }

    fn segment_name(&self, index: SectionIndex) -> Option<&'d [u8]> {
        self.section(index).map(|section| section.header.segment_name())
    }

    fn is_indexed(&self, symbol: &Symbol<'_>) -> bool {
        self.is_indexed(symbol)
    }

    fn is_rebound(&self, symbol: &Symbol<'_>) -> bool {
        !matches!(symbol.placement, Placement::Undefined | Placement::Common)
    }

    fn references(&self, wanted: &dyn Fn(SymbolIndex) -> bool) -> Result<Vec<Reference>> {
        self.references(wanted)
    }

    fn form_name(&self, form: ReferenceForm) -> String {
        self.form_name(form)
    }

    fn embedded_bitcode(&self) -> Option<&'d [u8]> {
        self.embedded_bitcode()
    }

    fn personalities(&self) -> Result<Vec<&'d [u8]>> {
        self.personalities()
    }

    fn constants(&self) -> Vec<&'d [u8]> {
        self.constants()
    }
}
