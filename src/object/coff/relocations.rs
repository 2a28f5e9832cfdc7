//! Relocations of a section: where they are, and which symbols they name.

use std::ops::Range;

use object::LittleEndian as LE;
use object::pe;

use super::CoffObject;
use super::layout::{Layout, get_u32};
use crate::error::{Error, Result};
use crate::object::symbol::{Reference, ReferenceForm, SectionIndex, SymbolIndex};

/// The size of a relocation, and where its symbol's number is.
pub(super) const RELOCATION: usize = 10;
pub(super) const SYMBOL: usize = 4;

impl<'d, Coff: Layout> CoffObject<'d, Coff> {
    /// Where a section's relocations are. With more than 65,535 of them, the first one's address is their number,
    /// itself included (`IMAGE_SCN_LNK_NRELOC_OVFL`).
    ///
    /// # Errors
    /// Malformed, with the offset of the section's header.
    pub(super) fn relocation_range(&self, index: SectionIndex) -> Result<Range<usize>> {
        let section = self.section(index)?;
        let start = section.pointer_to_relocations.get(LE) as usize;
        let mut count = usize::from(section.number_of_relocations.get(LE));
        if self.counts_in_first(index)? {
            let first = self.data.get(start..start.saturating_add(RELOCATION));
            count = first.map_or(usize::MAX, |first| get_u32(first, 0) as usize);
        }
        let range = start..start.saturating_add(count.saturating_mul(RELOCATION));
        if count > 0 && (start < self.headers_at || range.end > self.data.len()) {
            let what = "a section's relocations are in the file's header, or past its end";
            return Err(Error::malformed(self.section_header_offset(index), what));
        }
        Ok(if count == 0 { start..start } else { range })
    }

    /// Whether the first relocation is the number of them.
    pub(super) fn counts_in_first(&self, index: SectionIndex) -> Result<bool> {
        let section = self.section(index)?;
        let overflows = section.characteristics.get(LE).contains(pe::IMAGE_SCN_LNK_NRELOC_OVFL);
        Ok(overflows && section.number_of_relocations.get(LE) == 0xffff)
    }

    /// A section's relocations, one after the other.
    ///
    /// # Errors
    /// Malformed, with the offset of the section's header.
    pub(super) fn relocations(&self, index: SectionIndex) -> Result<std::slice::ChunksExact<'d, u8>> {
        let mut range = self.relocation_range(index)?;
        if self.counts_in_first(index)? && !range.is_empty() {
            range.start += RELOCATION;
        }
        Ok(self.data.get(range).unwrap_or_default().chunks_exact(RELOCATION))
    }

    /// Every reference to the symbols that `wanted` accepts, by sections and then in the order they stand in.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn references(&self, wanted: impl Fn(SymbolIndex) -> bool) -> Result<Vec<Reference>> {
        let mut found = Vec::new();
        // Each section has its own: all of them take no longer to read than the file.
        let mut unread = self.data.len();
        for (section, _) in self.numbered_sections() {
            let relocations = self.relocations(section)?;
            unread = unread.checked_sub(relocations.len() * RELOCATION).ok_or_else(|| {
                Error::malformed(self.section_header_offset(section), "a section's relocations are another's too")
            })?;
            for relocation in relocations {
                let symbol = SymbolIndex(get_u32(relocation, SYMBOL));
                if wanted(symbol) {
                    let form = ReferenceForm(u32::from(relocation[8]) | u32::from(relocation[9]) << 8);
                    found.push(Reference { symbol, section, form });
                }
            }
        }
        Ok(found)
    }

    /// What a relocation type is called.
    pub fn form_name(&self, form: ReferenceForm) -> String {
        let kind = pe::RelocationType(form.0 as u16);
        let name = match self.header.machine() {
            pe::IMAGE_FILE_MACHINE_I386 => pe::NAMES_IMAGE_REL_I386.name(kind),
            pe::IMAGE_FILE_MACHINE_AMD64 => pe::NAMES_IMAGE_REL_AMD64.name(kind),
            pe::IMAGE_FILE_MACHINE_ARM64 | pe::IMAGE_FILE_MACHINE_ARM64EC => pe::NAMES_IMAGE_REL_ARM64.name(kind),
            pe::IMAGE_FILE_MACHINE_ARMNT => pe::NAMES_IMAGE_REL_ARM.name(kind),
            _ => None,
        };
        name.map_or_else(|| form.0.to_string(), str::to_owned)
    }
}
