//! Holds the symbols of an edited object against their original and the edits.

use object::LittleEndian as LE;
use object::pe;
use object::read::coff::Symbol as _;

use super::CoffObject;
use super::layout::{Layout, get_u32};
use super::verify::{Expected, is_called};
use crate::error::{Error, Result};
use crate::object::symbol::{
    Binding, NewName, ObjectEdits, SectionChange, SectionIndex, Suffixes, SymbolEdit, SymbolIndex,
};

impl<Coff: Layout> CoffObject<'_, Coff> {
    /// Whether a symbol is what it was but for its edit, and its auxiliary records.
    ///
    /// # Errors
    /// Verification, for a symbol that is not there; malformed.
    pub(super) fn same_symbol(
        &self,
        after: &Self,
        old: usize,
        symbol: &Coff::Symbol,
        expected: &Expected,
        edits: &ObjectEdits,
        suffixes: &Suffixes,
    ) -> Result<bool> {
        let Some(new) = expected.symbol(old as u32) else { return Ok(false) };
        let new_symbol = after.symbols.symbol(object::SymbolIndex(new as usize));
        let new_symbol = new_symbol.map_err(|error| Error::verification(error.to_string()))?;
        let edit = edits.symbol(SymbolIndex(old as u32)).copied();
        let edit = edit.unwrap_or(SymbolEdit::of(SymbolIndex(old as u32)));
        let name = self.symbol_name(old, symbol)?;
        let section = symbol.section_number().index().map(SectionIndex);
        // A section's own symbol is called as the section.
        let change = section.filter(|_| symbol.has_aux_section()).and_then(|section| edits.section(section));
        let named_so = section.is_some_and(|section| self.section_name(section).is_ok_and(|own| own == name));
        let called = match change {
            Some(SectionChange::Rename(new_name)) if edit.name == NewName::Same && named_so => new_name,
            _ => edit.name,
        };
        if !is_called(after.symbol_name(new as usize, new_symbol)?, name, called, edits, suffixes) {
            return Ok(false);
        }
        if edit.binding == Some(Binding::Weak) {
            return self.falls_back(after, new, symbol, expected);
        }
        // What fell back to a definition and is local now stands in its place.
        let mut home = symbol;
        let mut aux = symbol.number_of_aux_symbols();
        if edit.binding == Some(Binding::Local) && self.weak_external(old, symbol).is_some() {
            let fallback = self.symbols.aux_weak_external(object::SymbolIndex(old));
            let fallback = fallback
                .and_then(|aux| self.symbols.symbol(object::SymbolIndex(aux.weak_default_sym_index.get(LE) as usize)));
            home = fallback.map_err(|error| Error::verification(error.to_string()))?;
            aux = 0;
        }
        let class = match edit.binding {
            Some(Binding::Local) => pe::IMAGE_SYM_CLASS_STATIC,
            Some(Binding::Global) => pe::IMAGE_SYM_CLASS_EXTERNAL,
            _ => symbol.storage_class(),
        };
        let number = match home.section_number().index() {
            Some(section) => expected.section(SectionIndex(section)).map(|section| section.0 as i32),
            None => Some(home.section_number().0),
        };
        Ok(new_symbol.storage_class() == class
            && Some(new_symbol.section_number().0) == number
            && new_symbol.value() == home.value()
            && new_symbol.typ() == symbol.typ()
            && new_symbol.number_of_aux_symbols() == aux
            && (aux == 0 || self.same_aux(after, old, new as usize, symbol, expected)?))
    }

    /// Whether the symbol that is number `new` is weak and falls back to what `symbol` was: its definition, or zero.
    fn falls_back(&self, after: &Self, new: u32, symbol: &Coff::Symbol, expected: &Expected) -> Result<bool> {
        let failed = |error: object::read::Error| Error::verification(error.to_string());
        let weak = after.symbols.symbol(object::SymbolIndex(new as usize)).map_err(failed)?;
        let aux = after.symbols.aux_weak_external(object::SymbolIndex(new as usize)).map_err(failed)?;
        let fallback = after.symbols.symbol(object::SymbolIndex(new as usize + 2)).map_err(failed)?;
        let number = match symbol.section_number().index() {
            Some(section) => expected.section(SectionIndex(section)).map(|section| section.0 as i32),
            None if symbol.section_number() == pe::IMAGE_SYM_UNDEFINED => Some(pe::IMAGE_SYM_ABSOLUTE.0),
            None => Some(symbol.section_number().0),
        };
        Ok(after.weak_external(new as usize, weak).is_some()
            && aux.weak_default_sym_index.get(LE) == new + 2
            && fallback.storage_class() == pe::IMAGE_SYM_CLASS_STATIC
            && fallback.value() == symbol.value()
            && fallback.number_of_aux_symbols() == symbol.number_of_aux_symbols()
            && Some(fallback.section_number().0) == number)
    }

    fn same_aux(
        &self,
        after: &Self,
        old: usize,
        new: usize,
        symbol: &Coff::Symbol,
        expected: &Expected,
    ) -> Result<bool> {
        let count = usize::from(symbol.number_of_aux_symbols());
        let record = |object: &Self, index: usize| {
            let start = object.symbols_offset() + (index + 1) * Coff::RECORD;
            object.data[start..start + count * Coff::RECORD].to_vec()
        };
        let (before, now) = (record(self, old), record(after, new));
        if before == now && !expected.renumbered && expected.sections.len() == self.sections.len() {
            return Ok(true);
        }
        if self.weak_external(old, symbol).is_some() {
            return Ok(expected.symbol(get_u32(&before, 0)) == Some(get_u32(&now, 0)) && before[4..] == now[4..]);
        }
        if symbol.has_aux_section() {
            let section = symbol.section_number().index().map(SectionIndex);
            let number = |aux: &[u8]| {
                let high =
                    if Coff::is_type_bigobj() { u32::from(u16::from_le_bytes([aux[16], aux[17]])) << 16 } else { 0 };
                SectionIndex(u32::from(u16::from_le_bytes([aux[12], aux[13]])) | high)
            };
            let own = section.is_some_and(|section| expected.own.contains(&section));
            // Of a section that goes with no other, the number need not mean anything.
            let same_number = expected.section(number(&before)).unwrap_or(number(&before)) == number(&now);
            return Ok(
                before[4..12] == now[4..12] && if own { now[14] == 0 } else { now[14] == before[14] && same_number }
            );
        }
        // A source file's name, or numbers for debuggers.
        Ok(symbol.storage_class() != pe::IMAGE_SYM_CLASS_FILE || before == now)
    }
}
