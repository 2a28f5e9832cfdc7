//! Relocations (`<mach-o/reloc.h>`): what each refers to, by symbol, by section or, scattered, by address; and the same
//! with other numbers.

use object::macho::{self, Relocation, RelocationInfo};
use object::read::macho::Section as _;
use object::{Endianness, pod};

use super::{Class, MachOObject, SectionAt};
use crate::error::{Error, Result};
use crate::object::symbol::{Reference, ReferenceForm, SectionIndex, SymbolIndex};

/// What a relocation refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// A symbol, by its number.
    Symbol(u32),
    /// A section, by its ordinal.
    Section(u32),
    /// What is at an address.
    Address(u32),
    /// Nothing by itself: a plain number, or the second half of the relocation in front.
    Nothing,
}

impl<'d, M: Class> MachOObject<'d, M> {
    /// The relocations of a section.
    ///
    /// # Errors
    /// Malformed, with the offset of the section's header.
    pub(super) fn relocations(&self, section: &SectionAt<'d, M>) -> Result<&'d [Relocation<Endianness>]> {
        let found = section.header.relocations(self.endian, self.data);
        found.map_err(|_| Error::malformed(section.at as u64, "a section's relocations are outside the object"))
    }

    /// What a relocation refers to.
    pub(super) fn target(&self, relocation: &Relocation<Endianness>) -> Target {
        let cpu = self.header.cputype(self.endian);
        if relocation.r_scattered(self.endian, cpu) {
            let info = relocation.scattered_info(self.endian);
            return if is_half(cpu, info.r_type) { Target::Nothing } else { Target::Address(info.r_value) };
        }
        let info = relocation.info(self.endian);
        match info.r_symbolnum {
            _ if is_half(cpu, info.r_type) => Target::Nothing,
            number if info.r_extern => Target::Symbol(number),
            macho::R_ABS => Target::Nothing,
            number => Target::Section(number),
        }
    }

    /// The relocations of a section with other numbers, as bytes. `None` from `number` for what is not there any more.
    ///
    /// # Errors
    /// Malformed; and what `number` returns.
    pub(super) fn renumber_relocations(
        &self,
        section: &SectionAt<'d, M>,
        number: impl Fn(Target) -> Result<u32>,
    ) -> Result<Vec<u8>> {
        let mut relocations = self.relocations(section)?.to_vec();
        for relocation in &mut relocations {
            let target = self.target(relocation);
            let new = number(target)?;
            if matches!(target, Target::Symbol(_) | Target::Section(_)) {
                let info = RelocationInfo { r_symbolnum: new, ..relocation.info(self.endian) };
                *relocation = info.relocation(self.endian);
            }
        }
        Ok(pod::bytes_of_slice(&relocations).to_vec())
    }

    /// Every reference by number to the symbols that `wanted` accepts, by sections and then in the order they stand in.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn references(&self, wanted: &dyn Fn(SymbolIndex) -> bool) -> Result<Vec<Reference>> {
        let mut found = Vec::new();
        // Each section has its own: all of them take no longer to read than the file.
        let mut unread = self.data.len();
        for (section, at) in self.enumerate_sections() {
            let relocations = self.relocations(at)?;
            unread = unread
                .checked_sub(size_of_val(relocations))
                .ok_or_else(|| Error::malformed(at.at as u64, "a section's relocations are another's too"))?;
            for relocation in relocations {
                if let Target::Symbol(number) = self.target(relocation)
                    && wanted(SymbolIndex(number))
                {
                    let form = ReferenceForm(relocation.info(self.endian).r_type.0.into());
                    found.push(Reference { symbol: SymbolIndex(number), section, form });
                }
            }
        }
        Ok(found)
    }

    /// What a relocation type is called.
    pub fn form_name(&self, form: ReferenceForm) -> String {
        let names = macho::machine_names(self.header.cputype(self.endian));
        let kind = macho::RelocationType(form.0 as u8);
        names.reloc.name(kind).map_or_else(|| form.0.to_string(), str::to_owned)
    }

    /// The section that an address is in.
    pub(super) fn section_at(&self, address: u64) -> Option<SectionIndex> {
        let holds = |section: &SectionAt<'d, M>| {
            let start: u64 = section.header.addr(self.endian).into();
            let size: u64 = section.header.size(self.endian).into();
            start <= address && address - start < size
        };
        self.enumerate_sections().find(|(_, section)| holds(section)).map(|(index, _)| index)
    }
}

/// Whether a relocation completes the one in front, and has another number in the place of a symbol's.
fn is_half(cpu: macho::CpuType, kind: macho::RelocationType) -> bool {
    match cpu {
        macho::CPU_TYPE_ARM64 | macho::CPU_TYPE_ARM64_32 => kind == macho::ARM64_RELOC_ADDEND,
        macho::CPU_TYPE_ARM => kind == macho::ARM_RELOC_PAIR,
        macho::CPU_TYPE_X86 => kind == macho::GENERIC_RELOC_PAIR,
        macho::CPU_TYPE_POWERPC | macho::CPU_TYPE_POWERPC64 => kind == macho::PPC_RELOC_PAIR,
        _ => false,
    }
}
