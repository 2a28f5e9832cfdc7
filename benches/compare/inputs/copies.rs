//! Archives of any size that are alike: every tenth member of the large one, several times.
//!
//! A copy's C++ names are its own: `llvm` and `clang` in them become namespaces of the same length. Such an archive
//! need not link; its symbols, sections and groups are as many and as long as a real one's of that size.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use armend_test_support::{run_ok, tool};
use memchr::memmem;

use super::ar::{MAGIC, members};
use super::map;

/// What the copies' symbols are called.
#[derive(Clone, Copy, PartialEq)]
pub enum Names {
    /// Each copy has names of its own.
    Distinct,
    /// All have the same.
    Same,
}

/// Every so many members of the large archive.
const STEP: usize = 10;

/// Writes `count` copies of a tenth of `whole`, and has llvm-ar write the index.
pub fn make(whole: &Path, path: &Path, count: usize, names: Names) -> Result<()> {
    let whole = map(whole)?;
    let members = members(&whole)?;
    let mut out = BufWriter::new(File::create(path)?);
    out.write_all(MAGIC)?;
    if let Some(long_names) = members.iter().find(|member| member.name == "//") {
        out.write_all(long_names.bytes)?;
    }
    let sample = members.iter().filter(|member| !["/", "//"].contains(&member.name)).step_by(STEP).collect::<Vec<_>>();
    for copy in 0..count {
        let digits = [copy / 26, copy % 26].map(|digit| char::from(b'A' + digit as u8)).iter().collect::<String>();
        let (llvm, clang) = (format!("4ll{digits}"), format!("5cla{digits}"));
        for member in &sample {
            match names {
                Names::Distinct => {
                    out.write_all(&replaced(member.bytes, &[("4llvm", &llvm), ("5clang", &clang)]))?;
                }
                Names::Same => out.write_all(member.bytes)?,
            }
        }
    }
    out.into_inner()?.sync_all()?;
    run_ok(Command::new(tool("llvm-ar")).arg("s").arg(path));
    Ok(())
}

/// The bytes with each of the first strings as the second, which is as long.
pub fn replaced(bytes: &[u8], pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut replaced = bytes.to_vec();
    for (old, new) in pairs {
        assert_eq!(old.len(), new.len(), "{old} and {new}");
        for at in memmem::find_iter(bytes, old) {
            replaced[at..at + new.len()].copy_from_slice(new.as_bytes());
        }
    }
    replaced
}
