//! LLVM bitcode in the place of an object: what `clang -flto` and `rustc -Clinker-plugin-lto` write (LLVM, "LLVM
//! Bitcode File Format"). Its symbols are read; nothing in it is changed, as names are all over the code in it.

mod bitstream;
mod module;
mod symtab;

use super::capabilities::{Capabilities, Operation};
use super::elf;
use super::format::{Format, FormatFacts};
use super::symbol::{Binding, Bytecode, ObjectEdits, ObjectSymbols, Suffixes, Symbol, Visibility};
use crate::error::{Error, ErrorKind, Result};
use crate::patch::Patch;
use bitstream::{Block, Cursor};
use symtab::Symtab;

/// `llvm::bitc::BlockIDs`.
const MODULE_BLOCK: u64 = 8;
const IDENTIFICATION_BLOCK: u64 = 13;
const STRTAB_BLOCK: u64 = 23;
const SYMTAB_BLOCK: u64 = 25;
/// The string of an identification block, the blobs of a string table and of a symbol table.
const FIRST_RECORD: u64 = 1;

const MAGIC: &[u8] = b"BC\xc0\xde";
const WRAPPER_MAGIC: &[u8] = b"\xde\xc0\x17\x0b";

/// A bitcode file. Everything borrows from the member's data.
#[derive(Debug)]
pub struct BitcodeObject<'d> {
    modules: Vec<Module<'d>>,
    /// `None` where it has none that is of the whole file, or none that is understood.
    symtab: Option<Symtab<'d>>,
    identification: Option<Block<'d>>,
}

/// A module and the strings that it refers to.
#[derive(Debug)]
struct Module<'d> {
    block: Block<'d>,
    strings: &'d [u8],
}

/// Whether `data` begins as a bitcode file does.
pub fn is_bitcode(data: &[u8]) -> bool {
    data.starts_with(MAGIC) || data.starts_with(WRAPPER_MAGIC)
}

impl<'d> BitcodeObject<'d> {
    /// Finds the modules, the symbol table and the strings, as LLVM's `getBitcodeFileContents` does.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn parse(data: &'d [u8]) -> Result<Self> {
        let (stream, base) = unwrap(data)?;
        let mut cursor = Cursor::new(stream, base);
        cursor.read(32)?;
        let mut object = Self { modules: Vec::new(), symtab: None, identification: None };
        let (mut table, mut table_strings): (&[u8], Option<&[u8]>) = (&[], None);
        // How many modules have their strings.
        let mut complete = 0;
        // Darwin's ar pads members: what is too short for a module is no part of the file.
        while cursor.bytes_left() > 8 {
            let block = cursor.next_block()?;
            match block.id {
                MODULE_BLOCK => object.modules.push(Module { block, strings: &[] }),
                IDENTIFICATION_BLOCK => _ = object.identification.get_or_insert(block),
                // A file that is joined of several has several of both; a string table is of all before it.
                SYMTAB_BLOCK if table.is_empty() => table = block.blob(FIRST_RECORD)?,
                STRTAB_BLOCK => {
                    let strings = block.blob(FIRST_RECORD)?;
                    object.modules[complete..].iter_mut().for_each(|module| module.strings = strings);
                    complete = object.modules.len();
                    if !table.is_empty() {
                        table_strings.get_or_insert(strings);
                    }
                }
                _ => {}
            }
        }
        if object.modules.is_empty() {
            return Err(Error::malformed(base, "a bitcode file without a module"));
        }
        object.symtab = table_strings.and_then(|strings| Symtab::of(table, strings, object.modules.len()));
        Ok(object)
    }

    /// What wrote it, as `LLVM22.1.2-rust-1.95.0-stable`; empty where it does not say.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn producer(&self) -> Result<Vec<u8>> {
        let mut producer = Vec::new();
        if let Some(block) = &self.identification {
            block.each_record(|record| {
                if record.code == FIRST_RECORD {
                    producer = record.text();
                }
                Ok(())
            })?;
        }
        Ok(producer)
    }

    /// The target triple, where the symbol table says it.
    pub fn target(&self) -> Option<&'d [u8]> {
        self.symtab.and_then(|symtab| symtab.target())
    }

    /// The source file, where the symbol table says it.
    pub fn source(&self) -> Option<&'d [u8]> {
        self.symtab.and_then(|symtab| symtab.source())
    }

    /// The symbols that take part in linking.
    ///
    /// # Errors
    /// As [`Self::all_symbols`].
    pub fn object_symbols(&self) -> Result<ObjectSymbols<'d>> {
        let mut symbols = self.all_symbols()?;
        symbols.retain(|symbol| symbol.binding != Binding::Local && !symbol.name.is_empty());
        Ok(ObjectSymbols { symbols, bytecode: Some(Bytecode::Llvm), facts: &FACTS, ..ObjectSymbols::default() })
    }

    /// Every symbol that an object made of it would have, in the order of LLVM's own table. Without that, from the
    /// modules, the local ones left out.
    ///
    /// # Errors
    /// Malformed; unsupported, with the reason, where only a compiler could read them.
    pub fn all_symbols(&self) -> Result<Vec<Symbol<'d>>> {
        if let Some(symtab) = self.symtab {
            return symtab.symbols();
        }
        let mut symbols = Vec::new();
        let added = self.modules.iter().try_for_each(|module| module::add_symbols(module, &mut symbols));
        added.map(|()| symbols).map_err(|error| match (error.kind(), &self.modules[..]) {
            (ErrorKind::Unsupported(_), [_]) => error.with_help("let LLVM write it anew: opt MEMBER -o MEMBER"),
            (ErrorKind::Unsupported(_), _) => error.with_help("keep the files apart that it was joined of"),
            _ => error,
        })
    }
}

impl<'d> Format<'d> for BitcodeObject<'d> {
    fn facts(&self) -> &'static FormatFacts {
        &FACTS
    }

    fn object_symbols(&self) -> Result<ObjectSymbols<'d>> {
        self.object_symbols()
    }

    fn all_symbols(&self) -> Result<Vec<Symbol<'d>>> {
        self.all_symbols()
    }

    fn patch(&self, _: &ObjectEdits, _: &Suffixes) -> Result<Patch> {
        Err(Error::unsupported("an LLVM bitcode file: names in it cannot be changed"))
    }
}

/// Nothing in it can be changed: names live on inside of it.
pub(super) static FACTS: FormatFacts = FormatFacts {
    capabilities: Capabilities { format: "LLVM bitcode", refused: Operation::ALL_REFUSED },
    linker_names: elf::LINKER_NAMES,
    one_per_image: &[],
};

/// LLVM's `GlobalValue::VisibilityTypes`, which its symbol table and its records both have.
fn visibility(number: u64) -> Visibility {
    match number {
        0 => Visibility::Default,
        1 => Visibility::Hidden,
        _ => Visibility::Protected,
    }
}

/// The bitstream in `data` and where it starts: behind a wrapper, whose header is the magic, a version, the offset and
/// the length of the bitstream, and a CPU type.
fn unwrap(data: &[u8]) -> Result<(&[u8], u64)> {
    if !data.starts_with(WRAPPER_MAGIC) {
        return Ok((data, 0));
    }
    let word = |at: usize| data.get(at..at + 4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
    let range = word(8).zip(word(12)).map(|(start, len)| (start as usize, start as usize + len as usize));
    let stream = range.and_then(|(start, end)| data.get(start..end)).filter(|stream| stream.starts_with(MAGIC));
    let stream = stream.ok_or_else(|| Error::malformed(8, "a bitcode wrapper with no bitcode where it says"))?;
    Ok((stream, word(8).unwrap_or_default().into()))
}
