//! The custom section `linking`: symbols, names of segments, initialisers and COMDATs (tool-conventions, `Linking.md`,
//! "Linking Metadata Section").

use std::ops::Range;

use super::encoding::Reader;
use super::module::{Module, RawSection, external, list};
use crate::error::{Error, Result};

const VERSION: u32 = 2;

/// Subsections.
pub(super) const SEGMENT_INFO: u8 = 5;
pub(super) const INIT_FUNCS: u8 = 6;
pub(super) const COMDAT_INFO: u8 = 7;
pub(super) const SYMBOL_TABLE: u8 = 8;

/// Flags of symbols.
pub(super) const BINDING_WEAK: u32 = 1;
pub(super) const BINDING_LOCAL: u32 = 2;
pub(super) const BINDING_MASK: u32 = 3;
pub(super) const VISIBILITY_HIDDEN: u32 = 4;
pub(super) const UNDEFINED: u32 = 0x10;
pub(super) const EXPORTED: u32 = 0x20;
pub(super) const EXPLICIT_NAME: u32 = 0x40;
pub(super) const TLS: u32 = 0x100;
pub(super) const ABSOLUTE: u32 = 0x200;

/// What a symbol stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Function,
    Data,
    Global,
    Section,
    Tag,
    Table,
}

impl Kind {
    fn of(number: u8) -> Option<Self> {
        [Self::Function, Self::Data, Self::Global, Self::Section, Self::Tag, Self::Table]
            .get(usize::from(number))
            .copied()
    }

    /// What imports of it are called; `None` for what is not imported.
    pub fn external(self) -> Option<u8> {
        match self {
            Self::Function => Some(external::FUNCTION),
            Self::Global => Some(external::GLOBAL),
            Self::Tag => Some(external::TAG),
            Self::Table => Some(external::TABLE),
            Self::Data | Self::Section => None,
        }
    }
}

/// A symbol as it stands in the table.
#[derive(Debug)]
pub(super) struct SymbolEntry<'d> {
    pub kind: Kind,
    pub flags: u32,
    pub name: &'d [u8],
    /// Whether the name stands here: else it is its import's, or its section's.
    pub has_name: bool,
    /// The import of a function, global, tag or table that is not defined here.
    pub import: Option<usize>,
    /// The function, global, tag or table; the segment of data; the section. 0 for data that is not defined here.
    pub element: u32,
    /// Of data, where in the segment.
    pub offset: u64,
    /// Of data.
    pub size: u64,
    /// Where the entry starts.
    pub at: usize,
    /// What stands between the flags and the name.
    pub before_name: Range<usize>,
    /// What stands behind the name.
    pub behind_name: Range<usize>,
}

impl SymbolEntry<'_> {
    pub fn is_undefined(&self) -> bool {
        self.flags & UNDEFINED != 0
    }
}

/// What is known of a segment.
#[derive(Debug)]
pub(super) struct SegmentInfo<'d> {
    pub name: &'d [u8],
    /// Alignment and flags, as they stand.
    pub rest: Range<usize>,
}

/// A function to call before others, by its symbol.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct InitFunction {
    pub priority: u32,
    pub symbol: u32,
}

/// Parts of which linkers keep one per name.
#[derive(Debug)]
pub(super) struct Comdat<'d> {
    pub name: &'d [u8],
    pub flags: u32,
    pub entries: Vec<ComdatEntry>,
}

/// A part of a COMDAT: the kind is the format's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ComdatEntry {
    pub kind: u32,
    pub index: u32,
}

pub(super) const COMDAT_DATA: u32 = 0;
pub(super) const COMDAT_FUNCTION: u32 = 1;
pub(super) const COMDAT_SECTION: u32 = 5;

/// A subsection as it stands.
#[derive(Debug)]
pub(super) struct Subsection {
    pub id: u8,
    pub size: Range<usize>,
    pub content: Range<usize>,
}

/// The linking information.
#[derive(Debug, Default)]
pub(super) struct Linking<'d> {
    pub subsections: Vec<Subsection>,
    /// `None` where there is no symbol table.
    pub symbols: Option<Vec<SymbolEntry<'d>>>,
    pub segments: Vec<SegmentInfo<'d>>,
    pub init_functions: Vec<InitFunction>,
    pub comdats: Vec<Comdat<'d>>,
}

impl<'d> Linking<'d> {
    pub fn parse(data: &'d [u8], section: &RawSection<'d>, module: &Module<'d>) -> Result<Self> {
        let mut reader = Reader::new(data, section.content.clone());
        let version = reader.number()?;
        if version != VERSION {
            let what = format!("linking metadata of version {version}: only {VERSION} is known");
            return Err(Error::unsupported(what).at(section.content.start as u64));
        }
        let mut linking = Self::default();
        while !reader.is_at_end() {
            let start = reader.position();
            let id = reader.byte()?;
            let size = reader.position();
            let content = reader.sized()?;
            if linking.subsections.iter().any(|other| other.id == id) {
                return Err(Reader::error_at(start, "a second subsection of one kind in the linking section"));
            }
            linking.read(id, content.clone(), module)?;
            let size = size..content.position();
            linking.subsections.push(Subsection { id, size, content: content.position()..reader.position() });
        }
        linking.check(section, module)?;
        Ok(linking)
    }

    /// The symbols; none where there is no table.
    pub fn symbols(&self) -> &[SymbolEntry<'d>] {
        self.symbols.as_deref().unwrap_or_default()
    }

    fn read(&mut self, id: u8, mut reader: Reader<'d>, module: &Module<'d>) -> Result<()> {
        match id {
            SEGMENT_INFO => self.segments = list(&mut reader, SegmentInfo::read)?,
            INIT_FUNCS => {
                let read =
                    |reader: &mut Reader<'d>| Ok(InitFunction { priority: reader.number()?, symbol: reader.number()? });
                self.init_functions = list(&mut reader, read)?;
            }
            COMDAT_INFO => self.comdats = list(&mut reader, |reader| Comdat::read(reader, module))?,
            SYMBOL_TABLE => self.symbols = Some(list(&mut reader, |reader| SymbolEntry::read(reader, module))?),
            // What is not known has no numbers of symbols that we know of.
            _ => return Ok(()),
        }
        if reader.is_at_end() {
            return Ok(());
        }
        Err(Reader::error_at(reader.position(), "a subsection of the linking section is longer than what it holds"))
    }

    /// That subsections agree with each other, in whatever order they stand.
    fn check(&self, section: &RawSection<'_>, module: &Module<'_>) -> Result<()> {
        let at = section.start;
        if self.segments.len() > module.segments.len() {
            return Err(Reader::error_at(at, "the linking section names more segments than there are"));
        }
        let is_function = |function: &InitFunction| {
            self.symbols().get(function.symbol as usize).is_some_and(|symbol| symbol.kind == Kind::Function)
        };
        if !self.init_functions.iter().all(is_function) {
            return Err(Reader::error_at(at, "an initialiser is no function's symbol"));
        }
        Ok(())
    }
}

impl<'d> SegmentInfo<'d> {
    fn read(reader: &mut Reader<'d>) -> Result<Self> {
        let name = reader.name()?;
        let start = reader.position();
        reader.number()?;
        reader.number()?;
        Ok(Self { name, rest: start..reader.position() })
    }
}

impl<'d> Comdat<'d> {
    fn read(reader: &mut Reader<'d>, module: &Module<'d>) -> Result<Self> {
        let (name, flags) = (reader.name()?, reader.number()?);
        let entries = list(reader, |reader| {
            let at = reader.position();
            let entry = ComdatEntry { kind: reader.number()?, index: reader.number()? };
            let limit = match entry.kind {
                COMDAT_DATA => module.segments.len(),
                COMDAT_FUNCTION => module.imported(external::FUNCTION) as usize + module.bodies.len(),
                COMDAT_SECTION => module.sections.len(),
                _ => return Err(Reader::error_at(at, "a COMDAT holds something of an unknown kind")),
            };
            let least = if entry.kind == COMDAT_FUNCTION { module.imported(external::FUNCTION) } else { 0 };
            if entry.index < least || entry.index as usize >= limit {
                return Err(Reader::error_at(at, "a COMDAT holds something that is not there"));
            }
            Ok(entry)
        })?;
        Ok(Self { name, flags, entries })
    }
}

impl<'d> SymbolEntry<'d> {
    fn read(reader: &mut Reader<'d>, module: &Module<'d>) -> Result<Self> {
        let at = reader.position();
        let wrong = |what: &str| Reader::error_at(at, format!("a symbol {what}"));
        let kind = Kind::of(reader.byte()?).ok_or_else(|| wrong("is of an unknown kind"))?;
        let flags = reader.number()?;
        let undefined = flags & UNDEFINED != 0;
        let mut entry = Self {
            kind,
            flags,
            name: b"",
            has_name: false,
            import: None,
            element: 0,
            offset: 0,
            size: 0,
            at,
            before_name: reader.position()..reader.position(),
            behind_name: 0..0,
        };
        if kind != Kind::Data {
            entry.element = reader.number()?;
            entry.before_name.end = reader.position();
        }
        if let Some(external) = kind.external() {
            entry.import = module.import(external, entry.element);
            if undefined != entry.import.is_some() {
                return Err(wrong("is undefined and not imported, or the other way around"));
            }
        }
        entry.has_name = match kind {
            Kind::Section => false,
            Kind::Data => true,
            _ => !undefined || flags & EXPLICIT_NAME != 0,
        };
        if entry.has_name {
            entry.name = reader.name()?;
        } else if let Some(import) = entry.import {
            entry.name = module.imports[import].field;
        }
        let behind = reader.position();
        if kind == Kind::Data && !undefined {
            entry.element = reader.number()?;
            entry.offset = reader.long_number()?;
            entry.size = reader.long_number()?;
        }
        entry.behind_name = behind..reader.position();
        let there = match kind {
            Kind::Function => undefined || entry.element - module.imported(external::FUNCTION) < module.functions,
            Kind::Data => undefined || flags & ABSOLUTE != 0 || (entry.element as usize) < module.segments.len(),
            Kind::Section => {
                let local = flags & BINDING_MASK == BINDING_LOCAL && !undefined;
                local && (entry.element as usize) < module.sections.len()
            }
            Kind::Global | Kind::Tag | Kind::Table => true,
        };
        if !there {
            return Err(wrong("stands for something that is not there"));
        }
        if kind == Kind::Section {
            entry.name = module.sections[entry.element as usize].name;
        }
        Ok(entry)
    }
}
