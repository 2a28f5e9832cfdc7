//! What an ELF shared object exports: the definitions in its dynamic symbol table (gABI, "Dynamic Linking"), and their
//! versions.

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

/// Names, each with a version.
pub type DefaultVersions<'d> = Vec<(&'d [u8], &'d [u8])>;

/// The names that a shared object defines, with the version that a linker binds references without one to (LSB,
/// "Symbol Versioning"): definitions of other versions are hidden from it. `None` when `data` is not ELF.
///
/// # Errors
/// Malformed.
pub fn default_versions(data: &[u8]) -> Result<Option<DefaultVersions<'_>>> {
    match data {
        [0x7f, b'E', b'L', b'F', 1, ..] => default_versions_of::<FileHeader32<Endianness>>(data).map(Some),
        [0x7f, b'E', b'L', b'F', 2, ..] => default_versions_of::<FileHeader64<Endianness>>(data).map(Some),
        _ => Ok(None),
    }
}

fn default_versions_of<Elf: FileHeader<Endian = Endianness>>(data: &[u8]) -> Result<DefaultVersions<'_>> {
    let malformed = |error: object::read::Error| Error::malformed(0, error.to_string());
    let header = Elf::parse(data).map_err(malformed)?;
    let endian = header.endian().map_err(malformed)?;
    let sections = header.sections(endian, data).map_err(malformed)?;
    let symbols = sections.symbols(endian, data, elf::SHT_DYNSYM).map_err(malformed)?;
    let Some(versions) = sections.versions(endian, data).map_err(malformed)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (index, symbol) in symbols.enumerate() {
        let version = versions.version_index(endian, index);
        if symbol.is_local() || symbol.is_undefined(endian) || version.is_hidden() {
            continue;
        }
        if let Some(version) = versions.version(version.index()).map_err(malformed)? {
            found.push((symbols.symbol_name(endian, symbol).map_err(malformed)?, version.name()));
        }
    }
    Ok(found)
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
