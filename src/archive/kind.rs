//! The flavours of archives: which there are, and what tells them apart.

use super::{IndexTable, Layout, Member};

/// The flavour of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum ArchiveKind {
    /// System V / GNU, index with 32-bit offsets (`/`).
    Gnu,
    /// System V / GNU, index with 64-bit offsets (`/SYM64/`).
    Gnu64,
    /// 4.4BSD: long names in front of the members' data (`#1/N`), index `__.SYMDEF`.
    Bsd,
    /// BSD as macOS has it: members are a multiple of 8 bytes long, and there always is an index.
    Darwin,
    /// Darwin, index with 64-bit offsets (`__.SYMDEF_64`).
    Darwin64,
    /// Microsoft's: two indexes (both `/`), the second one sorted; names of the `//` table end in NUL.
    Coff,
}

impl ArchiveKind {
    /// Whether names are BSD's: in the header or, as `#1/N`, in front of the data.
    pub fn is_bsd_like(self) -> bool {
        matches!(self, Self::Bsd | Self::Darwin | Self::Darwin64)
    }

    /// The kind whose index reaches past 4 GiB; COFF has none.
    pub fn wide(self) -> Option<Self> {
        match self {
            Self::Gnu | Self::Gnu64 => Some(Self::Gnu64),
            Self::Bsd | Self::Darwin | Self::Darwin64 => Some(Self::Darwin64),
            Self::Coff => None,
        }
    }

    /// The kind of an archive with these indexes and members. GNU names make a GNU archive, whatever the index: BSD's
    /// linkers cannot read them. BSD names are read by all, so that there the index decides: a `/` before them is what
    /// GNU ld finds, which looks for no other.
    pub(super) fn of(tables: &[IndexTable<'_>], name_table: Option<&[u8]>, members: &[Member<'_>]) -> Self {
        let has = |layout| tables.iter().any(|table| table.layout == layout);
        let gnu_index = has(Layout::Gnu) || has(Layout::Gnu64);
        let gnu_names = name_table.is_some() || members.iter().any(|member| member.header.raw_name().ends_with(b"/"));
        let bsd_names = members.iter().any(Member::has_bsd_name);
        let bsd_index = has(Layout::Bsd) || has(Layout::Bsd64);
        if !gnu_names && !gnu_index && (bsd_names || bsd_index) {
            if has(Layout::Bsd64) {
                Self::Darwin64
            } else if has(Layout::Bsd) && members.iter().all(Member::ends_aligned) {
                Self::Darwin
            } else {
                Self::Bsd
            }
        } else if has(Layout::CoffSecond) || tables.is_empty() && name_table.is_some_and(ends_names_in_nul) {
            Self::Coff
        } else if has(Layout::Gnu64) {
            Self::Gnu64
        } else {
            Self::Gnu
        }
    }
}

fn ends_names_in_nul(name_table: &[u8]) -> bool {
    memchr::memchr(0, name_table).is_some() && memchr::memmem::find(name_table, b"/\n").is_none()
}
