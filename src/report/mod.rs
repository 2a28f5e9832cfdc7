//! What was done or found, as data: text is one way to show it (`Display`), JSON another (`serde::Serialize`, with the
//! feature `serde`). Nothing here decides anything.

mod clock;
mod facts;
mod isolate;
mod notes;
pub(crate) mod text;

pub(crate) use clock::Clock;
pub use clock::Phase;
pub(crate) use facts::Facts;
pub use isolate::{
    ArchiveSummary, IsolateReport, KeptName, OriginCount, PrivateName, PrivateNames, Registry, StayingName, Toolchain,
    Warning,
};

// What reports speak of.
pub use crate::archive::ArchiveKind;
pub use crate::object::symbol::{Binding, SectionPurpose, SymbolKind, Visibility};

use std::collections::BTreeMap;

use crate::error::printable;
use crate::plan::MemberSymbols;

/// The version of the JSON documents' schema.
pub const SCHEMA: u32 = 1;

/// The distinct rustc versions that members name in their `.comment`.
pub(crate) fn rustc_versions<'a, 'd: 'a>(members: impl IntoIterator<Item = &'a MemberSymbols<'d>>) -> Vec<&'a [u8]> {
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
    let said = between(b"(rustc version ", b')', is_version);
    // "(rustc version 1.70.0 (90c541806 2023-05-31))": the first bracket to close is that of commit and date.
    let said = said.map(|version| if version.contains('(') { version + ")" } else { version });
    let version = said.or_else(|| between(b"/rustc-", b'/', is_version));
    let commit = || between(b"/rustc/", b'/', |text| text.len() == 40 && text.iter().all(u8::is_ascii_hexdigit));
    version.map(|version| format!("rustc version {version}")).or_else(|| Some(format!("rustc commit {}", commit()?)))
}

/// What compilers wrote about themselves, and how many members carry it.
pub(crate) fn producers<'a, 'd: 'a>(
    members: impl IntoIterator<Item = &'a MemberSymbols<'d>>,
) -> BTreeMap<&'a [u8], usize> {
    let mut producers = BTreeMap::new();
    for member in members {
        let mut lines: Vec<&'a [u8]> =
            member.object.producers.split(|&c| c == 0).filter(|line| !line.is_empty()).collect();
        lines.sort_unstable();
        lines.dedup();
        for line in lines {
            *producers.entry(line).or_insert(0) += 1;
        }
    }
    producers
}

#[cfg(test)]
mod tests {
    use super::rustc_of;

    #[test]
    fn compilers_that_constants_name() {
        let of = |constants: &[&str]| rustc_of(&constants.iter().map(|text| text.as_bytes()).collect::<Vec<_>>());
        let commit = "/rustc/4b91a6ea7258a947e59c6522cd5898e7c0a6a88f/library/core/src/fmt/mod.rs";
        assert_eq!(of(&[commit]).as_deref(), Some("rustc commit 4b91a6ea7258a947e59c6522cd5898e7c0a6a88f"));
        assert_eq!(of(&["/usr/src/rustc-1.63.0/library/std"]).as_deref(), Some("rustc version 1.63.0"));
        let producer = "clang LLVM (rustc version 1.70.0 (90c541806 2023-05-31)) and more";
        assert_eq!(of(&[commit, producer]).as_deref(), Some("rustc version 1.70.0 (90c541806 2023-05-31)"));
        assert_eq!(of(&["/rustc/llvm/src", "/rustc-"]), None);
    }
}
