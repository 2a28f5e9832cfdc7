//! The common case: every symbol and section keeps its number, and the rows of both tables are compared as bytes.

use object::elf::{SHT_STRTAB, SHT_SYMTAB};
use object::pod::bytes_of;
use object::read::elf::{SectionHeader, Sym};

use super::{Class, ElfObject};
use crate::error::{Error, Result, printable};
use crate::object::elf::layout::Layout;
use crate::object::symbol::{Binding, NewName, ObjectEdits, Suffixes, SymbolEdit, Visibility};

/// A string table as it was and as it is.
struct Strings<'d> {
    old: &'d [u8],
    new: &'d [u8],
    /// Whether both are the same bytes.
    same: bool,
}

impl<'d> Strings<'d> {
    fn new(old: &'d [u8], new: &'d [u8]) -> Self {
        Self { old, new, same: old == new }
    }

    /// Whether what was called by the name at `old` is called the same by the one at `new`, with `suffix` behind it.
    fn agree(&self, old: u32, new: u32, suffix: &[u8]) -> bool {
        if self.same && old == new && suffix.is_empty() {
            return true;
        }
        let Some(name) = self.old.get(old as usize..) else { return false };
        let Some(len) = memchr::memchr(0, name) else { return false };
        self.is_called(new, &name[..len], suffix)
    }

    /// Whether the name at `new` is this one.
    fn is_called(&self, new: u32, name: &[u8], suffix: &[u8]) -> bool {
        let rest = self.new.get(new as usize..).and_then(|rest| rest.strip_prefix(name));
        rest.and_then(|rest| rest.strip_prefix(suffix)).is_some_and(|rest| rest.first() == Some(&0))
    }
}

impl<Elf: Class> ElfObject<'_, Elf> {
    /// Whether all symbols and sections keep their numbers: nothing goes away, and no symbol crosses the border between
    /// local and global ones. What else happens to sections is not the common case, nor is a symbol that is to be local:
    /// the group that it is the signature of changes.
    pub(super) fn keeps_rows(&self, edits: &ObjectEdits) -> bool {
        let stays = |edit: &SymbolEdit| {
            let symbol = self.symbols.symbols().get(edit.index.0 as usize);
            let is_global = symbol.is_some_and(|symbol| !symbol.is_local());
            !edit.remove && edit.binding.is_none_or(|binding| binding != Binding::Local && is_global)
        };
        edits.sections.is_empty() && edits.symbols.iter().all(stays)
    }

    /// As [`Self::verify`], where all rows are to be kept.
    pub(super) fn verify_rows(&self, after: &Self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<()> {
        let lens = |object: &Self| (object.sections.len(), object.symbols.len());
        let numbers = |object: &Self| (object.symbols.section(), object.symbols.string_section());
        if lens(self) != lens(after) || numbers(self) != numbers(after) {
            return Err(Error::verification("the number of sections or symbols is not as planned"));
        }
        let (header, place) = (bytes_of(self.header), Elf::E_SHOFF..Elf::E_SHOFF + word::<Elf>());
        let new_header = bytes_of(after.header);
        if header[..place.start] != new_header[..place.start] || header[place.end..] != new_header[place.end..] {
            return Err(Error::verification("the file header changed"));
        }
        let names = self.section_names_index()?;
        let sections = Strings::new(self.strings(names)?, after.strings(after.section_names_index()?)?);
        for (index, (old, new)) in self.section_headers().iter().zip(after.section_headers()).enumerate().skip(1) {
            if !self.is_kept(old, after, new, &sections) {
                let name = self.sections.section_name(self.endian, old).unwrap_or_default();
                return Err(Error::verification(format!("section {index} ({}) is not as planned", printable(name))));
            }
        }
        let strings = self.symbols.string_section().0;
        let symbols =
            if strings == names { sections } else { Strings::new(self.strings(strings)?, after.strings(strings)?) };
        let mut by_index = edits.symbols.iter().peekable();
        for (index, (old, new)) in self.symbols.symbols().iter().zip(after.symbols.symbols()).enumerate() {
            let edit = by_index.next_if(|edit| edit.index.0 as usize == index);
            let name = edit.map_or(NewName::Same, |edit| edit.name);
            let (old_name, new_name) = (old.st_name(self.endian), new.st_name(after.endian));
            let called = match name {
                NewName::Given(at) => symbols.is_called(new_name, &edits.names[at as usize], b""),
                _ => symbols.agree(old_name, new_name, suffixes.of(name)),
            };
            if !called || !is_edited::<Elf>(old, new, edit) {
                let name = printable(self.symbol_name(index, old)?);
                return Err(Error::verification(format!("symbol {index} ({name}) is not as planned")));
            }
        }
        match by_index.next() {
            Some(edit) => Err(Error::verification(format!("the plan names symbol {}, out of order", edit.index.0))),
            None => Ok(()),
        }
    }

    /// Whether a section is what it was, wherever it is now; the tables that are verified row by row may have changed.
    fn is_kept(&self, old: &Elf::SectionHeader, after: &Self, new: &Elf::SectionHeader, names: &Strings<'_>) -> bool {
        if names.same && bytes_of(old) == bytes_of(new) {
            return true;
        }
        let fields =
            [0..Elf::SH_NAME, Elf::SH_NAME + 4..Elf::SH_OFFSET, Elf::SH_SIZE + word::<Elf>()..size_of_val(old)];
        let kind = old.sh_type(self.endian);
        let place = |header: &Elf::SectionHeader, endian| -> (u64, u64) {
            (header.sh_offset(endian).into(), header.sh_size(endian).into())
        };
        let (was, is) = (place(old, self.endian), place(new, after.endian));
        names.agree(old.sh_name(self.endian), new.sh_name(after.endian), b"")
            && fields.into_iter().all(|field| bytes_of(old)[field.clone()] == bytes_of(new)[field])
            // What did not move was not rewritten either: only what did is read.
            && (was == is
                || kind == SHT_STRTAB
                || was.1 == is.1
                    && (kind == SHT_SYMTAB || old.data(self.endian, self.data) == new.data(after.endian, after.data)))
    }
}

/// The width of an address-sized field in bytes.
fn word<L: Layout>() -> usize {
    if L::WIDE { 8 } else { 4 }
}

/// Whether a symbol is what it was but for its name and what else the edit says.
fn is_edited<Elf: Class>(old: &Elf::Sym, new: &Elf::Sym, edit: Option<&SymbolEdit>) -> bool {
    let (was, is) = (bytes_of(old), bytes_of(new));
    let Some(edit) = edit else { return was[Elf::ST_NAME + 4..] == is[Elf::ST_NAME + 4..] };
    let (first, last) = (Elf::ST_INFO.min(Elf::ST_OTHER), Elf::ST_INFO.max(Elf::ST_OTHER));
    let others = was[Elf::ST_NAME + 4..first] == is[Elf::ST_NAME + 4..first] && was[last + 1..] == is[last + 1..];
    let binding = edit.binding.map_or(old.st_bind(), |binding| match binding {
        Binding::Local => object::elf::STB_LOCAL,
        Binding::Global => object::elf::STB_GLOBAL,
        Binding::Weak => object::elf::STB_WEAK,
        Binding::Unique => object::elf::STB_GNU_UNIQUE,
    });
    let visibility = edit.visibility.map_or(old.st_visibility(), |visibility| match visibility {
        Visibility::Default => object::elf::STV_DEFAULT,
        Visibility::Internal => object::elf::STV_INTERNAL,
        Visibility::Hidden => object::elf::STV_HIDDEN,
        Visibility::Protected => object::elf::STV_PROTECTED,
    });
    others
        && new.st_bind() == binding
        && new.st_type() == old.st_type()
        && new.st_visibility() == visibility
        && new.st_other().0 & !3 == old.st_other().0 & !3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_agree_with_their_suffix_and_nothing_more() {
        let strings = Strings::new(b"\0foo\0bar\0", b"\0bar\0foo.t\0");
        assert!(strings.agree(1, 5, b".t") && strings.agree(5, 1, b""));
        assert!(!strings.agree(1, 5, b"") && !strings.agree(5, 1, b".t") && !strings.agree(1, 6, b".t"));
        assert!(!strings.agree(1, 50, b"") && !strings.agree(50, 1, b""));
        let same = Strings::new(b"\0foo\0", b"\0foo\0");
        assert!(same.agree(1, 1, b"") && !same.agree(1, 2, b"") && !same.agree(1, 1, b".t"));
    }
}
