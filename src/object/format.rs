//! What an object format has to answer, and what is known of a format as a whole.

use std::borrow::Cow;

use super::architecture::Architecture;
use super::capabilities::Capabilities;
use super::symbol::{
    FixedReference, ObjectEdits, ObjectSymbols, Reach, Reference, ReferenceForm, Section, SectionIndex, Stack,
    Suffixes, Symbol, SymbolIndex,
};
use super::thunk;
use crate::error::{Error, Result};
use crate::patch::Patch;

/// What an object says, and what can be done to it. The defaults are for formats that have no such thing.
pub(super) trait Format<'d> {
    fn facts(&self) -> &'static FormatFacts;

    fn object_symbols(&self) -> Result<ObjectSymbols<'d>>;

    /// COMDAT groups whose signatures are local symbols.
    fn local_groups(&self) -> Result<ObjectSymbols<'d>> {
        Ok(ObjectSymbols::default())
    }

    fn all_symbols(&self) -> Result<Vec<Symbol<'d>>>;

    fn indexed_names(&self) -> Result<Vec<Cow<'d, [u8]>>> {
        Ok(self.object_symbols()?.indexed_names().collect())
    }

    fn patch(&self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<Patch>;

    fn architecture(&self) -> Option<Architecture> {
        None
    }

    /// Whether it is for a linker: no executable, and no shared object.
    fn is_relocatable(&self) -> bool {
        true
    }

    fn all_sections(&self) -> Result<Vec<Section<'d>>> {
        Ok(Vec::new())
    }

    fn section_name(&self, _: SectionIndex) -> Option<&'d [u8]> {
        None
    }

    /// The name of the segment that a section goes to, where that is half of its name.
    fn segment_name(&self, _: SectionIndex) -> Option<&'d [u8]> {
        None
    }

    fn is_indexed(&self, _: &Symbol<'_>) -> bool {
        false
    }

    /// Whether objcopy's flags make a symbol weak, local or global.
    fn is_rebound(&self, _: &Symbol<'_>) -> bool {
        true
    }

    fn needless_sections(&self) -> Vec<SectionIndex> {
        Vec::new()
    }

    fn symbol_sections(&self) -> Vec<SectionIndex> {
        Vec::new()
    }

    fn references(&self, _: &dyn Fn(SymbolIndex) -> bool) -> Result<Vec<Reference>> {
        Ok(Vec::new())
    }

    fn form_name(&self, form: ReferenceForm) -> String {
        form.0.to_string()
    }

    fn reach(&self, _: SectionIndex, _: ReferenceForm) -> Reach {
        Reach::Unknown
    }

    fn fixed_references(&self) -> Result<Vec<FixedReference<'d>>> {
        Ok(Vec::new())
    }

    fn stack(&self) -> Stack {
        Stack::Plain
    }

    fn embedded_bitcode(&self) -> Option<&'d [u8]> {
        None
    }

    /// The personality routines that its unwind tables refer to, where linked files can have few of them.
    fn personalities(&self) -> Result<Vec<&'d [u8]>> {
        Ok(Vec::new())
    }

    fn constants(&self) -> Vec<&'d [u8]> {
        Vec::new()
    }

    fn make_object(&self, _: &[thunk::Definition]) -> Result<Vec<u8>> {
        Err(Error::unsupported("not an object: it has no machine"))
    }
}

/// What is known of a format, or of a platform's use of it, without an object.
#[derive(Debug, PartialEq, Eq)]
pub struct FormatFacts {
    /// What can be asked of its objects.
    pub capabilities: Capabilities,
    /// Names that its linkers define, or look for.
    pub linker_names: LinkerNames,
    /// Linkage names of which a linked file can have few different ones: definitions of them stay what they are called,
    /// and become weak, so that linkers keep one.
    pub one_per_image: &'static [&'static [u8]],
}

/// Where there is no object, or none that can be read.
static NONE: FormatFacts = FormatFacts {
    capabilities: Capabilities { format: "not an object", refused: &[] },
    linker_names: LinkerNames { names: &[], prefixes: &[] },
    one_per_image: &[],
};

impl Default for &'static FormatFacts {
    fn default() -> Self {
        &NONE
    }
}

/// Names that linkers or the C runtime's start files define, or look for by name. A definition in an archive stands in
/// for theirs and keeps its name.
#[derive(Debug, PartialEq, Eq)]
pub struct LinkerNames {
    /// Linkage names.
    pub names: &'static [&'static [u8]],
    /// What others begin with.
    pub prefixes: &'static [&'static [u8]],
}

impl LinkerNames {
    /// Whether a linkage name is one of them.
    pub fn contains(&self, name: &[u8]) -> bool {
        self.names.contains(&name) || self.prefixes.iter().any(|prefix| name.starts_with(prefix))
    }
}
