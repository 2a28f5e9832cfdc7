//! Reads what a plan needs from a Mach-O object, in one pass over its symbols.

use object::macho;
use object::read::macho::{Nlist, Section as _};

use super::format::FACTS;
use super::{Class, MachOObject};
use crate::error::{Error, Result};
use crate::object::symbol::{
    Binding, ObjectSymbols, Placement, Section, SectionIndex, Symbol, SymbolIndex, SymbolKind, Visibility,
};

/// The section that a symbol is a bound of, with its segment: linkers make `section$start$SEGMENT$SECTION` and
/// `section$end$…` (lld's `SymbolTable.cpp`, `handleSectionBoundarySymbol` of `Driver.cpp`).
fn bounded_section(symbol: &Symbol<'_>) -> Option<Vec<u8>> {
    let mut bounds = [&b"section$start$"[..], b"section$end$"].into_iter().filter(|_| !symbol.is_definition());
    let section = bounds.find_map(|bound| symbol.name.strip_prefix(bound))?;
    let separator = section.iter().position(|&byte| byte == b'$')?;
    Some([&section[..separator], b",", &section[separator + 1..]].concat())
}

impl<'d, M: Class> MachOObject<'d, M> {
    /// The symbols that take part in linking.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn object_symbols(&self) -> Result<ObjectSymbols<'d>> {
        let mut found = ObjectSymbols { facts: &FACTS, ..ObjectSymbols::default() };
        for (index, nlist) in self.symbols.enumerate() {
            if nlist.is_stab() || !nlist.n_type().is_ext() {
                continue;
            }
            let name = self.symbol_name(index.0, nlist)?;
            if !name.is_empty() {
                let symbol = self.symbol(index.0, nlist, name)?;
                found.shared_sections.extend(bounded_section(&symbol));
                found.symbols.push(symbol);
            }
        }
        if !self.relocatable {
            let symbols = std::mem::take(&mut found.symbols);
            found.listed = symbols.iter().filter(|symbol| symbol.indexed).map(|symbol| symbol.name.into()).collect();
        }
        Ok(found)
    }

    /// Every symbol, local ones included, by ascending index, each with its size: up to the next one of its section.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn all_symbols(&self) -> Result<Vec<Symbol<'d>>> {
        let symbols = self.symbols.enumerate();
        let mut symbols = symbols
            .map(|(index, nlist)| self.symbol(index.0, nlist, self.symbol_name(index.0, nlist)?))
            .collect::<Result<Vec<_>>>()?;
        let mut places: Vec<(SectionIndex, u64, usize)> = symbols
            .iter()
            .enumerate()
            .filter_map(|(at, symbol)| match symbol.placement {
                Placement::Section(section) => Some((section, self.value(at), at)),
                _ => None,
            })
            .collect();
        places.sort_unstable();
        // What stands at the same address ends where the next address begins.
        let mut end = (SectionIndex(0), 0);
        let mut next = None;
        for &(section, address, at) in places.iter().rev() {
            match next {
                Some((of, start)) if of == section && start != address => end = (section, start),
                Some((of, _)) if of == section => {}
                _ => end = (section, self.section(section).map_or(address, |section| self.end_of(section.header))),
            }
            symbols[at].size = end.1.saturating_sub(address);
            next = Some((section, address));
        }
        Ok(symbols)
    }

    /// Every section, by ascending ordinal.
    ///
    /// # Errors
    /// Malformed, with the offset of the section's header.
    pub fn all_sections(&self) -> Result<Vec<Section<'d>>> {
        let section = |(index, section): (SectionIndex, &super::SectionAt<'d, M>)| {
            let purpose = self.purpose(section.header);
            Ok(Section {
                index,
                name: section.header.name(),
                purpose,
                loaded: self.is_loaded(section.header),
                size: section.header.size(self.endian).into(),
                file_size: section.header.file_size(self.endian).unwrap_or_default(),
            })
        };
        self.enumerate_sections().map(section).collect()
    }

    pub(super) fn symbol(&self, index: usize, nlist: &M::Nlist, name: &'d [u8]) -> Result<Symbol<'d>> {
        let placement = self.placement(index, nlist)?;
        let flags = nlist.n_type();
        let global = flags.is_ext() && !nlist.is_stab();
        let weak = if placement == Placement::Undefined { macho::N_WEAK_REF } else { macho::N_WEAK_DEF };
        let kind = match placement {
            _ if nlist.is_stab() => SymbolKind::File,
            Placement::Section(section) => self.section(section).map_or(SymbolKind::Other, |at| self.kind(at.header)),
            Placement::Common => SymbolKind::Data,
            _ => SymbolKind::Other,
        };
        let symbol = Symbol {
            name,
            prefix: u8::from(name.starts_with(b"_")),
            index: SymbolIndex(index as u32),
            binding: match global {
                false => Binding::Local,
                // The upper half of a tentative definition's word is its alignment; the lower says nothing of it.
                true if placement != Placement::Common && nlist.n_desc(self.endian).contains(weak) => Binding::Weak,
                true => Binding::Global,
            },
            visibility: match flags.contains(macho::N_PEXT) && !nlist.is_stab() {
                true => Visibility::Hidden,
                false => Visibility::Default,
            },
            kind,
            placement,
            size: if placement == Placement::Common { nlist.n_value(self.endian).into() } else { 0 },
            indexed: false,
        };
        Ok(Symbol { indexed: self.is_indexed(&symbol), ..symbol })
    }

    /// Whether an archive's index lists a symbol, by `llvm-ar`'s rule: global definitions and aliases.
    pub fn is_indexed(&self, symbol: &Symbol<'_>) -> bool {
        symbol.is_definition() && symbol.binding != Binding::Local && symbol.kind != SymbolKind::File
    }

    /// Where a symbol is. What only debuggers read has no place; an alias of another name (`N_INDR`) is no address
    /// here, but a definition.
    pub(super) fn placement(&self, index: usize, nlist: &M::Nlist) -> Result<Placement> {
        let value: u64 = nlist.n_value(self.endian).into();
        Ok(match nlist.n_type().typ() {
            _ if nlist.is_stab() => Placement::Undefined,
            macho::N_UNDF if value != 0 && nlist.n_type().is_ext() => Placement::Common,
            macho::N_UNDF | macho::N_PBUD => Placement::Undefined,
            macho::N_ABS | macho::N_INDR => Placement::Absolute,
            macho::N_SECT if self.section(SectionIndex(nlist.n_sect().into())).is_some() => {
                Placement::Section(SectionIndex(nlist.n_sect().into()))
            }
            macho::N_SECT => {
                let what = "a symbol is in a section that is not there";
                return Err(Error::malformed(self.symbol_offset(index), what));
            }
            _ => return Err(Error::malformed(self.symbol_offset(index), "a symbol's type is none that there is")),
        })
    }

    /// The name of a symbol.
    pub(super) fn symbol_name(&self, index: usize, nlist: &M::Nlist) -> Result<&'d [u8]> {
        // 0 is no name, whatever the table begins with (`<mach-o/nlist.h>`).
        if nlist.n_strx(self.endian) == 0 {
            return Ok(b"");
        }
        nlist
            .name(self.endian, self.symbols.strings())
            .map_err(|_| Error::malformed(self.symbol_offset(index), "a symbol's name is outside the string table"))
    }

    fn value(&self, index: usize) -> u64 {
        self.symbols.symbols()[index].n_value(self.endian).into()
    }

    /// The address behind a section.
    pub(super) fn end_of(&self, section: &M::Section) -> u64 {
        let (start, size): (u64, u64) = (section.addr(self.endian).into(), section.size(self.endian).into());
        start.saturating_add(size)
    }

    fn kind(&self, section: &M::Section) -> SymbolKind {
        let flags = section.flags(self.endian);
        match flags.typ() {
            macho::S_THREAD_LOCAL_REGULAR | macho::S_THREAD_LOCAL_ZEROFILL | macho::S_THREAD_LOCAL_VARIABLES => {
                SymbolKind::Tls
            }
            _ if flags.contains(macho::S_ATTR_PURE_INSTRUCTIONS) => SymbolKind::Function,
            _ => SymbolKind::Data,
        }
    }
}
