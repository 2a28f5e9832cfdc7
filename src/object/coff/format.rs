//! COFF as one of the formats: what is asked of it, and who answers.

use super::layout::Layout;
use super::{CoffObject, ImportObject, linker_names};
use crate::error::{Error, Result};
use crate::object::architecture::Architecture;
use crate::object::capabilities::{Capabilities, Operation};
use crate::object::format::{Format, FormatFacts, LinkerNames};
use crate::object::symbol::{
    ObjectEdits, ObjectSymbols, Reference, ReferenceForm, Section, SectionIndex, Suffixes, Symbol, SymbolIndex,
};
use crate::patch::Patch;

const NO_VISIBILITY: &str = "its symbols have none; what a DLL exports is said by directives";
const NOT_HIDDEN: &str = "Microsoft's linkers export nothing but what is asked for";
const NO_MEMBER: &str = "stubs and replacements are made for ELF alone";
const NO_MERGE: &str = "GNU ld's `-r` for it drops what Microsoft's linkers need";

const REFUSED_GNU: &[(Operation, &str)] =
    &[(Operation::SetVisibility, NO_VISIBILITY), (Operation::AddMember, NO_MEMBER), (Operation::Merge, NO_MERGE)];
const REFUSED_MSVC: &[(Operation, &str)] = &[
    (Operation::Hide, NOT_HIDDEN),
    (Operation::SetVisibility, NO_VISIBILITY),
    (Operation::AddMember, NO_MEMBER),
    (Operation::Merge, NO_MERGE),
];

const GNU: Capabilities = Capabilities { format: "COFF for MinGW", refused: REFUSED_GNU };
const MSVC: Capabilities = Capabilities { format: "COFF", refused: REFUSED_MSVC };

/// For GNU ld and its like, which export all that is not hidden where nothing is marked.
pub(in crate::object) static GNU_FACTS: FormatFacts =
    FormatFacts { capabilities: GNU, linker_names: linker_names::PLAIN, one_per_image: &[] };
/// The same for 32-bit x86, whose C names have an underscore in front.
static GNU_X86_FACTS: FormatFacts =
    FormatFacts { capabilities: GNU, linker_names: linker_names::UNDERSCORED, one_per_image: &[] };
/// For Microsoft's linkers and their like.
pub(in crate::object) static MSVC_FACTS: FormatFacts =
    FormatFacts { capabilities: MSVC, linker_names: linker_names::PLAIN, one_per_image: &[] };
/// The same for 32-bit x86.
static MSVC_X86_FACTS: FormatFacts =
    FormatFacts { capabilities: MSVC, linker_names: linker_names::UNDERSCORED, one_per_image: &[] };
/// Import members, which are for both.
static IMPORT_FACTS: FormatFacts = FormatFacts {
    capabilities: Capabilities { format: "a COFF import", refused: &[] },
    linker_names: LinkerNames { names: &[], prefixes: &[] },
    one_per_image: &[],
};

/// Whether a definition can be hidden: MinGW's linkers take a directive for it, Microsoft's hide all that is not exported.
pub(super) fn can_hide(facts: &FormatFacts) -> bool {
    facts.capabilities.serves(Operation::Hide)
}

impl<'d, Coff: Layout> Format<'d> for CoffObject<'d, Coff> {
    fn facts(&self) -> &'static FormatFacts {
        match (self.is_for_gnu(), self.prefix()) {
            (true, b"") => &GNU_FACTS,
            (true, _) => &GNU_X86_FACTS,
            (false, b"") => &MSVC_FACTS,
            (false, _) => &MSVC_X86_FACTS,
        }
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

    fn all_sections(&self) -> Result<Vec<Section<'d>>> {
        self.all_sections()
    }

    fn section_name(&self, index: SectionIndex) -> Option<&'d [u8]> {
        self.section_name(index).ok()
    }

    fn is_indexed(&self, symbol: &Symbol<'_>) -> bool {
        self.is_indexed(symbol)
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

    fn constants(&self) -> Vec<&'d [u8]> {
        self.constants()
    }
}

impl<'d> Format<'d> for ImportObject<'d> {
    fn facts(&self) -> &'static FormatFacts {
        &IMPORT_FACTS
    }

    fn object_symbols(&self) -> Result<ObjectSymbols<'d>> {
        Ok(ObjectSymbols { facts: &IMPORT_FACTS, ..self.object_symbols() })
    }

    fn all_symbols(&self) -> Result<Vec<Symbol<'d>>> {
        Ok(self.all_symbols())
    }

    fn patch(&self, _: &ObjectEdits, _: &Suffixes) -> Result<Patch> {
        Err(Error::unsupported("an import: what a DLL gives has the DLL's names"))
    }

    fn architecture(&self) -> Option<Architecture> {
        self.architecture()
    }
}
