//! Gives every name its number, in parallel: names are split by hash, each part is searched by itself, and what the
//! parts find is numbered in the order of first occurrence. The numbers depend neither on hashes nor on threads.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::{MemberId, Name, NameId};
use crate::object::symbol::Symbol;
use crate::parallel;

/// Into how many parts names are split: each goes through the hashes of all symbols.
const PARTS: usize = 4;

/// All names, to be found by their bytes.
#[derive(Debug)]
pub(super) struct Names<'d> {
    hasher: DefaultHashBuilder,
    /// For each part, the ids of its names.
    parts: Vec<HashTable<NameId>>,
    /// In the order of their ids.
    pub all: Vec<Name<'d>>,
}

/// The position of the machine that a member is for, and the member's symbols.
pub(super) type MachineSymbols<'m, 'd> = (u16, &'m [Symbol<'d>]);

/// What is found of the names of a part.
struct Search<'d> {
    /// Their positions in `found`, and in the end their ids.
    table: HashTable<NameId>,
    found: Vec<Found<'d>>,
    /// For each of the part's symbols, in order, its name's position in `found`.
    symbols: Vec<u32>,
}

struct Found<'d> {
    name: Name<'d>,
    hash: u64,
    /// The position of the name's first symbol among all symbols.
    first: u32,
}

/// The hashes of a member's symbols, and where these begin: among all symbols, and among those of each part.
struct Hashed {
    hashes: Vec<u64>,
    start: u32,
    starts: [usize; PARTS],
}

impl<'d> Names<'d> {
    /// Numbers the names of all members' symbols. Gives each symbol's number with them.
    pub fn of(members: &[MachineSymbols<'_, 'd>]) -> (Self, Vec<Vec<NameId>>) {
        let hasher = DefaultHashBuilder::default();
        let hashed = hash_all(members, &hasher);
        let searches = parallel::map(PARTS, |part| Search::of(members, &hashed, part));
        let (all, ids) = number(&searches);
        let of_symbols = parallel::map(members.len(), |member| {
            let mut next = hashed[member].starts;
            let id = |&hash: &u64| {
                let part = part_of(hash);
                let at = searches[part].symbols[next[part]];
                next[part] += 1;
                ids[part][at as usize]
            };
            hashed[member].hashes.iter().map(id).collect::<Vec<_>>()
        });
        drop(hashed);
        let named = searches.into_iter().zip(ids).map(|(mut search, ids)| {
            search.table.iter_mut().for_each(|at| *at = ids[at.0 as usize]);
            search.table
        });
        let parts = named.collect();
        (Self { hasher, parts, all }, of_symbols)
    }

    /// The name called so where links for a machine are concerned.
    pub fn find(&self, name: &[u8], machine: u16) -> Option<NameId> {
        let hash = self.hasher.hash_one(name);
        let is_wanted = |id: &NameId| {
            let known = &self.all[id.0 as usize];
            known.bytes == name && known.machine == machine
        };
        self.parts[part_of(hash)].find(hash, is_wanted).copied()
    }
}

/// Bits of the hash that a table does not look at first.
fn part_of(hash: u64) -> usize {
    (hash >> 40) as usize % PARTS
}

fn hash_all(members: &[MachineSymbols<'_, '_>], hasher: &DefaultHashBuilder) -> Vec<Hashed> {
    let mut all = parallel::map(members.len(), |at| {
        let hashes: Vec<u64> = members[at].1.iter().map(|symbol| hasher.hash_one(symbol.name)).collect();
        let mut counts = [0; PARTS];
        hashes.iter().for_each(|&hash| counts[part_of(hash)] += 1);
        Hashed { hashes, start: 0, starts: counts }
    });
    let (mut start, mut starts) = (0, [0; PARTS]);
    for member in &mut all {
        let counts = std::mem::replace(&mut member.starts, starts);
        starts.iter_mut().zip(counts).for_each(|(start, count)| *start += count);
        member.start = start;
        start += member.hashes.len() as u32;
    }
    all
}

/// Numbers what was found in the order of first occurrence, in which each part has its own. Gives the names by number,
/// and the numbers of each part's.
fn number<'d>(searches: &[Search<'d>]) -> (Vec<Name<'d>>, Vec<Vec<NameId>>) {
    let mut ids: Vec<Vec<NameId>> = searches.iter().map(|search| Vec::with_capacity(search.found.len())).collect();
    let count = searches.iter().map(|search| search.found.len()).sum();
    let mut names = Vec::with_capacity(count);
    while names.len() < count {
        let next = |part: usize| searches[part].found.get(ids[part].len()).map(|found| found.first);
        let part = (0..searches.len()).min_by_key(|&part| next(part).unwrap_or(u32::MAX)).unwrap_or_default();
        let found = &searches[part].found[ids[part].len()];
        ids[part].push(NameId(names.len() as u32));
        names.push(found.name);
    }
    (names, ids)
}

impl<'d> Search<'d> {
    fn of(members: &[MachineSymbols<'_, 'd>], hashed: &[Hashed], part: usize) -> Self {
        let mut search = Self { table: HashTable::new(), found: Vec::new(), symbols: Vec::new() };
        for ((&(machine, symbols), Hashed { hashes, start, .. }), member) in members.iter().zip(hashed).zip(0..) {
            let mine = hashes.iter().zip(*start..).zip(symbols).filter(|((hash, _), _)| part_of(**hash) == part);
            for ((&hash, first), symbol) in mine {
                search.add(Found { name: Name::new(symbol, machine), hash, first }).note(symbol, MemberId(member));
            }
        }
        search.found.shrink_to_fit();
        search
    }

    /// The name that a symbol has, which may be new.
    fn add(&mut self, new: Found<'d>) -> &mut Name<'d> {
        let Self { table, found, symbols } = self;
        let next = NameId(found.len() as u32);
        let is_same = |at: &NameId| {
            let Found { name, hash, .. } = &found[at.0 as usize];
            *hash == new.hash && name.bytes == new.name.bytes && name.machine == new.name.machine
        };
        let at = *table.entry(new.hash, is_same, |at| found[at.0 as usize].hash).or_insert(next).get();
        if at == next {
            found.push(new);
        }
        symbols.push(at.0);
        &mut found[at.0 as usize].name
    }
}
