//! Places the edited tables of an object: everything before the first change of size stays where it is, and from there
//! on one thing follows the other.

use std::collections::BTreeMap;
use std::ops::Range;

use object::LittleEndian as LE;
use object::read::coff::Symbol as _;

use super::CoffObject;
use super::edit::Draft;
use super::layout::{Layout, aux_section, put_u32, section};
use super::numbers::Numbers;
use super::weaken::ADDED;
use crate::error::{Error, Result};
use crate::object::symbol::SectionIndex;
use crate::patch::Patch;

/// What a file header or a section's header says the place of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// A section's data.
    Data(SectionIndex),
    /// Its relocations.
    Relocations(SectionIndex),
    /// Its line numbers, which no compiler of today writes.
    Lines(SectionIndex),
    /// The symbols and the string table behind them.
    Symbols,
}

/// A part of the file that has a place of its own.
#[derive(Debug)]
pub(super) struct Piece {
    pub range: Range<usize>,
    content: Content,
}

impl Piece {
    /// What starts at a multiple of four does so again ("PointerToRawData").
    fn align_up(&self, position: usize) -> usize {
        if self.range.start.is_multiple_of(4) { position.next_multiple_of(4) } else { position }
    }
}

impl<Coff: Layout> CoffObject<'_, Coff> {
    /// The splices that put `draft` in place.
    ///
    /// # Errors
    /// Malformed, for parts that overlap where they have to move; unsupported past 4 GiB.
    pub(super) fn place(&self, numbers: &Numbers, mut draft: Draft) -> Result<Patch> {
        self.resize(&mut draft);
        let headers = self.headers_at..self.headers_at + draft.headers.len();
        let kept = self.numbered_sections().filter(|(index, _)| numbers.section(*index).is_some());
        let kept: Vec<SectionIndex> = kept.map(|(index, _)| index).collect();
        let mut file_header = self.data[..self.headers_at].to_vec();
        let mut splices: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
        // Where the next part goes, once something has changed its size; and where the one before it ended.
        let count = kept.len() + usize::from(draft.added.is_some());
        let headers_end = self.headers_at + count * section::HEADER;
        let added = draft.added.as_ref().map_or(0, |(_, contents)| contents.len());
        let mut position = (count != self.sections.len() || added > 0).then_some(headers_end + added);
        let (mut old_end, mut changed_end) = (headers.end, headers.end);
        for piece in self.pieces()? {
            let range = piece.range.clone();
            let new = self.new_bytes(piece.content, numbers, &mut draft);
            let size = new.as_ref().map_or(range.len(), Vec::len);
            let changes = new.is_some() || position.is_some();
            if changes && range.start < old_end || range.start < changed_end {
                return Err(Error::malformed(range.start as u64, "a part overlaps another that has to change"));
            }
            if changes {
                changed_end = range.end;
            }
            if let Some(end) = position {
                let start = if size == 0 { end } else { piece.align_up(end) };
                if start - end != range.start - old_end {
                    splices.push((old_end..range.start, vec![0; start - end]));
                }
                self.put_place(piece.content, start, &mut file_header, &mut draft)?;
                position = Some(start + size);
            } else if size != range.len() {
                position = Some(range.start + size);
            }
            splices.extend(new.map(|new| (range.clone(), new)));
            old_end = old_end.max(range.end);
        }
        if position.is_some_and(|end| u32::try_from(end).is_err()) {
            return Err(Error::unsupported("the object would pass 4 GiB"));
        }
        if count != self.sections.len() {
            Coff::put_section_count(&mut file_header, count as u32);
        }
        let records = (0..self.symbols.len()).filter(|&index| !draft.removed[index]).count();
        let records = records + draft.added_records.len() * ADDED as usize;
        put_u32(&mut file_header, Coff::SYMBOLS + 4, records as u32);
        let mut headers: Vec<u8> = kept.iter().flat_map(|&index| draft.header(index).to_vec()).collect();
        if let Some((mut header, contents)) = draft.added.take() {
            put_u32(&mut header, section::POINTER_TO_RAW_DATA, headers_end as u32);
            headers.extend_from_slice(&header);
            headers.extend_from_slice(&contents);
        }
        let mut patch = Patch::default();
        for (range, bytes) in
            [(0..self.headers_at, file_header), (self.headers_at..self.headers_at + draft.headers.len(), headers)]
                .into_iter()
                .chain(splices)
        {
            if self.data[range.clone()] != bytes[..] {
                patch.replace(range, bytes);
            }
        }
        Ok(patch)
    }

    /// Tells the headers and the sections' own symbols the sizes of new contents.
    fn resize(&self, draft: &mut Draft) {
        let sizes: BTreeMap<SectionIndex, u32> =
            draft.contents.iter().map(|(&index, contents)| (index, contents.len() as u32)).collect();
        sizes.iter().for_each(|(&index, &size)| put_u32(draft.header(index), section::SIZE_OF_RAW_DATA, size));
        for (index, symbol) in self.symbols.iter().filter(|_| !sizes.is_empty()) {
            let section = symbol.section_number().index().map(SectionIndex);
            if let Some(&size) = section.and_then(|section| sizes.get(&section)).filter(|_| symbol.has_aux_section()) {
                put_u32(draft.record::<Coff>(index.0 + 1), aux_section::LENGTH, size);
            }
        }
    }

    /// All parts behind the section headers, in the order of the file. What is empty and has a place moves with the rest.
    pub(super) fn pieces(&self) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        for (index, header) in self.numbered_sections() {
            let mut push = |start: u32, len: usize, content| -> Result<()> {
                let start = start as usize;
                if start == 0 {
                    return Ok(());
                }
                let range = start..start + len;
                if range.end > self.data.len() || start < self.headers_at {
                    let what = "a section's contents are outside the file";
                    return Err(Error::malformed(self.section_header_offset(index), what));
                }
                pieces.push(Piece { range, content });
                Ok(())
            };
            if let Some((start, size)) = header.coff_file_range() {
                push(start, size as usize, Content::Data(index))?;
            }
            push(
                header.pointer_to_relocations.get(LE),
                self.relocation_range(index)?.len(),
                Content::Relocations(index),
            )?;
            let lines = usize::from(header.number_of_linenumbers.get(LE)) * 6;
            push(header.pointer_to_linenumbers.get(LE), lines, Content::Lines(index))?;
        }
        if self.symbols_offset() != 0 {
            let start = self.symbols_offset();
            let end = start + self.symbols.len() * Coff::RECORD + self.strings.len();
            pieces.push(Piece { range: start..end, content: Content::Symbols });
        }
        pieces.sort_by_key(|piece| (piece.range.start, piece.range.end));
        Ok(pieces)
    }

    /// What a part is from now on, where that is something else.
    fn new_bytes(&self, content: Content, numbers: &Numbers, draft: &mut Draft) -> Option<Vec<u8>> {
        match content {
            Content::Data(index) | Content::Relocations(index) | Content::Lines(index)
                if numbers.section(index).is_none() =>
            {
                Some(Vec::new())
            }
            Content::Data(index) => draft.contents.remove(&index),
            Content::Relocations(index) => draft.relocations.remove(&index),
            Content::Lines(_) => None,
            Content::Symbols => {
                let mut bytes = Vec::with_capacity(draft.records.len());
                for (index, record) in draft.records.chunks_exact(Coff::RECORD).enumerate() {
                    if !draft.removed[index] {
                        bytes.extend_from_slice(record);
                    }
                    bytes.extend_from_slice(draft.added_records.get(&index).map(Vec::as_slice).unwrap_or_default());
                }
                bytes.extend_from_slice(draft.strings.as_deref().unwrap_or(self.strings));
                Some(bytes)
            }
        }
    }

    fn put_place(&self, content: Content, at: usize, file_header: &mut [u8], draft: &mut Draft) -> Result<()> {
        let at = u32::try_from(at).map_err(|_| Error::unsupported("the object would pass 4 GiB"))?;
        match content {
            Content::Data(index) => put_u32(draft.header(index), section::POINTER_TO_RAW_DATA, at),
            Content::Relocations(index) => put_u32(draft.header(index), section::POINTER_TO_RELOCATIONS, at),
            Content::Lines(index) => put_u32(draft.header(index), section::POINTER_TO_LINENUMBERS, at),
            Content::Symbols => put_u32(file_header, Coff::SYMBOLS, at),
        }
        Ok(())
    }
}
