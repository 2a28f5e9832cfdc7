//! Turns edits of an ELF object into splices.
//!
//! Fields are edited in a copy of the tables that hold them. As long as no symbol moves and nothing is removed, indices
//! stay, and with them relocations, groups and every other table; else [`renumber`](super::renumber) rewrites these.
//! What got another size is placed by [`place`](super::place).

use std::collections::BTreeMap;
use std::ops::Range;

use object::elf;
use object::pod::bytes_of_slice;
use object::read::elf::{SectionHeader, Sym};

use super::layout::{put_u32, put_word};
use super::renumber::Numbers;
use super::{Class, ElfObject};
use crate::error::{Error, Result};
use crate::object::string_table::{Rewriter, Rewritten};
use crate::object::symbol::{Binding, NewName, ObjectEdits, SectionChange, Suffixes, SymbolEdit, Visibility};
use crate::patch::Patch;

/// The tables of an object while they are edited: rows in their original order, until [`ElfObject::place`] places them.
#[derive(Debug)]
pub(super) struct Draft {
    /// New contents of sections, by section index.
    pub contents: BTreeMap<usize, Vec<u8>>,
    /// The section header table.
    pub headers: Vec<u8>,
    /// Whether a section got `SHF_GNU_RETAIN`.
    pub retains: bool,
}

impl<Elf: Class> ElfObject<'_, Elf> {
    /// The splices that carry out `edits`.
    ///
    /// # Errors
    /// Malformed when the tables contradict each other; unsupported when something that stays refers to what is to
    /// go, or the result would not fit the class.
    pub fn patch(&self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<Patch> {
        if edits.sections.is_empty() && edits.symbols.iter().all(|edit| self.changes_fields_alone(edit)) {
            return self.patch_fields(edits);
        }
        let headers = bytes_of_slice(self.section_headers()).to_vec();
        let mut draft = Draft { contents: BTreeMap::new(), headers, retains: false };
        let mut symbols = bytes_of_slice(self.symbols.symbols()).to_vec();
        for edit in &edits.symbols {
            let at = edit.index.0 as usize * size_of::<Elf::Sym>();
            edit_symbol::<Elf>(&mut symbols[at..at + size_of::<Elf::Sym>()], edit);
        }
        for &(section, change) in &edits.sections {
            if change == SectionChange::Rename(NewName::Registry) {
                self.retain(&mut draft, section.0 as usize)?;
            }
        }
        let numbers = Numbers::of(self, edits)?;
        self.rename(edits, suffixes, &numbers, &mut symbols, &mut draft)?;
        if !symbols.is_empty() {
            draft.contents.insert(self.symbols.section().0, symbols);
        }
        self.renumber(&numbers, edits, &mut draft)?;
        self.place(&numbers, draft)
    }

    /// Whether an edit changes neither a symbol's name nor its number: local symbols come first.
    fn changes_fields_alone(&self, edit: &SymbolEdit) -> bool {
        let stays_global =
            |binding| binding != Binding::Local && !self.symbols.symbols()[edit.index.0 as usize].is_local();
        !edit.remove && edit.name == NewName::Same && edit.binding.is_none_or(stays_global)
    }

    /// The splice over the symbols, where all else stays as it is.
    fn patch_fields(&self, edits: &ObjectEdits) -> Result<Patch> {
        let (Some(first), Some(last)) = (edits.symbols.first(), edits.symbols.last()) else {
            return Ok(Patch::default());
        };
        let place = |index: usize| self.symbol_offset(index) as usize;
        let range = place(first.index.0 as usize)..place(last.index.0 as usize + 1);
        let others = self.sections.enumerate().skip(1).filter(|(index, _)| *index != self.symbols.section());
        let sections = others.filter_map(|(_, section)| {
            let (start, size) = section.file_range(self.endian)?;
            Some(start as usize..start.saturating_add(size) as usize)
        });
        let overlaps = |other: &Range<usize>| other.start.max(range.start) < other.end.min(range.end);
        let headers = [0..size_of::<Elf>(), self.header_table()];
        if let Some(other) = headers.into_iter().chain(sections).find(overlaps) {
            return Err(Error::malformed(other.start as u64, "a section overlaps another that has to change"));
        }
        let mut symbols = self.data[range.clone()].to_vec();
        for edit in &edits.symbols {
            let at = place(edit.index.0 as usize) - range.start;
            edit_symbol::<Elf>(&mut symbols[at..at + size_of::<Elf::Sym>()], edit);
        }
        let mut patch = Patch::default();
        if symbols != self.data[range.clone()] {
            patch.replace(range, symbols);
        }
        Ok(patch)
    }

    pub(super) fn section_headers(&self) -> &[Elf::SectionHeader] {
        self.sections.iter().as_slice()
    }

    /// A registry of its own is kept by garbage collection: with lld's default, `-z start-stop-gc`, its bounds do not
    /// keep it, and what older rustc emits does not say so. What another registry of the name kept alive keeps itself
    /// alive now.
    fn retain(&self, draft: &mut Draft, section: usize) -> Result<()> {
        draft.retains = true;
        let flags: u64 = self.section_headers()[section].sh_flags(self.endian).0;
        self.set_header(draft, section, Elf::SH_FLAGS, flags | elf::SHF_GNU_RETAIN.0)
    }

    /// Sets an address-sized field of a section header.
    pub(super) fn set_header(&self, draft: &mut Draft, section: usize, field: usize, value: u64) -> Result<()> {
        let at = section * size_of::<Elf::SectionHeader>() + field;
        put_word::<Elf>(&mut draft.headers, at, self.endian, value).ok_or_else(too_large)
    }

    /// Rewrites the string tables that `edits` change, and with them every `st_name` and `sh_name` that refers there.
    fn rename(
        &self,
        edits: &ObjectEdits,
        suffixes: &Suffixes,
        numbers: &Numbers,
        symbols: &mut [u8],
        draft: &mut Draft,
    ) -> Result<()> {
        let names = Names::new(self, edits, numbers);
        let section_names = self.section_names_index()?;
        let mut tables = Vec::new();
        if numbers.removes_symbols() || edits.symbols.iter().any(|edit| edit.name != NewName::Same) {
            tables.push(self.symbols.string_section().0);
        }
        if !edits.sections.is_empty() && !tables.contains(&section_names) {
            tables.push(section_names);
        }
        for table in tables {
            let of_symbols = table == self.symbols.string_section().0;
            let of_sections = table == section_names;
            let new = self.rewrite_table(table, &names, of_symbols, of_sections, edits, suffixes)?;
            for (index, offset, name) in names.symbols(self).filter(|_| of_symbols) {
                let at = index * size_of::<Elf::Sym>() + Elf::ST_NAME;
                put_u32(symbols, at, self.endian, new.offset(offset, name));
            }
            for (index, offset, name) in names.sections(self).filter(|_| of_sections) {
                let at = index * size_of::<Elf::SectionHeader>() + Elf::SH_NAME;
                put_u32(&mut draft.headers, at, self.endian, new.offset(offset, name));
            }
            draft.contents.insert(table, new.bytes);
        }
        Ok(())
    }

    pub(super) fn section_names_index(&self) -> Result<usize> {
        let index = self.header.shstrndx(self.endian, self.data);
        index.map(|index| index as usize).map_err(|error| Error::malformed(0, error.to_string()))
    }

    /// The table of the sections' names.
    pub(super) fn section_names(&self) -> Result<&[u8]> {
        // Without sections there is no table either.
        if self.sections.is_empty() {
            return Ok(&[]);
        }
        self.string_table(self.section_names_index()?)
    }

    fn string_table(&self, index: usize) -> Result<&[u8]> {
        let section = self.sections.section(object::SectionIndex(index));
        let data = section.and_then(|section| section.data(self.endian, self.data));
        data.map_err(|error| Error::malformed(self.section_header_offset(index), error.to_string()))
    }

    fn rewrite_table(
        &self,
        table: usize,
        names: &Names,
        of_symbols: bool,
        of_sections: bool,
        edits: &ObjectEdits,
        suffixes: &Suffixes,
    ) -> Result<Rewritten> {
        let mut rewriter = Rewriter::new(self.string_table(table)?);
        for (index, offset, name) in names.symbols(self).filter(|_| of_symbols) {
            rewriter.note(offset, name).ok_or_else(|| {
                Error::malformed(self.symbol_offset(index), "a symbol's name is outside the string table")
            })?;
        }
        for (index, offset, name) in names.sections(self).filter(|_| of_sections) {
            rewriter.note(offset, name).ok_or_else(|| {
                Error::malformed(self.section_header_offset(index), "a section's name is outside the string table")
            })?;
        }
        let new = rewriter.finish(suffixes, &edits.names);
        let at = self.section_header_offset(table);
        new.ok_or_else(|| Error::malformed(at, "the string table does not end in a NUL"))
    }
}

fn edit_symbol<Elf: Class>(symbol: &mut [u8], edit: &SymbolEdit) {
    if let Some(visibility) = edit.visibility {
        let visibility = match visibility {
            Visibility::Default => elf::STV_DEFAULT,
            Visibility::Internal => elf::STV_INTERNAL,
            Visibility::Hidden => elf::STV_HIDDEN,
            Visibility::Protected => elf::STV_PROTECTED,
        };
        // The upper bits of `st_other` belong to the processor.
        symbol[Elf::ST_OTHER] = symbol[Elf::ST_OTHER] & !3 | visibility.0;
    }
    if let Some(binding) = edit.binding {
        let binding = match binding {
            Binding::Local => elf::STB_LOCAL,
            Binding::Global => elf::STB_GLOBAL,
            Binding::Weak => elf::STB_WEAK,
            Binding::Unique => elf::STB_GNU_UNIQUE,
        };
        symbol[Elf::ST_INFO] = symbol[Elf::ST_INFO] & 0xf | binding.0 << 4;
    }
}

pub(super) fn too_large() -> Error {
    Error::unsupported("the result would pass the limits of the object's ELF class")
}

/// What each symbol and section that stays is to be called.
struct Names {
    /// `None` for what goes away.
    symbols: Vec<Option<NewName>>,
    sections: Vec<Option<NewName>>,
}

impl Names {
    fn new<Elf: Class>(object: &ElfObject<'_, Elf>, edits: &ObjectEdits, numbers: &Numbers) -> Self {
        let mut symbols: Vec<_> =
            (0..object.symbols.len()).map(|at| numbers.symbol(at).map(|_| NewName::Same)).collect();
        for edit in &edits.symbols {
            let name = &mut symbols[edit.index.0 as usize];
            *name = name.map(|_| edit.name);
        }
        let mut sections: Vec<_> =
            (0..object.sections.len()).map(|at| numbers.section(at).map(|_| NewName::Same)).collect();
        for &(section, change) in &edits.sections {
            if let (SectionChange::Rename(new), Some(name)) = (change, &mut sections[section.0 as usize]) {
                *name = new;
            }
        }
        Self { symbols, sections }
    }

    /// Index, offset of the name, and new name of each symbol that stays.
    fn symbols<Elf: Class>(&self, object: &ElfObject<'_, Elf>) -> impl Iterator<Item = (usize, u32, NewName)> {
        let rows = object.symbols.iter().zip(&self.symbols).enumerate();
        let endian = object.endian;
        rows.filter_map(move |(index, (symbol, name))| name.map(|name| (index, symbol.st_name(endian), name)))
    }

    /// The same of each section.
    fn sections<Elf: Class>(&self, object: &ElfObject<'_, Elf>) -> impl Iterator<Item = (usize, u32, NewName)> {
        let rows = object.sections.iter().zip(&self.sections).enumerate();
        let endian = object.endian;
        rows.filter_map(move |(index, (section, name))| name.map(|name| (index, section.sh_name(endian), name)))
    }
}
