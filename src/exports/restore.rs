//! `exports --restore`: exports that became hidden or local are global again.

use std::path::Path;

use super::check_readable;
use super::report::{RestoreReport, Restored};
use super::survey::{Definition, Found, Standing, Survey};
use crate::archive::ArchiveIndex;
use crate::error::{Error, Result, printable};
use crate::input::{Input, ParsedArchive};
use crate::keep_from;
use crate::object::Object;
use crate::object::symbol::{Binding, ObjectEdits, ObjectSymbols, Suffixes, SymbolEdit, Visibility};
use crate::output::Output;
use crate::parallel;
use crate::plan::{MemberId, NameId, SymbolDb, check_not_thin};
use crate::policy::KeepSource;
use crate::report::{Clock, SCHEMA};
use crate::rewrite::{ArchiveEdits, carry_out, index_of, to_be_indexed};

/// Which exports are to be global again.
///
/// ```no_run
/// # fn main() -> armend::Result<()> {
/// use armend::policy::KeepSource;
/// use armend::{Output, Restore};
///
/// let restore = Restore { keep: vec![KeepSource::Pattern("js_*".into())] };
/// let report = restore.run(&["libdemo.a"], &Output::File("restored.a".into()))?;
/// println!("{} restored", report.restored.len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Restore {
    /// What names them.
    pub keep: Vec<KeepSource>,
}

impl Restore {
    /// Makes local and hidden definitions global, with default visibility, and rebuilds the indexes. What other members
    /// refer to by these names finds them again.
    ///
    /// # Errors
    /// I/O, malformed or unsupported input; usage, naming every export that cannot be restored: one that is in bitcode
    /// alone or not there, and a local one that is not the only definition of its name. Nothing was written then.
    pub fn run(&self, archives: &[impl AsRef<Path>], output: &Output) -> Result<RestoreReport> {
        let inputs = Input::open_all(archives)?;
        let parsed = inputs.iter().map(ParsedArchive::parse).collect::<Result<Vec<_>>>()?;
        parsed.iter().try_for_each(ParsedArchive::check_whole)?;
        parsed.iter().try_for_each(check_readable)?;
        check_not_thin(&parsed)?;
        let db = SymbolDb::build(&parsed)?;
        let keep = keep_from::load(&self.keep)?;
        if keep.is_automatic() {
            let error = Error::usage("which exports are to be global again has to be said");
            return Err(error.with_help("--keep 'PREFIX_*', or --exports FILE"));
        }
        let survey = Survey::of(&parsed, &db, &keep)?;
        let mut restorer = Restorer { parsed: &parsed, db: &db, edits: Vec::new(), refused: Vec::new() };
        restorer.edits.resize(db.members().len(), ObjectEdits::default());
        for id in survey.unmatched {
            restorer.refused.push(format!("\"{}\": no definition matches", keep.patterns().text(id)));
        }
        let found: Vec<_> = survey.found.iter().flat_map(|(name, found)| restorer.by_machine(name, found)).collect();
        let restored: Vec<_> = found.iter().filter_map(|(name, found)| restorer.restore(name, found)).collect();
        let already = found.len() - restored.len();
        let mut members = restorer.finish()?.into_iter();
        let suffixes = Suffixes::NONE;
        let edits = parsed.iter().map(|parsed| {
            let members: Vec<_> = members.by_ref().take(parsed.objects.len()).collect();
            let index = index_after(parsed, &members)?;
            Ok(ArchiveEdits { members, index, ..ArchiveEdits::new(&suffixes) })
        });
        let edits = edits.collect::<Result<Vec<_>>>()?.into_iter();
        let archives = carry_out(&parsed, &inputs, edits, output, &mut Clock::start())?;
        let changed = archives.iter().any(|archive| archive.changed);
        Ok(RestoreReport { schema: SCHEMA, verb: "exports", changed, archives, restored, already })
    }
}

struct Restorer<'a, 'd> {
    parsed: &'a [ParsedArchive<'d>],
    db: &'a SymbolDb<'d>,
    /// For each member of all archives.
    edits: Vec<ObjectEdits>,
    /// What cannot be restored, and why.
    refused: Vec<String>,
}

impl<'d> Restorer<'_, 'd> {
    /// A name's definitions for each machine by themselves: slices of fat files never meet those for others.
    fn by_machine<'n>(&self, name: &'n [u8], found: &Found<'d>) -> Vec<(&'n [u8], Found<'d>)> {
        let mut machines: Vec<(Option<String>, Found<'d>)> = Vec::new();
        for definition in &found.definitions {
            let machine = self.archive_of(definition.member).input.machine();
            let at = machines.iter().position(|(known, _)| *known == machine).unwrap_or_else(|| {
                machines.push((machine, Found { pattern: found.pattern, definitions: Vec::new() }));
                machines.len() - 1
            });
            machines[at].1.definitions.push(*definition);
        }
        machines.into_iter().map(|(_, found)| (name, found)).collect()
    }

    fn archive_of(&self, member: MemberId) -> &ParsedArchive<'d> {
        &self.parsed[self.db.member(member).archive]
    }

    /// The name as linkers see it where these definitions are.
    fn linked_name(&self, name: &[u8], definitions: &[Definition<'d>]) -> Option<NameId> {
        self.db.find_beside(name, self.archive_of(definitions.first()?.member))
    }

    /// Plans what makes a name global. Gives what changes, where anything does.
    fn restore(&mut self, name: &[u8], found: &Found<'d>) -> Option<Restored> {
        let was = match found.standing() {
            Standing::BitcodeOnly => {
                self.refuse(name, &format!("only in bitcode, {}", self.labels(&found.definitions).join(", ")));
                return None;
            }
            Standing::Local => {
                self.unhide(name, &found.definitions);
                self.make_global(name, &found.definitions);
                Standing::Local
            }
            _ if self.unhide(name, &found.definitions) => Standing::Hidden,
            _ => return None,
        };
        Some(Restored { name: printable(name), was, members: self.labels(&found.definitions) })
    }

    /// Gives all symbols of a name that linkers see default visibility: of all, they take the most constrained.
    fn unhide(&mut self, name: &[u8], definitions: &[Definition<'d>]) -> bool {
        let Some(id) = self.linked_name(name, definitions) else { return false };
        let mut hidden = false;
        for (at, member) in self.db.members().iter().enumerate() {
            let symbols = member.object.symbols.iter().zip(&member.names).filter(|(_, name)| **name == id);
            for (symbol, _) in symbols.filter(|(symbol, _)| symbol.visibility >= Visibility::Hidden) {
                hidden = true;
                let visibility = Some(Visibility::Default);
                self.edit(MemberId(at as u32), name, SymbolEdit { visibility, ..SymbolEdit::of(symbol.index) });
            }
        }
        hidden
    }

    /// Makes the one local definition of a name global.
    fn make_global(&mut self, name: &[u8], definitions: &[Definition<'d>]) {
        let labels = || self.labels(definitions).join(", ");
        let [definition] = definitions else {
            return self.refuse(name, &format!("several definitions, {}", labels()));
        };
        let id = self.linked_name(name, definitions);
        if id.is_some_and(|id| self.db.member(definition.member).names.contains(&id)) {
            return self.refuse(name, &format!("{} also refers to another of that name", labels()));
        }
        let visible = definition.symbol.visibility == Visibility::Default;
        let visibility = (!visible).then_some(Visibility::Default);
        let edit = SymbolEdit { binding: Some(Binding::Global), visibility, ..SymbolEdit::of(definition.symbol.index) };
        self.edit(definition.member, name, edit);
    }

    /// A linker that takes a member's bytecode does not look at its symbol table.
    fn edit(&mut self, member: MemberId, name: &[u8], edit: SymbolEdit) {
        let found = self.db.member(member);
        if found.object.bytecode.is_some() {
            let label = self.parsed[found.archive].member_label(found.position);
            return self
                .refuse(name, &format!("{label} has bytecode, which says otherwise than its symbol table would"));
        }
        self.edits[member.0 as usize].symbols.push(edit);
    }

    fn refuse(&mut self, name: &[u8], why: &str) {
        self.refused.push(format!("\"{}\": {why}", printable(name)));
    }

    fn labels(&self, definitions: &[Definition<'d>]) -> Vec<String> {
        let label = |definition: &Definition<'d>| {
            self.archive_of(definition.member).member_label(self.db.member(definition.member).position)
        };
        definitions.iter().map(label).collect()
    }

    fn finish(mut self) -> Result<Vec<ObjectEdits>> {
        if !self.refused.is_empty() {
            let error = Error::usage(format!("cannot be made global: {}", self.refused.join("; ")));
            return Err(error.with_help("armend exports ARCHIVE tells where each stands"));
        }
        for edits in &mut self.edits {
            edits.symbols.sort_by_key(|edit| edit.index);
        }
        Ok(self.edits)
    }
}

/// The index of an archive whose members are edited so.
fn index_after<'d>(parsed: &ParsedArchive<'d>, edits: &[ObjectEdits]) -> Result<ArchiveIndex<'d>> {
    let symbols = parallel::try_map(parsed.objects.len(), |at| {
        let (object, edits) = (&parsed.objects[at], &edits[at]);
        let symbols = if edits.is_empty() { object.symbols() } else { symbols_after(object, edits) };
        symbols.and_then(to_be_indexed).map_err(|error| parsed.locate(error, at))
    })?;
    Ok(index_of(&symbols))
}

/// The symbols of an object in the order in which they are then: local ones that become global are from its front.
fn symbols_after<'d>(object: &Object<'d>, edits: &ObjectEdits) -> Result<ObjectSymbols<'d>> {
    let mut symbols = object.all_symbols()?;
    for edit in edits.symbols.iter().filter(|edit| edit.binding == Some(Binding::Global)) {
        for symbol in symbols.iter_mut().filter(|symbol| symbol.index == edit.index) {
            symbol.indexed = true;
        }
    }
    Ok(ObjectSymbols { symbols, ..ObjectSymbols::default() })
}
