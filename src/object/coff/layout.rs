//! Where fields are in the records that are edited: PE/COFF specification, "COFF File Header", "COFF Symbol Table" and
//! "Section Table", and of bigobj `ANON_OBJECT_HEADER_BIGOBJ` and `IMAGE_SYMBOL_EX` of `winnt.h`. All little-endian.

use object::pe;
use object::read::coff::CoffHeader;

/// Offsets of the fields of a file header and of a symbol record, where the two kinds of objects differ.
pub trait Layout: CoffHeader {
    /// `PointerToSymbolTable`; `NumberOfSymbols` follows it.
    const SYMBOLS: usize;
    /// The size of a record of the symbol table.
    const RECORD: usize;
    /// The type of a symbol, two bytes; its storage class and its number of auxiliary records follow it.
    const TYPE: usize;

    /// Sets `NumberOfSections`.
    fn put_section_count(header: &mut [u8], count: u32);
    /// `SectionNumber` of a symbol's record.
    fn section_number(record: &[u8]) -> i32;
    /// Sets `SectionNumber` of a symbol's record.
    fn put_section_number(record: &mut [u8], number: i32);
}

impl Layout for pe::ImageFileHeader {
    const SYMBOLS: usize = 8;
    const RECORD: usize = 18;
    const TYPE: usize = 14;

    fn put_section_count(header: &mut [u8], count: u32) {
        put_u16(header, 2, count as u16);
    }

    fn section_number(record: &[u8]) -> i32 {
        i16::from_le_bytes([record[SECTION_NUMBER], record[SECTION_NUMBER + 1]]).into()
    }

    fn put_section_number(record: &mut [u8], number: i32) {
        put_u16(record, SECTION_NUMBER, number as u16);
    }
}

impl Layout for pe::AnonObjectHeaderBigobj {
    const SYMBOLS: usize = 48;
    const RECORD: usize = 20;
    const TYPE: usize = 16;

    fn put_section_count(header: &mut [u8], count: u32) {
        put_u32(header, 44, count);
    }

    fn section_number(record: &[u8]) -> i32 {
        get_u32(record, SECTION_NUMBER) as i32
    }

    fn put_section_number(record: &mut [u8], number: i32) {
        put_u32(record, SECTION_NUMBER, number as u32);
    }
}

/// `Value` of a symbol.
pub(super) const VALUE: usize = 8;
/// `SectionNumber` of a symbol.
pub(super) const SECTION_NUMBER: usize = 12;

/// A section's header.
pub(super) mod section {
    pub const HEADER: usize = 40;
    pub const SIZE_OF_RAW_DATA: usize = 16;
    pub const POINTER_TO_RAW_DATA: usize = 20;
    pub const POINTER_TO_RELOCATIONS: usize = 24;
    pub const POINTER_TO_LINENUMBERS: usize = 28;
    pub const CHARACTERISTICS: usize = 36;
}

/// The auxiliary record of a section's symbol ("Auxiliary Format 5").
pub(super) mod aux_section {
    pub const LENGTH: usize = 0;
    pub const NUMBER: usize = 12;
    pub const SELECTION: usize = 14;
    /// The upper half of the number, in bigobj alone.
    pub const HIGH_NUMBER: usize = 16;
}

pub(super) fn put_u16(bytes: &mut [u8], at: usize, value: u16) {
    bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
}

pub(super) fn put_u32(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

pub(super) fn get_u32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap_or_default())
}
