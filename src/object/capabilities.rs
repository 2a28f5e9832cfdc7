//! What each format can express, as data: what it cannot is refused with the reason, before anything is written.

use super::symbol::{Binding, NewName, ObjectEdits, Placement, SectionChange, Symbol, Visibility};
use crate::error::{Error, Result};

/// Something that can be asked of an object, or of an archive of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Another name for a symbol.
    Rename,
    /// A definition that its component alone sees.
    Hide,
    /// A hidden definition that other components see again.
    Show,
    /// A visibility between default and hidden, or beyond.
    SetVisibility,
    /// A definition that yields to others.
    WeakenDefinition,
    /// A reference that may stay unresolved.
    WeakenReference,
    /// A definition that its object alone sees.
    Localize,
    /// A local definition that others see.
    Globalize,
    /// A symbol that goes away.
    RemoveSymbol,
    /// A section that goes away.
    RemoveSection,
    /// Another name for a section.
    RenameSection,
    /// A new member of a few small functions: stubs, and what stands in for missing ones.
    AddMember,
    /// All members joined into one.
    Merge,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Rename,
        Self::Hide,
        Self::Show,
        Self::SetVisibility,
        Self::WeakenDefinition,
        Self::WeakenReference,
        Self::Localize,
        Self::Globalize,
        Self::RemoveSymbol,
        Self::RemoveSection,
        Self::RenameSection,
        Self::AddMember,
        Self::Merge,
    ];

    /// All of them refused, for names that a symbol table does not show.
    pub(super) const ALL_REFUSED: &'static [(Self, &'static str)] = &{
        let mut refused = [(Self::Rename, "names live on inside of it"); Self::ALL.len()];
        let mut at = 0;
        while at < refused.len() {
            refused[at].0 = Self::ALL[at];
            at += 1;
        }
        refused
    };

    /// What it is called in messages, as "to OPERATION".
    pub fn name(self) -> &'static str {
        match self {
            Self::Rename => "rename a symbol",
            Self::Hide => "hide a definition",
            Self::Show => "make a hidden definition visible",
            Self::SetVisibility => "make a definition protected or internal",
            Self::WeakenDefinition => "weaken a definition",
            Self::WeakenReference => "weaken a reference",
            Self::Localize => "make a definition local",
            Self::Globalize => "make a local definition global",
            Self::RemoveSymbol => "remove a symbol",
            Self::RemoveSection => "remove a section",
            Self::RenameSection => "rename a section",
            Self::AddMember => "add a member",
            Self::Merge => "join members",
        }
    }
}

/// What a format can express.
#[derive(Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The format, as "Mach-O".
    pub format: &'static str,
    /// What it cannot, and why.
    pub refused: &'static [(Operation, &'static str)],
}

impl Capabilities {
    /// Whether the format can express it.
    pub fn serves(&self, operation: Operation) -> bool {
        self.refusal(operation).is_none()
    }

    /// Why it cannot.
    pub fn refusal(&self, operation: Operation) -> Option<&'static str> {
        self.refused.iter().find(|(refused, _)| *refused == operation).map(|&(_, reason)| reason)
    }

    /// That the format can express an operation.
    ///
    /// # Errors
    /// Unsupported, with the reason.
    pub fn check(&self, operation: Operation) -> Result<()> {
        let Some(reason) = self.refusal(operation) else { return Ok(()) };
        Err(Error::unsupported(format!("{}: cannot {}: {reason}", self.format, operation.name())))
    }

    /// That the format can express edits of an object; `symbols` are its symbols, by ascending index.
    ///
    /// # Errors
    /// As [`Self::check`], for the first that it cannot.
    pub fn check_edits(&self, edits: &ObjectEdits, symbols: &[Symbol<'_>]) -> Result<()> {
        if self.refused.is_empty() {
            return Ok(());
        }
        for edit in &edits.symbols {
            let symbol = symbols.binary_search_by_key(&edit.index, |symbol| symbol.index).ok().map(|at| &symbols[at]);
            let defined = symbol.is_none_or(|symbol| symbol.placement != Placement::Undefined);
            let asked = [
                (edit.remove, Operation::RemoveSymbol),
                (edit.name != NewName::Same, Operation::Rename),
                (edit.visibility == Some(Visibility::Hidden), Operation::Hide),
                (edit.visibility == Some(Visibility::Default), Operation::Show),
                (
                    matches!(edit.visibility, Some(Visibility::Protected | Visibility::Internal)),
                    Operation::SetVisibility,
                ),
                (edit.binding == Some(Binding::Weak) && defined, Operation::WeakenDefinition),
                (edit.binding == Some(Binding::Weak) && !defined, Operation::WeakenReference),
                (edit.binding == Some(Binding::Local), Operation::Localize),
                (matches!(edit.binding, Some(Binding::Global | Binding::Unique)), Operation::Globalize),
            ];
            asked.iter().filter(|(asked, _)| *asked).try_for_each(|&(_, operation)| self.check(operation))?;
        }
        edits.sections.iter().try_for_each(|(_, change)| match change {
            SectionChange::Rename(_) => self.check(Operation::RenameSection),
            SectionChange::Remove => self.check(Operation::RemoveSection),
        })
    }
}
