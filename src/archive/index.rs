//! The archive index (`ranlib`'s table, "armap"): which member defines which global symbol. Made here from names and
//! members, in the layout of each kind of archive, byte for byte as `llvm-ar` writes it.

use std::borrow::Cow;

use super::header::HEADER_LEN;
use super::{ArchiveKind, Header, Layout};
use crate::error::{Error, Result};

/// The greatest number of members that COFF's second linker member counts, as `llvm-ar` has it.
const MOST_COFF_MEMBERS: usize = 0xfffe;

/// The layouts of a kind's indexes, in the order of the file.
pub(super) fn layouts(kind: ArchiveKind) -> &'static [Layout] {
    match kind {
        ArchiveKind::Gnu => &[Layout::Gnu],
        ArchiveKind::Gnu64 => &[Layout::Gnu64],
        ArchiveKind::Bsd | ArchiveKind::Darwin => &[Layout::Bsd],
        ArchiveKind::Darwin64 => &[Layout::Bsd64],
        ArchiveKind::Coff => &[Layout::Gnu, Layout::CoffSecond],
    }
}

/// An index to be: names in the order of the members, and each name's member.
#[derive(Debug, Clone)]
pub struct ArchiveIndex {
    /// Whether there is to be none, whatever it would hold.
    pub absent: bool,
    /// Whether any member is an object. Then there is an index even if it holds no name.
    pub has_objects: bool,
    /// What the header says of the time, in seconds since 1970; 0 for the same bytes at any time.
    pub date: u64,
    /// Where the last member has to start for 64-bit offsets: at 4 GiB, unless a test says otherwise.
    pub wide_from: u64,
    /// The names one after the other, each with its NUL.
    names: Vec<u8>,
    /// For each name, the position of its member.
    members: Vec<u32>,
}

impl Default for ArchiveIndex {
    fn default() -> Self {
        Self { absent: false, has_objects: false, date: 0, wide_from: 1 << 32, names: Vec::new(), members: Vec::new() }
    }
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

    /// Whether it holds no name.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Whether an archive of this kind gets an index: with no object in it, only Darwin's and COFF's do.
    pub fn is_written(&self, kind: ArchiveKind) -> bool {
        let always = matches!(kind, ArchiveKind::Darwin | ArchiveKind::Darwin64 | ArchiveKind::Coff);
        !self.absent && (always || self.has_objects || !self.is_empty())
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&[u8], u32)> {
        let mut rest = &self.names[..];
        self.members.iter().map(move |&member| {
            let (name, behind) = rest.split_at(memchr::memchr(0, rest).unwrap_or(rest.len()));
            rest = behind.get(1..).unwrap_or_default();
            (name, member)
        })
    }

    /// The names and their members as an index of this kind has them: COFF's has each name once.
    pub(super) fn entries_for(&self, kind: ArchiveKind) -> Vec<(&[u8], u32)> {
        as_listed(self.entries().collect(), kind)
    }

    fn for_kind(&self, kind: ArchiveKind) -> Cow<'_, Self> {
        if kind != ArchiveKind::Coff {
            return Cow::Borrowed(self);
        }
        let mut index = Self { names: Vec::new(), members: Vec::new(), ..*self };
        self.entries_for(kind).into_iter().for_each(|(name, member)| index.push(&[name], member));
        Cow::Owned(index)
    }

    /// The length in the file, headers included, for an archive of `members` members.
    pub fn len_in_file(&self, kind: ArchiveKind, members: usize) -> usize {
        if !self.is_written(kind) {
            return 0;
        }
        let index = self.for_kind(kind);
        let len = |&layout| HEADER_LEN + inline_name(layout).len() + index.table(kind, layout).len(members);
        layouts(kind).iter().map(len).sum()
    }

    /// The kind that an archive of `kind` needs for this index, when its last member's header would start at
    /// `last_header` without any index: the one with 64-bit offsets where 32 bits do not reach.
    ///
    /// # Errors
    /// Unsupported, for a COFF archive that is too large.
    pub fn kind_for(&self, kind: ArchiveKind, members: usize, last_header: u64) -> Result<ArchiveKind> {
        let with_index = last_header + self.len_in_file(kind, members) as u64;
        if !self.is_written(kind) || layouts(kind)[0].width() == 8 || with_index < self.wide_from {
            return Ok(kind);
        }
        kind.wide().ok_or_else(|| Error::unsupported("the archive is too large for COFF's index of 32-bit offsets"))
    }

    /// The index as members, headers included; nothing where there is to be none. `header_offsets` gives for each
    /// member where its header starts in the file.
    ///
    /// # Errors
    /// Unsupported when an offset does not fit the kind's width, or the members are more than COFF's index counts.
    pub fn to_bytes(&self, kind: ArchiveKind, header_offsets: &[u64]) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if !self.is_written(kind) {
            return Ok(bytes);
        }
        let index = self.for_kind(kind);
        for &layout in layouts(kind) {
            let (name, inline): (&[u8], _) = match layout {
                Layout::Gnu | Layout::CoffSecond => (b"/", inline_name(layout)),
                Layout::Gnu64 => (b"/SYM64/", inline_name(layout)),
                Layout::Bsd | Layout::Bsd64 => (b"#1/12", inline_name(layout)),
            };
            let table = index.table(kind, layout);
            let len = table.len(header_offsets.len());
            bytes.extend_from_slice(Header::of_index(name, self.date, (inline.len() + len) as u64)?.bytes());
            bytes.extend_from_slice(inline);
            let end = bytes.len() + len;
            table.write(&mut bytes, header_offsets)?;
            bytes.resize(end, 0);
        }
        Ok(bytes)
    }

    fn table(&self, kind: ArchiveKind, layout: Layout) -> Table<'_> {
        // Three NULs make the index of an archive without global symbols one that old Solaris tools accept.
        let empty = self.is_empty() && self.has_objects && kind != ArchiveKind::Coff;
        Table { index: self, layout, names: if empty { &[0; 3] } else { &self.names } }
    }
}

/// Names and their members as an index of this kind has them: COFF's has each name once.
pub(super) fn as_listed(mut names: Vec<(&[u8], u32)>, kind: ArchiveKind) -> Vec<(&[u8], u32)> {
    if kind == ArchiveKind::Coff {
        let mut seen = hashbrown::HashSet::new();
        names.retain(|entry| seen.insert(entry.0));
    }
    names
}

/// What stands between the header of an index and its data.
fn inline_name(layout: Layout) -> &'static [u8] {
    match layout {
        Layout::Bsd => b"__.SYMDEF\0\0\0",
        Layout::Bsd64 => b"__.SYMDEF_64",
        Layout::Gnu | Layout::Gnu64 | Layout::CoffSecond => b"",
    }
}

/// An index in one layout.
struct Table<'a> {
    index: &'a ArchiveIndex,
    layout: Layout,
    names: &'a [u8],
}

impl Table<'_> {
    /// The length of the data, padding included.
    fn len(&self, members: usize) -> usize {
        let (width, count) = (self.layout.width(), self.index.len());
        let numbers = match self.layout {
            Layout::Gnu | Layout::Gnu64 => width * (count + 1),
            Layout::Bsd | Layout::Bsd64 => width * (2 * count + 2),
            Layout::CoffSecond => 4 * (members + 2) + 2 * count,
        };
        (numbers + self.names.len()).next_multiple_of(if self.layout.is_bsd() { 8 } else { 2 })
    }

    fn write(&self, out: &mut Vec<u8>, header_offsets: &[u64]) -> Result<()> {
        let width = self.layout.width();
        let mut number = |value: u64| {
            if value >> (8 * width - 1) >> 1 != 0 {
                return Err(Error::unsupported("the archive is too large for an index of 32-bit offsets"));
            }
            match self.layout {
                Layout::Gnu | Layout::Gnu64 => out.extend_from_slice(&value.to_be_bytes()[8 - width..]),
                _ => out.extend_from_slice(&value.to_le_bytes()[..width]),
            }
            Ok(())
        };
        let count = self.index.len() as u64;
        match self.layout {
            Layout::Gnu | Layout::Gnu64 => {
                number(count)?;
                self.index.members.iter().try_for_each(|&member| number(header_offsets[member as usize]))?;
            }
            Layout::Bsd | Layout::Bsd64 => {
                number(count * 2 * width as u64)?;
                let mut name_at = 0;
                for (name, member) in self.index.entries() {
                    number(name_at)?;
                    number(header_offsets[member as usize])?;
                    name_at += name.len() as u64 + 1;
                }
                number(self.names.len() as u64)?;
            }
            Layout::CoffSecond => return self.write_sorted(out, header_offsets),
        }
        out.extend_from_slice(self.names);
        Ok(())
    }

    fn write_sorted(&self, out: &mut Vec<u8>, header_offsets: &[u64]) -> Result<()> {
        if header_offsets.len() > MOST_COFF_MEMBERS {
            let what = format!("a COFF archive's index counts no more than {MOST_COFF_MEMBERS} members");
            return Err(Error::unsupported(what));
        }
        let mut entries: Vec<_> = self.index.entries().collect();
        entries.sort_unstable();
        out.extend_from_slice(&(header_offsets.len() as u32).to_le_bytes());
        for &offset in header_offsets {
            let offset = u32::try_from(offset);
            let offset = offset.map_err(|_| Error::unsupported("the archive is too large for COFF's index"))?;
            out.extend_from_slice(&offset.to_le_bytes());
        }
        out.extend_from_slice(&(entries.len() as u32).to_le_bytes());
        entries.iter().for_each(|(_, member)| out.extend_from_slice(&(*member as u16 + 1).to_le_bytes()));
        entries.iter().for_each(|(name, _)| {
            out.extend_from_slice(name);
            out.push(0);
        });
        Ok(())
    }
}
