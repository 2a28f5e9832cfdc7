//! Names: of up to eight bytes in the symbol's or section's own record, else in the string table behind the symbols.
//!
//! The string table is edited, not rebuilt: see [`string_table`](crate::object::string_table). Its offsets count from the
//! four bytes of its size; to the rewriter it begins with the last of these, as offset 0 is the empty name in any table.

use std::borrow::Cow;

use object::read::coff::Symbol as _;

use super::CoffObject;
use super::edit::Draft;
use super::layout::{Layout, put_u32};
use super::numbers::Numbers;
use crate::error::{Error, Result};
use crate::object::string_table::{Rewriter, Rewritten};
use crate::object::symbol::{NewName, ObjectEdits, SectionChange, SectionIndex, Suffixes, SymbolIndex};

/// How many bytes of the size are no part of the table as the rewriter sees it.
const SIZE: u32 = 3;

/// The offset of a name that stands in no string table yet.
const NOWHERE: u32 = 0;

/// A name that stays or comes, and where it is written.
struct Named<P> {
    place: P,
    /// Its offset in the old string table; [`NOWHERE`] for one that it does not have.
    offset: u32,
    name: NewName,
}

/// Names that come, and what the string table has to be given of them.
#[derive(Default)]
struct Names {
    symbols: Vec<Named<usize>>,
    /// What weakened symbols fall back to, by these.
    fallbacks: Vec<Named<usize>>,
    sections: Vec<Named<SectionIndex>>,
    given: Vec<Vec<u8>>,
}

impl Names {
    /// What becomes of a name of `old`: one that moves into the table is given to it.
    fn named<P>(
        &mut self,
        place: P,
        offset: u32,
        old: &[u8],
        name: NewName,
        edits: &ObjectEdits,
        suffixes: &Suffixes,
    ) -> Named<P> {
        let in_table = offset != NOWHERE && !matches!(name, NewName::Given(_)) && !is_sorted(old, name);
        if in_table || offset == NOWHERE && name == NewName::Same {
            return Named { place, offset, name };
        }
        self.given.push(new_name(old, name, edits, suffixes).into_owned());
        Named { place, offset, name: NewName::Given(self.given.len() as u32 - 1) }
    }
}

/// A registry's sections are sorted by what stands behind the `$`, which its mark has to leave at the end.
fn is_sorted(old: &[u8], name: NewName) -> bool {
    name == NewName::Registry && old.contains(&b'$')
}

/// What a symbol or section called `old` is called as `name`.
pub(super) fn new_name<'n>(old: &'n [u8], name: NewName, edits: &'n ObjectEdits, suffixes: &Suffixes) -> Cow<'n, [u8]> {
    match (name, memchr::memchr(b'$', old)) {
        (NewName::Same, _) => Cow::Borrowed(old),
        (NewName::Given(at), _) => Cow::Borrowed(&edits.names[at as usize]),
        (NewName::Registry, Some(at)) => Cow::Owned([&old[..at], &suffixes.registry, &old[at..]].concat()),
        (name, _) => Cow::Owned([old, suffixes.of(name)].concat()),
    }
}

impl<Coff: Layout> CoffObject<'_, Coff> {
    /// Writes the names of symbols and sections, and rewrites the string table, where any name changes or goes.
    ///
    /// # Errors
    /// Malformed, for names outside the string table; unsupported, for a table past its limits.
    pub(super) fn rename(
        &self,
        edits: &ObjectEdits,
        suffixes: &Suffixes,
        numbers: &Numbers,
        draft: &mut Draft,
    ) -> Result<()> {
        let renamed = edits.symbols.iter().any(|edit| edit.name != NewName::Same);
        if !renamed && edits.sections.is_empty() && !numbers.renumbers_symbols() {
            return Ok(());
        }
        let names = self.names(edits, suffixes, numbers)?;
        let malformed = |at: u64| move || Error::malformed(at, "a name is outside the string table");
        let table = self.strings.get(SIZE as usize..).unwrap_or_default();
        let mut rewriter = Rewriter::new(table);
        for symbol in names.symbols.iter().filter(|symbol| symbol.offset != NOWHERE) {
            let noted = rewriter.note(symbol.offset.wrapping_sub(SIZE), symbol.name);
            noted.ok_or_else(malformed(self.symbol_offset(symbol.place)))?;
        }
        for section in names.sections.iter().filter(|section| section.offset != NOWHERE) {
            let noted = rewriter.note(section.offset.wrapping_sub(SIZE), section.name);
            noted.ok_or_else(malformed(self.section_header_offset(section.place)))?;
        }
        let long = names.given.iter().map(|name| if name.len() > 8 { name.clone() } else { Vec::new() });
        let new = rewriter.finish(suffixes, &long.collect::<Vec<_>>());
        let new = new.ok_or_else(malformed(self.symbol_offset(self.symbols.len())))?;
        for symbol in &names.symbols {
            if let Some(field) = names.field(symbol, &new) {
                draft.record::<Coff>(symbol.place)[..8].copy_from_slice(&field);
            }
        }
        for fallback in &names.fallbacks {
            if let (Some(field), Some(added)) =
                (names.field(fallback, &new), draft.added_records.get_mut(&fallback.place))
            {
                added[Coff::RECORD..][..8].copy_from_slice(&field);
            }
        }
        for section in &names.sections {
            if let Some(field) = names.field(section, &new) {
                draft.header(section.place)[..8].copy_from_slice(&section_field(field));
            }
        }
        let size = u32::try_from(new.bytes.len() + SIZE as usize);
        let size = size.map_err(|_| Error::unsupported("the string table would pass 4 GiB"))?;
        let mut strings = size.to_le_bytes().to_vec();
        strings.extend_from_slice(&new.bytes[1..]);
        draft.strings = Some(strings);
        Ok(())
    }

    /// The names of all that stays.
    fn names(&self, edits: &ObjectEdits, suffixes: &Suffixes, numbers: &Numbers) -> Result<Names> {
        let mut names = Names::default();
        let section_name = |index: SectionIndex| match edits.section(index) {
            Some(SectionChange::Rename(name)) => name,
            _ => NewName::Same,
        };
        for (index, symbol) in self.symbols.iter().filter(|(index, _)| numbers.symbol(index.0 as u32).is_some()) {
            let old = self.symbol_name(index.0, symbol)?;
            let edit = edits.symbol(SymbolIndex(index.0 as u32));
            let name = match symbol.section_number().index().map(SectionIndex) {
                _ if edit.is_some_and(|edit| edit.name != NewName::Same) => {
                    edit.map_or(NewName::Same, |edit| edit.name)
                }
                // A section's own symbol has its name: GNU ld takes a COMDAT section for one by that.
                Some(section) if symbol.has_aux_section() && self.section_name(section)? == old => {
                    section_name(section)
                }
                _ => NewName::Same,
            };
            let [a, b, c, d, offset @ ..] = symbol.raw_name();
            let offset = if [a, b, c, d] == [&0; 4] { u32::from_le_bytes(*offset) } else { NOWHERE };
            let named = names.named(index.0, offset, old, name, edits, suffixes);
            names.symbols.push(named);
        }
        for (index, name) in self.fallback_names(edits, suffixes)? {
            names.given.push(name);
            let name = NewName::Given(names.given.len() as u32 - 1);
            names.fallbacks.push(Named { place: index, offset: NOWHERE, name });
        }
        for (index, section) in self.numbered_sections().filter(|(index, _)| numbers.section(*index).is_some()) {
            let offset = section.name_offset().ok().flatten().unwrap_or(NOWHERE);
            let named = names.named(index, offset, self.section_name(index)?, section_name(index), edits, suffixes);
            names.sections.push(named);
        }
        Ok(names)
    }
}

impl Names {
    /// What a record's name field is to be, as a symbol's: the name, or four NULs and its offset. `None` where it stays.
    fn field<P>(&self, named: &Named<P>, new: &Rewritten) -> Option<[u8; 8]> {
        let mut field = [0; 8];
        match named.name {
            NewName::Given(at) if self.given[at as usize].len() <= 8 => {
                let name = &self.given[at as usize];
                field[..name.len()].copy_from_slice(name);
            }
            NewName::Same if named.offset == NOWHERE => return None,
            name => match new.offset(named.offset.wrapping_sub(SIZE), name) {
                // The empty name.
                0 => {}
                offset => put_u32(&mut field, 4, offset + SIZE),
            },
        }
        Some(field)
    }
}

/// The same for a section: an offset is `/` and seven decimal digits, or `//` and six to the base 64 ("Section Table",
/// and LLVM's `COFF::encodeSectionName`).
fn section_field(field: [u8; 8]) -> [u8; 8] {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let [0, 0, 0, 0, offset @ ..] = field else { return field };
    let mut offset = u32::from_le_bytes(offset);
    if offset == 0 {
        return field;
    }
    let mut field = [0; 8];
    if offset <= 9_999_999 {
        let digits = format!("/{offset}");
        field[..digits.len()].copy_from_slice(digits.as_bytes());
        return field;
    }
    field[..2].copy_from_slice(b"//");
    for digit in field[2..].iter_mut().rev() {
        *digit = DIGITS[offset as usize % 64];
        offset /= 64;
    }
    field
}
