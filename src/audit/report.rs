//! The report of `audit`.

use std::{fmt, slice};

use super::facts::Facts;
use super::finding::Finding;
use super::lint::Severity;
use super::needs::{Needs, needs};
use super::sizes::Sizes;
use super::std_copies::{StdCopy, std_copies};
use crate::archive::ArchiveKind;
use crate::error::printable;
use crate::glibc::{GlibcFloor, Survey};
use crate::report::text::{count, entry, some};
use crate::report::{Toolchain, producers};

/// What `audit` found.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct AuditReport {
    /// [`crate::report::SCHEMA`].
    pub schema: u32,
    /// `audit`.
    pub verb: &'static str,
    /// Whether any finding counts.
    pub found: bool,
    /// Each archive, in the order given.
    pub archives: Vec<ArchiveAudit>,
}

/// One archive.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ArchiveAudit {
    /// The path as given, made printable.
    pub archive: String,
    /// Its kind.
    pub kind: ArchiveKind,
    /// The formats of its objects, by name.
    pub formats: Vec<&'static str>,
    /// How many members it has.
    pub members: usize,
    /// Its length in bytes.
    pub bytes: u64,
    /// The compilers that the members name, by name.
    pub toolchains: Vec<Toolchain>,
    /// The copies of Rust's standard library.
    pub std: Vec<StdCopy>,
    /// The exports: those asked for, or those found; by name.
    pub exports: Vec<String>,
    /// What it refers to, by who provides it.
    pub needs: Vec<Needs>,
    /// Which glibc it needs; absent where it is not for one.
    pub glibc: Option<GlibcFloor>,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// Where the bytes are, if that was asked.
    pub sizes: Option<Sizes>,
}

impl ArchiveAudit {
    /// All but the findings and the sizes.
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        let parsed = facts.parsed();
        let toolchains = producers(facts.db.members()).into_iter();
        Self {
            archive: parsed.input.label(),
            kind: parsed.archive.kind,
            formats: facts.formats().into_iter().collect(),
            members: parsed.archive.members.len(),
            bytes: parsed.input.file_len(),
            toolchains: toolchains
                .map(|(producer, members)| Toolchain { producer: printable(producer), members })
                .collect(),
            std: std_copies(facts),
            exports: facts.exports.iter().map(|&id| facts.name(id)).collect(),
            needs: needs(facts),
            // What is not for glibc has no floor there.
            glibc: Survey::of(slice::from_ref(parsed), &facts.db, None, None).ok().and_then(|survey| survey.floor()),
            findings: Vec::new(),
            sizes: None,
        }
    }

    fn show_head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.archive)?;
        if self.formats != ["ELF"] && !self.formats.is_empty() {
            write!(f, "{}, ", self.formats.join(" and "))?;
        }
        write!(f, "{}, {} bytes: ", count(self.members, "member"), self.bytes)?;
        let severities = [Severity::Error, Severity::Warning, Severity::Note];
        let counts = severities.map(|severity| {
            let n = self.findings.iter().filter(|finding| finding.severity == severity).count();
            (n, severity.to_string())
        });
        let text: Vec<_> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| count(*n, what)).collect();
        if text.is_empty() { writeln!(f, "nothing found") } else { writeln!(f, "{}", text.join(", ")) }
    }
}

impl fmt::Display for ArchiveAudit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show_head(f)?;
        for copy in &self.std {
            let toolchain = copy.toolchain.as_deref().unwrap_or("of an unknown rustc");
            let private = if copy.private { ", private" } else { "" };
            entry(f, "std", &format!("{toolchain}{private}, in {}", copy.member))?;
        }
        let needs = self.needs.iter().filter(|need| need.provider != "archive");
        let needs: Vec<_> = needs.map(Needs::to_string).collect();
        if !needs.is_empty() {
            entry(f, "needs", &needs.join(", "))?;
        }
        if let Some(GlibcFloor { version, names }) = &self.glibc {
            let text = format!("{version}, for {}: armend glibc says more, and --pin lowers it", some(names, 2));
            entry(f, "glibc", &text)?;
        }
        self.findings.iter().try_for_each(|finding| write!(f, "{finding}"))?;
        self.sizes.iter().try_for_each(|sizes| write!(f, "{sizes}"))
    }
}

impl fmt::Display for AuditReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.archives.iter().try_for_each(|archive| write!(f, "{archive}"))
    }
}
