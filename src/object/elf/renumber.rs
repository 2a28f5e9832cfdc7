//! New numbers for symbols and sections, and every table that carries the old ones.
//!
//! Local symbols come first in a symbol table (gABI, "Symbol Table": `sh_info`). A symbol that becomes local or global
//! moves across that border, and one that goes away moves all behind it; so do sections. What refers to them by
//! number: relocations, groups, `SHT_SYMTAB_SHNDX`, address-significance tables, `sh_link`, `sh_info`, `e_shstrndx`.

use object::elf;
use object::read::elf::{SectionHeader, Sym};

use super::edit::Draft;
use super::layout::{put_u16, put_u32};
use super::relocations::{self, Form};
use super::{Class, ElfObject};
use crate::error::{Error, Result};
use crate::object::symbol::{Binding, ObjectEdits, Placement, SymbolIndex};
use crate::object::uleb;

/// `SHT_LLVM_ADDRSIG`: ULEB128 symbol indices (LLVM, "Extensions", "SHT_LLVM_ADDRSIG Section").
pub(super) const SHT_LLVM_ADDRSIG: u32 = 0x6fff_4c03;
/// The call graph profile of LLVM before 13, with symbol indices of its own; later ones use relocations.
const SHT_LLVM_CALL_GRAPH_PROFILE_OLD: u32 = 0x6fff_4c02;

/// For each old number the new one; `None` for what goes away.
type Map = Vec<Option<u32>>;

/// The new numbers of an object's symbols and sections. Without a map, numbers stay.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    symbols: Option<Map>,
    sections: Option<Map>,
    /// How many symbols are local, the null symbol included.
    locals: u32,
    old_sections: usize,
    /// Whether any symbol has another number than before, or none.
    pub changes_symbols: bool,
}

impl Numbers {
    /// The numbers that follow from `edits`.
    ///
    /// # Errors
    /// Malformed, where the symbol table is.
    pub fn of<Elf: Class>(object: &ElfObject<'_, Elf>, edits: &ObjectEdits) -> Result<Self> {
        let mut numbers = Self { old_sections: object.sections.len(), ..Self::default() };
        numbers.sections = map_of(&object.removed_sections(edits)?);
        let mut local: Vec<bool> = object.symbols.iter().map(Sym::is_local).collect();
        let mut kept = vec![true; local.len()];
        let mut moves = false;
        for edit in &edits.symbols {
            let at = edit.index.0 as usize;
            if let Some(binding) = edit.binding {
                moves |= local[at] != (binding == Binding::Local);
                local[at] = binding == Binding::Local;
            }
            kept[at] &= !edit.remove;
        }
        if numbers.sections.is_some() {
            for (index, symbol) in object.symbols.enumerate().skip(1) {
                if let Placement::Section(section) = object.placement(index.0, symbol)? {
                    kept[index.0] &= numbers.section(section.0 as usize).is_some();
                }
            }
        }
        if moves || kept.contains(&false) {
            let mut order: Vec<usize> = (0..kept.len()).filter(|&at| kept[at] && local[at]).collect();
            numbers.locals = order.len() as u32;
            order.extend((0..kept.len()).filter(|&at| kept[at] && !local[at]));
            let mut map = vec![None; kept.len()];
            order.iter().enumerate().for_each(|(new, &old)| map[old] = Some(new as u32));
            numbers.changes_symbols = !order.iter().copied().eq(0..kept.len());
            numbers.symbols = Some(map);
        }
        Ok(numbers)
    }

    /// Whether any symbol goes away.
    pub fn removes_symbols(&self) -> bool {
        self.symbols.as_ref().is_some_and(|map| map.contains(&None))
    }

    /// A symbol's new number.
    pub fn symbol(&self, old: usize) -> Option<u32> {
        self.symbols.as_ref().map_or(Some(old as u32), |map| map.get(old).copied().flatten())
    }

    /// A section's new number.
    pub fn section(&self, old: usize) -> Option<u32> {
        self.sections.as_ref().map_or(Some(old as u32), |map| map.get(old).copied().flatten())
    }

    /// Whether any section goes away.
    pub fn removes_sections(&self) -> bool {
        self.sections.is_some()
    }

    /// Whether a symbol of this place goes away because its section does.
    pub fn loses_home(&self, place: Option<Placement>) -> bool {
        matches!(place, Some(Placement::Section(section)) if self.section(section.0 as usize).is_none())
    }

    /// How many sections there are in the end, the null section included.
    pub fn sections_left(&self) -> usize {
        self.sections.as_ref().map_or(self.old_sections, |map| map.iter().flatten().count())
    }

    /// `e_shnum` and `e_shstrndx`. Where they do not fit, section 0 has the numbers (gABI, "ELF Header").
    pub fn number_header<Elf: Class>(
        &self,
        object: &ElfObject<'_, Elf>,
        header: &mut [u8],
        draft: &mut Draft,
    ) -> Result<()> {
        if self.sections.is_none() {
            return Ok(());
        }
        let count = self.sections_left();
        let names = self.section(object.section_names_index()?).unwrap_or_default();
        let fits = |number: usize| number < usize::from(elf::SHN_LORESERVE);
        let (field, size) = if fits(count) { (count as u16, 0) } else { (0, count as u64) };
        put_u16(header, Elf::E_SHNUM, object.endian, field);
        object.set_header(draft, 0, Elf::SH_SIZE, size)?;
        let (field, link) = if fits(names as usize) { (names as u16, 0) } else { (elf::SHN_XINDEX.0, names) };
        put_u16(header, Elf::E_SHNUM + 2, object.endian, field);
        put_u32(&mut draft.headers, Elf::SH_LINK, object.endian, link);
        Ok(())
    }
}

/// Numbers for what stays, `None` for what does not; nothing where all stay.
fn map_of(gone: &[bool]) -> Option<Map> {
    if !gone.contains(&true) {
        return None;
    }
    let mut next = 0;
    let number = |gone: &bool| {
        next += u32::from(!gone);
        (!gone).then(|| next - 1)
    };
    Some(gone.iter().map(number).collect())
}

impl<Elf: Class> ElfObject<'_, Elf> {
    /// Rewrites in `draft` every table that carries numbers.
    ///
    /// # Errors
    /// Unsupported, naming what still refers to a symbol or section that is to go; malformed tables.
    pub(super) fn renumber(&self, numbers: &Numbers, edits: &ObjectEdits, draft: &mut Draft) -> Result<()> {
        if numbers.symbols.is_none() && numbers.sections.is_none() {
            return self.localize_groups(edits, draft);
        }
        self.renumber_symbol_table(numbers, draft)?;
        self.leave_groups(numbers, draft)?;
        let kept = || self.sections.enumerate().skip(1).filter(|(index, _)| numbers.section(index.0).is_some());
        // What stands in the way of a section is said before what does in that of a symbol.
        kept().try_for_each(|(index, section)| self.renumber_links(index.0, section, numbers, draft))?;
        for (index, section) in kept() {
            let kind = section.sh_type(self.endian);
            if let Some(form) = Form::of(kind) {
                self.renumber_relocations(index.0, section, form, numbers, draft)?;
            } else if kind == elf::SHT_GROUP {
                self.renumber_group(index.0, section, numbers, edits, draft)?;
            } else if kind.0 == SHT_LLVM_ADDRSIG && numbers.symbols.is_some() {
                let data = self.section_data(index.0, section)?;
                let data = uleb::renumber(data, |symbol| numbers.symbol(symbol as usize));
                let data = data.ok_or_else(|| self.bad_table(index.0))?;
                draft.contents.insert(index.0, data);
            } else if kind.0 == SHT_LLVM_CALL_GRAPH_PROFILE_OLD && numbers.symbols.is_some() {
                let what = "a call graph profile of LLVM before 13, which numbers symbols in a way of its own";
                return Err(Error::unsupported(what).at(self.section_header_offset(index.0)));
            }
        }
        Ok(())
    }

    fn renumber_symbol_table(&self, numbers: &Numbers, draft: &mut Draft) -> Result<()> {
        let table = self.symbols.section().0;
        let Some(old) = draft.contents.remove(&table) else { return Ok(()) };
        let row = size_of::<Elf::Sym>();
        let mut order: Vec<_> = (0..self.symbols.len()).filter_map(|old| Some((numbers.symbol(old)?, old))).collect();
        order.sort_unstable();
        let mut rows = Vec::with_capacity(old.len());
        let mut extended = Vec::new();
        for &(_, at) in &order {
            let symbol = &self.symbols.symbols()[at];
            rows.extend_from_slice(&old[at * row..(at + 1) * row]);
            // Reserved numbers are no sections, and stay. The extended entry is 0 where the field suffices (gABI,
            // SHT_SYMTAB_SHNDX).
            let mut entry = 0;
            if let Placement::Section(section) = self.placement(at, symbol)?
                && let Some(new) = numbers.section(section.0 as usize)
            {
                let field = rows.len() - row + Elf::ST_SHNDX;
                let fits = new < u32::from(elf::SHN_LORESERVE);
                put_u16(&mut rows, field, self.endian, if fits { new as u16 } else { elf::SHN_XINDEX.0 });
                entry = if fits { 0 } else { new };
            }
            extended.push(entry);
        }
        draft.contents.insert(table, rows);
        if numbers.symbols.is_some() {
            put_u32(
                &mut draft.headers,
                table * size_of::<Elf::SectionHeader>() + Elf::SH_INFO,
                self.endian,
                numbers.locals,
            );
        }
        let shndx = self.symbols.shndx_section().0;
        if shndx != 0 {
            let mut bytes = vec![0; 4 * extended.len()];
            extended.iter().enumerate().for_each(|(at, &value)| put_u32(&mut bytes, 4 * at, self.endian, value));
            draft.contents.insert(shndx, bytes);
        }
        Ok(())
    }

    fn renumber_relocations(
        &self,
        index: usize,
        section: &Elf::SectionHeader,
        form: Form,
        numbers: &Numbers,
        draft: &mut Draft,
    ) -> Result<()> {
        if numbers.symbols.is_none() || !self.relocates_by_symbols(section) {
            return Ok(());
        }
        let data = self.section_data(index, section)?;
        let mut gone = None;
        let new =
            relocations::renumber::<Elf>(data, form, self.endian, self.header.is_mips64el(self.endian), |symbol| {
                numbers.symbol(symbol as usize).or_else(|| {
                    gone.get_or_insert(symbol);
                    None
                })
            });
        match (new, gone) {
            (Some(new), _) => {
                draft.contents.insert(index, new);
                Ok(())
            }
            (None, Some(symbol)) => Err(self.named_in_relocation(symbol as usize, index, numbers)),
            (None, None) => Err(self.bad_table(index)),
        }
    }

    fn renumber_group(
        &self,
        index: usize,
        section: &Elf::SectionHeader,
        numbers: &Numbers,
        edits: &ObjectEdits,
        draft: &mut Draft,
    ) -> Result<()> {
        let signature = section.sh_info(self.endian) as usize;
        let Some(new) = numbers.symbol(signature) else {
            return Err(self.signs_group(signature, index));
        };
        let header = index * size_of::<Elf::SectionHeader>();
        put_u32(&mut draft.headers, header + Elf::SH_INFO, self.endian, new);
        let malformed =
            |error: object::read::Error| Error::malformed(self.section_header_offset(index), error.to_string());
        let Some((flags, members)) = section.group(self.endian, self.data).map_err(malformed)? else { return Ok(()) };
        let flags = if localizes(edits, signature) { flags.0 & !elf::GRP_COMDAT.0 } else { flags.0 };
        let members = members.iter().filter_map(|member| numbers.section(member.get(self.endian) as usize));
        let words: Vec<u32> = std::iter::once(flags).chain(members).collect();
        let mut bytes = vec![0; 4 * words.len()];
        words.iter().enumerate().for_each(|(at, &word)| put_u32(&mut bytes, 4 * at, self.endian, word));
        draft.contents.insert(index, bytes);
        Ok(())
    }

    /// Where numbers stay: a signature may be said to be local that was so before.
    fn localize_groups(&self, edits: &ObjectEdits, draft: &mut Draft) -> Result<()> {
        if !edits.symbols.iter().any(|edit| edit.binding == Some(Binding::Local)) {
            return Ok(());
        }
        for (index, section) in self.sections.enumerate().skip(1) {
            let is_group = section.sh_type(self.endian) == elf::SHT_GROUP;
            if !is_group || !localizes(edits, section.sh_info(self.endian) as usize) {
                continue;
            }
            let malformed =
                |error: object::read::Error| Error::malformed(self.section_header_offset(index.0), error.to_string());
            if let Some((flags, _)) = section.group(self.endian, self.data).map_err(malformed)? {
                let mut data = self.section_data(index.0, section)?.to_vec();
                put_u32(&mut data, 0, self.endian, flags.0 & !elf::GRP_COMDAT.0);
                draft.contents.insert(index.0, data);
            }
        }
        Ok(())
    }

    pub(super) fn section_data(&self, index: usize, section: &Elf::SectionHeader) -> Result<&[u8]> {
        let data = section.data(self.endian, self.data);
        data.map_err(|error| Error::malformed(self.section_header_offset(index), error.to_string()))
    }

    fn bad_table(&self, index: usize) -> Error {
        Error::malformed(self.section_header_offset(index), "a table refers to symbols that are not there")
    }
}

/// Whether the signature of a group is to be local. Linkers recognise groups by the signature's name, of whatever
/// binding: a local one stands for this object alone, so its group must not be taken for another's.
fn localizes(edits: &ObjectEdits, signature: usize) -> bool {
    edits.symbol(SymbolIndex(signature as u32)).is_some_and(|edit| edit.binding == Some(Binding::Local))
}
