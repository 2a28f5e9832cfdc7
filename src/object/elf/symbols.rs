//! Reads what a plan needs from an ELF object, in one pass over its sections and one over its symbols.

use std::borrow::Cow;

use object::elf;
use object::read::elf::{SectionHeader, Sym};

use super::descriptors::Descriptors;
use super::format::FACTS;
use super::{Class, ElfObject};
use crate::error::{Error, Result};
use crate::object::symbol::{
    Binding, Bytecode, GCC_SLIM, LinkonceSection, NamedSection, ObjectSymbols, Placement, Section, SectionIndex,
    SignatureSymbol, Symbol, SymbolIndex, SymbolKind, Visibility, WARNING,
};

const SHN_MIPS_SUNDEFINED: elf::SymbolSection = elf::SymbolSection(0xff04);

impl<'d, Elf: Class> ElfObject<'d, Elf> {
    /// The symbols that take part in linking, and the sections that linkers know by name or by group.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn object_symbols(&self) -> Result<ObjectSymbols<'d>> {
        if !self.relocatable {
            let listed =
                self.all_symbols()?.into_iter().filter(|symbol| symbol.indexed).map(|symbol| symbol.name.into());
            return Ok(ObjectSymbols { listed: listed.collect(), ..ObjectSymbols::default() });
        }
        let descriptors = Descriptors::of(self)?;
        let mut found = ObjectSymbols {
            symbols: self.linked_symbols(&descriptors)?,
            has_versions: true,
            has_descriptors: descriptors.exist(),
            global_only: self.global_only()?,
            facts: &FACTS,
            ..ObjectSymbols::default()
        };
        let names = self.section_names()?;
        for (index, section) in self.sections.enumerate().skip(1) {
            self.read_section(SectionIndex(index.0 as u32), section, names, &mut found)?;
        }
        // What tells the linker that there is no code but what its plugin makes.
        if found.bytecode == Some(Bytecode::GccFat) && found.symbols.iter().any(|symbol| symbol.name == GCC_SLIM) {
            found.bytecode = Some(Bytecode::GccSlim);
        }
        Ok(found)
    }

    /// The names that an archive's index lists, without a look at anything else.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn indexed_names(&self) -> Result<Vec<Cow<'d, [u8]>>> {
        let mut names = Vec::new();
        for (index, symbol) in self.symbols.enumerate().skip(1) {
            if symbol.st_shndx(self.endian) == elf::SHN_UNDEF || symbol.is_local() {
                continue;
            }
            let name = self.symbol_name(index.0, symbol)?;
            let empty = name.is_empty() && self.relocatable;
            if !empty && self.symbol(index.0, symbol, name)?.indexed {
                names.push(name.into());
            }
        }
        Ok(names)
    }

    /// The COMDAT groups whose signatures are local symbols, and nothing else.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn local_groups(&self) -> Result<ObjectSymbols<'d>> {
        let mut found = ObjectSymbols::default();
        let groups =
            self.sections.enumerate().skip(1).filter(|(_, section)| section.sh_type(self.endian) == elf::SHT_GROUP);
        for (index, section) in groups.filter(|_| self.relocatable) {
            let signature = self.symbols.symbol(object::SymbolIndex(section.sh_info(self.endian) as usize));
            if !signature.is_ok_and(|symbol| !symbol.is_local()) {
                self.read_group(SectionIndex(index.0 as u32), section, &mut found)?;
            }
        }
        Ok(found)
    }

    /// Every symbol, local ones included, by ascending index.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn all_symbols(&self) -> Result<Vec<Symbol<'d>>> {
        let symbols = self.symbols.enumerate().skip(1);
        symbols.map(|(index, symbol)| self.symbol(index.0, symbol, self.symbol_name(index.0, symbol)?)).collect()
    }

    /// Every section, by ascending index.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn all_sections(&self) -> Result<Vec<Section<'d>>> {
        let names = self.section_names()?;
        let sections = self.sections.enumerate().skip(1);
        let section = |(index, section): (object::SectionIndex, &'d Elf::SectionHeader)| {
            let index = SectionIndex(index.0 as u32);
            let loaded = section.sh_flags(self.endian).0 & elf::SHF_ALLOC.0 != 0;
            let size = section.sh_size(self.endian).into();
            let file_size = section.file_range(self.endian).map_or(0, |(_, size)| size);
            Ok(Section {
                index,
                name: self.section_name(index)?,
                purpose: self.purpose(index, names)?,
                loaded,
                size,
                file_size,
            })
        };
        sections.map(section).collect()
    }

    fn linked_symbols(&self, descriptors: &Descriptors) -> Result<Vec<Symbol<'d>>> {
        // `sh_info` is one past the last local symbol (gABI, "Symbol Table"), but producers that mix them exist.
        let linked = self.symbols.iter().filter(|symbol| !symbol.is_local()).count();
        let mut symbols = Vec::with_capacity(linked);
        for (index, symbol) in self.symbols.enumerate().skip(1) {
            if symbol.is_local() {
                continue;
            }
            let name = self.symbol_name(index.0, symbol)?;
            if name.is_empty() {
                continue;
            }
            let mut linked = self.symbol(index.0, symbol, name)?;
            linked.placement = descriptors.follow(linked.placement, symbol.st_value(self.endian).into());
            symbols.push(linked);
        }
        Ok(symbols)
    }

    pub(super) fn symbol(&self, index: usize, symbol: &Elf::Sym, name: &'d [u8]) -> Result<Symbol<'d>> {
        let placement = self.placement(index, symbol)?;
        let kind = symbol.st_type();
        let symbol = Symbol {
            name,
            prefix: 0,
            index: SymbolIndex(index as u32),
            binding: match symbol.st_bind() {
                elf::STB_LOCAL => Binding::Local,
                elf::STB_WEAK => Binding::Weak,
                elf::STB_GNU_UNIQUE => Binding::Unique,
                _ => Binding::Global,
            },
            visibility: match symbol.st_visibility() {
                elf::STV_PROTECTED => Visibility::Protected,
                elf::STV_HIDDEN => Visibility::Hidden,
                elf::STV_INTERNAL => Visibility::Internal,
                _ => Visibility::Default,
            },
            kind: match kind {
                elf::STT_FUNC => SymbolKind::Function,
                elf::STT_OBJECT | elf::STT_COMMON => SymbolKind::Data,
                elf::STT_TLS => SymbolKind::Tls,
                elf::STT_GNU_IFUNC => SymbolKind::Ifunc,
                elf::STT_SECTION => SymbolKind::Section,
                elf::STT_FILE => SymbolKind::File,
                _ => SymbolKind::Other,
            },
            placement,
            size: symbol.st_size(self.endian).into(),
            indexed: false,
        };
        Ok(Symbol { indexed: self.is_indexed(&symbol), ..symbol })
    }

    /// Whether an archive's index lists a symbol. `llvm-ar` leaves out what LLVM calls format-specific.
    pub fn is_indexed(&self, symbol: &Symbol<'_>) -> bool {
        symbol.is_definition()
            && symbol.binding != Binding::Local
            && !matches!(symbol.kind, SymbolKind::Section | SymbolKind::File)
            && !is_for_tools(symbol.name, self.header.e_machine(self.endian))
    }

    /// `SHT_SYMTAB_SHNDX`, where no symbol refers to it.
    pub fn needless_sections(&self) -> Vec<SectionIndex> {
        let extended = self.symbols.shndx_section().0;
        let refers = |symbol: &Elf::Sym| symbol.st_shndx(self.endian) == elf::SHN_XINDEX;
        if extended == 0 || self.symbols.iter().any(refers) {
            return Vec::new();
        }
        vec![SectionIndex(extended as u32)]
    }

    /// The sections that hold the symbols and their names.
    pub fn symbol_sections(&self) -> Vec<SectionIndex> {
        [self.symbols.section(), self.symbols.string_section()].map(|section| SectionIndex(section.0 as u32)).to_vec()
    }

    pub(super) fn placement(&self, index: usize, symbol: &Elf::Sym) -> Result<Placement> {
        Ok(match symbol.st_shndx(self.endian) {
            elf::SHN_UNDEF => Placement::Undefined,
            elf::SHN_ABS => Placement::Absolute,
            elf::SHN_COMMON => Placement::Common,
            elf::SHN_XINDEX => {
                let section = self.symbols.shndx(self.endian, object::SymbolIndex(index)).ok_or_else(|| {
                    Error::malformed(self.symbol_offset(index), "a symbol's section index is not in SHT_SYMTAB_SHNDX")
                })?;
                Placement::Section(SectionIndex(section))
            }
            // MIPS ABI supplement, "Special Section Indexes": undefined, but meant for the small data section.
            SHN_MIPS_SUNDEFINED if self.header.e_machine(self.endian) == elf::EM_MIPS => Placement::Undefined,
            // Reserved indices of processors: small common blocks and the like.
            other if other.0 >= elf::SHN_LORESERVE => Placement::Common,
            other => Placement::Section(SectionIndex(other.0.into())),
        })
    }

    /// The name of a symbol, local ones included.
    pub(super) fn symbol_name(&self, index: usize, symbol: &Elf::Sym) -> Result<&'d [u8]> {
        self.symbols
            .symbol_name(self.endian, symbol)
            .map_err(|_| Error::malformed(self.symbol_offset(index), "a symbol's name is outside the string table"))
    }

    fn read_section(
        &self,
        index: SectionIndex,
        section: &'d Elf::SectionHeader,
        names: &[u8],
        found: &mut ObjectSymbols<'d>,
    ) -> Result<()> {
        let endian = self.endian;
        if section.sh_type(endian) == elf::SHT_GROUP {
            return self.read_group(index, section, found);
        }
        if names.get(section.sh_name(endian) as usize..).is_some_and(|names| !is_known_by_name(names)) {
            return Ok(());
        }
        let name = self.section_name(index)?;
        let loaded = section.sh_flags(endian).0 & elf::SHF_ALLOC.0 != 0;
        if name.starts_with(b".gnu.lto_") {
            found.bytecode = Some(Bytecode::GccFat);
        } else if name == b".llvm.lto" {
            found.bytecode = Some(Bytecode::LlvmFat);
        } else if name.starts_with(b".gnu.linkonce.") {
            found.linkonce_sections.push(LinkonceSection { index, name, stem: linkonce_stem(name) });
        } else if name.starts_with(WARNING) {
            found.warning_sections.push(NamedSection { index, name });
        } else if name == b".comment" {
            let content = section.data(endian, self.data);
            let at = self.section_header_offset(index.0 as usize);
            found.producers = content.map_err(|error| Error::malformed(at, error.to_string()))?.into();
        } else if loaded && is_c_identifier(name) {
            found.bounded_sections.push(NamedSection { index, name });
        }
        Ok(())
    }

    /// gABI, "Section Groups": a word of flags, then the indices of the sections; `sh_info` is the signature's symbol.
    fn read_group(
        &self,
        index: SectionIndex,
        section: &'d Elf::SectionHeader,
        found: &mut ObjectSymbols<'d>,
    ) -> Result<()> {
        let endian = self.endian;
        let at = self.section_header_offset(index.0 as usize);
        let Some((flags, members)) =
            section.group(endian, self.data).map_err(|error| Error::malformed(at, error.to_string()))?
        else {
            return Ok(());
        };
        if flags.0 & elf::GRP_COMDAT.0 == 0 {
            return Ok(());
        }
        let number = section.sh_info(endian) as usize;
        let symbol = self
            .symbols
            .symbol(object::SymbolIndex(number))
            .map_err(|_| Error::malformed(at, "a group's signature is not in the symbol table"))?;
        let mut signature = self.symbol_name(number, symbol)?;
        let index_of_symbol = SymbolIndex(number as u32);
        let mut carrier = SignatureSymbol::Global(index_of_symbol);
        if symbol.is_local() {
            carrier = SignatureSymbol::Local(index_of_symbol);
        }
        if symbol.st_type() == elf::STT_SECTION && signature.is_empty() {
            carrier = SignatureSymbol::Section;
            if let Placement::Section(section) = self.placement(number, symbol)? {
                signature = self.section_name(section)?;
            }
        }
        found.add_group(signature, carrier, members.iter().map(|member| SectionIndex(member.get(endian))));
        Ok(())
    }
}

/// Whether what `names` begins with can be a name that says something of its section: most begin with a dot and do not,
/// and where they end need not be known.
fn is_known_by_name(names: &[u8]) -> bool {
    let dotted = [&b".gnu."[..], b".llvm.lto\0", b".comment\0"];
    names.first() != Some(&b'.') || dotted.iter().any(|name| names.starts_with(name))
}

/// `NAME` of `.gnu.linkonce.KIND.NAME`; the kinds with dots in them are those of relocated data.
fn linkonce_stem(section: &[u8]) -> &[u8] {
    let rest = section.strip_prefix(b".gnu.linkonce.").unwrap_or(section);
    let dotted = [&b"d.rel.ro.local."[..], b"d.rel.local.", b"d.rel.ro.", b"d.rel."];
    let stem = dotted.iter().find_map(|kind| rest.strip_prefix(*kind));
    stem.or_else(|| rest.splitn(2, |&c| c == b'.').nth(1)).unwrap_or(section)
}

/// Whether a symbol marks a place in the code for disassemblers and linkers: mapping symbols, and RISC-V's labels for
/// differences (each machine's ELF ABI). They are local, unless somebody makes them global; LLVM tells them by name.
fn is_for_tools(name: &[u8], machine: elf::Machine) -> bool {
    let marks = match machine {
        elf::EM_ARM => &b"adt"[..],
        elf::EM_AARCH64 | elf::EM_RISCV => b"dx",
        elf::EM_CSKY => b"dt",
        _ => return false,
    };
    matches!(name, [b'$', mark, ..] if marks.contains(mark)) || machine == elf::EM_RISCV && name == b".L0 "
}

/// Whether linkers provide `__start_` and `__stop_` for a section of this name (GNU ld manual, "Input Section
/// Example": names that are C identifiers).
fn is_c_identifier(name: &[u8]) -> bool {
    let starts = name.first().is_some_and(|&c| c == b'_' || c.is_ascii_alphabetic());
    starts && name.iter().all(|&c| c == b'_' || c.is_ascii_alphanumeric())
}
