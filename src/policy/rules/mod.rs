//! Rules over names, with LLVM's meaning: which names a flag of objcopy names, and what they become.

mod ere;
mod glob;
mod list;
mod matcher;

pub use matcher::{MatchStyle, NameMatcher, Warning};

use std::collections::HashMap;
use std::path::Path;

use crate::error::{Error, Result, printable, printable_path};

/// Names and what they become.
#[derive(Debug, Clone, Default)]
pub struct Renames(HashMap<Vec<u8>, Vec<u8>>);

impl Renames {
    /// Adds a pair.
    ///
    /// # Errors
    /// Usage, for a name that becomes something already.
    pub fn add(&mut self, old: &[u8], new: &[u8]) -> Result<()> {
        check_name(new)?;
        match self.0.insert(old.to_vec(), new.to_vec()) {
            None => Ok(()),
            Some(_) => Err(Error::usage(format!("multiple redefinition of symbol '{}'", printable(old)))),
        }
    }

    /// Adds the pairs of a file, one a line with white space between the two; as for lists of names. A pair whose
    /// first name becomes something already does not count.
    ///
    /// # Errors
    /// I/O; usage, for a line with one name.
    pub fn add_list(&mut self, path: &Path) -> Result<()> {
        let text = list::read(path)?;
        for (number, line) in list::lines(&text) {
            let end = line.iter().position(|c| matches!(c, b' ' | b'\t')).unwrap_or(line.len());
            let (old, new) = (&line[..end], list::trim(&line[end..]));
            if new.is_empty() {
                let place = printable_path(path);
                return Err(Error::usage(format!("{place}:{number}: missing new symbol name")));
            }
            check_name(new)?;
            self.0.entry(old.to_vec()).or_insert_with(|| new.to_vec());
        }
        Ok(())
    }

    /// Whether nothing becomes anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What `name` becomes, if anything.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }
}

fn check_name(name: &[u8]) -> Result<()> {
    match memchr::memchr(0, name) {
        None => Ok(()),
        Some(_) => Err(Error::usage(format!("a symbol's name cannot hold a NUL: '{}'", printable(name)))),
    }
}
