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
use crate::object::symbol::{Binding, NewName, ObjectEdits, SectionChange, SectionIndex, Suffixes, SymbolIndex};

/// What the original's rows have become.
pub(super) struct Expected {
    /// The original's sections that are still there, in order.
    pub sections: Vec<SectionIndex>,
    /// For each record of the original's symbol table, its new number.
    numbers: Vec<Option<u32>>,
    /// Sections that are no longer COMDAT, as their symbol is local now.
    pub own: HashSet<SectionIndex>,
    /// Whether any symbol has another number than before.
    pub renumbered: bool,
    /// How many records there are to be.
    records: u32,
}

impl Expected {
    pub fn section(&self, old: SectionIndex) -> Option<SectionIndex> {
        self.sections.binary_search(&old).ok().map(|at| SectionIndex(at as u32 + 1))
    }

    pub fn symbol(&self, old: u32) -> Option<u32> {
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
pub(super) fn is_called(new: &[u8], old: &[u8], name: NewName, edits: &ObjectEdits, suffixes: &Suffixes) -> bool {
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
