//! Which sections go away, and what keeps one from going. Where LLVM's objcopy refuses the same, it is in its words.

use object::elf;
use object::read::elf::{Crel, SectionHeader};

use super::edit::Draft;
use super::layout::put_u32;
use super::relocations::Form;
use super::renumber::Numbers;
use super::{Class, ElfObject};
use crate::error::{Error, Result, printable};
use crate::object::symbol::{ObjectEdits, Placement, SectionChange, SectionIndex};

impl<Elf: Class> ElfObject<'_, Elf> {
    /// For each section, whether it goes away: those that `edits` remove, the relocations that apply to them, and
    /// groups that have no member left. `SHT_SYMTAB_SHNDX` goes where nothing needs it any more, and only there.
    ///
    /// # Errors
    /// Malformed groups; unsupported, for the table of section names.
    pub(super) fn removed_sections(&self, edits: &ObjectEdits) -> Result<Vec<bool>> {
        let mut gone = vec![false; self.sections.len()];
        for &(section, change) in &edits.sections {
            gone[section.0 as usize] |= change == SectionChange::Remove;
        }
        if !gone.contains(&true) {
            return Ok(gone);
        }
        if gone[self.section_names_index()?] {
            let what = "cannot write section header table because section header string table was removed";
            return Err(Error::unsupported(what));
        }
        for (index, section) in self.sections.enumerate().skip(1) {
            if Form::of(section.sh_type(self.endian)).is_some() {
                let target = section.sh_info(self.endian) as usize;
                gone[index.0] |= target != 0 && gone.get(target).copied().unwrap_or_default();
            }
        }
        for (index, section) in self.sections.enumerate().skip(1) {
            if section.sh_type(self.endian) == elf::SHT_GROUP && !gone[index.0] {
                let members = self.group_members(index.0, section)?;
                gone[index.0] = members.iter().all(|&member| gone.get(member).copied().unwrap_or_default());
            }
        }
        let extended = self.symbols.shndx_section().0;
        if extended != 0 {
            gone[extended] = !self.needs_extended_indices(&gone)?;
        }
        Ok(gone)
    }

    /// Whether some symbol's section has a number, once those are gone, that its 16-bit field does not hold: only then
    /// there is an `SHT_SYMTAB_SHNDX`.
    fn needs_extended_indices(&self, gone: &[bool]) -> Result<bool> {
        let mut kept = (0..gone.len()).filter(|&section| !gone[section]);
        let Some(first) = kept.nth(usize::from(elf::SHN_LORESERVE)) else { return Ok(false) };
        for (index, symbol) in self.symbols.enumerate().skip(1) {
            if let Placement::Section(section) = self.placement(index.0, symbol)?
                && section.0 as usize >= first
                && !gone.get(section.0 as usize).copied().unwrap_or_default()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes `SHF_GROUP` from what was in a group that goes away and stays itself.
    pub(super) fn leave_groups(&self, numbers: &Numbers, draft: &mut Draft) -> Result<()> {
        for (index, section) in self.sections.enumerate().skip(1) {
            if numbers.section(index.0).is_some() || section.sh_type(self.endian) != elf::SHT_GROUP {
                continue;
            }
            for member in self.group_members(index.0, section)? {
                let header = self.section_headers().get(member);
                let flags: u64 = header.map_or(0, |header| header.sh_flags(self.endian).0);
                if flags & elf::SHF_GROUP.0 != 0 {
                    self.set_header(draft, member, Elf::SH_FLAGS, flags & !elf::SHF_GROUP.0)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn group_members(&self, index: usize, section: &Elf::SectionHeader) -> Result<Vec<usize>> {
        let at = self.section_header_offset(index);
        let group = section.group(self.endian, self.data);
        let group = group.map_err(|error| Error::malformed(at, error.to_string()))?;
        let members = group.map(|(_, members)| members).unwrap_or_default();
        Ok(members.iter().map(|member| member.get(self.endian) as usize).collect())
    }

    /// `sh_link` is a section's number in all types, `sh_info` in relocations and where `SHF_INFO_LINK` says so.
    pub(super) fn renumber_links(
        &self,
        index: usize,
        section: &Elf::SectionHeader,
        numbers: &Numbers,
        draft: &mut Draft,
    ) -> Result<()> {
        let row = index * size_of::<Elf::SectionHeader>();
        let mut link = section.sh_link(self.endian);
        if link != 0 && self.loses_symbol_table(section, numbers) {
            link = 0;
            put_u32(&mut draft.headers, row + Elf::SH_LINK, self.endian, 0);
        }
        if !numbers.removes_sections() {
            return Ok(());
        }
        let has_info = section.has_info_link(self.endian) || Form::of(section.sh_type(self.endian)).is_some();
        let info = has_info.then(|| (Elf::SH_INFO, section.sh_info(self.endian)));
        for (field, old) in [Some((Elf::SH_LINK, link)), info].into_iter().flatten() {
            let Some(new) = numbers.section(old as usize) else {
                return Err(self.section_referred(old as usize, index, section));
            };
            put_u32(&mut draft.headers, row + field, self.endian, new);
        }
        Ok(())
    }

    /// Whether a section refers to the symbol table in a way that is not known here, and symbols have other numbers
    /// now: then the link goes, which tells linkers that the contents are stale.
    fn loses_symbol_table(&self, section: &Elf::SectionHeader, numbers: &Numbers) -> bool {
        let table = self.symbols.section().0;
        let changed = numbers.changes_symbols || numbers.section(table).is_none();
        changed && section.sh_link(self.endian) as usize == table && !numbers_symbols(section.sh_type(self.endian))
    }

    fn section_referred(&self, old: usize, by: usize, referrer: &Elf::SectionHeader) -> Error {
        let name = |at: usize| self.section_name(SectionIndex(at as u32)).map(printable).unwrap_or_default();
        let (kept, gone) = (name(by), name(old));
        let kind = referrer.sh_type(self.endian);
        Error::unsupported(if Form::of(kind).is_some() {
            format!(
                "symbol table '{gone}' cannot be removed because it is referenced by the relocation section '{kept}'"
            )
        } else if kind == elf::SHT_SYMTAB {
            format!("string table '{gone}' cannot be removed because it is referenced by the symbol table '{kept}'")
        } else if kind == elf::SHT_GROUP {
            format!("section '{gone}' cannot be removed because it is referenced by the group section '{kept}'")
        } else {
            format!("section '{gone}' cannot be removed because it is referenced by the section '{kept}'")
        })
    }

    /// Why a symbol cannot go: the relocations in section `index` name it.
    pub(super) fn named_in_relocation(&self, symbol: usize, index: usize, numbers: &Numbers) -> Error {
        let name = |at: usize| self.section_name(SectionIndex(at as u32)).map(printable).unwrap_or_default();
        let row = self.symbols.symbols().get(symbol);
        let label = row.and_then(|row| self.symbol_name(symbol, row).ok()).map(printable).unwrap_or_default();
        let home = row.and_then(|row| self.placement(symbol, row).ok());
        let Some(Placement::Section(home)) = home.filter(|_| numbers.loses_home(home)) else {
            let what = format!("not stripping symbol '{label}' because it is named in a relocation");
            return Error::unsupported(what);
        };
        let section = &self.section_headers()[index];
        let relocations = self.relocations(section).unwrap_or_default();
        let at = relocations.iter().find(|relocation| relocation.r_sym as usize == symbol);
        let at = at.map_or(0, |relocation: &Crel| relocation.r_offset);
        let (home, place) = (name(home.0 as usize), name(section.sh_info(self.endian) as usize));
        Error::unsupported(format!(
            "section '{home}' cannot be removed: ({place}+{at:#x}) has relocation against symbol '{label}'"
        ))
    }

    /// Why a symbol cannot go: it is the signature of the group in section `index`.
    pub(super) fn signs_group(&self, symbol: usize, index: usize) -> Error {
        let name = self.symbols.symbols().get(symbol).and_then(|row| self.symbol_name(symbol, row).ok());
        let group = self.section_name(SectionIndex(index as u32)).map(printable).unwrap_or_default();
        let name = printable(name.unwrap_or_default());
        let what =
            format!("symbol '{name}' cannot be removed because it is referenced by the section '{group}[{index}]'");
        Error::unsupported(what)
    }
}

/// Whether the symbol numbers in sections of this type are known, and renumbered, here.
pub(super) fn numbers_symbols(kind: elf::SectionType) -> bool {
    /// The call graph profile of LLVM since 13: weights, with relocations of its own.
    const SHT_LLVM_CALL_GRAPH_PROFILE: u32 = 0x6fff_4c09;
    let tables = [elf::SHT_GROUP, elf::SHT_SYMTAB_SHNDX];
    let llvm = [super::renumber::SHT_LLVM_ADDRSIG, SHT_LLVM_CALL_GRAPH_PROFILE];
    Form::of(kind).is_some() || tables.contains(&kind) || llvm.contains(&kind.0)
}
