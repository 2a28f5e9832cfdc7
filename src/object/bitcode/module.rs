//! The symbols of a module that has no symbol table: its global values, as LLVM would list them
//! (llvm/lib/Bitcode/Reader/BitcodeReader.cpp `parseModule`, llvm/lib/Object/ModuleSymbolTable.cpp). What only a
//! compiler could tell is refused: what assembly defines, and names of other object formats.

use super::Module;
use super::bitstream::Record;
use crate::error::{Error, Result};
use crate::object::symbol::{Binding, Placement, Symbol, SymbolIndex, SymbolKind};

/// `bitc::ModuleCodes`.
const VERSION: u64 = 1;
const DATALAYOUT: u64 = 3;
const ASM: u64 = 4;
const SECTIONNAME: u64 = 5;
const GLOBALVAR: u64 = 7;
const FUNCTION: u64 = 8;
const ALIAS_OLD: u64 = 9;
const ALIAS: u64 = 14;
const IFUNC: u64 = 15;

/// Since LLVM 5, names are in a string table that the file's modules share.
const VERSION_WITH_STRING_TABLE: u64 = 2;

/// What the records of a module say of a global value, whichever kind it is of.
struct Value {
    place: u64,
    len: u64,
    declared: bool,
    linkage: u64,
    visibility: u64,
    kind: SymbolKind,
    /// The section's number, from 1.
    section: u64,
}

#[derive(Default)]
struct Values {
    functions: Vec<Value>,
    variables: Vec<Value>,
    aliases: Vec<Value>,
    ifuncs: Vec<Value>,
    sections: Vec<Vec<u8>>,
}

/// Adds the symbols of `module` to `symbols`.
///
/// # Errors
/// Malformed; unsupported, with the reason why only a compiler could read them.
pub fn add_symbols<'d>(module: &Module<'d>, symbols: &mut Vec<Symbol<'d>>) -> Result<()> {
    let mut values = Values::default();
    module.block.each_record(|record| values.add(&record))?;
    let Values { functions, variables, aliases, ifuncs, sections } = values;
    for value in functions.iter().chain(&variables).chain(&aliases).chain(&ifuncs) {
        let name = name(value, module.strings).ok_or_else(|| Error::malformed(0, "a name is outside the strings"))?;
        let index = SymbolIndex(symbols.len() as u32);
        let section = (value.section as usize).checked_sub(1).and_then(|at| sections.get(at));
        let of_llvm = name.starts_with(b"llvm.") || section.is_some_and(|name| name == b"llvm.metadata");
        if let Some(symbol) = value.symbol(name, index).filter(|_| !of_llvm) {
            if name.is_empty() {
                return Err(unreadable("it has globals without a name"));
            }
            symbols.push(symbol);
        }
    }
    Ok(())
}

/// Unsupported: there is no symbol table, and the module does not tell.
fn unreadable(why: &str) -> Error {
    Error::unsupported(format!("an LLVM bitcode file without a symbol table, whose symbols cannot be read: {why}"))
}

impl Values {
    fn add(&mut self, record: &Record<'_>) -> Result<()> {
        let field = |at| record.field(at);
        match record.code {
            VERSION if field(0) < VERSION_WITH_STRING_TABLE => {
                return Err(unreadable("LLVM before 5 wrote it"));
            }
            ASM if !record.fields.is_empty() => return Err(unreadable("it has assembly, which may define some")),
            DATALAYOUT if !has_plain_names(&record.text()) => {
                return Err(unreadable("its target decorates names"));
            }
            ALIAS_OLD => return Err(unreadable("LLVM before 4 wrote it")),
            SECTIONNAME => self.sections.push(record.text()),
            GLOBALVAR => self.variables.push(Value {
                declared: field(4) == 0,
                linkage: field(5),
                section: field(7),
                visibility: field(8),
                kind: if field(9) == 0 { SymbolKind::Data } else { SymbolKind::Tls },
                ..Value::named(record)
            }),
            FUNCTION => self.functions.push(Value {
                declared: field(4) != 0,
                linkage: field(5),
                section: field(8),
                visibility: field(9),
                kind: SymbolKind::Function,
                ..Value::named(record)
            }),
            ALIAS => self.aliases.push(Value {
                linkage: field(5),
                visibility: field(6),
                kind: if field(8) == 0 { SymbolKind::Other } else { SymbolKind::Tls },
                ..Value::named(record)
            }),
            IFUNC => self.ifuncs.push(Value {
                linkage: field(5),
                visibility: field(6),
                kind: SymbolKind::Ifunc,
                ..Value::named(record)
            }),
            _ => {}
        }
        Ok(())
    }
}

impl Value {
    /// The first two fields of all kinds: where the name is.
    fn named(record: &Record<'_>) -> Self {
        let (place, len) = (record.field(0), record.field(1));
        Self { place, len, declared: false, linkage: 0, visibility: 0, kind: SymbolKind::Other, section: 0 }
    }

    /// The symbol of it; `None` for one that never leaves its module. The numbers are those of `getDecodedLinkage`.
    fn symbol<'d>(&self, name: &'d [u8], index: SymbolIndex) -> Option<Symbol<'d>> {
        const AVAILABLE_EXTERNALLY: u64 = 12;
        let undefined = self.declared || self.linkage == AVAILABLE_EXTERNALLY;
        let binding = match self.linkage {
            // Internal, and private in its three ways.
            3 | 9 | 13 | 14 => return None,
            // Weak, linkonce, and external weak.
            1 | 16 | 10 | 17 | 4 | 18 | 11 | 19 | 7 => Binding::Weak,
            _ => Binding::Global,
        };
        Some(Symbol {
            name,
            prefix: 0,
            index,
            binding,
            visibility: super::visibility(self.visibility),
            kind: self.kind,
            placement: match self.linkage {
                _ if undefined => Placement::Undefined,
                8 => Placement::Common,
                _ => Placement::Bytecode,
            },
            size: 0,
            indexed: !undefined,
        })
    }
}

/// The linkage name: what stands behind `\x01` is not to be decorated, and here nothing is.
fn name<'d>(value: &Value, strings: &'d [u8]) -> Option<&'d [u8]> {
    let start = usize::try_from(value.place).ok()?;
    let end = start.checked_add(usize::try_from(value.len).ok()?)?;
    let name = strings.get(start..end)?;
    Some(name.strip_prefix(b"\x01").unwrap_or(name))
}

/// Whether a data layout leaves names as they are: ELF's does, and what says nothing (LLVM Language Reference, "Data
/// Layout", `m:<mangling>`).
fn has_plain_names(layout: &[u8]) -> bool {
    let mut parts = layout.split(|&c| c == b'-');
    parts.find_map(|part| part.strip_prefix(b"m:")).is_none_or(|mangling| mangling == b"e")
}
