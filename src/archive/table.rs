//! An index as it stands in an archive ("armap"), in each of the layouts there are. What contradicts itself has no
//! entries: an index is never needed to read an archive, only compared with what it should be.

use std::slice::ChunksExact;

use super::Header;

/// How an index member is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `/`: the number of entries, that many offsets of member headers, as many NUL-terminated names. Big-endian, 32
    /// bits. COFF's first linker member too.
    Gnu,
    /// `/SYM64/`: the same with 64 bits.
    Gnu64,
    /// `__.SYMDEF`: the size of the entries, entries of name and member offset, the size of the names, the names.
    /// Little-endian, 32 bits.
    Bsd,
    /// `__.SYMDEF_64`: the same with 64 bits.
    Bsd64,
    /// COFF's second linker member: the number of members, their offsets, the number of entries, that many 16-bit
    /// positions in the list of members counted from 1, as many names. Little-endian, sorted by name.
    CoffSecond,
}

impl Layout {
    /// The width of its numbers in bytes.
    pub(super) fn width(self) -> usize {
        match self {
            Self::Gnu | Self::Bsd | Self::CoffSecond => 4,
            Self::Gnu64 | Self::Bsd64 => 8,
        }
    }

    pub(super) fn is_bsd(self) -> bool {
        matches!(self, Self::Bsd | Self::Bsd64)
    }
}

/// An index member.
#[derive(Debug, Clone, Copy)]
pub struct IndexTable<'d> {
    /// How it is laid out.
    pub layout: Layout,
    /// Its header.
    pub header: Header,
    /// Where the header starts, in bytes from the start of the file.
    pub header_offset: u64,
    /// Its data.
    pub data: &'d [u8],
}

impl<'d> IndexTable<'d> {
    /// The entries in order, each the offset of a member's header and a name; `None` where the table contradicts
    /// itself.
    pub fn entries(&self) -> Option<Vec<(u64, &'d [u8])>> {
        self.entries_of(|_| true)
    }

    /// The same for the members whose headers are where `wanted` says.
    pub fn entries_of(&self, wanted: impl Fn(u64) -> bool) -> Option<Vec<(u64, &'d [u8])>> {
        match self.layout {
            Layout::Gnu | Layout::Gnu64 => {
                let (offsets, names) = self.gnu_parts()?;
                with_names(offsets.map(big_endian), names, wanted)
            }
            Layout::Bsd | Layout::Bsd64 => {
                let mut entries = self.bsd_entries()?;
                entries.retain(|&(offset, _)| wanted(offset));
                Some(entries)
            }
            Layout::CoffSecond => self.coff_entries(wanted),
        }
    }

    /// The offsets of GNU's layouts as they stand, and the names behind them; `None` for another layout, or one that
    /// contradicts itself.
    pub(super) fn gnu_parts(&self) -> Option<(ChunksExact<'d, u8>, &'d [u8])> {
        let (count, rest) = self.number(self.data).filter(|_| matches!(self.layout, Layout::Gnu | Layout::Gnu64))?;
        let (offsets, names) = rest.split_at_checked(count.checked_mul(self.layout.width())?)?;
        Some((offsets.chunks_exact(self.layout.width()), names))
    }

    fn bsd_entries(&self) -> Option<Vec<(u64, &'d [u8])>> {
        let width = self.layout.width();
        let (size, rest) = self.number(self.data)?;
        let (entries, rest) = rest.split_at_checked(size).filter(|_| size.is_multiple_of(2 * width))?;
        let (names_len, names) = self.number(rest)?;
        let names = names.get(..names_len)?;
        let entry = |bytes: &[u8]| {
            let rest = names.get(usize::try_from(little_endian(&bytes[..width])).ok()?..)?;
            Some((little_endian(&bytes[width..]), &rest[..memchr::memchr(0, rest)?]))
        };
        entries.chunks_exact(2 * width).map(entry).collect()
    }

    fn coff_entries(&self, wanted: impl Fn(u64) -> bool) -> Option<Vec<(u64, &'d [u8])>> {
        let (members, rest) = self.coff_members()?;
        let (count, rest) = self.number(rest)?;
        let (positions, names) = rest.split_at_checked(count.checked_mul(2)?)?;
        let offset = |bytes: &[u8]| members.get(usize::try_from(little_endian(bytes)).ok()?.checked_sub(1)?).copied();
        let offsets: Vec<u64> = positions.chunks_exact(2).map(offset).collect::<Option<_>>()?;
        with_names(offsets.into_iter(), names, wanted)
    }

    /// The list of members that COFF's second table begins with, and what follows it.
    fn coff_members(&self) -> Option<(Vec<u64>, &'d [u8])> {
        let (count, rest) = self.number(self.data)?;
        let (offsets, rest) = rest.split_at_checked(count.checked_mul(4)?)?;
        Some((offsets.chunks_exact(4).map(little_endian).collect(), rest))
    }

    /// The greatest offset of a member that it knows, if that is at least `least`.
    pub fn offset_from(&self, least: u64) -> Option<u64> {
        let greatest = match self.layout {
            Layout::CoffSecond => self.coff_members()?.0.into_iter().max(),
            Layout::Gnu | Layout::Gnu64 => {
                let (offsets, names) = self.gnu_parts()?;
                let greatest = offsets.clone().map(big_endian).max().filter(|&offset| offset >= least);
                greatest.filter(|_| memchr::memchr_iter(0, names).count() >= offsets.len())
            }
            Layout::Bsd | Layout::Bsd64 => self.entries()?.into_iter().map(|entry| entry.0).max(),
        };
        greatest.filter(|&offset| offset >= least)
    }

    /// Whether the table lists the members whose headers are at `offsets`, where its layout lists members at all.
    pub fn lists_members(&self, offsets: impl Iterator<Item = u64>) -> bool {
        self.layout != Layout::CoffSecond || self.coff_members().is_some_and(|(members, _)| offsets.eq(members))
    }

    /// The number at the start of `bytes`, and what follows it.
    fn number<'a>(&self, bytes: &'a [u8]) -> Option<(usize, &'a [u8])> {
        let (number, rest) = bytes.split_at_checked(self.layout.width())?;
        let big = matches!(self.layout, Layout::Gnu | Layout::Gnu64);
        let number = if big { big_endian(number) } else { little_endian(number) };
        Some((usize::try_from(number).ok()?, rest))
    }
}

fn with_names(
    offsets: impl Iterator<Item = u64>,
    names: &[u8],
    wanted: impl Fn(u64) -> bool,
) -> Option<Vec<(u64, &[u8])>> {
    let mut entries = Vec::new();
    let (mut start, mut ends) = (0, memchr::memchr_iter(0, names));
    // A member's names mostly follow one another.
    let mut last = None;
    for offset in offsets {
        let end = ends.next()?;
        let is_wanted = match last {
            Some((of, is_wanted)) if of == offset => is_wanted,
            _ => wanted(offset),
        };
        if is_wanted {
            entries.push((offset, &names[start..end]));
        }
        last = Some((offset, is_wanted));
        start = end + 1;
    }
    Some(entries)
}

pub(super) fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}
