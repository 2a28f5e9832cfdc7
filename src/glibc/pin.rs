//! Carries the remedies out: references get other names, and what is newly defined a member of its own.

use std::collections::{BTreeSet, HashMap};

use super::Version;
use super::decide::{Decider, Remedy, Use};
use crate::error::Result;
use crate::input::ParsedArchive;
use crate::object::symbol::{NewName, ObjectEdits, SymbolEdit};
use crate::object::thunk::{Body, Definition};
use crate::plan::MemberSymbols;
use crate::rewrite::{Appended, ArchiveEdits};

/// The member that holds the new definitions.
const MEMBER: &[u8] = b"armend-glibc.o\0\0\0\0\0\0";

/// What references are to be called, by what they are called.
#[derive(Debug, Default)]
pub struct Pins<'d> {
    names: HashMap<&'d [u8], Pin>,
}

/// A new name for references to one symbol.
#[derive(Debug)]
enum Pin {
    /// This one.
    Given(Vec<u8>),
    /// The old one with the tag: nothing of this name is there.
    Absent,
    /// The old one with the tag, and this behind it.
    Defined(Body),
}

impl<'d> Pins<'d> {
    /// What it takes for each use to need no more than `limit`.
    pub(super) fn of(decider: &Decider, uses: &[Use<'d>], limit: Version) -> Self {
        let pin = |used: &Use<'d>| {
            Some(match decider.remedy(used, decider.binds(used)?, limit) {
                Remedy::Fits | Remedy::Unmet(_) => return None,
                Remedy::Pin(target) | Remedy::Alias(target) => Pin::Given(target.name),
                Remedy::Call(target, thunk) => Pin::Defined(Body::Call(target.name, thunk)),
                Remedy::Zeros(size) => Pin::Defined(Body::Zeros(size)),
                Remedy::Absent => Pin::Absent,
            })
        };
        Self { names: uses.iter().filter_map(|used| Some((used.name, pin(used)?))).collect() }
    }

    /// Adds to an archive's edits, which are complete but for this: the references' new names, and a member with what
    /// they come to need.
    ///
    /// # Errors
    /// Unsupported, for what cannot be made.
    pub fn add_to<'a>(
        &self,
        edits: &mut ArchiveEdits<'_>,
        parsed: &ParsedArchive<'d>,
        members: impl Iterator<Item = &'a MemberSymbols<'d>>,
    ) -> Result<()>
    where
        'd: 'a,
    {
        let mut needed = BTreeSet::new();
        let mut like = None;
        for member in members {
            if self.rename(member, &mut edits.members[member.position], &mut needed) {
                like.get_or_insert(&parsed.objects[member.position]);
            }
        }
        let (Some(like), false) = (like, needed.is_empty()) else { return Ok(()) };
        let definition = |&name: &&'d [u8]| match &self.names[name] {
            Pin::Defined(body) => {
                Some(Definition { name: [name, &edits.suffixes.private].concat(), body: body.clone() })
            }
            Pin::Given(_) | Pin::Absent => None,
        };
        let definitions: Vec<_> = needed.iter().filter_map(definition).collect();
        for definition in &definitions {
            edits.index.push(definition.name.clone(), edits.members.len() as u32);
        }
        let data = like.make_object(&definitions).map_err(|error| error.in_archive(&parsed.input.path))?;
        edits.appended.push(Appended { padded_name: MEMBER, data });
        Ok(())
    }

    /// Adds a member's references' new names to its edits, and the names that want a definition to `needed`; whether
    /// there are any.
    fn rename(&self, member: &MemberSymbols<'d>, edits: &mut ObjectEdits, needed: &mut BTreeSet<&'d [u8]>) -> bool {
        let before = edits.symbols.len();
        for symbol in member.object.symbols.iter().filter(|symbol| !symbol.is_definition()) {
            let name = match self.names.get(symbol.name) {
                None => continue,
                Some(Pin::Given(name)) => {
                    edits.names.push(name.clone());
                    NewName::Given(edits.names.len() as u32 - 1)
                }
                Some(Pin::Absent) => NewName::Private,
                Some(Pin::Defined(_)) => {
                    needed.insert(symbol.name);
                    NewName::Private
                }
            };
            edits.symbols.push(SymbolEdit { name, ..SymbolEdit::of(symbol.index) });
        }
        edits.symbols.sort_by_key(|edit| edit.index);
        edits.symbols.len() > before
    }
}
