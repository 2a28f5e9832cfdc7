//! Function descriptors of ppc64's first ABI (64-bit PowerPC ELF ABI Supplement 1.9, "Function Descriptors").
//!
//! There a function's symbol stands in `.opd`, at a descriptor whose first word is the code's address. Linkers take the
//! symbol for one of the code's section: that section's group decides whether it is kept. Knows no symbol's name.

use std::collections::HashMap;

use object::elf;
use object::read::elf::{Rela, SectionHeader};

use super::{Class, ElfObject};
use crate::error::{Error, Result};
use crate::object::symbol::{Placement, SectionIndex};

/// The descriptors of an object, and the section of the code of each.
#[derive(Debug, Default)]
pub(super) struct Descriptors {
    /// By the section that has the descriptor (`ld -r --unique` keeps several) and the offset there.
    code: HashMap<(SectionIndex, u64), SectionIndex>,
}

impl Descriptors {
    /// Finds the descriptors of `object`: none, where the machine or the ABI has none.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn of<Elf: Class>(object: &ElfObject<'_, Elf>) -> Result<Self> {
        let (header, endian) = (object.header, object.endian);
        let second_abi = header.e_flags(endian).0 & elf::EF_PPC64_ABI == 2;
        if header.e_machine(endian) != elf::EM_PPC64 || second_abi {
            return Ok(Self::default());
        }
        let mut found = Self::default();
        for (index, section) in object.sections.enumerate().skip(1) {
            let target = SectionIndex(section.sh_info(endian));
            let malformed =
                |error: object::read::Error| Error::malformed(object.section_header_offset(index.0), error.to_string());
            let Some((relocations, _)) = section.rela(endian, object.data).map_err(malformed)? else { continue };
            if target.0 == 0 || object.section_name(target)? != b".opd" {
                continue;
            }
            for relocation in relocations {
                // The second word has R_PPC64_TOC, the third none.
                if relocation.r_type(endian, false) != elf::R_PPC64_ADDR64 {
                    continue;
                }
                let Some(symbol) = relocation.symbol(endian, false) else { continue };
                let row = object.symbols.symbol(symbol).map_err(malformed)?;
                if let Placement::Section(code) = object.placement(symbol.0, row)? {
                    found.code.insert((target, relocation.r_offset(endian).into()), code);
                }
            }
        }
        Ok(found)
    }

    pub fn exist(&self) -> bool {
        !self.code.is_empty()
    }

    /// Where what a symbol names is: the code, if the symbol stands at a descriptor.
    pub fn follow(&self, placement: Placement, value: u64) -> Placement {
        match placement {
            Placement::Section(section) => {
                Placement::Section(self.code.get(&(section, value)).copied().unwrap_or(section))
            }
            _ => placement,
        }
    }
}
