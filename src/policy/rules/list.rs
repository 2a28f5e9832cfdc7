//! Files of names, as objcopy reads them.

use std::path::Path;

use crate::error::{Error, Result};

/// The bytes of such a file.
///
/// # Errors
/// I/O, naming it.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| Error::io("cannot read the list of names", error).in_archive(path))
}

/// What each line says, with its number; nothing for lines that say nothing.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = text.split(|&c| c == b'\n').enumerate();
    let said = lines.map(|(at, line)| {
        let end = memchr::memchr(b'#', line).unwrap_or(line.len());
        (at + 1, trim(&line[..end]))
    });
    said.filter(|(_, line)| !line.is_empty())
}

/// Without the white space around it, C's `isspace` and thus a vertical tab too.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    let is_space = |c: &u8| matches!(c, b' ' | b'\t'..=b'\r');
    let start = text.iter().position(|c| !is_space(c)).unwrap_or(text.len());
    let end = text.iter().rposition(|c| !is_space(c)).map_or(start, |last| last + 1);
    &text[start..end]
}
