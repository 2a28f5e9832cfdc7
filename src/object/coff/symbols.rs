//! Reads what a plan needs from a COFF object.

use std::collections::HashMap;

use object::LittleEndian as LE;
use object::pe;
use object::read::coff::Symbol as _;

use super::CoffObject;
use super::comdat::Comdat;
use super::layout::Layout;
use crate::error::{Error, Result};
use crate::object::format::Format;
use crate::object::symbol::{
    Binding, LinkonceSection, ObjectSymbols, Placement, Section, SectionIndex, SignatureSymbol, SortedSection, Symbol,
    SymbolIndex, SymbolKind, Visibility,
};

/// Sections that are the toolchain's own, whatever stands behind a `$` of their names.
const KNOWN: [&[u8]; 24] = [
    b"",
    b".00cfg",
    b".ATL",
    b".CRT",
    b".bss",
    b".ctors",
    b".data",
    b".debug",
    b".dtors",
    b".edata",
    b".eh_frame",
    b".gehcont",
    b".gfids",
    b".giats",
    b".gljmp",
    b".hybmp",
    b".idata",
    b".pdata",
    b".rdata",
    b".rsrc",
    b".rtc",
    b".text",
    b".tls",
    b".xdata",
];

impl<'d, Coff: Layout> CoffObject<'d, Coff> {
    /// The symbols that take part in linking, and the sections that linkers know by name or by group.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn object_symbols(&self) -> Result<ObjectSymbols<'d>> {
        let mut symbols = self.all_symbols()?;
        symbols.retain(|symbol| symbol.binding != Binding::Local && !symbol.name.is_empty());
        symbols.extend(self.named_in_directives(&symbols)?);
        let mut found = ObjectSymbols { symbols, can_import: true, facts: self.facts(), ..ObjectSymbols::default() };
        self.read_comdats(&mut found)?;
        // GNU ld finds no local symbol that a weak one falls back to.
        let weak = self.symbols.iter().filter_map(|(index, symbol)| self.weak_external(index.0, symbol));
        found.global_only = weak.map(|aux| SymbolIndex(aux.weak_default_sym_index.get(LE))).collect();
        found.global_only.sort_unstable();
        found.global_only.dedup();
        for (index, _) in self.numbered_sections() {
            // Import members of the long form, and what compilers write for `#[link(kind = "raw-dylib")]`.
            let name = self.section_name(index)?;
            found.imports |= name.starts_with(b".idata$");
            if let Some(dollar) = memchr::memchr(b'$', name).filter(|&at| !KNOWN.contains(&&name[..at])) {
                found.sorted_sections.push(SortedSection { index, name: &name[..dollar], key: &name[dollar + 1..] });
            }
        }
        Ok(found)
    }

    /// The groups of which linkers keep one, and the sections that they know by name besides.
    fn read_comdats(&self, found: &mut ObjectSymbols<'d>) -> Result<()> {
        let comdats = self.comdats()?;
        let mut associated = HashMap::<SectionIndex, Vec<SectionIndex>>::new();
        let mut by_stem = HashMap::<&[u8], Vec<SectionIndex>>::new();
        for comdat in &comdats {
            comdat.associated.into_iter().for_each(|leader| associated.entry(leader).or_default().push(comdat.section));
            if let Some(stem) = comdat.stem.filter(|_| comdat.leader.is_none()) {
                by_stem.entry(stem).or_default().push(comdat.section);
            }
        }
        for comdat in comdats.iter().filter(|comdat| comdat.is_shared()) {
            let Some((leader, symbol)) = self.comdat_symbol(comdat)? else { continue };
            let signature = self.symbol_name(leader, symbol)?;
            let mut sections = vec![comdat.section];
            if let Some(stem) = comdat.stem.filter(|_| comdat.is_named) {
                sections.extend(by_stem.get(stem).into_iter().flatten());
                for &index in &sections {
                    found.linkonce_sections.push(LinkonceSection { index, name: self.section_name(index)?, stem });
                }
            }
            sections.extend(associated.get(&comdat.section).into_iter().flatten());
            found.add_group(signature, SignatureSymbol::Global(SymbolIndex(leader as u32)), sections);
        }
        found.linkonce_sections.sort_by_key(|section| section.index);
        found.linkonce_sections.dedup_by_key(|section| section.index);
        Ok(())
    }

    /// The symbol by which linkers know a COMDAT section of another object.
    fn comdat_symbol(&self, comdat: &Comdat<'_>) -> Result<Option<(usize, &'d Coff::Symbol)>> {
        let Some(leader) = comdat.leader else { return Ok(None) };
        let symbol = self.symbols.symbol(object::SymbolIndex(leader));
        let symbol = symbol.map_err(|error| Error::malformed(self.symbol_offset(leader), error.to_string()))?;
        Ok((symbol.storage_class() == pe::IMAGE_SYM_CLASS_EXTERNAL).then_some((leader, symbol)))
    }

    /// Every symbol, local ones included, by ascending index.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn all_symbols(&self) -> Result<Vec<Symbol<'d>>> {
        let mut symbols =
            self.symbols.iter().map(|(index, symbol)| self.symbol(index.0, symbol)).collect::<Result<Vec<_>>>()?;
        let excluded = self.excluded()?;
        for symbol in symbols.iter_mut().filter(|symbol| symbol.binding != Binding::Local && !excluded.is_empty()) {
            if excluded.contains(symbol.spelling().source()) {
                symbol.visibility = Visibility::Hidden;
            }
        }
        // What a weak symbol falls back to is as weak as that.
        for (index, symbol) in self.symbols.iter() {
            if let Some(aux) = self.weak_external(index.0, symbol) {
                weaken(&mut symbols, SymbolIndex(aux.weak_default_sym_index.get(LE)));
            }
        }
        // Of a definition that linkers keep one of, there may be others.
        for comdat in self.comdats()?.iter().filter(|comdat| comdat.is_shared()) {
            comdat.leader.into_iter().for_each(|leader| weaken(&mut symbols, SymbolIndex(leader as u32)));
        }
        Ok(symbols)
    }

    /// Every section, by ascending number.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn all_sections(&self) -> Result<Vec<Section<'d>>> {
        let section = |(index, section): (SectionIndex, &'d pe::ImageSectionHeader)| {
            let name = self.section_name(index)?;
            let size = u64::from(section.size_of_raw_data.get(LE));
            let in_file = section.coff_file_range().is_some_and(|(offset, _)| offset != 0);
            Ok(Section {
                index,
                name,
                purpose: super::purpose::of(name, section),
                loaded: super::purpose::is_loaded(section),
                size,
                file_size: if in_file { size + self.relocation_range(index)?.len() as u64 } else { 0 },
            })
        };
        self.numbered_sections().map(section).collect()
    }

    pub(super) fn symbol(&self, index: usize, symbol: &'d Coff::Symbol) -> Result<Symbol<'d>> {
        let placement = self.placement(index, symbol)?;
        let name = self.symbol_name(index, symbol)?;
        let neutral = Symbol {
            name,
            prefix: self.prefix_len(name),
            index: SymbolIndex(index as u32),
            binding: match symbol.storage_class() {
                pe::IMAGE_SYM_CLASS_EXTERNAL => Binding::Global,
                pe::IMAGE_SYM_CLASS_WEAK_EXTERNAL => Binding::Weak,
                _ => Binding::Local,
            },
            visibility: Visibility::Default,
            kind: self.kind(symbol, placement),
            placement,
            size: self.size(index, symbol, placement),
            indexed: false,
        };
        Ok(Symbol { indexed: self.is_indexed(&neutral), ..neutral })
    }

    /// The name of a symbol; of a source file's it is `.file`, and the file's own name is in auxiliary records.
    pub(super) fn symbol_name(&self, index: usize, symbol: &'d Coff::Symbol) -> Result<&'d [u8]> {
        let name = symbol.raw_name();
        if let [0, 0, 0, 0, offset @ ..] = name {
            let offset = u32::from_le_bytes(*offset);
            // A name of eight NULs is the empty one.
            let name = if offset == 0 { Some(&b""[..]) } else { self.string(offset) };
            return name.ok_or_else(|| {
                Error::malformed(self.symbol_offset(index), "a symbol's name is outside the string table")
            });
        }
        Ok(&name[..memchr::memchr(0, name).unwrap_or(name.len())])
    }

    fn kind(&self, symbol: &Coff::Symbol, placement: Placement) -> SymbolKind {
        match symbol.storage_class() {
            pe::IMAGE_SYM_CLASS_FILE => SymbolKind::File,
            pe::IMAGE_SYM_CLASS_SECTION => SymbolKind::Section,
            _ if is_section_definition(symbol) => SymbolKind::Section,
            pe::IMAGE_SYM_CLASS_EXTERNAL | pe::IMAGE_SYM_CLASS_WEAK_EXTERNAL | pe::IMAGE_SYM_CLASS_STATIC => {
                let function = symbol.derived_type() == pe::IMAGE_SYM_DTYPE_FUNCTION;
                match placement {
                    _ if function => SymbolKind::Function,
                    Placement::Section(section) => self.kind_by_section(section),
                    Placement::Common => SymbolKind::Data,
                    _ => SymbolKind::Other,
                }
            }
            _ => SymbolKind::Other,
        }
    }

    fn kind_by_section(&self, section: SectionIndex) -> SymbolKind {
        let is_tls = |name: &[u8]| name == b".tls" || name.starts_with(b".tls$");
        let Ok(header) = self.section(section) else { return SymbolKind::Other };
        match header.characteristics.get(LE) {
            flags if flags.contains(pe::IMAGE_SCN_CNT_CODE) => SymbolKind::Function,
            _ if self.section_name(section).is_ok_and(is_tls) => SymbolKind::Tls,
            _ => SymbolKind::Data,
        }
    }

    fn size(&self, index: usize, symbol: &Coff::Symbol, placement: Placement) -> u64 {
        match placement {
            Placement::Common => symbol.value().into(),
            Placement::Section(_) if symbol.has_aux_function() => {
                let aux = self.symbols.aux_function(object::SymbolIndex(index));
                aux.map_or(0, |aux| aux.total_size.get(LE).into())
            }
            _ => 0,
        }
    }

    /// Where a symbol's value is. A weak external with a definition to fall back to stands where that is, as compilers
    /// write weak definitions; one that falls back to zero or to another's symbol is a reference.
    pub(super) fn placement(&self, index: usize, symbol: &Coff::Symbol) -> Result<Placement> {
        let malformed = |what: &str| Error::malformed(self.symbol_offset(index), what);
        match symbol.section_number() {
            pe::IMAGE_SYM_UNDEFINED => {}
            number => match number.index() {
                Some(section) if section as usize <= self.sections.len() => {
                    return Ok(Placement::Section(SectionIndex(section)));
                }
                Some(_) => return Err(malformed("a symbol's section is not there")),
                None => return Ok(Placement::Absolute),
            },
        }
        Ok(match symbol.storage_class() {
            pe::IMAGE_SYM_CLASS_EXTERNAL if symbol.value() != 0 => Placement::Common,
            pe::IMAGE_SYM_CLASS_WEAK_EXTERNAL => {
                let Some(aux) = self.weak_external(index, symbol) else { return Ok(Placement::Undefined) };
                let fallback = object::SymbolIndex(aux.weak_default_sym_index.get(LE) as usize);
                let fallback = self.symbols.symbol(fallback);
                let fallback = fallback.map_err(|_| malformed("what a weak symbol falls back to is not there"))?;
                match fallback.section_number() {
                    pe::IMAGE_SYM_ABSOLUTE if fallback.value() != 0 => Placement::Absolute,
                    number => match number.index() {
                        Some(section) if section as usize <= self.sections.len() => {
                            Placement::Section(SectionIndex(section))
                        }
                        Some(_) => return Err(malformed("a symbol's section is not there")),
                        None => Placement::Undefined,
                    },
                }
            }
            _ => Placement::Undefined,
        })
    }

    /// Whether an archive's index lists a symbol. `llvm-ar` leaves out what LLVM calls format-specific, and lists each
    /// weak external of the kind that LLVM writes, whatever it falls back to (`COFFObjectFile::getSymbolFlags`).
    pub fn is_indexed(&self, symbol: &Symbol<'_>) -> bool {
        let index = object::SymbolIndex(symbol.index.0 as usize);
        let is_listed = match self.symbols.symbol(index) {
            Ok(raw) if raw.storage_class() == pe::IMAGE_SYM_CLASS_WEAK_EXTERNAL => {
                let aux = self.weak_external(index.0, raw);
                aux.is_some_and(|aux| aux.weak_search_type.get(LE) == pe::IMAGE_WEAK_EXTERN_SEARCH_ALIAS)
            }
            _ => symbol.is_definition(),
        };
        is_listed && symbol.binding != Binding::Local && !matches!(symbol.kind, SymbolKind::Section | SymbolKind::File)
    }
}

/// Makes the symbol of that index weak if it is global.
fn weaken(symbols: &mut [Symbol<'_>], index: SymbolIndex) {
    if let Ok(at) = symbols.binary_search_by_key(&index, |symbol| symbol.index)
        && symbols[at].binding == Binding::Global
        && symbols[at].is_definition()
    {
        symbols[at].binding = Binding::Weak;
    }
}

/// Whether auxiliary records define a section: behind a section's own symbol, and behind the absolute ones of C++/CLI
/// (LLVM's `COFFSymbolRef::isSectionDefinition`).
pub(super) fn is_section_definition(symbol: &impl object::read::coff::Symbol) -> bool {
    let external = symbol.storage_class() == pe::IMAGE_SYM_CLASS_EXTERNAL;
    let absolute = external && symbol.section_number() == pe::IMAGE_SYM_ABSOLUTE;
    symbol.number_of_aux_symbols() > 0 && (absolute || symbol.has_aux_section())
}
