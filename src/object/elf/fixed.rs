//! What of an object is fixed at link time: relocations that no component loaded at an address of the loader's choice
//! can have. Per machine the types that linkers refuse for certain; others depend on the symbol's visibility, on
//! relaxation, or on options, and are not judged. A machine without a table is not judged at all.

use object::elf;
use object::read::elf::{Crel, SectionHeader};

use super::{Class, ElfObject};
use crate::error::{Error, Result};
use crate::object::symbol::{Fixed, FixedReference, Placement};

/// Relocation types and what each fixes, from the processors' ABI supplements. Which of them GNU ld refuses is in
/// `check_relocs` and `relocate_section` of binutils' `bfd/elfnn-x86-64.c` and its like, and in lld's `ELF/Arch/`.
type Types = &'static [(u32, Fixed)];

const X86_64: Types = &[
    (elf::R_X86_64_64.0, Fixed::Pointer),
    (elf::R_X86_64_32.0, Fixed::Address),
    (elf::R_X86_64_32S.0, Fixed::Address),
    (elf::R_X86_64_16.0, Fixed::Address),
    (elf::R_X86_64_8.0, Fixed::Address),
    (elf::R_X86_64_TPOFF32.0, Fixed::ThreadOffset),
];
/// Pointers have 32 bits there.
const X32: Types = &[
    (elf::R_X86_64_32.0, Fixed::Pointer),
    (elf::R_X86_64_32S.0, Fixed::Address),
    (elf::R_X86_64_TPOFF32.0, Fixed::ThreadOffset),
];
const I386: Types = &[(elf::R_386_32.0, Fixed::Pointer)];
const AARCH64: Types = &[
    (elf::R_AARCH64_ABS64.0, Fixed::Pointer),
    (elf::R_AARCH64_ABS32.0, Fixed::Address),
    (elf::R_AARCH64_ABS16.0, Fixed::Address),
    (elf::R_AARCH64_MOVW_UABS_G0.0, Fixed::Address),
    (elf::R_AARCH64_MOVW_UABS_G0_NC.0, Fixed::Address),
    (elf::R_AARCH64_MOVW_UABS_G1.0, Fixed::Address),
    (elf::R_AARCH64_MOVW_UABS_G1_NC.0, Fixed::Address),
    (elf::R_AARCH64_MOVW_UABS_G2.0, Fixed::Address),
    (elf::R_AARCH64_MOVW_UABS_G2_NC.0, Fixed::Address),
    (elf::R_AARCH64_MOVW_UABS_G3.0, Fixed::Address),
    (elf::R_AARCH64_TLSLE_ADD_TPREL_HI12.0, Fixed::ThreadOffset),
];
const ARM: Types = &[
    (elf::R_ARM_ABS32.0, Fixed::Pointer),
    (elf::R_ARM_MOVW_ABS_NC.0, Fixed::Address),
    (elf::R_ARM_MOVT_ABS.0, Fixed::Address),
    (elf::R_ARM_THM_MOVW_ABS_NC.0, Fixed::Address),
    (elf::R_ARM_THM_MOVT_ABS.0, Fixed::Address),
    (elf::R_ARM_TLS_LE32.0, Fixed::ThreadOffset),
];
const RISCV64: Types = &[
    (elf::R_RISCV_64.0, Fixed::Pointer),
    (elf::R_RISCV_HI20.0, Fixed::Address),
    (elf::R_RISCV_TPREL_HI20.0, Fixed::ThreadOffset),
];
const S390X: Types = &[(elf::R_390_64.0, Fixed::Pointer)];

impl<'d, Elf: Class> ElfObject<'d, Elf> {
    /// What the loaded sections fix: of each section and kind the first reference.
    ///
    /// # Errors
    /// Malformed, with the offset of the relocation section's header.
    pub fn fixed_references(&self) -> Result<Vec<FixedReference<'d>>> {
        let mut found = Vec::new();
        let types = self.fixed_types();
        if types.is_empty() || !self.relocatable {
            return Ok(found);
        }
        for (index, section) in self.sections.enumerate().skip(1) {
            let target = object::SectionIndex(section.sh_info(self.endian) as usize);
            let Ok(header) = self.sections.section(target) else { continue };
            let flags = header.sh_flags(self.endian).0;
            if target.0 == 0 || flags & elf::SHF_ALLOC.0 == 0 {
                continue;
            }
            let written = flags & elf::SHF_WRITE.0 != 0;
            let before = found.len();
            let mut look = |relocation: Crel| {
                let fixed = types.iter().find(|(number, _)| *number == relocation.r_type.0).map(|(_, fixed)| *fixed);
                let news = |fixed: &Fixed| {
                    // The loader writes pointers where it may write.
                    (*fixed != Fixed::Pointer || !written)
                        && !found[before..].iter().any(|one: &FixedReference<'_>| one.fixed == *fixed)
                };
                if let Some(fixed) = fixed.filter(news)
                    && let Some(symbol) = self.moving_symbol(relocation.r_sym as usize)
                {
                    let section = self.sections.section_name(self.endian, header).unwrap_or_default();
                    found.push(FixedReference { fixed, section, symbol });
                }
            };
            self.each_relocation(section, &mut look)
                .map_err(|error| Error::malformed(self.section_header_offset(index.0), error.to_string()))?;
        }
        Ok(found)
    }

    fn fixed_types(&self) -> Types {
        match self.header.e_machine(self.endian) {
            elf::EM_X86_64 if Elf::WIDE => X86_64,
            elf::EM_X86_64 => X32,
            elf::EM_386 => I386,
            elf::EM_AARCH64 if Elf::WIDE => AARCH64,
            elf::EM_ARM => ARM,
            elf::EM_RISCV if Elf::WIDE => RISCV64,
            elf::EM_S390 if Elf::WIDE => S390X,
            _ => &[],
        }
    }

    /// Gives each entry of a section to `look`; none where the section has none.
    pub(super) fn each_relocation(
        &self,
        section: &'d Elf::SectionHeader,
        look: &mut impl FnMut(Crel),
    ) -> object::read::Result<()> {
        let endian = self.endian;
        let mips64el = self.header.is_mips64el(endian);
        if let Some((relocations, _)) = section.rel(endian, self.data)? {
            relocations.iter().for_each(|one| look(Crel::from_rel(one, endian)));
        } else if let Some((relocations, _)) = section.rela(endian, self.data)? {
            relocations.iter().for_each(|one| look(Crel::from_rela(one, endian, mips64el)));
        } else if let Some((relocations, _)) = section.crel(endian, self.data)? {
            for one in relocations {
                look(one?);
            }
        }
        Ok(())
    }

    /// The name of a symbol, or of its section, if its address moves with where the component is loaded: plain numbers
    /// do not, nor does what may stay undefined.
    fn moving_symbol(&self, index: usize) -> Option<&'d [u8]> {
        let symbol = self.symbols.symbol(object::SymbolIndex(index)).ok().filter(|_| index != 0)?;
        let name = self.symbol_name(index, symbol).ok()?;
        match self.placement(index, symbol).ok()? {
            Placement::Absolute => None,
            Placement::Undefined if object::read::elf::Sym::is_weak(symbol) => None,
            Placement::Section(section) if name.is_empty() => self.section_name(section).ok(),
            _ => Some(name),
        }
    }
}
