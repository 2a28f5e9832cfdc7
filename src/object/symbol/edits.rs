//! What can be asked of an object: new names, bindings and visibilities, and what goes away.

use super::{Binding, SectionIndex, SymbolIndex, Visibility};

/// Which name a symbol or section gets: its own, its own with one of two suffixes, or another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewName {
    /// The original name.
    Same,
    /// `NAME.tag`.
    Private,
    /// `NAME_tag`, which stays a C identifier.
    Registry,
    /// The name at this position of [`ObjectEdits::names`].
    Given(u32),
}

/// The suffixes behind [`NewName`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suffixes {
    /// With the dot: `.tag`.
    pub private: Vec<u8>,
    /// With the underscore: `_tag`.
    pub registry: Vec<u8>,
}

impl Suffixes {
    /// For edits that use no suffix.
    pub const NONE: Suffixes = Suffixes { private: Vec::new(), registry: Vec::new() };

    /// What `name` appends to the original name.
    pub fn of(&self, name: NewName) -> &[u8] {
        match name {
            NewName::Private => &self.private,
            NewName::Registry => &self.registry,
            NewName::Same | NewName::Given(_) => b"",
        }
    }
}

/// What is to happen to one symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SymbolEdit {
    /// Which symbol.
    pub index: SymbolIndex,
    /// Its name from now on.
    pub name: NewName,
    /// Its binding from now on, where that is another.
    pub binding: Option<Binding>,
    /// Its visibility from now on, where that is another.
    pub visibility: Option<Visibility>,
    /// It goes away. Refused while anything refers to it.
    pub remove: bool,
}

impl SymbolEdit {
    /// An edit that changes nothing yet.
    pub fn of(index: SymbolIndex) -> Self {
        Self { index, name: NewName::Same, binding: None, visibility: None, remove: false }
    }

    /// Whether anything changes.
    pub fn is_change(&self) -> bool {
        *self != Self::of(self.index)
    }
}

/// What is to happen to one section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectionChange {
    /// It gets another name.
    Rename(NewName),
    /// It goes away, with its relocations. Refused while anything that stays refers to it.
    Remove,
}

/// What is to happen to one object. Empty: nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectEdits {
    /// By ascending index.
    pub symbols: Vec<SymbolEdit>,
    /// By ascending index.
    pub sections: Vec<(SectionIndex, SectionChange)>,
    /// The names behind [`NewName::Given`].
    pub names: Vec<Vec<u8>>,
}

impl ObjectEdits {
    /// Whether the object stays as it is.
    pub fn is_empty(&self) -> bool {
        self.symbols.is_empty() && self.sections.is_empty()
    }

    /// Adds what is to happen besides, to other symbols and sections.
    pub fn join(&mut self, others: &ObjectEdits) {
        debug_assert!(others.names.is_empty(), "names are numbered in one list");
        if others.is_empty() {
            return;
        }
        self.symbols.extend(&others.symbols);
        self.symbols.sort_unstable_by_key(|edit| edit.index);
        self.sections.extend(&others.sections);
        self.sections.sort_unstable_by_key(|&(index, _)| index);
    }

    /// What is to happen to a symbol, if anything is.
    pub fn symbol(&self, index: SymbolIndex) -> Option<&SymbolEdit> {
        self.symbols.binary_search_by_key(&index, |edit| edit.index).ok().map(|at| &self.symbols[at])
    }

    /// What is to happen to a section, if anything is.
    pub fn section(&self, index: SectionIndex) -> Option<SectionChange> {
        self.sections.binary_search_by_key(&index, |(section, _)| *section).ok().map(|at| self.sections[at].1)
    }

    /// What a symbol or section called `old` is called as `name`.
    pub fn new_name(&self, old: &[u8], name: NewName, suffixes: &Suffixes) -> Vec<u8> {
        match name {
            NewName::Given(at) => self.names[at as usize].clone(),
            _ => [old, suffixes.of(name)].concat(),
        }
    }
}
