//! Where the fields that edits change stand in a Mach-O header, a segment command, a section header and a symbol, for
//! each class (`<mach-o/loader.h>`, `<mach-o/nlist.h>`), and how wide they are.

use object::Endianness;
use object::macho::{MachHeader32, MachHeader64};

use crate::object::fields::put_address;
pub use crate::object::fields::{put_u16, put_u32};

/// `ncmds` in the header; `sizeofcmds` follows it.
pub const NCMDS: usize = 16;
/// `cmdsize` in a load command.
pub const CMDSIZE: usize = 4;
/// `nsyms` in `LC_SYMTAB`.
pub const NSYMS: usize = 12;
/// `strsize` in `LC_SYMTAB`.
pub const STRSIZE: usize = 20;
/// `ilocalsym` in `LC_DYSYMTAB`; the five other bounds of the partition follow it.
pub const ILOCALSYM: usize = 8;

/// Byte offsets of the fields of one class.
pub trait Layout {
    /// `vmsize` in a segment command; `fileoff` and `filesize` follow it.
    const VMSIZE: usize;
    /// `nsects` in a segment command.
    const NSECTS: usize;
    /// `sectname` in a section header.
    const SECTNAME: usize = 0;
    /// `offset` in a section header.
    const OFFSET: usize;
    /// `reloff` in a section header.
    const RELOFF: usize;
    /// `n_strx` in a symbol.
    const N_STRX: usize = 0;
    /// `n_type` in a symbol.
    const N_TYPE: usize = 4;
    /// `n_sect` in a symbol.
    const N_SECT: usize = 5;
    /// `n_desc` in a symbol.
    const N_DESC: usize = 6;
    /// `n_value` in a symbol.
    const N_VALUE: usize = 8;
    /// Whether addresses have 64 bits.
    const WIDE: bool;
}

impl Layout for MachHeader32<Endianness> {
    const VMSIZE: usize = 28;
    const NSECTS: usize = 48;
    const OFFSET: usize = 40;
    const RELOFF: usize = 48;
    const WIDE: bool = false;
}

impl Layout for MachHeader64<Endianness> {
    const VMSIZE: usize = 32;
    const NSECTS: usize = 64;
    const OFFSET: usize = 48;
    const RELOFF: usize = 56;
    const WIDE: bool = true;
}

/// Writes an address-sized field at `at`; `None` when the value does not fit the class.
pub fn put_word<L: Layout>(bytes: &mut [u8], at: usize, endian: Endianness, value: u64) -> Option<()> {
    put_address(bytes, at, endian, L::WIDE, value)
}
