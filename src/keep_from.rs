//! Reads what `--keep-file` and `--keep-from` name: lists, and the exports of reference artifacts.

use std::path::Path;

use object::Endianness;
use object::elf::{FileHeader32, FileHeader64};
use object::read::elf::{FileHeader, Sym};

use crate::error::{Error, Result};
use crate::input::{Input, ParsedArchive};
use crate::plan::{NameId, SymbolDb, is_export};
use crate::policy::{Keep, KeepSource, names};

/// All that `sources` say.
///
/// # Errors
/// I/O, malformed artifacts, lists that say nothing, and patterns that cannot be used.
pub fn load(sources: &[KeepSource]) -> Result<Keep> {
    let mut entries = Vec::new();
    for source in sources {
        match source {
            KeepSource::Pattern(pattern) => entries.push((pattern.clone(), None, true)),
            KeepSource::List(path) => {
                let names = names::parse_list(&read_text(path)?).map_err(|error| error.in_archive(path))?;
                entries.extend(some(names, path)?.into_iter().map(|name| (name, Some(path.clone()), true)));
            }
            KeepSource::Artifact(path) => {
                let names = artifact_exports(path)?;
                entries.extend(some(names, path)?.into_iter().map(|name| (name, Some(path.clone()), false)));
            }
        }
    }
    Keep::new(entries)
}

fn some(names: Vec<String>, path: &Path) -> Result<Vec<String>> {
    if names.is_empty() { Err(Error::usage("it names no export").in_archive(path)) } else { Ok(names) }
}

fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| Error::io("cannot read the list", error).in_archive(path))
}

/// The exports of a shared object, of an archive, or of a C header.
fn artifact_exports(path: &Path) -> Result<Vec<String>> {
    let input = Input::open(path)?;
    let exports = match input.bytes() {
        [0x7f, b'E', b'L', b'F', 1, ..] => dynamic_exports::<FileHeader32<Endianness>>(input.bytes()),
        [0x7f, b'E', b'L', b'F', 2, ..] => dynamic_exports::<FileHeader64<Endianness>>(input.bytes()),
        [b'!', b'<', ..] => return archive_exports(&input),
        bytes => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(names::parse_header(text)),
            Err(_) => Err(Error::unsupported("neither an ELF shared object, nor an archive, nor a C header")),
        },
    };
    exports.map_err(|error| error.in_archive(path))
}

fn archive_exports(input: &Input) -> Result<Vec<String>> {
    let parsed = [ParsedArchive::parse(input)?];
    let db = SymbolDb::build(&parsed)?;
    let ids = (0..db.names().len() as u32).map(NameId).filter(|&id| is_export(&db, id));
    Ok(ids.map(|id| crate::error::printable(db.name(id).bytes)).collect())
}

/// What a shared object's dynamic symbol table defines for others.
fn dynamic_exports<Elf: FileHeader<Endian = Endianness>>(data: &[u8]) -> Result<Vec<String>> {
    let malformed = |error: object::read::Error| Error::malformed(0, error.to_string());
    let header = Elf::parse(data).map_err(malformed)?;
    let endian = header.endian().map_err(malformed)?;
    let sections = header.sections(endian, data).map_err(malformed)?;
    let symbols = sections.symbols(endian, data, object::elf::SHT_DYNSYM).map_err(malformed)?;
    let defined = symbols.iter().filter(|symbol| {
        let hidden = matches!(symbol.st_visibility(), object::elf::STV_HIDDEN | object::elf::STV_INTERNAL);
        !symbol.is_local() && !symbol.is_undefined(endian) && !hidden
    });
    let names =
        defined.map(|symbol| symbols.symbol_name(endian, symbol).map(crate::error::printable).map_err(malformed));
    names.collect()
}
