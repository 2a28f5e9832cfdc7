//! What was done or found, as data: text is one way to show it (`Display`), JSON another (`serde::Serialize`, with the
//! feature `serde`). Nothing here decides anything.

mod clock;
mod isolate;
mod notes;
pub(crate) mod text;

pub use clock::{Clock, Phase};
pub(crate) use isolate::Facts;
pub use isolate::{
    ArchiveSummary, IsolateReport, KeptName, OriginCount, PrivateName, Registry, StayingName, Toolchain, Warning,
};

use std::collections::BTreeMap;

use crate::plan::MemberSymbols;

/// The version of the JSON documents' schema.
pub const SCHEMA: u32 = 1;

/// The distinct rustc versions that members name in their `.comment`.
pub fn rustc_versions<'a, 'd: 'a>(members: impl IntoIterator<Item = &'a MemberSymbols<'d>>) -> Vec<&'d [u8]> {
    producers(members).into_keys().filter(|producer| producer.starts_with(b"rustc ")).collect()
}

/// What compilers wrote about themselves, and how many members carry it.
pub fn producers<'a, 'd: 'a>(members: impl IntoIterator<Item = &'a MemberSymbols<'d>>) -> BTreeMap<&'d [u8], usize> {
    let mut producers = BTreeMap::new();
    for member in members {
        let mut lines: Vec<&'d [u8]> =
            member.object.producers.split(|&c| c == 0).filter(|line| !line.is_empty()).collect();
        lines.sort_unstable();
        lines.dedup();
        for line in lines {
            *producers.entry(line).or_insert(0) += 1;
        }
    }
    producers
}
