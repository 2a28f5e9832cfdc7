//! Relocatable COFF objects, regular ones and those with more than 65,279 sections (bigobj), of x86, x86-64 and Arm64
//! (Microsoft, "PE Format"), and short import members. Parsing is by the `object` crate, always unaligned.

mod comdat;
mod consistency;
mod directives;
mod edit;
mod edit_directives;
mod flavour;
mod format;
mod import;
mod layout;
mod linker_names;
mod names;
mod numbers;
mod place;
mod purpose;
mod relocations;
mod renumber;
mod symbols;
mod verify;
mod verify_directives;
mod verify_symbols;
mod weaken;

pub(super) use format::{GNU_FACTS, MSVC_FACTS};
use object::LittleEndian as LE;
use object::pe::{self, AnonObjectHeaderBigobj, ImageFileHeader, ImageSectionHeader};
use object::read::coff::{SectionTable, Symbol, SymbolTable};

use super::architecture::Architecture;
use super::symbol::SectionIndex;
use crate::error::{Error, Result};
pub use import::ImportObject;
use layout::Layout;

/// A regular object.
pub type CoffRegular<'d> = CoffObject<'d, ImageFileHeader>;
/// An object with section numbers of 32 bits.
pub type CoffBig<'d> = CoffObject<'d, AnonObjectHeaderBigobj>;

/// A parsed object. Everything borrows from the member's data. Sections are numbered from 1, symbols with their
/// auxiliary records from 0, as relocations number them.
#[derive(Debug)]
pub struct CoffObject<'d, Coff: Layout> {
    data: &'d [u8],
    header: &'d Coff,
    /// Where the section headers begin.
    headers_at: usize,
    sections: SectionTable<'d>,
    /// Empty where the object has no symbol table.
    symbols: SymbolTable<'d, &'d [u8], Coff>,
    /// The string table with the four bytes of its size in front.
    strings: &'d [u8],
}

/// What the first bytes of a member say of COFF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Magic {
    /// A regular object.
    Regular,
    /// A bigobj.
    Big,
    /// A short import member.
    Import,
}

/// Recognises COFF. A regular object begins with its machine: that of the targets in use is told from chance by a
/// plausible number of sections and a zero `SizeOfOptionalHeader`. The others begin with 0 and 0xffff.
pub fn magic(data: &[u8]) -> Option<Magic> {
    let header = data.first_chunk::<20>()?;
    let half = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    match half(0) {
        0x014c | 0x8664 | 0xaa64 | 0xa641 | 0x01c4 if half(16) == 0 => {
            (data.len() >= 20 + 40 * usize::from(half(2))).then_some(Magic::Regular)
        }
        0 if half(2) == 0xffff && half(4) == 0 => Some(Magic::Import),
        0 if half(2) == 0xffff => Some(Magic::Big),
        _ => None,
    }
}

impl<'d, Coff: Layout> CoffObject<'d, Coff> {
    /// Parses the headers and finds the symbol table.
    ///
    /// # Errors
    /// Malformed, with the offset of the header or table at fault.
    pub fn parse(data: &'d [u8]) -> Result<Self> {
        let failed =
            |offset: usize| move |error: object::read::Error| Error::malformed(offset as u64, error.to_string());
        let mut offset = 0;
        let header = Coff::parse(data, &mut offset).map_err(failed(0))?;
        let headers_at = usize::try_from(offset).unwrap_or(usize::MAX);
        let sections = header.sections(data, offset).map_err(failed(headers_at))?;
        let table = header.pointer_to_symbol_table() as usize;
        let symbols = header.symbols(data).map_err(failed(table))?;
        let strings = if table == 0 { &[][..] } else { string_table(data, table + symbols.len() * Coff::RECORD)? };
        let object = Self { data, header, headers_at, sections, symbols, strings };
        object.check_auxiliary_records()?;
        Ok(object)
    }

    fn check_auxiliary_records(&self) -> Result<()> {
        let end = self.symbols.iter().last();
        let end = end.map_or(0, |(index, symbol)| index.0 + 1 + usize::from(symbol.number_of_aux_symbols()));
        if end != self.symbols.len() {
            let what = "the last symbol's auxiliary records go past the end of the symbol table";
            return Err(Error::malformed(self.symbol_offset(self.symbols.len()), what));
        }
        Ok(())
    }

    /// What it is made for, where that has a name.
    pub fn architecture(&self) -> Option<Architecture> {
        architecture(self.header.machine())
    }

    /// Whether C names have an underscore in front.
    pub fn prefix(&self) -> &'static [u8] {
        if self.header.machine() == pe::IMAGE_FILE_MACHINE_I386 { b"_" } else { b"" }
    }

    /// How much of a name the platform put in front.
    fn prefix_len(&self, name: &[u8]) -> u8 {
        if name.starts_with(self.prefix()) { self.prefix().len() as u8 } else { 0 }
    }

    /// The name of a section.
    ///
    /// # Errors
    /// Malformed, with the offset of its header.
    pub fn section_name(&self, index: SectionIndex) -> Result<&'d [u8]> {
        let section = self.section(index)?;
        let name = match section.name_offset() {
            Ok(None) => return Ok(section.raw_name()),
            Ok(Some(offset)) => self.string(offset),
            Err(_) => None,
        };
        name.ok_or_else(|| {
            let at = self.section_header_offset(index);
            Error::malformed(at, "a section's name is outside the string table")
        })
    }

    /// Contents of the sections of constants: loaded, not writable, no code.
    pub fn constants(&self) -> Vec<&'d [u8]> {
        let constants = self.sections.iter().filter(|section| {
            let flags = section.characteristics.get(LE);
            let data = flags.contains(pe::IMAGE_SCN_CNT_INITIALIZED_DATA);
            data && !flags
                .intersects(pe::IMAGE_SCN_MEM_WRITE | pe::IMAGE_SCN_MEM_DISCARDABLE | pe::IMAGE_SCN_LNK_REMOVE)
        });
        constants.filter_map(|section| section.coff_data(self.data).ok()).collect()
    }

    fn section(&self, index: SectionIndex) -> Result<&'d ImageSectionHeader> {
        let section = self.sections.section(object::SectionIndex(index.0 as usize));
        section.map_err(|_| Error::malformed(self.headers_at as u64, format!("there is no section {}", index.0)))
    }

    /// What a section holds in the file: nothing where its header names no place.
    fn section_data(&self, index: SectionIndex) -> Result<&'d [u8]> {
        let header = self.section(index)?;
        if header.pointer_to_raw_data.get(LE) == 0 {
            return Ok(&[]);
        }
        let data = header.coff_data(self.data);
        data.map_err(|()| {
            Error::malformed(self.section_header_offset(index), "a section's contents go past the end of the file")
        })
    }

    /// All sections with their numbers.
    fn numbered_sections(&self) -> impl Iterator<Item = (SectionIndex, &'d ImageSectionHeader)> + use<'d, Coff> {
        self.sections.enumerate().map(|(index, section)| (SectionIndex(index.0 as u32), section))
    }

    /// The string at an offset of the string table.
    fn string(&self, offset: u32) -> Option<&'d [u8]> {
        let rest = self.strings.get(offset as usize..).filter(|_| offset >= 4)?;
        Some(&rest[..memchr::memchr(0, rest)?])
    }

    fn section_header_offset(&self, index: SectionIndex) -> u64 {
        self.headers_at as u64 + (u64::from(index.0).saturating_sub(1)) * layout::section::HEADER as u64
    }

    fn symbols_offset(&self) -> usize {
        self.header.pointer_to_symbol_table() as usize
    }

    fn symbol_offset(&self, index: usize) -> u64 {
        (self.symbols_offset() + index * Coff::RECORD) as u64
    }
}

/// What a machine is called.
fn architecture(machine: pe::Machine) -> Option<Architecture> {
    Some(match machine {
        pe::IMAGE_FILE_MACHINE_I386 => Architecture::I386,
        pe::IMAGE_FILE_MACHINE_AMD64 => Architecture::X86_64,
        pe::IMAGE_FILE_MACHINE_ARM64 => Architecture::Aarch64,
        pe::IMAGE_FILE_MACHINE_ARMNT => Architecture::Arm,
        _ => return None,
    })
}

/// The string table, which begins with its size ("COFF String Table"). Of one that says less than these four bytes,
/// nothing is used.
fn string_table(data: &[u8], at: usize) -> Result<&[u8]> {
    let size = data.get(at..).and_then(|rest| rest.first_chunk::<4>());
    let size = size.ok_or_else(|| Error::malformed(at as u64, "there is no string table behind the symbols"))?;
    let size = u32::from_le_bytes(*size).max(4) as usize;
    let table = data[at..].get(..size);
    table.ok_or_else(|| Error::malformed(at as u64, format!("a string table of {size} bytes goes past the end")))
}
