//! Places the edited tables of an object: everything before the first change of size stays where it is, and from there
//! on one thing follows the other.

use std::ops::Range;

use object::elf;
use object::read::elf::{ProgramHeader, SectionHeader};

use super::edit::{Draft, too_large};
use super::layout::put_word;
use super::renumber::Numbers;
use super::{Class, ElfObject};
use crate::error::{Error, Result};
use crate::patch::Patch;

/// The byte of `e_ident` that names the OS ABI (gABI, "ELF Identification").
const EI_OSABI: usize = 7;

impl<Elf: Class> ElfObject<'_, Elf> {
    /// The splices that put `draft` in place. Sections and the section header table keep their order and alignment,
    /// with no bytes between them that belong to nothing.
    ///
    /// # Errors
    /// Malformed for sections that overlap where they have to move, unsupported past the limits of the class.
    pub(super) fn place(&self, numbers: &Numbers, mut draft: Draft) -> Result<Patch> {
        let mut splices: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
        // Where the next piece goes, once something has changed its size; and where the one before it ended: the file
        // header is the first of what must not be overlapped.
        let (mut position, mut moved_from, mut old_end) = (None, None, size_of::<Elf>());
        let mut changed_end = 0;
        let segments = self.segments()?;
        let mut new_table = self.header_table().start;
        for piece in self.pieces()? {
            let range = piece.range.clone();
            let new = match piece.section {
                // In a segment there are zeros in its place, as nothing there can move.
                Some(section) if numbers.section(section).is_none() => {
                    let next = segments.partition_point(|segment| segment.end < range.end as u64);
                    let loaded = segments.get(next).is_some_and(|segment| segment.start <= range.start as u64);
                    Some(vec![0; if loaded { range.len() } else { 0 }])
                }
                Some(section) => draft.contents.remove(&section),
                // Its rows are complete only when everything has its place.
                None => Some(Vec::new()),
            };
            let size = match (piece.section, &new) {
                (None, _) => numbers.sections_left() * size_of::<Elf::SectionHeader>(),
                (Some(_), Some(new)) => new.len(),
                (Some(_), None) => range.len(),
            };
            let changes = new.is_some() || position.is_some();
            // A section that shared bytes with what changes would change with it.
            if changes && range.start < old_end || range.start < changed_end {
                return Err(Error::malformed(range.start as u64, "a section overlaps another that has to change"));
            }
            if changes {
                changed_end = range.end;
            }
            if let Some(end) = position {
                let start = if size == 0 { end } else { piece.align_up(end) };
                if start - end != range.start - old_end {
                    splices.push((old_end..range.start, vec![0; start - end]));
                }
                match piece.section {
                    Some(section) => self.set_header(&mut draft, section, Elf::SH_OFFSET, start as u64)?,
                    None => new_table = start,
                }
                position = Some(start + size);
            } else if size != range.len() {
                (position, moved_from) = (Some(range.start + size), Some(range.start));
            }
            if let (Some(section), Some(_)) = (piece.section, &new) {
                self.set_header(&mut draft, section, Elf::SH_SIZE, size as u64)?;
            }
            splices.extend(new.map(|new| (range.clone(), new)));
            old_end = old_end.max(range.end);
        }
        if let Some(moved_from) = moved_from {
            // What a program is loaded from cannot move.
            if segments.last().is_some_and(|segment| segment.end > moved_from as u64) {
                let what = "a segment of the program is behind what changes its size: it cannot move";
                return Err(Error::unsupported(what).at(moved_from as u64));
            }
            splices.push((old_end..self.data.len(), Vec::new()));
            self.place_empty_sections(&mut draft, moved_from)?;
        }
        self.assemble(numbers, draft, new_table, splices)
    }

    fn assemble(
        &self,
        numbers: &Numbers,
        mut draft: Draft,
        new_table: usize,
        splices: Vec<(Range<usize>, Vec<u8>)>,
    ) -> Result<Patch> {
        let mut patch = Patch::default();
        let mut header = self.data[..size_of::<Elf>()].to_vec();
        put_word::<Elf>(&mut header, Elf::E_SHOFF, self.endian, new_table as u64).ok_or_else(too_large)?;
        numbers.number_header(self, &mut header, &mut draft)?;
        // `SHF_GNU_RETAIN` means that only under GNU's OS ABI, and GNU ld looks.
        if draft.retains && header[EI_OSABI] == elf::ELFOSABI_NONE.0 {
            patch.replace(EI_OSABI..EI_OSABI + 1, vec![elf::ELFOSABI_GNU.0]);
        }
        let fields = Elf::E_SHOFF..size_of::<Elf>();
        if self.data[fields.clone()] != header[fields.clone()] {
            patch.replace(fields.clone(), header[fields].to_vec());
        }
        let old_table = self.header_table();
        let mut table = draft.headers;
        if numbers.removes_sections() {
            let rows = table.chunks_exact(size_of::<Elf::SectionHeader>()).enumerate();
            let rows: Vec<_> = rows.filter(|&(row, _)| numbers.section(row).is_some()).map(|(_, row)| row).collect();
            table = rows.concat();
        }
        for (range, bytes) in splices {
            let bytes = if range == old_table { std::mem::take(&mut table) } else { bytes };
            if self.data[range.clone()] != bytes {
                patch.replace(range, bytes);
            }
        }
        Ok(patch)
    }

    /// What a program is loaded from, as ranges of the file that do not touch, in order.
    fn segments(&self) -> Result<Vec<Range<u64>>> {
        let at = self.header.e_phoff(self.endian).into();
        let segments = self.header.program_headers(self.endian, self.data);
        let segments = segments.map_err(|error| Error::malformed(at, error.to_string()))?;
        let range = |segment: &Elf::ProgramHeader| {
            let start: u64 = segment.p_offset(self.endian).into();
            start..start.saturating_add(segment.p_filesz(self.endian).into())
        };
        let mut ranges: Vec<_> = segments.iter().map(range).filter(|range| !range.is_empty()).collect();
        ranges.sort_unstable_by_key(|range| range.start);
        ranges.dedup_by(|next, range| {
            let touches = next.start <= range.end;
            range.end = if touches { range.end.max(next.end) } else { range.end };
            touches
        });
        Ok(ranges)
    }

    /// Sections without bytes in the file have an offset all the same, and readers want it inside the file.
    fn place_empty_sections(&self, draft: &mut Draft, moved_from: usize) -> Result<()> {
        for (index, section) in self.section_headers().iter().enumerate().skip(1) {
            let empty = section.file_range(self.endian).is_none_or(|(_, size)| size == 0);
            let offset: u64 = section.sh_offset(self.endian).into();
            if empty && offset > moved_from as u64 {
                self.set_header(draft, index, Elf::SH_OFFSET, moved_from as u64)?;
            }
        }
        Ok(())
    }

    pub(super) fn header_table(&self) -> Range<usize> {
        let start = self.section_header_offset(0) as usize;
        start..start + size_of_val(self.section_headers())
    }

    /// What occupies the file behind the file header, in the order of the file.
    fn pieces(&self) -> Result<Vec<Piece>> {
        let align = if Elf::WIDE { 8 } else { 4 };
        let mut pieces = vec![Piece { section: None, range: self.header_table(), align }];
        // Section 0 is no section: where it has a size, that is the number of sections (gABI, `e_shnum`).
        for (index, section) in self.section_headers().iter().enumerate().skip(1) {
            let Some((offset, size)) = section.file_range(self.endian) else { continue };
            let outside = || Error::malformed(self.section_header_offset(index), "a section is outside the object");
            let start = usize::try_from(offset).map_err(|_| outside())?;
            let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size)).ok_or_else(outside)?;
            if size == 0 {
                continue;
            }
            if end > self.data.len() {
                return Err(outside());
            }
            let align: u64 = section.sh_addralign(self.endian).into();
            pieces.push(Piece { section: Some(index), range: start..end, align });
        }
        pieces.sort_by_key(|piece| (piece.range.start, piece.range.end));
        Ok(pieces)
    }
}

/// A section's bytes, or the section header table's.
struct Piece {
    /// `None` for the section header table.
    section: Option<usize>,
    range: Range<usize>,
    align: u64,
}

impl Piece {
    /// The next place for it. Where it was not aligned as it says, it gets what alignment it had: that also bounds
    /// the padding that an absurd `sh_addralign` can ask for by the size of the file.
    fn align_up(&self, position: usize) -> usize {
        let had = self.range.start.trailing_zeros();
        let said = if self.align.is_power_of_two() { self.align.trailing_zeros() } else { 0 };
        position.next_multiple_of(1 << said.min(had))
    }
}
