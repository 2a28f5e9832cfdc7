//! Places the edited tables of an object: everything before the first change of size stays where it is, and from there
//! on one thing follows the other.

use std::ops::Range;

use object::read::macho::Section;

use super::edit::{Draft, too_large};
use super::layout::{CMDSIZE, NCMDS, put_u32, put_word};
use super::pieces::Piece;
use super::renumber::Numbers;
use super::{Class, MachOObject};
use crate::error::{Error, Result};
use crate::patch::Patch;

/// Where a piece was, where it is now, and how long it is now.
struct Moved {
    from: usize,
    to: usize,
    len: usize,
}

impl<M: Class> MachOObject<'_, M> {
    /// The splices that put `draft` in place. What the object is made of keeps its order and alignment, with no bytes
    /// between that belong to nothing.
    ///
    /// # Errors
    /// Malformed for what overlaps where it has to move, unsupported past the limits of the class.
    pub(super) fn place(&self, numbers: &Numbers, mut draft: Draft) -> Result<Patch> {
        let mut splices: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
        let gone = self.enumerate_sections().filter(|(index, _)| numbers.section(index.0).is_none()).count();
        let mut old_end = self.commands_end();
        let start = old_end - gone * size_of::<M::Section>();
        // Where the next piece goes, once something has changed its size.
        let mut position = (gone > 0).then_some(start);
        let mut changed_end = 0;
        let mut moves = vec![Moved { from: old_end, to: start, len: 0 }];
        for piece in self.pieces()? {
            let range = piece.range.clone();
            let new = match piece.section {
                Some(section) if numbers.section(section.0).is_none() => Some(Vec::new()),
                _ => draft.contents.remove(&piece.field),
            };
            let len = new.as_ref().map_or(range.len(), Vec::len);
            let changes = new.is_some() || position.is_some();
            // What shared bytes with what changes would change with it.
            if changes && range.start < old_end || range.start < changed_end {
                let what = "what starts here overlaps something else that has to change";
                return Err(Error::malformed(range.start as u64, what));
            }
            if changes {
                changed_end = range.end;
            }
            let mut to = range.start;
            if let Some(end) = position {
                to = if len == 0 { end } else { piece.align_up(end) };
                if to - end != range.start - old_end {
                    splices.push((old_end..range.start, vec![0; to - end]));
                }
                put_u32(&mut draft.commands, piece.field, self.endian, u32::try_from(to).map_err(|_| too_large())?);
                position = Some(to + len);
            } else if len != range.len() {
                position = Some(to + len);
            }
            moves.push(Moved { from: range.start, to, len });
            splices.extend(new.map(|new| (range.clone(), new)));
            old_end = old_end.max(range.end);
        }
        if position.is_some() {
            splices.push((old_end..self.data.len(), Vec::new()));
            self.place_empty_sections(&mut draft, &moves);
            self.place_segments(&mut draft, numbers, &moves)?;
        }
        let mut patch = Patch::default();
        let commands = self.without_removed(numbers, draft.commands);
        for (range, bytes) in std::iter::once((0..self.commands_end(), commands)).chain(splices) {
            if self.data[range.clone()] != bytes {
                patch.replace(range, bytes);
            }
        }
        Ok(patch)
    }

    /// Sections without bytes in the file have a place all the same, if it is not 0, often that of another section.
    fn place_empty_sections(&self, draft: &mut Draft, moves: &[Moved]) {
        for section in &self.sections {
            let offset = section.header.offset(self.endian) as usize;
            let next = moves.partition_point(|moved| moved.from <= offset);
            if section.header.file_size(self.endian).unwrap_or_default() == 0 && next > 0 {
                let Moved { from, to, len } = moves[next - 1];
                // It is before what was a `u32` offset, or that offset.
                put_u32(
                    &mut draft.commands,
                    section.at + M::OFFSET,
                    self.endian,
                    (to + (offset - from).min(len)) as u32,
                );
            }
        }
    }

    /// A segment is from its first section to its last.
    fn place_segments(&self, draft: &mut Draft, numbers: &Numbers, moves: &[Moved]) -> Result<()> {
        for command in self.segments() {
            let mut file = None;
            let mut last_address = 0;
            for (index, section) in self.enumerate_sections() {
                let size = section.header.file_size(self.endian).unwrap_or_default() as usize;
                if !command.range().contains(&section.at) || numbers.section(index.0).is_none() {
                    continue;
                }
                last_address = self.end_of(section.header).max(last_address);
                if size == 0 {
                    continue;
                }
                let offset = section.header.offset(self.endian) as usize;
                let moved = moves.partition_point(|moved| moved.from <= offset).checked_sub(1).map(|at| &moves[at]);
                let to = moved.map_or(offset, |moved| moved.to);
                let Range { start, end } = file.unwrap_or(to..to);
                file = Some(start.min(to)..end.max(to + size));
            }
            let word = size_of::<M::Word>();
            let at = command.at + M::VMSIZE + word;
            if numbers.removes_sections() {
                let size = last_address.saturating_sub(self.word(at - 2 * word));
                put_word::<M>(&mut draft.commands, at - word, self.endian, size).ok_or_else(too_large)?;
            }
            let empty = || self.commands_end()..self.commands_end();
            let Range { start, end } = file.unwrap_or_else(empty);
            put_word::<M>(&mut draft.commands, at, self.endian, start as u64).ok_or_else(too_large)?;
            put_word::<M>(&mut draft.commands, at + word, self.endian, (end - start) as u64).ok_or_else(too_large)?;
        }
        Ok(())
    }

    /// The load commands without the headers of sections that go away.
    fn without_removed(&self, numbers: &Numbers, mut commands: Vec<u8>) -> Vec<u8> {
        if !numbers.removes_sections() {
            return commands;
        }
        let size = size_of::<M::Section>();
        let gone: Vec<usize> = self
            .enumerate_sections()
            .filter(|(index, _)| numbers.section(index.0).is_none())
            .map(|(_, section)| section.at)
            .collect();
        for command in self.segments() {
            let count = gone.iter().filter(|at| command.range().contains(at)).count();
            put_u32(&mut commands, command.at + CMDSIZE, self.endian, (command.size - count * size) as u32);
            let sections = self.field(command, M::NSECTS) - count as u32;
            put_u32(&mut commands, command.at + M::NSECTS, self.endian, sections);
        }
        let len = self.header.sizeofcmds(self.endian) - (gone.len() * size) as u32;
        put_u32(&mut commands, NCMDS + 4, self.endian, len);
        for &at in gone.iter().rev() {
            commands.drain(at..at + size);
        }
        commands
    }
}

impl Piece {
    /// The next place for it. Where it was not aligned as it says, it gets what alignment it had: that also bounds
    /// the padding that an absurd alignment can ask for by the size of the file.
    fn align_up(&self, position: usize) -> usize {
        let had = self.range.start.trailing_zeros();
        let said = if self.align.is_power_of_two() { self.align.trailing_zeros() } else { 0 };
        position.next_multiple_of(1 << said.min(had))
    }
}
