//! The neutral vocabulary: what every object format says of symbols, sections and groups, and what can be asked of
//! an object. No format's own field names here.

mod edits;
mod references;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::format::FormatFacts;
pub use edits::{NewName, ObjectEdits, SectionChange, Suffixes, SymbolEdit};
pub use references::{Fixed, FixedReference, Reach, Reference, ReferenceForm, Stack};

/// A symbol's position in its object's symbol table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SymbolIndex(pub u32);

/// A section's position in its object's section table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionIndex(pub u32);

/// How a symbol takes part in resolution between objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Binding {
    /// Not at all.
    Local,
    /// A definition excludes others, a reference requires one.
    Global,
    /// A definition yields to others, a reference may stay unresolved.
    Weak,
    /// One definition in the whole process (`STB_GNU_UNIQUE`).
    Unique,
}

/// Who sees a global symbol once its component is linked, from the widest to the most constrained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Visibility {
    /// Other components see it and may preempt it.
    Default,
    /// Other components see it.
    Protected,
    /// The component alone.
    Hidden,
    /// The component alone, in a processor-specific way.
    Internal,
}

/// What a symbol names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum SymbolKind {
    /// A function.
    Function,
    /// Data.
    Data,
    /// Thread-local data.
    Tls,
    /// A function that picks the function to call (`STT_GNU_IFUNC`).
    Ifunc,
    /// A section.
    Section,
    /// A source file.
    File,
    /// Not said, or peculiar to a system.
    Other,
}

/// Where a symbol's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// Elsewhere: this is a reference.
    Undefined,
    /// A tentative definition, for the linker to allocate.
    Common,
    /// A plain number.
    Absolute,
    /// In bytecode, where there are no sections yet.
    Bytecode,
    /// In a section of this object.
    Section(SectionIndex),
}

/// A name as linkers have it and as C sources do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spelling<'d> {
    /// The linkage name.
    pub linkage: &'d [u8],
    /// How many bytes of it the platform put in front.
    pub prefix: u8,
}

impl<'d> Spelling<'d> {
    /// The name in C, or a compiler's mangled one: without what the platform put in front.
    pub fn source(self) -> &'d [u8] {
        &self.linkage[self.prefix.into()..]
    }
}

/// Of a platform that puts nothing in front of names.
impl<'d> From<&'d [u8]> for Spelling<'d> {
    fn from(linkage: &'d [u8]) -> Self {
        Self { linkage, prefix: 0 }
    }
}

/// A symbol.
#[derive(Debug, Clone, Copy)]
pub struct Symbol<'d> {
    /// The linkage name.
    pub name: &'d [u8],
    /// How many bytes of it the platform put in front of the name in C: `foo` is `_foo` on Mach-O.
    pub prefix: u8,
    /// Its position.
    pub index: SymbolIndex,
    /// Binding.
    pub binding: Binding,
    /// Visibility.
    pub visibility: Visibility,
    /// Kind.
    pub kind: SymbolKind,
    /// Place: where a function has a descriptor, the code's.
    pub placement: Placement,
    /// Size in bytes, 0 where unknown.
    pub size: u64,
    /// Whether an archive's index names it, by `llvm-ar`'s rule.
    pub indexed: bool,
}

impl<'d> Symbol<'d> {
    /// Whether this is a definition, tentative ones included.
    pub fn is_definition(&self) -> bool {
        self.placement != Placement::Undefined
    }

    /// Both of its names.
    pub fn spelling(&self) -> Spelling<'d> {
        Spelling { linkage: self.name, prefix: self.prefix }
    }
}

/// What carries the signature of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureSymbol {
    /// A global symbol, mostly one of the object's symbols: not where only its file sees it, or no linker does.
    Global(SymbolIndex),
    /// Whatever symbol is called so.
    Name,
    /// A local symbol, as C++'s `C5` constructors.
    Local(SymbolIndex),
    /// An unnamed section symbol: the signature is the section's name, and no symbol edit changes it.
    Section,
}

/// Sections that linkers keep or drop together, one such group per signature in the whole link (`GRP_COMDAT`).
#[derive(Debug, Clone)]
pub struct ComdatGroup<'d> {
    /// The name by which linkers recognise the same group in another object.
    pub signature: &'d [u8],
    /// Where that name stands.
    pub symbol: SignatureSymbol,
    /// Which of [`ObjectSymbols::grouped`] are in it.
    pub sections: Range<u32>,
}

/// A section that linkers know by its name.
#[derive(Debug, Clone, Copy)]
pub struct NamedSection<'d> {
    /// Its position.
    pub index: SectionIndex,
    /// Its name.
    pub name: &'d [u8],
}

/// A section that linkers put in order with the others of its name: `NAME$KEY`.
#[derive(Debug, Clone, Copy)]
pub struct SortedSection<'d> {
    /// Its position.
    pub index: SectionIndex,
    /// What stands before the `$`: the name in the linked file.
    pub name: &'d [u8],
    /// What they are sorted by.
    pub key: &'d [u8],
}

/// A section of which linkers keep one per name.
#[derive(Debug, Clone, Copy)]
pub struct LinkonceSection<'d> {
    /// Its position.
    pub index: SectionIndex,
    /// Its name.
    pub name: &'d [u8],
    /// What the names of all sections that belong together end in.
    pub stem: &'d [u8],
}

/// Compiler bytecode that a linker may take for code, beside or instead of machine code. Names live on in it that a
/// symbol table does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bytecode {
    /// GCC's, beside machine code: `-flto -ffat-lto-objects` (`.gnu.lto_*`).
    GccFat,
    /// GCC's alone: `-flto`.
    GccSlim,
    /// LLVM's, beside machine code: `-ffat-lto-objects` (`.llvm.lto`).
    LlvmFat,
    /// LLVM's alone, a bitcode file: clang's `-flto`, rustc's `-Clinker-plugin-lto`.
    Llvm,
}

impl Bytecode {
    /// Whether there is machine code as well.
    pub fn is_fat(self) -> bool {
        matches!(self, Self::GccFat | Self::LlvmFat)
    }
}

/// What GCC defines in an object that has its bytecode and no machine code (gcc/toplev.cc, `compile_file`).
pub const GCC_SLIM: &[u8] = b"__gnu_lto_slim";

/// What stands before a symbol's name in the name of the section with the warning about it.
pub const WARNING: &[u8] = b".gnu.warning.";

/// What one pass over an object finds.
#[derive(Debug, Default)]
pub struct ObjectSymbols<'d> {
    /// All symbols that take part in linking, by ascending index.
    pub symbols: Vec<Symbol<'d>>,
    /// What an archive's index lists besides: all names of an executable or a shared object, whose symbols are nobody's
    /// business; what linkers make of an import.
    pub listed: Vec<Cow<'d, [u8]>>,
    /// The COMDAT groups.
    pub groups: Vec<ComdatGroup<'d>>,
    /// The sections that are in groups, group by group.
    pub grouped: Vec<SectionIndex>,
    /// Loaded sections whose name is a C identifier: `__start_NAME` and `__stop_NAME` bound them in the output.
    pub bounded_sections: Vec<NamedSection<'d>>,
    /// Sections, as `__DATA,__name`, that code here reads from end to end, where a format has no room for other names:
    /// they stay one with all of that name in a linked file.
    pub shared_sections: Vec<Vec<u8>>,
    /// Sections with a key to sort them by, but for those that toolchains know. The first and the last of a name bound
    /// what is between them.
    pub sorted_sections: Vec<SortedSection<'d>>,
    /// Sections of which linkers keep one per name: `.gnu.linkonce.KIND.NAME`, and COFF's `KIND$NAME`.
    pub linkonce_sections: Vec<LinkonceSection<'d>>,
    /// Sections named `.gnu.warning.NAME`, which GNU ld prints where something refers to NAME.
    pub warning_sections: Vec<NamedSection<'d>>,
    /// What the compilers wrote about themselves (`.comment`), NUL-separated.
    pub producers: Cow<'d, [u8]>,
    /// Bytecode that a linker may take instead of the machine code.
    pub bytecode: Option<Bytecode>,
    /// Symbols that cannot become local, by ascending index: their relocations mean something else for local ones.
    pub global_only: Vec<SymbolIndex>,
    /// The definitions are what a DLL gives: linkers and other members' tables find them by name.
    pub imports: bool,
    /// Names may carry a version, as in `NAME@VERSION`.
    pub has_versions: bool,
    /// References may be to the place of an address in place of the name: `__imp_NAME`.
    pub can_import: bool,
    /// Functions have descriptors: `NAME` stands for one, `.NAME` for the code.
    pub has_descriptors: bool,
    /// What is known of the object's format.
    pub facts: &'static FormatFacts,
}

impl<'d> ObjectSymbols<'d> {
    /// The names that an archive's index lists, in order.
    pub fn indexed_names(&self) -> impl Iterator<Item = Cow<'d, [u8]>> {
        let indexed = self.symbols.iter().filter(|symbol| symbol.indexed).map(|symbol| symbol.name.into());
        self.listed.iter().cloned().chain(indexed)
    }

    /// Adds a group of these sections.
    pub fn add_group(
        &mut self,
        signature: &'d [u8],
        symbol: SignatureSymbol,
        sections: impl IntoIterator<Item = SectionIndex>,
    ) {
        let start = self.grouped.len() as u32;
        self.grouped.extend(sections);
        self.groups.push(ComdatGroup { signature, symbol, sections: start..self.grouped.len() as u32 });
    }

    /// The sections in a group of these.
    pub fn sections_of(&self, group: &ComdatGroup<'_>) -> &[SectionIndex] {
        &self.grouped[group.sections.start as usize..group.sections.end as usize]
    }
}

/// What a section is for: what stripping and an account of sizes go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum SectionPurpose {
    /// Machine code.
    Code,
    /// What else is loaded: constants, variables, unwind tables.
    Data,
    /// For debuggers, and not loaded.
    Debug,
    /// Bytecode embedded beside the machine code, and what only its compiler reads.
    Bitcode,
    /// Symbols, their names and the sections' names.
    Symbols,
    /// Comments, notes, groups and what else only linkers read.
    Other,
}

impl fmt::Display for SectionPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Code => "code",
            Self::Data => "data",
            Self::Debug => "debug",
            Self::Bitcode => "bitcode",
            Self::Symbols => "symbols",
            Self::Other => "other",
        })
    }
}

/// A section, as far as removing, keeping and counting go.
#[derive(Debug, Clone, Copy)]
pub struct Section<'d> {
    /// Its position.
    pub index: SectionIndex,
    /// Its name.
    pub name: &'d [u8],
    /// What it is for; of relocations, what they apply to is for.
    pub purpose: SectionPurpose,
    /// Whether it is part of the loaded program.
    pub loaded: bool,
    /// Its size in bytes.
    pub size: u64,
    /// How many bytes it takes in the file: none for zeroed data.
    pub file_size: u64,
}
