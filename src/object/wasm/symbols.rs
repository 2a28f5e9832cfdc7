//! What a plan needs of an object, in the words of the rest of the program.

use std::borrow::Cow;

use super::encoding::Reader;
use super::format::FACTS;
use super::linking::{self, Kind, SymbolEntry};
use super::module::{external, list};
use super::{Part, WasmObject};
use crate::error::Result;
use crate::object::symbol::{
    Binding, NamedSection, ObjectSymbols, Placement, Symbol, SymbolIndex, SymbolKind, Visibility,
};

impl<'d> WasmObject<'d> {
    /// The symbols that take part in linking, the COMDATs, and the segments that linkers know by name.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn object_symbols(&self) -> Result<ObjectSymbols<'d>> {
        let Some(linking) = &self.linking else {
            return Ok(ObjectSymbols { listed: self.exports(), facts: &FACTS, ..ObjectSymbols::default() });
        };
        // LLVM takes exports for symbols until it has seen a symbol table.
        let listed = if linking.symbols.is_none() { self.exports() } else { Vec::new() };
        let mut symbols = self.all_symbols();
        symbols.retain(|symbol| symbol.binding != Binding::Local && !symbol.name.is_empty());
        let segments = linking.segments.iter().enumerate();
        let bounded = segments.filter(|(_, segment)| is_c_identifier(segment.name));
        let named = |(at, segment): (usize, &linking::SegmentInfo<'d>)| NamedSection {
            index: self.index_of(Part::Segment(at)),
            name: segment.name,
        };
        let mut found = ObjectSymbols {
            symbols,
            listed,
            bounded_sections: bounded.map(named).collect(),
            facts: &FACTS,
            producers: self.producers()?.into(),
            ..ObjectSymbols::default()
        };
        self.read_comdats(linking, &mut found);
        Ok(found)
    }

    fn exports(&self) -> Vec<Cow<'d, [u8]>> {
        self.module.exports.iter().map(|&name| name.into()).collect()
    }

    /// Every symbol, local ones and sections included.
    pub fn all_symbols(&self) -> Vec<Symbol<'d>> {
        let symbols = self.linking.iter().flat_map(|linking| linking.symbols()).enumerate();
        symbols.map(|(index, symbol)| self.symbol(index, symbol)).collect()
    }

    /// Whether an archive's index lists a symbol: what is defined and not local, as `llvm-ar` has it.
    pub fn is_indexed(&self, symbol: &Symbol<'_>) -> bool {
        symbol.is_definition() && symbol.binding != Binding::Local
    }

    pub(super) fn symbol(&self, index: usize, entry: &SymbolEntry<'d>) -> Symbol<'d> {
        let flag = |flag: u32| entry.flags & flag != 0;
        let symbol = Symbol {
            name: entry.name,
            prefix: 0,
            index: SymbolIndex(index as u32),
            binding: match entry.flags & linking::BINDING_MASK {
                linking::BINDING_LOCAL => Binding::Local,
                linking::BINDING_WEAK => Binding::Weak,
                _ => Binding::Global,
            },
            // What is exported is so however hidden it is.
            visibility: match flag(linking::VISIBILITY_HIDDEN) && !flag(linking::EXPORTED) {
                true => Visibility::Hidden,
                false => Visibility::Default,
            },
            kind: match entry.kind {
                Kind::Function => SymbolKind::Function,
                Kind::Data if flag(linking::TLS) => SymbolKind::Tls,
                Kind::Data => SymbolKind::Data,
                Kind::Section => SymbolKind::Section,
                Kind::Global | Kind::Tag | Kind::Table => SymbolKind::Other,
            },
            placement: self.placement(entry),
            size: self.size(entry),
            indexed: false,
        };
        Symbol { indexed: self.is_indexed(&symbol), ..symbol }
    }

    fn placement(&self, entry: &SymbolEntry<'_>) -> Placement {
        let element = entry.element as usize;
        let part = match entry.kind {
            _ if entry.is_undefined() => return Placement::Undefined,
            Kind::Data if entry.flags & linking::ABSOLUTE != 0 => return Placement::Absolute,
            Kind::Function => Some(Part::Function(self.defined_function(element))),
            Kind::Data => Some(Part::Segment(element)),
            Kind::Section => Some(Part::Section(element)),
            Kind::Global => self.module.named(b"GLOBAL").map(Part::Section),
            Kind::Tag => self.module.named(b"TAG").map(Part::Section),
            Kind::Table => self.module.named(b"TABLE").map(Part::Section),
        };
        part.map_or(Placement::Absolute, |part| Placement::Section(self.index_of(part)))
    }

    fn size(&self, entry: &SymbolEntry<'_>) -> u64 {
        match entry.kind {
            Kind::Function if !entry.is_undefined() => {
                let body = self.module.bodies.get(self.defined_function(entry.element as usize));
                body.map_or(0, |body| body.len() as u64)
            }
            _ => entry.size,
        }
    }

    /// The position among the functions with code of one that is numbered behind the imported ones.
    pub(super) fn defined_function(&self, number: usize) -> usize {
        number - self.module.imported(external::FUNCTION) as usize
    }

    /// The compilers, as `.comment` names them elsewhere: `rustc version 1.63.0 (4b91a6ea7 2022-08-08)`, each with a NUL
    /// behind it (tool-conventions, `ProducersSection.md`).
    fn producers(&self) -> Result<Vec<u8>> {
        let mut comment = Vec::new();
        if self.module.producers.is_empty() {
            return Ok(comment);
        }
        let mut reader = Reader::new(self.data, self.module.producers.clone());
        list(&mut reader, |reader| {
            let field = reader.name()?;
            list(reader, |reader| {
                let (name, version) = (reader.name()?, reader.name()?);
                if field == b"processed-by" {
                    comment.extend([name, b" version ", version, b"\0"].concat());
                }
                Ok(())
            })
        })?;
        Ok(comment)
    }
}

/// Whether `wasm-ld` provides `__start_` and `__stop_` for segments of this name.
fn is_c_identifier(name: &[u8]) -> bool {
    let starts = name.first().is_some_and(|&c| c == b'_' || c.is_ascii_alphabetic());
    starts && name.iter().all(|&c| c == b'_' || c.is_ascii_alphanumeric())
}
