//! Carries the remedies out: references get other names, and new functions a member of their own.

use std::collections::HashMap;

use super::Version;
use super::decide::{Decider, Remedy, Use};
use crate::error::Result;
use crate::input::{Input, ParsedArchive};
use crate::object::symbol::{NewName, ObjectEdits, SymbolEdit};
use crate::object::thunk::{Body, Function};
use crate::output::Output;
use crate::plan::{MemberSymbols, SymbolDb, tag};
use crate::report::ArchiveSummary;
use crate::rewrite::{Appended, ArchiveEdits, carry_out_all};

/// The member that holds the new functions.
const MEMBER: &[u8] = b"armend-glibc.o\0\0\0\0\0\0";

/// What references are to be called, by what they are called.
#[derive(Debug, Default)]
pub(super) struct Pins<'d> {
    names: HashMap<&'d [u8], Pin>,
}

/// A new name for references to one symbol.
#[derive(Debug)]
enum Pin {
    /// This one.
    Given(Vec<u8>),
    /// The old one with the tag: nothing of this name is there.
    Absent,
    /// The old one with the tag, and this function behind it.
    Function(Box<Function>),
}

impl<'d> Pins<'d> {
    /// What it takes for each use to need no more than `limit`.
    pub fn of(decider: &Decider, uses: &[Use<'d>], limit: Version) -> Self {
        let mut names = HashMap::new();
        for used in uses {
            let Some(binds) = decider.binds(used) else { continue };
            let (base, _) = used.split();
            let versioned = |name: &[u8], version: Version| [name, b"@", version.node().as_bytes()].concat();
            let pin = match decider.remedy(used, binds, limit) {
                Remedy::Fits | Remedy::Unmet(_) => continue,
                Remedy::Pin(entry) => Pin::Given(versioned(base, entry.version)),
                Remedy::Alias(name, entry) => Pin::Given(versioned(name.as_bytes(), entry.version)),
                Remedy::Absent => Pin::Absent,
                Remedy::Call(callee, entry, thunk) => Pin::Function(Box::new(Function {
                    name: base.to_vec(),
                    weak: false,
                    body: Body::Call { callee: versioned(callee.as_bytes(), entry.version), thunk },
                })),
            };
            names.insert(used.name, pin);
        }
        Self { names }
    }

    /// Rewrites the archives, and puts the results in place when all are complete and verified.
    pub fn carry_out(
        &self,
        parsed: &[ParsedArchive<'d>],
        inputs: &[Input],
        db: &SymbolDb<'d>,
        output: &Output,
    ) -> Result<Vec<ArchiveSummary>> {
        let tag = tag::derive(&parsed.iter().map(|parsed| &parsed.archive).collect::<Vec<_>>());
        let suffixes = tag::suffixes(&tag)?;
        let mut all = Vec::new();
        for (at, parsed) in parsed.iter().enumerate() {
            let mut edits = ArchiveEdits::new(&suffixes);
            let mut functions = Vec::new();
            for member in db.members_of(at) {
                for symbol in member.object.symbols.iter().filter(|symbol| symbol.indexed) {
                    edits.index.push(&[symbol.name], member.position as u32);
                }
                edits.members.push(self.member_edits(member, &mut functions));
            }
            functions.sort_by(|a: &Function, b| a.name.cmp(&b.name));
            functions.dedup_by(|a, b| a.name == b.name);
            self.append(parsed, functions, &suffixes.private, &mut edits)?;
            all.push(edits);
        }
        carry_out_all(parsed, inputs, &all, output)
    }

    fn member_edits(&self, member: &MemberSymbols<'d>, functions: &mut Vec<Function>) -> ObjectEdits {
        let mut edits = ObjectEdits::default();
        for symbol in member.object.symbols.iter().filter(|symbol| !symbol.is_definition()) {
            let name = match self.names.get(symbol.name) {
                None => continue,
                Some(Pin::Given(name)) => {
                    edits.names.push(name.clone());
                    NewName::Given(edits.names.len() as u32 - 1)
                }
                Some(Pin::Absent) => NewName::Private,
                Some(Pin::Function(function)) => {
                    functions.push(Function::clone(function));
                    NewName::Private
                }
            };
            edits.symbols.push(SymbolEdit { name, ..SymbolEdit::of(symbol.index) });
        }
        edits
    }

    /// Adds a member with the functions that this archive's members came to need.
    fn append(
        &self,
        parsed: &ParsedArchive<'d>,
        functions: Vec<Function>,
        suffix: &[u8],
        edits: &mut ArchiveEdits<'_>,
    ) -> Result<()> {
        let Some(like) = parsed.objects.iter().find(|object| object.is_linked()) else { return Ok(()) };
        if functions.is_empty() {
            return Ok(());
        }
        let named = |function: Function| Function { name: [&function.name, suffix].concat(), ..function };
        let functions: Vec<_> = functions.into_iter().map(named).collect();
        for function in &functions {
            edits.index.push(&[&function.name], edits.members.len() as u32);
        }
        let data = like.make_object(&functions).map_err(|error| error.in_archive(&parsed.input.path))?;
        edits.appended.push(Appended { padded_name: MEMBER, data });
        Ok(())
    }
}
