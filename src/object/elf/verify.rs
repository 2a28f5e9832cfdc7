//! Holds a rewritten ELF object against its original and the edits, from the bytes of both: written to share nothing
//! with the editor but the parser.

use object::elf::{SHF_GNU_RETAIN, SHT_NOBITS, SHT_STRTAB, SHT_SYMTAB, STV_HIDDEN, STV_INTERNAL};
use object::read::elf::{SectionHeader, Sym};

use super::{Class, ElfObject};
use crate::error::{Error, Result, printable};
use crate::object::symbol::{NewName, ObjectEdits, SectionIndex, Suffixes, SymbolEdit};

impl<Elf: Class> ElfObject<'_, Elf> {
    /// That every symbol is what it was but for its edit, and that every section but the tables has its contents.
    ///
    /// # Errors
    /// Verification, naming the first difference.
    pub fn verify(&self, after: &Self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<()> {
        if self.header.e_machine(self.endian) != after.header.e_machine(after.endian) {
            return Err(Error::verification("the machine changed"));
        }
        self.verify_sections(after, edits, suffixes)?;
        if self.symbols.len() != after.symbols.len() {
            return Err(Error::verification("the number of symbols changed"));
        }
        let mut edits = edits.symbols.iter().peekable();
        for (index, symbol) in self.symbols.enumerate() {
            let edit = edits.next_if(|edit| edit.index.0 as usize == index.0);
            let same = self.verify_symbol(after, index.0, symbol, edit, suffixes)?;
            if !same {
                let name = printable(self.symbol_name(index.0, symbol)?);
                return Err(Error::verification(format!("symbol {} ({name}) is not as planned", index.0)));
            }
        }
        match edits.next() {
            Some(edit) => Err(Error::verification(format!("the plan names symbol {}, out of order", edit.index.0))),
            None => Ok(()),
        }
    }

    fn verify_symbol(
        &self,
        after: &Self,
        index: usize,
        old: &Elf::Sym,
        edit: Option<&SymbolEdit>,
        suffixes: &Suffixes,
    ) -> Result<bool> {
        let new = &after.symbols.symbols()[index];
        let name = edit.map_or(NewName::Same, |edit| edit.name);
        let new_name = after.symbol_name(index, new)?;
        let old_name = self.symbol_name(index, old)?;
        if new_name.strip_suffix(suffixes.of(name)) != Some(old_name) {
            return Ok(false);
        }
        let hide = edit.is_some_and(|edit| edit.hide);
        let visibility = new.st_visibility();
        let other =
            if hide { matches!(visibility, STV_HIDDEN | STV_INTERNAL) } else { visibility == old.st_visibility() };
        let weaken = edit.is_some_and(|edit| edit.weaken);
        let (old_end, new_end) = (self.endian, after.endian);
        let (old_size, new_size): (u64, u64) = (old.st_size(old_end).into(), new.st_size(new_end).into());
        let (old_value, new_value): (u64, u64) = (old.st_value(old_end).into(), new.st_value(new_end).into());
        Ok(other
            && old.st_other().0 & !3 == new.st_other().0 & !3
            && if weaken { new.is_weak() } else { new.st_bind() == old.st_bind() }
            && new.st_type() == old.st_type()
            && new.st_shndx(new_end) == old.st_shndx(old_end)
            && old_size == new_size
            && old_value == new_value)
    }

    fn verify_sections(&self, after: &Self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<()> {
        if self.sections.len() != after.sections.len() {
            return Err(Error::verification("the number of sections changed"));
        }
        let mut renames = edits.sections.iter().peekable();
        for ((index, old), new) in self.sections.enumerate().zip(after.sections.iter()).skip(1) {
            let index = SectionIndex(index.0 as u32);
            let name = renames.next_if(|rename| rename.0 == index).map_or(NewName::Same, |rename| rename.1);
            let old_name = self.section_name(index)?;
            let renamed = after.section_name(index)?.strip_suffix(suffixes.of(name)) == Some(old_name);
            let retained = if name == NewName::Registry { SHF_GNU_RETAIN.0 } else { 0 };
            let flags = new.sh_flags(after.endian).0 == old.sh_flags(self.endian).0 | retained;
            if !renamed || !flags || !self.same_section(after, old, new) {
                let name = printable(old_name);
                return Err(Error::verification(format!("section {} ({name}) is not as planned", index.0)));
            }
        }
        Ok(())
    }

    fn same_section(&self, after: &Self, old: &Elf::SectionHeader, new: &Elf::SectionHeader) -> bool {
        let (old_end, new_end) = (self.endian, after.endian);
        let words = |section: &Elf::SectionHeader, endian| -> [u64; 3] {
            [section.sh_addralign(endian).into(), section.sh_entsize(endian).into(), section.sh_size(endian).into()]
        };
        let ([align, entry, size], [new_align, new_entry, new_size]) = (words(old, old_end), words(new, new_end));
        let kind = old.sh_type(old_end);
        let contents = match kind {
            SHT_STRTAB => true,
            SHT_SYMTAB | SHT_NOBITS => size == new_size,
            // What did not move was not rewritten either: only what did is read.
            _ if size == new_size && self.offset(old) == after.offset(new) => true,
            _ => old.data(old_end, self.data) == new.data(new_end, after.data),
        };
        contents
            && new.sh_type(new_end) == kind
            && new.sh_link(new_end) == old.sh_link(old_end)
            && new.sh_info(new_end) == old.sh_info(old_end)
            && (align, entry) == (new_align, new_entry)
    }

    fn offset(&self, section: &Elf::SectionHeader) -> u64 {
        section.sh_offset(self.endian).into()
    }
}
