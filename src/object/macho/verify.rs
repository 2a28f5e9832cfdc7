//! Holds a rewritten Mach-O object against its original and the edits, from the bytes of both: written to share nothing
//! with the editor but the parser.

use object::Endianness;
use object::macho::{self, Relocation};
use object::read::macho::{Nlist, Section as _};

use super::{Class, MachOObject, SectionAt};
use crate::error::{Error, Result, printable};
use crate::object::symbol::{
    Binding, NewName, ObjectEdits, Placement, SectionChange, SectionIndex, Suffixes, SymbolEdit, SymbolIndex,
};

/// A symbol's new number and its edit; `None` for one that is gone.
type NewSymbol<'e> = Option<(u32, Option<&'e SymbolEdit>)>;

/// What the original's rows have become.
struct Expected<'e> {
    /// The ordinals of the original's sections that are still there, in order.
    sections: Vec<SectionIndex>,
    /// What became of each of the original's symbols.
    symbols: Vec<NewSymbol<'e>>,
}

impl<M: Class> MachOObject<'_, M> {
    /// That every symbol is what it was but for its edit, that every section has its contents, and that every
    /// relocation and indirect symbol means the same as before.
    ///
    /// # Errors
    /// Verification, naming the first difference.
    pub fn verify(&self, after: &Self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<()> {
        let machine = |object: &Self| {
            let (header, endian) = (object.header, object.endian);
            (header.cputype(endian).0, header.cpusubtype(endian).0, header.filetype(endian).0, header.flags(endian).0)
        };
        if machine(self) != machine(after) || self.header.ncmds(self.endian) != after.header.ncmds(after.endian) {
            return Err(Error::verification("the file header is not as before"));
        }
        let removed = |index: SectionIndex| edits.section(index) == Some(SectionChange::Remove);
        let sections: Vec<_> = self.enumerate_sections().map(|(index, _)| index).filter(|&at| !removed(at)).collect();
        let expected = Expected { symbols: self.expected_symbols(after, edits)?, sections };
        if expected.sections.len() != after.sections.len() {
            return Err(Error::verification("the number of sections is not as planned"));
        }
        for (old, new) in expected.symbols.iter().enumerate() {
            let Some((new, edit)) = *new else { continue };
            if !self.same_symbol(after, old, new as usize, edit, &expected, edits, suffixes)? {
                let name = printable(self.symbol_name(old, &self.symbols.symbols()[old])?);
                return Err(Error::verification(format!("symbol {old} ({name}) is not as planned")));
            }
        }
        for (&old, new) in expected.sections.iter().zip(&after.sections) {
            let Some(section) = self.section(old) else { continue };
            if !self.same_section(section, after, new, &expected)? {
                return Err(Error::verification(format!("section {} ({}) is not as planned", old.0, section.label())));
            }
        }
        self.verify_indirect_symbols(after, &expected)
    }

    /// Local symbols first, then external definitions, then what is undefined, each in the order they had; checks what
    /// the new `LC_DYSYMTAB` says of it.
    fn expected_symbols<'e>(&self, after: &Self, edits: &'e ObjectEdits) -> Result<Vec<NewSymbol<'e>>> {
        let bounds = |object: &Self| -> Option<[u32; 6]> {
            let table = object.command(macho::LC_DYSYMTAB)?;
            Some([8, 12, 16, 20, 24, 28].map(|field| object.field(table, field)))
        };
        let before = bounds(self);
        let mut order = Vec::new();
        let mut moves = false;
        for (index, nlist) in self.symbols.enumerate() {
            let edit = edits.symbol(SymbolIndex(index.0 as u32));
            let homeless = match self.placement(index.0, nlist)? {
                Placement::Section(section) => edits.section(section) == Some(SectionChange::Remove),
                _ => false,
            };
            if homeless || edit.is_some_and(|edit| edit.remove) {
                moves = true;
                continue;
            }
            let global = !nlist.is_stab() && nlist.n_type().is_ext();
            let binding = edit.and_then(|edit| edit.binding);
            let stays_global = binding.map_or(global, |binding| binding != Binding::Local);
            moves |= stays_global != global;
            let aliased = nlist.n_type().typ() == macho::N_INDR;
            let undefined = matches!(nlist.n_type().typ(), macho::N_UNDF | macho::N_PBUD)
                || aliased && before.is_some_and(|[.., first, _]| index.0 >= first as usize);
            order.push((if stays_global { 1 + usize::from(undefined) } else { 0 }, index.0, edit));
        }
        if order.len() != after.symbols.len() {
            return Err(Error::verification("the number of symbols is not as planned"));
        }
        let mut planned = before;
        if moves {
            order.sort_by_key(|&(part, ..)| part);
            let count = |of: usize| order.iter().filter(|&&(part, ..)| part == of).count() as u32;
            let [locals, defined, undefined] = [0, 1, 2].map(count);
            planned = before.map(|_| [0, locals, locals, defined, locals + defined, undefined]);
        }
        if bounds(after) != planned {
            return Err(Error::verification("LC_DYSYMTAB does not say where each part of the symbols is"));
        }
        let mut expected = vec![None; self.symbols.len()];
        for (new, (_, old, edit)) in order.into_iter().enumerate() {
            expected[old] = Some((new as u32, edit));
        }
        Ok(expected)
    }

    #[allow(clippy::too_many_arguments)]
    fn same_symbol(
        &self,
        after: &Self,
        old: usize,
        new: usize,
        edit: Option<&SymbolEdit>,
        expected: &Expected<'_>,
        edits: &ObjectEdits,
        suffixes: &Suffixes,
    ) -> Result<bool> {
        let (old_nlist, nlist) = (&self.symbols.symbols()[old], &after.symbols.symbols()[new]);
        let edit = edit.copied().unwrap_or(SymbolEdit::of(SymbolIndex(old as u32)));
        let name = self.symbol_name(old, old_nlist)?;
        if !is_called(after.symbol_name(new, nlist)?, name, edit.name, edits, suffixes) {
            return Ok(false);
        }
        let (before, now) = (self.symbol(old, old_nlist, name)?, after.symbol(new, nlist, name)?);
        let placement = match before.placement {
            Placement::Section(section) => expected.section(section).map(Placement::Section),
            other => Some(other),
        };
        let same_value = if old_nlist.is_stab() || old_nlist.n_type().typ() != macho::N_INDR {
            let values: [u64; 2] = [old_nlist.n_value(self.endian).into(), nlist.n_value(after.endian).into()];
            values[0] == values[1]
        } else {
            self.same_alias(after, old_nlist, nlist, edits, suffixes)
        };
        const OF_BINDING: u16 = macho::N_WEAK_DEF.0 | macho::N_WEAK_REF.0;
        let desc = |nlist: &M::Nlist, endian| nlist.n_desc(endian).0 & !OF_BINDING;
        let flags = |nlist: &M::Nlist| nlist.n_type().0 & !(macho::N_EXT.0 | macho::N_PEXT.0);
        Ok(now.binding == edit.binding.unwrap_or(before.binding)
            && now.visibility == edit.visibility.unwrap_or(before.visibility)
            && Some(now.placement) == placement
            && desc(old_nlist, self.endian) == desc(nlist, after.endian)
            && flags(old_nlist) == flags(nlist)
            && same_value)
    }

    /// Whether an alias stands for what it stood for, under that one's new name.
    fn same_alias(
        &self,
        after: &Self,
        old: &M::Nlist,
        new: &M::Nlist,
        edits: &ObjectEdits,
        suffixes: &Suffixes,
    ) -> bool {
        let name = |object: &Self, nlist: &M::Nlist| {
            let offset: u64 = nlist.n_value(object.endian).into();
            object.symbols.strings().get(u32::try_from(offset).ok()?).ok().map(<[u8]>::to_vec)
        };
        let (Some(old), Some(new)) = (name(self, old), name(after, new)) else { return false };
        edits
            .symbols
            .iter()
            .filter(|edit| edit.name != NewName::Same)
            .find_map(|edit| {
                let nlist = self.symbols.symbols().get(edit.index.0 as usize)?;
                let named = self.symbol_name(edit.index.0 as usize, nlist).ok()? == old && nlist.n_type().is_ext();
                named.then(|| is_called(&new, &old, edit.name, edits, suffixes))
            })
            .unwrap_or(old == new)
    }

    fn same_section(
        &self,
        old: &SectionAt<'_, M>,
        after: &Self,
        new: &SectionAt<'_, M>,
        expected: &Expected<'_>,
    ) -> Result<bool> {
        let words = |object: &Self, section: &SectionAt<'_, M>| -> [u64; 6] {
            let (header, endian) = (section.header, object.endian);
            let kind =
                [header.align(endian), header.flags(endian).0, header.reserved1(endian), header.reserved2(endian)];
            let [align, flags, first, second] = kind.map(u64::from);
            [header.addr(endian).into(), header.size(endian).into(), align, flags, first, second]
        };
        let (relocations, new_relocations) = (self.relocations(old)?, after.relocations(new)?);
        Ok(old.header.sectname() == new.header.sectname()
            && old.header.segname() == new.header.segname()
            && words(self, old) == words(after, new)
            && relocations.len() == new_relocations.len()
            && self.section_data(old) == after.section_data(new)
            && relocations
                .iter()
                .zip(new_relocations)
                .all(|(old, new)| self.same_relocation(old, after, new, expected)))
    }

    fn same_relocation(
        &self,
        old: &Relocation<Endianness>,
        after: &Self,
        new: &Relocation<Endianness>,
        expected: &Expected<'_>,
    ) -> bool {
        let cpu = self.header.cputype(self.endian);
        let bits = |object: &Self, relocation: &Relocation<Endianness>| {
            (relocation.r_word0.get(object.endian), relocation.r_word1.get(object.endian))
        };
        if old.r_scattered(self.endian, cpu) {
            return bits(self, old) == bits(after, new);
        }
        let (before, now) = (old.info(self.endian), new.info(after.endian));
        let shape =
            |info: macho::RelocationInfo| (info.r_address, info.r_pcrel, info.r_length, info.r_extern, info.r_type.0);
        let number = match self.target(old) {
            super::relocations::Target::Symbol(symbol) => expected.symbol(symbol),
            super::relocations::Target::Section(section) => expected.section(SectionIndex(section)).map(|new| new.0),
            _ => Some(before.r_symbolnum),
        };
        shape(before) == shape(now) && number == Some(now.r_symbolnum)
    }

    /// The entries of sections that are gone mean nothing.
    fn verify_indirect_symbols(&self, after: &Self, expected: &Expected<'_>) -> Result<()> {
        let table = |object: &Self| -> Result<Vec<macho::IndirectSymbol>> {
            let words = object.indirect_symbols()?.map(|(_, words)| words).unwrap_or_default();
            Ok(words.iter().map(|word| word.get(object.endian)).collect())
        };
        let (before, now) = (table(self)?, table(after)?);
        let mut entries =
            expected.sections.iter().filter_map(|&index| self.indirect_range(self.section(index)?)).flatten();
        let same = |at: usize| match (before.get(at), now.get(at)) {
            (Some(old), Some(new)) => match old.index() {
                Some(symbol) => new.index() == expected.symbol(symbol),
                None => old == new,
            },
            // A section that counts on more entries than there are did so before.
            (old, new) => old.is_none() && new.is_none(),
        };
        let whole = before.len() == now.len();
        // No more entries are looked at than there are.
        if whole && entries.by_ref().take_while(|&at| at < before.len()).all(same) {
            return Ok(());
        }
        Err(Error::verification("the indirect symbol table is not as planned"))
    }
}

impl Expected<'_> {
    fn symbol(&self, old: u32) -> Option<u32> {
        self.symbols.get(old as usize).copied().flatten().map(|(new, _)| new)
    }

    fn section(&self, old: SectionIndex) -> Option<SectionIndex> {
        self.sections.binary_search(&old).ok().map(|at| SectionIndex(at as u32 + 1))
    }
}

/// Whether `new` is what `old` is to be called.
fn is_called(new: &[u8], old: &[u8], name: NewName, edits: &ObjectEdits, suffixes: &Suffixes) -> bool {
    match name {
        NewName::Given(at) => new == edits.names[at as usize],
        name => new.strip_suffix(suffixes.of(name)) == Some(old),
    }
}
