//! Reads what `--keep-file` and `--keep-from` name: lists, and the exports of reference artifacts.

use std::path::Path;

use crate::error::{Error, Result, printable};
use crate::input::{Input, ParsedArchive};
use crate::object::{LinkedExports, dynamic_exports};
use crate::plan::{SymbolDb, exports};
use crate::policy::names::{self, Listed};
use crate::policy::{Keep, KeepEntry, KeepSource};

/// All that `sources` say.
///
/// # Errors
/// I/O, malformed artifacts, lists that say nothing, and patterns that cannot be used.
pub fn load(sources: &[KeepSource]) -> Result<Keep> {
    let mut entries = Vec::new();
    for source in sources {
        let (path, required) = match source {
            KeepSource::Pattern(pattern) => {
                entries.push(KeepEntry { pattern: pattern.clone(), alias: None, file: None, required: true });
                continue;
            }
            KeepSource::List(path) => (path, true),
            KeepSource::Artifact(path) => (path, false),
        };
        let listed = named_by(path)?;
        if listed.is_empty() {
            return Err(Error::usage("it names no export").in_archive(path));
        }
        entries.extend(listed.into_iter().map(|Listed { pattern, alias, optional }| KeepEntry {
            pattern,
            alias,
            file: Some(path.clone()),
            required: required && !optional,
        }));
    }
    Keep::new(entries)
}

/// What a file names, whatever it is: the exports of a shared object or of an archive, a list, a C header.
fn named_by(path: &Path) -> Result<Vec<Listed>> {
    let input = Input::open(path)?;
    if input.bytes().starts_with(b"!<") {
        return archive_exports(&input);
    }
    let linked = dynamic_exports(input.bytes()).map_err(|error| error.in_archive(path))?;
    if let Some(LinkedExports { names, underscored }) = linked {
        let listed = names.iter().map(|name| Listed::exact(&printable(name)));
        return Ok(if underscored { listed.map(Listed::underscored).collect() } else { listed.collect() });
    }
    match std::str::from_utf8(input.bytes()) {
        Ok(text) => names::parse_list(text).map_err(|error| error.in_archive(path)),
        Err(_) => {
            let what = "neither a list of names, nor a C header, nor a shared object, nor an archive";
            Err(Error::unsupported(what).in_archive(path))
        }
    }
}

fn archive_exports(input: &Input) -> Result<Vec<Listed>> {
    let parsed = [ParsedArchive::parse(input)?];
    let db = SymbolDb::build(&parsed)?;
    Ok(exports(&db).map(|id| Listed::exact(&printable(db.name(id).bytes))).collect())
}
