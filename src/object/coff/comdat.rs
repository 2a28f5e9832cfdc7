//! COMDAT sections: each one that linkers keep one of, and what goes with it.
//!
//! The first symbol of such a section is the section's own, whose auxiliary record says how linkers choose; the second
//! is the COMDAT symbol, by whose name they do ("COMDAT Sections (Object Only)"). GNU as puts the name behind a `$` of
//! the section's name as well, and the symbol of that name need not come second (`handle_COMDAT` of BFD's
//! `coffcode.h`). GCC's `.pdata$NAME` and `.xdata$NAME` have no COMDAT symbol and go with the section of NAME.

use std::collections::HashMap;

use object::LittleEndian as LE;
use object::pe::{self, ComdatSelection};
use object::read::coff::Symbol as _;

use super::CoffObject;
use super::layout::Layout;
use crate::error::Result;
use crate::object::symbol::SectionIndex;

/// A COMDAT section.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comdat<'d> {
    /// The section.
    pub section: SectionIndex,
    /// The section's own symbol.
    pub symbol: usize,
    /// How linkers choose.
    pub selection: ComdatSelection,
    /// The section that it goes with, where the selection is associative.
    pub associated: Option<SectionIndex>,
    /// The COMDAT symbol; `None` for an associative section.
    pub leader: Option<usize>,
    /// What stands behind the `$` of the section's name.
    pub stem: Option<&'d [u8]>,
    /// Whether that is the COMDAT symbol's name in C.
    pub is_named: bool,
}

impl<'d> Comdat<'d> {
    /// Whether linkers keep one of several, without a word.
    pub fn is_shared(&self) -> bool {
        !matches!(self.selection, pe::IMAGE_COMDAT_SELECT_NODUPLICATES | pe::IMAGE_COMDAT_SELECT_ASSOCIATIVE)
    }
}

impl<'d, Coff: Layout> CoffObject<'d, Coff> {
    /// The COMDAT sections, in the order of their symbols.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub(super) fn comdats(&self) -> Result<Vec<Comdat<'d>>> {
        let mut comdats: Vec<Comdat<'d>> = Vec::new();
        let mut by_section = HashMap::new();
        for (index, symbol) in self.symbols.iter() {
            let Some(number) = symbol.section_number().index() else { continue };
            let section = SectionIndex(number);
            if let Some(&at) = by_section.get(&section) {
                let comdat: &mut Comdat<'d> = &mut comdats[at];
                let stem = comdat.stem.filter(|_| comdat.associated.is_none());
                let named = stem.is_some() && self.symbol_name(index.0, symbol)?.strip_prefix(self.prefix()) == stem;
                if named && !comdat.is_named {
                    (comdat.leader, comdat.is_named) = (Some(index.0), true);
                } else if comdat.associated.is_none() {
                    comdat.leader.get_or_insert(index.0);
                }
                continue;
            }
            let Ok(header) = self.section(section) else { continue };
            if !header.characteristics.get(LE).contains(pe::IMAGE_SCN_LNK_COMDAT) || !symbol.has_aux_section() {
                continue;
            }
            let Ok(aux) = self.symbols.aux_section(index) else { continue };
            let high = if Coff::is_type_bigobj() { u32::from(aux.high_number.get(LE)) << 16 } else { 0 };
            let number = SectionIndex(u32::from(aux.number.get(LE)) | high);
            let associated = (aux.selection == pe::IMAGE_COMDAT_SELECT_ASSOCIATIVE).then_some(number);
            let name = self.section_name(section)?;
            let stem = memchr::memchr(b'$', name).map(|at| &name[at + 1..]);
            by_section.insert(section, comdats.len());
            comdats.push(Comdat {
                section,
                symbol: index.0,
                selection: aux.selection,
                associated,
                leader: None,
                stem,
                is_named: false,
            });
        }
        Ok(comdats)
    }
}
