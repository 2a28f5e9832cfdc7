//! The index beside what the members define.

use std::collections::HashSet;

use crate::audit::facts::{Facts, IndexState};
use crate::audit::finding::Found;
use crate::report::text::count;

/// There is none.
pub fn missing(facts: &Facts<'_>) -> Option<Found> {
    matches!(facts.index, IndexState::Missing).then(|| Found {
        what: "the archive has no index".to_owned(),
        breaks:
            "GNU ld refuses it (\"archive has no index; run ranlib to add one\"), gold finds nothing in it; lld and \
                 mold link"
                .to_owned(),
        mend: Some(facts.armend("index")),
        ..Found::default()
    })
}

/// It lacks names.
pub fn incomplete(facts: &Facts<'_>) -> Option<Found> {
    let IndexState::Wrong { missing, .. } = &facts.index else { return None };
    if missing.is_empty() {
        return None;
    }
    let exports: Vec<String> = facts.exports.iter().map(|&id| facts.name(id)).collect();
    let is_export = |name: &String| exports.binary_search(name).is_ok();
    let (mut names, others): (Vec<String>, Vec<String>) =
        missing.iter().map(|(name, _)| name.clone()).partition(is_export);
    names.sort_unstable();
    names.dedup();
    let lost = match names.len() {
        0 => String::new(),
        n if n == exports.len() => format!(", all {} among them", count(n, "export")),
        n => format!(", {n} of the {} among them", count(exports.len(), "export")),
    };
    names.extend(others);
    let lacking: HashSet<usize> = missing.iter().map(|(_, member)| *member as usize).collect();
    Some(Found {
        what: format!("the index lacks {} that members define{lost}", count(missing.len(), "name")),
        breaks: "GNU ld and gold look for names in the index alone and report undefined references; lld and mold read \
                 the members and link. It is what ranlib and ar s leave when an LLVM plugin older than the members' \
                 bitcode reads them"
            .to_owned(),
        members: facts.members_that(|at| lacking.contains(&at)),
        names,
        mend: Some(facts.armend("index")),
    })
}

/// It says what is not so.
pub fn stale(facts: &Facts<'_>) -> Option<Found> {
    let (what, names) = match &facts.index {
        IndexState::CutShort => return Some(cut_short()),
        IndexState::Garbled => ("the index contradicts itself".to_owned(), Vec::new()),
        IndexState::OtherLayout => ("the index is in the layout of another kind of archive".to_owned(), Vec::new()),
        IndexState::Wrong { extra, .. } if !extra.is_empty() => {
            let names = extra.iter().map(|(name, _)| name.clone()).collect();
            (format!("the index has {} where no member defines it", count(extra.len(), "name")), names)
        }
        _ => return None,
    };
    Some(Found {
        what,
        breaks: "GNU ld and gold trust the index: they miss definitions, pull the wrong members, or call the archive \
                 malformed; lld and mold read the members"
            .to_owned(),
        names,
        mend: Some(facts.armend("index")),
        ..Found::default()
    })
}

/// A new index would only hide what is lost.
fn cut_short() -> Found {
    Found {
        what: "the index names members behind the end of the file, which was cut short".to_owned(),
        breaks:
            "every linker reports undefined references for what is lost, or calls the archive malformed; get the file \
                 again"
                .to_owned(),
        ..Found::default()
    }
}
