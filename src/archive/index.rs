//! The archive index (`ranlib`'s table, "armap"): which member defines which global symbol.
//!
//! GNU layout: the number of entries, that many offsets of member headers, then as many NUL-terminated names, padded
//! to an even length with a NUL as `llvm-ar` does. Numbers are big-endian, of 32 bits in `/`, of 64 in `/SYM64/`.

use super::ArchiveKind;
use super::header::{HEADER_LEN, index_header};
use crate::error::{Error, Result};

/// The width of an index's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexWidth {
    /// 32 bits, member `/`.
    Narrow,
    /// 64 bits, member `/SYM64/`.
    Wide,
}

impl IndexWidth {
    fn bytes(self) -> usize {
        match self {
            IndexWidth::Narrow => 4,
            IndexWidth::Wide => 8,
        }
    }

    fn member_name(self) -> &'static [u8] {
        match self {
            IndexWidth::Narrow => b"/",
            IndexWidth::Wide => b"/SYM64/",
        }
    }
}

/// The greatest offset in an index's data; `None` where it names nothing.
pub(super) fn last_offset(data: &[u8], kind: ArchiveKind) -> Option<u64> {
    let width = if kind == ArchiveKind::Gnu64 { 8 } else { 4 };
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte));
    let count = usize::try_from(number(data.get(..width)?)).ok()?;
    data[width..].chunks_exact(width).take(count).map(number).max()
}

/// An index to be: names in the order of the members, and each name's member.
#[derive(Debug, Default)]
pub struct ArchiveIndex {
    /// The names one after the other, each with its NUL.
    names: Vec<u8>,
    /// For each name, the position of its member.
    members: Vec<u32>,
}

impl ArchiveIndex {
    /// Adds a name, given in parts, that the member at position `member` defines.
    pub fn push(&mut self, name: &[&[u8]], member: u32) {
        name.iter().for_each(|part| self.names.extend_from_slice(part));
        self.names.push(0);
        self.members.push(member);
    }

    /// How many names it holds.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether it holds no name. An archive whose index would be empty has none, as with `llvm-ar`.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The length in bytes of the member's data.
    fn data_len(&self, width: IndexWidth) -> usize {
        (width.bytes() * (self.members.len() + 1) + self.names.len()).next_multiple_of(2)
    }

    /// The length in bytes with the header; 0 for an empty index.
    pub fn len_in_file(&self, width: IndexWidth) -> usize {
        if self.is_empty() { 0 } else { HEADER_LEN + self.data_len(width) }
    }

    /// The index as a member, header included; nothing for an empty index. `header_offsets` gives for each member
    /// where its header starts in the file.
    ///
    /// # Errors
    /// Unsupported when an offset does not fit `width`; the caller then chooses the wide one.
    pub fn to_bytes(&self, width: IndexWidth, header_offsets: &[u64]) -> Result<Vec<u8>> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let size = self.data_len(width);
        let mut bytes = Vec::with_capacity(HEADER_LEN + size);
        bytes.extend_from_slice(&index_header(width.member_name(), size as u64)?);
        let mut number = |value: u64| match width {
            IndexWidth::Narrow => u32::try_from(value)
                .map(|value| bytes.extend_from_slice(&value.to_be_bytes()))
                .map_err(|_| Error::unsupported("the archive is too large for a 32-bit index")),
            IndexWidth::Wide => {
                bytes.extend_from_slice(&value.to_be_bytes());
                Ok(())
            }
        };
        number(self.members.len() as u64)?;
        for &member in &self.members {
            number(header_offsets[member as usize])?;
        }
        bytes.extend_from_slice(&self.names);
        bytes.resize(HEADER_LEN + size, 0);
        Ok(bytes)
    }
}
