//! The main job: everything but the exports becomes private to its archives. Also a table of contents: [`Isolate::run`]
//! is the whole story in order.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::archive::{ArchiveIndex, Entry};
use crate::error::Result;
use crate::exports;
use crate::glibc::{GlibcNeeds, Pins, Survey, Version};
use crate::input::{Input, ParsedArchive};
use crate::keep_from;
use crate::merge;
use crate::object::capabilities::Operation;
use crate::object::symbol::{NewName, ObjectEdits, Symbol};
use crate::origin::Origin;
use crate::output::Output;
use crate::parallel;
use crate::plan::{self, Fate, MemberSymbols, NameId, Plan, SymbolDb, tag};
use crate::policy::{KeepSource, Method, Registries, Scope};
use crate::report::{Clock, Facts, IsolateReport};
use crate::rewrite::{ArchiveEdits, carry_out};
use crate::strip::{Strip, Stripped};
use crate::undefined;

/// What to keep, what becomes private, and how.
///
/// ```no_run
/// # fn main() -> armend::Result<()> {
/// use armend::{Isolate, Output, Strip};
/// use armend::policy::Method;
///
/// let mut policy = Isolate::new().keep("krun_*");
/// policy.by = Method::Auto;
/// policy.strip = Strip { bitcode: true, debug: false };
/// let report = policy.run(&["libkrun.a"], &Output::InPlace)?;
/// println!("{} names stayed:", report.kept.len());
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Isolate {
    /// The exports. Without any, they are found: visible, unmangled definitions outside the standard library.
    pub keep: Vec<KeepSource>,
    /// What becomes private.
    pub scope: Scope,
    /// How.
    pub by: Method,
    /// Whether renamed definitions become hidden as well.
    pub hide: bool,
    /// What makes the names unique: letters, digits and underscores. Derived from the content by default.
    pub tag: Option<String>,
    /// What becomes of link-time registries.
    pub registries: Registries,
    /// Weaken even where toolchains differ.
    pub force: bool,
    /// The linker that first joins the members into one object, GNU ld or one that takes its options.
    pub merge: Option<PathBuf>,
    /// Patterns over what nothing provides, the C runtime included: references that become weak.
    pub weaken_undefined: Vec<String>,
    /// What goes away besides.
    pub strip: Strip,
    /// What has to be global, and stay so.
    pub require: Vec<KeepSource>,
    /// The release of glibc that is to suffice.
    pub glibc: Option<Version>,
    /// Whether the report lists every name that becomes private, beside their number: costs time and memory where there
    /// are many.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub list_names: bool,
}

impl Default for Isolate {
    fn default() -> Self {
        Self {
            keep: Vec::new(),
            scope: Scope::default(),
            by: Method::default(),
            hide: true,
            tag: None,
            registries: Registries::default(),
            force: false,
            merge: None,
            weaken_undefined: Vec::new(),
            strip: Strip::default(),
            require: Vec::new(),
            glibc: None,
            list_names: true,
        }
    }
}

impl Isolate {
    /// The defaults: exports found, everything else private, by a rename.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps what `pattern` matches, beside what is kept already.
    #[must_use]
    pub fn keep(mut self, pattern: impl Into<String>) -> Self {
        self.keep.push(KeepSource::Pattern(pattern.into()));
        self
    }

    /// The files that name exports.
    pub fn files(&self) -> Vec<&Path> {
        self.keep.iter().chain(&self.require).filter_map(KeepSource::file).collect()
    }

    /// Isolates `archives` together: they see each other's symbols and share one tag. All results are complete and
    /// verified before the first target is replaced.
    ///
    /// # Errors
    /// I/O, malformed or unsupported input, a request that cannot be met. Nothing was replaced then, but for an I/O
    /// error in the final renames of several archives.
    pub fn run(&self, archives: &[impl AsRef<Path>], output: &Output) -> Result<IsolateReport> {
        let mut clock = Clock::start();
        let mut inputs = Input::open_all(archives)?;
        let mut merged = None;
        if let Some(linker) = &self.merge {
            merged = Some(self.merge_all(&mut inputs, linker)?);
            clock.lap("merge");
        }
        let parsed = inputs.iter().map(ParsedArchive::parse).collect::<Result<Vec<_>>>()?;
        clock.lap("open");
        parsed.iter().try_for_each(ParsedArchive::check_whole)?;
        let removals = parsed.iter().map(|parsed| self.strip.removals(parsed)).collect::<Result<Vec<_>>>()?;
        let mut db = SymbolDb::build_from(&parsed, |archive, position| {
            let symbols = parsed[archive].objects[position].symbols()?;
            Ok(self.strip.left(symbols, &removals[archive][position]))
        })?;
        let BeforeMerge { origins, stripped } = match merged {
            Some(merged) => merged,
            None => BeforeMerge { origins: HashMap::new(), stripped: self.strip.amounts(&parsed)? },
        };
        db.set_origins(origins);
        clock.lap("scan");
        let keep = keep_from::load(&self.keep)?;
        let tag = self.tag_for(&parsed);
        clock.lap("fingerprint");
        let mut plan = plan::decide(&db, self, &keep, tag)?;
        plan.weakened = undefined::names_to_weaken(&self.weaken_undefined, &parsed, &db)?;
        let require = keep_from::load(&self.require)?;
        let checked = plan::check(&parsed, &db, &plan, self, &keep);
        let checked = checked.and_then(|()| exports::check_required(&parsed, &db, &plan, &require));
        checked.map_err(|error| match &inputs[..] {
            [input] => error.in_archive(&input.path),
            _ => error,
        })?;
        clock.lap("plan");
        let mut report =
            IsolateReport::of_plan(&Facts { archives: &parsed, db: &db, plan: &plan, keep: &keep, policy: self });
        report.stripped = stripped;
        clock.lap("report");
        let mut pins = Pins::default();
        if let Some(limit) = self.glibc {
            let survey = Survey::of(&parsed, &db, None, Some(limit))?;
            report.glibc = Some(GlibcNeeds::of(&parsed, &db, &survey, self.glibc));
            pins = survey.pins(limit);
            clock.lap("glibc");
        }
        let edits = parsed.iter().enumerate().map(|(archive, parsed)| {
            let mut edits = archive_edits(archive, &db, &plan, &removals[archive]);
            pins.add_to(&mut edits, parsed, db.members_of(archive)).map(|()| edits)
        });
        let edits = edits.collect::<Result<Vec<_>>>()?;
        // All that is left to do is in the edits.
        drop(db);
        clock.lap("edits");
        report.archives = carry_out(&parsed, &inputs, edits.into_iter(), output, &mut clock)?;
        report.changed = report.archives.iter().any(|archive| archive.changed);
        report.phases = clock.into_phases();
        Ok(report)
    }

    /// Replaces each input by its merged form.
    fn merge_all(&self, inputs: &mut [Input], linker: &Path) -> Result<BeforeMerge> {
        let parsed = inputs.iter().map(ParsedArchive::parse).collect::<Result<Vec<_>>>()?;
        parsed.iter().try_for_each(ParsedArchive::check_whole)?;
        let db = SymbolDb::build(&parsed)?;
        plan::check_mergeable(&parsed, &db, self.strip)?;
        parsed.iter().try_for_each(|parsed| parsed.check(Operation::Merge))?;
        let before = BeforeMerge { origins: db.origins(), stripped: self.strip.amounts(&parsed)? };
        let merged = parsed.iter().map(|parsed| merge::merge(parsed, linker)).collect::<Result<Vec<_>>>()?;
        for (input, merged) in inputs.iter_mut().zip(merged) {
            if let Some(merged) = merged {
                *input = merged;
            }
        }
        Ok(before)
    }

    /// The tag asked for, or the archives' own.
    pub(crate) fn tag_for(&self, parsed: &[ParsedArchive<'_>]) -> String {
        let derive = || tag::derive(&parsed.iter().map(|parsed| &parsed.archive).collect::<Vec<_>>());
        self.tag.clone().unwrap_or_else(derive)
    }
}

/// How many members' edits are made at a time.
const BATCH: usize = 256;

/// What is known of members before they are merged.
struct BeforeMerge {
    /// The origins of all names, as the members told them.
    origins: HashMap<Vec<u8>, Origin>,
    stripped: Vec<Stripped>,
}

fn archive_edits<'a, 'd: 'a>(
    archive: usize,
    db: &SymbolDb<'d>,
    plan: &'a Plan<'_>,
    removals: &[ObjectEdits],
) -> ArchiveEdits<'a> {
    let members: Vec<_> = db.members_of(archive).collect();
    let indexed = members.iter().map(|member| member.object.indexed_names().count()).sum();
    let index = ArchiveIndex::with_suffix(plan.suffixes.of(NewName::Private), indexed);
    let mut edits = ArchiveEdits { index, ..ArchiveEdits::new(&plan.suffixes) };
    // What is made in parallel is moved to its place in batches, and never there twice as a whole.
    for batch in members.chunks(BATCH) {
        let made = parallel::map(batch.len(), |at| {
            let member = batch[at];
            let mut edits = plan.member_edits(member);
            edits.join(&removals[member.position]);
            edits.symbols.shrink_to_fit();
            (edits, index_entries(member, plan))
        });
        for (of_member, names) in made {
            edits.members.push(of_member);
            edits.index.extend(names);
        }
    }
    edits
}

/// What the index of the result lists of a member.
fn index_entries<'d>(member: &MemberSymbols<'d>, plan: &Plan<'_>) -> Vec<Entry<'d>> {
    let position = member.position as u32;
    let listed = member.object.listed.iter().map(|name| Entry::new(name.clone(), false, position));
    let symbols = member.object.symbols.iter().zip(&member.names);
    let indexed = symbols.filter(|(symbol, name)| symbol.indexed && plan.fate(**name) != Fate::Local);
    let entry = |(symbol, &name): (&Symbol<'d>, &NameId)| {
        Entry::new(symbol.name, plan.new_name(name) == NewName::Private, position)
    };
    listed.chain(indexed.map(entry)).collect()
}
