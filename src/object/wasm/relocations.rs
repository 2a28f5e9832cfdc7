//! The custom sections `reloc.*`: places that get a symbol's address or number (tool-conventions, `Linking.md`,
//! "Relocation Sections").

use std::ops::Range;

use super::WasmObject;
use super::encoding::Reader;
use super::linking::Kind;
use super::module::{RawSection, list};
use crate::error::Result;
use crate::object::symbol::{Reference, ReferenceForm, SectionIndex, SymbolIndex};

/// Names of the types, by their number.
const NAMES: [&str; 27] = [
    "FUNCTION_INDEX_LEB",
    "TABLE_INDEX_SLEB",
    "TABLE_INDEX_I32",
    "MEMORY_ADDR_LEB",
    "MEMORY_ADDR_SLEB",
    "MEMORY_ADDR_I32",
    "TYPE_INDEX_LEB",
    "GLOBAL_INDEX_LEB",
    "FUNCTION_OFFSET_I32",
    "SECTION_OFFSET_I32",
    "TAG_INDEX_LEB",
    "MEMORY_ADDR_REL_SLEB",
    "TABLE_INDEX_REL_SLEB",
    "GLOBAL_INDEX_I32",
    "MEMORY_ADDR_LEB64",
    "MEMORY_ADDR_SLEB64",
    "MEMORY_ADDR_I64",
    "MEMORY_ADDR_REL_SLEB64",
    "TABLE_INDEX_SLEB64",
    "TABLE_INDEX_I64",
    "TABLE_NUMBER_LEB",
    "MEMORY_ADDR_TLS_SLEB",
    "FUNCTION_OFFSET_I64",
    "MEMORY_ADDR_LOCREL_I32",
    "TABLE_INDEX_REL_SLEB64",
    "MEMORY_ADDR_TLS_SLEB64",
    "FUNCTION_INDEX_I32",
];

/// The type whose number is a signature's, and no symbol's.
const TYPE_INDEX_LEB: u32 = 6;

/// A relocation, and where its parts stand.
#[derive(Debug)]
pub(super) struct Relocation {
    pub form: u32,
    /// The symbol's number, or a signature's.
    pub index: u32,
    /// The whole of it.
    pub range: Range<usize>,
    /// Where the number stands.
    pub index_range: Range<usize>,
}

impl Relocation {
    /// Whether its number is a symbol's.
    pub fn has_symbol(&self) -> bool {
        self.form != TYPE_INDEX_LEB
    }
}

/// A section of relocations.
#[derive(Debug)]
pub(super) struct Relocations {
    /// The section that they apply to.
    pub target: usize,
    pub entries: Vec<Relocation>,
}

impl<'d> WasmObject<'d> {
    /// Every reference to the symbols that `wanted` accepts, by sections and then in the order they stand in.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn references(&self, wanted: &dyn Fn(SymbolIndex) -> bool) -> Result<Vec<Reference>> {
        let mut references = Vec::new();
        for section in self.module.sections.iter().filter(|section| section.is_relocations()) {
            let relocations = self.relocations(section)?;
            let section = SectionIndex(relocations.target as u32);
            let wanted =
                relocations.entries.iter().filter(|entry| entry.has_symbol() && wanted(SymbolIndex(entry.index)));
            references.extend(wanted.map(|entry| Reference {
                symbol: SymbolIndex(entry.index),
                section,
                form: ReferenceForm(entry.form),
            }));
        }
        Ok(references)
    }

    /// What a type of relocation is called.
    pub fn form_name(&self, form: ReferenceForm) -> String {
        NAMES.get(form.0 as usize).map_or_else(|| form.0.to_string(), |name| format!("R_WASM_{name}"))
    }

    pub(super) fn relocations_target(&self, section: &RawSection<'d>) -> Result<usize> {
        let mut reader = Reader::new(self.data, section.content.clone());
        let target = reader.number()? as usize;
        match self.module.sections.get(target) {
            Some(other) if !other.is_relocations() => Ok(target),
            _ => Err(Reader::error_at(section.content.start, "relocations for a section that is not there")),
        }
    }

    pub(super) fn relocations(&self, section: &RawSection<'d>) -> Result<Relocations> {
        let target = self.relocations_target(section)?;
        let symbols = self.linking.as_ref().map_or(0, |linking| linking.symbols().len());
        let mut reader = Reader::new(self.data, section.content.clone());
        reader.number()?;
        let entries = list(&mut reader, |reader| {
            let start = reader.position();
            let form = reader.number()?;
            let name = NAMES.get(form as usize);
            let name = name.ok_or_else(|| Reader::error_at(start, format!("relocation type {form} is not known")))?;
            reader.number()?;
            let index_start = reader.position();
            let index = reader.number()?;
            let index_range = index_start..reader.position();
            if name.starts_with("MEMORY_ADDR") || name.contains("_OFFSET_") {
                reader.skip_number()?;
            }
            let entry = Relocation { form, index, range: start..reader.position(), index_range };
            if entry.has_symbol() && index as usize >= symbols {
                return Err(Reader::error_at(start, "a relocation's symbol is not in the symbol table"));
            }
            Ok(entry)
        })?;
        if !reader.is_at_end() {
            return Err(Reader::error_at(reader.position(), "a section of relocations is longer than what it holds"));
        }
        Ok(Relocations { target, entries })
    }
}

impl Kind {
    /// Whether a reference to it may stay unresolved: a global, a tag or a table has no null.
    pub(super) fn can_be_missing(self) -> bool {
        matches!(self, Self::Function | Self::Data)
    }
}
