//! Weak symbols. Compilers write a weak external: an undefined symbol that falls back to another, which stands where the
//! definition is, or is zero. GNU ld serves no other object's reference with it. GNU objcopy changes the class of the
//! definition alone: that does, but lld, which reads the missing auxiliary record, takes the name for undefined.
//!
//! So for MinGW both are written: the definition stays where it is, as a weak external that also says to what it falls
//! back. GNU ld and lld then link it, alone, beside a strong definition, and from archives, in any order. For Microsoft's
//! linkers it is the compilers' form. What it falls back to is local: it needs no name of its own in the whole link.

use object::LittleEndian as LE;
use object::pe::{self, ImageAuxSymbolWeak};
use object::read::coff::Symbol as _;

use super::CoffObject;
use super::edit::Draft;
use super::format::can_hide;
use super::layout::{Layout, VALUE, put_u32};
use super::names::new_name;
use crate::error::{Error, Result};
use crate::object::format::Format;
use crate::object::symbol::{Binding, ObjectEdits, Placement, Suffixes};

/// How many records a weakened symbol has behind its own: the auxiliary one, and the symbol that it falls back to.
pub(super) const ADDED: u32 = 2;

impl<'d, Coff: Layout> CoffObject<'d, Coff> {
    /// What says to which symbol a weak external falls back; `None` where nothing says so, as after GNU objcopy, whose
    /// auxiliary record is that of the function.
    pub(super) fn weak_external(&self, index: usize, symbol: &Coff::Symbol) -> Option<&'d ImageAuxSymbolWeak> {
        let weak = symbol.storage_class() == pe::IMAGE_SYM_CLASS_WEAK_EXTERNAL && symbol.number_of_aux_symbols() > 0;
        let aux = self.symbols.aux_weak_external(object::SymbolIndex(index)).ok().filter(|_| weak)?;
        let last = pe::IMAGE_WEAK_EXTERN_ANTI_DEPENDENCY.0;
        (1..=last).contains(&aux.weak_search_type.get(LE).0).then_some(aux)
    }

    /// Makes a symbol weak in `draft`. The auxiliary records of a definition go with what stands in its place.
    ///
    /// # Errors
    /// Unsupported, for a tentative definition, which yields to others as it is; malformed.
    pub(super) fn weaken(&self, index: usize, symbol: &Coff::Symbol, draft: &mut Draft) -> Result<()> {
        let placement = self.placement(index, symbol)?;
        if placement == Placement::Common {
            let what = "a tentative definition cannot be weak in COFF: it yields to others as it is";
            return Err(Error::unsupported(what).at(self.symbol_offset(index)));
        }
        let record = draft.record::<Coff>(index);
        let mut fallback = record.to_vec();
        fallback[Coff::TYPE + 2] = pe::IMAGE_SYM_CLASS_STATIC.0;
        record[Coff::TYPE + 2] = pe::IMAGE_SYM_CLASS_WEAK_EXTERNAL.0;
        record[Coff::TYPE + 3] = 1;
        let mut search = pe::IMAGE_WEAK_EXTERN_SEARCH_ALIAS;
        if placement == Placement::Undefined {
            // As GNU as writes it: LLVM lists the other kind in indexes, as if it were a definition.
            search = pe::IMAGE_WEAK_EXTERN_SEARCH_NOLIBRARY;
            Coff::put_section_number(&mut fallback, pe::IMAGE_SYM_ABSOLUTE.0);
            fallback[Coff::TYPE..Coff::TYPE + 2].fill(0);
        } else if !can_hide(self.facts()) {
            record[VALUE..VALUE + 4].fill(0);
            Coff::put_section_number(record, pe::IMAGE_SYM_UNDEFINED.0);
        }
        let mut added = vec![0; Coff::RECORD];
        put_u32(&mut added, 4, search.0);
        added.extend_from_slice(&fallback);
        draft.added_records.insert(index, added);
        Ok(())
    }

    /// The names of what weakened symbols fall back to, by the symbols' positions: as LLVM has them.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub(super) fn fallback_names(&self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<Vec<(usize, Vec<u8>)>> {
        let mut names = Vec::new();
        for edit in edits.symbols.iter().filter(|edit| edit.binding == Some(Binding::Weak) && !edit.remove) {
            let index = edit.index.0 as usize;
            let Ok(symbol) = self.symbols.symbol(object::SymbolIndex(index)) else { continue };
            let name = new_name(self.symbol_name(index, symbol)?, edit.name, edits, suffixes).into_owned();
            names.push((index, [b".weak.", &name[..], b".default"].concat()));
        }
        Ok(names)
    }
}
