//! What an archive has twice.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashSet;

use crate::audit::facts::Facts;
use crate::audit::finding::Found;
use crate::object::symbol::{Binding, Placement};
use crate::report::text::count;

/// More names than these are not listed in the command that mends them.
const MOST: usize = 4;

/// Strong definitions of one name in several members.
pub fn definitions(facts: &Facts<'_>) -> Option<Found> {
    let mut first: Vec<Option<usize>> = vec![None; facts.db.names().len()];
    let mut twice = BTreeSet::new();
    let mut members = BTreeSet::new();
    for (at, member) in facts.db.members().iter().enumerate() {
        // Of these linkers keep one.
        let groups = member.object.grouped.iter().copied();
        let kept_once: HashSet<_> =
            groups.chain(member.object.linkonce_sections.iter().map(|section| section.index)).collect();
        for (symbol, id) in member.object.symbols.iter().zip(&member.names) {
            let strong = symbol.binding == Binding::Global
                && match symbol.placement {
                    Placement::Undefined | Placement::Common => false,
                    Placement::Absolute | Placement::Bytecode => true,
                    Placement::Section(section) => !kept_once.contains(&section),
                };
            if strong {
                let other = *first[id.0 as usize].get_or_insert(at);
                if other != at {
                    twice.insert(facts.db.name(*id).bytes);
                    members.extend([other, at]);
                }
            }
        }
    }
    if twice.is_empty() {
        return None;
    }
    let names: Vec<String> = twice.into_iter().map(crate::error::printable).collect();
    let weaken = match names.len() {
        ..=MOST => names.iter().map(|name| format!("--weaken-symbol {name} ")).collect::<String>(),
        _ => "--weaken ".to_owned(),
    };
    Some(Found {
        what: format!("{} with a strong definition in more than one member", count(names.len(), "name")),
        breaks: "every linker stops at \"multiple definition\" when a link needs both members, and always with \
                 --whole-archive; else the first member wins silently"
            .to_owned(),
        members: members.into_iter().map(|at| facts.member_name(at)).collect(),
        names,
        mend: Some(facts.armend(&format!("objcopy {}", weaken.trim_end()))),
    })
}

/// Members of one name.
pub fn members(facts: &Facts<'_>) -> Option<Found> {
    let mut places = BTreeMap::<String, usize>::new();
    // All that an import library has of a DLL is called as the DLL.
    let own = (0..facts.members.len()).filter(|&at| !facts.symbols(at).object.imports);
    own.for_each(|at| *places.entry(facts.member_name(at)).or_default() += 1);
    let repeated: Vec<_> = places.into_iter().filter(|(_, times)| *times > 1).collect();
    let (first, times) = repeated.first()?;
    Some(Found {
        what: format!("{} more than once, {first} {times} times", count(repeated.len(), "member name")),
        breaks:
            "no linker; but ar x writes one over the other, ar r and ar d take the first, and what goes by members' \
                 names (armend diff, a linker script) cannot tell them apart"
                .to_owned(),
        members: repeated.into_iter().map(|(name, _)| name).collect(),
        mend: facts.is_for_glibc().then(|| format!("ld -r --whole-archive {} -o whole.o", facts.path())),
        ..Found::default()
    })
}
