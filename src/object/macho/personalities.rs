//! The personality routines that an object's unwind tables name: what decides how exceptions pass a frame.

use std::collections::BTreeSet;

use object::macho;
use object::read::macho::{Nlist, Section};

use super::relocations::Target;
use super::{Class, MachOObject, SectionAt};
use crate::error::Result;
use crate::object::symbol::SymbolIndex;

impl<'d, M: Class> MachOObject<'d, M> {
    /// The routines' names, each once.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn personalities(&self) -> Result<Vec<&'d [u8]>> {
        let mut found = BTreeSet::new();
        for section in &self.sections {
            let is_wanted: &dyn Fn(macho::RelocationInfo) -> bool = match section.header.name() {
                // Function, length, encoding, personality, data, as LLVM's `MCDwarf.cpp` and ld64 have it.
                b"__compact_unwind" => {
                    let word = size_of::<M::Word>() as u32;
                    &move |info| info.r_address % (3 * word + 8) == word + 8
                }
                // In `.eh_frame` nothing else goes through the global offset table.
                b"__eh_frame" => &|info| self.is_through_got(info.r_type),
                _ => continue,
            };
            for relocation in self.relocations(section)? {
                if !relocation.r_scattered(self.endian, self.header.cputype(self.endian))
                    && is_wanted(relocation.info(self.endian))
                {
                    found.extend(self.named(section, relocation)?);
                }
            }
        }
        Ok(found.into_iter().collect())
    }

    fn is_through_got(&self, kind: macho::RelocationType) -> bool {
        match self.header.cputype(self.endian) {
            macho::CPU_TYPE_X86_64 => kind == macho::X86_64_RELOC_GOT,
            macho::CPU_TYPE_ARM64 => kind == macho::ARM64_RELOC_POINTER_TO_GOT,
            _ => false,
        }
    }

    /// The name of what a relocation refers to: a symbol, or the one at the address that is there.
    fn named(
        &self,
        section: &SectionAt<'d, M>,
        relocation: &macho::Relocation<object::Endianness>,
    ) -> Result<Option<&'d [u8]>> {
        let index = match self.target(relocation) {
            Target::Symbol(index) => Some(SymbolIndex(index)),
            Target::Section(_) => {
                let offset: u64 = section.header.offset(self.endian).into();
                let at = offset.saturating_add(relocation.info(self.endian).r_address.into());
                let address = usize::try_from(at).map_or(0, |at| self.word(at));
                let is_there = |nlist: &M::Nlist| {
                    let value: u64 = nlist.n_value(self.endian).into();
                    !nlist.is_stab() && nlist.n_type().typ() == macho::N_SECT && value == address
                };
                let found = self.symbols.enumerate().find(|(_, nlist)| nlist.n_type().is_ext() && is_there(nlist));
                found.map(|(index, _)| SymbolIndex(index.0 as u32))
            }
            Target::Address(_) | Target::Nothing => None,
        };
        let symbol = index.and_then(|index| Some((index.0 as usize, self.symbols.symbols().get(index.0 as usize)?)));
        symbol.map(|(index, nlist)| self.symbol_name(index, nlist)).transpose()
    }
}
