//! Writes an archive in one pass: magic, room for the index, the names, the members; the index last, when every
//! member's place is known.

use std::io::{Seek, SeekFrom, Write};

use super::{ArchiveIndex, Header, IndexWidth, MAGIC};
use crate::error::{Error, Result};

/// A member as it is to be written.
#[derive(Debug)]
pub struct NewMember<'d> {
    /// The header; its size field is corrected where the data's length differs.
    pub header: Header<'d>,
    /// The data, in the order of the parts.
    pub parts: Vec<&'d [u8]>,
}

/// Writes one archive to `out`, which must be empty.
#[derive(Debug)]
pub struct ArchiveWriter<W> {
    out: W,
    width: IndexWidth,
    position: u64,
    header_offsets: Vec<u64>,
}

impl<W: Write + Seek> ArchiveWriter<W> {
    /// Starts an archive whose index will be `index`, and whose long names are those of `name_table` (the member with
    /// its header and padding).
    ///
    /// # Errors
    /// What `out` returns.
    pub fn start(mut out: W, index: &ArchiveIndex, width: IndexWidth, name_table: Option<&[u8]>) -> Result<Self> {
        out.write_all(MAGIC).map_err(cannot_write)?;
        let room = index.len_in_file(width);
        out.seek(SeekFrom::Start((MAGIC.len() + room) as u64)).map_err(cannot_write)?;
        let names = name_table.unwrap_or_default();
        out.write_all(names).map_err(cannot_write)?;
        let mut position = (MAGIC.len() + room + names.len()) as u64;
        position += pad(&mut out, position)?;
        Ok(Self { out, width, position, header_offsets: Vec::new() })
    }

    /// Appends a member.
    ///
    /// # Errors
    /// What `out` returns; unsupported for a member whose size the header cannot hold.
    pub fn append(&mut self, member: &NewMember<'_>) -> Result<()> {
        let size: u64 = member.parts.iter().map(|part| part.len() as u64).sum();
        let header =
            if member.header.size() == Some(size) { *member.header.bytes() } else { member.header.with_size(size)? };
        self.header_offsets.push(self.position);
        self.out.write_all(&header).map_err(cannot_write)?;
        for part in &member.parts {
            self.out.write_all(part).map_err(cannot_write)?;
        }
        self.position += header.len() as u64 + size;
        self.position += pad(&mut self.out, self.position)?;
        Ok(())
    }

    /// Where the last member's header starts.
    pub fn last_header(&self) -> u64 {
        self.header_offsets.last().copied().unwrap_or_default()
    }

    /// Writes the index into its room; gives the archive's length in bytes.
    ///
    /// # Errors
    /// What `out` returns; unsupported when the archive has outgrown a 32-bit index.
    pub fn finish(mut self, index: &ArchiveIndex) -> Result<u64> {
        let bytes = index.to_bytes(self.width, &self.header_offsets)?;
        self.out.seek(SeekFrom::Start(MAGIC.len() as u64)).map_err(cannot_write)?;
        self.out.write_all(&bytes).map_err(cannot_write)?;
        self.out.flush().map_err(cannot_write)?;
        Ok(self.position)
    }
}

/// Members start at even offsets; the filler is a newline (`ar(5)`).
fn pad(out: &mut impl Write, position: u64) -> Result<u64> {
    let filler = &b"\n"[..(position & 1) as usize];
    out.write_all(filler).map_err(cannot_write)?;
    Ok(filler.len() as u64)
}

fn cannot_write(source: std::io::Error) -> Error {
    Error::io("cannot write the archive", source)
}
