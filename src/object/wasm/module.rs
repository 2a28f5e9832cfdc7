//! The module around the linking information: sections, imports, and where each function and segment lies.

use std::ops::Range;

use super::encoding::Reader;
use crate::error::Result;
use crate::object::symbol::SectionPurpose;

const VERSION: &[u8] = &[1, 0, 0, 0];

const CUSTOM: u8 = 0;
const IMPORT: u8 = 2;
const FUNCTION: u8 = 3;
const EXPORT: u8 = 7;
const CODE: u8 = 10;
const DATA: u8 = 11;

/// How sections that are not custom are called, by their number.
const NAMES: [&[u8]; 14] = [
    b"CUSTOM",
    b"TYPE",
    b"IMPORT",
    b"FUNCTION",
    b"TABLE",
    b"MEMORY",
    b"GLOBAL",
    b"EXPORT",
    b"START",
    b"ELEM",
    b"CODE",
    b"DATA",
    b"DATACOUNT",
    b"TAG",
];

/// Kinds of what is imported or exported, which has one numbering a kind.
pub(super) mod external {
    pub const FUNCTION: u8 = 0;
    pub const TABLE: u8 = 1;
    pub const MEMORY: u8 = 2;
    pub const GLOBAL: u8 = 3;
    pub const TAG: u8 = 4;
}

/// A section as it stands in the file.
#[derive(Debug)]
pub(super) struct RawSection<'d> {
    pub id: u8,
    /// A custom section's own, else what all call it.
    pub name: &'d [u8],
    /// Where it starts, with its number.
    pub start: usize,
    /// Where its size stands.
    pub size: Range<usize>,
    /// What stands behind the size and, in a custom section, the name.
    pub content: Range<usize>,
}

impl RawSection<'_> {
    pub fn is_loaded(&self) -> bool {
        self.id != CUSTOM
    }

    pub fn is_import(&self) -> bool {
        self.id == IMPORT
    }

    pub fn is_relocations(&self) -> bool {
        self.id == CUSTOM && self.name.starts_with(b"reloc.")
    }

    pub fn is_linking(&self) -> bool {
        self.id == CUSTOM && self.name == b"linking"
    }

    /// What it is for, relocations apart.
    pub fn purpose(&self) -> SectionPurpose {
        match self.id {
            CODE => SectionPurpose::Code,
            CUSTOM if self.name.starts_with(b".debug_") => SectionPurpose::Debug,
            CUSTOM if [&b".llvmbc"[..], b".llvmcmd"].contains(&self.name) => SectionPurpose::Bitcode,
            CUSTOM if self.name == b"linking" => SectionPurpose::Symbols,
            CUSTOM => SectionPurpose::Other,
            _ => SectionPurpose::Data,
        }
    }
}

/// An import.
#[derive(Debug)]
pub(super) struct Import<'d> {
    pub kind: u8,
    pub module: &'d [u8],
    pub field: &'d [u8],
    /// Where the field stands, its length included.
    pub field_range: Range<usize>,
}

/// A module.
#[derive(Debug, Default)]
pub(super) struct Module<'d> {
    pub sections: Vec<RawSection<'d>>,
    pub imports: Vec<Import<'d>>,
    /// For each kind, its imports: what is imported is numbered by kind.
    imported: [Vec<usize>; 5],
    /// What an archive's index would list of a module without symbols: its exports.
    pub exports: Vec<&'d [u8]>,
    /// How many functions the function section announces.
    pub functions: u32,
    /// Where each function's code is.
    pub bodies: Vec<Range<usize>>,
    /// Where each segment's data is.
    pub segments: Vec<Range<usize>>,
    /// What the compilers wrote about themselves: where the content of `producers` is.
    pub producers: Range<usize>,
}

impl<'d> Module<'d> {
    /// Finds all sections and reads those that symbols refer to.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn parse(data: &'d [u8]) -> Result<Self> {
        if data.get(4..8) != Some(VERSION) {
            return Err(Reader::error_at(4, "a WebAssembly module of another version than 1"));
        }
        let mut module = Self::default();
        let mut reader = Reader::new(data, 8..data.len());
        while !reader.is_at_end() {
            let start = reader.position();
            let id = reader.byte()?;
            let size_at = reader.position();
            let mut content = reader.sized()?;
            let size = size_at..content.position();
            let name = match id {
                CUSTOM => content.name()?,
                _ => NAMES.get(usize::from(id)).copied().unwrap_or(b"UNKNOWN"),
            };
            if id != CUSTOM && module.sections.iter().any(|section| section.id == id) {
                return Err(Reader::error_at(start, format!("a second {} section", String::from_utf8_lossy(name))));
            }
            let section = RawSection { id, name, start, size, content: content.position()..reader.position() };
            module.read(&section, content)?;
            module.sections.push(section);
        }
        Ok(module)
    }

    fn read(&mut self, section: &RawSection<'d>, mut reader: Reader<'d>) -> Result<()> {
        match section.id {
            IMPORT => {
                self.imports = list(&mut reader, Import::read)?;
                for (at, import) in self.imports.iter().enumerate() {
                    self.imported[usize::from(import.kind)].push(at);
                }
            }
            FUNCTION => self.functions = reader.number()?,
            EXPORT => {
                let exports = list(&mut reader, |reader| {
                    let (name, kind) = (reader.name()?, reader.byte()?);
                    reader.skip_number()?;
                    Ok((name, kind))
                })?;
                let named = exports.into_iter().filter(|(_, kind)| *kind != external::MEMORY);
                self.exports = named.map(|(name, _)| name).collect();
            }
            CODE => self.bodies = list(&mut reader, Reader::sized_range)?,
            DATA => self.segments = list(&mut reader, segment)?,
            CUSTOM if section.name == b"producers" => self.producers = section.content.clone(),
            _ => {}
        }
        Ok(())
    }

    /// The import that has this number among those of its kind.
    pub fn import(&self, kind: u8, number: u32) -> Option<usize> {
        self.imported[usize::from(kind)].get(number as usize).copied()
    }

    /// How many imports there are of one kind: definitions are numbered behind them.
    pub fn imported(&self, kind: u8) -> u32 {
        self.imported[usize::from(kind)].len() as u32
    }

    /// A section by its name, the first.
    pub fn named(&self, name: &[u8]) -> Option<usize> {
        self.sections.iter().position(|section| section.name == name)
    }
}

impl<'d> Import<'d> {
    fn read(reader: &mut Reader<'d>) -> Result<Self> {
        let start = reader.position();
        let module = reader.name()?;
        let field_start = reader.position();
        let field = reader.name()?;
        let field_range = field_start..reader.position();
        let kind = reader.byte()?;
        match kind {
            external::FUNCTION => reader.skip_number()?,
            external::TABLE => {
                reader.byte()?;
                skip_limits(reader)?;
            }
            external::MEMORY => skip_limits(reader)?,
            external::GLOBAL => _ = reader.bytes(2)?,
            external::TAG => {
                reader.byte()?;
                reader.skip_number()?;
            }
            _ => return Err(Reader::error_at(start, "an import of an unknown kind")),
        }
        Ok(Self { kind, module, field, field_range })
    }
}

fn skip_limits(reader: &mut Reader<'_>) -> Result<()> {
    const HAS_MAXIMUM: u32 = 1;
    let flags = reader.number()?;
    reader.skip_number()?;
    if flags & HAS_MAXIMUM != 0 { reader.skip_number() } else { Ok(()) }
}

/// Where a segment's data is.
fn segment(reader: &mut Reader<'_>) -> Result<Range<usize>> {
    const IS_PASSIVE: u32 = 1;
    const HAS_MEMORY: u32 = 2;
    let flags = reader.number()?;
    if flags & HAS_MEMORY != 0 {
        reader.skip_number()?;
    }
    if flags & IS_PASSIVE == 0 {
        skip_expression(reader)?;
    }
    reader.sized_range()
}

/// Constant expressions, with what the extended ones add (WebAssembly specification, "Constant Expressions").
fn skip_expression(reader: &mut Reader<'_>) -> Result<()> {
    loop {
        let at = reader.position();
        match reader.byte()? {
            0x0b => return Ok(()),
            // global.get, i32.const, i64.const, ref.null, ref.func
            0x23 | 0x41 | 0x42 | 0xd0 | 0xd2 => reader.skip_number()?,
            // f32.const, f64.const
            0x43 => _ = reader.bytes(4)?,
            0x44 => _ = reader.bytes(8)?,
            // add, sub and mul of either width
            0x6a..=0x6c | 0x7c..=0x7e => {}
            other => return Err(Reader::error_at(at, format!("{other:#x} is no instruction of a constant"))),
        }
    }
}

/// Reads as many entries as the number in front says. Each takes a byte at least, so that a wrong number ends with the
/// section.
pub(super) fn list<'d, T>(
    reader: &mut Reader<'d>,
    mut read: impl FnMut(&mut Reader<'d>) -> Result<T>,
) -> Result<Vec<T>> {
    // Not collected: that would trust the number for how much memory to ask for.
    let mut entries = Vec::new();
    for _ in 0..reader.number()? {
        entries.push(read(reader)?);
    }
    Ok(entries)
}
