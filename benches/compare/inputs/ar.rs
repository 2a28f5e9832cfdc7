//! As much of `ar(5)` in GNU's flavour as making inputs takes.

use std::io::{self, Write};

use anyhow::{Context, Result};

pub const MAGIC: &[u8] = b"!<arch>\n";
pub const HEADER: usize = 60;

/// A member, header and padding included.
pub struct Member<'a> {
    /// As the header has it: `/` is the index, `//` the long names.
    pub name: &'a str,
    pub bytes: &'a [u8],
}

/// The members of an archive, one after the other.
pub fn members(archive: &[u8]) -> Result<Vec<Member<'_>>> {
    let mut rest = archive.strip_prefix(MAGIC).context("no archive")?;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let header = rest.get(..HEADER).context("a header is cut off")?;
        let field = |from: usize, to: usize| Ok::<_, anyhow::Error>(str::from_utf8(&header[from..to])?.trim_end());
        let size = field(48, 58)?.parse::<usize>()?;
        let end = HEADER + size.next_multiple_of(2);
        let bytes = rest.get(..end).context("a member is cut off")?;
        found.push(Member { name: field(0, 16)?, bytes });
        rest = &rest[end..];
    }
    Ok(found)
}

/// Writes a member, with a padding byte where its size is odd.
pub fn write_member(out: &mut impl Write, name: &str, content: &[u8]) -> io::Result<()> {
    writeln!(out, "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`", 0, 0, 0, 100644, content.len())?;
    out.write_all(content)?;
    out.write_all(if content.len() % 2 == 1 { b"\n" } else { b"" })
}
