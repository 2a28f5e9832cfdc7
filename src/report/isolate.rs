//! The report of `isolate`.

use std::collections::BTreeMap;
use std::fmt;

use super::Phase;
use super::text::{count, counted, entry, some};
use crate::archive::ArchiveKind;
use crate::error::printable_path;
use crate::glibc::GlibcNeeds;
use crate::input::ParsedArchive;
use crate::output::Target;
use crate::policy::{Method, Scope};
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
    /// Every name that became private, by name; none unless [`crate::Isolate::list_names`] asks for them.
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
