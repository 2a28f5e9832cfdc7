//! What `exports` found, and what `exports --restore` did.

use std::fmt;

use super::Standing;
use super::missing::ABSENT;
use crate::object::symbol::SymbolKind;
use crate::report::ArchiveSummary;
use crate::report::text::{count, entry, some};

/// Names are set in a column, but for longer ones.
const WIDEST_NAME: usize = 40;

/// What `exports` found.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ExportsReport {
    /// [`crate::report::SCHEMA`].
    pub schema: u32,
    /// `exports`.
    pub verb: &'static str,
    /// The archives' paths as given, made printable.
    pub archives: Vec<String>,
    /// The exports, by name.
    pub exports: Vec<Export>,
    /// The required ones that are not global, or not in the archive's index.
    pub unmet: Vec<String>,
    /// Where exports were named: what would be one by itself and is not among them, by name.
    pub unlisted: Vec<String>,
    /// The crates that the archives' members are from, the standard library aside, by name.
    pub crates: Vec<String>,
}

/// An export.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Export {
    /// Its name; a pattern where nothing matches it.
    pub name: String,
    /// Where it stands: the best of its definitions.
    pub state: Standing,
    /// Whether it has to be global and in the index.
    pub required: bool,
    /// The pattern that names it; `export` where it was found.
    pub why: String,
    /// Whose it is; absent where only local definitions are there, or none.
    pub origin: Option<String>,
    /// Whether the archive's index has one of its definitions.
    pub indexed: bool,
    /// Its definitions, in the order of the members, local ones last.
    pub definitions: Vec<ExportDefinition>,
    /// What else there is to know; of a missing one, why.
    pub notes: Vec<String>,
}

/// A definition of an export.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ExportDefinition {
    /// The machine, in a fat file: what is for another one is no second definition.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub machine: Option<String>,
    /// The member, as `libfoo.a(bar.o)`.
    pub member: String,
    /// How it stands.
    pub state: Standing,
    /// What it is.
    pub kind: SymbolKind,
    /// Its size in bytes, 0 where unknown.
    pub size: u64,
    /// Whether the archive's index has it.
    pub indexed: bool,
}

impl Export {
    /// Whether a requirement of it is met.
    pub fn is_met(&self) -> bool {
        self.state == Standing::Global && self.indexed
    }

    /// Whether a linker that goes by the index alone does not find it, although it is there to be found.
    fn is_unindexed(&self) -> bool {
        !self.indexed && self.state <= Standing::Hidden
    }

    /// Whether it is there, and `--restore` can make it global.
    fn is_lost(&self) -> bool {
        self.state == Standing::Hidden || self.state == Standing::Local && self.definitions.len() == 1
    }

    /// Adds what its definitions have to say.
    pub(super) fn note(&mut self) {
        let of = |state| self.definitions.iter().filter(move |definition| definition.state == state);
        let twice = |state| {
            let on_one = |one: &&ExportDefinition| of(state).filter(|other| other.machine == one.machine).count() > 1;
            of(state).any(|one| on_one(&one))
        };
        let mut notes = Vec::new();
        if twice(Standing::Global) {
            notes.push("defined twice: a link that pulls in both members fails".to_owned());
        }
        if self.state < Standing::Hidden && of(Standing::Hidden).next().is_some() {
            notes.push("hidden in one member: a shared object with both does not export it".to_owned());
        }
        if self.state == Standing::Local && twice(Standing::Local) {
            notes.push("several local ones: which is the export cannot be told".to_owned());
        }
        self.notes.extend(notes);
    }
}

impl ExportsReport {
    /// What mends what is wrong, with the command for it.
    fn remedies(&self) -> Vec<String> {
        let archives = self.archives.iter().map(|archive| quoted(archive)).collect::<Vec<_>>().join(" ");
        let mut remedies = Vec::new();
        let lost: Vec<_> = self.exports.iter().filter(|export| export.is_lost()).collect();
        if !lost.is_empty() {
            let keep: Vec<_> = lost.iter().take(4).map(|export| format!("--keep {}", quoted(&export.name))).collect();
            let more = if lost.len() > 4 { " ..." } else { "" };
            remedies.push(format!("make them global: armend exports --restore {archives} {}{more}", keep.join(" ")));
        }
        if self.exports.iter().any(Export::is_unindexed) {
            remedies.push(format!("GNU ld and gold do not find what is not in the index: armend index {archives}"));
        }
        if self.exports.iter().any(|export| export.state == Standing::BitcodeOnly) {
            remedies.push("for bitcode, build without -Clinker-plugin-lto (clang: -flto)".to_owned());
        }
        remedies
    }

    /// A member without its archive, where there is only one.
    fn short<'m>(&self, member: &'m str) -> &'m str {
        let bare = |archive| member.strip_prefix(archive)?.strip_prefix('(')?.strip_suffix(')');
        let [archive] = &self.archives[..] else { return member };
        bare(archive.as_str()).unwrap_or(member)
    }

    /// How many there are of each state.
    fn counts(&self) -> String {
        use Standing::{BitcodeOnly, Global, Hidden, Local, Missing, Weak};
        let counts = [Global, Weak, Hidden, Local, BitcodeOnly, Missing].map(|state| {
            let n = self.exports.iter().filter(|export| export.state == state).count();
            (n > 0).then(|| format!("{n} {}", state.word()))
        });
        counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// What `-v` adds: all that is not listed.
    pub fn details(&self) -> String {
        self.unlisted.iter().map(|name| format!("  not listed    {name}\n")).collect()
    }
}

impl fmt::Display for ExportsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let archives = self.archives.join(", ");
        let counts = self.counts();
        let colon = if counts.is_empty() { "" } else { ": " };
        writeln!(f, "{archives}: {}{colon}{counts}", count(self.exports.len(), "export"))?;
        let lens = self.exports.iter().map(|export| export.name.len());
        let width = lens.filter(|&len| len <= WIDEST_NAME).max().unwrap_or(0);
        for export in &self.exports {
            let mut place = match &export.definitions[..] {
                [] => String::new(),
                [only] => self.short(&only.member).to_owned(),
                [first, rest @ ..] => format!("{} and {} more", self.short(&first.member), rest.len()),
            };
            if export.is_unindexed() {
                place += ", not in the index";
            }
            let line = format!("  {:<12}  {:<width$}  {place}", export.state.word(), export.name);
            writeln!(f, "{}", line.trim_end())?;
            export.notes.iter().try_for_each(|note| writeln!(f, "{:16}{note}", ""))?;
        }
        if !self.unlisted.is_empty() {
            let names = some(&self.unlisted, 8);
            entry(f, "beside", &format!("{} not listed: {names}", count(self.unlisted.len(), "export")))?;
        }
        if !self.unmet.is_empty() {
            let unmet = self.exports.iter().filter(|export| export.required && !export.is_met());
            let unmet = unmet.map(|export| match export.state {
                Standing::Global => format!("{} (not in the index)", export.name),
                state => format!("{} ({})", export.name, state.word()),
            });
            entry(f, "required", &format!("not met: {}", some(&unmet.collect::<Vec<_>>(), 16)))?;
        }
        // Not wrapped: these are to be copied.
        self.remedies().iter().try_for_each(|remedy| writeln!(f, "  help      {remedy}"))?;
        let absent = |export: &Export| export.notes.iter().any(|note| note == ABSENT);
        if self.crates.is_empty() || !self.exports.iter().any(absent) {
            return Ok(());
        }
        let what = "a crate that no other mentions is left out of a staticlib, and `extern crate NAME;` brings it in";
        entry(f, "help", &format!("{what}; here are {}", some(&self.crates, 8)))
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_./-+@%:".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// What `exports --restore` did, or in a dry run would do.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RestoreReport {
    /// [`crate::report::SCHEMA`].
    pub schema: u32,
    /// `exports`.
    pub verb: &'static str,
    /// Whether any archive changed, or would.
    pub changed: bool,
    /// Each archive.
    pub archives: Vec<ArchiveSummary>,
    /// What is global again, by name.
    pub restored: Vec<Restored>,
    /// How many were already.
    pub already: usize,
}

/// An export that is global again.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Restored {
    /// Its name.
    pub name: String,
    /// What it was: `hidden` or `local`.
    pub was: Standing,
    /// The members that define it.
    pub members: Vec<String>,
}

impl fmt::Display for RestoreReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for archive in &self.archives {
            let what = match archive.members_changed {
                _ if !archive.changed => "nothing to change".to_owned(),
                0 => "index rebuilt".to_owned(),
                n => format!("{n} of {} members changed, index rebuilt", archive.members),
            };
            let output = archive.output.as_ref().filter(|output| **output != archive.archive);
            let output = output.map(|output| format!(", written to {output}")).unwrap_or_default();
            writeln!(f, "{}: {what}{output}", archive.archive)?;
        }
        for restored in &self.restored {
            let was = restored.was.word();
            entry(f, "restored", &format!("{}, which was {was}: {}", restored.name, some(&restored.members, 2)))?;
        }
        entry(f, "global", &format!("{} already", self.already))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_for_a_shell() {
        assert_eq!(quoted("out/libfoo-1.a"), "out/libfoo-1.a");
        assert_eq!(quoted("my lib.a"), "'my lib.a'");
        assert_eq!(quoted("it's$"), "'it'\\''s$'");
    }
}
