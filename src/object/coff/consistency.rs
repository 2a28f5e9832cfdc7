//! What the editor and the verifier rely on, and a damaged object need not have: that numbers of symbols and sections
//! mean some, and that the parts of the file are apart. Looked at before an object is edited, so that damage is told
//! from a wrong edit.

use object::LittleEndian as LE;

use super::CoffObject;
use super::layout::{Layout, get_u32, section};
use super::relocations::SYMBOL;
use crate::error::{Error, Result};
use crate::object::symbol::SectionIndex;

impl<Coff: Layout> CoffObject<'_, Coff> {
    /// That the object's tables agree with each other.
    ///
    /// # Errors
    /// Malformed, with the offset of the header or record at fault.
    pub(super) fn check_consistency(&self) -> Result<()> {
        // Numbers of symbols count auxiliary records, and mean none of these.
        let mut is_symbol = vec![false; self.symbols.len()];
        self.symbols.iter().for_each(|(index, _)| is_symbol[index.0] = true);
        let is_symbol = |number: u32| is_symbol.get(number as usize).copied().unwrap_or_default();
        self.check_symbols(&is_symbol)?;
        self.check_parts()?;
        for (index, _) in self.numbered_sections() {
            if !self.relocations(index)?.all(|relocation| is_symbol(get_u32(relocation, SYMBOL))) {
                let what = "a section's relocation is by a symbol that is not there";
                return Err(Error::malformed(self.section_header_offset(index), what));
            }
        }
        Ok(())
    }

    fn check_symbols(&self, is_symbol: &impl Fn(u32) -> bool) -> Result<()> {
        for (index, symbol) in self.symbols.iter() {
            let malformed = |what: &str| Error::malformed(self.symbol_offset(index.0), what);
            self.placement(index.0, symbol)?;
            if let Some(aux) = self.weak_external(index.0, symbol)
                && !is_symbol(aux.weak_default_sym_index.get(LE))
            {
                return Err(malformed("what a weak symbol falls back to is not there"));
            }
        }
        let is_section = |index: SectionIndex| self.section(index).is_ok();
        for comdat in self.comdats()? {
            if comdat.associated.is_some_and(|section| !is_section(section)) {
                let what = "the section that a COMDAT section goes with is not there";
                return Err(Error::malformed(self.symbol_offset(comdat.symbol), what));
            }
        }
        Ok(())
    }

    /// That headers, contents, relocations and symbols are apart.
    fn check_parts(&self) -> Result<()> {
        let mut end = self.headers_at + self.sections.len() * section::HEADER;
        for piece in self.pieces()?.iter().filter(|piece| !piece.range.is_empty()) {
            if piece.range.start < end {
                return Err(Error::malformed(piece.range.start as u64, "a part of the file overlaps another"));
            }
            end = piece.range.end;
        }
        Ok(())
    }
}
