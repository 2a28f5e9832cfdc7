//! Reads relocations: which places refer to which symbols, and how.

use object::elf;
use object::read::elf::{Crel, SectionHeader};

use super::{Class, ElfObject};
use crate::error::{Error, Result};
use crate::object::symbol::{Reach, Reference, ReferenceForm, SectionIndex, SymbolIndex};

impl<Elf: Class> ElfObject<'_, Elf> {
    /// Every reference to the symbols that `wanted` accepts, by sections and then in the order they stand in.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn references(&self, wanted: impl Fn(SymbolIndex) -> bool) -> Result<Vec<Reference>> {
        let mut found = Vec::new();
        for (index, header) in self.sections.enumerate().skip(1) {
            let at = self.section_header_offset(index.0);
            let section = SectionIndex(header.sh_info(self.endian));
            let mut look = |relocation: Crel| {
                let symbol = SymbolIndex(relocation.r_sym);
                if wanted(symbol) {
                    found.push(Reference { symbol, section, form: ReferenceForm(relocation.r_type.0) });
                }
            };
            self.each_relocation(header, &mut look).map_err(|error| Error::malformed(at, error.to_string()))?;
        }
        Ok(found)
    }

    /// What a relocation type is called.
    pub fn form_name(&self, form: ReferenceForm) -> String {
        let names = elf::machine_names(self.header.e_machine(self.endian)).r;
        let r_type = self.first_type(form);
        names.name(elf::RelocationType(r_type)).map_or_else(|| form.0.to_string(), str::to_owned)
    }

    /// What is known of a relocation type, where it changes this section.
    pub fn reach(&self, section: SectionIndex, form: ReferenceForm) -> Reach {
        let section = self.sections.section(object::SectionIndex(section.0 as usize));
        let writable = section.is_ok_and(|section| section.sh_flags(self.endian).0 & elf::SHF_WRITE.0 != 0);
        super::reach::of(self.header.e_machine(self.endian), self.first_type(form), writable)
    }

    /// MIPS64 packs three types into one, each for what the one before it made.
    fn first_type(&self, form: ReferenceForm) -> u32 {
        let packed = self.header.e_machine(self.endian) == elf::EM_MIPS && self.header.is_class_64();
        if packed { form.0 & 0xff } else { form.0 }
    }
}
