//! Relocatable ELF objects of either class and either byte order (System V gABI, chapters "Object Files" and
//! "Sections"). Parsing is by the `object` crate, always unaligned: members start at even offsets only.

mod descriptors;
pub mod dynamic;
mod edit;
mod fixed;
mod format;
mod layout;
mod make;
mod mips;
mod place;
mod purpose;
mod reach;
mod references;
mod relocations;
mod removal;
mod renumber;
mod stack;
mod symbols;
mod verify;

use object::elf::{FileHeader32, FileHeader64, SHF_ALLOC, SHF_STRINGS, SHF_WRITE, SHT_PROGBITS, SHT_SYMTAB};
use object::read::elf::{FileHeader, SectionHeader, SectionTable, SymbolTable};
use object::{Endianness, elf};

use super::architecture::Architecture;
use super::symbol::SectionIndex;
use crate::error::{Error, Result};
pub(super) use format::FACTS;
pub use format::LINKER_NAMES;
use layout::Layout;

/// A 32-bit object: also x32, whose machine is a 64-bit one.
pub type Elf32Object<'d> = ElfObject<'d, FileHeader32<Endianness>>;
/// A 64-bit object.
pub type Elf64Object<'d> = ElfObject<'d, FileHeader64<Endianness>>;

/// A file header of either class whose byte order is known at run time.
pub trait Class: FileHeader<Endian = Endianness> + Layout {}
impl<Elf: FileHeader<Endian = Endianness> + Layout> Class for Elf {}

/// A parsed object. Everything borrows from the member's data.
#[derive(Debug)]
pub struct ElfObject<'d, Elf: Class> {
    data: &'d [u8],
    header: &'d Elf,
    endian: Endianness,
    sections: SectionTable<'d, Elf>,
    /// Empty where the object has no symbol table.
    symbols: SymbolTable<'d, Elf>,
    relocatable: bool,
}

impl<'d, Elf: Class> ElfObject<'d, Elf> {
    /// Parses the headers and finds the symbol table.
    ///
    /// # Errors
    /// Malformed, with the offset of the header or table at fault.
    pub fn parse(data: &'d [u8]) -> Result<Self> {
        let failed = |offset: u64| move |error: object::read::Error| Error::malformed(offset, error.to_string());
        let header = Elf::parse(data).map_err(failed(0))?;
        let endian = header.endian().map_err(failed(5))?;
        let shoff: u64 = header.e_shoff(endian).into();
        let table_len = u64::from(header.e_shnum(endian)) * size_of::<Elf::SectionHeader>() as u64;
        if shoff.checked_add(table_len).is_none_or(|end| end > data.len() as u64) {
            let what = format!("section header table goes past the end of the file: e_shoff = {shoff:#x}");
            return Err(Error::malformed(shoff, what));
        }
        let sections = header.sections(endian, data).map_err(failed(shoff))?;
        let mut tables = sections.enumerate().filter(|(_, section)| section.sh_type(endian) == SHT_SYMTAB);
        let symbols = match tables.next() {
            None => SymbolTable::default(),
            Some((index, section)) => {
                let offset = section.sh_offset(endian).into();
                SymbolTable::parse(endian, data, &sections, index, section).map_err(failed(offset))?
            }
        };
        if let Some((_, section)) = tables.next() {
            return Err(Error::malformed(section.sh_offset(endian).into(), "a second symbol table"));
        }
        // Executables and shared objects in an archive are data to a linker's archive search: left alone.
        let relocatable = header.e_type(endian) == elf::ET_REL;
        Ok(Self { data, header, endian, sections, symbols, relocatable })
    }

    /// What it is made for, where that has a name.
    pub fn architecture(&self) -> Option<Architecture> {
        let flags = self.header.e_flags(self.endian).0;
        let little = self.endian == Endianness::Little;
        Some(match (self.header.e_machine(self.endian), self.header.is_class_64()) {
            (elf::EM_X86_64, true) => Architecture::X86_64,
            (elf::EM_X86_64, false) => Architecture::X32,
            (elf::EM_386, false) => Architecture::I386,
            (elf::EM_AARCH64, true) if little => Architecture::Aarch64,
            (elf::EM_ARM, false) if little => Architecture::Arm,
            (elf::EM_RISCV, true) => Architecture::Riscv64,
            (elf::EM_S390, true) => Architecture::S390x,
            (elf::EM_PPC64, true) if little => Architecture::Ppc64le,
            (elf::EM_LOONGARCH, true) => Architecture::Loongarch64,
            (elf::EM_MIPS, true) if little => Architecture::Mips64el,
            (elf::EM_MIPS, false) if little && flags & elf::EF_MIPS_ABI2.0 == 0 => Architecture::Mipsel,
            (elf::EM_SPARCV9, true) => Architecture::Sparc64,
            _ => return None,
        })
    }

    /// Whether it is for a linker: no executable, and no shared object.
    pub fn is_relocatable(&self) -> bool {
        self.relocatable
    }

    /// The name of a section.
    pub fn section_name(&self, index: SectionIndex) -> Result<&'d [u8]> {
        let at = self.section_header_offset(index.0 as usize);
        self.sections
            .section(object::SectionIndex(index.0 as usize))
            .and_then(|section| self.sections.section_name(self.endian, section))
            .map_err(|error| Error::malformed(at, error.to_string()))
    }

    /// Contents of the sections of constants: loaded, not writable; and of strings that debuggers read.
    pub fn constants(&self) -> Vec<&'d [u8]> {
        let constants = self.sections.iter().filter(|section| {
            let flags = section.sh_flags(self.endian).0;
            let loaded = flags & (SHF_ALLOC.0 | SHF_WRITE.0) == SHF_ALLOC.0;
            section.sh_type(self.endian) == SHT_PROGBITS && (loaded || flags & SHF_STRINGS.0 != 0)
        });
        constants.filter_map(|section| section.data(self.endian, self.data).ok()).collect()
    }

    fn section_header_offset(&self, index: usize) -> u64 {
        let shoff: u64 = self.header.e_shoff(self.endian).into();
        shoff.saturating_add(index as u64 * size_of::<Elf::SectionHeader>() as u64)
    }

    /// Where the symbol table starts, in bytes from the start of the member.
    fn symbols_offset(&self) -> u64 {
        match self.sections.section(self.symbols.section()) {
            Ok(section) => section.sh_offset(self.endian).into(),
            Err(_) => 0,
        }
    }

    fn symbol_offset(&self, index: usize) -> u64 {
        self.symbols_offset().saturating_add(index as u64 * size_of::<Elf::Sym>() as u64)
    }
}
