//! Relocations of MIPS that mean something else for local symbols than for global ones (System V ABI, MIPS supplement,
//! chapter "Relocation"): what was compiled or joined for one cannot be linked as the other.
//!
//! For a global symbol `R_MIPS_GOT16` gives the place of its address, for a local one that of its page, which a
//! `R_MIPS_LO16` has to complete. `R_MIPS_CALL16` is for global symbols alone: GNU ld refuses others. What is relative
//! to the global pointer has, for a local symbol, the object's own pointer in it, which is zero until `ld -r`.

use object::elf;
use object::read::elf::SectionHeader;

use super::relocations::Form;
use super::{Class, ElfObject};
use crate::error::{Error, Result};
use crate::object::symbol::SymbolIndex;

/// `GOT16` and `CALL16`, also of MIPS16 and of microMIPS; numbers as in GNU's `elf/mips.h`.
const THROUGH_GOT: [u32; 6] = [9, 11, 102, 103, 138, 142];
/// `GPREL16`, `LITERAL`, `GPREL32`, those of MIPS16 and of microMIPS.
const GP_RELATIVE: [u32; 7] = [7, 8, 12, 101, 136, 137, 172];

/// Type of `.reginfo`, which is an `Elf32_RegInfo`.
const SHT_MIPS_REGINFO: u32 = 0x7000_0006;
/// Type of `.MIPS.options`: entries of kind, size and six other bytes before their contents.
const SHT_MIPS_OPTIONS: u32 = 0x7000_000d;
/// An entry that is an `Elf32_RegInfo` or `Elf64_RegInfo`.
const ODK_REGINFO: u8 = 1;

impl<Elf: Class> ElfObject<'_, Elf> {
    /// The symbols that have such relocations, by ascending index; none on other machines.
    ///
    /// # Errors
    /// Malformed, with the offset of the section's header.
    pub(super) fn global_only(&self) -> Result<Vec<SymbolIndex>> {
        let mut found = Vec::new();
        if self.header.e_machine(self.endian) != elf::EM_MIPS {
            return Ok(found);
        }
        let joined = self.has_global_pointer()?;
        for (index, section) in self.sections.enumerate().skip(1) {
            let is_of_symbols = section.sh_link(self.endian) as usize == self.symbols.section().0;
            if Form::of(section.sh_type(self.endian)).is_none() || !is_of_symbols {
                continue;
            }
            let malformed =
                |error: object::read::Error| Error::malformed(self.section_header_offset(index.0), error.to_string());
            let relocations = self.relocations(section).map_err(malformed)?;
            // 64-bit objects have three types in one; the first is the one that looks at the symbol.
            let global_only = relocations.iter().filter(|relocation| {
                let kind = relocation.r_type.0 & 0xff;
                THROUGH_GOT.contains(&kind) || joined && GP_RELATIVE.contains(&kind)
            });
            found.extend(global_only.map(|relocation| SymbolIndex(relocation.r_sym)));
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Whether `ri_gp_value` is not zero: the object's global pointer, which is the last field of its register
    /// information.
    fn has_global_pointer(&self) -> Result<bool> {
        let (info, pointer) = if Elf::WIDE { (32, 8) } else { (24, 4) };
        let mut found = false;
        for (index, section) in self.sections.enumerate().skip(1) {
            let kind = section.sh_type(self.endian).0;
            let mut data = match kind {
                SHT_MIPS_REGINFO | SHT_MIPS_OPTIONS => self.section_data(index.0, section)?,
                _ => continue,
            };
            if kind == SHT_MIPS_REGINFO {
                found |= data.len() == 24 && data[20..] != [0; 4];
                continue;
            }
            while let [entry, size, ..] = *data {
                let (option, rest) = data.split_at((size as usize).clamp(2, data.len()));
                found |= entry == ODK_REGINFO
                    && option.len() == 8 + info
                    && option[8 + info - pointer..].iter().any(|byte| *byte != 0);
                data = rest;
            }
        }
        Ok(found)
    }
}
