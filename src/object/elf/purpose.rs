//! What an ELF section is for: by its type and flags, and the unloaded ones by the names that toolchains agree on.

use object::elf;
use object::read::elf::SectionHeader;

use super::relocations::Form;
use super::{Class, ElfObject};
use crate::error::{Error, Result};
use crate::object::symbol::{SectionIndex, SectionPurpose};

/// Embedded bytecode: rustc's and clang's `-fembed-bitcode` with its command line, LLVM's `-ffat-lto-objects`; GCC's
/// `-flto` with the debug information that its link-time compiler refers to (`gcc/lto-section-names.h`).
const BITCODE: [&[u8]; 5] = [b".llvmbc", b".llvmcmd", b".llvm.lto", b".gnu.lto_", b".gnu.debuglto_"];

/// DWARF, compressed in GNU's old way, of old COMDAT and with its index; and stabs: what BFD's `elf.c` takes for
/// debugging sections.
const DEBUG: [&[u8]; 5] = [b".debug", b".zdebug", b".gnu.linkonce.wi.", b".gdb_index", b".stab"];

impl<'d, Elf: Class> ElfObject<'d, Elf> {
    /// What a section is for; `names` is the table of sections' names. Relocations share the purpose of what they apply to.
    ///
    /// # Errors
    /// Malformed, with the offset of the section's header.
    pub(super) fn purpose(&self, index: SectionIndex, names: &[u8]) -> Result<SectionPurpose> {
        let Some(section) = self.section_headers().get(index.0 as usize) else { return Ok(SectionPurpose::Other) };
        let target = section.sh_info(self.endian);
        match Form::of(section.sh_type(self.endian)) {
            Some(_) if target != 0 => self.own_purpose(SectionIndex(target), names),
            _ => self.own_purpose(index, names),
        }
    }

    /// The bitcode file that a compiler embedded (`-fembed-bitcode`).
    pub fn embedded_bitcode(&self) -> Option<&'d [u8]> {
        let is_bitcode = |section: &&Elf::SectionHeader| {
            self.sections.section_name(self.endian, *section).is_ok_and(|name| name == b".llvmbc")
        };
        self.sections.iter().find(is_bitcode)?.data(self.endian, self.data).ok()
    }

    fn own_purpose(&self, index: SectionIndex, names: &[u8]) -> Result<SectionPurpose> {
        let Some(section) = self.section_headers().get(index.0 as usize) else { return Ok(SectionPurpose::Other) };
        // Where it ends need not be known.
        let name = names.get(section.sh_name(self.endian) as usize..).ok_or_else(|| {
            Error::malformed(
                self.section_header_offset(index.0 as usize),
                "a section's name is outside the table of names",
            )
        })?;
        let is_one_of = |names: &[&[u8]]| names.iter().any(|start| name.starts_with(start));
        let flags = section.sh_flags(self.endian).0;
        let of_symbols = match section.sh_type(self.endian) {
            elf::SHT_SYMTAB | elf::SHT_SYMTAB_SHNDX => true,
            elf::SHT_STRTAB => {
                let tables = [Some(self.symbols.string_section().0), self.section_names_index().ok()];
                tables.contains(&Some(index.0 as usize))
            }
            _ => false,
        };
        Ok(match () {
            () if of_symbols => SectionPurpose::Symbols,
            () if is_one_of(&BITCODE) => SectionPurpose::Bitcode,
            () if flags & elf::SHF_ALLOC.0 == 0 && is_one_of(&DEBUG) => SectionPurpose::Debug,
            () if flags & elf::SHF_ALLOC.0 == 0 => SectionPurpose::Other,
            () if flags & elf::SHF_EXECINSTR.0 != 0 => SectionPurpose::Code,
            () => SectionPurpose::Data,
        })
    }
}
