//! Which versions of which symbols glibc has had, by target: the table that comes with armend, derived from glibc's own
//! lists by `scripts/derive-glibc-table`, where the source is named.

use std::collections::HashMap;

use super::Version;
use crate::error::{Error, Result};
use crate::object::architecture::Architecture;

const TABLE: &str = include_str!("table.txt");

/// A version of a symbol, and the library that has it: `c`, `m`, `pthread`, `dl`, `rt`, `util`, `resolv`, `ld`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Since when.
    pub version: Version,
    /// Without `lib`.
    pub library: &'static str,
}

/// What one target's glibc has had.
#[derive(Debug)]
pub struct History {
    /// The first release for the target.
    pub oldest: Version,
    /// The newest release that the table knows.
    pub newest: Version,
    /// By ascending version.
    symbols: HashMap<&'static [u8], Vec<Entry>>,
}

impl History {
    /// The history of a target.
    pub fn of(architecture: Architecture) -> Self {
        Self::parse(architecture).expect("the table is whole: a test reads it for every target")
    }

    fn parse(architecture: Architecture) -> Option<Self> {
        let (mut newest, mut column, mut symbols) = (None, None, HashMap::new());
        for line in TABLE.lines() {
            if let Some(comment) = line.strip_prefix('#') {
                newest = comment.strip_prefix(" The newest release in it: ").map_or(newest, |text| text.parse().ok());
            } else if let Some(target) = line.strip_prefix("target ") {
                let [letter, name, oldest] = target.split(' ').collect::<Vec<_>>()[..] else { return None };
                if name == architecture.name() {
                    column = Some((letter, oldest.parse().ok()?));
                }
            } else {
                let (letter, oldest) = column?;
                let mut fields = line.split('\t');
                let name = fields.next()?.as_bytes();
                let entries = fields.find_map(|field| match field.split_once('=') {
                    Some((targets, entries)) => targets.contains(letter).then_some(entries),
                    None => Some(field),
                });
                let Some(entries) = entries else { continue };
                let entries = entries.split(' ').map(|entry| entry_of(entry, oldest)).collect::<Option<Vec<_>>>()?;
                symbols.insert(name, entries);
            }
        }
        Some(Self { oldest: column?.1, newest: newest?, symbols })
    }

    /// A symbol's versions, oldest first; none for a symbol that glibc does not have.
    pub fn of_symbol(&self, name: &[u8]) -> &[Entry] {
        self.symbols.get(name).map_or(&[], Vec::as_slice)
    }

    /// The newest version that a symbol had when `version` was current.
    pub fn at(&self, name: &[u8], version: Version) -> Option<Entry> {
        self.of_symbol(name).iter().rfind(|entry| entry.version <= version).copied()
    }

    /// That `version` is one that can be asked for.
    ///
    /// # Errors
    /// Usage, naming the versions that there are.
    pub fn check(&self, version: Version, architecture: Architecture) -> Result<()> {
        let (oldest, newest, name) = (self.oldest, self.newest, architecture.name());
        if version < oldest {
            return Err(Error::usage(format!("glibc {version} was never on {name}: its first is {oldest}")));
        }
        if version > newest {
            let what = format!("glibc {version} is not known: the newest that is, is {newest}");
            return Err(Error::usage(what));
        }
        Ok(())
    }
}

fn entry_of(text: &'static str, oldest: Version) -> Option<Entry> {
    match text.split_once(':') {
        Some((library, version)) => Some(Entry { version: version.parse().ok()?, library }),
        None => Some(Entry { version: oldest, library: text }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_for_every_target() {
        for architecture in Architecture::ALL {
            let history = History::parse(architecture).unwrap_or_else(|| panic!("{architecture:?}"));
            assert!(history.symbols.len() > 3000, "{architecture:?}: {}", history.symbols.len());
            assert!(history.oldest < history.newest);
            let sorted = |entries: &Vec<Entry>| entries.windows(2).all(|pair| pair[0].version <= pair[1].version);
            assert!(history.symbols.values().all(|entries| !entries.is_empty() && sorted(entries)), "{architecture:?}");
        }
    }

    #[test]
    fn what_moved_between_libraries() {
        let history = History::of(Architecture::X86_64);
        let at = |name: &str, version: &str| {
            let entry = history.at(name.as_bytes(), version.parse().unwrap());
            entry.map(|entry| (entry.version.to_string(), entry.library))
        };
        assert_eq!(at("pthread_create", "2.17"), Some(("2.2.5".to_owned(), "pthread")));
        assert_eq!(at("pthread_create", "2.44"), Some(("2.34".to_owned(), "c")));
        assert_eq!(at("memcpy", "2.13"), Some(("2.2.5".to_owned(), "c")));
        assert_eq!(at("stat64", "2.32"), None);
    }
}
