//! The new numbers of symbols and sections, where anything goes away.

use object::read::coff::Symbol as _;

use super::CoffObject;
use super::edit::Draft;
use super::layout::Layout;
use super::weaken::ADDED;
use crate::error::Result;
use crate::object::symbol::{ObjectEdits, SectionChange, SectionIndex};

/// For each old number, symbols' from 0 and sections' from 1, the new one; `None` for what goes away. Without a map,
/// numbers stay.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    symbols: Option<Vec<Option<u32>>>,
    sections: Option<Vec<Option<u32>>>,
}

impl Numbers {
    /// The numbers that follow from the sections that `edits` remove and the records that are gone from `draft`, to
    /// which those of symbols in removed sections are added.
    pub fn of<Coff: Layout>(object: &CoffObject<'_, Coff>, edits: &ObjectEdits, draft: &mut Draft) -> Result<Self> {
        let mut numbers = Self::default();
        // Section 0 is none: it keeps its number.
        let gone = object.removed_sections(edits)?;
        if gone.contains(&true) {
            for (index, symbol) in object.symbols.iter() {
                let section = symbol.section_number().index().and_then(|section| gone.get(section as usize));
                if section == Some(&true) {
                    draft.removed[index.0..=index.0 + usize::from(symbol.number_of_aux_symbols())].fill(true);
                }
            }
            numbers.sections = Some(number(&gone, |_| 0));
        }
        if draft.removed.contains(&true) || !draft.added_records.is_empty() {
            numbers.symbols = Some(number(&draft.removed, |index| {
                let added = draft.added_records.contains_key(&index);
                if added { ADDED } else { 0 }
            }));
        }
        Ok(numbers)
    }

    /// Whether symbols have other numbers than before.
    pub fn renumbers_symbols(&self) -> bool {
        self.symbols.is_some()
    }

    /// Whether sections have other numbers than before.
    pub fn renumbers_sections(&self) -> bool {
        self.sections.is_some()
    }

    /// A symbol's new number.
    pub fn symbol(&self, old: u32) -> Option<u32> {
        self.symbols.as_ref().map_or(Some(old), |map| map.get(old as usize).copied().flatten())
    }

    /// A section's new number.
    pub fn section(&self, old: SectionIndex) -> Option<SectionIndex> {
        let Some(map) = &self.sections else { return Some(old) };
        map.get(old.0 as usize).copied().flatten().map(SectionIndex)
    }
}

/// The new numbers, where `added` says how many there are more behind an old one.
fn number(gone: &[bool], added: impl Fn(usize) -> u32) -> Vec<Option<u32>> {
    let mut next = 0;
    let number = |(at, gone): (usize, &bool)| {
        let new = (!gone).then_some(next);
        next += u32::from(!gone) + added(at);
        new
    };
    gone.iter().enumerate().map(number).collect()
}

impl<Coff: Layout> CoffObject<'_, Coff> {
    /// For each section number, whether the section goes away: what is asked for, and associative sections with the
    /// one that they go with.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub(super) fn removed_sections(&self, edits: &ObjectEdits) -> Result<Vec<bool>> {
        let mut gone = vec![false; self.sections.len() + 1];
        for &(section, change) in &edits.sections {
            gone[section.0 as usize] |= change == SectionChange::Remove;
        }
        if gone.contains(&true) {
            for comdat in self.comdats()? {
                let leader = comdat.associated.and_then(|section| gone.get(section.0 as usize));
                let goes = leader.copied().unwrap_or_default();
                gone[comdat.section.0 as usize] |= goes;
            }
        }
        Ok(gone)
    }
}
