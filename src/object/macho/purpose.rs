//! What a Mach-O section is for: by the segment that it goes to and by its attributes.

use object::macho;
use object::read::macho::Section;

use super::{Class, MachOObject, SectionAt};
use crate::object::symbol::SectionPurpose;

impl<'d, M: Class> MachOObject<'d, M> {
    /// What a section is for.
    pub(super) fn purpose(&self, section: &M::Section) -> SectionPurpose {
        let flags = section.flags(self.endian);
        match section.segment_name() {
            // rustc's and clang's `-fembed-bitcode` with its command line (`__bitcode`, `__cmdline`, `__bundle`).
            b"__LLVM" => SectionPurpose::Bitcode,
            b"__DWARF" => SectionPurpose::Debug,
            // `__LD,__compact_unwind` says so too: it is for the linker, which makes the loaded tables of it.
            segment if flags.contains(macho::S_ATTR_DEBUG) && segment != b"__LD" => SectionPurpose::Debug,
            _ if flags.contains(macho::S_ATTR_PURE_INSTRUCTIONS) => SectionPurpose::Code,
            _ => SectionPurpose::Data,
        }
    }

    /// Whether a section is part of the loaded program.
    pub(super) fn is_loaded(&self, section: &M::Section) -> bool {
        matches!(self.purpose(section), SectionPurpose::Code | SectionPurpose::Data)
    }

    /// The bitcode file that a compiler embedded (`-fembed-bitcode`).
    pub fn embedded_bitcode(&self) -> Option<&'d [u8]> {
        let is_bitcode = |header: &M::Section| header.segment_name() == b"__LLVM" && header.name() == b"__bitcode";
        let section = self.sections.iter().find(|section| is_bitcode(section.header))?;
        self.section_data(section)
    }

    /// Contents of the sections of constants: loaded, not writable; and of strings that debuggers read.
    pub fn constants(&self) -> Vec<&'d [u8]> {
        let constants = self.sections.iter().filter(|section| {
            let segment = section.header.segment_name();
            let code = section.header.flags(self.endian).contains(macho::S_ATTR_PURE_INSTRUCTIONS);
            segment == b"__TEXT" && !code || segment == b"__DWARF" && section.header.name().starts_with(b"__debug_str")
        });
        constants.filter_map(|section| self.section_data(section)).collect()
    }

    /// The bytes of a section; `None` where they are outside the object.
    pub(super) fn section_data(&self, section: &SectionAt<'d, M>) -> Option<&'d [u8]> {
        section.header.data(self.endian, self.data, section.header.offset(self.endian).into()).ok()
    }
}
