//! One symbol: where it is defined, who refers to it, which members it pulls in, and what `isolate` would do with it.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::path::Path;

use crate::error::{Error, Result, printable};
use crate::input::{Input, ParsedArchive};
use crate::isolate::Isolate;
use crate::mangling;
use crate::object::symbol::{Binding, Placement, Symbol, SymbolKind, Visibility};
use crate::plan::{self, Fate, Name, NameId, Plan, Reason, SymbolDb};
use crate::policy::Keep;
use crate::report::SCHEMA;
use crate::report::text::entry;

/// In the place of a section's name, for a definition that is in none yet.
const BITCODE: &str = "bitcode";

/// What `explain` found: one entry a name, as a demangled path can mean several.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ExplainReport {
    /// [`SCHEMA`].
    pub schema: u32,
    /// `explain`.
    pub verb: &'static str,
    /// The names.
    pub symbols: Vec<Explanation>,
}

/// All about one name.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Explanation {
    /// The linkage name.
    pub name: String,
    /// The machine of the fat file's slice that it is in; absent where there is no fat file.
    pub machine: Option<String>,
    /// The path behind it, for a Rust name.
    pub demangled: Option<String>,
    /// Whose it is; absent when nothing here defines it.
    pub origin: Option<String>,
    /// Its definitions.
    pub definitions: Vec<Definition>,
    /// The members that refer to it, strongly or weakly.
    pub references: Vec<Reference>,
    /// The members that a link which needs it pulls in, its own first.
    pub pulls: Vec<String>,
    /// What `isolate` would do.
    pub isolate: Outcome,
}

/// A definition.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Definition {
    /// The member, as `libfoo.a(bar.o)`.
    pub member: String,
    /// The section; `COMMON`, `ABS`, `bitcode`.
    pub section: String,
    /// Binding.
    pub binding: Binding,
    /// Visibility.
    pub visibility: Visibility,
    /// Kind.
    pub kind: SymbolKind,
    /// Size in bytes; 0 in bitcode.
    pub size: u64,
}

/// A reference.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Reference {
    /// The member.
    pub member: String,
    /// `weak` where it may stay unresolved.
    pub binding: Binding,
}

/// What `isolate` would do with a name.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Outcome {
    /// `private`, `local`, `kept` or `stays`.
    pub fate: &'static str,
    /// Its name afterwards, where that is another.
    pub to: Option<String>,
    /// Why.
    pub why: String,
}

/// Explains `symbol`, a linkage name or a demangled path, in the light of what `policy` would do.
///
/// ```no_run
/// # fn main() -> armend::Result<()> {
/// use armend::Isolate;
///
/// let policy = Isolate::new().keep("krun_*");
/// println!("{}", armend::explain::explain("rust_eh_personality", &["libkrun.a"], &policy)?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// I/O, malformed input; usage when no archive knows the symbol.
pub fn explain(symbol: &str, archives: &[impl AsRef<Path>], policy: &Isolate) -> Result<ExplainReport> {
    let inputs = Input::open_all(archives)?;
    let parsed = inputs.iter().map(ParsedArchive::parse).collect::<Result<Vec<_>>>()?;
    let db = SymbolDb::build(&parsed)?;
    let keep = crate::keep_from::load(&policy.keep)?;
    let plan = plan::decide(&db, policy, &keep, policy.tag_for(&parsed))?;
    let names = find(&db, symbol)?;
    let explainer = Explainer { parsed: &parsed, db: &db, plan: &plan, keep: &keep };
    let symbols = names.into_iter().map(|id| explainer.explain(id)).collect();
    Ok(ExplainReport { schema: SCHEMA, verb: "explain", symbols })
}

/// The names that `symbol` means: those called so by linkers, or in C, or all whose path it is. In fat files there is one
/// for each machine.
fn find(db: &SymbolDb<'_>, symbol: &str) -> Result<Vec<NameId>> {
    let meanings: [&dyn Fn(&Name<'_>) -> bool; 3] =
        [&|name| name.bytes == symbol.as_bytes(), &|name| name.source() == symbol.as_bytes(), &|name| {
            mangling::demangle(name.source()).is_some_and(|path| path == symbol)
        }];
    for is_meant in meanings {
        let names = db.names().iter().zip(0..).filter(|(name, _)| is_meant(name));
        let found: Vec<_> = names.map(|(_, id)| NameId(id)).collect();
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let error = Error::usage(format!("no archive defines or refers to \"{symbol}\""));
    let nearest = plan::nearest_names(db, symbol);
    Err(if nearest.is_empty() { error } else { error.with_help(format!("the nearest names: {}", nearest.join(", "))) })
}

struct Explainer<'a, 'd> {
    parsed: &'a [ParsedArchive<'d>],
    db: &'a SymbolDb<'d>,
    plan: &'a Plan<'d>,
    keep: &'a Keep,
}

impl Explainer<'_, '_> {
    fn explain(&self, id: NameId) -> Explanation {
        let name = self.db.name(id).bytes;
        let mut explanation = Explanation {
            name: printable(name),
            machine: self.db.machine(id).map(str::to_owned),
            demangled: mangling::demangle(self.db.name(id).source()),
            origin: self.db.origin(id).map(|origin| origin.to_string()),
            definitions: Vec::new(),
            references: Vec::new(),
            pulls: self.pulls(id),
            isolate: self.outcome(id),
        };
        for member in self.db.members() {
            let label = || self.parsed[member.archive].member_label(member.position);
            let uses = member.object.symbols.iter().zip(&member.names).filter(|(_, name)| **name == id);
            for (symbol, _) in uses {
                if symbol.is_definition() {
                    let section = self.section(member.archive, member.position, symbol);
                    explanation.definitions.push(Definition {
                        member: label(),
                        section,
                        binding: symbol.binding,
                        visibility: symbol.visibility,
                        kind: symbol.kind,
                        size: symbol.size,
                    });
                } else {
                    explanation.references.push(Reference { member: label(), binding: symbol.binding });
                }
            }
        }
        explanation
    }

    fn section(&self, archive: usize, position: usize, symbol: &Symbol<'_>) -> String {
        match symbol.placement {
            Placement::Undefined => "UNDEF".to_owned(),
            Placement::Common => "COMMON".to_owned(),
            Placement::Absolute => "ABS".to_owned(),
            Placement::Bytecode => BITCODE.to_owned(),
            Placement::Section(index) => {
                let name = self.parsed[archive].objects[position].section_name(index);
                name.map_or_else(|| format!("section {}", index.0), |name| printable(&name))
            }
        }
    }

    /// Archive search as linkers do it: a member is pulled in by a strong reference to a name that it is the first to
    /// define, and brings its own references along.
    fn pulls(&self, id: NameId) -> Vec<String> {
        let mut first: HashMap<NameId, usize> = HashMap::new();
        for (at, member) in self.db.members().iter().enumerate() {
            for (symbol, &name) in member.object.symbols.iter().zip(&member.names) {
                if symbol.is_definition() {
                    first.entry(name).or_insert(at);
                }
            }
        }
        let mut pulled = BTreeSet::new();
        let mut order = Vec::new();
        let mut wanted: Vec<usize> = first.get(&id).copied().into_iter().collect();
        while let Some(at) = wanted.pop() {
            if !pulled.insert(at) {
                continue;
            }
            order.push(at);
            let member = &self.db.members()[at];
            for (symbol, name) in member.object.symbols.iter().zip(&member.names) {
                if !symbol.is_definition() && symbol.binding != Binding::Weak {
                    wanted.extend(first.get(name));
                }
            }
        }
        let label = |at: usize| {
            let member = &self.db.members()[at];
            self.parsed[member.archive].member_label(member.position)
        };
        order.into_iter().map(label).collect()
    }

    fn outcome(&self, id: NameId) -> Outcome {
        let name = self.db.name(id).bytes;
        let new = [name, self.plan.suffixes.of(self.plan.new_name(id))].concat();
        let to = (new != name).then(|| printable(&new));
        let (fate, why) = match self.plan.fate(id) {
            Fate::Private => ("private", "defined here and not an export".to_owned()),
            Fate::Local => ("local", "not an export, and one member alone defines it and refers to it".to_owned()),
            Fate::FollowsRegistry => {
                ("private", "bounds a registry of these archives and follows its section".to_owned())
            }
            Fate::Stays(Reason::Kept(pattern)) => {
                ("kept", format!("\"{}\" keeps it", self.keep.patterns().text(pattern)))
            }
            Fate::Stays(Reason::Export) => {
                ("kept", "an export: visible, unmangled, outside the standard library".to_owned())
            }
            Fate::Stays(reason) => ("stays", self.why_stays(reason).to_owned()),
        };
        Outcome { fate, to, why }
    }

    fn why_stays(&self, reason: Reason) -> &'static str {
        match reason {
            Reason::NotDefined => "none of these archives defines it",
            Reason::Kept(_) | Reason::Export => "an export",
            Reason::AlreadyPrivate => "its name carries a tag: an earlier run made it private",
            Reason::Versioned => "it is bound to a symbol version",
            Reason::LinkerDefined => "linkers or the C runtime's start files know it by name",
            Reason::TypeInfo => "C++ type information is the same on both sides of an exception; it becomes weak",
            Reason::Group => "its COMDAT group also holds a name that stays",
            Reason::Personality => "it points to a personality routine that stays",
            Reason::Pointer => "it is the place of the address of a name that stays",
            Reason::Imported => "a DLL gives it, under this name",
            Reason::Shared => "it cannot become local: several members define it or refer to it, or its group does",
            Reason::OnePerImage => {
                "a linked file can have three of its kind: the definition becomes weak and is shared"
            }
            Reason::GlobalOnly => "it cannot become local: its relocations mean something else for local symbols",
            Reason::OutOfScope => "the scope leaves it out",
        }
    }
}

impl fmt::Display for ExplainReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.symbols.iter().try_for_each(|symbol| write!(f, "{symbol}"))
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machine = self.machine.as_ref().map(|machine| format!(" ({machine})")).unwrap_or_default();
        writeln!(f, "{}{machine}", self.name)?;
        if let Some(path) = &self.demangled {
            entry(f, "means", path)?;
        }
        if let Some(origin) = &self.origin {
            entry(f, "origin", origin)?;
        }
        for d in &self.definitions {
            let (binding, visibility, kind) = (word(d.binding), word(d.visibility), word(d.kind));
            // Bytecode has no sizes yet.
            let size = if d.section == BITCODE { String::new() } else { format!(", {} bytes", d.size) };
            entry(f, "defined", &format!("{} in {}: {binding} {visibility} {kind}{size}", d.member, d.section))?;
        }
        if self.definitions.is_empty() {
            entry(f, "defined", "nowhere in these archives")?;
        }
        let references = self.references.iter().map(|reference| match reference.binding {
            Binding::Weak => format!("by {} (weakly)", reference.member),
            _ => format!("by {}", reference.member),
        });
        some_entries(f, "referred", references)?;
        some_entries(f, "pulls in", self.pulls.iter().skip(1).cloned())?;
        let to = self.isolate.to.as_ref().map(|to| format!(" as {to}")).unwrap_or_default();
        entry(f, "isolate", &format!("{}{to}: {}", self.isolate.fate, self.isolate.why))
    }
}

/// The first few entries, one a line, and how many more there are.
fn some_entries(
    f: &mut fmt::Formatter<'_>,
    label: &str,
    entries: impl ExactSizeIterator<Item = String>,
) -> fmt::Result {
    const MOST: usize = 8;
    let more = entries.len().saturating_sub(MOST);
    for text in entries.take(MOST) {
        entry(f, label, &text)?;
    }
    if more > 0 { entry(f, label, &format!("and {more} more")) } else { Ok(()) }
}

fn word(value: impl fmt::Debug) -> String {
    format!("{value:?}").to_lowercase()
}
