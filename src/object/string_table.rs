//! Rewrites a string table so that some of its names carry a suffix, in time linear in the table.
//!
//! A table holds NUL-terminated entries, and a name may be the tail of an entry: `.text.foo` and `foo` share bytes.
//! The rewrite keeps the order of the entries and, of each entry, the longest part that a name still uses: once as it
//! was and once for each suffix in use. Tails that shared an entry share it again, because a suffix on both leaves
//! one the tail of the other; what no name uses any more is dropped. A table that was as small as tail sharing can
//! make it so stays that small.

use super::symbol::{NewName, Suffixes};

/// A name's offset in a table.
pub type Offset = u32;

/// What becomes of the names that keep their bytes, in the order that an entry's copies follow one another.
const KINDS: [NewName; 3] = [NewName::Same, NewName::Private, NewName::Registry];

/// How many bytes of a table are looked up together.
const BLOCK: usize = 64;

fn position(name: NewName) -> Option<usize> {
    KINDS.iter().position(|&kind| kind == name)
}

/// Collects which names of a table are used, and how.
#[derive(Debug)]
pub struct Rewriter<'t> {
    table: &'t [u8],
    /// For each byte of the table, a bit per kind of name that starts there.
    uses: Vec<u8>,
}

impl<'t> Rewriter<'t> {
    /// A rewriter for `table`, with no name in use.
    pub fn new(table: &'t [u8]) -> Self {
        Self { table, uses: vec![0; table.len()] }
    }

    /// Notes that a symbol or section has its name at `offset` and will have it as `name`. Gives `None` for an offset
    /// outside the table or a name without its NUL. Offset 0 is the empty name in any table.
    pub fn note(&mut self, offset: Offset, name: NewName) -> Option<()> {
        let offset = offset as usize;
        if offset == 0 {
            return Some(());
        }
        let uses = self.uses.get_mut(offset)?;
        // A name that is given takes nothing from this table.
        if let Some(kind) = position(name) {
            *uses |= 1 << kind;
        }
        Some(())
    }

    /// The new table and where each name went; `None` when a name in use has no NUL. The `given` names stand behind
    /// the others, tails shared among themselves.
    pub fn finish(self, suffixes: &Suffixes, given: &[Vec<u8>]) -> Option<Rewritten> {
        let mut bytes = Vec::with_capacity(self.table.len() + self.table.len() / 4);
        bytes.push(0);
        let (mut entries, mut blocks) = (Vec::new(), Vec::new());
        let mut start = 0;
        while start < self.table.len() {
            let Some(len) = memchr::memchr(0, &self.table[start..]) else {
                if self.uses[start..].iter().any(|&kinds| kinds != 0) {
                    return None;
                }
                break;
            };
            let end = start + len;
            let firsts = first_uses(&self.uses[start..end]);
            if firsts != [None; 3] {
                let moved = [0, 1, 2].map(|kind| {
                    let first = start + firsts[kind]?;
                    let new = bytes.len();
                    bytes.extend_from_slice(&self.table[first..end]);
                    bytes.extend_from_slice(suffixes.of(KINDS[kind]));
                    bytes.push(0);
                    Some(Move { first: first as Offset, new: new as Offset })
                });
                entries.push(Entry { end: end as Offset, moved });
                blocks.resize(end / BLOCK + 1, entries.len() as u32 - 1);
            }
            start = end + 1;
        }
        let given = append(&mut bytes, given);
        Some(Rewritten { bytes, entries, blocks, given })
    }
}

/// Of each kind, where the first name in use starts.
fn first_uses(uses: &[u8]) -> [Option<usize>; 3] {
    let mut firsts = [None; 3];
    // Most bytes start no name: sixteen at a time.
    for (chunk, at) in uses.chunks(16).zip((0..).step_by(16)) {
        if chunk == &[0; 16][..chunk.len()] {
            continue;
        }
        for (&kinds, at) in chunk.iter().zip(at..) {
            for (kind, first) in firsts.iter_mut().enumerate() {
                *first = first.or((kinds & (1 << kind) != 0).then_some(at));
            }
        }
    }
    firsts
}

/// Appends names so that one that ends another is its tail; gives their offsets.
fn append(bytes: &mut Vec<u8>, names: &[Vec<u8>]) -> Vec<Offset> {
    let mut order: Vec<usize> = (0..names.len()).collect();
    // By their bytes from the end, longest first: a tail stands right behind what it can be the tail of.
    order.sort_unstable_by(|&a, &b| names[b].iter().rev().cmp(names[a].iter().rev()));
    let mut offsets = vec![0; names.len()];
    let mut last: Option<(&[u8], usize)> = None;
    for at in order {
        let name = names[at].as_slice();
        let offset = match last {
            _ if name.is_empty() => 0,
            Some((longer, end)) if longer.ends_with(name) => end - name.len(),
            _ => {
                bytes.extend_from_slice(name);
                last = Some((name, bytes.len()));
                bytes.push(0);
                bytes.len() - 1 - name.len()
            }
        };
        offsets[at] = offset as Offset;
    }
    offsets
}

/// An entry of the old table that is still in use.
#[derive(Debug)]
struct Entry {
    /// Where its NUL was.
    end: Offset,
    /// Where its names went, for each kind.
    moved: [Option<Move>; 3],
}

#[derive(Debug, Clone, Copy)]
struct Move {
    /// Where the longest name of this kind was.
    first: Offset,
    /// Where it is now.
    new: Offset,
}

/// A rewritten table.
#[derive(Debug)]
pub struct Rewritten {
    /// Its bytes.
    pub bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// For each [`BLOCK`] of the old table the first entry that ends in it or behind it.
    blocks: Vec<u32>,
    given: Vec<Offset>,
}

impl Rewritten {
    /// Where the name that was at `old` and was noted as `name` is now.
    pub fn offset(&self, old: Offset, name: NewName) -> Offset {
        if let NewName::Given(at) = name {
            return self.given[at as usize];
        }
        let first = self.blocks.get(old as usize / BLOCK).map_or(self.entries.len(), |&first| first as usize);
        let moved = self.entries[first..].iter().find(|entry| entry.end > old);
        let moved = moved.and_then(|entry| entry.moved[position(name)?]);
        // The empty name is in no entry: it began at an entry's NUL, or at 0.
        moved.filter(|moved| moved.first <= old).map_or(0, |moved| moved.new + (old - moved.first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suffixes() -> Suffixes {
        Suffixes { private: b".t".to_vec(), registry: b"_t".to_vec() }
    }

    #[test]
    fn tails_are_shared_again_and_unused_bytes_dropped() {
        //            0 1         11     17   22
        let table = b"\0.text.foo\0unused\0bar\0";
        let mut rewriter = Rewriter::new(table);
        rewriter.note(1, NewName::Same).unwrap();
        rewriter.note(7, NewName::Private).unwrap();
        rewriter.note(8, NewName::Private).unwrap();
        rewriter.note(18, NewName::Same).unwrap();
        let new = rewriter.finish(&suffixes(), &[]).unwrap();
        assert_eq!(new.bytes, b"\0.text.foo\0foo.t\0bar\0");
        assert_eq!(new.offset(1, NewName::Same), 1);
        assert_eq!(new.offset(7, NewName::Private), 11);
        assert_eq!(new.offset(8, NewName::Private), 12);
        assert_eq!(new.offset(18, NewName::Same), 17);
    }

    #[test]
    fn a_section_and_its_bounds_share_their_suffix() {
        let mut rewriter = Rewriter::new(b"\0__start_set\0");
        rewriter.note(1, NewName::Registry).unwrap();
        rewriter.note(9, NewName::Registry).unwrap();
        let new = rewriter.finish(&suffixes(), &[]).unwrap();
        assert_eq!(new.bytes, b"\0__start_set_t\0");
        assert_eq!((new.offset(1, NewName::Registry), new.offset(9, NewName::Registry)), (1, 9));
    }

    #[test]
    fn the_empty_name_before_a_tail_in_use() {
        let mut rewriter = Rewriter::new(b"\0regfree\0foo\0");
        rewriter.note(0, NewName::Same).unwrap();
        rewriter.note(1, NewName::Private).unwrap();
        rewriter.note(4, NewName::Same).unwrap();
        rewriter.note(8, NewName::Same).unwrap();
        rewriter.note(9, NewName::Same).unwrap();
        let new = rewriter.finish(&suffixes(), &[]).unwrap();
        assert_eq!(new.bytes, b"\0free\0regfree.t\0foo\0");
        assert_eq!([0, 4, 8, 9].map(|old| new.offset(old, NewName::Same)), [0, 1, 0, 16]);
        assert_eq!(new.offset(1, NewName::Private), 6);
    }

    #[test]
    fn given_names_stand_behind_and_share_tails() {
        let mut rewriter = Rewriter::new(b"\0foo\0");
        rewriter.note(1, NewName::Given(0)).unwrap();
        let given = ["b", "ab", "", "xab", "c"].map(|name| name.as_bytes().to_vec());
        let new = rewriter.finish(&suffixes(), &given).unwrap();
        let at = |n: u32| new.offset(1, NewName::Given(n)) as usize;
        for (n, name) in given.iter().enumerate() {
            let end = at(n as u32) + name.len();
            assert_eq!((&new.bytes[at(n as u32)..end], new.bytes[end]), (name.as_slice(), 0));
        }
        assert_eq!(new.bytes.len(), 1 + 2 + 4);
    }

    #[test]
    fn empty_names_and_bad_offsets() {
        let mut rewriter = Rewriter::new(b"\0foo\0");
        rewriter.note(4, NewName::Same).unwrap();
        assert!(rewriter.note(5, NewName::Same).is_none());
        assert_eq!(rewriter.finish(&suffixes(), &[]).unwrap().offset(4, NewName::Same), 0);
        let mut rewriter = Rewriter::new(b"\0foo");
        rewriter.note(1, NewName::Same).unwrap();
        assert!(rewriter.finish(&suffixes(), &[]).is_none());
    }
}
