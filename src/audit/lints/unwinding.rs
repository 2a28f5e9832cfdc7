//! What unwinders are told.

use std::collections::BTreeSet;

use crate::audit::facts::Facts;
use crate::audit::finding::Found;
use crate::error::printable;
use crate::report::text::count;

/// How many a linked file's compact unwind table can number.
const MOST: usize = 3;

/// More personality routines than a Mach-O image can have.
pub fn personality_routines(facts: &Facts<'_>) -> Option<Found> {
    let routines: BTreeSet<_> = facts.members.iter().flat_map(|member| &member.personalities).copied().collect();
    if routines.len() <= MOST {
        return None;
    }
    Some(Found {
        what: format!("{}, and an image can have {MOST}", count(routines.len(), "personality routine")),
        breaks: "ld64 and lld stop at \"too many personality routines\" when a link needs them all, those of other \
                 libraries included"
            .to_owned(),
        members: facts.members_that(|at| !facts.members[at].personalities.is_empty()),
        names: routines.into_iter().map(printable).collect(),
        mend: None,
    })
}
