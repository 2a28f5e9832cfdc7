//! What occupies a Mach-O object behind its load commands, and which field of them says where it starts.

use std::ops::Range;

use object::macho::{self, IndirectSymbol, LoadCommandType};
use object::read::macho::Section;
use object::{Endianness, U32};

use super::layout::{NSYMS, STRSIZE};
use super::{Class, Command, MachOObject, SectionAt};
use crate::error::{Error, Result};
use crate::object::symbol::SectionIndex;

/// `symoff` in `LC_SYMTAB`.
const SYMOFF: usize = 8;
/// `stroff` in `LC_SYMTAB`.
const STROFF: usize = 16;
/// `indirectsymoff` in `LC_DYSYMTAB`; the number of entries follows it.
const INDIRECTSYMOFF: usize = 56;
/// What else `LC_DYSYMTAB` counts: tables of linked files.
const LINKED_COUNTS: [usize; 5] = [36, 44, 52, 68, 76];
/// `dataoff` in the commands of `linkedit_data_command`'s form; the size follows it.
const DATAOFF: usize = 8;

/// Commands of `linkedit_data_command`'s form. What they refer to holds addresses, and no numbers of symbols.
const LINKEDIT: [LoadCommandType; 4] = [
    macho::LC_DATA_IN_CODE,
    macho::LC_FUNCTION_STARTS,
    macho::LC_LINKER_OPTIMIZATION_HINT,
    macho::LC_SEGMENT_SPLIT_INFO,
];

/// Commands that refer to nothing behind them.
const SELF_CONTAINED: [LoadCommandType; 11] = [
    macho::LC_SEGMENT,
    macho::LC_SEGMENT_64,
    macho::LC_UUID,
    macho::LC_BUILD_VERSION,
    macho::LC_SOURCE_VERSION,
    macho::LC_LINKER_OPTION,
    macho::LC_VERSION_MIN_MACOSX,
    macho::LC_VERSION_MIN_IPHONEOS,
    macho::LC_VERSION_MIN_TVOS,
    macho::LC_VERSION_MIN_WATCHOS,
    macho::LC_IDENT,
];

/// Entries of the indirect symbol table.
type IndirectSymbols<'d> = &'d [U32<Endianness, IndirectSymbol>];

/// A range of the object that something refers to by its start.
#[derive(Debug)]
pub(super) struct Piece {
    /// The place of the 32-bit field that says where it starts.
    pub field: usize,
    pub range: Range<usize>,
    /// What it is aligned to.
    pub align: u64,
    /// The section whose contents or relocations it is.
    pub section: Option<SectionIndex>,
}

impl<'d, M: Class> MachOObject<'d, M> {
    /// Where the load commands end.
    pub(super) fn commands_end(&self) -> usize {
        size_of::<M>() + self.header.sizeofcmds(self.endian) as usize
    }

    /// The field that says where the symbol table starts.
    ///
    /// # Errors
    /// Malformed, where there is none.
    pub(super) fn symbols_field(&self) -> Result<usize> {
        Ok(self.symtab()?.at + SYMOFF)
    }

    /// The field that says where the string table starts.
    ///
    /// # Errors
    /// Malformed, where there is none.
    pub(super) fn strings_field(&self) -> Result<usize> {
        Ok(self.symtab()?.at + STROFF)
    }

    fn symtab(&self) -> Result<Command> {
        self.command(macho::LC_SYMTAB).ok_or_else(|| Error::malformed(0, "there is no symbol table"))
    }

    /// The string table.
    pub(super) fn strings(&self) -> &'d [u8] {
        let Some(symtab) = self.command(macho::LC_SYMTAB) else { return &[] };
        let start = self.field(symtab, STROFF) as usize;
        self.data.get(start..start.saturating_add(self.field(symtab, STRSIZE) as usize)).unwrap_or_default()
    }

    /// The indirect symbol table, with the field that says where it starts.
    ///
    /// # Errors
    /// Malformed, where it is outside the object.
    pub(super) fn indirect_symbols(&self) -> Result<Option<(usize, IndirectSymbols<'d>)>> {
        let Some(dysymtab) = self.command(macho::LC_DYSYMTAB) else { return Ok(None) };
        let (start, count) = (self.field(dysymtab, INDIRECTSYMOFF), self.field(dysymtab, INDIRECTSYMOFF + 4));
        let table =
            self.data.get(start as usize..).and_then(|rest| object::pod::slice_from_bytes(rest, count as usize).ok());
        match table {
            _ if count == 0 => Ok(None),
            Some((table, _)) => Ok(Some((dysymtab.at + INDIRECTSYMOFF, table))),
            None => Err(Error::malformed(dysymtab.at as u64, "the indirect symbol table is outside the object")),
        }
    }

    /// Which entries of the indirect symbol table are a section's (`reserved1`).
    pub(super) fn indirect_range(&self, section: &SectionAt<'d, M>) -> Option<Range<usize>> {
        let entry = match section.header.section_type(self.endian) {
            macho::S_NON_LAZY_SYMBOL_POINTERS
            | macho::S_LAZY_SYMBOL_POINTERS
            | macho::S_LAZY_DYLIB_SYMBOL_POINTERS
            | macho::S_THREAD_LOCAL_VARIABLE_POINTERS => size_of::<M::Word>() as u64,
            macho::S_SYMBOL_STUBS => section.header.reserved2(self.endian).into(),
            _ => return None,
        };
        let size: u64 = section.header.size(self.endian).into();
        let count = size.checked_div(entry)?.min(u32::MAX.into()) as usize;
        let first = section.header.reserved1(self.endian) as usize;
        Some(first..first.saturating_add(count))
    }

    /// Everything behind the load commands that something refers to and that has any bytes, in the order of the file.
    ///
    /// # Errors
    /// Malformed, for what is outside the object; unsupported, for load commands that may refer to what is not known.
    pub(super) fn pieces(&self) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        for (index, section) in self.enumerate_sections() {
            let header = section.header;
            let size = header.file_size(self.endian).unwrap_or_default();
            let align = 1u64.checked_shl(header.align(self.endian)).unwrap_or(1);
            self.add(&mut pieces, (section.at + M::OFFSET, header.offset(self.endian)), size, align, Some(index))?;
            let size = u64::from(header.nreloc(self.endian)) * 8;
            self.add(&mut pieces, (section.at + M::RELOFF, header.reloff(self.endian)), size, 4, Some(index))?;
        }
        let word = if M::WIDE { 8 } else { 4 };
        for &command in &self.commands {
            let field = |field: usize| (command.at + field, self.field(command, field));
            let count = |field: usize| u64::from(self.field(command, field));
            match command.kind {
                macho::LC_SYMTAB => {
                    let size = count(NSYMS) * size_of::<M::Nlist>() as u64;
                    self.add(&mut pieces, field(SYMOFF), size, word, None)?;
                    self.add(&mut pieces, field(STROFF), count(STRSIZE), 1, None)?;
                }
                macho::LC_DYSYMTAB => {
                    if LINKED_COUNTS.iter().any(|&field| count(field) != 0) {
                        return Err(Error::unsupported("tables that only linked files have").at(command.at as u64));
                    }
                    self.add(&mut pieces, field(INDIRECTSYMOFF), count(INDIRECTSYMOFF + 4) * 4, 4, None)?;
                }
                kind if LINKEDIT.contains(&kind) => {
                    self.add(&mut pieces, field(DATAOFF), count(DATAOFF + 4), word, None)?;
                }
                kind if SELF_CONTAINED.contains(&kind) => {}
                kind => {
                    let what = format!("load command {:#x}, which may refer to what would move", kind.0);
                    return Err(Error::unsupported(what).at(command.at as u64));
                }
            }
        }
        pieces.sort_by_key(|piece| (piece.range.start, piece.range.end));
        Ok(pieces)
    }

    fn add(
        &self,
        pieces: &mut Vec<Piece>,
        (field, start): (usize, u32),
        size: u64,
        align: u64,
        section: Option<SectionIndex>,
    ) -> Result<()> {
        let start = start as usize;
        let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size));
        match end.filter(|&end| end <= self.data.len()) {
            _ if size == 0 => Ok(()),
            Some(end) if field + 4 <= self.commands_end() => {
                pieces.push(Piece { field, range: start..end, align, section });
                Ok(())
            }
            _ => Err(Error::malformed(field as u64, "what is said to start here is outside the object")),
        }
    }
}
