//! Turns edits of an ELF object's symbols and section names into splices.
//!
//! Symbols keep their indices, so relocations, groups and every other table that refers to them stay as they are.
//! Renames rewrite the string table; what follows it in the file moves, and nothing before it does.

use std::collections::BTreeMap;
use std::ops::Range;

use object::elf;
use object::pod::bytes_of_slice;
use object::read::elf::{SectionHeader, Sym};

use super::layout::{put_u32, put_word};
use super::{Class, ElfObject};
use crate::error::{Error, Result};
use crate::object::string_table::{Rewriter, Rewritten};
use crate::object::symbol::{NewName, ObjectEdits, SectionIndex, Suffixes, SymbolEdit};
use crate::patch::Patch;

/// New contents of sections, by section index.
type Contents = BTreeMap<usize, Vec<u8>>;

impl<Elf: Class> ElfObject<'_, Elf> {
    /// The splices that carry out `edits`.
    ///
    /// # Errors
    /// Malformed when the tables contradict each other, unsupported when the result would not fit the class.
    pub fn patch(&self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<Patch> {
        let mut contents = Contents::new();
        let mut headers = bytes_of_slice(self.section_headers()).to_vec();
        let mut symbols = bytes_of_slice(self.symbols.symbols()).to_vec();
        for edit in &edits.symbols {
            let at = edit.index.0 as usize * size_of::<Elf::Sym>();
            self.edit_symbol(&mut symbols[at..at + size_of::<Elf::Sym>()], edit);
        }
        for &(section, name) in &edits.sections {
            self.edit_section(&mut headers, section.0 as usize, name)?;
        }
        self.rename(edits, suffixes, &mut symbols, &mut headers, &mut contents)?;
        if !symbols.is_empty() {
            contents.insert(self.symbols.section().0, symbols);
        }
        self.lay_out(contents, headers)
    }

    fn section_headers(&self) -> &[Elf::SectionHeader] {
        self.sections.iter().as_slice()
    }

    fn edit_symbol(&self, symbol: &mut [u8], edit: &SymbolEdit) {
        let visibility = symbol[Elf::ST_OTHER] & 3;
        // STV_HIDDEN (2) and STV_INTERNAL (1) are hidden already; the upper bits belong to the processor.
        if edit.hide && !matches!(visibility, 1 | 2) {
            symbol[Elf::ST_OTHER] = symbol[Elf::ST_OTHER] & !3 | elf::STV_HIDDEN.0;
        }
        if edit.weaken {
            symbol[Elf::ST_INFO] = symbol[Elf::ST_INFO] & 0xf | elf::STB_WEAK.0 << 4;
        }
    }

    /// A registry of its own is kept by garbage collection: with lld's default, `-z start-stop-gc`, its bounds do not
    /// keep it, and before rustc 1.83 nothing in the archive says so. What another registry of the name kept alive
    /// keeps itself alive now.
    fn edit_section(&self, headers: &mut [u8], section: usize, name: NewName) -> Result<()> {
        if name != NewName::Registry {
            return Ok(());
        }
        let flags: u64 = self.section_headers()[section].sh_flags(self.endian).0;
        let flags = usize::try_from(flags | elf::SHF_GNU_RETAIN.0).map_err(|_| too_large())?;
        self.set_section(headers, section, Elf::SH_FLAGS, flags)
    }

    /// Rewrites the string tables that `edits` change, and with them every `st_name` and `sh_name` that refers there.
    fn rename(
        &self,
        edits: &ObjectEdits,
        suffixes: &Suffixes,
        symbols: &mut [u8],
        headers: &mut [u8],
        contents: &mut Contents,
    ) -> Result<()> {
        let renames = edits.symbols.iter().any(|edit| edit.name != NewName::Same);
        if !renames && edits.sections.is_empty() {
            return Ok(());
        }
        let names = Names::new(self, edits);
        let section_names = self.section_names_index()?;
        let mut tables = Vec::new();
        if renames {
            tables.push(self.symbols.string_section().0);
        }
        if !edits.sections.is_empty() && !tables.contains(&section_names) {
            tables.push(section_names);
        }
        for table in tables {
            let of_symbols = table == self.symbols.string_section().0;
            let of_sections = table == section_names;
            let new = self.rewrite_table(table, &names, of_symbols, of_sections, suffixes)?;
            if of_symbols {
                for (index, symbol) in self.symbols.symbols().iter().enumerate() {
                    let offset = new.offset(symbol.st_name(self.endian), names.symbols[index]);
                    put_u32(symbols, index * size_of::<Elf::Sym>() + Elf::ST_NAME, self.endian, offset);
                }
            }
            if of_sections {
                for (index, section) in self.section_headers().iter().enumerate() {
                    let offset = new.offset(section.sh_name(self.endian), names.section(index));
                    put_u32(headers, index * size_of::<Elf::SectionHeader>() + Elf::SH_NAME, self.endian, offset);
                }
            }
            contents.insert(table, new.bytes);
        }
        Ok(())
    }

    fn section_names_index(&self) -> Result<usize> {
        let index = self.header.shstrndx(self.endian, self.data);
        index.map(|index| index as usize).map_err(|error| Error::malformed(0, error.to_string()))
    }

    fn rewrite_table(
        &self,
        table: usize,
        names: &Names,
        of_symbols: bool,
        of_sections: bool,
        suffixes: &Suffixes,
    ) -> Result<Rewritten> {
        let at = self.section_header_offset(table);
        let data = self.sections.section(object::SectionIndex(table)).and_then(|section| {
            // A section of another type, or one that a second section shares, was caught by the parser or is by layout.
            section.data(self.endian, self.data)
        });
        let mut rewriter = Rewriter::new(data.map_err(|error| Error::malformed(at, error.to_string()))?);
        if of_symbols {
            for (index, symbol) in self.symbols.symbols().iter().enumerate() {
                rewriter.note(symbol.st_name(self.endian), names.symbols[index]).ok_or_else(|| {
                    Error::malformed(self.symbol_offset(index), "a symbol's name is outside the string table")
                })?;
            }
        }
        if of_sections {
            for (index, section) in self.section_headers().iter().enumerate() {
                rewriter.note(section.sh_name(self.endian), names.section(index)).ok_or_else(|| {
                    let at = self.section_header_offset(index);
                    Error::malformed(at, "a section's name is outside the string table")
                })?;
            }
        }
        rewriter.finish(suffixes).ok_or_else(|| Error::malformed(at, "the string table does not end in a NUL"))
    }

    /// Places the new contents. Everything before the first section whose size changes stays; from there on, each
    /// section and the section header table follow one another at their alignment, with no bytes between that belong
    /// to nothing.
    fn lay_out(&self, mut contents: Contents, mut headers: Vec<u8>) -> Result<Patch> {
        let mut patch = Patch::default();
        let (mut position, mut moved_from) = (None, None);
        let mut splices: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
        // The file header is the first of what must not be overlapped.
        let (mut old_end, mut changed_end) = (size_of::<Elf>(), 0);
        let mut shoff = None;
        for piece in self.pieces()? {
            let range = piece.range.clone();
            let new = piece.section.and_then(|section| contents.remove(&section));
            let changes = new.is_some() || piece.section.is_none() || position.is_some();
            // A section that shared bytes with what changes would change with it.
            if changes && range.start < old_end || range.start < changed_end {
                return Err(Error::malformed(range.start as u64, "a section overlaps another that has to change"));
            }
            if changes {
                changed_end = range.end;
            }
            if let Some(position) = &mut position {
                let start = piece.align_up(*position);
                if start - *position != range.start - old_end {
                    splices.push((old_end..range.start, vec![0; start - *position]));
                }
                match piece.section {
                    Some(section) => self.set_section(&mut headers, section, Elf::SH_OFFSET, start)?,
                    None => shoff = Some(start),
                }
                *position = start + new.as_ref().map_or(range.len(), Vec::len);
            } else if new.as_ref().is_some_and(|new| new.len() != range.len()) {
                position = Some(range.start + new.as_ref().map_or(0, Vec::len));
                moved_from = Some(range.start);
            }
            if let (Some(section), Some(new)) = (piece.section, &new) {
                self.set_section(&mut headers, section, Elf::SH_SIZE, new.len())?;
            }
            match new {
                Some(new) => splices.push((range.clone(), new)),
                None if piece.section.is_none() => splices.push((range.clone(), Vec::new())),
                None => {}
            }
            old_end = old_end.max(range.end);
        }
        if let Some(moved_from) = moved_from {
            splices.push((old_end..self.data.len(), Vec::new()));
            self.place_empty_sections(&mut headers, moved_from)?;
        }
        if let Some(shoff) = shoff {
            let field = if Elf::WIDE { 8 } else { 4 };
            let mut header = self.data[Elf::E_SHOFF..Elf::E_SHOFF + field].to_vec();
            put_word::<Elf>(&mut header, 0, self.endian, shoff as u64).ok_or_else(too_large)?;
            patch.replace(Elf::E_SHOFF..Elf::E_SHOFF + field, header);
        }
        let table = self.header_table();
        for (range, bytes) in splices {
            let bytes = if range == table { std::mem::take(&mut headers) } else { bytes };
            if self.data[range.clone()] != bytes {
                patch.replace(range, bytes);
            }
        }
        Ok(patch)
    }

    /// Sections without bytes in the file have an offset all the same, and readers want it inside the file.
    fn place_empty_sections(&self, headers: &mut [u8], moved_from: usize) -> Result<()> {
        for (index, section) in self.section_headers().iter().enumerate().skip(1) {
            let empty = section.file_range(self.endian).is_none_or(|(_, size)| size == 0);
            let offset: u64 = section.sh_offset(self.endian).into();
            if empty && offset > moved_from as u64 {
                self.set_section(headers, index, Elf::SH_OFFSET, moved_from)?;
            }
        }
        Ok(())
    }

    fn set_section(&self, headers: &mut [u8], section: usize, field: usize, value: usize) -> Result<()> {
        let at = section * size_of::<Elf::SectionHeader>() + field;
        put_word::<Elf>(headers, at, self.endian, value as u64).ok_or_else(too_large)
    }

    fn header_table(&self) -> Range<usize> {
        let start = self.section_header_offset(0) as usize;
        start..start + size_of_val(self.section_headers())
    }

    /// What occupies the file behind the file header, in the order of the file.
    fn pieces(&self) -> Result<Vec<Piece>> {
        let mut pieces =
            vec![Piece { section: None, range: self.header_table(), align: if Elf::WIDE { 8 } else { 4 } }];
        // Section 0 is no section: where it has a size, that is the number of sections (gABI, `e_shnum`).
        for (index, section) in self.section_headers().iter().enumerate().skip(1) {
            let Some((offset, size)) = section.file_range(self.endian) else {
                continue;
            };
            let outside = || Error::malformed(self.section_header_offset(index), "a section is outside the object");
            let start = usize::try_from(offset).map_err(|_| outside())?;
            let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size)).ok_or_else(outside)?;
            if size == 0 {
                continue;
            }
            if end > self.data.len() {
                return Err(outside());
            }
            let align: u64 = section.sh_addralign(self.endian).into();
            pieces.push(Piece { section: Some(index), range: start..end, align });
        }
        pieces.sort_by_key(|piece| (piece.range.start, piece.range.end));
        Ok(pieces)
    }
}

fn too_large() -> Error {
    Error::unsupported("with the longer names the object would pass the limits of its ELF class")
}

/// What each symbol and section is to be called.
struct Names {
    symbols: Vec<NewName>,
    sections: BTreeMap<usize, NewName>,
}

impl Names {
    fn new<Elf: Class>(object: &ElfObject<'_, Elf>, edits: &ObjectEdits) -> Self {
        let mut symbols = vec![NewName::Same; object.symbols.len()];
        for edit in &edits.symbols {
            symbols[edit.index.0 as usize] = edit.name;
        }
        let sections = edits.sections.iter().map(|&(SectionIndex(index), name)| (index as usize, name)).collect();
        Self { symbols, sections }
    }

    fn section(&self, index: usize) -> NewName {
        self.sections.get(&index).copied().unwrap_or(NewName::Same)
    }
}

/// A section's bytes, or the section header table's.
struct Piece {
    /// `None` for the section header table.
    section: Option<usize>,
    range: Range<usize>,
    align: u64,
}

impl Piece {
    /// The next place for it. Where it was not aligned as it says, it gets what alignment it had: that also bounds
    /// the padding that an absurd `sh_addralign` can ask for by the size of the file.
    fn align_up(&self, position: usize) -> usize {
        let had = self.range.start.trailing_zeros();
        let said = if self.align.is_power_of_two() { self.align.trailing_zeros() } else { 0 };
        position.next_multiple_of(1 << said.min(had))
    }
}
