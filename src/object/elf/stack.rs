//! What an object asks of the stack: `.note.GNU-stack`, a section whose flags say whether it has to be executable.

use object::elf;
use object::read::elf::SectionHeader;

use super::{Class, ElfObject};
use crate::object::symbol::Stack;

/// The machines for which an object without the note asks for an executable stack, as far as GNU ld and gold go
/// (`elf_backend_default_execstack` of binutils' `bfd/elfxx-target.h`, unset for the others).
const EXECUTABLE_BY_DEFAULT: [elf::Machine; 4] = [elf::EM_X86_64, elf::EM_386, elf::EM_ARM, elf::EM_S390];

impl<Elf: Class> ElfObject<'_, Elf> {
    /// What the object asks of the stack.
    pub fn stack(&self) -> Stack {
        let name = |section| self.sections.section_name(self.endian, section).unwrap_or_default();
        let note = self.sections.iter().find(|section| name(section) == b".note.GNU-stack");
        let flags = note.map(|note| note.sh_flags(self.endian).0);
        match flags {
            _ if !self.relocatable => Stack::Plain,
            Some(flags) if flags & elf::SHF_EXECINSTR.0 != 0 => Stack::Executable,
            None if EXECUTABLE_BY_DEFAULT.contains(&self.header.e_machine(self.endian)) => Stack::Unsaid,
            _ => Stack::Plain,
        }
    }
}
