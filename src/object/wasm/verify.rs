//! Holds a rewritten object against its original and the edits, from the bytes of both: written to share with the
//! editor the parser, and what a COMDAT is to become.

use std::ops::Range;

use super::WasmObject;
use super::comdats::Becomes;
use super::linking::{self, COMDAT_SECTION, Comdat, ComdatEntry, Kind, Linking, SymbolEntry};
use super::module::RawSection;
use crate::error::{Error, Result, printable};
use crate::object::symbol::{
    NewName, ObjectEdits, SectionChange, SectionIndex, Suffixes, SymbolEdit, SymbolIndex, Visibility,
};

/// What the original's rows have become.
struct Expected<'e> {
    edits: &'e ObjectEdits,
    suffixes: &'e Suffixes,
    /// The original's sections that are still there, in order.
    sections: Vec<usize>,
    /// The original's symbols that are still there, in order.
    symbols: Vec<usize>,
}

impl Expected<'_> {
    fn section(&self, old: u32) -> Option<u32> {
        self.sections.binary_search(&(old as usize)).ok().map(|new| new as u32)
    }

    fn symbol(&self, old: u32) -> Option<u32> {
        self.symbols.binary_search(&(old as usize)).ok().map(|new| new as u32)
    }

    fn edit(&self, old: usize) -> SymbolEdit {
        let index = SymbolIndex(old as u32);
        self.edits.symbol(index).copied().unwrap_or(SymbolEdit::of(index))
    }

    fn name(&self, old: &[u8], name: NewName) -> Vec<u8> {
        self.edits.new_name(old, name, self.suffixes)
    }
}

impl WasmObject<'_> {
    /// That every symbol is what it was but for its edit, that every section but the tables has its contents, and that
    /// every relocation, initialiser and COMDAT means the same as before.
    ///
    /// # Errors
    /// Verification, naming the first difference.
    pub fn verify(&self, after: &Self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<()> {
        let differs = |what: String| Err(Error::verification(format!("{what} is not as planned")));
        let (Some(before_linking), Some(after_linking)) = (&self.linking, &after.linking) else {
            return differs("the linking section".to_owned());
        };
        let expected = self.expected(before_linking, edits, suffixes)?;
        if expected.sections.len() != after.module.sections.len()
            || expected.symbols.len() != after_linking.symbols().len()
        {
            return differs("the number of sections or symbols".to_owned());
        }
        for (&old, new) in expected.sections.iter().zip(&after.module.sections) {
            let section = &self.module.sections[old];
            if section.id != new.id || section.name != new.name || !self.same_content(section, after, new, &expected)? {
                return differs(format!("section {old} ({})", printable(section.name)));
            }
        }
        for (&old, new) in expected.symbols.iter().zip(after_linking.symbols()) {
            let symbol = &before_linking.symbols()[old];
            if !self.same_symbol(old, symbol, after, new, &expected) {
                return differs(format!("symbol {old} ({})", printable(symbol.name)));
            }
        }
        self.same_linking(before_linking, after, after_linking, &expected)
    }

    fn expected<'e>(
        &self,
        linking: &Linking<'_>,
        edits: &'e ObjectEdits,
        suffixes: &'e Suffixes,
    ) -> Result<Expected<'e>> {
        let removed = |at: usize| edits.section(SectionIndex(at as u32)) == Some(SectionChange::Remove);
        let mut sections = Vec::new();
        for (at, section) in self.module.sections.iter().enumerate() {
            let goes = match section.is_relocations() {
                true => removed(self.relocations_target(section)?),
                false => removed(at),
            };
            if !goes {
                sections.push(at);
            }
        }
        let stays = |(at, symbol): &(usize, &SymbolEntry<'_>)| {
            let homeless = symbol.kind == Kind::Section && removed(symbol.element as usize);
            !homeless && !edits.symbol(SymbolIndex(*at as u32)).is_some_and(|edit| edit.remove)
        };
        let symbols = linking.symbols().iter().enumerate().filter(stays).map(|(at, _)| at).collect();
        Ok(Expected { edits, suffixes, sections, symbols })
    }

    fn same_content(
        &self,
        section: &RawSection<'_>,
        after: &Self,
        new: &RawSection<'_>,
        expected: &Expected<'_>,
    ) -> Result<bool> {
        if section.is_linking() {
            return Ok(true);
        }
        if section.is_import() {
            return Ok(self.same_imports(section, after, new));
        }
        if !section.is_relocations() {
            return Ok(self.data[section.content.clone()] == after.data[new.content.clone()]);
        }
        let (before, now) = (self.relocations(section)?, after.relocations(new)?);
        let same = |old: &super::relocations::Relocation, new: &super::relocations::Relocation| {
            let index = if old.has_symbol() { expected.symbol(old.index) } else { Some(old.index) };
            let around = |data: &[u8], all: &Range<usize>, number: &Range<usize>| {
                [&data[all.start..number.start], &data[number.end..all.end]].concat()
            };
            index == Some(new.index)
                && around(self.data, &old.range, &old.index_range) == around(after.data, &new.range, &new.index_range)
        };
        Ok(expected.section(before.target as u32) == Some(now.target as u32)
            && before.entries.len() == now.entries.len()
            && before.entries.iter().zip(&now.entries).all(|(old, new)| same(old, new)))
    }

    /// That all but the fields is the same: those are the symbols' names, or stay.
    fn same_imports(&self, section: &RawSection<'_>, after: &Self, new: &RawSection<'_>) -> bool {
        self.around_fields(section) == after.around_fields(new)
    }

    fn around_fields(&self, section: &RawSection<'_>) -> Vec<&[u8]> {
        let mut done = section.content.start;
        let mut around = Vec::new();
        for import in &self.module.imports {
            around.push(&self.data[done..import.field_range.start]);
            done = import.field_range.end;
        }
        around.push(&self.data[done..section.content.end]);
        around
    }

    fn same_symbol(
        &self,
        index: usize,
        old: &SymbolEntry<'_>,
        after: &Self,
        new: &SymbolEntry<'_>,
        expected: &Expected<'_>,
    ) -> bool {
        const EDITED: u32 =
            linking::BINDING_MASK | linking::VISIBILITY_HIDDEN | linking::EXPORTED | linking::EXPLICIT_NAME;
        let edit = expected.edit(index);
        let (before, now) = (self.symbol(index, old), after.symbol(index, new));
        let name = expected.name(old.name, edit.name);
        let exported = old.flags & linking::EXPORTED != 0 && edit.visibility != Some(Visibility::Hidden);
        let element = match old.kind {
            Kind::Section => expected.section(old.element),
            _ => Some(old.element),
        };
        let field = |object: &Self, entry: &SymbolEntry<'_>| {
            entry.import.map(|import| object.module.imports[import].field.to_vec())
        };
        let (old_field, new_field) = (field(self, old), field(after, new));
        (&old.kind, &old.import, old.offset, old.size) == (&new.kind, &new.import, new.offset, new.size)
            && new.name == name
            && element == Some(new.element)
            && old.flags & !EDITED == new.flags & !EDITED
            && exported == (new.flags & linking::EXPORTED != 0)
            && now.binding == edit.binding.unwrap_or(before.binding)
            && now.visibility == edit.visibility.unwrap_or(before.visibility)
            && (old_field == new_field || new_field.is_some_and(|field| field == name))
    }

    fn same_linking(
        &self,
        linking: &Linking<'_>,
        after: &Self,
        new: &Linking<'_>,
        expected: &Expected<'_>,
    ) -> Result<()> {
        let differs = |what: &str| Err(Error::verification(format!("{what} are not as planned")));
        let segments = linking.segments.iter().zip(&new.segments).enumerate();
        let same_segment = |(at, (old, new)): (usize, (&linking::SegmentInfo<'_>, &linking::SegmentInfo<'_>))| {
            let name = match expected.edits.section(self.index_of(super::Part::Segment(at))) {
                Some(SectionChange::Rename(name)) => name,
                _ => NewName::Same,
            };
            new.name == expected.name(old.name, name) && self.data[old.rest.clone()] == after.data[new.rest.clone()]
        };
        if linking.segments.len() != new.segments.len() || !segments.into_iter().all(same_segment) {
            return differs("the segments");
        }
        let functions =
            linking.init_functions.iter().map(|function| (function.priority, expected.symbol(function.symbol)));
        if !functions.eq(new.init_functions.iter().map(|function| (function.priority, Some(function.symbol)))) {
            return differs("the initialisers");
        }
        let becomes = self.comdats_become(linking, expected.edits);
        let comdats = linking.comdats.iter().zip(becomes).filter_map(|(comdat, becomes)| match becomes {
            Becomes::Called(name) => Some(expected_comdat(comdat, name, expected)),
            Becomes::Nothing => None,
        });
        let now = new.comdats.iter().map(|comdat| (comdat.name.to_vec(), comdat.flags, comdat.entries.clone()));
        if !comdats.eq(now) {
            return differs("the COMDATs");
        }
        let others = |object: &Self, linking: &Linking<'_>| -> Vec<(u8, Vec<u8>)> {
            let known = [linking::SEGMENT_INFO, linking::INIT_FUNCS, linking::COMDAT_INFO, linking::SYMBOL_TABLE];
            let content = |range: &Range<usize>| object.data[range.clone()].to_vec();
            let all = linking.subsections.iter().map(|subsection| match known.contains(&subsection.id) {
                true => (subsection.id, Vec::new()),
                false => (subsection.id, content(&subsection.content)),
            });
            all.collect()
        };
        if others(self, linking) != others(after, new) {
            return differs("the subsections of the linking section");
        }
        Ok(())
    }
}

fn expected_comdat(comdat: &Comdat<'_>, name: NewName, expected: &Expected<'_>) -> (Vec<u8>, u32, Vec<ComdatEntry>) {
    let entries = comdat.entries.iter().filter_map(|&entry| match entry.kind {
        COMDAT_SECTION => Some(ComdatEntry { index: expected.section(entry.index)?, ..entry }),
        _ => Some(entry),
    });
    (expected.name(comdat.name, name), comdat.flags, entries.collect())
}
