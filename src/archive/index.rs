//! The archive index (`ranlib`'s table, "armap"): which member defines which global symbol. Made here from names and
//! members, in the layout of each kind of archive, byte for byte as `llvm-ar` writes it.

use std::borrow::Cow;
use std::io::Write;

use super::header::HEADER_LEN;
use super::table::big_endian;
use super::writer::cannot_write;
use super::{ArchiveKind, Header, IndexTable, Layout};
use crate::error::{Error, Result};
use crate::parallel;

/// The greatest number of members that COFF's second linker member counts, as `llvm-ar` has it.
const MOST_COFF_MEMBERS: usize = 0xfffe;

/// How many names are compared or written as one piece of work: they are all over the archive, and each is waited for.
const PART: usize = 1 << 12;

/// How many such pieces are in memory at a time.
const PARTS: usize = 8;

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
pub struct ArchiveIndex<'a> {
    /// Whether there is to be none, whatever it would hold.
    pub absent: bool,
    /// Whether any member is an object. Then there is an index even if it holds no name.
    pub has_objects: bool,
    /// What the header says of the time, in seconds since 1970; 0 for the same bytes at any time.
    pub date: u64,
    /// Where the last member has to start for 64-bit offsets: at 4 GiB, unless a test says otherwise.
    pub wide_from: u64,
    /// What the names end in that have a suffix.
    suffix: &'a [u8],
    names: Vec<Entry<'a>>,
}

/// A name, perhaps with a suffix, and the position of its member.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    stem: Cow<'a, [u8]>,
    member: u32,
    suffixed: bool,
}

impl<'a> Entry<'a> {
    /// A name that the member at position `member` defines; `suffixed`, where the index's suffix follows it.
    pub fn new(stem: impl Into<Cow<'a, [u8]>>, suffixed: bool, member: u32) -> Self {
        Self { stem: stem.into(), member, suffixed }
    }
}

impl Default for ArchiveIndex<'_> {
    fn default() -> Self {
        Self { absent: false, has_objects: false, date: 0, wide_from: 1 << 32, suffix: b"", names: Vec::new() }
    }
}

impl<'a> ArchiveIndex<'a> {
    /// An index whose names may end in `suffix`, with room for so many.
    pub fn with_suffix(suffix: &'a [u8], names: usize) -> Self {
        Self { suffix, names: Vec::with_capacity(names), ..Self::default() }
    }

    /// Adds a name that the member at position `member` defines.
    pub fn push(&mut self, name: impl Into<Cow<'a, [u8]>>, member: u32) {
        self.names.push(Entry::new(name, false, member));
    }

    /// Adds names.
    pub fn extend(&mut self, names: Vec<Entry<'a>>) {
        self.names.extend(names);
    }

    fn suffix_of(&self, entry: &Entry<'_>) -> &'a [u8] {
        if entry.suffixed { self.suffix } else { b"" }
    }

    /// The length of an entry's name.
    fn len_of(&self, entry: &Entry<'_>) -> usize {
        entry.stem.len() + self.suffix_of(entry).len()
    }

    fn name_of<'e>(&self, entry: &'e Entry<'_>) -> Cow<'e, [u8]> {
        if entry.suffixed { [&entry.stem, self.suffix].concat().into() } else { Cow::Borrowed(&entry.stem) }
    }

    fn is_called(&self, entry: &Entry<'_>, name: &[u8]) -> bool {
        name.strip_prefix(&*entry.stem) == Some(self.suffix_of(entry))
    }

    /// How many names it holds.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether it holds no name.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether an archive of this kind gets an index: with no object in it, only Darwin's and COFF's do.
    pub fn is_written(&self, kind: ArchiveKind) -> bool {
        let always = matches!(kind, ArchiveKind::Darwin | ArchiveKind::Darwin64 | ArchiveKind::Coff);
        !self.absent && (always || self.has_objects || !self.is_empty())
    }

    fn entries(&self) -> impl Iterator<Item = (Cow<'_, [u8]>, u32)> {
        self.names.iter().map(|entry| (self.name_of(entry), entry.member))
    }

    /// The names and their members as an index of this kind has them: COFF's has each name once.
    pub(super) fn entries_for(&self, kind: ArchiveKind) -> Vec<(Cow<'_, [u8]>, u32)> {
        let mut seen = hashbrown::HashSet::new();
        self.entries().filter(|entry| kind != ArchiveKind::Coff || seen.insert(entry.0.clone())).collect()
    }

    fn for_kind(&self, kind: ArchiveKind) -> Cow<'_, Self> {
        if kind != ArchiveKind::Coff {
            return Cow::Borrowed(self);
        }
        let mut seen = hashbrown::HashSet::new();
        let names = self.names.iter().filter(|entry| seen.insert(self.name_of(entry))).cloned().collect();
        Cow::Owned(Self { names, ..*self })
    }

    /// Whether `names`, in whatever order, are those of the member at this position. Names have to have been added in the
    /// order of the members.
    pub fn names_are(&self, member: u32, mut names: Vec<Cow<'_, [u8]>>) -> bool {
        let start = self.names.partition_point(|entry| entry.member < member);
        let own = &self.names[start..][..self.names[start..].partition_point(|entry| entry.member == member)];
        let in_order = own.iter().zip(&names).all(|(entry, name)| self.is_called(entry, name));
        own.len() == names.len()
            && (in_order || {
                let mut own: Vec<_> = own.iter().map(|entry| self.name_of(entry)).collect();
                own.sort_unstable();
                names.sort_unstable();
                own == names
            })
    }

    /// Whether a table has these names, in this order, each with the place of its member's header.
    pub(super) fn is_in_order(&self, table: &IndexTable<'_>, offsets: &[u64]) -> bool {
        let is_entry = |entry: &Entry<'_>, offset: u64| offsets.get(entry.member as usize) == Some(&offset);
        let Some((at, names)) = table.gnu_parts() else {
            let Some(entries) = table.entries() else { return false };
            let mut both = self.names.iter().zip(&entries);
            return entries.len() == self.len()
                && both.all(|(entry, &(offset, name))| is_entry(entry, offset) && self.is_called(entry, name));
        };
        if at.len() != self.len() || names.len() < self.names_len() {
            return false;
        }
        let mut start = 0;
        let starts = self.names.chunks(PART).map(|entries| {
            let len: usize = entries.iter().map(|entry| self.len_of(entry) + 1).sum();
            start += len;
            start - len
        });
        let starts: Vec<usize> = starts.collect();
        let same = parallel::map(starts.len(), |part| {
            let mut names = &names[starts[part]..];
            let entries = self.names[part * PART..].iter().take(PART);
            entries.zip(at.clone().skip(part * PART).map(big_endian)).all(|(entry, offset)| {
                let (name, rest) = names.split_at(self.len_of(entry));
                names = rest.strip_prefix(b"\0").unwrap_or_default();
                is_entry(entry, offset) && self.is_called(entry, name) && rest.first() == Some(&0)
            })
        });
        same.into_iter().all(|same| same)
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

    /// Writes the index as members, headers included; nothing where there is to be none. `header_offsets` gives for each
    /// member where its header starts in the file.
    ///
    /// # Errors
    /// What `out` returns; unsupported when an offset does not fit the kind's width, or the members are more than COFF's
    /// index counts.
    pub fn write(&self, out: &mut impl Write, kind: ArchiveKind, header_offsets: &[u64]) -> Result<()> {
        if !self.is_written(kind) {
            return Ok(());
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
            let header = Header::of_index(name, self.date, (inline.len() + len) as u64)?;
            out.write_all(header.bytes()).and_then(|()| out.write_all(inline)).map_err(cannot_write)?;
            table.write(out, header_offsets)?;
            let padding = len - table.unpadded_len(header_offsets.len());
            out.write_all(&[0; 8][..padding]).map_err(cannot_write)?;
        }
        Ok(())
    }

    fn table(&self, kind: ArchiveKind, layout: Layout) -> Table<'_> {
        // Three NULs make the index of an archive without global symbols one that old Solaris tools accept.
        let empty = self.is_empty() && self.has_objects && kind != ArchiveKind::Coff;
        Table { index: self, layout, nothing: if empty { &[0; 3] } else { &[] } }
    }

    /// The first of these names, as far as a part goes, each with its NUL.
    fn names_in(&self, entries: &[Entry<'_>]) -> Vec<u8> {
        let entries = &entries[..PART.min(entries.len())];
        let mut names = Vec::with_capacity(entries.iter().map(|entry| self.len_of(entry) + 1).sum());
        for entry in entries {
            names.extend_from_slice(&entry.stem);
            names.extend_from_slice(self.suffix_of(entry));
            names.push(0);
        }
        names
    }

    fn names_len(&self) -> usize {
        self.names.iter().map(|entry| self.len_of(entry) + 1).sum()
    }
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
    index: &'a ArchiveIndex<'a>,
    layout: Layout,
    /// What stands in the place of names where there is none.
    nothing: &'static [u8],
}

impl Table<'_> {
    /// The length of the data, padding included.
    fn len(&self, members: usize) -> usize {
        self.unpadded_len(members).next_multiple_of(if self.layout.is_bsd() { 8 } else { 2 })
    }

    fn unpadded_len(&self, members: usize) -> usize {
        let (width, count) = (self.layout.width(), self.index.len());
        let numbers = match self.layout {
            Layout::Gnu | Layout::Gnu64 => width * (count + 1),
            Layout::Bsd | Layout::Bsd64 => width * (2 * count + 2),
            Layout::CoffSecond => 4 * (members + 2) + 2 * count,
        };
        numbers + self.names_len()
    }

    fn names_len(&self) -> usize {
        self.index.names_len() + self.nothing.len()
    }

    fn write(&self, out: &mut impl Write, header_offsets: &[u64]) -> Result<()> {
        if self.layout == Layout::CoffSecond {
            return self.write_sorted(out, header_offsets);
        }
        let width = self.layout.width();
        let mut number = |value: u64| {
            if value >> (8 * width - 1) >> 1 != 0 {
                return Err(Error::unsupported("the archive is too large for an index of 32-bit offsets"));
            }
            let written = match self.layout {
                Layout::Gnu | Layout::Gnu64 => out.write_all(&value.to_be_bytes()[8 - width..]),
                _ => out.write_all(&value.to_le_bytes()[..width]),
            };
            written.map_err(cannot_write)
        };
        let count = self.index.len() as u64;
        let offset = |entry: &Entry<'_>| header_offsets[entry.member as usize];
        if self.layout.is_bsd() {
            number(count * 2 * width as u64)?;
            let mut name_at = 0;
            for entry in &self.index.names {
                number(name_at)?;
                number(offset(entry))?;
                name_at += self.index.len_of(entry) as u64 + 1;
            }
            number(self.names_len() as u64)?;
        } else {
            number(count)?;
            self.index.names.iter().try_for_each(|entry| number(offset(entry)))?;
        }
        for entries in self.index.names.chunks(PARTS * PART) {
            let parts =
                parallel::map(entries.len().div_ceil(PART), |part| self.index.names_in(&entries[part * PART..]));
            parts.iter().try_for_each(|names| out.write_all(names)).map_err(cannot_write)?;
        }
        out.write_all(self.nothing).map_err(cannot_write)
    }

    fn write_sorted(&self, out: &mut impl Write, header_offsets: &[u64]) -> Result<()> {
        if header_offsets.len() > MOST_COFF_MEMBERS {
            let what = format!("a COFF archive's index counts no more than {MOST_COFF_MEMBERS} members");
            return Err(Error::unsupported(what));
        }
        let mut entries: Vec<_> = self.index.entries().collect();
        entries.sort_unstable();
        let mut bytes = (header_offsets.len() as u32).to_le_bytes().to_vec();
        for &offset in header_offsets {
            let offset = u32::try_from(offset);
            let offset = offset.map_err(|_| Error::unsupported("the archive is too large for COFF's index"))?;
            bytes.extend_from_slice(&offset.to_le_bytes());
        }
        bytes.extend_from_slice(&(entries.len() as u32).to_le_bytes());
        entries.iter().for_each(|(_, member)| bytes.extend_from_slice(&(*member as u16 + 1).to_le_bytes()));
        out.write_all(&bytes).map_err(cannot_write)?;
        let mut name = |name: &[u8]| out.write_all(name).and_then(|()| out.write_all(&[0]));
        entries.iter().try_for_each(|(bytes, _)| name(bytes)).map_err(cannot_write)
    }
}
