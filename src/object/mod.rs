//! Objects: the one place that tells formats apart. Each format's own rules are in its folder.

pub mod architecture;
pub mod bitcode;
pub mod capabilities;
pub mod coff;
pub mod elf;
mod fields;
pub mod format;
mod linked;
pub mod macho;
pub mod string_table;
pub mod symbol;
pub mod thunk;
pub mod trap;
mod uleb;
pub mod wasm;

use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::patch::Patch;
use architecture::Architecture;
use capabilities::Capabilities;
pub use elf::dynamic::DynamicDefinition;
use format::Format;
pub use format::{FormatFacts, LinkerNames};
pub use linked::{LinkedExports, dynamic_exports};
use symbol::{ObjectEdits, ObjectSymbols, Suffixes};

/// The formats there are, each platform's use of one by itself.
pub static FORMATS: &[&FormatFacts] =
    &[&elf::FACTS, &macho::FACTS, &coff::GNU_FACTS, &coff::MSVC_FACTS, &wasm::FACTS, &bitcode::FACTS];

/// What a member is.
#[derive(Debug)]
pub enum Object<'d> {
    /// A relocatable ELF object of 32 bits.
    Elf32(elf::Elf32Object<'d>),
    /// A relocatable ELF object of 64 bits.
    Elf64(elf::Elf64Object<'d>),
    /// A Mach-O object of 32 bits.
    MachO32(macho::MachO32Object<'d>),
    /// A Mach-O object of 64 bits.
    MachO64(macho::MachO64Object<'d>),
    /// A WebAssembly object.
    Wasm(Box<wasm::WasmObject<'d>>),
    /// A COFF object with section numbers of 16 bits.
    Coff(coff::CoffRegular<'d>),
    /// A COFF object with section numbers of 32 bits (bigobj).
    CoffBig(coff::CoffBig<'d>),
    /// A short import member of COFF.
    Import(coff::ImportObject<'d>),
    /// An LLVM bitcode file: its symbols can be read, and not be changed.
    Bitcode(bitcode::BitcodeObject<'d>),
    /// An object whose symbols cannot be read or changed here, nor by linkers, with its kind as "a fat Mach-O file".
    Unserved(&'static str),
    /// Something that linkers do not look into: metadata, text.
    Other,
}

/// What to do about a member that is [`Object::Unserved`].
pub(crate) const UNSERVED_HELP: &str =
    "libtool -static makes a fat file of archives of fat objects: each slice is served as an archive of its own";

impl<'d> Object<'d> {
    /// Recognises and parses a member's data.
    ///
    /// # Errors
    /// Malformed, with the offset in the member, when the data contradicts the format that its first bytes name.
    pub fn parse(data: &'d [u8]) -> Result<Self> {
        Ok(match data {
            [0x7f, b'E', b'L', b'F', 1, ..] => Self::Elf32(elf::ElfObject::parse(data)?),
            [0x7f, b'E', b'L', b'F', 2, ..] => Self::Elf64(elf::ElfObject::parse(data)?),
            [0x7f, b'E', b'L', b'F', ..] => {
                return Err(Error::malformed(4, "EI_CLASS is neither 32 nor 64 bits"));
            }
            _ if bitcode::is_bitcode(data) => Self::Bitcode(bitcode::BitcodeObject::parse(data)?),
            // <mach-o/loader.h>, <mach-o/fat.h>.
            [0xfe, 0xed, 0xfa, 0xce, ..] | [0xce, 0xfa, 0xed, 0xfe, ..] => {
                Self::MachO32(macho::MachOObject::parse(data)?)
            }
            [0xfe, 0xed, 0xfa, 0xcf, ..] | [0xcf, 0xfa, 0xed, 0xfe, ..] => {
                Self::MachO64(macho::MachOObject::parse(data)?)
            }
            // With more slices than it can have (42, as `crate::archive::fat` says), it is a Java class.
            [0xca, 0xfe, 0xba, 0xbe | 0xbf, 0, 0, 0, 0..=42, ..] => Self::Unserved("a fat Mach-O file"),
            [0, b'a', b's', b'm', ..] => Self::Wasm(Box::new(wasm::WasmObject::parse(data)?)),
            _ => match coff::magic(data) {
                Some(coff::Magic::Regular) => Self::Coff(coff::CoffObject::parse(data)?),
                Some(coff::Magic::Big) => Self::CoffBig(coff::CoffObject::parse(data)?),
                Some(coff::Magic::Import) => Self::Import(coff::ImportObject::parse(data)?),
                None => Self::Other,
            },
        })
    }

    /// Whether linkers look into it.
    pub fn is_linked(&self) -> bool {
        !matches!(self, Self::Other)
    }

    /// The format that it is in; `None` where it cannot be read, or is no object.
    fn format(&self) -> Option<&dyn Format<'d>> {
        match self {
            Self::Elf32(object) => Some(object),
            Self::Elf64(object) => Some(object),
            Self::MachO32(object) => Some(object),
            Self::MachO64(object) => Some(object),
            Self::Wasm(object) => Some(object.as_ref()),
            Self::Coff(object) => Some(object),
            Self::CoffBig(object) => Some(object),
            Self::Import(object) => Some(object),
            Self::Bitcode(object) => Some(object),
            Self::Unserved(_) | Self::Other => None,
        }
    }

    /// What is known of its format; of no format where there is no object.
    pub fn facts(&self) -> &'static FormatFacts {
        self.format().map(|format| format.facts()).unwrap_or_default()
    }

    /// Whether glibc can be the C library of what is made of it: the platforms of other formats have their own.
    pub fn is_for_glibc(&self) -> bool {
        matches!(self, Self::Elf32(_) | Self::Elf64(_) | Self::Bitcode(_))
    }

    /// What can be asked of it.
    pub fn capabilities(&self) -> &'static Capabilities {
        &self.facts().capabilities
    }

    /// That its format can express `edits`.
    ///
    /// # Errors
    /// Unsupported, with the reason; malformed, with the offset in the member.
    pub fn check_edits(&self, edits: &ObjectEdits) -> Result<()> {
        if edits.is_empty() || self.capabilities().refused.is_empty() {
            return Ok(());
        }
        self.capabilities().check_edits(edits, &self.all_symbols()?)
    }

    /// What it is made for; `None` where that is not known by name, or where there is no object.
    pub fn architecture(&self) -> Option<Architecture> {
        self.format()?.architecture()
    }

    /// An object of these definitions, for the machine and the conventions of this one.
    ///
    /// # Errors
    /// Unsupported, for a machine or a function that [`thunk`] and [`trap`] have no code for.
    pub fn make_object(&self, definitions: &[thunk::Definition]) -> Result<Vec<u8>> {
        let format = self.format().ok_or_else(|| Error::unsupported("not an object: it has no machine"))?;
        format.make_object(definitions)
    }

    /// The symbols and all else that a plan needs to know.
    ///
    /// # Errors
    /// Malformed, with the offset in the member; unsupported for bitcode that only a compiler could read.
    pub fn symbols(&self) -> Result<ObjectSymbols<'d>> {
        self.format().map_or_else(|| Ok(ObjectSymbols::default()), |format| format.object_symbols())
    }

    /// Of all that [`Self::symbols`] gives, the COMDAT groups whose signatures are local symbols.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn local_groups(&self) -> Result<ObjectSymbols<'d>> {
        self.format().map_or_else(|| Ok(ObjectSymbols::default()), |format| format.local_groups())
    }

    /// Every symbol, local ones, sections and files included, by ascending index; none where there is no object.
    ///
    /// # Errors
    /// As [`Self::symbols`].
    pub fn all_symbols(&self) -> Result<Vec<symbol::Symbol<'d>>> {
        self.format().map_or_else(|| Ok(Vec::new()), |format| format.all_symbols())
    }

    /// Every section, by ascending index; none where there is no machine code.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn all_sections(&self) -> Result<Vec<symbol::Section<'d>>> {
        self.format().map_or_else(|| Ok(Vec::new()), |format| format.all_sections())
    }

    /// The same of a relocatable object; none of anything else, which is data to a linker's archive search.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn linked_sections(&self) -> Result<Vec<symbol::Section<'d>>> {
        self.format()
            .filter(|format| format.is_relocatable())
            .map_or_else(|| Ok(Vec::new()), |format| format.all_sections())
    }

    /// The names that an archive's index lists, in order.
    ///
    /// # Errors
    /// As [`Self::symbols`].
    pub fn indexed_names(&self) -> Result<Vec<Cow<'d, [u8]>>> {
        self.format().map_or_else(|| Ok(Vec::new()), |format| format.indexed_names())
    }

    /// Whether an archive's index lists `symbol`, one of this object's, perhaps with another name or binding.
    pub fn is_indexed(&self, symbol: &symbol::Symbol<'_>) -> bool {
        self.format().is_some_and(|format| format.is_indexed(symbol))
    }

    /// Whether objcopy's flags make `symbol`, one of this object's, weak, local or global: LLVM's leave what counts as
    /// undefined on Mach-O, tentative definitions included.
    pub fn is_rebound(&self, symbol: &symbol::Symbol<'_>) -> bool {
        self.format().is_some_and(|format| format.is_rebound(symbol))
    }

    /// Sections that say nothing any more: long section numbers, where no symbol has one.
    pub fn needless_sections(&self) -> Vec<symbol::SectionIndex> {
        self.format().map(|format| format.needless_sections()).unwrap_or_default()
    }

    /// The sections that hold the symbols and their names.
    pub fn symbol_sections(&self) -> Vec<symbol::SectionIndex> {
        self.format().map(|format| format.symbol_sections()).unwrap_or_default()
    }

    /// Every reference to the symbols that `wanted` accepts, by sections and then in the order they stand in; none
    /// where there is no object.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn references(&self, wanted: impl Fn(symbol::SymbolIndex) -> bool) -> Result<Vec<symbol::Reference>> {
        self.format().map_or_else(|| Ok(Vec::new()), |format| format.references(&wanted))
    }

    /// What a form of reference is called, as `R_X86_64_PC32`; its number where it has no name.
    pub fn form_name(&self, form: symbol::ReferenceForm) -> String {
        self.format().map_or_else(|| form.0.to_string(), |format| format.form_name(form))
    }

    /// How far away a form of reference in a section lets its definition be.
    pub fn reach(&self, section: symbol::SectionIndex, form: symbol::ReferenceForm) -> symbol::Reach {
        self.format().map_or(symbol::Reach::Unknown, |format| format.reach(section, form))
    }

    /// The name of a section, on Mach-O with its segment's: `__TEXT,__const`.
    pub fn section_name(&self, index: symbol::SectionIndex) -> Option<Cow<'d, [u8]>> {
        let format = self.format()?;
        let name = format.section_name(index)?;
        Some(match format.segment_name(index) {
            Some(segment) => Cow::Owned([segment, b",", name].concat()),
            None => Cow::Borrowed(name),
        })
    }

    /// References that need an address at link time, of each section and kind the first. Reads all relocations of
    /// loaded sections.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn fixed_references(&self) -> Result<Vec<symbol::FixedReference<'d>>> {
        self.format().map_or_else(|| Ok(Vec::new()), |format| format.fixed_references())
    }

    /// What it asks of the stack.
    pub fn stack(&self) -> symbol::Stack {
        self.format().map_or(symbol::Stack::Plain, |format| format.stack())
    }

    /// What wrote the bitcode that it is or that is embedded in it, as `LLVM22.1.2-rust-1.95.0-stable`; `None` where
    /// there is none, or it does not say.
    pub fn bitcode_producer(&self) -> Option<Vec<u8>> {
        let embedded = match self {
            Self::Bitcode(object) => return object.producer().ok(),
            _ => self.format()?.embedded_bitcode(),
        };
        let bitcode = embedded.filter(|data| bitcode::is_bitcode(data)).map(bitcode::BitcodeObject::parse)?;
        bitcode.ok()?.producer().ok().filter(|producer| !producer.is_empty())
    }

    /// The personality routines that its unwind tables refer to, where linked files can have few of them; each once, by
    /// name.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn personalities(&self) -> Result<Vec<&'d [u8]>> {
        self.format().map_or_else(|| Ok(Vec::new()), |format| format.personalities())
    }

    /// The contents of all loaded sections that hold read-only data, for searching.
    pub fn constants(&self) -> Vec<&'d [u8]> {
        self.format().map(|format| format.constants()).unwrap_or_default()
    }

    /// The splices that carry out `edits`.
    ///
    /// # Errors
    /// Malformed, with the offset in the member. Unsupported when the format cannot express an edit.
    pub fn patch(&self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<Patch> {
        match self {
            _ if edits.is_empty() => Ok(Patch::default()),
            Self::Unserved(kind) => {
                Err(Error::unsupported(format!("{kind}: its symbols cannot be changed")).with_help(UNSERVED_HELP))
            }
            _ => match self.format() {
                Some(format) => format.patch(edits, suffixes),
                None => Err(Error::unsupported("not an object: it has no symbols to change")),
            },
        }
    }

    /// That `after` is this object with `edits` carried out and nothing else changed in what linkers read.
    ///
    /// # Errors
    /// Verification, naming the first difference.
    pub fn verify(&self, after: &Object<'_>, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<()> {
        match (self, after) {
            (Self::Elf32(before), Object::Elf32(after)) => before.verify(after, edits, suffixes),
            (Self::Elf64(before), Object::Elf64(after)) => before.verify(after, edits, suffixes),
            (Self::MachO32(before), Object::MachO32(after)) => before.verify(after, edits, suffixes),
            (Self::MachO64(before), Object::MachO64(after)) => before.verify(after, edits, suffixes),
            (Self::Wasm(before), Object::Wasm(after)) => before.verify(after, edits, suffixes),
            (Self::Coff(before), Object::Coff(after)) => before.verify(after, edits, suffixes),
            (Self::CoffBig(before), Object::CoffBig(after)) => before.verify(after, edits, suffixes),
            _ => Err(Error::verification("a member is of another kind than before")),
        }
    }
}

/// What a shared object defines for others; `None` when `data` is of no format that is served.
///
/// # Errors
/// Malformed.
pub fn dynamic_definitions(data: &[u8]) -> Result<Option<Vec<DynamicDefinition<'_>>>> {
    elf::dynamic::definitions(data)
}
