//! The plan: what is to happen to every name, decided over all given archives before the first byte is written.
//! Pure data; it knows neither formats nor files.

mod check;
mod decide;
mod entry_points;
mod intern;
mod pointers;
mod symbol_db;
pub mod tag;

use std::collections::HashSet;

pub use check::{check, check_mergeable, check_not_thin};
pub(crate) use check::{nearest, nearest_names};
pub use decide::{decide, exports, is_export};
pub use symbol_db::{MemberId, MemberSymbols, Name, NameId, SymbolDb};

use crate::object::capabilities::Operation;
use crate::object::symbol::{
    Binding, LinkonceSection, NewName, ObjectEdits, Placement, SectionChange, SectionIndex, SignatureSymbol, Suffixes,
    Symbol, SymbolEdit, Visibility,
};
use crate::policy::{Method, PatternId};

/// What is to happen to a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It becomes private to the archives, in the way of the plan's method.
    Private,
    /// It becomes local to the one member that defines it and refers to it.
    Local,
    /// It bounds a registry and follows the registry's section to its new name.
    FollowsRegistry,
    /// It stays, for a reason.
    Stays(Reason),
}

/// Why a name stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No given archive defines it.
    NotDefined,
    /// A pattern keeps it.
    Kept(PatternId),
    /// It is an export by itself: a visible, unmangled definition that is neither std's nor compiler-builtins'.
    Export,
    /// It carries a tag: an earlier run made it private.
    AlreadyPrivate,
    /// It is bound to a version (`name@VERSION`).
    Versioned,
    /// Linkers or the C runtime's start files define or look for a name like it.
    LinkerDefined,
    /// C++ type information has to be the same on both sides of an exception.
    TypeInfo,
    /// It is in a COMDAT group that also holds a name that stays.
    Group,
    /// It points to a personality routine (`DW.ref.…`) that stays.
    Personality,
    /// It is the place of the address of a name that stays (`__imp_…`, `.refptr.…`).
    Pointer,
    /// A DLL gives it: an import has the DLL's name.
    Imported,
    /// A linked file can have few different ones of it (Mach-O's personality routines).
    OnePerImage,
    /// The scope leaves it out.
    OutOfScope,
    /// It was to become local, but several members define it or refer to it, or its COMDAT group has such a name.
    Shared,
    /// It was to become local, but its relocations mean something else for local symbols (MIPS).
    GlobalOnly,
}

impl Reason {
    /// A word for reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotDefined => "not-defined",
            Self::Kept(_) | Self::Export => "export",
            Self::AlreadyPrivate => "already-private",
            Self::Versioned => "versioned",
            Self::LinkerDefined => "linker-defined",
            Self::TypeInfo => "typeinfo",
            Self::Group => "group",
            Self::Personality => "personality",
            Self::OnePerImage => "one-per-image",
            Self::Pointer => "pointer",
            Self::Imported => "imported",
            Self::OutOfScope => "out-of-scope",
            Self::Shared => "shared",
            Self::GlobalOnly => "global-only",
        }
    }
}

/// What is to happen to everything.
#[derive(Debug)]
pub struct Plan<'d> {
    /// How private definitions become private.
    pub method: Method,
    /// Whether renamed definitions become hidden as well.
    pub hide: bool,
    /// The tag.
    pub tag: String,
    /// What the tag appends to names.
    pub suffixes: Suffixes,
    /// For each name of the [`SymbolDb`], its fate.
    pub fates: Vec<Fate>,
    /// The sections that become registries of the archives' own.
    pub registries: HashSet<&'d [u8]>,
    /// Names that nothing defines and whose references become weak.
    pub weakened: HashSet<NameId>,
    /// The sections with warnings about names that become private, or local: they follow.
    pub warnings: HashSet<&'d [u8]>,
    /// Signatures of COMDAT groups that stay.
    pinned_signatures: HashSet<&'d [u8]>,
}

impl Plan<'_> {
    /// A name's fate.
    pub fn fate(&self, name: NameId) -> Fate {
        self.fates[name.0 as usize]
    }

    /// Whether any name becomes private, in whatever way.
    pub fn is_change(&self) -> bool {
        !self.fates.iter().all(|fate| matches!(fate, Fate::Stays(_)))
    }

    /// What a symbol called `name` is called in the output.
    pub fn new_name(&self, name: NameId) -> NewName {
        match self.fate(name) {
            _ if !self.method.separates() => NewName::Same,
            Fate::Private => NewName::Private,
            Fate::FollowsRegistry => NewName::Registry,
            Fate::Local | Fate::Stays(_) => NewName::Same,
        }
    }

    /// What is to happen to one member.
    pub fn member_edits(&self, member: &MemberSymbols<'_>) -> ObjectEdits {
        let mut edits = ObjectEdits::default();
        let mut private_sections = Vec::new();
        // Where nothing is visible unless something says so, a name of its own is all that is to be done.
        let hides = member.object.facts.capabilities.serves(Operation::Hide);
        let can_hide = hides || self.method == Method::Hide;
        for (symbol, &name) in member.object.symbols.iter().zip(&member.names) {
            let edit = self.symbol_edit(symbol, name, can_hide);
            if (edit.name == NewName::Private || edit.binding == Some(Binding::Local))
                && let Placement::Section(section) = symbol.placement
            {
                private_sections.push(section);
            }
            if edit.is_change() {
                edits.symbols.push(edit);
            }
        }
        if self.method.separates() {
            private_sections.sort_unstable();
            private_sections.dedup();
            self.rename_signatures(member, &private_sections, &mut edits);
            self.rename_sections(member, &private_sections, &mut edits);
        }
        edits
    }

    fn symbol_edit(&self, symbol: &Symbol<'_>, name: NameId, can_hide: bool) -> SymbolEdit {
        let fate = self.fate(name);
        let private = fate == Fate::Private && symbol.is_definition();
        // The linker defines a registry's bounds where they are referred to, as visible as the references are.
        let bound = fate == Fate::FollowsRegistry;
        let hide = can_hide
            && match self.method {
                Method::Hide => private,
                Method::Weaken => false,
                Method::Rename | Method::Localize | Method::Auto => self.hide && (private || bound),
            };
        SymbolEdit {
            name: self.new_name(name),
            binding: self.binding(symbol, name, fate).filter(|binding| *binding != symbol.binding),
            visibility: (hide && symbol.visibility < Visibility::Hidden).then_some(Visibility::Hidden),
            ..SymbolEdit::of(symbol.index)
        }
    }

    fn binding(&self, symbol: &Symbol<'_>, name: NameId, fate: Fate) -> Option<Binding> {
        match fate {
            _ if !symbol.is_definition() => self.weakened.contains(&name).then_some(Binding::Weak),
            Fate::Local => Some(Binding::Local),
            // A tentative definition yields to any other as it is.
            Fate::Private if self.method == Method::Weaken && symbol.placement != Placement::Common => {
                Some(Binding::Weak)
            }
            // Two strong definitions of the same type information would be duplicates; it is the same on both sides.
            Fate::Stays(Reason::TypeInfo | Reason::OnePerImage) if self.method.separates() => Some(Binding::Weak),
            _ => None,
        }
    }

    /// A group whose definitions get names of their own gets a signature of its own: otherwise a linker could keep
    /// another object's group instead and discard the definitions. Global signatures are symbols like others.
    fn rename_signatures(
        &self,
        member: &MemberSymbols<'_>,
        private_sections: &[SectionIndex],
        edits: &mut ObjectEdits,
    ) {
        let before = edits.symbols.len();
        for group in &member.object.groups {
            if let SignatureSymbol::Local(index) = group.symbol
                && !self.pinned_signatures.contains(group.signature)
                && member
                    .object
                    .sections_of(group)
                    .iter()
                    .any(|section| private_sections.binary_search(section).is_ok())
            {
                edits.symbols.push(SymbolEdit { name: NewName::Private, ..SymbolEdit::of(index) });
            }
        }
        if edits.symbols.len() > before {
            edits.symbols.sort_by_key(|edit| edit.index);
            edits.symbols.dedup_by_key(|edit| edit.index);
        }
    }

    /// Registries, warnings, and the sections of which linkers keep one per name.
    fn rename_sections(&self, member: &MemberSymbols<'_>, private_sections: &[SectionIndex], edits: &mut ObjectEdits) {
        let object = &member.object;
        // What belongs together has one NAME, `.gnu.linkonce.r.NAME` beside `.gnu.linkonce.t.NAME`, also where it
        // defines nothing global: the linker would keep another object's, and discard what these refer to.
        let is_private = |section: &LinkonceSection<'_>| private_sections.binary_search(&section.index).is_ok();
        let private = object.linkonce_sections.iter().filter(|section| is_private(section));
        let stems: HashSet<&[u8]> = private.map(|section| section.stem).collect();
        let mut public_sections = HashSet::new();
        if !stems.is_empty() {
            let symbols = object.symbols.iter().zip(&member.names);
            let named = symbols.filter(|(_, name)| self.new_name(**name) == NewName::Same);
            public_sections.extend(named.filter_map(|(symbol, _)| match symbol.placement {
                Placement::Section(section) => Some(section),
                _ => None,
            }));
        }
        let linkonce = |section: &&LinkonceSection<'_>| {
            let private =
                is_private(section) || stems.contains(section.stem) && !public_sections.contains(&section.index);
            private && !tag::is_tagged(section.name, b'.', &self.suffixes)
        };
        edits.sections.extend(
            object
                .linkonce_sections
                .iter()
                .filter(linkonce)
                .map(|s| (s.index, SectionChange::Rename(NewName::Private))),
        );
        let warnings = object.warning_sections.iter().filter(|section| self.warnings.contains(section.name));
        edits.sections.extend(warnings.map(|section| (section.index, SectionChange::Rename(NewName::Private))));
        let registries = object.bounded_sections.iter().filter(|section| self.registries.contains(section.name));
        edits.sections.extend(registries.map(|section| (section.index, SectionChange::Rename(NewName::Registry))));
        let sorted = object.sorted_sections.iter().filter(|section| self.registries.contains(section.name));
        edits.sections.extend(sorted.map(|section| (section.index, SectionChange::Rename(NewName::Registry))));
        edits.sections.sort_by_key(|&(index, _)| index);
        edits.sections.dedup_by_key(|(index, _)| *index);
    }
}
