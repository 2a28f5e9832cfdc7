//! Mach-O objects of either class and either byte order (`<mach-o/loader.h>`, `<mach-o/nlist.h>`, `<mach-o/reloc.h>`).
//! Parsing is by the `object` crate, always unaligned: archives of other systems align members to 2 bytes only.

mod edit;
mod format;
mod layout;
mod personalities;
mod pieces;
mod place;
mod purpose;
mod relocations;
mod renumber;
mod symbols;
mod verify;

pub(super) use format::FACTS;
use object::macho::{self, MachHeader32, MachHeader64};
use object::read::macho::{MachHeader, Section, Segment, SymbolTable};
use object::{Endianness, U32, U64};

use super::architecture::Architecture;
use super::symbol::SectionIndex;
use crate::error::{Error, Result, printable};
use layout::Layout;

/// A 32-bit object.
pub type MachO32Object<'d> = MachOObject<'d, MachHeader32<Endianness>>;
/// A 64-bit object.
pub type MachO64Object<'d> = MachOObject<'d, MachHeader64<Endianness>>;

/// A file header of either class whose byte order is known at run time.
pub trait Class: MachHeader<Endian = Endianness> + Layout {}
impl<M: MachHeader<Endian = Endianness> + Layout> Class for M {}

/// A parsed object. Everything borrows from the member's data.
#[derive(Debug)]
pub struct MachOObject<'d, M: Class> {
    data: &'d [u8],
    header: &'d M,
    endian: Endianness,
    commands: Vec<Command>,
    /// The sections of all segments, in the order of their ordinals, which count from 1.
    sections: Vec<SectionAt<'d, M>>,
    /// Empty where the object has no symbol table.
    symbols: SymbolTable<'d, M>,
    relocatable: bool,
}

/// A load command's place.
#[derive(Debug, Clone, Copy)]
struct Command {
    kind: macho::LoadCommandType,
    /// Where it starts, in bytes from the start of the member.
    at: usize,
    size: usize,
}

impl Command {
    fn range(self) -> std::ops::Range<usize> {
        self.at..self.at + self.size
    }
}

/// A section header and where it stands.
#[derive(Debug)]
struct SectionAt<'d, M: Class> {
    header: &'d M::Section,
    /// In bytes from the start of the member.
    at: usize,
}

impl<M: Class> SectionAt<'_, M> {
    /// `__SEGMENT,__section`, as people write it.
    fn label(&self) -> String {
        format!("{},{}", printable(self.header.segment_name()), printable(self.header.name()))
    }
}

impl<'d, M: Class> MachOObject<'d, M> {
    /// Parses the headers and finds the symbol table.
    ///
    /// # Errors
    /// Malformed, with the offset of the header or table at fault.
    pub fn parse(data: &'d [u8]) -> Result<Self> {
        let failed = |offset: u64| move |error: object::read::Error| Error::malformed(offset, error.to_string());
        let header = M::parse(data, 0).map_err(failed(0))?;
        let endian = header.endian().map_err(failed(0))?;
        let mut object = Self {
            data,
            header,
            endian,
            commands: Vec::new(),
            sections: Vec::new(),
            symbols: SymbolTable::default(),
            // What else there is, executables and libraries, is data to a linker's archive search: left alone.
            relocatable: header.filetype(endian) == macho::MH_OBJECT,
        };
        let mut commands = header.load_commands(endian, data, 0).map_err(failed(0))?;
        while let Some(command) = commands.next().map_err(failed(size_of::<M>() as u64))? {
            let at = command.offset() as usize;
            object.commands.push(Command { kind: command.cmd(), at, size: command.cmdsize() as usize });
            if let Some((segment, rest)) = M::Segment::from_command(command).map_err(failed(at as u64))? {
                let sections = segment.sections(endian, rest).map_err(failed(at as u64))?;
                let first = at + size_of::<M::Segment>();
                let places = (first..).step_by(size_of::<M::Section>());
                object.sections.extend(sections.iter().zip(places).map(|(header, at)| SectionAt { header, at }));
            }
            if let Some(symtab) = command.symtab().map_err(failed(at as u64))? {
                if !object.symbols.is_empty() {
                    return Err(Error::malformed(at as u64, "a second symbol table"));
                }
                object.symbols = symtab.symbols(endian, data).map_err(failed(at as u64))?;
            }
        }
        Ok(object)
    }

    /// What it is made for, where that has a name.
    pub fn architecture(&self) -> Option<Architecture> {
        Some(match self.header.cputype(self.endian) {
            macho::CPU_TYPE_X86_64 => Architecture::X86_64,
            macho::CPU_TYPE_X86 => Architecture::I386,
            macho::CPU_TYPE_ARM64 => Architecture::Aarch64,
            macho::CPU_TYPE_ARM => Architecture::Arm,
            _ => return None,
        })
    }

    /// Whether it is for a linker: no executable, and no library.
    pub fn is_relocatable(&self) -> bool {
        self.relocatable
    }

    /// The section of this ordinal.
    fn section(&self, index: SectionIndex) -> Option<&SectionAt<'d, M>> {
        self.sections.get((index.0 as usize).checked_sub(1)?)
    }

    /// The name of a section, without its segment's.
    pub fn section_name(&self, index: SectionIndex) -> Option<&'d [u8]> {
        self.section(index).map(|section| section.header.name())
    }

    /// Every section with its ordinal.
    fn enumerate_sections(&self) -> impl Iterator<Item = (SectionIndex, &SectionAt<'d, M>)> {
        self.sections.iter().enumerate().map(|(at, section)| (SectionIndex(at as u32 + 1), section))
    }

    /// The first load command of a kind.
    fn command(&self, kind: macho::LoadCommandType) -> Option<Command> {
        self.commands.iter().copied().find(|command| command.kind == kind)
    }

    /// The load commands that are segments of this class.
    fn segments(&self) -> impl Iterator<Item = Command> {
        let kind = if M::WIDE { macho::LC_SEGMENT_64 } else { macho::LC_SEGMENT };
        self.commands.iter().copied().filter(move |command| command.kind == kind)
    }

    /// An address-sized number in the load commands; 0 where they end before it.
    fn word(&self, at: usize) -> u64 {
        let bytes = self.data.get(at..).unwrap_or_default();
        let wide = bytes.first_chunk().filter(|_| M::WIDE).map(|word| U64::<Endianness>::from_bytes(*word));
        let narrow = bytes.first_chunk().map(|word| U32::<Endianness>::from_bytes(*word));
        wide.map_or_else(|| narrow.map_or(0, |word| word.get(self.endian).into()), |word| word.get(self.endian))
    }

    /// A 32-bit field of a load command; 0 where the command ends before it.
    fn field(&self, command: Command, field: usize) -> u32 {
        let bytes = &self.data[command.range()];
        let word = field.checked_add(4).and_then(|end| bytes.get(field..end));
        word.and_then(|word| word.first_chunk()).map_or(0, |word| U32::<Endianness>::from_bytes(*word).get(self.endian))
    }

    /// Where the symbol table starts, in bytes from the start of the member.
    fn symbols_offset(&self) -> u64 {
        const SYMOFF: usize = 8;
        self.command(macho::LC_SYMTAB).map_or(0, |command| self.field(command, SYMOFF).into())
    }

    fn symbol_offset(&self, index: usize) -> u64 {
        self.symbols_offset().saturating_add(index as u64 * size_of::<M::Nlist>() as u64)
    }
}
