//! Finds every definition that patterns name, local ones included, and how each stands.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Result;
use crate::input::ParsedArchive;
use crate::object::symbol::{Binding, Placement, Symbol, SymbolKind, Visibility};
use crate::parallel;
use crate::plan::{MemberId, NameId, SymbolDb, is_export};
use crate::policy::{Keep, PatternId};

/// How a definition stands, or the best of a name's definitions, which are in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum Standing {
    /// Every linker finds it, and a shared object exports it.
    Global,
    /// The same, but it yields to another definition.
    Weak,
    /// Linkers find it; a shared object that it becomes part of does not export it.
    Hidden,
    /// Nothing outside its member finds it.
    Local,
    /// It is in LLVM bitcode alone: only a linker with an LLVM of that age finds it.
    BitcodeOnly,
    /// Nothing here defines it.
    Missing,
}

impl Standing {
    /// As reports write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Weak => "weak",
            Self::Hidden => "hidden",
            Self::Local => "local",
            Self::BitcodeOnly => "bitcode-only",
            Self::Missing => "missing",
        }
    }
}

/// A definition of a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Definition<'d> {
    pub member: MemberId,
    pub symbol: Symbol<'d>,
}

impl Definition<'_> {
    pub fn standing(&self) -> Standing {
        let Symbol { placement, binding, visibility, .. } = self.symbol;
        match binding {
            _ if placement == Placement::Bytecode => Standing::BitcodeOnly,
            Binding::Local => Standing::Local,
            _ if visibility >= Visibility::Hidden => Standing::Hidden,
            Binding::Weak => Standing::Weak,
            Binding::Global | Binding::Unique => Standing::Global,
        }
    }
}

/// A name that is looked for, and is there.
#[derive(Debug, Default)]
pub(super) struct Found<'d> {
    /// What names it; nothing where it was found by itself.
    pub pattern: Option<PatternId>,
    pub definitions: Vec<Definition<'d>>,
}

impl Found<'_> {
    /// The best of its definitions'.
    pub fn standing(&self) -> Standing {
        self.definitions.iter().map(Definition::standing).min().unwrap_or(Standing::Missing)
    }
}

/// What patterns name.
#[derive(Debug)]
pub(super) struct Survey<'d> {
    pub found: BTreeMap<&'d [u8], Found<'d>>,
    /// The patterns that match nothing.
    pub unmatched: BTreeSet<PatternId>,
}

impl<'d> Survey<'d> {
    /// Looks for what `keep` names, or finds the exports where it names none.
    ///
    /// # Errors
    /// Malformed, with file, member and offset.
    pub fn of(parsed: &[ParsedArchive<'d>], db: &SymbolDb<'d>, keep: &Keep) -> Result<Self> {
        let mut survey = Self { found: BTreeMap::new(), unmatched: BTreeSet::new() };
        survey.add_linked(db, keep);
        if keep.is_automatic() {
            return Ok(survey);
        }
        survey.add_locals(parsed, db, keep)?;
        let patterns = keep.patterns();
        // A wildcard is for what could have been exported: not for what compilers and isolate put a suffix to, as in
        // `js_run.cold` and `js_run.armend63j87g`.
        survey.found.retain(|name, found| {
            let is_named = found.pattern.is_some_and(|id| patterns.name(id).is_some());
            is_named || found.standing() <= Standing::Weak || !name.contains(&b'.')
        });
        survey.unmatched = patterns.ids().filter(|&id| !patterns.excludes(id)).collect();
        for definition in survey.found.values().flat_map(|found| &found.definitions) {
            patterns.matches(definition.symbol.spelling()).iter().for_each(|id| _ = survey.unmatched.remove(id));
        }
        Ok(survey)
    }

    fn add_linked(&mut self, db: &SymbolDb<'d>, keep: &Keep) {
        let patterns = keep.patterns();
        let chosen = |at| {
            let id = NameId(at as u32);
            let name = db.name(id);
            if keep.is_automatic() {
                (is_export(db, id) && !patterns.is_excluded(name.spelling())).then_some(None)
            } else if name.definitions > 0 {
                patterns.includes(name.spelling()).map(Some)
            } else {
                None
            }
        };
        let chosen: Vec<Option<Option<PatternId>>> = parallel::map(db.names().len(), chosen);
        for (at, member) in db.members().iter().enumerate() {
            for (symbol, name) in member.object.symbols.iter().zip(&member.names) {
                if let (Some(pattern), true) = (chosen[name.0 as usize], symbol.is_definition()) {
                    self.add(pattern, MemberId(at as u32), *symbol);
                }
            }
        }
    }

    fn add_locals(&mut self, parsed: &[ParsedArchive<'d>], db: &SymbolDb<'d>, keep: &Keep) -> Result<()> {
        let is_candidate = |symbol: &Symbol<'_>| {
            let is_code_or_data = !matches!(symbol.kind, SymbolKind::Section | SymbolKind::File);
            symbol.binding == Binding::Local && symbol.is_definition() && is_code_or_data && !symbol.name.is_empty()
        };
        let locals = parallel::try_map(db.members().len(), |at| {
            let member = &db.members()[at];
            let symbols = parsed[member.archive].objects[member.position].all_symbols();
            let symbols = symbols.map_err(|error| parsed[member.archive].locate(error, member.position))?;
            let symbols = symbols.into_iter().filter(is_candidate);
            let found = symbols.filter_map(|symbol| Some((keep.patterns().includes(symbol.spelling())?, symbol)));
            Ok(found.map(|(pattern, symbol)| (pattern, MemberId(at as u32), symbol)).collect::<Vec<_>>())
        })?;
        for (pattern, member, symbol) in locals.into_iter().flatten() {
            self.add(Some(pattern), member, symbol);
        }
        Ok(())
    }

    fn add(&mut self, pattern: Option<PatternId>, member: MemberId, symbol: Symbol<'d>) {
        let found = self.found.entry(symbol.name).or_insert(Found { pattern, definitions: Vec::new() });
        found.definitions.push(Definition { member, symbol });
    }
}
