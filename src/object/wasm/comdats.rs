//! COMDATs: parts that linkers keep or drop together, one such set per name. The name is no symbol; it goes with those
//! of what is defined there.

use std::collections::HashMap;

use super::linking::{COMDAT_DATA, COMDAT_FUNCTION, Comdat, ComdatEntry, Linking};
use super::{Part, WasmObject};
use crate::object::symbol::{
    Binding, NewName, ObjectEdits, ObjectSymbols, Placement, SectionIndex, SignatureSymbol, SymbolEdit, SymbolIndex,
};

/// What becomes of a COMDAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Becomes {
    /// It is called so.
    Called(NewName),
    /// None any more: what it held is this object's own.
    Nothing,
}

/// A symbol that is defined in some part.
struct Definition<'o> {
    name: &'o [u8],
    edit: Option<&'o SymbolEdit>,
    /// Whether it is local from now on.
    local: bool,
}

impl<'d> WasmObject<'d> {
    pub(super) fn read_comdats(&self, linking: &Linking<'d>, found: &mut ObjectSymbols<'d>) {
        for comdat in &linking.comdats {
            let parts = comdat.entries.iter().map(|entry| self.comdat_part(entry));
            found.add_group(comdat.name, SignatureSymbol::Name, parts);
        }
    }

    fn comdat_part(&self, entry: &ComdatEntry) -> SectionIndex {
        let index = entry.index as usize;
        self.index_of(match entry.kind {
            COMDAT_DATA => Part::Segment(index),
            COMDAT_FUNCTION => Part::Function(self.defined_function(index)),
            _ => Part::Section(index),
        })
    }

    /// What `edits` make of each COMDAT. Its name follows the symbol of the same name; where there is none, as with C++
    /// constructors (`C5`), the tag that the definitions get. Without a definition that others can see it is nothing to
    /// share.
    pub(super) fn comdats_become(&self, linking: &Linking<'d>, edits: &ObjectEdits) -> Vec<Becomes> {
        if linking.comdats.is_empty() {
            return Vec::new();
        }
        let mut defined: HashMap<SectionIndex, Vec<Definition<'_>>> = HashMap::new();
        for (at, entry) in linking.symbols().iter().enumerate() {
            let symbol = self.symbol(at, entry);
            if let Placement::Section(section) = symbol.placement {
                let edit = edits.symbol(SymbolIndex(at as u32)).filter(|edit| !edit.remove);
                let binding = edit.and_then(|edit| edit.binding).unwrap_or(symbol.binding);
                let definition = Definition { name: entry.name, edit, local: binding == Binding::Local };
                defined.entry(section).or_default().push(definition);
            }
        }
        let becomes = |comdat: &Comdat<'_>| {
            let parts = comdat.entries.iter().filter_map(|entry| defined.get(&self.comdat_part(entry)));
            let definitions: Vec<_> = parts.flatten().collect();
            if let Some(own) = definitions.iter().find(|definition| definition.name == comdat.name) {
                return match own.edit {
                    Some(edit) if edit.binding == Some(Binding::Local) => Becomes::Nothing,
                    edit => Becomes::Called(edit.map_or(NewName::Same, |edit| edit.name)),
                };
            }
            let any = |is: fn(&SymbolEdit) -> bool| definitions.iter().filter_map(|it| it.edit).any(is);
            if any(|edit| edit.name == NewName::Private) {
                return Becomes::Called(NewName::Private);
            }
            if any(|edit| edit.binding == Some(Binding::Local)) && definitions.iter().all(|it| it.local) {
                return Becomes::Nothing;
            }
            Becomes::Called(NewName::Same)
        };
        linking.comdats.iter().map(becomes).collect()
    }
}
