//! Turns edits of a Mach-O object into splices.
//!
//! Fields are edited in a copy of the tables that hold them. As long as no symbol moves and nothing is removed, numbers
//! stay, and with them relocations and every other table; else [`renumber`](super::renumber) rewrites these. What got
//! another size is placed by [`place`](super::place).

use std::collections::{BTreeMap, HashMap};

use object::macho;
use object::pod::bytes_of_slice;
use object::read::macho::Nlist;

use super::layout::{STRSIZE, put_u16, put_u32, put_word};
use super::renumber::Numbers;
use super::{Class, MachOObject};
use crate::error::{Error, Result};
use crate::object::string_table::{Rewriter, Rewritten};
use crate::object::symbol::{
    Binding, NewName, ObjectEdits, Placement, SectionChange, Suffixes, SymbolEdit, SymbolIndex, Visibility,
};
use crate::patch::Patch;

/// The tables of an object while they are edited, until [`MachOObject::place`] places them.
#[derive(Debug)]
pub(super) struct Draft {
    /// The header and the load commands, those of sections that go away included.
    pub commands: Vec<u8>,
    /// New contents of pieces, by the place of the field that says where they start.
    pub contents: BTreeMap<usize, Vec<u8>>,
}

impl<M: Class> MachOObject<'_, M> {
    /// The splices that carry out `edits`.
    ///
    /// # Errors
    /// Malformed when the tables contradict each other; unsupported when something that stays refers to what is to
    /// go, when Mach-O has no such binding, visibility or section name, or the result would not fit the class.
    pub fn patch(&self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<Patch> {
        if !self.relocatable {
            return Err(Error::unsupported("an executable or a library: only relocatable objects can be changed"));
        }
        let mut draft = Draft { commands: self.data[..self.commands_end()].to_vec(), contents: BTreeMap::new() };
        if edits.sections.iter().any(|(_, change)| *change != SectionChange::Remove) {
            return Err(Error::unsupported("a Mach-O section's name cannot be changed"));
        }
        let mut symbols = bytes_of_slice(self.symbols.symbols()).to_vec();
        for edit in &edits.symbols {
            self.edit_symbol(&mut symbols, edit)?;
        }
        let numbers = Numbers::of(self, edits)?;
        self.rename(edits, suffixes, &numbers, &mut symbols, &mut draft)?;
        if !symbols.is_empty() {
            self.renumber(&numbers, symbols, &mut draft)?;
        }
        self.place(&numbers, draft)
    }

    fn edit_symbol(&self, symbols: &mut [u8], edit: &SymbolEdit) -> Result<()> {
        let index = edit.index.0 as usize;
        let nlist = &self.symbols.symbols()[index];
        let row = index * size_of::<M::Nlist>();
        let (mut flags, mut desc) = (nlist.n_type(), nlist.n_desc(self.endian));
        let unsupported = |what: &str| Err(Error::unsupported(what).at(self.symbol_offset(index)));
        match edit.visibility {
            None => {}
            Some(Visibility::Hidden) => flags |= macho::N_PEXT,
            Some(Visibility::Default) => flags.0 &= !macho::N_PEXT.0,
            Some(Visibility::Protected | Visibility::Internal) => {
                return unsupported("Mach-O knows private external symbols, and no other visibility");
            }
        }
        let weak = match self.placement(index, nlist)? {
            // It yields to any definition as it is.
            Placement::Common if edit.binding.is_some() => {
                return unsupported("Mach-O's tentative definitions are global, and nothing else");
            }
            Placement::Undefined => macho::N_WEAK_REF,
            _ => macho::N_WEAK_DEF,
        };
        match edit.binding {
            None => {}
            Some(Binding::Local) => flags.0 &= !macho::N_EXT.0,
            Some(Binding::Global) => {
                flags |= macho::N_EXT;
                desc.0 &= !weak.0;
            }
            Some(Binding::Weak) => {
                flags |= macho::N_EXT;
                desc.0 |= weak.0;
            }
            Some(Binding::Unique) => return unsupported("Mach-O has no symbols that are unique in a process"),
        }
        symbols[row + M::N_TYPE] = flags.0;
        put_u16(symbols, row + M::N_DESC, self.endian, desc.0);
        Ok(())
    }

    /// Rewrites the string table, if `edits` change any name, and with it every `n_strx` that refers there.
    fn rename(
        &self,
        edits: &ObjectEdits,
        suffixes: &Suffixes,
        numbers: &Numbers,
        symbols: &mut [u8],
        draft: &mut Draft,
    ) -> Result<()> {
        let renames = edits.symbols.iter().any(|edit| edit.name != NewName::Same);
        let removes = (0..self.symbols.len() as u32).any(|symbol| numbers.symbol(symbol).is_none());
        let Some(symtab) = self.command(macho::LC_SYMTAB).filter(|_| renames || removes) else { return Ok(()) };
        let mut rewriter = Rewriter::new(self.strings());
        let names = self.names(edits, numbers)?;
        for &Name { symbol, offset, name, .. } in &names {
            rewriter.note(offset, name).ok_or_else(|| {
                Error::malformed(self.symbol_offset(symbol), "a symbol's name is outside the string table")
            })?;
        }
        let new = rewriter.finish(suffixes, &edits.names);
        let mut new: Rewritten =
            new.ok_or_else(|| Error::malformed(self.symbols_offset(), "the string table does not end in a NUL"))?;
        for Name { symbol, field, offset, name } in names {
            let at = symbol * size_of::<M::Nlist>() + field;
            let offset = new.offset(offset, name);
            if field == M::N_VALUE {
                put_word::<M>(symbols, at, self.endian, offset.into()).ok_or_else(too_large)?;
            } else {
                put_u32(symbols, at, self.endian, offset);
            }
        }
        // As LLVM's `StringTableBuilder` pads it.
        new.bytes.resize(new.bytes.len().next_multiple_of(if M::WIDE { 8 } else { 4 }), 0);
        let size = u32::try_from(new.bytes.len()).map_err(|_| too_large())?;
        put_u32(&mut draft.commands, symtab.at + STRSIZE, self.endian, size);
        draft.contents.insert(self.strings_field()?, new.bytes);
        Ok(())
    }

    /// What stands in the string table for the symbols that stay: names, and the names that aliases stand for.
    fn names(&self, edits: &ObjectEdits, numbers: &Numbers) -> Result<Vec<Name>> {
        let mut names = Vec::with_capacity(self.symbols.len());
        let mut aliases = Vec::new();
        let new_name = |symbol: usize| edits.symbol(SymbolIndex(symbol as u32)).map_or(NewName::Same, |edit| edit.name);
        for (index, nlist) in self.symbols.enumerate() {
            if numbers.symbol(index.0 as u32).is_none() {
                continue;
            }
            let offset = nlist.n_strx(self.endian);
            names.push(Name { symbol: index.0, field: M::N_STRX, offset, name: new_name(index.0) });
            if !nlist.is_stab() && nlist.n_type().typ() == macho::N_INDR {
                aliases.push(index.0);
            }
        }
        if aliases.is_empty() {
            return Ok(names);
        }
        let mut by_name = HashMap::new();
        for (index, nlist) in self.symbols.enumerate().filter(|(_, nlist)| nlist.n_type().is_ext()) {
            by_name.insert(self.symbol_name(index.0, nlist)?, index.0);
        }
        for symbol in aliases {
            let at = self.symbol_offset(symbol);
            let value: u64 = self.symbols.symbols()[symbol].n_value(self.endian).into();
            let offset = u32::try_from(value).unwrap_or(u32::MAX);
            let aliased = self.symbols.strings().get(offset);
            let aliased = aliased.map_err(|()| Error::malformed(at, "an alias is outside the string table"))?;
            // Whether it is renamed is known only of what is a symbol here.
            let target = by_name.get(aliased).ok_or_else(|| Error::unsupported("an alias of no symbol here").at(at))?;
            names.push(Name { symbol, field: M::N_VALUE, offset, name: new_name(*target) });
        }
        Ok(names)
    }
}

/// A reference to the string table.
#[derive(Debug, Clone, Copy)]
struct Name {
    symbol: usize,
    /// The symbol's field that holds the offset.
    field: usize,
    offset: u32,
    name: NewName,
}

pub(super) fn too_large() -> Error {
    Error::unsupported("the result would pass the limits of the object's Mach-O class")
}
