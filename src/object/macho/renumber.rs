//! New numbers for symbols and sections, and every table that carries the old ones.
//!
//! Local symbols come first in a symbol table, then external definitions, then undefined symbols (`<mach-o/loader.h>`,
//! `LC_DYSYMTAB`). A symbol that becomes local or global moves across these borders, and one that goes away moves all
//! behind it; sections count from 1. What refers to them by number: relocations, the indirect symbol table, symbols.

use object::macho;
use object::pod::bytes_of_slice;
use object::read::macho::Nlist;

use super::edit::Draft;
use super::layout::{ILOCALSYM, NSYMS, put_u32};
use super::relocations::Target;
use super::{Class, MachOObject, SectionAt};
use crate::error::{Error, Result, printable};
use crate::object::symbol::{Binding, ObjectEdits, Placement, SectionChange, SectionIndex};

/// For each old number the new one; `None` for what goes away.
type Map = Vec<Option<u32>>;

/// The new numbers of an object's symbols and sections. Without a map, numbers stay.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    symbols: Option<Map>,
    /// By ordinals, with one for "no section" in front.
    sections: Option<Map>,
    /// How many symbols there are of each part.
    parts: [u32; 3],
}

impl Numbers {
    /// The numbers that follow from `edits`.
    ///
    /// # Errors
    /// Malformed, where the symbol table is.
    pub fn of<M: Class>(object: &MachOObject<'_, M>, edits: &ObjectEdits) -> Result<Self> {
        let mut numbers = Self::default();
        if edits.sections.iter().any(|(_, change)| *change == SectionChange::Remove) {
            let mut next = 0;
            let number = |ordinal: u32| {
                let stays = edits.section(SectionIndex(ordinal)) != Some(SectionChange::Remove);
                next += u32::from(stays);
                stays.then(|| next - 1)
            };
            numbers.sections = Some((0..=object.sections.len() as u32).map(number).collect());
        }
        let mut parts = Vec::with_capacity(object.symbols.len());
        for (index, nlist) in object.symbols.enumerate() {
            let placed = match object.placement(index.0, nlist)? {
                Placement::Section(section) => numbers.section(section.0).is_some(),
                _ => true,
            };
            parts.push(placed.then(|| object.part(index.0, nlist)));
        }
        let mut moves = numbers.sections.is_some() && parts.contains(&None);
        for edit in &edits.symbols {
            let at = edit.index.0 as usize;
            let Some(part) = parts[at] else { continue };
            let global = edit.binding.map(|binding| binding != Binding::Local);
            let new = match global {
                Some(false) => 0,
                Some(true) => object.part_of(at, &object.symbols.symbols()[at], true),
                None => part,
            };
            moves |= new != part || edit.remove;
            parts[at] = (!edit.remove).then_some(new);
        }
        if moves {
            let mut order: Vec<usize> = (0..parts.len()).filter(|&at| parts[at].is_some()).collect();
            order.sort_by_key(|&at| parts[at]);
            let mut map = vec![None; parts.len()];
            order.iter().enumerate().for_each(|(new, &old)| map[old] = Some(new as u32));
            parts.iter().flatten().for_each(|&part| numbers.parts[part] += 1);
            numbers.symbols = Some(map);
        }
        Ok(numbers)
    }

    /// Whether any symbol has another number than before, or none.
    pub fn changes_symbols(&self) -> bool {
        self.symbols.is_some()
    }

    /// A symbol's new number.
    pub fn symbol(&self, old: u32) -> Option<u32> {
        self.symbols.as_ref().map_or(Some(old), |map| map.get(old as usize).copied().flatten())
    }

    /// Whether any section goes away.
    pub fn removes_sections(&self) -> bool {
        self.sections.is_some()
    }

    /// A section's new ordinal.
    pub fn section(&self, old: u32) -> Option<u32> {
        self.sections.as_ref().map_or(Some(old), |map| map.get(old as usize).copied().flatten())
    }
}

impl<'d, M: Class> MachOObject<'d, M> {
    /// Which part of the table a symbol is in: 0 for local ones, 1 for external definitions, 2 for what is undefined.
    fn part(&self, index: usize, nlist: &M::Nlist) -> usize {
        self.part_of(index, nlist, nlist.n_type().is_ext())
    }

    fn part_of(&self, index: usize, nlist: &M::Nlist, external: bool) -> usize {
        const IUNDEFSYM: usize = ILOCALSYM + 16;
        match nlist.n_type().typ() {
            _ if nlist.is_stab() || !external => 0,
            macho::N_UNDF | macho::N_PBUD => 2,
            // LLVM counts aliases of what is undefined here among the undefined ones.
            macho::N_INDR => {
                let table = self.command(macho::LC_DYSYMTAB);
                let undefined = table.map_or(u32::MAX, |table| self.field(table, IUNDEFSYM));
                if index < undefined as usize { 1 } else { 2 }
            }
            _ => 1,
        }
    }

    /// Rewrites in `draft` every table that carries numbers.
    ///
    /// # Errors
    /// Unsupported, naming what still refers to a symbol or section that is to go; malformed tables.
    pub(super) fn renumber(&self, numbers: &Numbers, symbols: Vec<u8>, draft: &mut Draft) -> Result<()> {
        if !numbers.changes_symbols() && !numbers.removes_sections() {
            draft.contents.insert(self.symbols_field()?, symbols);
            return Ok(());
        }
        self.renumber_symbols(numbers, &symbols, draft)?;
        self.renumber_indirect_symbols(numbers, draft)?;
        for (index, section) in self.enumerate_sections() {
            if numbers.section(index.0).is_none() {
                continue;
            }
            let number = |target| self.number(section, target, numbers);
            let relocations = self.renumber_relocations(section, number)?;
            if !relocations.is_empty() {
                draft.contents.insert(section.at + M::RELOFF, relocations);
            }
        }
        Ok(())
    }

    /// The new number for what a relocation of `section` refers to.
    fn number(&self, section: &SectionAt<'d, M>, target: Target, numbers: &Numbers) -> Result<u32> {
        let new = match target {
            Target::Symbol(symbol) if symbol as usize >= self.symbols.len() => {
                let what = "a relocation refers to a symbol that is not there";
                return Err(Error::malformed(section.at as u64, what));
            }
            Target::Symbol(symbol) => numbers.symbol(symbol),
            Target::Section(ordinal) => numbers.section(ordinal),
            Target::Address(address) => {
                let home = self.section_at(address.into());
                home.map_or(Some(0), |home| numbers.section(home.0))
            }
            Target::Nothing => Some(0),
        };
        new.ok_or_else(|| self.referred(section, target))
    }

    /// Why something cannot go: a relocation of `section` refers to it.
    fn referred(&self, section: &SectionAt<'d, M>, target: Target) -> Error {
        let by = section.label();
        let home = match target {
            Target::Symbol(symbol) => {
                let nlist = &self.symbols.symbols()[symbol as usize];
                let name = self.symbol_name(symbol as usize, nlist).map(printable).unwrap_or_default();
                let what = match self.placement(symbol as usize, nlist) {
                    Ok(Placement::Section(home)) => format!(
                        "symbol '{name}' defined in section with index '{}' cannot be removed because it is \
                         referenced by a relocation in section '{by}'",
                        home.0
                    ),
                    _ => format!("not stripping symbol '{name}' because it is named in a relocation"),
                };
                return Error::unsupported(what);
            }
            Target::Section(ordinal) => self.section(SectionIndex(ordinal)),
            Target::Address(address) => self.section_at(address.into()).and_then(|home| self.section(home)),
            Target::Nothing => None,
        };
        let home = home.map(SectionAt::label).unwrap_or_default();
        Error::unsupported(format!(
            "section '{home}' cannot be removed because it is referenced by a relocation in section '{by}'"
        ))
    }

    fn renumber_symbols(&self, numbers: &Numbers, symbols: &[u8], draft: &mut Draft) -> Result<()> {
        let size = size_of::<M::Nlist>();
        let mut order: Vec<_> =
            (0..self.symbols.len()).filter_map(|old| Some((numbers.symbol(old as u32)?, old))).collect();
        order.sort_unstable();
        let mut rows = Vec::with_capacity(symbols.len());
        for &(_, old) in &order {
            let row = rows.len();
            rows.extend_from_slice(&symbols[old * size..(old + 1) * size]);
            // Stabs name sections as well; what theirs are for, once a section is gone, nobody reads.
            let section = numbers.section(symbols[old * size + M::N_SECT].into()).unwrap_or_default();
            rows[row + M::N_SECT] = section as u8;
        }
        draft.contents.insert(self.symbols_field()?, rows);
        if let Some(symtab) = self.command(macho::LC_SYMTAB) {
            put_u32(&mut draft.commands, symtab.at + NSYMS, self.endian, order.len() as u32);
        }
        if let (true, Some(table)) = (numbers.changes_symbols(), self.command(macho::LC_DYSYMTAB)) {
            let mut first = 0;
            for (part, count) in numbers.parts.into_iter().enumerate() {
                let at = table.at + ILOCALSYM + 8 * part;
                put_u32(&mut draft.commands, at, self.endian, first);
                put_u32(&mut draft.commands, at + 4, self.endian, count);
                first += count;
            }
        }
        Ok(())
    }

    /// The entries of a section that goes away are nobody's: they stay, so that those of others keep their places.
    fn renumber_indirect_symbols(&self, numbers: &Numbers, draft: &mut Draft) -> Result<()> {
        let Some((field, table)) = self.indirect_symbols()? else { return Ok(()) };
        let mut used = vec![!numbers.removes_sections(); table.len()];
        for (index, section) in self.enumerate_sections() {
            if numbers.section(index.0).is_some() {
                let range = self.indirect_range(section).unwrap_or_default();
                let end = range.end.min(used.len());
                used.get_mut(range.start..end).unwrap_or_default().fill(true);
            }
        }
        let mut words = table.to_vec();
        for (word, used) in words.iter_mut().zip(used) {
            let entry = word.get(self.endian);
            let Some(symbol) = entry.index() else { continue };
            let new = match numbers.symbol(symbol) {
                Some(new) => macho::IndirectSymbol(new),
                None if used => {
                    let nlist = self.symbols.symbols().get(symbol as usize);
                    let name =
                        nlist.and_then(|nlist| self.symbol_name(symbol as usize, nlist).ok()).unwrap_or_default();
                    return Err(Error::unsupported(format!(
                        "not stripping symbol '{}' because it is named in the indirect symbol table",
                        printable(name)
                    )));
                }
                None => macho::INDIRECT_SYMBOL_ABS,
            };
            word.set(self.endian, new);
        }
        draft.contents.insert(field, bytes_of_slice(&words).to_vec());
        Ok(())
    }
}
