//! The copies of Rust's standard library in an archive. Each defines the personality routine once, with LTO or without.

use super::facts::Facts;
use crate::error::printable;
use crate::report;

/// What every std defines exactly once.
const PERSONALITY: &[u8] = b"rust_eh_personality";

/// A copy of std.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct StdCopy {
    /// The compiler that it is of, as far as it says so.
    pub toolchain: Option<String>,
    /// The member that defines its personality routine.
    pub member: String,
    /// The routine's name: with a tag behind it where the copy is private to the archive.
    pub personality: String,
    /// Whether its names are private to the archive.
    pub private: bool,
}

/// All copies, in the order of the members.
pub(super) fn std_copies(facts: &Facts<'_>) -> Vec<StdCopy> {
    let mut copies = Vec::new();
    for (at, member) in facts.db.members().iter().enumerate() {
        for symbol in member.object.symbols.iter().filter(|symbol| symbol.is_definition()) {
            let Some(tag) =
                symbol.spelling().source().strip_prefix(PERSONALITY).filter(|tag| tag.is_empty() || tag[0] == b'.')
            else {
                continue;
            };
            let versions = report::rustc_versions([member]);
            let toolchain = match versions.first() {
                Some(version) => Some(printable(version)),
                None => report::rustc_of(&facts.parsed().objects[at].constants()),
            };
            copies.push(StdCopy {
                toolchain,
                member: facts.member_name(at),
                personality: printable(symbol.name),
                private: !tag.is_empty(),
            });
        }
    }
    copies
}
