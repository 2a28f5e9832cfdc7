//! Holds rewritten directives against their original and the edits.

use std::collections::{BTreeMap, BTreeSet};

use object::pe;
use object::read::coff::Symbol as _;

use super::CoffObject;
use super::directives::{Mention, Said, mentions, options};
use super::layout::Layout;
use super::names::new_name;
use crate::error::Result;
use crate::object::symbol::{ObjectEdits, Suffixes, SymbolEdit, Visibility};

impl<Coff: Layout> CoffObject<'_, Coff> {
    /// Whether each option is there that was, but for exports of what is private, and says the same of the same symbols.
    pub(super) fn same_directives(&self, after: &Self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<bool> {
        let (before, now) = (self.directive_text()?, after.directive_text()?);
        let edited = self.edited_names(edits, before)?;
        let is_exclusion = |mention: &Mention| mention.said == Said::Excluded;
        let mut expected = Vec::new();
        for mention in mentions(before).into_iter().filter(|mention| !is_exclusion(mention)) {
            let name = &before[mention.name.clone()];
            let linkage = [self.prefix(), name].concat();
            let (edit, short) = match (edited.get(name), edited.get(&linkage[..])) {
                (Some(edit), _) => (Some(edit), false),
                (None, edit) => (edit.filter(|_| mention.as_in_c), true),
            };
            match edit {
                Some(edit) if self.ends_export(&mention, edit) => {}
                Some(edit) if short => {
                    let new = new_name(&linkage, edit.name, edits, suffixes);
                    expected.push((mention.said, new[self.prefix().len()..].to_vec()));
                }
                Some(edit) => expected.push((mention.said, new_name(name, edit.name, edits, suffixes).into_owned())),
                None => expected.push((mention.said, name.to_vec())),
            }
        }
        let found = mentions(now).into_iter().filter(|mention| !is_exclusion(mention));
        let found: Vec<_> = found.map(|mention| (mention.said, now[mention.name].to_vec())).collect();
        Ok(expected == found && others(before) == others(now))
    }

    /// Whether exactly what was hidden is so, and what is to be.
    pub(super) fn hides(&self, after: &Self, edits: &ObjectEdits, suffixes: &Suffixes) -> Result<bool> {
        let mut expected = BTreeSet::new();
        let before = self.directive_text()?;
        let edited = self.edited_names(edits, before)?;
        for name in self.excluded()? {
            let linkage = [self.prefix(), name].concat();
            let edit = edited.get(&linkage[..]);
            if edit.is_some_and(|edit| edit.visibility == Some(Visibility::Default)) {
                continue;
            }
            let new = edit.map(|edit| new_name(&linkage, edit.name, edits, suffixes));
            expected.insert(new.map_or_else(|| name.to_vec(), |new| new[self.prefix().len()..].to_vec()));
        }
        for (name, edit) in edited.iter().filter(|(_, edit)| edit.visibility == Some(Visibility::Hidden)) {
            let new = new_name(name, edit.name, edits, suffixes);
            expected.insert(new[self.prefix_len(&new).into()..].to_vec());
        }
        Ok(after.excluded()?.into_iter().map(<[u8]>::to_vec).collect::<BTreeSet<_>>() == expected)
    }

    fn directive_text(&self) -> Result<&[u8]> {
        Ok(self.directives()?.map(|(_, directives)| directives).unwrap_or_default())
    }

    /// The edits of global names, of those that directives alone refer to as well.
    fn edited_names<'n>(&'n self, edits: &ObjectEdits, directives: &'n [u8]) -> Result<BTreeMap<&'n [u8], SymbolEdit>> {
        let mentions = mentions(directives);
        let mut names = BTreeMap::new();
        for edit in &edits.symbols {
            let index = edit.index.0 as usize;
            let name = match (self.symbols.symbol(object::SymbolIndex(index)), index.checked_sub(self.symbols.len())) {
                (Ok(symbol), _) if symbol.storage_class() == pe::IMAGE_SYM_CLASS_STATIC => continue,
                (Ok(symbol), _) => self.symbol_name(index, symbol)?,
                (Err(_), Some(at)) if at < mentions.len() => &directives[mentions[at].name.clone()],
                _ => continue,
            };
            names.insert(name, *edit);
        }
        Ok(names)
    }
}

/// The options that name no symbol.
fn others(directives: &[u8]) -> Vec<&[u8]> {
    let named: BTreeSet<usize> = mentions(directives).iter().map(|mention| mention.option.start).collect();
    let options = options(directives).into_iter().filter(|option| !named.contains(&option.start));
    options.map(|option| &directives[option]).collect()
}
