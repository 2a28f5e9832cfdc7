//! Relocatable WebAssembly objects (WebAssembly specification, "Binary Format: Modules"; tool-conventions,
//! `Linking.md`): a module whose custom sections `linking` and `reloc.*` say what is a symbol and who refers to it.
//!
//! What linkers keep or drop is smaller than a section: a function, or a segment of data. Both are sections to the
//! rest of the program, numbered behind the module's own.

mod comdats;
mod edit;
mod encoding;
mod format;
mod linking;
mod module;
mod numbers;
mod relocations;
mod symbols;
mod verify;

pub(super) use format::FACTS;

use super::symbol::{Section, SectionIndex, SectionPurpose};
use crate::error::{Error, Result};
use encoding::Reader;
use linking::Linking;
use module::{Module, RawSection};

/// A parsed object. Everything borrows from the member's data.
#[derive(Debug)]
pub struct WasmObject<'d> {
    data: &'d [u8],
    module: Module<'d>,
    /// `None` in a module that is linked already: nobody's business, but for the names that an archive's index lists.
    linking: Option<Linking<'d>>,
}

impl<'d> WasmObject<'d> {
    /// Reads all sections but the relocations.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn parse(data: &'d [u8]) -> Result<Self> {
        let module = Module::parse(data)?;
        let mut linking = None;
        for section in module.sections.iter().filter(|section| section.name == b"linking") {
            if linking.is_some() {
                return Err(Reader::error_at(section.start, "a second linking section"));
            }
            linking = Some(Linking::parse(data, section, &module)?);
        }
        Ok(Self { data, module, linking })
    }

    /// Every section of the module, in its order.
    ///
    /// # Errors
    /// Malformed, with the offset in the member, where relocations do not say what they apply to.
    pub fn all_sections(&self) -> Result<Vec<Section<'d>>> {
        let sections = self.module.sections.iter().enumerate().map(|(index, section)| {
            let size = section.content.len() as u64;
            Ok(Section {
                index: SectionIndex(index as u32),
                name: section.name,
                purpose: self.purpose(section)?,
                loaded: section.is_loaded(),
                size,
                file_size: size,
            })
        });
        sections.collect()
    }

    /// The name of a section: of a segment its own, of a function the code section's.
    pub fn section_name(&self, index: SectionIndex) -> Option<&'d [u8]> {
        match self.part(index)? {
            Part::Section(at) => Some(self.module.sections[at].name),
            Part::Segment(at) => self.linking.as_ref()?.segments.get(at).map(|segment| segment.name),
            Part::Function(_) => Some(b"CODE"),
        }
    }

    /// The section that holds the symbols and their names.
    pub fn symbol_sections(&self) -> Vec<SectionIndex> {
        let linking = self.module.sections.iter().position(|section| section.name == b"linking");
        linking.map(|at| SectionIndex(at as u32)).into_iter().collect()
    }

    /// The bitcode file that a compiler embedded (`-fembed-bitcode`).
    pub fn embedded_bitcode(&self) -> Option<&'d [u8]> {
        let section = self.module.sections.iter().find(|section| section.name == b".llvmbc")?;
        Some(&self.data[section.content.clone()])
    }

    fn purpose(&self, section: &RawSection<'d>) -> Result<SectionPurpose> {
        if !section.is_relocations() {
            return Ok(section.purpose());
        }
        let target = self.relocations_target(section)?;
        Ok(self.module.sections[target].purpose())
    }

    /// What a number of the rest of the program stands for.
    fn part(&self, index: SectionIndex) -> Option<Part> {
        let at = index.0 as usize;
        let (sections, segments) = (self.module.sections.len(), self.module.segments.len());
        match at {
            _ if at < sections => Some(Part::Section(at)),
            _ if at < sections + segments => Some(Part::Segment(at - sections)),
            _ if at < sections + segments + self.module.bodies.len() => Some(Part::Function(at - sections - segments)),
            _ => None,
        }
    }

    /// The number by which the rest of the program knows a part.
    fn index_of(&self, part: Part) -> SectionIndex {
        let (sections, segments) = (self.module.sections.len(), self.module.segments.len());
        SectionIndex(match part {
            Part::Section(at) => at,
            Part::Segment(at) => sections + at,
            Part::Function(at) => sections + segments + at,
        } as u32)
    }

    fn linking(&self) -> Result<&Linking<'d>> {
        self.linking
            .as_ref()
            .ok_or_else(|| Error::unsupported("a linked WebAssembly module: it has no symbols to change"))
    }
}

/// What linkers take or leave as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A section of the module.
    Section(usize),
    /// A segment of the data section.
    Segment(usize),
    /// A function of the code section, the imported ones not counted.
    Function(usize),
}
