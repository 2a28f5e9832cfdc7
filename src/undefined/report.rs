//! The report of `undefined`.

use std::fmt;

use super::amend::Amendments;
use super::find::{References, Undefined, Use};
use super::providers::Providers;
use crate::error::printable;
use crate::input::ParsedArchive;
use crate::mangling;
use crate::object::symbol::Reach;
use crate::report::text::{count, counted, entry, some};
use crate::report::{ArchiveSummary, SCHEMA};

/// How many members the text names for one symbol.
const SHOWN: usize = 2;

/// What `undefined` found and did.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct UndefinedReport {
    /// [`SCHEMA`].
    pub schema: u32,
    /// `undefined`.
    pub verb: &'static str,
    /// Whether any archive changed, or would.
    pub changed: bool,
    /// What the archives are made for; absent where that has no name, or there is no object.
    pub architecture: Option<&'static str>,
    /// What was looked among beside the archives.
    pub linked_with: Vec<String>,
    /// Whether the platform's own libraries are among these: those of ELF's systems are known by their names.
    pub knows_platform: bool,
    /// What nothing provides, by name.
    pub symbols: Vec<UndefinedSymbol>,
    /// Names that C++'s runtime library is taken to provide, by their looks: no such library was given.
    pub of_cxx: Vec<String>,
    /// What nothing provides and no reference requires: these stay null.
    pub weak: Vec<String>,
    /// The archives that were rewritten, in the order given.
    pub archives: Vec<ArchiveSummary>,
}

/// References to one name.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct UndefinedSymbol {
    /// The name.
    pub name: String,
    /// The path that a Rust name stands for.
    pub demangled: Option<String>,
    /// What a shared object accepts: `weaken`, that the references are weak; `stub`, a definition of its own;
    /// `rebuild`, neither; absent where that is not known for these relocations.
    pub needs: Option<&'static str>,
    /// What was done: `weakened` or `stubbed`.
    pub done: Option<&'static str>,
    /// Where the references are, by members and sections.
    pub uses: Vec<UndefinedUse>,
}

/// References in one section of a member.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct UndefinedUse {
    /// The member; with its archive, where there are several.
    pub member: String,
    /// The section.
    pub section: String,
    /// Whether the section is part of the loaded program.
    pub loaded: bool,
    /// The types of the relocations.
    pub relocations: Vec<RelocationCount>,
}

/// How many relocations there are of a type.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RelocationCount {
    /// The type, as `R_X86_64_PC32`.
    pub r#type: String,
    /// How many.
    pub count: usize,
}

impl UndefinedReport {
    pub(super) fn of(
        parsed: &[ParsedArchive<'_>],
        references: &References<'_>,
        providers: &Providers<'_>,
        amendments: &Amendments,
    ) -> Self {
        let symbol = |(name, undefined): (&&[u8], &Undefined)| UndefinedSymbol {
            name: printable(name),
            demangled: mangling::demangle(name).map(|path| printable(path.as_bytes())),
            needs: match undefined.reach {
                Reach::Anywhere => Some("weaken"),
                Reach::SameFile => Some("stub"),
                Reach::Program => Some("rebuild"),
                Reach::Unknown => None,
            },
            done: match undefined.id {
                id if amendments.weakened.contains(&id) => Some("weakened"),
                id if amendments.stubbed.contains(&id) => Some("stubbed"),
                _ => None,
            },
            uses: undefined.uses.iter().map(|found| UndefinedUse::of(parsed, found)).collect(),
        };
        Self {
            schema: SCHEMA,
            verb: "undefined",
            changed: false,
            architecture: providers.architecture.map(|architecture| architecture.name()),
            linked_with: providers.names(),
            knows_platform: providers.for_glibc,
            symbols: references.undefined.iter().map(symbol).collect(),
            of_cxx: references.of_cxx.iter().map(|name| printable(name)).collect(),
            weak: references.weak.iter().map(|name| printable(name)).collect(),
            archives: Vec::new(),
        }
    }

    /// How many names are undefined that nothing was done about.
    pub fn left(&self) -> usize {
        self.symbols.iter().filter(|symbol| symbol.done.is_none()).count()
    }
}

impl UndefinedUse {
    fn of(parsed: &[ParsedArchive<'_>], found: &Use) -> Self {
        let (archive, position) = found.member;
        let object = &parsed[archive].objects[position];
        let count = |(&form, &count)| RelocationCount { r#type: object.form_name(form), count };
        Self {
            member: match parsed {
                [only] => printable(only.archive.members[position].name),
                several => several[archive].member_label(position),
            },
            section: object.section_name(found.section).map_or_else(|| "(bitcode)".to_owned(), |name| printable(&name)),
            loaded: found.loaded,
            relocations: found.forms.iter().map(count).collect(),
        }
    }
}

impl UndefinedSymbol {
    /// What a shared object accepts, and what was done, in words.
    fn advice(&self, has_stubs: bool) -> &'static str {
        match (self.done, self.needs) {
            (None, Some("weaken")) if !has_stubs => "--weaken",
            (None, _) if !has_stubs => "--weaken, for linkers that leave weak references undefined",
            (Some("weakened"), Some("weaken") | None) => "now weak",
            (Some("weakened"), _) => "now weak, but not for a shared object: its relocations need --stub",
            (Some(_), Some("rebuild")) => "now a stub, but not for a shared object: rebuild with -fPIC",
            (Some(_), _) => "now a stub",
            (None, Some("weaken")) => "--weaken or --stub",
            (None, Some("stub")) => "--stub",
            (None, Some(_)) => "rebuild with -fPIC",
            (None, None) => "--stub, or --weaken",
        }
    }
}

impl fmt::Display for UndefinedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machine = self.architecture.map_or_else(String::new, |name| format!("{name}, "));
        let with = if self.linked_with.is_empty() { "nothing else".to_owned() } else { self.linked_with.join(", ") };
        writeln!(f, "{} undefined ({machine}with {with})", count(self.symbols.len(), "name"))?;
        for symbol in &self.symbols {
            let shown = symbol.demangled.as_ref().unwrap_or(&symbol.name);
            writeln!(f, "  {shown}: {}", symbol.advice(self.knows_platform))?;
            for found in symbol.uses.iter().take(SHOWN) {
                let relocations: Vec<String> = found.relocations.iter().map(RelocationCount::to_string).collect();
                entry(f, "", &format!("{} {}: {}", found.member, found.section, relocations.join(", ")))?;
            }
            match symbol.uses.len().saturating_sub(SHOWN) {
                0 => {}
                more => entry(f, "", &format!("and {more} more"))?,
            }
        }
        if !self.knows_platform {
            entry(f, "note", "the platform's own libraries are not known by name: --libs names those that are linked")?;
        }
        if !self.of_cxx.is_empty() {
            let names = counted(self.of_cxx.len(), "name", &some(&self.of_cxx, SHOWN));
            entry(f, "C++", &format!("left to C++'s runtime library, as none is among --libs: {names}"))?;
        }
        if !self.weak.is_empty() {
            let names = counted(self.weak.len(), "name", &some(&self.weak, SHOWN));
            entry(f, "weak", &format!("may stay undefined: {names}"))?;
        }
        for archive in &self.archives {
            let ArchiveSummary { archive, members, members_changed, .. } = archive;
            entry(f, "archive", &format!("{archive}: {members_changed} of {} changed", count(*members, "member")))?;
        }
        Ok(())
    }
}

impl fmt::Display for RelocationCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            1 => f.write_str(&self.r#type),
            n => write!(f, "{n} {}", self.r#type),
        }
    }
}
