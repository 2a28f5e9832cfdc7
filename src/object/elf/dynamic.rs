//! What an ELF shared object exports: the definitions in its dynamic symbol table (gABI, "Dynamic Linking"), and their
//! versions.

use object::elf;
use object::read::elf::{FileHeader, Sym};
use object::{Endianness, elf::FileHeader32, elf::FileHeader64};

use crate::error::{Error, Result};

/// What a shared object defines for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DynamicDefinition<'d> {
    /// The name.
    pub name: &'d [u8],
    /// The version of it.
    pub version: Option<&'d [u8]>,
    /// Whether a linker binds references without a version to it (LSB, "Symbol Versioning").
    pub is_default: bool,
}

/// What a shared object defines for others, every version by itself. `None` when `data` is not ELF.
///
/// # Errors
/// Malformed.
pub fn definitions(data: &[u8]) -> Result<Option<Vec<DynamicDefinition<'_>>>> {
    match data {
        [0x7f, b'E', b'L', b'F', 1, ..] => definitions_of::<FileHeader32<Endianness>>(data).map(Some),
        [0x7f, b'E', b'L', b'F', 2, ..] => definitions_of::<FileHeader64<Endianness>>(data).map(Some),
        _ => Ok(None),
    }
}

fn definitions_of<Elf: FileHeader<Endian = Endianness>>(data: &[u8]) -> Result<Vec<DynamicDefinition<'_>>> {
    let malformed = |error: object::read::Error| Error::malformed(0, error.to_string());
    let header = Elf::parse(data).map_err(malformed)?;
    let endian = header.endian().map_err(malformed)?;
    let sections = header.sections(endian, data).map_err(malformed)?;
    let symbols = sections.symbols(endian, data, elf::SHT_DYNSYM).map_err(malformed)?;
    let versions = sections.versions(endian, data).map_err(malformed)?;
    let mut found = Vec::new();
    for (index, symbol) in symbols.enumerate() {
        let hidden = matches!(symbol.st_visibility(), elf::STV_HIDDEN | elf::STV_INTERNAL);
        if symbol.is_local() || symbol.is_undefined(endian) || hidden {
            continue;
        }
        let name = symbols.symbol_name(endian, symbol).map_err(malformed)?;
        let (mut version, mut is_default) = (None, true);
        if let Some(versions) = &versions {
            let number = versions.version_index(endian, index);
            is_default = !number.is_hidden();
            version = versions.version(number.index()).map_err(malformed)?.map(|version| version.name());
        }
        found.push(DynamicDefinition { name, version, is_default });
    }
    Ok(found)
}
