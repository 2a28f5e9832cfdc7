//! The numbers that symbols and sections have once some are gone.

use super::WasmObject;
use super::linking::Kind;
use crate::error::{Error, Result, printable};
use crate::object::symbol::{ObjectEdits, SectionChange};

/// For each symbol and section, its new number, or none.
#[derive(Debug)]
pub(super) struct Numbers {
    symbols: Vec<Option<u32>>,
    sections: Vec<Option<u32>>,
    changes: bool,
}

impl Numbers {
    /// What goes away: the sections and symbols that `edits` name, with the relocations that apply to such a section
    /// and the symbols that stand for it.
    ///
    /// # Errors
    /// Malformed relocations; unsupported, for a section that the module needs.
    pub fn of(object: &WasmObject<'_>, edits: &ObjectEdits) -> Result<Self> {
        let sections = &object.module.sections;
        let mut gone = vec![false; sections.len()];
        for (index, _) in edits.sections.iter().filter(|(_, change)| *change == SectionChange::Remove) {
            let at = object.own_section(*index).filter(|&at| !sections[at].is_loaded() && !sections[at].is_linking());
            let at = at.ok_or_else(|| Error::unsupported("only custom sections of a WebAssembly object can go"))?;
            gone[at] = true;
        }
        if gone.contains(&true) {
            for (at, section) in sections.iter().enumerate().filter(|(_, section)| section.is_relocations()) {
                let target_goes = gone[object.relocations_target(section)?];
                if gone[at] && !target_goes {
                    let name = printable(section.name);
                    return Err(Error::unsupported(format!("section '{name}' cannot go: what it applies to stays")));
                }
                gone[at] = target_goes;
            }
        }
        let symbols = object.linking()?.symbols().iter();
        let mut removed: Vec<bool> =
            symbols.map(|symbol| symbol.kind == Kind::Section && gone[symbol.element as usize]).collect();
        for edit in edits.symbols.iter().filter(|edit| edit.remove) {
            removed[edit.index.0 as usize] = true;
        }
        let changes = gone.contains(&true) || removed.contains(&true);
        Ok(Self { symbols: renumbered(&removed), sections: renumbered(&gone), changes })
    }

    pub fn symbol(&self, old: usize) -> Option<u32> {
        self.symbols.get(old).copied().flatten()
    }

    pub fn section(&self, old: usize) -> Option<u32> {
        self.sections.get(old).copied().flatten()
    }

    /// Whether anything is gone.
    pub fn changes(&self) -> bool {
        self.changes
    }
}

fn renumbered(gone: &[bool]) -> Vec<Option<u32>> {
    let mut next = 0;
    let number = |&gone: &bool| {
        let number = (!gone).then_some(next);
        next += u32::from(!gone);
        number
    };
    gone.iter().map(number).collect()
}
