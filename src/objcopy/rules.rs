//! The rules, applied to one object.

use std::borrow::Cow;
use std::collections::HashSet;

use super::Objcopy;
use super::report::Counts;
use crate::error::{Error, Result};
use crate::object::symbol::{
    Binding, NewName, ObjectEdits, Placement, Section, SectionChange, SignatureSymbol, Symbol, SymbolEdit, SymbolIndex,
    SymbolKind, Visibility,
};
use crate::object::{Object, UNSERVED_HELP};

/// LLVM's words (`object_error::invalid_file_type`).
const NOT_AN_OBJECT: &str = "The file was not recognized as a valid object file";

/// What is to happen to one object.
#[derive(Debug, Default)]
pub(super) struct MemberPlan<'d> {
    pub edits: ObjectEdits,
    pub counts: Counts,
    /// The names under which an archive's index lists the result.
    pub indexed: Vec<Cow<'d, [u8]>>,
}

impl Objcopy {
    /// What these rules do to `object`.
    ///
    /// # Errors
    /// Unsupported, for what is no object, or none whose symbols can be changed; malformed.
    pub(super) fn plan<'d>(&self, object: &Object<'d>) -> Result<MemberPlan<'d>> {
        match object {
            Object::Other => return Err(Error::unsupported(NOT_AN_OBJECT)),
            Object::Bitcode(_) => {
                let what = "an LLVM bitcode file: its symbols cannot be changed, as names live on inside of it";
                return Err(Error::unsupported(what));
            }
            Object::Unserved(kind) => {
                let what = format!("{kind} in an archive: its symbols cannot be changed");
                return Err(Error::unsupported(what).with_help(UNSERVED_HELP));
            }
            _ => {}
        }
        let mut plan = MemberPlan::default();
        let symbols = object.all_symbols()?;
        let gone = self.plan_sections(object, &symbols, &mut plan)?;
        let signatures = local_signatures(object, &symbols)?;
        for symbol in symbols {
            if matches!(symbol.placement, Placement::Section(section) if gone.get(section.0 as usize) == Some(&true)) {
                plan.counts.symbols_removed += 1;
                continue;
            }
            self.plan_symbol(object, &symbol, &signatures, &mut plan);
        }
        // An import is listed by one name more than it has symbols.
        if let Object::Import(import) = object {
            plan.indexed = import.object_symbols().indexed_names().collect();
        }
        Ok(plan)
    }

    /// Gives for each section whether it goes away.
    fn plan_sections(
        &self,
        object: &Object<'_>,
        symbols: &[Symbol<'_>],
        plan: &mut MemberPlan<'_>,
    ) -> Result<Vec<bool>> {
        let needless = object.needless_sections();
        if self.remove_sections.is_empty() && !self.strip_debug && needless.is_empty() {
            return Ok(Vec::new());
        }
        // What holds the symbols to keep stays with them.
        let kept = if self.keep.is_empty() || symbols.is_empty() { Vec::new() } else { object.symbol_sections() };
        let removed = |section: &Section<'_>| {
            let name = object.section_name(section.index).unwrap_or_default();
            let is_debug = [&b".debug"[..], b"__DWARF,"].iter().any(|start| name.starts_with(start));
            let debug = self.strip_debug && (is_debug || *name == *b".gdb_index");
            let asked_for = debug || self.remove_sections.matches(&name);
            needless.contains(&section.index) || asked_for && !kept.contains(&section.index)
        };
        let sections = object.all_sections()?;
        let removed = sections.iter().filter(|section| removed(section));
        plan.edits.sections = removed.map(|section| (section.index, SectionChange::Remove)).collect();
        plan.counts.sections_removed = plan.edits.sections.len();
        let mut gone = vec![false; sections.last().map_or(0, |last| last.index.0 as usize + 1)];
        plan.edits.sections.iter().for_each(|(section, _)| gone[section.0 as usize] = true);
        Ok(gone)
    }

    fn plan_symbol<'d>(
        &self,
        object: &Object<'d>,
        symbol: &Symbol<'d>,
        signatures: &HashSet<SymbolIndex>,
        plan: &mut MemberPlan<'d>,
    ) {
        let mut edit = SymbolEdit::of(symbol.index);
        let mut name = Cow::Borrowed(symbol.name);
        if !self.skip.matches(symbol.name) {
            let binding = self.binding(object, symbol);
            edit.binding = (binding != symbol.binding).then_some(binding);
            edit.visibility = self.visibility(symbol).filter(|visibility| *visibility != symbol.visibility);
            name = self.new_name(symbol);
        }
        if signatures.contains(&symbol.index) && edit.binding.is_none() {
            edit.binding = Some(Binding::Local);
        }
        edit.remove = !self.keep.matches(&name)
            && (self.strip.matches(&name) || self.strip_debug && symbol.kind == SymbolKind::File);
        let after = Symbol { name: &name, binding: edit.binding.unwrap_or(symbol.binding), prefix: 0, ..*symbol };
        let indexed = !edit.remove && object.is_indexed(&after);
        if name != symbol.name && !edit.remove {
            edit.name = NewName::Given(plan.edits.names.len() as u32);
            plan.edits.names.push(name.to_vec());
        }
        if indexed {
            plan.indexed.push(name);
        }
        if edit.is_change() {
            plan.counts.symbols_changed += usize::from(!edit.remove);
            plan.counts.symbols_removed += usize::from(edit.remove);
            plan.edits.symbols.push(edit);
        }
    }

    fn binding(&self, object: &Object<'_>, symbol: &Symbol<'_>) -> Binding {
        let mut binding = symbol.binding;
        let defined = symbol.is_definition();
        if !object.is_rebound(symbol) {
            return binding;
        }
        let hidden = matches!(symbol.visibility, Visibility::Hidden | Visibility::Internal);
        // A tentative definition is merged with others of its name: on its own it would be another variable.
        let localizes = defined && symbol.placement != Placement::Common;
        if localizes && (self.localize_hidden && hidden || self.localize.matches(symbol.name)) {
            binding = Binding::Local;
        }
        if !self.keep_global.is_empty() && defined && !self.keep_global.matches(symbol.name) {
            binding = Binding::Local;
        }
        if defined && self.globalize.matches(symbol.name) {
            binding = Binding::Global;
        }
        let weakens = self.weaken && defined || self.weaken_symbols.matches(symbol.name);
        if weakens && binding != Binding::Local {
            binding = Binding::Weak;
        }
        binding
    }

    fn visibility(&self, symbol: &Symbol<'_>) -> Option<Visibility> {
        let last = self.visibility.iter().rev().find(|(names, _)| names.matches(symbol.name));
        last.map(|&(_, visibility)| visibility)
    }

    fn new_name<'d>(&self, symbol: &Symbol<'d>) -> Cow<'d, [u8]> {
        let name = self.rename.get(symbol.name);
        let prefix = if symbol.kind == SymbolKind::Section { &b""[..] } else { &self.prefix };
        if name.is_none() && prefix.is_empty() {
            return Cow::Borrowed(symbol.name);
        }
        Cow::Owned([prefix, name.unwrap_or(symbol.name)].concat())
    }
}

/// The signatures of COMDAT groups that are definitions in the group and local: an earlier tool made them so, and left
/// it to the next one to make the group private. Compilers' own local signatures, as of C++'s `C5` constructors, are
/// no definitions, and their groups shared ones.
fn local_signatures(object: &Object<'_>, symbols: &[Symbol<'_>]) -> Result<HashSet<SymbolIndex>> {
    if symbols.is_empty() {
        return Ok(HashSet::new());
    }
    let object = object.local_groups()?;
    let local = object.groups.iter().filter_map(|group| match group.symbol {
        SignatureSymbol::Local(index) => {
            // Symbols are counted from 1.
            let symbol = symbols.get((index.0 as usize).checked_sub(1)?)?;
            let inside =
                matches!(symbol.placement, Placement::Section(home) if object.sections_of(group).contains(&home));
            inside.then_some(index)
        }
        SignatureSymbol::Global(_) | SignatureSymbol::Name | SignatureSymbol::Section => None,
    });
    Ok(local.collect())
}
