//! The symbol table that LLVM puts into a bitcode file (llvm/include/llvm/Object/IRSymtab.h): written for linkers, with
//! names as an object would have them and assembly taken into account. What is read here has had the same place since
//! version 0, LLVM 5's; later ones appended to the header, or changed what symbols refer to.

use crate::error::{Error, Result};
use crate::object::symbol::{Binding, Placement, Symbol, SymbolIndex, SymbolKind};

/// The versions that are laid out so: those of LLVM 5 to 22.
const VERSIONS: std::ops::RangeInclusive<u32> = 0..=4;

/// Where the fields of `storage::Header` are, as words.
const VERSION: usize = 0;
const MODULES: usize = 3;
const SYMBOLS: usize = 7;
const TARGET: usize = 11;
const SOURCE: usize = 13;
/// The least length of a header, in words: up to its source file's name.
const HEADER_WORDS: usize = 15;
/// The length of a `storage::Symbol`, in words: two strings, a COMDAT's number, flags.
const SYMBOL_WORDS: usize = 6;

/// `storage::Symbol::FlagBits`; the lowest two are the visibility.
const UNDEFINED: u32 = 1 << 3;
const WEAK: u32 = 1 << 4;
const COMMON: u32 = 1 << 5;
const TLS: u32 = 1 << 8;
const GLOBAL: u32 = 1 << 10;
const FORMAT_SPECIFIC: u32 = 1 << 11;
const EXECUTABLE: u32 = 1 << 13;

/// A symbol table and its strings.
#[derive(Debug, Clone, Copy)]
pub struct Symtab<'d> {
    table: &'d [u8],
    strings: &'d [u8],
}

impl<'d> Symtab<'d> {
    /// A table that is of `modules` modules; `None` for one of another layout, and for one that is not of all of the
    /// file, which was joined of several then.
    pub fn of(table: &'d [u8], strings: &'d [u8], modules: usize) -> Option<Self> {
        let symtab = Self { table, strings };
        let known = table.len() >= 4 * HEADER_WORDS && VERSIONS.contains(&symtab.word(VERSION)?);
        (known && symtab.word(MODULES + 1)? as usize == modules).then_some(symtab)
    }

    /// The target triple.
    pub fn target(&self) -> Option<&'d [u8]> {
        self.string(TARGET)
    }

    /// The source file as the compiler was given it.
    pub fn source(&self) -> Option<&'d [u8]> {
        self.string(SOURCE)
    }

    /// The symbols in order, those apart that are LLVM's own.
    ///
    /// # Errors
    /// Malformed, for a table that contradicts its length.
    pub fn symbols(&self) -> Result<Vec<Symbol<'d>>> {
        let malformed = || Error::malformed(0, "the bitcode's symbol table is outside of what it is in");
        let (start, count) = self.word(SYMBOLS).zip(self.word(SYMBOLS + 1)).ok_or_else(malformed)?;
        let len = (count as usize).checked_mul(4 * SYMBOL_WORDS).and_then(|len| len.checked_add(start as usize));
        let rows = len.and_then(|end| self.table.get(start as usize..end)).ok_or_else(malformed)?;
        let rows = Self { table: rows, ..*self };
        let mut symbols = Vec::new();
        for row in 0..count as usize {
            let flags = rows.word(SYMBOL_WORDS * row + 5).ok_or_else(malformed)?;
            let name = rows.string(SYMBOL_WORDS * row).ok_or_else(malformed)?;
            if flags & FORMAT_SPECIFIC == 0 {
                symbols.push(symbol(SymbolIndex(row as u32), name, flags));
            }
        }
        Ok(symbols)
    }

    fn word(&self, at: usize) -> Option<u32> {
        let bytes = self.table.get(4 * at..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    }

    /// The string whose place and length are the words at `at`.
    fn string(&self, at: usize) -> Option<&'d [u8]> {
        let (start, len) = (self.word(at)? as usize, self.word(at + 1)? as usize);
        self.strings.get(start..start.checked_add(len)?)
    }
}

fn symbol(index: SymbolIndex, name: &[u8], flags: u32) -> Symbol<'_> {
    let is = |flag: u32| flags & flag != 0;
    Symbol {
        name,
        prefix: 0,
        index,
        // A weak reference from assembly is not said to be global.
        binding: match () {
            () if is(WEAK) => Binding::Weak,
            () if is(GLOBAL | UNDEFINED) => Binding::Global,
            () => Binding::Local,
        },
        visibility: super::visibility((flags & 3).into()),
        kind: match () {
            () if is(TLS) => SymbolKind::Tls,
            () if is(EXECUTABLE) => SymbolKind::Function,
            () => SymbolKind::Data,
        },
        placement: match () {
            () if is(UNDEFINED) => Placement::Undefined,
            () if is(COMMON) => Placement::Common,
            () => Placement::Bytecode,
        },
        size: 0,
        indexed: is(GLOBAL) && !is(UNDEFINED),
    }
}
