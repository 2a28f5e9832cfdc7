//! Writes an archive in one pass: magic, room for the index, the names, the members; the index last, when every
//! member's place is known.

use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::ops::Range;

use super::gather::Gather;
use super::{Archive, ArchiveIndex, ArchiveKind, HEADER_LEN, MAGIC, Member, Place, THIN_MAGIC};
use crate::error::{Error, Result};

/// A member as it is to be written.
#[derive(Debug)]
pub struct NewMember<'a, 'd> {
    /// The member as it was: its header, whose size is corrected where the data's length differs, and its name.
    pub member: &'a Member<'d>,
    /// The data, in the order of the parts.
    pub parts: Vec<&'a [u8]>,
}

/// Where a member is in a file, in bytes from the file's start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Where its header starts.
    pub header: u64,
    /// Where its data is; for a thin archive's member, would be.
    pub data: Range<u64>,
    /// Where it ends, padding included, and the next one starts.
    pub end: u64,
}

/// Writes one archive to `out`, which must be empty.
#[derive(Debug)]
pub struct ArchiveWriter<W> {
    out: W,
    kind: ArchiveKind,
    /// The length of the index and its headers.
    room: usize,
    position: u64,
    header_offsets: Vec<u64>,
}

impl<W: Write + Seek> ArchiveWriter<W> {
    /// Starts an archive of this kind with so many members, whose index will be `index`, and whose long names are
    /// those of `original`.
    ///
    /// # Errors
    /// What `out` returns.
    pub fn start(
        mut out: W,
        kind: ArchiveKind,
        members: usize,
        index: &ArchiveIndex,
        original: &Archive<'_>,
    ) -> Result<Self> {
        out.write_all(if original.thin { THIN_MAGIC } else { MAGIC }).map_err(cannot_write)?;
        let room = index.len_in_file(kind, members);
        out.seek(SeekFrom::Start((MAGIC.len() + room) as u64)).map_err(cannot_write)?;
        let names = original.name_table.unwrap_or_default();
        out.write_all(names).map_err(cannot_write)?;
        let position = (MAGIC.len() + room + names.len()) as u64;
        out.write_all(padding(position)).map_err(cannot_write)?;
        let position = position.next_multiple_of(2);
        Ok(Self { out, kind, room, position, header_offsets: Vec::new() })
    }

    /// Appends members; gives where each is in the file. A thin archive's have the size of their data, and not the data.
    ///
    /// # Errors
    /// What `out` returns; unsupported, naming the member, for one whose size the header cannot hold.
    pub fn append(&mut self, members: &[NewMember<'_, '_>]) -> Result<Vec<Span>> {
        let mut gather = Gather::new(&mut self.out);
        let mut spans = Vec::with_capacity(members.len());
        for NewMember { member, parts } in members {
            let len: u64 = parts.iter().map(|part| part.len() as u64).sum();
            let filler = filler(member, len);
            let size = len + (member.inline_name.len() + filler.len()) as u64;
            let header = match member.header.size() == Some(size) {
                true => Ok(member.header),
                false => member.header.with_size(size).map_err(|error| error.in_member(member.name, 0)),
            };
            let at = self.position;
            gather.copy(header?.bytes());
            self.position += HEADER_LEN as u64;
            let start = self.position + member.inline_name.len() as u64;
            if member.place == Place::Here {
                gather.copy(member.inline_name);
                parts.iter().try_for_each(|part| gather.add(part)).map_err(cannot_write)?;
                gather.copy(filler);
                self.position += size;
                gather.copy(padding(self.position));
                self.position = self.position.next_multiple_of(2);
            }
            spans.push(Span { header: at, data: start..start + len, end: self.position });
        }
        gather.write().map_err(cannot_write)?;
        self.header_offsets.extend(spans.iter().map(|span| span.header));
        Ok(spans)
    }

    /// The kind that the archive turns out to need for `index`: not the one it was started as, when it has grown past
    /// what 32-bit offsets reach, or has not after all.
    ///
    /// # Errors
    /// Unsupported, for a COFF archive that is too large.
    pub fn needed_kind(&self, original: ArchiveKind, index: &ArchiveIndex) -> Result<ArchiveKind> {
        let start = (MAGIC.len() + self.room) as u64;
        let last_header = self.header_offsets.last().copied().unwrap_or(start) - self.room as u64;
        index.kind_for(original, self.header_offsets.len(), last_header)
    }

    /// Writes the index into its room; gives the archive's length in bytes.
    ///
    /// # Errors
    /// What `out` returns; unsupported when the index cannot be expressed.
    pub fn finish(mut self, index: &ArchiveIndex) -> Result<u64> {
        self.out.seek(SeekFrom::Start(MAGIC.len() as u64)).map_err(cannot_write)?;
        let mut out = BufWriter::with_capacity(1 << 16, &mut self.out);
        index.write(&mut out, self.kind, &self.header_offsets)?;
        out.flush().map_err(cannot_write)?;
        Ok(self.position)
    }
}

/// BSD names are padded so that the data starts at a multiple of 8, and Darwin's data is padded to end at one. What
/// follows a changed member keeps its alignment if the member's length stays the same modulo 8: the filler is part of
/// the member, as in Darwin archives.
fn filler(member: &Member<'_>, size: u64) -> &'static [u8] {
    let missing = if member.has_bsd_name() { (member.data.len() as u64).wrapping_sub(size) % 8 } else { 0 };
    &b"\n\n\n\n\n\n\n"[..missing as usize]
}

/// Members start at even offsets; the filler is a newline (`ar(5)`).
fn padding(position: u64) -> &'static [u8] {
    &b"\n"[..(position & 1) as usize]
}

pub(super) fn cannot_write(source: std::io::Error) -> Error {
    Error::io("cannot write the archive", source)
}
