//! Carries the remedies out: references become weak, and names get a function in a member of their own.

use std::collections::{BTreeSet, HashSet};

use crate::error::{Result, printable};
use crate::input::{Input, ParsedArchive};
use crate::object::capabilities::Operation;
use crate::object::symbol::{Binding, ObjectEdits, Suffixes, SymbolEdit};
use crate::object::thunk::{Body, Definition};
use crate::object::trap::Trap;
use crate::output::Output;
use crate::plan::{self, MemberSymbols, Name, NameId, SymbolDb};
use crate::report::{ArchiveSummary, Clock};
use crate::rewrite::{Appended, ArchiveEdits, carry_out};
use crate::strip::Strip;

/// The member that holds the new functions.
const MEMBER: &[u8] = b"armend-stub.o\0\0\0\0\0\0\0";

/// Names stay as they are.
static NONE: &Suffixes = &Suffixes::NONE;

/// What is to happen.
#[derive(Debug)]
pub struct Amendments {
    /// The names whose references become weak.
    pub weakened: HashSet<NameId>,
    /// The names that get a function.
    pub stubbed: HashSet<NameId>,
}

impl Amendments {
    /// Rewrites the archives, and puts the results in place when all are complete and verified.
    ///
    /// # Errors
    /// I/O, verification; unsupported for members whose symbols cannot be changed, and for a machine that there is no
    /// code for.
    pub fn carry_out(
        &self,
        parsed: &[ParsedArchive<'_>],
        inputs: &[Input],
        db: &SymbolDb<'_>,
        output: &Output,
    ) -> Result<Vec<ArchiveSummary>> {
        plan::check_not_thin(parsed)?;
        plan::check_mergeable(parsed, db, Strip::default())?;
        if !self.stubbed.is_empty() {
            parsed.iter().try_for_each(|parsed| parsed.check(Operation::AddMember))?;
        }
        let mut all = Vec::new();
        for (at, parsed) in parsed.iter().enumerate() {
            let mut edits = ArchiveEdits::unchanged(NONE, db.members_of(at).map(|member| &member.object));
            let mut stubs = BTreeSet::new();
            for member in db.members_of(at) {
                let stubbed = member.names.iter().filter(|id| self.stubbed.contains(id));
                stubs.extend(stubbed.map(|&id| db.name(id).bytes));
                edits.members[member.position] = self.member_edits(member);
            }
            append(parsed, &stubs, &mut edits)?;
            all.push(edits);
        }
        carry_out(parsed, inputs, all.into_iter(), output, &mut Clock::start())
    }

    fn member_edits(&self, member: &MemberSymbols<'_>) -> ObjectEdits {
        let symbols = member.object.symbols.iter().zip(&member.names);
        let required = symbols.filter(|(symbol, id)| self.weakened.contains(id) && symbol.binding != Binding::Weak);
        let weak = |index| SymbolEdit { binding: Some(Binding::Weak), ..SymbolEdit::of(index) };
        ObjectEdits { symbols: required.map(|(symbol, _)| weak(symbol.index)).collect(), ..ObjectEdits::default() }
    }
}

/// Adds a member with a function for each name: hidden, so that the linked file's users do not see it, and weak, so
/// that two archives with the same one link together and a definition that the link has after all takes its place.
fn append(parsed: &ParsedArchive<'_>, names: &BTreeSet<&[u8]>, edits: &mut ArchiveEdits<'_>) -> Result<()> {
    let Some(like) = parsed.objects.iter().find(|object| object.is_linked()) else { return Ok(()) };
    if names.is_empty() {
        return Ok(());
    }
    let stub = |name: &&[u8]| Definition {
        name: name.to_vec(),
        body: Body::Trap(Trap::new(&format!("{}: called, but nothing defines it", printable(name)))),
    };
    let definitions: Vec<_> = names.iter().map(stub).collect();
    for name in names {
        edits.index.push(name.to_vec(), edits.members.len() as u32);
    }
    let data = like.make_object(&definitions).map_err(|error| error.in_archive(&parsed.input.path))?;
    edits.appended.push(Appended { padded_name: MEMBER, data });
    Ok(())
}

/// Whether an earlier run defined the name.
pub fn is_stub(parsed: &[ParsedArchive<'_>], db: &SymbolDb<'_>, name: &Name<'_>) -> bool {
    name.first_definition.is_some_and(|id| {
        let member = db.member(id);
        let found = parsed[member.archive].archive.members[member.position].name;
        MEMBER.strip_prefix(found).is_some_and(|rest| rest.iter().all(|&byte| byte == 0))
    })
}
