//! Archives whose index is missing or wrong.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::{Context, Result};

use super::ar::{HEADER, MAGIC, members};
use super::map;

/// The archive without its index.
pub fn without(archive: &Path, path: &Path) -> Result<()> {
    let archive = map(archive)?;
    let mut out = BufWriter::new(File::create(path)?);
    out.write_all(MAGIC)?;
    for member in members(&archive)?.iter().filter(|member| member.name != "/") {
        out.write_all(member.bytes)?;
    }
    Ok(out.flush()?)
}

/// The archive with another letter in front of the first name of its index.
pub fn stale(archive: &Path, path: &Path) -> Result<()> {
    fs::copy(archive, path)?;
    let archive = map(archive)?;
    let index = members(&archive)?.into_iter().next().filter(|first| first.name == "/");
    let content = &index.context("the archive has no index")?.bytes[HEADER..];
    let (count, _) = content.split_first_chunk().context("the index is cut off")?;
    // The number of names, an offset for each, the names.
    let name = 4 + 4 * u32::from_be_bytes(*count) as usize;
    let letter = content.get(name).context("the index has no names")?;
    let other = if *letter == b'x' { b"y" } else { b"x" };
    let out = File::options().write(true).open(path)?;
    Ok(out.write_all_at(other, (MAGIC.len() + HEADER + name) as u64)?)
}
