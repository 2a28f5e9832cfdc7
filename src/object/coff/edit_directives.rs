//! Directives follow the symbols that they name, and hide those that are to be hidden.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use object::pe;
use object::read::coff::Symbol as _;

use super::CoffObject;
use super::directives::{Mention, NAME, Said, mentions};
use super::edit::Draft;
use super::format::can_hide;
use super::layout::{Layout, put_u32, section};
use super::names::new_name;
use crate::error::{Error, Result};
use crate::object::format::Format;
use crate::object::symbol::{
    Binding, NewName, ObjectEdits, Placement, Suffixes, Symbol, SymbolEdit, SymbolIndex, SymbolKind, Visibility,
};

/// The most sections that 16 bits number: what is above is reserved.
const MOST_SECTIONS: usize = 0xfeff;

impl<'d, Coff: Layout> CoffObject<'d, Coff> {
    /// Names that directives alone refer to, as references: numbered behind the symbol table's, in the order of the
    /// mentions. So what happens to them elsewhere happens to them here.
    ///
    /// # Errors
    /// Malformed, with the offset of a section's header.
    pub(super) fn named_in_directives(&self, symbols: &[Symbol<'d>]) -> Result<Vec<Symbol<'d>>> {
        let Some((_, directives)) = self.directives()? else { return Ok(Vec::new()) };
        let mut known: HashSet<&[u8]> = symbols.iter().map(|symbol| symbol.name).collect();
        let mut found = Vec::new();
        for (at, mention) in mentions(directives).into_iter().enumerate() {
            let name = &directives[mention.name.clone()];
            let referred = matches!(mention.said, Said::Included | Said::Alternate | Said::Exported);
            let is_linkage = !mention.as_in_c || self.prefix().is_empty();
            if referred && is_linkage && known.insert(name) {
                found.push(Symbol {
                    name,
                    prefix: self.prefix_len(name),
                    index: SymbolIndex((self.symbols.len() + at) as u32),
                    binding: if mention.said == Said::Included { Binding::Global } else { Binding::Weak },
                    visibility: Visibility::Default,
                    kind: SymbolKind::Other,
                    placement: Placement::Undefined,
                    size: 0,
                    indexed: false,
                });
            }
        }
        Ok(found)
    }

    /// Rewrites the directives in `draft`, or adds some, where a name in them changes or is to be hidden.
    ///
    /// # Errors
    /// Malformed, with the offset in the member; unsupported, past the number of sections that there can be.
    pub(super) fn rewrite_directives(&self, edits: &ObjectEdits, suffixes: &Suffixes, draft: &mut Draft) -> Result<()> {
        let changed = |edit: &&SymbolEdit| edit.name != NewName::Same || edit.visibility.is_some();
        let mut named = HashMap::new();
        let mut hidden = Vec::new();
        let old = self.directives()?;
        for edit in edits.symbols.iter().filter(changed) {
            let index = edit.index.0 as usize;
            let name = match self.symbols.symbol(object::SymbolIndex(index)) {
                Ok(symbol) if symbol.storage_class() == pe::IMAGE_SYM_CLASS_STATIC => continue,
                Ok(symbol) => self.symbol_name(index, symbol)?,
                Err(_) => continue,
            };
            named.insert(name, *edit);
            if edit.visibility == Some(Visibility::Hidden) {
                let new = new_name(name, edit.name, edits, suffixes).into_owned();
                hidden.push(new[usize::from(self.prefix_len(&new))..].to_vec());
            }
        }
        for (edit, name) in self.mentioned(edits, old.map(|(_, directives)| directives).unwrap_or_default()) {
            named.insert(name, edit);
        }
        let (mut new, mut at) = (Vec::new(), 0);
        let directives = old.map(|(_, directives)| directives).unwrap_or_default();
        let all = mentions(directives);
        let unhides = |mention: &Mention| {
            let edit = self.named(mention, directives, &named);
            mention.said == Said::Excluded && edit.is_some_and(|(_, edit)| edit.visibility == Some(Visibility::Default))
        };
        let undone: BTreeSet<usize> = all.iter().filter(|it| unhides(it)).map(|it| it.option.start).collect();
        for mention in &all {
            let found = self.named(mention, directives, &named);
            if undone.contains(&mention.option.start) {
                // The rest of such a list is written anew.
                new.extend_from_slice(directives.get(at..mention.option.start).unwrap_or_default());
                at = mention.option.end;
                if !unhides(mention) {
                    let name = &directives[mention.name.clone()];
                    let linkage = found.map(|(name, edit)| new_name(name, edit.name, edits, suffixes).into_owned());
                    let name = linkage.map_or(name.to_vec(), |new| new[self.prefix_len(&new).into()..].to_vec());
                    hidden.push(name);
                }
                continue;
            }
            let Some((name, edit)) = found else { continue };
            if self.ends_export(mention, &edit) {
                new.extend_from_slice(&directives[at..mention.option.start]);
                at = mention.option.end;
                continue;
            }
            let renamed = new_name(name, edit.name, edits, suffixes);
            // In C's spelling where the mention is.
            let short = directives[mention.name.clone()].len() < name.len();
            let renamed = &renamed[if short { self.prefix().len() } else { 0 }..];
            new.extend_from_slice(&directives[at..mention.name.start]);
            new.extend_from_slice(&if mention.quoted { Cow::Borrowed(renamed) } else { quoted(renamed) });
            at = mention.name.end;
        }
        new.extend_from_slice(&directives[at..]);
        if !hidden.is_empty() {
            new.extend_from_slice(b" -exclude-symbols:");
            let names: Vec<_> = hidden.iter().map(|name| quoted(name)).collect();
            new.extend_from_slice(&names.join(&b','));
        }
        match old {
            _ if new == directives => Ok(()),
            // What is added would be part of it.
            Some((section, _)) if memchr::memchr_iter(b'"', directives).count() % 2 == 1 => {
                let at = self.section_header_offset(section);
                Err(Error::malformed(at, "a quote in the directives that have to change is not closed"))
            }
            Some((section, _)) => {
                draft.contents.insert(section, new);
                Ok(())
            }
            None => self.add_directives(new, draft),
        }
    }

    /// The edits of names that directives alone refer to, with the names.
    fn mentioned<'n>(&self, edits: &ObjectEdits, directives: &'n [u8]) -> Vec<(SymbolEdit, &'n [u8])> {
        let first = edits.symbols.partition_point(|edit| (edit.index.0 as usize) < self.symbols.len());
        if first == edits.symbols.len() {
            return Vec::new();
        }
        let mentions = mentions(directives);
        let mention = |edit: &SymbolEdit| mentions.get(edit.index.0 as usize - self.symbols.len());
        edits.symbols[first..]
            .iter()
            .filter_map(|edit| Some((*edit, &directives[mention(edit)?.name.clone()])))
            .collect()
    }

    /// The symbol that a mention names, by its linkage name, and what happens to it.
    fn named<'n>(
        &self,
        mention: &Mention,
        directives: &[u8],
        edits: &HashMap<&'n [u8], SymbolEdit>,
    ) -> Option<(&'n [u8], SymbolEdit)> {
        let name = &directives[mention.name.clone()];
        let found = |name: &[u8]| edits.get_key_value(name).map(|(name, edit)| (*name, *edit));
        found(name).or_else(|| found(&[self.prefix(), name].concat()).filter(|_| mention.as_in_c))
    }

    /// What is private is no longer exported: GNU's linkers are told to hide it, Microsoft's export what is asked for.
    pub(super) fn ends_export(&self, mention: &Mention, edit: &SymbolEdit) -> bool {
        let private = edit.name == NewName::Private && !can_hide(self.facts());
        mention.said == Said::Exported && (private || edit.visibility == Some(Visibility::Hidden))
    }

    /// A section of its own, behind the others.
    fn add_directives(&self, directives: Vec<u8>, draft: &mut Draft) -> Result<()> {
        if !Coff::is_type_bigobj() && self.sections.len() >= MOST_SECTIONS {
            let what = "there are no section numbers left for one that tells linkers what to hide";
            return Err(Error::unsupported(what));
        }
        let mut header = [0; section::HEADER];
        header[..NAME.len()].copy_from_slice(NAME);
        let flags = pe::IMAGE_SCN_LNK_INFO | pe::IMAGE_SCN_LNK_REMOVE | pe::IMAGE_SCN_ALIGN_1BYTES;
        put_u32(&mut header, section::CHARACTERISTICS, flags.0);
        put_u32(&mut header, section::SIZE_OF_RAW_DATA, directives.len() as u32);
        draft.added = Some((header, directives));
        Ok(())
    }
}

/// A name as an option has it: in quotes, unless all linkers take it as it is (LLVM's `canBeUnquotedInDirective`).
fn quoted(name: &[u8]) -> Cow<'_, [u8]> {
    let plain = name.iter().all(|&c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'@' | b'#'));
    if plain { Cow::Borrowed(name) } else { Cow::Owned([b"\"", name, b"\""].concat()) }
}
