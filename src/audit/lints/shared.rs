//! Rust's standard library under names that others define too.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::facts::Facts;
use crate::audit::finding::Found;
use crate::audit::std_copies::{StdCopy, std_copies};
use crate::error::printable;
use crate::mangling;
use crate::origin::Origin;
use crate::plan::NameId;
use crate::report::text::count;

/// More than one copy of std under one set of names.
pub fn several_std(facts: &Facts<'_>) -> Option<Found> {
    let mut by_name = BTreeMap::<String, Vec<StdCopy>>::new();
    for copy in std_copies(facts) {
        by_name.entry(copy.personality.clone()).or_default().push(copy);
    }
    let (personality, copies) = by_name.into_iter().find(|(_, copies)| copies.len() > 1)?;
    let toolchain = |copy: &StdCopy| copy.toolchain.clone().unwrap_or_else(|| "an unknown rustc".to_owned());
    let toolchains: BTreeSet<String> = copies.iter().map(toolchain).collect();
    Some(Found {
        what: format!(
            "{} copies of Rust's standard library, of {}",
            copies.len(),
            toolchains.into_iter().collect::<Vec<_>>().join(" and of ")
        ),
        breaks: format!(
            "a link that needs both, or takes the whole archive, stops at \"multiple definition of {personality}\" \
             (GNU ld, lld); mold, or a link that finds what it wants in the first copy, lets that one serve all. \
             Isolate each archive before they become one"
        ),
        members: copies.iter().map(|copy| copy.member.clone()).collect(),
        names: vec![personality],
        mend: Some("armend isolate FIRST.a && armend isolate SECOND.a".to_owned()),
    })
}

/// Definitions that a Rust program of the same toolchain has as well.
pub fn shared_std(facts: &Facts<'_>) -> Option<Found> {
    let ids = (0..facts.db.names().len() as u32).map(NameId);
    let mut shared: Vec<(Origin, &[u8])> = Vec::new();
    let mut counts = BTreeMap::<Origin, usize>::new();
    let mut is_shared = vec![false; facts.db.names().len()];
    for id in ids.filter(|&id| facts.db.name(id).definitions > 0) {
        let name = facts.db.name(id).bytes;
        let Some(origin) = facts.db.origin(id).filter(Origin::is_in_every_rust_program) else { continue };
        if !is_marked(name) {
            *counts.entry(origin.clone()).or_default() += 1;
            shared.push((origin, name));
            is_shared[id.0 as usize] = true;
        }
    }
    if shared.is_empty() {
        return None;
    }
    // The runtime's few are those that linkers complain of first.
    shared.sort_by_key(|(origin, name)| {
        (*origin != Origin::Runtime, !name.starts_with(b"rust_"), mangling::is_mangled(name), *name)
    });
    let counts: Vec<_> = counts.iter().map(|(origin, n)| format!("{origin} {n}")).collect();
    Some(Found {
        what: format!(
            "{} that a Rust program of the same toolchain defines too: {}",
            count(shared.len(), "name"),
            counts.join(", ")
        ),
        breaks:
            "in a Rust program, or beside another Rust archive: \"multiple definition of rust_eh_personality\" and \
                 more from GNU ld and lld when toolchains or LTO differ; no word, and one std, panic hook and \
                 allocator for both sides, when they do not"
                .to_owned(),
        members: facts.members_that(|at| facts.defines(at, &is_shared)),
        names: shared.iter().map(|(_, name)| printable(name)).collect(),
        mend: Some(facts.armend(&format!("isolate{}", facts.keep_arguments))),
    })
}

/// Whether something stands behind the name that no other build gives it: a tag, or LTO's `.llvm.NUMBER`.
fn is_marked(name: &[u8]) -> bool {
    let name = name.strip_prefix(b"DW.ref.").unwrap_or(name);
    if name.starts_with(b"_ZN") { !name.ends_with(b"E") } else { name.contains(&b'.') }
}
