//! What a COFF section is for: by its flags, and by the names that toolchains agree on.

use object::LittleEndian as LE;
use object::pe::{self, ImageSectionHeader};

use super::CoffObject;
use super::layout::Layout;
use crate::object::symbol::SectionPurpose;

/// Embedded bitcode and its command line, as rustc's and clang's `-fembed-bitcode` write them, and GCC's bytecode.
const BITCODE: [&[u8]; 5] = [b".llvmbc", b".llvmcmd", b".llvm.lto", b".gnu.lto_", b".gnu.debuglto_"];

/// CodeView (`.debug$S`, `$T`, `$P`, `$F`, `$H`), DWARF, and stabs.
const DEBUG: [&[u8]; 3] = [b".debug", b".zdebug", b".stab"];

/// What a section is for. Relocations share the purpose of what they apply to.
pub(super) fn of(name: &[u8], section: &ImageSectionHeader) -> SectionPurpose {
    let is_one_of = |names: &[&[u8]]| names.iter().any(|start| name.starts_with(start));
    match () {
        () if is_one_of(&BITCODE) => SectionPurpose::Bitcode,
        () if is_one_of(&DEBUG) => SectionPurpose::Debug,
        () if !is_loaded(section) => SectionPurpose::Other,
        () if section.characteristics.get(LE).contains(pe::IMAGE_SCN_CNT_CODE) => SectionPurpose::Code,
        () => SectionPurpose::Data,
    }
}

/// Whether it becomes part of the image: linkers drop what is marked so, and loaders what they may discard.
pub(super) fn is_loaded(section: &ImageSectionHeader) -> bool {
    let flags = section.characteristics.get(LE);
    !flags.intersects(pe::IMAGE_SCN_LNK_REMOVE | pe::IMAGE_SCN_LNK_INFO | pe::IMAGE_SCN_MEM_DISCARDABLE)
}

impl<'d, Coff: Layout> CoffObject<'d, Coff> {
    /// The bitcode file that a compiler embedded (`-fembed-bitcode`).
    pub fn embedded_bitcode(&self) -> Option<&'d [u8]> {
        let mut sections = self.numbered_sections().map(|(index, _)| index);
        let found = sections.find(|&index| self.section_name(index).is_ok_and(|name| name == b".llvmbc"))?;
        self.section_data(found).ok()
    }
}
