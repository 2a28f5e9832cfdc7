//! Holds a rewritten ELF object against its original and the edits, from the bytes of both: written to share nothing
//! with the editor but the parser.

mod rows;

use object::elf::{
    GRP_COMDAT, SHF_GNU_RETAIN, SHF_GROUP, SHN_LORESERVE, SHT_CREL, SHT_GROUP, SHT_NOBITS, SHT_REL, SHT_RELA,
    SHT_STRTAB, SHT_SYMTAB, SHT_SYMTAB_SHNDX, SectionType,
};
use object::read::elf::{SectionHeader, Sym};

use super::{Class, ElfObject};
use crate::error::{Error, Result, printable};
use crate::object::symbol::{
    Binding, NewName, ObjectEdits, Placement, SectionChange, SectionIndex, Suffixes, SymbolEdit, SymbolIndex,
};

/// What the original's rows have become.
struct Expected<'e> {
    /// The original's sections that are still there, in order.
    sections: Vec<usize>,
    /// The original's symbols that are still there, in their new order, each with its edit.
    symbols: Vec<(usize, Option<&'e SymbolEdit>)>,
    /// For each of the original's symbols, its new number.
    numbers: Vec<Option<u32>>,
    /// Whether any symbol or section has another number than before.
    renumbered: bool,
    /// For each of the original's sections, whether the group that it was in is gone.
    ungrouped: Vec<bool>,
    /// `sh_info` of the symbol table, where that is another: one past the last local symbol.
    locals: Option<u32>,
    /// The result's names of symbols and of sections.
    symbol_names: &'e [u8],
    section_names: &'e [u8],
}

impl<'d, Elf: Class> ElfObject<'d, Elf> {
    /// That every symbol is what it was but for its edit, that every section but the tables has its contents, and that
    /// every relocation and group means the same symbol as before.
    ///
    /// # Errors
    /// Verification, naming the first difference.
    pub fn verify(&self, after: &Self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<()> {
        if self.header.e_machine(self.endian) != after.header.e_machine(after.endian) {
            return Err(Error::verification("the machine changed"));
        }
        if self.keeps_rows(edits) {
            return self.verify_rows(after, edits, suffixes);
        }
        let mut expected = self.expected(edits)?;
        expected.symbol_names = after.strings(after.symbols.string_section().0)?;
        expected.section_names = after.strings(after.section_names_index()?)?;
        if expected.sections.len() != after.sections.len() || expected.symbols.len() != after.symbols.len() {
            return Err(Error::verification("the number of sections or symbols is not as planned"));
        }
        for (new, &old) in expected.sections.iter().enumerate().skip(1) {
            self.verify_section(after, old, new, &expected, edits, suffixes)?;
        }
        let locals = expected.locals.map_or(0, |locals| locals as usize);
        if !after.symbols.iter().take(locals).all(Sym::is_local) {
            return Err(Error::verification("local symbols do not come first"));
        }
        for (new, &(old, edit)) in expected.symbols.iter().enumerate() {
            if !self.same_symbol(after, old, new, edit, &expected, edits, suffixes)? {
                let name = printable(self.symbol_name(old, &self.symbols.symbols()[old])?);
                return Err(Error::verification(format!("symbol {old} ({name}) is not as planned")));
            }
        }
        Ok(())
    }

    fn is_local_after(&self, old: usize, edit: Option<&SymbolEdit>) -> bool {
        let binding = edit.and_then(|edit| edit.binding);
        binding.map_or_else(|| self.symbols.symbols()[old].is_local(), |binding| binding == Binding::Local)
    }

    fn expected<'e>(&self, edits: &'e ObjectEdits) -> Result<Expected<'e>> {
        let gone = self.gone(edits)?;
        let sections: Vec<usize> = (0..gone.len()).filter(|&section| !gone[section]).collect();
        let mut ungrouped = vec![false; gone.len()];
        for (index, header) in self.sections.enumerate().filter(|(index, _)| gone[index.0]) {
            if header.sh_type(self.endian) == SHT_GROUP {
                let members = self.group_members(index.0, header)?;
                members.into_iter().for_each(|member| ungrouped.get_mut(member).into_iter().for_each(|is| *is = true));
            }
        }
        let mut by_index = edits.symbols.iter().peekable();
        let mut symbols = Vec::with_capacity(self.symbols.len());
        let table_gone = gone.get(self.symbols.section().0).copied().unwrap_or_default();
        for (index, symbol) in self.symbols.enumerate().filter(|_| !table_gone) {
            let edit = by_index.next_if(|edit| edit.index.0 as usize == index.0);
            let placed = match self.placement(index.0, symbol)? {
                Placement::Section(section) => sections.binary_search(&(section.0 as usize)).is_ok(),
                _ => true,
            };
            if (placed || index.0 == 0 || sections.len() == self.sections.len())
                && !edit.is_some_and(|edit| edit.remove)
            {
                symbols.push((index.0, edit));
            }
        }
        if let Some(edit) = by_index.next().filter(|_| !table_gone) {
            return Err(Error::verification(format!("the plan names symbol {}, out of order", edit.index.0)));
        }
        let moves = |(old, edit): &(usize, Option<&SymbolEdit>)| {
            self.is_local_after(*old, *edit) != self.symbols.symbols()[*old].is_local()
        };
        let mut locals = None;
        if symbols.len() != self.symbols.len() || symbols.iter().any(moves) {
            symbols.sort_by_key(|&(old, edit)| !self.is_local_after(old, edit));
            locals = Some(symbols.partition_point(|&(old, edit)| self.is_local_after(old, edit)) as u32);
        }
        let mut numbers = vec![None; self.symbols.len()];
        symbols.iter().enumerate().for_each(|(new, &(old, _))| numbers[old] = Some(new as u32));
        let same = |(new, number): (usize, &Option<u32>)| *number == Some(new as u32);
        let renumbered = sections.len() != self.sections.len() || !numbers.iter().enumerate().all(same);
        let (symbol_names, section_names) = (&[][..], &[][..]);
        Ok(Expected { sections, symbols, numbers, renumbered, ungrouped, locals, symbol_names, section_names })
    }

    /// For each section, whether it is to be gone: those that were asked for, the relocations that apply to them, and
    /// the groups that have no other members.
    fn gone(&self, edits: &ObjectEdits) -> Result<Vec<bool>> {
        let mut gone = vec![false; self.sections.len()];
        let removed = edits.sections.iter().filter(|(_, change)| *change == SectionChange::Remove);
        removed.for_each(|(section, _)| gone[section.0 as usize] = true);
        if !gone.contains(&true) {
            return Ok(gone);
        }
        let is_gone = |gone: &[bool], at: usize| at != 0 && gone.get(at).copied().unwrap_or_default();
        for (index, header) in self.sections.enumerate().skip(1) {
            if is_relocations(header.sh_type(self.endian)) {
                gone[index.0] |= is_gone(&gone, header.sh_info(self.endian) as usize);
            }
        }
        for (index, header) in self.sections.enumerate().skip(1) {
            if header.sh_type(self.endian) == SHT_GROUP {
                let members = self.group_members(index.0, header)?;
                gone[index.0] |= members.into_iter().all(|member| is_gone(&gone, member));
            }
        }
        // It is there as long as a symbol needs it.
        let extended = self.symbols.shndx_section().0;
        if extended != 0 {
            let mut numbers = (0..gone.len()).filter(|&section| !gone[section]);
            let first = numbers.nth(usize::from(SHN_LORESERVE)).unwrap_or(usize::MAX);
            let mut needed = false;
            for (index, symbol) in self.symbols.enumerate().skip(1) {
                let Placement::Section(section) = self.placement(index.0, symbol)? else { continue };
                needed |= section.0 as usize >= first && !is_gone(&gone, section.0 as usize);
            }
            gone[extended] = !needed;
        }
        Ok(gone)
    }

    #[allow(clippy::too_many_arguments)]
    fn same_symbol(
        &self,
        after: &Self,
        old: usize,
        new: usize,
        edit: Option<&SymbolEdit>,
        expected: &Expected<'_>,
        edits: &ObjectEdits,
        suffixes: &Suffixes,
    ) -> Result<bool> {
        let (old_symbol, symbol) = (&self.symbols.symbols()[old], &after.symbols.symbols()[new]);
        let edit = edit.copied().unwrap_or(SymbolEdit::of(crate::object::symbol::SymbolIndex(old as u32)));
        let name = self.symbol_name(old, old_symbol)?;
        let new_name = symbol.st_name(after.endian);
        if !is_called(expected.symbol_names, new_name, name, edit.name, edits, suffixes) {
            return Ok(false);
        }
        let (before, now) = (self.symbol(old, old_symbol, name)?, after.symbol(new, symbol, name)?);
        let placement = match before.placement {
            Placement::Section(section) if expected.renumbered => {
                let section = expected.sections.binary_search(&(section.0 as usize));
                Placement::Section(SectionIndex(section.unwrap_or_default() as u32))
            }
            other => other,
        };
        let (old_value, new_value): (u64, u64) =
            (old_symbol.st_value(self.endian).into(), symbol.st_value(after.endian).into());
        Ok(now.binding == edit.binding.unwrap_or(before.binding)
            && now.visibility == edit.visibility.unwrap_or(before.visibility)
            && now.placement == placement
            && symbol.st_other().0 & !3 == old_symbol.st_other().0 & !3
            && symbol.st_type() == old_symbol.st_type()
            && now.size == before.size
            && new_value == old_value)
    }

    fn verify_section(
        &self,
        after: &Self,
        old: usize,
        new: usize,
        expected: &Expected<'_>,
        edits: &ObjectEdits,
        suffixes: &Suffixes,
    ) -> Result<()> {
        let index = SectionIndex(old as u32);
        let name = match edits.section(index) {
            Some(SectionChange::Rename(name)) => name,
            _ => NewName::Same,
        };
        let old_name = self.section_name(index)?;
        let (header, new_header) = (&self.section_headers()[old], &after.section_headers()[new]);
        let retained = if name == NewName::Registry { SHF_GNU_RETAIN.0 } else { 0 };
        let ungrouped = if expected.ungrouped[old] { SHF_GROUP.0 } else { 0 };
        let new_name = new_header.sh_name(after.endian);
        let same = is_called(expected.section_names, new_name, old_name, name, edits, suffixes)
            && new_header.sh_flags(after.endian).0 == (header.sh_flags(self.endian).0 | retained) & !ungrouped
            && new_header.sh_type(after.endian) == header.sh_type(self.endian)
            && self.words(header) == after.words(new_header)
            && self.same_links(header, after, new_header, expected)
            && self.same_contents(header, after, new_header, expected, edits)?;
        if same {
            return Ok(());
        }
        Err(Error::verification(format!("section {old} ({}) is not as planned", printable(old_name))))
    }

    fn words(&self, header: &Elf::SectionHeader) -> [u64; 2] {
        [header.sh_addralign(self.endian).into(), header.sh_entsize(self.endian).into()]
    }

    fn same_links(
        &self,
        header: &Elf::SectionHeader,
        after: &Self,
        new: &Elf::SectionHeader,
        expected: &Expected<'_>,
    ) -> bool {
        let section = |old: u32| expected.sections.binary_search(&(old as usize)).ok().map(|new| new as u32);
        let (old_info, new_info) = (header.sh_info(self.endian), new.sh_info(after.endian));
        let info = match header.sh_type(self.endian) {
            SHT_SYMTAB => new_info == expected.locals.unwrap_or(old_info),
            SHT_GROUP => expected.numbers.get(old_info as usize).copied().flatten() == Some(new_info),
            kind if header.has_info_link(self.endian) || is_relocations(kind) => section(old_info) == Some(new_info),
            _ => old_info == new_info,
        };
        let (old_link, new_link) = (header.sh_link(self.endian), new.sh_link(after.endian));
        // A link to symbols that have other numbers now may be cut.
        let cut = expected.renumbered && new_link == 0 && old_link as usize == self.symbols.section().0;
        info && (cut || section(old_link) == Some(new_link))
    }

    fn same_contents(
        &self,
        header: &Elf::SectionHeader,
        after: &Self,
        new: &Elf::SectionHeader,
        expected: &Expected<'_>,
        edits: &ObjectEdits,
    ) -> Result<bool> {
        let size = |header: &Elf::SectionHeader, endian| -> u64 { header.sh_size(endian).into() };
        let (old_size, new_size) = (size(header, self.endian), size(new, after.endian));
        let failed = |error: object::read::Error| Error::verification(error.to_string());
        Ok(match header.sh_type(self.endian) {
            SHT_STRTAB | SHT_SYMTAB_SHNDX => true,
            SHT_SYMTAB => expected.renumbered || old_size == new_size,
            SHT_NOBITS => old_size == new_size,
            kind if expected.renumbered && is_relocations(kind) && self.relocates_by_symbols(header) => {
                let (before, now) =
                    (self.relocations(header).map_err(failed)?, after.relocations(new).map_err(failed)?);
                let number = |old: u32| expected.numbers.get(old as usize).copied().flatten();
                before.len() == now.len()
                    && before.iter().zip(&now).all(|(old, new)| {
                        (old.r_offset, old.r_type, old.r_addend) == (new.r_offset, new.r_type, new.r_addend)
                            && number(old.r_sym) == Some(new.r_sym)
                    })
            }
            SHT_GROUP => {
                let before = header.group(self.endian, self.data).map_err(failed)?;
                let now = new.group(after.endian, after.data).map_err(failed)?;
                let (Some((flags, members)), Some((new_flags, new_members))) = (before, now) else { return Ok(false) };
                let section = |old: u32| expected.sections.binary_search(&(old as usize)).ok().map(|new| new as u32);
                let members = members.iter().filter_map(|member| section(member.get(self.endian)));
                let signature = edits.symbol(SymbolIndex(header.sh_info(self.endian)));
                let local = signature.is_some_and(|edit| edit.binding == Some(Binding::Local));
                new_flags.0 == flags.0 & if local { !GRP_COMDAT.0 } else { !0 }
                    && members.eq(new_members.iter().map(|member| member.get(after.endian)))
            }
            // Lists of symbol numbers that LLVM adds, outside what decides a link.
            kind if expected.renumbered && kind.0 >= 0x6fff_4c00 && kind.0 < 0x6fff_4d00 => true,
            // What did not move was not rewritten either: only what did is read.
            _ if old_size == new_size && self.offset(header) == after.offset(new) => true,
            _ => header.data(self.endian, self.data) == new.data(after.endian, after.data),
        })
    }

    /// A string table's bytes.
    fn strings(&self, section: usize) -> Result<&'d [u8]> {
        let section = self.sections.section(object::SectionIndex(section));
        let data = section.and_then(|section| section.data(self.endian, self.data));
        data.map_err(|error| Error::verification(error.to_string()))
    }

    fn offset(&self, section: &Elf::SectionHeader) -> u64 {
        section.sh_offset(self.endian).into()
    }
}

fn is_relocations(kind: SectionType) -> bool {
    matches!(kind, SHT_REL | SHT_RELA | SHT_CREL)
}

/// Whether the name at `offset` of a string table is what `old` is to be called.
fn is_called(strings: &[u8], offset: u32, old: &[u8], name: NewName, edits: &ObjectEdits, suffixes: &Suffixes) -> bool {
    let base = if let NewName::Given(at) = name { &edits.names[at as usize] } else { old };
    let rest = strings.get(offset as usize..).and_then(|rest| rest.strip_prefix(base));
    rest.and_then(|rest| rest.strip_prefix(suffixes.of(name))).is_some_and(|rest| rest.first() == Some(&0))
}
