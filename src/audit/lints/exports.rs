//! Exports: those that are wanted and not there, and those that are there and not wanted.

use crate::audit::facts::{Facts, quoted};
use crate::audit::finding::Found;
use crate::error::printable;
use crate::mangling;
use crate::plan::NameId;
use crate::report::text::count;

/// Wanted names and patterns that no member defines for others to use.
pub fn missing(facts: &Facts<'_>) -> Option<Found> {
    let patterns = facts.keep.patterns();
    if facts.keep.is_automatic() {
        return None;
    }
    // A header may declare more than the archive is to define.
    let mut wanted: Vec<_> =
        patterns.ids().filter(|&id| !patterns.excludes(id) && facts.keep.is_required(id)).collect();
    for name in facts.db.names().iter().filter(|name| name.visible) {
        if wanted.is_empty() {
            break;
        }
        let matching = patterns.matches(name.spelling());
        wanted.retain(|id| !matching.contains(id));
    }
    let names: Vec<String> = wanted.iter().map(|&id| patterns.text(id).to_owned()).collect();
    if names.is_empty() {
        return None;
    }
    let there = facts.restorable.iter().filter(|name| patterns.matches(**name).iter().any(|id| wanted.contains(id)));
    let there: String = there.map(|name| format!(" --keep {}", quoted(&printable(name.linkage)))).collect();
    let mend = match there.is_empty() {
        // What tells why.
        true => format!("{}{}", facts.armend("exports"), facts.keep_arguments),
        false => format!("{}{there}", facts.armend("exports --restore")),
    };
    Some(Found {
        what: format!("no visible definition for {}", count(names.len(), "wanted export")),
        breaks:
            "whoever links the archive for them gets undefined references; those that a member defines as local or \
                 hidden can be made visible again, the others need a rebuild"
                .to_owned(),
        names,
        mend: Some(mend),
        ..Found::default()
    })
}

/// Visible definitions that are not wanted; std's have a lint of their own.
pub fn leaked(facts: &Facts<'_>) -> Option<Found> {
    if facts.keep.is_automatic() {
        return None;
    }
    let mut leaked: Vec<(bool, &[u8])> = Vec::new();
    let mut leaks = vec![false; facts.db.names().len()];
    for (at, name) in facts.db.names().iter().enumerate() {
        let id = NameId(at as u32);
        let shared = facts.db.origin(id).is_none_or(|origin| origin.is_in_every_rust_program());
        if name.visible && !shared && facts.keep.patterns().includes(name.spelling()).is_none() {
            leaked.push((mangling::is_mangled(name.source()), name.bytes));
            leaks[at] = true;
        }
    }
    // What people gave a name comes first.
    leaked.sort_unstable();
    let names: Vec<String> = leaked.iter().map(|(_, name)| printable(name)).collect();
    if names.is_empty() {
        return None;
    }
    Some(Found {
        what: format!("{} beside the wanted exports", count(names.len(), "visible definition")),
        breaks:
            "a program with a definition of one of the names gets \"multiple definition\", or one of the two serves \
                 both sides; a shared object made of the archive exports them all"
                .to_owned(),
        members: facts.members_that(|at| facts.defines(at, &leaks)),
        names,
        mend: Some(facts.armend(&format!("isolate{}", facts.keep_arguments))),
    })
}
