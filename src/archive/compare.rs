//! An index as it stands beside the one that it should be.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use super::{Archive, ArchiveIndex, IndexTable};

/// What an index says wrongly.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct IndexDifference<'a> {
    /// Names that it lacks, and the positions of the members that define them.
    pub missing: Vec<(Cow<'a, [u8]>, u32)>,
    /// Names that it has for a member that does not define them: the member's position; `None` where no member's header
    /// is at the entry's offset.
    pub extra: Vec<(&'a [u8], Option<u32>)>,
}

impl Archive<'_> {
    /// Compares the archive's index with what it should be, in whatever order. An archive without an index lacks
    /// everything; `None` where a table contradicts itself.
    pub fn index_difference<'a>(&'a self, expected: &'a ArchiveIndex<'_>) -> Option<IndexDifference<'a>> {
        let offset = |member: u32| self.members[member as usize].header_offset;
        let mut expected: Vec<(u64, Cow<'_, [u8]>, u32)> =
            expected.entries_for(self.kind).into_iter().map(|(name, member)| (offset(member), name, member)).collect();
        expected.sort_unstable();
        let positions: HashMap<u64, u32> = self.members.iter().map(|member| member.header_offset).zip(0..).collect();
        let mut difference = IndexDifference::default();
        let tables: Option<Vec<_>> = self.index.iter().map(IndexTable::entries).collect();
        // Of COFF's two tables the second says the same again.
        let mut actual = tables?.into_iter().next().unwrap_or_default();
        actual.sort_unstable();
        let (mut expected, mut actual) = (expected.into_iter().peekable(), actual.into_iter().peekable());
        loop {
            let order = match (expected.peek(), actual.peek()) {
                (None, None) => return Some(difference),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((offset, name, _)), Some((at, other))) => (*offset, &**name).cmp(&(*at, *other)),
            };
            let expected = expected.next_if(|_| order != Ordering::Greater);
            let actual = actual.next_if(|_| order != Ordering::Less);
            match order {
                Ordering::Equal => {}
                Ordering::Less => difference.missing.extend(expected.map(|(_, name, member)| (name, member))),
                Ordering::Greater => {
                    difference.extra.extend(actual.map(|(at, name)| (name, positions.get(&at).copied())));
                }
            }
        }
    }
}
