//! Whose linkers an object is for. The header does not say: the compilers' habits do.

use object::LittleEndian as LE;
use object::pe;
use object::read::coff::Symbol as _;

use super::CoffObject;
use super::layout::Layout;

/// What Microsoft's compilers, and clang in their place, tell their linkers.
const MSVC_DIRECTIVES: [&[u8]; 5] =
    [b"/DEFAULTLIB:", b"/EXPORT:", b"/FAILIFMISMATCH:", b"/alternatename:", b"/guardsym:"];

impl<Coff: Layout> CoffObject<'_, Coff> {
    /// Whether it is for GNU ld, or lld in its place: unless something says that it is for Microsoft's.
    ///
    /// GNU's compilers, and LLVM for them, put the name of a COMDAT section behind a `$` of its own name
    /// (`TargetLoweringObjectFileCOFF`); Microsoft's do not. Of what has no such section, directives tell, CodeView and
    /// the mark of Microsoft's compiler. What none of these is in has nothing that only one of the two takes: and
    /// a directive that Microsoft's linkers do not know is a warning to them, no more.
    pub(super) fn is_for_gnu(&self) -> bool {
        for (index, section) in self.numbered_sections() {
            let Ok(name) = self.section_name(index) else { continue };
            let comdat = section.characteristics.get(LE).contains(pe::IMAGE_SCN_LNK_COMDAT);
            match name {
                b".rdata$zzz" => return true,
                b".debug$S" | b".debug$T" | b".chks64" => return false,
                b".text" | b".data" | b".rdata" | b".bss" | b".text$mn" | b".xdata" | b".pdata" if comdat => {
                    return false;
                }
                b".drectve" => {
                    let directives = self.section_data(index).unwrap_or_default();
                    let says = |directive: &&[u8]| memchr::memmem::find(directives, directive).is_some();
                    if MSVC_DIRECTIVES.iter().any(says) {
                        return false;
                    }
                }
                _ if comdat && name.starts_with(b".text$") => return true,
                _ => {}
            }
        }
        let is_mark = |symbol: &Coff::Symbol| *symbol.raw_name() == *b"@comp.id";
        !self.symbols.iter().any(|(_, symbol)| is_mark(symbol))
    }
}
