//! Where the fields that edits change stand in a file header, a section header and a symbol, for each class (gABI,
//! "ELF Header", "Section Header", "Symbol Table"), and how wide they are.

use object::Endianness;
use object::elf::{FileHeader32, FileHeader64};

use crate::object::fields::put_address;
pub use crate::object::fields::{put_u16, put_u32};

/// Byte offsets of the fields of one class.
pub trait Layout {
    /// `e_shoff` in the file header.
    const E_SHOFF: usize;
    /// `e_shnum` in the file header; `e_shstrndx` follows it.
    const E_SHNUM: usize;
    /// `sh_name` in a section header.
    const SH_NAME: usize = 0;
    /// `sh_flags` in a section header.
    const SH_FLAGS: usize = 8;
    /// `sh_offset` in a section header.
    const SH_OFFSET: usize;
    /// `sh_size` in a section header.
    const SH_SIZE: usize;
    /// `sh_link` in a section header.
    const SH_LINK: usize;
    /// `sh_info` in a section header.
    const SH_INFO: usize;
    /// `st_name` in a symbol.
    const ST_NAME: usize = 0;
    /// `st_info` in a symbol.
    const ST_INFO: usize;
    /// `st_other` in a symbol.
    const ST_OTHER: usize;
    /// `st_shndx` in a symbol.
    const ST_SHNDX: usize;
    /// Whether `Elf_Off` and `Elf_Xword` have 64 bits.
    const WIDE: bool;
}

impl Layout for FileHeader32<Endianness> {
    const E_SHOFF: usize = 32;
    const E_SHNUM: usize = 48;
    const SH_LINK: usize = 24;
    const SH_INFO: usize = 28;
    const ST_SHNDX: usize = 14;
    const SH_OFFSET: usize = 16;
    const SH_SIZE: usize = 20;
    const ST_INFO: usize = 12;
    const ST_OTHER: usize = 13;
    const WIDE: bool = false;
}

impl Layout for FileHeader64<Endianness> {
    const E_SHOFF: usize = 40;
    const E_SHNUM: usize = 60;
    const SH_LINK: usize = 40;
    const SH_INFO: usize = 44;
    const ST_SHNDX: usize = 6;
    const SH_OFFSET: usize = 24;
    const SH_SIZE: usize = 32;
    const ST_INFO: usize = 4;
    const ST_OTHER: usize = 5;
    const WIDE: bool = true;
}

/// Writes an address-sized field at `at`; `None` when the value does not fit the class.
pub fn put_word<L: Layout>(bytes: &mut [u8], at: usize, endian: Endianness, value: u64) -> Option<()> {
    put_address(bytes, at, endian, L::WIDE, value)
}
