//! What an ELF shared object exports: the definitions in its dynamic symbol table (gABI, "Dynamic Linking").

use object::elf;
use object::read::elf::{FileHeader, Sym};
use object::{Endianness, elf::FileHeader32, elf::FileHeader64};

use crate::error::{Error, Result};

/// The names that a shared object defines for others; `None` when `data` is not ELF.
///
/// # Errors
/// Malformed.
pub fn exports(data: &[u8]) -> Result<Option<Vec<&[u8]>>> {
    match data {
        [0x7f, b'E', b'L', b'F', 1, ..] => exports_of::<FileHeader32<Endianness>>(data).map(Some),
        [0x7f, b'E', b'L', b'F', 2, ..] => exports_of::<FileHeader64<Endianness>>(data).map(Some),
        _ => Ok(None),
    }
}

fn exports_of<Elf: FileHeader<Endian = Endianness>>(data: &[u8]) -> Result<Vec<&[u8]>> {
    let malformed = |error: object::read::Error| Error::malformed(0, error.to_string());
    let header = Elf::parse(data).map_err(malformed)?;
    let endian = header.endian().map_err(malformed)?;
    let sections = header.sections(endian, data).map_err(malformed)?;
    let symbols = sections.symbols(endian, data, elf::SHT_DYNSYM).map_err(malformed)?;
    let defined = symbols.iter().filter(|symbol| {
        let hidden = matches!(symbol.st_visibility(), elf::STV_HIDDEN | elf::STV_INTERNAL);
        !symbol.is_local() && !symbol.is_undefined(endian) && !hidden
    });
    defined.map(|symbol| symbols.symbol_name(endian, symbol).map_err(malformed)).collect()
}
