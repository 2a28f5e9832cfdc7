//! Stripping: what is taken out of objects whole, by what it is for.
//!
//! What goes away takes no part in a plan, so it is found before anything is decided. Knows no format.

use crate::error::Result;
use crate::input::ParsedArchive;
use crate::object::Object;
use crate::object::symbol::{
    Bytecode, ObjectEdits, ObjectSymbols, Placement, Section, SectionChange, SectionIndex, SectionPurpose, SymbolEdit,
    SymbolKind,
};
use crate::parallel;

/// What to strip.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Strip {
    /// Bytecode beside machine code.
    pub bitcode: bool,
    /// Debug information, and the names of source files.
    pub debug: bool,
}

/// How much of one kind was stripped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Stripped {
    /// `bitcode` or `debug`.
    pub what: SectionPurpose,
    /// How many sections, their relocations included.
    pub sections: usize,
    /// How many bytes these took, their headers and names apart.
    pub bytes: u64,
}

impl Strip {
    /// Whether anything is to be stripped.
    pub fn is_any(self) -> bool {
        self.bitcode || self.debug
    }

    fn strips(self, purpose: SectionPurpose) -> bool {
        match purpose {
            SectionPurpose::Bitcode => self.bitcode,
            SectionPurpose::Debug => self.debug,
            _ => false,
        }
    }

    /// What goes away in each member of an archive.
    ///
    /// # Errors
    /// Malformed, with file, member and offset.
    pub(crate) fn removals(self, parsed: &ParsedArchive<'_>) -> Result<Vec<ObjectEdits>> {
        if !self.is_any() {
            return Ok(vec![ObjectEdits::default(); parsed.objects.len()]);
        }
        let objects = &parsed.objects;
        parallel::try_map(objects.len(), |at| self.of(&objects[at]).map_err(|error| parsed.locate(error, at)))
    }

    /// What goes away in an object: sections, and with debug information the symbols of source files, as
    /// `llvm-objcopy --strip-debug` has it.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn of(self, object: &Object<'_>) -> Result<ObjectEdits> {
        let mut edits = ObjectEdits::default();
        let sections = object.linked_sections()?;
        let stripped = sections.iter().filter(|section| self.strips(section.purpose));
        edits.sections = stripped.map(|section| (section.index, SectionChange::Remove)).collect();
        if self.debug && !sections.is_empty() {
            let files = object.all_symbols()?.into_iter().filter(|symbol| symbol.kind == SymbolKind::File);
            edits.symbols = files.map(|file| SymbolEdit { remove: true, ..SymbolEdit::of(file.index) }).collect();
        }
        Ok(edits)
    }

    /// What takes part in linking once `removals` are gone.
    pub fn left<'d>(self, mut symbols: ObjectSymbols<'d>, removals: &ObjectEdits) -> ObjectSymbols<'d> {
        let stays =
            |index: SectionIndex| removals.sections.binary_search_by_key(&index, |&(removed, _)| removed).is_err();
        if !removals.sections.is_empty() {
            symbols.symbols.retain(|symbol| match symbol.placement {
                Placement::Section(section) => stays(section),
                _ => true,
            });
            let mut groups = std::mem::take(&mut symbols.groups);
            groups.retain(|group| symbols.sections_of(group).iter().any(|&section| stays(section)));
            symbols.groups = groups;
            symbols.linkonce_sections.retain(|section| stays(section.index));
        }
        if self.bitcode && symbols.bytecode.is_some_and(Bytecode::is_fat) {
            symbols.bytecode = None;
        }
        symbols
    }

    /// How much of each kind there is to strip.
    ///
    /// # Errors
    /// Malformed, with file, member and offset.
    pub(crate) fn amounts(self, archives: &[ParsedArchive<'_>]) -> Result<Vec<Stripped>> {
        let kinds = [SectionPurpose::Bitcode, SectionPurpose::Debug].into_iter().filter(|&kind| self.strips(kind));
        let mut amounts: Vec<_> = kinds.map(|what| Stripped { what, sections: 0, bytes: 0 }).collect();
        for parsed in archives.iter().filter(|_| self.is_any()) {
            let members = parallel::try_map(parsed.objects.len(), |at| {
                let sections = parsed.objects[at].linked_sections().map_err(|error| parsed.locate(error, at))?;
                Ok(amounts.iter().map(|amount| Stripped::of(amount.what, &sections)).collect::<Vec<_>>())
            })?;
            for of_member in members {
                for (amount, more) in amounts.iter_mut().zip(of_member) {
                    amount.sections += more.sections;
                    amount.bytes += more.bytes;
                }
            }
        }
        Ok(amounts)
    }
}

impl Stripped {
    fn of(what: SectionPurpose, sections: &[Section<'_>]) -> Self {
        let sections = sections.iter().filter(|section| section.purpose == what);
        Self { what, sections: sections.clone().count(), bytes: sections.map(|section| section.file_size).sum() }
    }
}
