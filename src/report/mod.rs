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

use crate::error::printable;
use crate::plan::MemberSymbols;

/// The version of the JSON documents' schema.
pub const SCHEMA: u32 = 1;

/// The distinct rustc versions that members name in their `.comment`.
pub fn rustc_versions<'a, 'd: 'a>(members: impl IntoIterator<Item = &'a MemberSymbols<'d>>) -> Vec<&'d [u8]> {
    producers(members).into_keys().filter(|producer| producer.starts_with(b"rustc ")).collect()
}

/// The rustc that std's constants name. It says its version in `.comment` since 1.73 only: before, debug information
/// has it (`DW_AT_producer`), and std's panic locations, the commit in `/rustc/HASH/library/…`, the version in Debian's
/// `/usr/src/rustc-1.63.0/…`.
pub(crate) fn rustc_of(constants: &[&[u8]]) -> Option<String> {
    let between = |before: &[u8], after: u8, fits: fn(&[u8]) -> bool| {
        let text = |data: &[u8]| {
            let mut found = memchr::memmem::find_iter(data, before).map(|at| &data[at + before.len()..]);
            found.find_map(|rest| Some(&rest[..memchr::memchr(after, rest)?]).filter(|text| fits(text)).map(printable))
        };
        constants.iter().find_map(|data| text(data))
    };
    let is_version = |text: &[u8]| text.first().is_some_and(u8::is_ascii_digit) && text.len() < 100;
    let version = between(b"(rustc version ", b')', is_version).or_else(|| between(b"/rustc-", b'/', is_version));
    let commit = || between(b"/rustc/", b'/', |text| text.len() == 40 && text.iter().all(u8::is_ascii_hexdigit));
    version.map(|version| format!("rustc version {version}")).or_else(|| Some(format!("rustc commit {}", commit()?)))
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
