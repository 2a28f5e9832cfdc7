//! Static archives: the members of a `.a`, `.lib` or `.rlib` and its index, borrowed from the file's bytes.
//!
//! The format is `ar(5)` with the System V / GNU conventions (as in binutils' `bfd/archive.c` and LLVM's
//! `Object/Archive.cpp`): `/` or `/SYM64/` is the index, `//` the table of names over 15 bytes. This module knows
//! archive kinds and nothing of what the members are.

pub mod header;
mod index;
mod writer;

pub use header::Header;
pub use index::{ArchiveIndex, IndexWidth};
pub use writer::{ArchiveWriter, NewMember};

use crate::error::{Error, Result};
use header::{HEADER_LEN, decimal};

const MAGIC: &[u8] = b"!<arch>\n";

/// The flavour of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum ArchiveKind {
    /// System V / GNU, index with 32-bit offsets (`/`).
    Gnu,
    /// System V / GNU, index with 64-bit offsets (`/SYM64/`).
    Gnu64,
}

/// One member: a name and bytes.
#[derive(Debug, Clone, Copy)]
pub struct Member<'d> {
    /// The name, without the archive's own decoration.
    pub name: &'d [u8],
    /// Its header as it stands.
    pub header: Header<'d>,
    /// Where the header starts, in bytes from the start of the file.
    pub header_offset: u64,
    /// Its data.
    pub data: &'d [u8],
}

impl Member<'_> {
    /// Where the data starts, in bytes from the start of the file.
    pub fn data_offset(&self) -> u64 {
        self.header_offset + HEADER_LEN as u64
    }
}

/// An archive, parsed. Everything borrows from the file's bytes.
#[derive(Debug)]
pub struct Archive<'d> {
    /// The flavour.
    pub kind: ArchiveKind,
    /// The index member's data, where there is an index.
    pub index: Option<&'d [u8]>,
    /// The `//` member with its header and padding, where there is one.
    pub name_table: Option<&'d [u8]>,
    /// The members in order, without the index and the name table.
    pub members: Vec<Member<'d>>,
}

impl<'d> Archive<'d> {
    /// Parses the bytes of a whole file.
    ///
    /// # Errors
    /// Malformed with the offset, for a file that is no archive or contradicts `ar(5)`; unsupported for thin, BSD,
    /// Darwin, COFF and AIX archives.
    pub fn parse(file: &'d [u8]) -> Result<Self> {
        check_magic(file)?;
        let mut archive = Archive { kind: ArchiveKind::Gnu, index: None, name_table: None, members: Vec::new() };
        let mut offset = MAGIC.len();
        while offset < file.len() {
            let header = Header::parse(file, offset)?;
            let size = header.size().ok_or_else(|| {
                Error::malformed(offset as u64 + 48, "a member header's size is not a decimal number")
            })?;
            let start = offset + HEADER_LEN;
            let end =
                usize::try_from(size).ok().and_then(|size| start.checked_add(size)).filter(|&end| end <= file.len());
            let end = end.ok_or_else(|| {
                let left = file.len() - start;
                Error::malformed(offset as u64 + 48, format!("a member of {size} bytes, but the file has {left} left"))
            })?;
            // Members start at even offsets; the padding after the last one may be missing.
            let next = end.saturating_add(end & 1).min(file.len());
            archive.add(header, offset, &file[offset..next], &file[start..end])?;
            offset = next;
        }
        Ok(archive)
    }

    fn add(&mut self, header: Header<'d>, offset: usize, whole: &'d [u8], data: &'d [u8]) -> Result<()> {
        let raw = header.raw_name();
        match raw {
            b"/" | b"/SYM64/" if self.index.is_none() && self.members.is_empty() && self.name_table.is_none() => {
                self.kind = if raw == b"/" { ArchiveKind::Gnu } else { ArchiveKind::Gnu64 };
                self.index = Some(data);
            }
            b"/" => return Err(unserved("COFF", "it has a second linker member").at(offset as u64)),
            b"/SYM64/" => return Err(Error::malformed(offset as u64, "a second index")),
            b"//" if self.name_table.is_none() => self.name_table = Some(whole),
            b"//" => {
                return Err(Error::malformed(offset as u64, "a second table of long names"));
            }
            b"/<ECSYMBOLS>/" | b"/<HYBRIDMAP>/" => {
                return Err(unserved("COFF", "it has an EC symbol table").at(offset as u64));
            }
            _ if raw.starts_with(b"#1/") || raw.starts_with(b"__.SYMDEF") => {
                return Err(unserved("BSD or Darwin", "its names or index are in that style").at(offset as u64));
            }
            _ => {
                let name = self.member_name(raw, offset)?;
                self.members.push(Member { name, header, header_offset: offset as u64, data });
            }
        }
        Ok(())
    }

    /// `foo.o/` is a name; `/18` is a name at that offset of the `//` table, where it ends in `/\n`.
    fn member_name(&self, raw: &'d [u8], offset: usize) -> Result<&'d [u8]> {
        let Some(digits) = raw.strip_prefix(b"/") else {
            return Ok(raw.strip_suffix(b"/").unwrap_or(raw));
        };
        let lost = |what: &str| Error::malformed(offset as u64, format!("a member's long name is {what}"));
        let at = decimal(digits).ok_or_else(|| lost("not a decimal number"))?;
        let table = self.name_table.ok_or_else(|| lost("given by number, but the archive has no table of names"))?;
        let rest = usize::try_from(at).ok().and_then(|at| table[HEADER_LEN..].get(at..));
        let rest = rest.filter(|rest| !rest.is_empty()).ok_or_else(|| lost("outside the table of names"))?;
        let end = memchr::memchr2(b'\n', 0, rest).unwrap_or(rest.len());
        Ok(rest[..end].strip_suffix(b"/").unwrap_or(&rest[..end]))
    }

    /// That no offset in the index is past the end of the file, `len` bytes long: the sure sign of an archive that was
    /// cut short, when the cut is between two members.
    ///
    /// # Errors
    /// Malformed.
    pub fn check_index_bounds(&self, len: u64) -> Result<()> {
        let Some(index) = self.index else { return Ok(()) };
        match index::last_offset(index, self.kind) {
            Some(last) if last >= len => {
                let what = format!("the index names a member at {last:#x}, but the file ends at {len:#x}: cut short?");
                Err(Error::malformed(MAGIC.len() as u64, what).with_help("if it is whole: armend index ARCHIVE"))
            }
            _ => Ok(()),
        }
    }

    /// How wide the index's offsets are to be when the last member's header starts at `last_header`: wide where
    /// 32 bits do not reach, or where the archive has a wide index already.
    pub fn index_width(&self, last_header: u64) -> IndexWidth {
        if self.kind == ArchiveKind::Gnu64 || last_header > u64::from(u32::MAX) {
            IndexWidth::Wide
        } else {
            IndexWidth::Narrow
        }
    }
}

fn check_magic(file: &[u8]) -> Result<()> {
    if file.starts_with(MAGIC) {
        return Ok(());
    }
    let unsupported = |what: &str| Err(unserved(what, "its first bytes say so").at(0));
    match file {
        [] => Err(Error::malformed(0, "the file is empty, not an archive")),
        [b'!', b'<', b't', b'h', b'i', b'n', b'>', b'\n', ..] => unsupported("thin"),
        [b'<', b'b', b'i', b'g', b'a', b'f', b'>', b'\n', ..] => unsupported("AIX big"),
        [0x7f, b'E', b'L', b'F', ..] => Err(Error::malformed(0, "an ELF file, not an archive")
            .with_help("armend amends static archives: make one with `ar rcs libNAME.a FILE.o`")),
        [b'/', b'*', ..] | [b'G', b'R', b'O', b'U', b'P', ..] | [b'I', b'N', b'P', b'U', b'T', ..] => {
            Err(Error::malformed(0, "a linker script, not an archive").with_help("amend the archives that it names"))
        }
        _ if MAGIC.starts_with(file) => Err(Error::malformed(0, "the file ends inside the archive's magic")),
        _ => Err(Error::malformed(0, "not an archive: it does not begin with \"!<arch>\\n\"")),
    }
}

fn unserved(kind: &str, why: &str) -> Error {
    Error::unsupported(format!("a {kind} archive ({why}); only GNU archives are served so far"))
}
