//! Holds a rewritten COFF object against its original and the edits, from the bytes of both: written to share nothing
//! with the editor but the parser.

use std::collections::HashSet;

use object::LittleEndian as LE;
use object::pe::{self, ImageSectionHeader};
use object::read::coff::Symbol as _;

use super::CoffObject;
use super::layout::{Layout, get_u32};
use super::relocations::SYMBOL;
use crate::error::{Error, Result, printable};
use crate::object::symbol::{
    Binding, NewName, ObjectEdits, SectionChange, SectionIndex, Suffixes, SymbolEdit, SymbolIndex,
};

/// What the original's rows have become.
struct Expected {
    /// The original's sections that are still there, in order.
    sections: Vec<SectionIndex>,
    /// For each record of the original's symbol table, its new number.
    numbers: Vec<Option<u32>>,
    /// Sections that are no longer COMDAT, as their symbol is local now.
    own: HashSet<SectionIndex>,
    /// Whether any symbol has another number than before.
    renumbered: bool,
    /// How many records there are to be.
    records: u32,
}

impl Expected {
    fn section(&self, old: SectionIndex) -> Option<SectionIndex> {
        self.sections.binary_search(&old).ok().map(|at| SectionIndex(at as u32 + 1))
    }

    fn symbol(&self, old: u32) -> Option<u32> {
        self.numbers.get(old as usize).copied().flatten()
    }
}

impl<Coff: Layout> CoffObject<'_, Coff> {
    /// That every symbol is what it was but for its edit, that every section but the tables has its contents, and that
    /// every relocation means the same symbol as before.
    ///
    /// # Errors
    /// Verification, naming the first difference.
    pub fn verify(&self, after: &Self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<()> {
        if self.header.machine() != after.header.machine()
            || self.header.characteristics() != after.header.characteristics()
        {
            return Err(Error::verification("the machine or the file's characteristics changed"));
        }
        let expected = self.expected(edits)?;
        let added = usize::from(self.directives()?.is_none() && after.directives()?.is_some());
        if expected.sections.len() + added != after.sections.len() || expected.records as usize != after.symbols.len() {
            return Err(Error::verification("the number of sections or symbols is not as planned"));
        }
        for &section in &expected.sections {
            if !self.same_section(after, section, &expected, edits, suffixes)? {
                let name = printable(self.section_name(section)?);
                return Err(Error::verification(format!("section {} ({name}) is not as planned", section.0)));
            }
        }
        if !self.hides(after, edits, suffixes)? {
            return Err(Error::verification("what the directives hide is not as planned"));
        }
        for (index, symbol) in self.symbols.iter().filter(|(index, _)| expected.symbol(index.0 as u32).is_some()) {
            if !self.same_symbol(after, index.0, symbol, &expected, edits, suffixes)? {
                let name = printable(self.symbol_name(index.0, symbol)?);
                return Err(Error::verification(format!("symbol {} ({name}) is not as planned", index.0)));
            }
        }
        Ok(())
    }

    fn expected(&self, edits: &ObjectEdits) -> Result<Expected> {
        let comdats = self.comdats()?;
        let removed = |section: SectionIndex| edits.section(section) == Some(SectionChange::Remove);
        let mut gone: HashSet<SectionIndex> =
            self.numbered_sections().map(|(index, _)| index).filter(|&index| removed(index)).collect();
        // The parents come first in all that compilers write.
        for comdat in &comdats {
            if comdat.associated.is_some_and(|section| gone.contains(&section)) {
                gone.insert(comdat.section);
            }
        }
        let is_local = |index: usize| {
            let edit = edits.symbol(SymbolIndex(index as u32));
            edit.is_some_and(|edit| edit.binding == Some(Binding::Local))
        };
        let own = comdats.iter().filter(|comdat| comdat.leader.is_some_and(is_local)).map(|comdat| comdat.section);
        let mut numbers = vec![None; self.symbols.len()];
        let mut next = 0;
        for (index, symbol) in self.symbols.iter() {
            let section = symbol.section_number().index().map(SectionIndex);
            let edit = edits.symbol(SymbolIndex(index.0 as u32));
            if edit.is_some_and(|edit| edit.remove) || section.is_some_and(|section| gone.contains(&section)) {
                continue;
            }
            let aux = if is_local(index.0) && self.weak_external(index.0, symbol).is_some() {
                0
            } else {
                symbol.number_of_aux_symbols()
            };
            // Behind a symbol that becomes weak, what says to what it falls back, and that symbol.
            let weakened = edit.is_some_and(|edit| edit.binding == Some(Binding::Weak));
            numbers[index.0] = Some(next);
            next += if weakened { 3 } else { 1 };
            for number in &mut numbers[index.0 + 1..=index.0 + usize::from(aux)] {
                *number = Some(next);
                next += 1;
            }
        }
        let renumbered = next as usize != numbers.len()
            || !numbers.iter().enumerate().all(|(at, number)| *number == Some(at as u32));
        let sections = self.numbered_sections().map(|(index, _)| index).filter(|index| !gone.contains(index)).collect();
        Ok(Expected { sections, numbers, own: own.collect(), renumbered, records: next })
    }

    fn same_section(
        &self,
        after: &Self,
        old: SectionIndex,
        expected: &Expected,
        edits: &ObjectEdits,
        suffixes: &Suffixes,
    ) -> Result<bool> {
        let Some(new) = expected.section(old) else { return Ok(false) };
        let name = match edits.section(old) {
            Some(SectionChange::Rename(name)) => name,
            _ => NewName::Same,
        };
        let (header, new_header) = (self.section(old)?, after.section(new)?);
        let old_name = self.section_name(old)?;
        let comdat = if expected.own.contains(&old) { pe::IMAGE_SCN_LNK_COMDAT.0 } else { 0 };
        Ok(is_called(after.section_name(new)?, old_name, name, edits, suffixes)
            && new_header.characteristics.get(LE).0 == header.characteristics.get(LE).0 & !comdat
            && words(header) == words(new_header)
            && self.same_relocations(after, old, new, expected)?
            && self.same_contents(after, old, new, expected, edits, suffixes)?)
    }

    fn same_relocations(
        &self,
        after: &Self,
        old: SectionIndex,
        new: SectionIndex,
        expected: &Expected,
    ) -> Result<bool> {
        let (before, now) = (self.relocations(old)?, after.relocations(new)?);
        let same = |(old, new): (&[u8], &[u8])| {
            let symbol = expected.symbol(get_u32(old, SYMBOL));
            old[..SYMBOL] == new[..SYMBOL] && old[8..] == new[8..] && symbol == Some(get_u32(new, SYMBOL))
        };
        Ok(before.len() == now.len() && before.zip(now).all(same))
    }

    fn same_contents(
        &self,
        after: &Self,
        old: SectionIndex,
        new: SectionIndex,
        expected: &Expected,
        edits: &ObjectEdits,
        suffixes: &Suffixes,
    ) -> Result<bool> {
        let name = self.section_name(old)?;
        // Lists of symbols' numbers.
        const NUMBERS: [&[u8]; 8] = [
            b".gehcont$y",
            b".gfids$y",
            b".giats$y",
            b".gljmp$y",
            b".hybmp$x",
            b".llvm.call-graph-profile",
            b".llvm_addrsig",
            b".sxdata",
        ];
        let rewritten = expected.renumbered && NUMBERS.contains(&name);
        let sizes = [self.section(old)?, after.section(new)?].map(|header| header.size_of_raw_data.get(LE));
        if self.directives()?.is_some_and(|(section, _)| section == old) {
            return self.same_directives(after, edits, suffixes);
        }
        if self.section(old)?.coff_file_range().is_none() {
            return Ok(sizes[0] == sizes[1]);
        }
        Ok(rewritten || self.section_data(old)? == after.section_data(new)?)
    }

    fn same_symbol(
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
            let same_number = number(&before).0 == 0 && number(&now).0 == 0
                || expected.section(number(&before)) == Some(number(&now));
            return Ok(
                before[4..12] == now[4..12] && if own { now[14] == 0 } else { now[14] == before[14] && same_number }
            );
        }
        // A source file's name, or numbers for debuggers.
        Ok(symbol.storage_class() != pe::IMAGE_SYM_CLASS_FILE || before == now)
    }
}

/// What of a section's header no edit changes.
fn words(header: &ImageSectionHeader) -> [u32; 4] {
    [
        header.virtual_size.get(LE),
        header.virtual_address.get(LE),
        header.number_of_relocations.get(LE).into(),
        header.number_of_linenumbers.get(LE).into(),
    ]
}

/// Whether `new` is what `old` is to be called.
fn is_called(new: &[u8], old: &[u8], name: NewName, edits: &ObjectEdits, suffixes: &Suffixes) -> bool {
    let split = memchr::memchr(b'$', old);
    match (name, split) {
        (NewName::Given(at), _) => new == edits.names[at as usize],
        // What sorts a registry's sections stays behind.
        (NewName::Registry, Some(at)) => {
            new.strip_suffix(&old[at..]).and_then(|base| base.strip_suffix(&suffixes.registry[..])) == Some(&old[..at])
        }
        (name, _) => new.strip_suffix(suffixes.of(name)) == Some(old),
    }
}
