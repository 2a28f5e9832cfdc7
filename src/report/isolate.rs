//! The report of `isolate`.

use std::collections::BTreeMap;
use std::fmt;

use super::text::{count, counted, entry, some};
use super::{Phase, producers};
use crate::archive::ArchiveKind;
use crate::error::{printable, printable_path};
use crate::glibc::GlibcNeeds;
use crate::input::ParsedArchive;
use crate::isolate::Isolate;
use crate::origin::Origin;
use crate::output::Target;
use crate::parallel;
use crate::plan::{Fate, MemberSymbols, NameId, Plan, Reason, SymbolDb};
use crate::policy::{Keep, Method, Scope};
use crate::strip::Stripped;

/// What `isolate` did, or in a dry run would do.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct IsolateReport {
    /// [`super::SCHEMA`].
    pub schema: u32,
    /// `isolate`.
    pub verb: &'static str,
    /// How definitions became private.
    pub by: Method,
    /// What became private.
    pub scope: Scope,
    /// The tag.
    pub tag: String,
    /// Whether any archive changed, or would.
    pub changed: bool,
    /// Each archive, in the order given.
    pub archives: Vec<ArchiveSummary>,
    /// The compilers that the members name, by name.
    pub toolchains: Vec<Toolchain>,
    /// The exports, by name.
    pub kept: Vec<KeptName>,
    /// Every name that became private, by name; none unless [`Isolate::list_names`] asks for them.
    pub private: Vec<PrivateName>,
    /// How many names became private.
    pub private_names: PrivateNames,
    /// How many definitions of each origin became private.
    pub private_by_origin: Vec<OriginCount>,
    /// Sections that became registries of the archives' own.
    pub registries: Vec<Registry>,
    /// Names that nothing provides and whose references became weak, by name.
    pub weakened: Vec<String>,
    /// Other definitions that stay as they are.
    pub stays: Vec<StayingName>,
    /// What was stripped, a kind asked for each.
    pub stripped: Vec<Stripped>,
    /// Which glibc the archives need, where one was to suffice.
    pub glibc: Option<GlibcNeeds>,
    /// What behaves otherwise than before, or may surprise.
    pub warnings: Vec<Warning>,
    /// What the run cost.
    pub phases: Vec<Phase>,
}

/// One archive before and after.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ArchiveSummary {
    /// The path as given, made printable.
    pub archive: String,
    /// Where the result is; absent for standard output and in a dry run.
    pub output: Option<String>,
    /// Its kind.
    pub kind: ArchiveKind,
    /// How many members it has.
    pub members: usize,
    /// How many of them changed.
    pub members_changed: usize,
    /// Its length before, in bytes.
    pub input_bytes: u64,
    /// Its length after, in bytes; absent in a dry run.
    pub output_bytes: Option<u64>,
    /// Whether it changed.
    pub changed: bool,
}

impl ArchiveSummary {
    /// An archive about to go to `target`.
    pub(crate) fn before(parsed: &ParsedArchive<'_>, target: &Target, members_changed: usize, changed: bool) -> Self {
        Self {
            archive: parsed.input.label(),
            output: target.path().map(printable_path),
            kind: parsed.archive.kind,
            members: parsed.archive.members.len(),
            members_changed,
            input_bytes: parsed.input.file_len(),
            output_bytes: None,
            changed,
        }
    }
}

/// A compiler.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Toolchain {
    /// What it calls itself.
    pub producer: String,
    /// How many members it made.
    pub members: usize,
}

/// An export.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct KeptName {
    /// Its name.
    pub name: String,
    /// The crate, `std`, `runtime`, `compiler-builtins` or `c`.
    pub origin: String,
    /// The kind of origin.
    pub kind: &'static str,
    /// The members that define it.
    pub members: Vec<String>,
    /// `export` where it was found, the pattern where it was asked for.
    pub why: String,
}

/// A name that became private.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PrivateName {
    /// Its name before.
    pub name: String,
    /// Its name now.
    pub to: String,
    /// Whether it became local to the one member that uses it.
    pub local: bool,
    /// Whose it is.
    pub origin: String,
    /// The kind of origin.
    pub kind: &'static str,
    /// Whether a Rust program of the same toolchain defines it as well, so that linked as it was, one definition
    /// served both, with or without a word from the linker.
    pub shared_with_rust_host: bool,
}

/// How many names became private.
#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PrivateNames {
    /// All of them.
    pub all: usize,
    /// Those that became local to the one member that uses them.
    pub local: usize,
    /// Those that a Rust program of the same toolchain defines as well.
    pub shared_with_rust_host: usize,
}

/// A count by origin.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct OriginCount {
    /// The kind of origin.
    pub kind: &'static str,
    /// The origin.
    pub origin: String,
    /// How many definitions became private.
    pub definitions: usize,
}

/// A registry that became the archives' own.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Registry {
    /// The section's name before.
    pub section: String,
    /// Its name now.
    pub to: String,
}

/// A definition that is no export and stays all the same.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct StayingName {
    /// Its name.
    pub name: String,
    /// Why, in a word.
    pub why: &'static str,
}

/// Something to know.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Warning {
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub message: String,
}

/// What a report is made from.
pub(crate) struct Facts<'a, 'd> {
    pub archives: &'a [ParsedArchive<'d>],
    pub db: &'a SymbolDb<'d>,
    pub plan: &'a Plan<'d>,
    pub keep: &'a Keep,
    pub policy: &'a Isolate,
}

impl IsolateReport {
    /// What the plan says. The archives' outcome, glibc's part and the phases are filled in as they happen.
    pub(crate) fn of_plan(facts: &Facts<'_, '_>) -> Self {
        let Facts { db, plan, policy, .. } = facts;
        let Counts { names: private_names, definitions } = facts.counts();
        let weakened = facts.listed(|id, _| plan.weakened.contains(&id));
        let mut report = Self {
            schema: super::SCHEMA,
            verb: "isolate",
            by: policy.by,
            scope: policy.scope,
            tag: plan.tag.clone(),
            changed: false,
            archives: Vec::new(),
            toolchains: facts.toolchains(),
            kept: facts.kept(),
            private: if policy.list_names { facts.private() } else { Vec::new() },
            private_names,
            private_by_origin: definitions.into_iter().map(OriginCount::new).collect(),
            registries: Vec::new(),
            weakened: weakened.into_iter().map(|id| printable(db.name(id).bytes)).collect(),
            stays: facts.stays(),
            stripped: Vec::new(),
            glibc: None,
            warnings: Vec::new(),
            phases: Vec::new(),
        };
        let mut sections: Vec<&[u8]> = plan.registries.iter().copied().collect();
        sections.sort_unstable();
        report.registries = sections
            .into_iter()
            .map(|section| Registry {
                section: printable(section),
                to: printable(&[section, &plan.suffixes.registry].concat()),
            })
            .collect();
        report.warnings = facts.warnings(&report);
        report
    }
}

impl<'d> Facts<'_, 'd> {
    /// The names that `wanted` picks by themselves and their fates, in alphabetical order; what is the same on each machine
    /// of a fat file once.
    pub(super) fn listed(&self, wanted: impl Fn(NameId, Fate) -> bool) -> Vec<NameId> {
        let ids = (0..).map(NameId).zip(&self.plan.fates);
        let mut ids: Vec<NameId> = ids.filter(|&(id, &fate)| wanted(id, fate)).map(|(id, _)| id).collect();
        parallel::sort_unstable_by_key(&mut ids, |&id| (self.db.name(id).bytes, id));
        ids.dedup_by(|&mut next, &mut id| {
            self.db.name(next).bytes == self.db.name(id).bytes && self.plan.fate(next) == self.plan.fate(id)
        });
        ids
    }

    fn toolchains(&self) -> Vec<Toolchain> {
        let found = producers(self.db.members()).into_iter();
        let mut toolchains: Vec<_> =
            found.map(|(producer, members)| Toolchain { producer: printable(producer), members }).collect();
        if super::rustc_versions(self.db.members()).is_empty() {
            toolchains.extend(self.rustc_of_std());
        }
        toolchains
    }

    fn rustc_of_std(&self) -> Option<Toolchain> {
        let std: Vec<_> = self.db.members().iter().filter(|member| member.origin == Origin::Std).collect();
        let constants =
            |member: &&MemberSymbols<'d>| self.archives[member.archive].objects[member.position].constants();
        let producer = std.iter().find_map(|member| super::rustc_of(&constants(member)))?;
        Some(Toolchain { producer, members: std.len() })
    }

    fn kept(&self) -> Vec<KeptName> {
        let exports = self.listed(|id, fate| {
            // A registry that a pattern keeps is no export: its bounds are defined nowhere.
            matches!(fate, Fate::Stays(Reason::Export | Reason::Kept(_))) && self.db.name(id).definitions > 0
        });
        let mut kept: Vec<_> = exports
            .into_iter()
            .map(|id| {
                let why = match self.plan.fate(id) {
                    Fate::Stays(Reason::Kept(pattern)) => self.keep.patterns().text(pattern).to_owned(),
                    _ => "export".to_owned(),
                };
                let origin = self.db.origin(id).unwrap_or(Origin::C);
                let name = printable(self.db.name(id).bytes);
                (id, KeptName { name, origin: origin.to_string(), kind: origin.kind(), members: Vec::new(), why })
            })
            .collect();
        let mut places = vec![None; self.db.names().len()];
        kept.iter().enumerate().for_each(|(at, (id, _))| places[id.0 as usize] = Some(at));
        for member in self.db.members() {
            for (symbol, id) in member.object.symbols.iter().zip(&member.names) {
                if let Some(at) = places[id.0 as usize].filter(|_| symbol.is_definition()) {
                    kept[at].1.members.push(self.archives[member.archive].member_label(member.position));
                }
            }
        }
        kept.into_iter().map(|(_, kept)| kept).collect()
    }

    fn private(&self) -> Vec<PrivateName> {
        let names = self.listed(|_, fate| is_private(fate));
        let private = parallel::map(names.len(), |at| {
            let origin = self.db.origin(names[at])?;
            let name = self.db.name(names[at]).bytes;
            let suffix = self.plan.suffixes.of(self.plan.new_name(names[at]));
            Some(PrivateName {
                name: printable(name),
                to: printable(&[name, suffix].concat()),
                local: self.plan.fate(names[at]) == Fate::Local,
                shared_with_rust_host: origin.is_in_every_rust_program(),
                kind: origin.kind(),
                origin: origin.to_string(),
            })
        });
        private.into_iter().flatten().collect()
    }

    fn stays(&self) -> Vec<StayingName> {
        let said =
            |reason| matches!(reason, Reason::NotDefined | Reason::Kept(_) | Reason::Export | Reason::AlreadyPrivate);
        let names = self.listed(|_, fate| matches!(fate, Fate::Stays(reason) if !said(reason)));
        let stays = names.into_iter().filter_map(|id| match self.plan.fate(id) {
            Fate::Stays(reason) => Some(StayingName { name: printable(self.db.name(id).bytes), why: reason.word() }),
            _ => None,
        });
        stays.collect()
    }

    pub(super) fn is_private(&self, id: NameId) -> bool {
        is_private(self.plan.fate(id))
    }

    fn counts(&self) -> Counts {
        const CHUNK: usize = 4096;
        let fates = &self.plan.fates;
        let chunks = parallel::map(fates.len().div_ceil(CHUNK), |chunk| {
            let mut counts = Counts::default();
            let ids = (chunk * CHUNK..fates.len()).take(CHUNK).map(|at| NameId(at as u32));
            for id in ids.filter(|&id| self.is_private(id)) {
                let Some(origin) = self.db.origin(id) else { continue };
                counts.names.all += 1;
                counts.names.local += usize::from(self.plan.fate(id) == Fate::Local);
                counts.names.shared_with_rust_host += usize::from(origin.is_in_every_rust_program());
                *counts.definitions.entry(origin).or_default() += self.db.name(id).definitions as usize;
            }
            counts
        });
        let mut all = Counts::default();
        for Counts { names, definitions } in chunks {
            all.names.all += names.all;
            all.names.local += names.local;
            all.names.shared_with_rust_host += names.shared_with_rust_host;
            definitions.into_iter().for_each(|(origin, count)| *all.definitions.entry(origin).or_default() += count);
        }
        all
    }
}

fn is_private(fate: Fate) -> bool {
    matches!(fate, Fate::Private | Fate::Local)
}

/// What became private, counted.
#[derive(Default)]
struct Counts {
    names: PrivateNames,
    definitions: BTreeMap<Origin, usize>,
}

impl OriginCount {
    fn new((origin, definitions): (Origin, usize)) -> Self {
        Self { kind: origin.kind(), origin: origin.to_string(), definitions }
    }
}

impl fmt::Display for IsolateReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for archive in &self.archives {
            self.show_archive(f, archive)?;
        }
        for toolchain in &self.toolchains {
            entry(f, "made by", &format!("{} ({})", toolchain.producer, count(toolchain.members, "member")))?;
        }
        let kept: Vec<_> = self.kept.iter().map(|kept| kept.name.clone()).collect();
        entry(f, "kept", &counted(kept.len(), "export", &some(&kept, 8)))?;
        let definitions: usize = self.private_by_origin.iter().map(|count| count.definitions).sum();
        let origins: Vec<_> =
            self.private_by_origin.iter().map(|c| format!("{} {}", c.origin, c.definitions)).collect();
        let (become_what, sharing) = match self.by {
            Method::Rename | Method::Localize | Method::Auto => ("private", "unshared"),
            Method::Weaken => ("weak", "shared"),
            Method::Hide => ("hidden", "shared"),
        };
        entry(f, become_what, &counted(definitions, "definition", &some(&origins, 12)))?;
        let PrivateNames { all, local, shared_with_rust_host: shared } = self.private_names;
        if local > 0 {
            let renamed = all - local;
            let names = count(local, "name");
            entry(f, "local", &format!("{names}, which one member alone uses; {renamed} are renamed"))?;
        }
        if shared > 0 {
            let names = count(shared, "name");
            entry(f, sharing, &format!("{names} that a Rust host of the same toolchain defines too (-vv lists them)"))?;
        }
        for registry in &self.registries {
            entry(f, "registry", &format!("{} is {} now", registry.section, registry.to))?;
        }
        if !self.weakened.is_empty() {
            entry(f, "weakened", &counted(self.weakened.len(), "reference", &some(&self.weakened, 4)))?;
        }
        let mut reasons = BTreeMap::<&str, Vec<String>>::new();
        for name in &self.stays {
            reasons.entry(name.why).or_default().push(name.name.clone());
        }
        for (why, names) in reasons {
            entry(f, "stays", &format!("{} ({why}): {}", count(names.len(), "name"), some(&names, 4)))?;
        }
        for Stripped { what, sections, bytes } in &self.stripped {
            entry(f, "stripped", &format!("{what}: {}, {bytes} bytes", count(*sections, "section")))?;
        }
        if let Some(glibc) = &self.glibc {
            entry(f, "glibc", &glibc.headline())?;
            glibc.fmt(f)?;
        }
        for warning in &self.warnings {
            entry(f, "note", &format!("{} [{}]", warning.message, warning.name))?;
        }
        Ok(())
    }
}

impl IsolateReport {
    /// More than the report's text has: where the time went, and with `names` every name that became private.
    pub fn details(&self, names: bool) -> String {
        let mut text = String::new();
        for name in self.private.iter().filter(|_| names) {
            let shared = if name.shared_with_rust_host { ", in every Rust program of this toolchain" } else { "" };
            let (done, to) = match self.by {
                Method::Weaken => ("weakened", String::new()),
                Method::Hide => ("hidden", String::new()),
                _ if name.local => ("local", String::new()),
                _ => ("renamed", format!(" to {}", name.to)),
            };
            text += &format!("  {done:<9} {} ({}{shared}){to}\n", name.name, name.origin);
        }
        let all: f64 = self.phases.iter().map(|phase| phase.seconds).sum();
        let phases: Vec<_> = self.phases.iter().map(|p| format!("{} {:.1}", p.phase, p.seconds * 1e3)).collect();
        text + &format!("  time      {:.1} ms: {}\n", all * 1e3, phases.join(", "))
    }

    fn show_archive(&self, f: &mut fmt::Formatter<'_>, archive: &ArchiveSummary) -> fmt::Result {
        write!(f, "{}: ", archive.archive)?;
        if !archive.changed {
            return writeln!(f, "nothing to change");
        }
        write!(f, "{} of {} members changed", archive.members_changed, archive.members)?;
        if self.by.separates() {
            write!(f, ", tag {}", self.tag)?;
        }
        if let Some(output) = archive.output_bytes {
            let growth = (output as f64 / archive.input_bytes as f64 - 1.0) * 100.0;
            write!(f, ", {output} bytes ({growth:+.2} %)")?;
        }
        match &archive.output {
            Some(output) if *output != archive.archive => writeln!(f, ", written to {output}"),
            _ => writeln!(f),
        }
    }
}
