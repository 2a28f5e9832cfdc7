//! Functions with two names: `NAME` for the descriptor and `.NAME` for the code, as compilers for ppc64's first ABI
//! write them (64-bit PowerPC ELF ABI Supplement 1.9, "Function Descriptors"). Linkers pair the two by name, also where
//! one object defines the descriptor alone and another calls the code: what happens to one has to happen to the other.

use std::collections::HashSet;

use super::{Fate, NameId, Plan, Reason, SymbolDb};
use crate::object::symbol::SymbolKind;

/// The two names of one function.
#[derive(Debug, Clone, Copy)]
pub struct EntryPoint {
    descriptor: NameId,
    code: NameId,
}

/// Every function of which the archives define the descriptor and have both names.
pub fn entry_points(db: &SymbolDb<'_>) -> Vec<EntryPoint> {
    if !db.members().iter().any(|member| member.object.has_descriptors) {
        return Vec::new();
    }
    let pair = |code: NameId| {
        let descriptor = db.find(db.name(code).bytes.strip_prefix(b".")?)?;
        (db.name(descriptor).definitions != 0).then_some(EntryPoint { descriptor, code })
    };
    (0..db.names().len() as u32).map(NameId).filter_map(pair).collect()
}

/// The code goes where its descriptor goes, and stays kept with it.
pub fn follow(plan: &mut Plan<'_>, entry_points: &[EntryPoint]) {
    for pair in entry_points {
        let kept = matches!(plan.fate(pair.code), Fate::Stays(Reason::Kept(_)));
        let (leader, follower) = if kept { (pair.code, pair.descriptor) } else { (pair.descriptor, pair.code) };
        plan.fates[follower.0 as usize] = plan.fate(leader);
    }
}

/// Both names become local or none: each name's user is the one member that uses it if it is not shared. A function that picks the function to call becomes local never: a call of its code
/// finds the descriptor, which says so, by name alone.
pub fn share(db: &SymbolDb<'_>, entry_points: &[EntryPoint], user: &[Option<usize>], shared: &mut [bool]) {
    if entry_points.is_empty() {
        return;
    }
    let symbols = db.members().iter().flat_map(|member| member.object.symbols.iter().zip(&member.names));
    let picking: HashSet<_> =
        symbols.filter(|(symbol, _)| symbol.kind == SymbolKind::Ifunc).map(|(_, id)| id.0).collect();
    for pair in entry_points {
        let (descriptor, code) = (pair.descriptor.0 as usize, pair.code.0 as usize);
        let apart = user[descriptor] != user[code] || shared[descriptor] || shared[code];
        let apart = apart || picking.contains(&pair.descriptor.0);
        (shared[descriptor], shared[code]) = (apart, apart);
    }
}
