//! Reads what `--keep-file` and `--keep-from` name: lists, and the exports of reference artifacts.

use std::path::Path;

use crate::error::{Error, Result, printable};
use crate::input::{Input, ParsedArchive};
use crate::object::dynamic_definitions;
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
    if input.bytes().starts_with(b"!<") {
        return archive_exports(&input);
    }
    let dynamic = dynamic_definitions(input.bytes()).map_err(|error| error.in_archive(path))?;
    match (dynamic, std::str::from_utf8(input.bytes())) {
        (Some(found), _) => Ok(found.iter().map(|definition| printable(definition.name)).collect()),
        (None, Ok(text)) => Ok(names::parse_header(text)),
        (None, Err(_)) => {
            let what = "neither an ELF shared object, nor an archive, nor a C header";
            Err(Error::unsupported(what).in_archive(path))
        }
    }
}

fn archive_exports(input: &Input) -> Result<Vec<String>> {
    let parsed = [ParsedArchive::parse(input)?];
    let db = SymbolDb::build(&parsed)?;
    let ids = (0..db.names().len() as u32).map(NameId).filter(|&id| is_export(&db, id));
    Ok(ids.map(|id| printable(db.name(id).bytes)).collect())
}
