//! Rewrites every table that carries numbers of symbols or sections, when any of these changes: symbols and their
//! auxiliary records, relocations, and the sections in which linkers are told about symbols by number.

use object::pe;
use object::read::coff::Symbol as _;

use super::CoffObject;
use super::edit::Draft;
use super::layout::{Layout, aux_section, get_u32, put_u16, put_u32};
use super::numbers::Numbers;
use super::relocations::{RELOCATION, SYMBOL};
use super::weaken::ADDED;
use crate::error::{Error, Result, printable};
use crate::object::symbol::SectionIndex;
use crate::object::uleb;

/// Sections with numbers of symbols: the size of an entry, and how many numbers it begins with.
///
/// Control flow guard's tables and x86's table of exception handlers are lists of numbers (`.gfids$y`, `.giats$y`,
/// `.gljmp$y`, `.gehcont$y`, `.sxdata`); LLVM's call graph has two and a weight, Arm64EC's map of thunks two and a kind.
const TABLES: [(&[u8], usize, usize); 7] = [
    (b".gehcont$y", 4, 1),
    (b".gfids$y", 4, 1),
    (b".giats$y", 4, 1),
    (b".gljmp$y", 4, 1),
    (b".hybmp$x", 12, 2),
    (b".llvm.call-graph-profile", 16, 2),
    (b".sxdata", 4, 1),
];

/// A table in ULEB128 (LLVM, "Extensions").
const ADDRSIG: &[u8] = b".llvm_addrsig";

impl<Coff: Layout> CoffObject<'_, Coff> {
    /// Rewrites in `draft` what carries numbers.
    ///
    /// # Errors
    /// Unsupported, naming what still refers to a symbol or section that is to go; malformed tables.
    pub(super) fn renumber(&self, numbers: &Numbers, draft: &mut Draft) -> Result<()> {
        if !numbers.renumbers_symbols() && !numbers.renumbers_sections() {
            return Ok(());
        }
        for (index, symbol) in self.symbols.iter() {
            if numbers.symbol(index.0 as u32).is_some() {
                self.renumber_symbol(index.0, symbol, numbers, draft)?;
            }
        }
        for (section, _) in self.numbered_sections().filter(|(section, _)| numbers.section(*section).is_some()) {
            self.renumber_relocations(section, numbers, draft)?;
            self.renumber_table(section, numbers, draft)?;
        }
        Ok(())
    }

    fn renumber_symbol(&self, index: usize, symbol: &Coff::Symbol, numbers: &Numbers, draft: &mut Draft) -> Result<()> {
        renumber_home::<Coff>(draft.record::<Coff>(index), numbers);
        if let Some(added) = draft.added_records.get_mut(&index) {
            put_u32(added, 0, numbers.symbol(index as u32).unwrap_or_default() + ADDED);
            renumber_home::<Coff>(&mut added[Coff::RECORD..], numbers);
        }
        if symbol.number_of_aux_symbols() == 0 || draft.removed[index + 1] {
            return Ok(());
        }
        let aux = draft.record::<Coff>(index + 1);
        if self.weak_external(index, symbol).is_some() {
            let fallback = numbers.symbol(get_u32(aux, 0)).ok_or_else(|| {
                let what = "a symbol cannot be removed that a weak one falls back to";
                Error::unsupported(what).at(self.symbol_offset(index))
            })?;
            put_u32(aux, 0, fallback);
        } else if symbol.has_aux_section() {
            // An associative section goes with the one it is associated with: see `removed_sections`.
            let old = u32::from(u16::from_le_bytes([aux[aux_section::NUMBER], aux[aux_section::NUMBER + 1]]));
            let high = [aux[aux_section::HIGH_NUMBER], aux[aux_section::HIGH_NUMBER + 1]];
            let high = if Coff::is_type_bigobj() { u32::from(u16::from_le_bytes(high)) << 16 } else { 0 };
            if let Some(new) = numbers.section(SectionIndex(old | high)).filter(|_| old | high != 0) {
                put_u16(aux, aux_section::NUMBER, new.0 as u16);
                if Coff::is_type_bigobj() {
                    put_u16(aux, aux_section::HIGH_NUMBER, (new.0 >> 16) as u16);
                }
            }
        } else {
            for at in debug_numbers(symbol) {
                let new = numbers.symbol(get_u32(aux, *at)).unwrap_or_default();
                put_u32(aux, *at, new);
            }
        }
        Ok(())
    }

    fn renumber_relocations(&self, section: SectionIndex, numbers: &Numbers, draft: &mut Draft) -> Result<()> {
        let range = self.relocation_range(section)?;
        if !numbers.renumbers_symbols() || range.is_empty() {
            return Ok(());
        }
        let mut bytes = self.data[range].to_vec();
        let skipped = usize::from(self.counts_in_first(section)?);
        for relocation in bytes.chunks_exact_mut(RELOCATION).skip(skipped) {
            let old = get_u32(relocation, SYMBOL);
            let new = numbers.symbol(old).ok_or_else(|| self.named_in_relocation(old))?;
            put_u32(relocation, SYMBOL, new);
        }
        draft.relocations.insert(section, bytes);
        Ok(())
    }

    /// Why a symbol cannot go, in LLVM's words.
    fn named_in_relocation(&self, symbol: u32) -> Error {
        let index = object::SymbolIndex(symbol as usize);
        let name = self.symbols.symbol(index).ok().and_then(|raw| self.symbol_name(index.0, raw).ok());
        let name = printable(name.unwrap_or_default());
        Error::unsupported(format!("not stripping symbol '{name}' because it is named in a relocation"))
    }

    /// What is gone is left out of a table: nothing is said of it any more.
    fn renumber_table(&self, section: SectionIndex, numbers: &Numbers, draft: &mut Draft) -> Result<()> {
        if !numbers.renumbers_symbols() {
            return Ok(());
        }
        let name = self.section_name(section)?;
        let data = self.section_data(section)?;
        if data.is_empty() {
            return Ok(());
        }
        if name == ADDRSIG {
            let data = uleb::renumber(data, |symbol| numbers.symbol(symbol)).ok_or_else(|| self.bad_table(section))?;
            draft.contents.insert(section, data);
        } else if let Some(&(_, size, count)) = TABLES.iter().find(|(table, _, _)| *table == name) {
            if data.len() % size != 0 {
                return Err(self.bad_table(section));
            }
            let mut new = Vec::with_capacity(data.len());
            for entry in data.chunks_exact(size) {
                let symbols = (0..count).map(|at| numbers.symbol(get_u32(entry, 4 * at)));
                if let Some(symbols) = symbols.collect::<Option<Vec<_>>>() {
                    symbols.iter().for_each(|symbol| new.extend_from_slice(&symbol.to_le_bytes()));
                    new.extend_from_slice(&entry[4 * count..]);
                }
            }
            draft.contents.insert(section, new);
        }
        Ok(())
    }

    fn bad_table(&self, section: SectionIndex) -> Error {
        Error::malformed(self.section_header_offset(section), "a table of symbols' numbers ends inside a number")
    }
}

/// Sets the number of the section that a symbol is in.
fn renumber_home<Coff: Layout>(record: &mut [u8], numbers: &Numbers) {
    let old = u32::try_from(Coff::section_number(record)).ok().filter(|&section| section != 0);
    if let Some(new) = old.and_then(|old| numbers.section(SectionIndex(old))) {
        Coff::put_section_number(record, new.0 as i32);
    }
}

/// Where the auxiliary record of a symbol has numbers of symbols for debuggers: a function's (formats 1 and 2) and a
/// managed token's.
fn debug_numbers(symbol: &impl object::read::coff::Symbol) -> &'static [usize] {
    match symbol.storage_class() {
        pe::IMAGE_SYM_CLASS_EXTERNAL | pe::IMAGE_SYM_CLASS_STATIC if symbol.has_aux_function() => &[0, 12],
        pe::IMAGE_SYM_CLASS_FUNCTION => &[12],
        pe::IMAGE_SYM_CLASS_CLR_TOKEN => &[2],
        _ => &[],
    }
}
