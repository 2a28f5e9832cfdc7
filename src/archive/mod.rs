//! Static archives: the members of a `.a`, `.lib` or `.rlib` and its index, borrowed from the file's bytes.
//!
//! The format is `ar(5)` with the conventions of System V / GNU, 4.4BSD, Darwin and COFF, as binutils'
//! `bfd/archive.c` and LLVM's `Object/Archive.cpp` read and `Object/ArchiveWriter.cpp` writes them. This module knows
//! archive kinds and nothing of what the members are, nor of files.

mod compare;
pub mod fat;
mod gather;
pub mod header;
mod index;
mod kind;
mod parse;
mod table;
mod writer;

pub use compare::IndexDifference;
pub use header::{HEADER_LEN, Header};
pub use index::{ArchiveIndex, Entry};
pub use kind::ArchiveKind;
pub use table::{IndexTable, Layout};
pub use writer::{ArchiveWriter, NewMember, Span};

use crate::error::{Error, Result};

/// What an archive begins with, unless it is thin (`ar(5)`).
pub(crate) const MAGIC: &[u8] = b"!<arch>\n";
const THIN_MAGIC: &[u8] = b"!<thin>\n";

/// Where a member's data is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Behind its header.
    Here,
    /// In the file that the member's name is the path of: a thin archive's member.
    File,
    /// In the archive that the member's name is the path of, behind the header at this offset: a thin archive's
    /// member from a regular one, as GNU `ar` writes it.
    Nested(u64),
}

/// One member: a name and bytes.
#[derive(Debug, Clone, Copy)]
pub struct Member<'d> {
    /// The name, without the archive's own decoration.
    pub name: &'d [u8],
    /// Its header as it stands.
    pub header: Header,
    /// Where the header starts, in bytes from the start of the file.
    pub header_offset: u64,
    /// What stands between header and data: the name of a `#1/N` member, with its padding.
    pub inline_name: &'d [u8],
    /// Its data. The parser leaves it empty where it is elsewhere.
    pub data: &'d [u8],
    /// Where the data is.
    pub place: Place,
}

impl<'d> Member<'d> {
    /// A member to be written to an archive of this kind. Its name has at most 15 bytes, is followed by NULs up to a
    /// length of 4 modulo 8, and goes with the NULs in front of the data in BSD's kinds, so that the data of an
    /// archive's first member starts at a multiple of 8.
    pub fn new(padded_name: &'d [u8], data: &'d [u8], kind: ArchiveKind) -> Self {
        let name = parse::trim_nul(padded_name);
        let (raw, inline_name) = if kind.is_bsd_like() {
            (format!("#1/{}", padded_name.len()).into_bytes(), padded_name)
        } else {
            ([name, b"/"].concat(), &b""[..])
        };
        Self { name, header: Header::named(&raw), header_offset: 0, inline_name, data, place: Place::Here }
    }

    /// Where the data starts, in bytes from the start of the file that it is in.
    pub fn data_offset(&self) -> u64 {
        match self.place {
            Place::Here => self.header_offset + (HEADER_LEN + self.inline_name.len()) as u64,
            Place::File => 0,
            Place::Nested(offset) => offset + HEADER_LEN as u64,
        }
    }

    /// Where it is in the archive.
    pub fn span(&self) -> Span {
        let start = self.data_offset();
        let end = self.header_offset + self.len_in_archive();
        Span { header: self.header_offset, data: start..start + self.data.len() as u64, end }
    }

    /// Whether its name stands in front of its data.
    fn has_bsd_name(&self) -> bool {
        self.header.raw_name().starts_with(b"#1/")
    }

    /// How many bytes of the archive it takes, padding included.
    fn len_in_archive(&self) -> u64 {
        let data = if self.place == Place::Here { self.data.len() } else { 0 };
        ((HEADER_LEN + self.inline_name.len() + data) as u64).next_multiple_of(2)
    }

    /// Whether it ends where 8 bytes do.
    fn ends_aligned(&self) -> bool {
        (self.data_offset() + self.data.len() as u64).is_multiple_of(8)
    }
}

/// An archive, parsed. Everything borrows from the file's bytes.
#[derive(Debug)]
pub struct Archive<'d> {
    /// The flavour.
    pub kind: ArchiveKind,
    /// Whether the members' data is in other files.
    pub thin: bool,
    /// The index as it stands: one table, or COFF's two; none where there is no index.
    pub index: Vec<IndexTable<'d>>,
    /// The `//` member with its header and padding, where there is one.
    pub name_table: Option<&'d [u8]>,
    /// The members in order, without the index and the name table.
    pub members: Vec<Member<'d>>,
}

impl<'d> Archive<'d> {
    /// Parses the bytes of a whole file.
    ///
    /// # Errors
    /// Malformed with the offset, for a file that is no archive or contradicts `ar(5)`; unsupported for AIX archives
    /// and for COFF archives with more than the two indexes.
    pub fn parse(file: &'d [u8]) -> Result<Self> {
        parse::parse(file)
    }

    /// Looks at the members' headers, from the last one that the index knows to the first. The bytes of a mapped file are
    /// waited for; a header says where the next one is, so that [`Self::parse`] waits for one after the other. Beside it,
    /// this does half of the waiting.
    pub fn touch_headers(file: &[u8]) {
        parse::touch_headers(file);
    }

    /// That no offset in the index is past the end of the file, `len` bytes long: the sure sign of an archive that was
    /// cut short, when the cut is between two members.
    ///
    /// # Errors
    /// Malformed.
    pub fn check_index_bounds(&self, len: u64) -> Result<()> {
        let Some(last) = self.index.iter().filter_map(|table| table.offset_from(len)).max() else {
            return Ok(());
        };
        let what = format!("the index names a member at {last:#x}, but the file ends at {len:#x}: cut short?");
        Err(Error::malformed(MAGIC.len() as u64, what).with_help("if it is whole: armend index ARCHIVE"))
    }

    /// Whether the index says what `index` says, in the way of this kind of archive: the same names of the same
    /// members, whatever their order, their padding or the header's date.
    pub fn index_is(&self, index: &ArchiveIndex<'_>) -> bool {
        let offsets: Vec<u64> = self.members.iter().map(|member| member.header_offset).collect();
        self.index_is_of(index, &offsets)
    }

    /// The same where the members' headers are at `offsets`.
    pub fn index_is_of(&self, index: &ArchiveIndex<'_>, offsets: &[u64]) -> bool {
        if index.absent || index.is_empty() && self.index.is_empty() {
            return self.index.is_empty();
        }
        let same = |table: &IndexTable<'_>| {
            // Most are in the order of the members; the sorted ones are the exception.
            if self.kind != ArchiveKind::Coff && index.is_in_order(table, offsets) {
                return true;
            }
            let entries = table.entries().filter(|_| table.lists_members(offsets.iter().copied()));
            let Some(mut entries) = entries else { return false };
            let expected = index.entries_for(self.kind).into_iter();
            let expected = expected.map(|(name, member)| Some((*offsets.get(member as usize)?, name)));
            let Some(mut expected) = expected.collect::<Option<Vec<_>>>() else { return false };
            entries.sort_unstable();
            expected.sort_unstable();
            entries.len() == expected.len() && entries.iter().zip(&expected).all(|(a, b)| a.0 == b.0 && *a.1 == *b.1)
        };
        self.index.iter().map(|table| table.layout).eq(index::layouts(self.kind).iter().copied())
            && self.index.iter().all(same)
    }

    /// Where the index starts, if there is one.
    pub fn index_offset(&self) -> u64 {
        MAGIC.len() as u64
    }

    /// Whether everything stands where the writer would put it, with this index in front and members of the sizes that
    /// they have; `len` is the length of the file.
    pub fn keeps_places(&self, index: &ArchiveIndex<'_>, len: u64) -> bool {
        let names = self.name_table.map_or(0, |names| names.len().next_multiple_of(2));
        let mut place = (MAGIC.len() + index.len_in_file(self.kind, self.members.len()) + names) as u64;
        let stays = |member: &Member<'_>| {
            let stays = member.header_offset == place;
            place += member.len_in_archive();
            stays
        };
        !self.thin && self.members.iter().all(stays) && place == len
    }

    /// Makes the members' headers what `ar D` writes: date and owner zero, mode 0644. Tells whether any changed.
    pub fn make_deterministic(&mut self) -> bool {
        let mut changed = false;
        for member in &mut self.members {
            let header = member.header.deterministic();
            changed |= header != member.header;
            member.header = header;
        }
        changed
    }

    /// Where the last member's header would start if the archive had no index.
    pub fn last_header_without_index(&self) -> u64 {
        let names = self.name_table.map_or(0, |names| names.len().next_multiple_of(2));
        let before = &self.members[..self.members.len().saturating_sub(1)];
        (MAGIC.len() + names) as u64 + before.iter().map(Member::len_in_archive).sum::<u64>()
    }
}
