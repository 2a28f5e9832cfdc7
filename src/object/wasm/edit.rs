//! Turns edits of a WebAssembly object into splices: of the imports' names, of the linking section, and where symbols
//! or sections get other numbers, of the relocations.

use std::collections::HashSet;

use super::WasmObject;
use super::comdats::Becomes;
use super::encoding::{put_name, put_number};
use super::linking::{self, COMDAT_SECTION, Kind, Linking, SymbolEntry};
use super::module::RawSection;
use super::numbers::Numbers;
use crate::error::{Error, Result, printable};
use crate::object::symbol::{
    Binding, NewName, ObjectEdits, SectionChange, SectionIndex, Suffixes, SymbolEdit, SymbolIndex, Visibility,
};
use crate::patch::Patch;

/// The module that an undefined symbol is imported from when nothing else is said: for those, field and symbol are one
/// name. From others the host provides the field, which stays.
const DEFAULT_MODULE: &[u8] = b"env";

/// Where an undefined symbol's new name goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NamePlace {
    /// Into the symbol table.
    Symbol,
    /// Into the import.
    Import,
}

/// All that an edit goes by.
pub(super) struct Draft<'o, 'd> {
    object: &'o WasmObject<'d>,
    linking: &'o Linking<'d>,
    edits: &'o ObjectEdits,
    suffixes: &'o Suffixes,
    numbers: Numbers,
    becomes: Vec<Becomes>,
    /// How many symbols take their name from each import.
    users: Vec<u32>,
}

impl WasmObject<'_> {
    /// The splices that carry out `edits`.
    ///
    /// # Errors
    /// Malformed, with the offset in the member; unsupported when the format cannot express an edit, or something that
    /// stays refers to what is to go.
    pub fn patch(&self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<Patch> {
        let linking = self.linking()?;
        let mut users = vec![0; self.module.imports.len()];
        for import in linking.symbols().iter().filter_map(|symbol| symbol.import) {
            users[import] += 1;
        }
        let numbers = Numbers::of(self, edits)?;
        let becomes = self.comdats_become(linking, edits);
        let draft = Draft { object: self, linking, edits, suffixes, numbers, becomes, users };
        draft.check_names()?;
        let mut patch = Patch::default();
        for (at, section) in self.module.sections.iter().enumerate() {
            if draft.numbers.section(at).is_none() {
                patch.replace(section.start..section.content.end, Vec::new());
            } else if let Some(content) = draft.content(section)?
                && content != self.data[section.content.clone()]
            {
                let name = &self.data[section.size.end..section.content.start];
                let mut bytes = Vec::with_capacity(content.len() + name.len() + 5);
                put_number(&mut bytes, (name.len() + content.len()) as u32, section.size.len());
                patch.replace(section.size.start..section.content.end, [bytes.as_slice(), name, &content].concat());
            }
        }
        Ok(patch)
    }
}

impl Draft<'_, '_> {
    /// A section's new content; `None` where it stays.
    fn content(&self, section: &RawSection<'_>) -> Result<Option<Vec<u8>>> {
        Ok(match () {
            () if section.is_import() => Some(self.imports(section)),
            () if section.is_linking() => Some(self.linking_section(section)?),
            () if section.is_relocations() && self.numbers.changes() => Some(self.relocations(section)?),
            () => None,
        })
    }

    /// `wasm-ld` refuses an object with two symbols of one name.
    fn check_names(&self) -> Result<()> {
        let mut names = HashSet::new();
        for (at, entry) in self.linking.symbols().iter().enumerate() {
            let edit = self.edit(at);
            let flags = edited_flags(entry, &edit)?;
            let name = self.edits.new_name(entry.name, edit.name, self.suffixes);
            let stays = self.numbers.symbol(at).is_some() && flags & linking::BINDING_MASK != linking::BINDING_LOCAL;
            if stays && entry.kind != Kind::Section && !names.insert(name) {
                let name = printable(&self.edits.new_name(entry.name, edit.name, self.suffixes));
                return Err(Error::unsupported(format!("two symbols would be called {name}: linkers refuse that")));
            }
        }
        Ok(())
    }

    fn edit(&self, symbol: usize) -> SymbolEdit {
        let index = SymbolIndex(symbol as u32);
        self.edits.symbol(index).copied().unwrap_or(SymbolEdit::of(index))
    }

    fn place(&self, entry: &SymbolEntry<'_>) -> NamePlace {
        match entry.import.filter(|_| !entry.has_name) {
            Some(import) if self.users[import] == 1 && self.object.module.imports[import].module == DEFAULT_MODULE => {
                NamePlace::Import
            }
            _ => NamePlace::Symbol,
        }
    }

    fn imports(&self, section: &RawSection<'_>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(section.content.len());
        let mut done = section.content.start;
        let mut fields = Vec::new();
        for (at, entry) in self.linking.symbols().iter().enumerate() {
            let edit = self.edit(at);
            if let Some(import) = entry.import
                && edit.name != NewName::Same
                && self.place(entry) == NamePlace::Import
            {
                fields.push((import, self.edits.new_name(entry.name, edit.name, self.suffixes)));
            }
        }
        fields.sort_unstable();
        for (import, name) in fields {
            let field = &self.object.module.imports[import].field_range;
            bytes.extend(&self.object.data[done..field.start]);
            put_name(&mut bytes, &name);
            done = field.end;
        }
        bytes.extend(&self.object.data[done..section.content.end]);
        bytes
    }

    fn linking_section(&self, section: &RawSection<'_>) -> Result<Vec<u8>> {
        let data = self.object.data;
        let mut bytes = Vec::with_capacity(section.content.len());
        let mut done = section.content.start;
        for subsection in &self.linking.subsections {
            let content = match subsection.id {
                linking::SYMBOL_TABLE => self.symbol_table()?,
                linking::SEGMENT_INFO if !self.edits.sections.is_empty() => self.segment_info(),
                linking::INIT_FUNCS if self.numbers.changes() => self.init_functions()?,
                linking::COMDAT_INFO => self.comdat_info(),
                _ => continue,
            };
            bytes.extend(&data[done..subsection.size.start]);
            put_number(&mut bytes, content.len() as u32, subsection.size.len());
            bytes.extend(content);
            done = subsection.content.end;
        }
        bytes.extend(&data[done..section.content.end]);
        Ok(bytes)
    }

    fn symbol_table(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let stay = |at: usize| self.numbers.symbol(at).is_some();
        let entries: Vec<_> = self.linking.symbols().iter().enumerate().filter(|(at, _)| stay(*at)).collect();
        put_number(&mut bytes, entries.len() as u32, 1);
        for (at, entry) in entries {
            self.symbol(at, entry, &mut bytes)?;
        }
        Ok(bytes)
    }

    fn symbol(&self, at: usize, entry: &SymbolEntry<'_>, bytes: &mut Vec<u8>) -> Result<()> {
        let edit = self.edit(at);
        let mut flags = edited_flags(entry, &edit)?;
        let renamed = edit.name != NewName::Same && self.place(entry) == NamePlace::Symbol;
        let named = entry.has_name || renamed;
        if renamed && !entry.has_name {
            flags |= linking::EXPLICIT_NAME;
        }
        bytes.push(self.object.data[entry.at]);
        put_number(bytes, flags, 1);
        if entry.kind == Kind::Section {
            let section = self.numbers.section(entry.element as usize);
            put_number(bytes, section.unwrap_or(entry.element), 1);
            return Ok(());
        }
        bytes.extend(&self.object.data[entry.before_name.clone()]);
        if named {
            put_name(bytes, &self.edits.new_name(entry.name, edit.name, self.suffixes));
        }
        bytes.extend(&self.object.data[entry.behind_name.clone()]);
        Ok(())
    }

    fn segment_info(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_number(&mut bytes, self.linking.segments.len() as u32, 1);
        for (at, segment) in self.linking.segments.iter().enumerate() {
            put_name(&mut bytes, &self.edits.new_name(segment.name, self.segment_name(at), self.suffixes));
            bytes.extend(&self.object.data[segment.rest.clone()]);
        }
        bytes
    }

    fn segment_name(&self, at: usize) -> NewName {
        let index = self.object.index_of(super::Part::Segment(at));
        match self.edits.section(index) {
            Some(SectionChange::Rename(name)) => name,
            _ => NewName::Same,
        }
    }

    fn init_functions(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        put_number(&mut bytes, self.linking.init_functions.len() as u32, 1);
        for function in &self.linking.init_functions {
            let symbol = self.numbers.symbol(function.symbol as usize);
            let symbol = symbol.ok_or_else(|| self.object.still_used(function.symbol, "it is to run at the start"))?;
            put_number(&mut bytes, function.priority, 1);
            put_number(&mut bytes, symbol, 1);
        }
        Ok(bytes)
    }

    fn comdat_info(&self) -> Vec<u8> {
        let mut left = 0;
        let mut list = Vec::new();
        for (comdat, becomes) in self.linking.comdats.iter().zip(&self.becomes) {
            let &Becomes::Called(name) = becomes else { continue };
            let entries = comdat.entries.iter().filter_map(|entry| match entry.kind {
                COMDAT_SECTION => Some((entry.kind, self.numbers.section(entry.index as usize)?)),
                _ => Some((entry.kind, entry.index)),
            });
            let entries: Vec<_> = entries.collect();
            left += 1;
            put_name(&mut list, &self.edits.new_name(comdat.name, name, self.suffixes));
            put_number(&mut list, comdat.flags, 1);
            put_number(&mut list, entries.len() as u32, 1);
            for (kind, index) in entries {
                put_number(&mut list, kind, 1);
                put_number(&mut list, index, 1);
            }
        }
        let mut bytes = Vec::with_capacity(list.len() + 1);
        put_number(&mut bytes, left, 1);
        bytes.extend(list);
        bytes
    }

    fn relocations(&self, section: &RawSection<'_>) -> Result<Vec<u8>> {
        let relocations = self.object.relocations(section)?;
        let mut bytes = Vec::with_capacity(section.content.len());
        let target = self.numbers.section(relocations.target).unwrap_or_default();
        put_number(&mut bytes, target, 1);
        put_number(&mut bytes, relocations.entries.len() as u32, 1);
        for entry in relocations.entries {
            let index = match entry.has_symbol() {
                true => self.numbers.symbol(entry.index as usize),
                false => Some(entry.index),
            };
            let index = index.ok_or_else(|| self.object.still_used(entry.index, "relocations refer to it"))?;
            bytes.extend(&self.object.data[entry.range.start..entry.index_range.start]);
            put_number(&mut bytes, index, 1);
            bytes.extend(&self.object.data[entry.index_range.end..entry.range.end]);
        }
        Ok(bytes)
    }
}

impl WasmObject<'_> {
    fn still_used(&self, symbol: u32, why: &str) -> Error {
        let entry = self.linking.as_ref().and_then(|linking| linking.symbols().get(symbol as usize));
        let (what, name) = entry.map_or(("symbol", &b""[..]), |entry| match entry.kind {
            Kind::Section => ("section", entry.name),
            _ => ("symbol", entry.name),
        });
        Error::unsupported(format!("{what} '{}' cannot go: {why}", printable(name)))
    }

    /// The number of a section that is one of the module's own.
    pub(super) fn own_section(&self, index: SectionIndex) -> Option<usize> {
        match self.part(index) {
            Some(super::Part::Section(at)) => Some(at),
            _ => None,
        }
    }
}

/// The flags of an edited symbol.
pub(super) fn edited_flags(entry: &SymbolEntry<'_>, edit: &SymbolEdit) -> Result<u32> {
    let refused = |what: &str| Err(Error::unsupported(format!("symbol '{}': {what}", printable(entry.name))));
    let mut flags = entry.flags;
    if let Some(binding) = edit.binding {
        let binding = match binding {
            Binding::Global => 0,
            Binding::Weak if entry.is_undefined() && !entry.kind.can_be_missing() => {
                return refused("a reference to a WebAssembly global, tag or table cannot be weak");
            }
            Binding::Weak => linking::BINDING_WEAK,
            Binding::Local => linking::BINDING_LOCAL,
            Binding::Unique => return refused("WebAssembly has no unique symbols"),
        };
        flags = flags & !linking::BINDING_MASK | binding;
    }
    match edit.visibility {
        None => {}
        Some(Visibility::Default) => flags &= !linking::VISIBILITY_HIDDEN,
        // What is exported is for the host to call: hidden is neither that nor seen by other modules.
        Some(Visibility::Hidden) => flags = flags & !linking::EXPORTED | linking::VISIBILITY_HIDDEN,
        Some(Visibility::Protected | Visibility::Internal) => {
            return refused("WebAssembly has no visibility but default and hidden");
        }
    }
    Ok(flags)
}
