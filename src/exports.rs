//! The exports of archives: where each stands, and how those that a linker no longer sees come back.

mod missing;
mod report;
mod restore;
mod survey;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use crate::error::{Error, Result, printable};
use crate::input::{Input, ParsedArchive};
use crate::keep_from;
use crate::object::symbol::{Spelling, Symbol, Visibility};
use crate::object::{Object, UNSERVED_HELP};
use crate::parallel;
use crate::plan::{self, Fate, MemberId, Plan, SymbolDb};
use crate::policy::{Keep, KeepSource};
use crate::report::SCHEMA;
pub use report::{Export, ExportDefinition, ExportsReport, RestoreReport, Restored};
pub use restore::Restore;
pub use survey::Standing;
use survey::{Definition, Survey};

/// Which names are looked at, and which have to be there.
///
/// ```no_run
/// # fn main() -> armend::Result<()> {
/// use armend::Exports;
/// use armend::policy::KeepSource;
///
/// let required = Exports { require: vec![KeepSource::List("krun.h".into())], ..Exports::default() };
/// let report = required.run(&["libkrun.a"])?;
/// for name in &report.unmet {
///     eprintln!("libkrun.a does not export {name}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exports {
    /// The exports. Without any, they are what is required; without that too, they are found: visible, unmangled
    /// definitions outside the standard library.
    pub keep: Vec<KeepSource>,
    /// Those that have to be [`Standing::Global`] and in the archive's index.
    pub require: Vec<KeepSource>,
}

impl Exports {
    /// Reports each export of `archives`, taken together.
    ///
    /// # Errors
    /// I/O, malformed or unsupported input, lists and patterns that cannot be used.
    pub fn run(&self, archives: &[impl AsRef<Path>]) -> Result<ExportsReport> {
        let inputs = Input::scan_all(archives)?;
        let parsed = inputs.iter().map(ParsedArchive::parse).collect::<Result<Vec<_>>>()?;
        parsed.iter().try_for_each(check_readable)?;
        let (keep, require) = (keep_from::load(&self.keep)?, keep_from::load(&self.require)?);
        let found = keep.is_empty() && require.is_empty();
        let db = SymbolDb::build_from(&parsed, |archive, position| {
            let mut object = parsed[archive].objects[position].symbols()?;
            if found {
                object.symbols.retain(|symbol| !is_compilers(symbol.spelling().source()));
                object.symbols.shrink_to_fit();
            }
            Ok(object)
        })?;
        let mut lister = Lister { parsed: &parsed, db: &db, exports: BTreeMap::new() };
        if !require.is_empty() {
            lister.list(&require, true)?;
        }
        if require.is_empty() || !keep.is_empty() {
            lister.list(&keep, false)?;
        }
        let named = [&keep, &require].into_iter().any(|keep| !keep.is_automatic());
        lister.report(named)
    }
}

/// Whether it is plain that a compiler made a name up: in C++ most are, and where exports are found none is one.
fn is_compilers(name: &[u8]) -> bool {
    name.starts_with(b"_Z") || name.starts_with(b"?")
}

/// The names that `keep` includes and [`Restore`] is for: what defines them is local or hidden.
///
/// # Errors
/// Malformed, with file, member and offset.
pub(crate) fn restorable<'d>(
    parsed: &[ParsedArchive<'d>],
    db: &SymbolDb<'d>,
    keep: &Keep,
) -> Result<Vec<Spelling<'d>>> {
    let found = Survey::of(parsed, db, keep)?.found.into_iter();
    let found = found.filter(|(_, found)| matches!(found.standing(), Standing::Local | Standing::Hidden));
    Ok(found.filter_map(|(_, found)| Some(found.definitions.first()?.symbol.spelling())).collect())
}

/// That the symbols of all objects can be read: what is in another would pass for missing.
fn check_readable(parsed: &ParsedArchive<'_>) -> Result<()> {
    let unserved = parsed.objects.iter().enumerate().find_map(|(at, object)| match object {
        Object::Unserved(kind) => Some((at, kind)),
        _ => None,
    });
    let Some((at, kind)) = unserved else { return Ok(()) };
    let error = Error::unsupported(format!("{kind}, whose symbols cannot be read")).with_help(UNSERVED_HELP);
    Err(parsed.locate(error, at))
}

/// That all that `require` names is global and stays as it is by `plan`.
///
/// # Errors
/// Usage, naming what is not.
pub(crate) fn check_required(
    parsed: &[ParsedArchive<'_>],
    db: &SymbolDb<'_>,
    plan: &Plan<'_>,
    require: &Keep,
) -> Result<()> {
    if require.is_empty() {
        return Ok(());
    }
    let survey = Survey::of(parsed, db, require)?;
    let mut unmet: Vec<_> =
        survey.unmatched.iter().map(|&id| format!("{} (missing)", require.patterns().text(id))).collect();
    for (name, found) in &survey.found {
        let stays = db.find(name).is_some_and(|id| matches!(plan.fate(id), Fate::Stays(_)));
        match found.standing() {
            Standing::Global if stays => {}
            Standing::Global => unmet.push(format!("{} (would become private)", printable(name))),
            state => unmet.push(format!("{} ({})", printable(name), state.word())),
        }
    }
    if unmet.is_empty() {
        return Ok(());
    }
    Err(Error::usage(format!("required, and no exports: {}", unmet.join(", ")))
        .with_help("armend exports ARCHIVE --require FILE tells why; --keep keeps"))
}

/// Collects what is to be reported, by name.
struct Lister<'a, 'd> {
    parsed: &'a [ParsedArchive<'d>],
    db: &'a SymbolDb<'d>,
    exports: BTreeMap<Vec<u8>, Listed<'d>>,
}

struct Listed<'d> {
    why: String,
    required: bool,
    /// Whether it is a name; else a pattern that matches none.
    is_name: bool,
    definitions: Vec<Definition<'d>>,
}

impl<'d> Lister<'_, 'd> {
    /// What is listed already stays as it is.
    fn list(&mut self, keep: &Keep, required: bool) -> Result<()> {
        let survey = Survey::of(self.parsed, self.db, keep)?;
        let patterns = keep.patterns();
        for (name, found) in survey.found {
            let why = found.pattern.map_or("export", |id| patterns.text(id)).to_owned();
            let listed = Listed { why, required, is_name: true, definitions: found.definitions };
            self.exports.entry(name.to_vec()).or_insert(listed);
        }
        for id in survey.unmatched {
            let name = patterns.name(id);
            let why = patterns.text(id).to_owned();
            let listed = Listed { why, required, is_name: name.is_some(), definitions: Vec::new() };
            self.exports.entry(name.unwrap_or(patterns.text(id)).as_bytes().to_vec()).or_insert(listed);
        }
        Ok(())
    }

    fn report(self, named: bool) -> Result<ExportsReport> {
        let absent = self.exports.iter().filter(|(_, listed)| listed.is_name && listed.definitions.is_empty());
        let absent: HashSet<&[u8]> = absent.map(|(name, _)| &name[..]).collect();
        let mut reasons = missing::reasons(self.parsed, self.db, &absent)?;
        let (indexed, hiding) = (self.indexed(), self.hiding_references());
        let mut exports = Vec::new();
        for (name, listed) in &self.exports {
            let mut export = self.export(name, listed, &indexed, &hiding);
            export.notes.extend(reasons.remove(&name[..]).unwrap_or_default());
            exports.push(export);
        }
        let unmet = exports.iter().filter(|export| export.required && !export.is_met());
        let unmet = unmet.map(|export| export.name.clone()).collect();
        let unlisted = if named { self.unlisted() } else { Vec::new() };
        let archives = self.parsed.iter().map(|parsed| parsed.input.label()).collect();
        let crates = missing::crates(self.db);
        Ok(ExportsReport { schema: SCHEMA, verb: "exports", archives, exports, unmet, unlisted, crates })
    }

    fn export(
        &self,
        name: &[u8],
        listed: &Listed<'d>,
        indexed: &HashSet<(usize, u64, &[u8])>,
        hiding: &HashMap<&[u8], MemberId>,
    ) -> Export {
        let definition = |definition: &Definition<'d>| {
            let member = self.db.member(definition.member);
            let offset = self.parsed[member.archive].archive.members[member.position].header_offset;
            ExportDefinition {
                machine: self.parsed[member.archive].input.machine(),
                member: self.parsed[member.archive].member_label(member.position),
                state: definition.standing(),
                kind: definition.symbol.kind,
                size: definition.symbol.size,
                indexed: indexed.contains(&(member.archive, offset, name)),
            }
        };
        let definitions: Vec<_> = listed.definitions.iter().map(definition).collect();
        let state = self.standing(&definitions);
        let origin = self.db.find(name).and_then(|id| self.db.origin(id));
        let mut export = Export {
            name: printable(name),
            state,
            required: listed.required,
            why: listed.why.clone(),
            origin: origin.map(|origin| origin.to_string()),
            indexed: definitions.iter().any(|definition| definition.indexed),
            definitions,
            notes: Vec::new(),
        };
        export.note();
        if !listed.is_name {
            export.notes.push("no definition matches".to_owned());
        } else if state <= Standing::Weak
            && let Some(&member) = hiding.get(name)
        {
            let member = self.db.member(member);
            let member = self.parsed[member.archive].member_label(member.position);
            export.notes.push(format!("{member} refers to it as hidden: a shared object with both does not export it"));
        }
        export
    }

    /// Where a name stands by its definitions; in a fat file, on the machine where it stands worst.
    fn standing(&self, definitions: &[ExportDefinition]) -> Standing {
        let machines: BTreeSet<_> = self.parsed.iter().filter_map(|parsed| parsed.input.machine()).collect();
        let best = |machine: Option<&String>| {
            let of = |one: &&ExportDefinition| one.machine.is_none() || one.machine.as_ref() == machine;
            definitions.iter().filter(of).map(|definition| definition.state).min().unwrap_or(Standing::Missing)
        };
        machines.iter().map(|machine| best(Some(machine))).max().unwrap_or_else(|| best(None))
    }

    /// Of a name's symbols in all members a linker takes the most constrained visibility, references' included: for each
    /// name that is listed and referred to as hidden, the first member that does.
    fn hiding_references(&self) -> HashMap<&'d [u8], MemberId> {
        let hides = |symbol: &Symbol<'_>| !symbol.is_definition() && symbol.visibility >= Visibility::Hidden;
        let found = parallel::map(self.db.members().len(), |at| {
            let symbols = self.db.members()[at].object.symbols.iter().filter(|symbol| hides(symbol));
            symbols.map(|symbol| symbol.name).filter(|name| self.exports.contains_key(*name)).collect::<Vec<_>>()
        });
        let mut hiding = HashMap::new();
        for (names, member) in found.into_iter().zip((0..).map(MemberId)) {
            names.into_iter().for_each(|name| _ = hiding.entry(name).or_insert(member));
        }
        hiding
    }

    /// The entries of the archives' indexes that name what is listed: archive, offset of the member, name.
    fn indexed(&self) -> HashSet<(usize, u64, &'d [u8])> {
        let members = self.exports.values().flat_map(|listed| &listed.definitions).map(|definition| {
            let member = self.db.member(definition.member);
            (member.archive, self.parsed[member.archive].archive.members[member.position].header_offset)
        });
        // Few members define what is listed, and their numbers are sooner compared than names.
        let members: hashbrown::HashSet<_> = members.collect();
        let tables = self.parsed.iter().enumerate();
        let tables = tables.flat_map(|(at, parsed)| parsed.archive.index.iter().map(move |table| (at, table)));
        let entries = tables.flat_map(|(at, table)| {
            let entries = table.entries_of(|offset| members.contains(&(at, offset))).unwrap_or_default();
            entries.into_iter().map(move |(offset, name)| (at, offset, name))
        });
        entries.filter(|(_, _, name)| self.exports.contains_key(*name)).collect()
    }

    /// What would be an export by itself, and is not listed.
    fn unlisted(&self) -> Vec<String> {
        let names =
            plan::exports(self.db).map(|id| self.db.name(id).bytes).filter(|name| !self.exports.contains_key(*name));
        let mut names: Vec<_> = names.map(printable).collect();
        names.sort_unstable();
        // Those of a fat file are the same on each machine.
        names.dedup();
        names
    }
}
