//! Turns edits of a COFF object into splices.
//!
//! Fields are edited in a copy of the tables that hold them. As long as nothing is removed or added, symbols keep their
//! numbers, and with them relocations and every other table; else [`renumber`](super::renumber) rewrites these. What
//! got another size is placed by [`place`](super::place).

use std::collections::{BTreeMap, HashMap};

use object::LittleEndian as LE;
use object::pe;
use object::read::coff::Symbol as _;

use super::CoffObject;
use super::comdat::Comdat;
use super::layout::{Layout, VALUE, aux_section, put_u16, put_u32, section};
use super::numbers::Numbers;
use crate::error::{Error, Result};
use crate::object::symbol::{Binding, ObjectEdits, Placement, SectionIndex, Suffixes, SymbolEdit};
use crate::patch::Patch;

/// COMDAT sections by their symbols.
type Leaders<'c> = HashMap<usize, &'c Comdat<'c>>;

/// The tables of an object while they are edited.
#[derive(Debug)]
pub(super) struct Draft {
    /// The records of the symbol table in their original order, auxiliary ones included.
    pub records: Vec<u8>,
    /// Records that are no longer there.
    pub removed: Vec<bool>,
    /// The section headers in their original order.
    pub headers: Vec<u8>,
    /// The string table, where it changes.
    pub strings: Option<Vec<u8>>,
    /// New contents of sections.
    pub contents: BTreeMap<SectionIndex, Vec<u8>>,
    /// What stands behind a symbol's record besides: see [`weaken`](super::weaken).
    pub added_records: BTreeMap<usize, Vec<u8>>,
    /// A section more, behind the others: its header, and what is in it.
    pub added: Option<([u8; section::HEADER], Vec<u8>)>,
    /// New relocations of sections.
    pub relocations: BTreeMap<SectionIndex, Vec<u8>>,
}

impl Draft {
    /// A record of the symbol table.
    pub fn record<Coff: Layout>(&mut self, index: usize) -> &mut [u8] {
        &mut self.records[index * Coff::RECORD..][..Coff::RECORD]
    }

    /// A section's header.
    pub fn header(&mut self, index: SectionIndex) -> &mut [u8] {
        &mut self.headers[(index.0 as usize - 1) * section::HEADER..][..section::HEADER]
    }
}

impl<Coff: Layout> CoffObject<'_, Coff> {
    /// The splices that carry out `edits`.
    ///
    /// # Errors
    /// Malformed when the tables contradict each other; unsupported when something that stays refers to what is to
    /// go, or an edit cannot be expressed.
    pub fn patch(&self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<Patch> {
        self.check_consistency()?;
        let records = self.symbols_offset()..self.symbols_offset() + self.symbols.len() * Coff::RECORD;
        let headers = self.headers_at..self.headers_at + self.sections.len() * section::HEADER;
        let mut draft = Draft {
            records: self.data[records].to_vec(),
            removed: vec![false; self.symbols.len()],
            headers: self.data[headers].to_vec(),
            strings: None,
            contents: BTreeMap::new(),
            added_records: BTreeMap::new(),
            added: None,
            relocations: BTreeMap::new(),
        };
        let localizes = edits.symbols.iter().any(|edit| edit.binding == Some(Binding::Local));
        let comdats = if localizes { self.comdats()? } else { Vec::new() };
        let leaders = comdats.iter().filter_map(|comdat| Some((comdat.leader?, comdat))).collect();
        // What only directives name has a number behind the others.
        for edit in edits.symbols.iter().filter(|edit| (edit.index.0 as usize) < self.symbols.len()) {
            self.edit_symbol(edit, &leaders, &mut draft)?;
        }
        self.rewrite_directives(edits, suffixes, &mut draft)?;
        let numbers = Numbers::of(self, edits, &mut draft)?;
        self.rename(edits, suffixes, &numbers, &mut draft)?;
        self.renumber(&numbers, &mut draft)?;
        self.place(&numbers, draft)
    }

    fn edit_symbol(&self, edit: &SymbolEdit, leaders: &Leaders<'_>, draft: &mut Draft) -> Result<()> {
        let index = edit.index.0 as usize;
        let symbol = self.symbols.symbol(object::SymbolIndex(index));
        let symbol = symbol.map_err(|error| Error::malformed(self.symbol_offset(index), error.to_string()))?;
        if edit.remove {
            draft.removed[index..=index + usize::from(symbol.number_of_aux_symbols())].fill(true);
        }
        match edit.binding {
            None => Ok(()),
            Some(Binding::Local) => {
                if let Some(comdat) = leaders.get(&index) {
                    self.leave_comdat(comdat, draft)?;
                }
                self.localize(index, symbol, draft)
            }
            Some(Binding::Global) => self.globalize(index, symbol, draft),
            Some(Binding::Weak) => self.weaken(index, symbol, draft),
            Some(Binding::Unique) => {
                Err(Error::unsupported("COFF has no unique symbols").at(self.symbol_offset(index)))
            }
        }
    }

    /// A definition becomes static. What falls back to a definition stands in its place from now on, without the
    /// auxiliary record that says so: behind a static symbol it would define a section.
    fn localize(&self, index: usize, symbol: &Coff::Symbol, draft: &mut Draft) -> Result<()> {
        let record = draft.record::<Coff>(index);
        record[Coff::TYPE + 2] = pe::IMAGE_SYM_CLASS_STATIC.0;
        if let Some(aux) = self.weak_external(index, symbol) {
            let fallback = self.symbols.symbol(object::SymbolIndex(aux.weak_default_sym_index.get(LE) as usize));
            let fallback = fallback.map_err(|error| Error::malformed(self.symbol_offset(index), error.to_string()))?;
            put_u32(record, VALUE, fallback.value());
            Coff::put_section_number(record, fallback.section_number().0);
            record[Coff::TYPE + 3] = 0;
            draft.removed[index + 1..=index + usize::from(symbol.number_of_aux_symbols())].fill(true);
        }
        Ok(())
    }

    /// The section that a COMDAT symbol stands for is no longer one of many when the symbol is this object's own: GNU
    /// ld goes by the name of the symbol, of whatever class, and would take another object's section for it.
    fn leave_comdat(&self, comdat: &Comdat<'_>, draft: &mut Draft) -> Result<()> {
        let flags = self.section(comdat.section)?.characteristics.get(LE);
        put_u32(draft.header(comdat.section), section::CHARACTERISTICS, flags.0 & !pe::IMAGE_SCN_LNK_COMDAT.0);
        let aux = draft.record::<Coff>(comdat.symbol + 1);
        aux[aux_section::SELECTION] = 0;
        put_u16(aux, aux_section::NUMBER, 0);
        put_u16(aux, aux_section::HIGH_NUMBER, 0);
        Ok(())
    }

    /// A static definition becomes external.
    fn globalize(&self, index: usize, symbol: &Coff::Symbol, draft: &mut Draft) -> Result<()> {
        let placed = !matches!(self.placement(index, symbol)?, Placement::Undefined);
        if !placed || symbol.storage_class() == pe::IMAGE_SYM_CLASS_WEAK_EXTERNAL {
            let what = "only a definition can become global that is not weak";
            return Err(Error::unsupported(what).at(self.symbol_offset(index)));
        }
        draft.record::<Coff>(index)[Coff::TYPE + 2] = pe::IMAGE_SYM_CLASS_EXTERNAL.0;
        Ok(())
    }
}
