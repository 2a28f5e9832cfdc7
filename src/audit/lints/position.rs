//! What an object asks of the component that it becomes part of: an address known at link time, an executable stack.

use crate::audit::facts::Facts;
use crate::audit::finding::Found;
use crate::error::printable;
use crate::object::symbol::{Fixed, Stack};
use crate::report::text::count;

/// References that neither a shared object nor a position-independent executable can have.
pub fn non_pic(facts: &Facts<'_>) -> Option<Found> {
    let fixes = |at: usize, fixed: Fixed| facts.members[at].fixed.iter().any(|reference| reference.fixed == fixed);
    let kinds = [
        (
            Fixed::Address,
            "in instructions or short words",
            "GNU ld and lld refuse those in a shared object and in a PIE (\"can not be used when making a PIE object; \
             recompile with -fPIE\")",
        ),
        (
            Fixed::Pointer,
            "as pointers in read-only sections",
            "lld refuses pointers in read-only sections there; GNU ld and mold make text relocations, which hardened \
             systems refuse to load",
        ),
        (
            Fixed::ThreadOffset,
            "as offsets from the thread pointer",
            "lld and mold refuse thread-pointer offsets in a shared object, and GNU ld does on most machines",
        ),
    ];
    let mut what = Vec::new();
    let mut breaks = Vec::new();
    for (fixed, how, consequence) in kinds {
        let members = (0..facts.members.len()).filter(|&at| fixes(at, fixed)).count();
        if members > 0 {
            what.push(format!("{how} ({})", count(members, "member")));
            breaks.push(consequence);
        }
    }
    let members = facts.members_that(|at| !facts.members[at].fixed.is_empty());
    let first = members.first()?;
    let mut names: Vec<_> = facts.members.iter().flat_map(|member| &member.fixed).map(|one| one.symbol).collect();
    names.sort_unstable();
    names.dedup();
    let rust = first.ends_with(".rcgu.o");
    let mend =
        if rust { "cargo rustc --release -- -C relocation-model=pic" } else { "make clean all CFLAGS='-O2 -fPIC'" };
    Some(Found {
        what: format!("addresses fixed at link time: {}", what.join(", ")),
        breaks: breaks.join("; "),
        members,
        names: names.into_iter().map(printable).collect(),
        mend: Some(mend.to_owned()),
    })
}

/// An executable stack, asked for by name.
pub fn executable_stack(facts: &Facts<'_>) -> Option<Found> {
    let members = asking(facts, Stack::Executable)?;
    Some(Found {
        what: format!("{} for an executable stack", count_asking(members.len())),
        breaks:
            "GNU ld and gold give the whole program one, with a warning from GNU ld; lld and mold do not (mold warns), \
                 and code that runs on the stack then crashes. SELinux and glibc 2.41's dlopen refuse such objects"
                .to_owned(),
        members,
        mend: Some(format!("objcopy --set-section-flags .note.GNU-stack=contents,readonly {}", facts.path())),
        ..Found::default()
    })
}

/// An executable stack, by saying nothing.
pub fn missing_stack_note(facts: &Facts<'_>) -> Option<Found> {
    let members = asking(facts, Stack::Unsaid)?;
    let mend = if members.len() == facts.members.len() {
        format!("objcopy --add-section .note.GNU-stack=/dev/null {}", facts.path())
    } else {
        "gcc ... -Wl,-z,noexecstack".to_owned()
    };
    Some(Found {
        what: format!(
            "{} no .note.GNU-stack section",
            if members.len() == 1 { "1 member has".to_owned() } else { format!("{} members have", members.len()) }
        ),
        breaks: "GNU ld and gold make the whole program's stack executable (GNU ld 2.39 and later: \"missing \
                 .note.GNU-stack section implies executable stack\"); lld and mold do not"
            .to_owned(),
        members,
        mend: Some(mend),
        ..Found::default()
    })
}

fn count_asking(members: usize) -> String {
    if members == 1 { "1 member asks".to_owned() } else { format!("{members} members ask") }
}

fn asking(facts: &Facts<'_>, stack: Stack) -> Option<Vec<String>> {
    let members = facts.members_that(|at| facts.members[at].stack == stack);
    (!members.is_empty()).then_some(members)
}
