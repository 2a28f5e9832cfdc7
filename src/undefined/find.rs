//! Finds the references that nothing provides, and where they are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::providers::{Provider, Providers};
use crate::error::Result;
use crate::input::ParsedArchive;
use crate::object::Object;
use crate::object::symbol::{Binding, Reach, ReferenceForm, SectionIndex, SymbolIndex, SymbolKind};
use crate::plan::{MemberSymbols, NameId, SymbolDb};

/// All references to what the archives do not define.
#[derive(Debug, Default)]
pub struct References<'d> {
    /// What nothing provides and some reference requires, by name.
    pub undefined: BTreeMap<&'d [u8], Undefined>,
    /// What nothing provides and no reference requires: these stay null.
    pub weak: BTreeSet<&'d [u8]>,
    /// What C++'s runtime library is taken to provide.
    pub of_cxx: BTreeSet<&'d [u8]>,
}

/// References to one name that nothing provides.
#[derive(Debug)]
pub struct Undefined {
    /// The name.
    pub id: NameId,
    /// Whether it is thread-local data.
    pub is_tls: bool,
    /// By members and sections.
    pub uses: Vec<Use>,
    /// How near a definition has to be, for the most demanding of them.
    pub reach: Reach,
}

/// References to one name in one section.
#[derive(Debug)]
pub struct Use {
    /// The archive, and the member's position in it.
    pub member: (usize, usize),
    /// The section.
    pub section: SectionIndex,
    /// Whether the section is part of the loaded program.
    pub loaded: bool,
    /// How many there are of each form.
    pub forms: BTreeMap<ReferenceForm, usize>,
}

impl<'d> References<'d> {
    /// Looks at the symbols first, and at the relocations of those members that refer to what nothing provides. A name
    /// that no relocation uses makes no linker fail, and is left out.
    ///
    /// # Errors
    /// Malformed, with file, member and offset.
    pub fn find(parsed: &[ParsedArchive<'d>], db: &SymbolDb<'d>, providers: &Providers<'d>) -> Result<Self> {
        let mut found = Self::default();
        let mut wanted = HashMap::new();
        for (name, (id, required)) in undefined_names(db) {
            match providers.of_name(db.name(id).spelling()) {
                None if required => _ = wanted.insert(id, name),
                None => _ = found.weak.insert(name),
                Some(Provider::Cxx) => _ = found.of_cxx.insert(name),
                Some(_) => {}
            }
        }
        for member in db.members() {
            found.add_uses(&parsed[member.archive], member, &wanted)?;
        }
        Ok(found)
    }

    fn add_uses(
        &mut self,
        parsed: &ParsedArchive<'d>,
        member: &MemberSymbols<'d>,
        wanted: &HashMap<NameId, &'d [u8]>,
    ) -> Result<()> {
        let symbols = member.object.symbols.iter().zip(&member.names);
        let symbols =
            symbols.filter(|(_, id)| wanted.contains_key(id)).map(|(symbol, &id)| (symbol.index, (id, symbol)));
        let symbols: HashMap<SymbolIndex, _> = symbols.collect();
        if symbols.is_empty() {
            return Ok(());
        }
        let object = &parsed.objects[member.position];
        let place = |error| parsed.locate(error, member.position);
        let references = object.references(|symbol| symbols.contains_key(&symbol)).map_err(place)?;
        let sections = object.all_sections().map_err(place)?;
        let loaded: BTreeSet<SectionIndex> = sections.iter().filter(|s| s.loaded).map(|s| s.index).collect();
        let mut forms = BTreeMap::<(SymbolIndex, SectionIndex), BTreeMap<ReferenceForm, usize>>::new();
        for reference in references {
            let of_section = forms.entry((reference.symbol, reference.section)).or_default();
            *of_section.entry(reference.form).or_default() += 1;
        }
        if matches!(object, Object::Bitcode(_)) {
            // Each symbol is there for a use, and the machine code is still to come.
            forms.extend(symbols.keys().map(|&symbol| ((symbol, SectionIndex(0)), BTreeMap::new())));
        }
        for ((symbol, section), forms) in forms {
            let (id, symbol) = symbols[&symbol];
            let entry = self.undefined.entry(wanted[&id]).or_insert_with(|| Undefined {
                id,
                is_tls: false,
                uses: Vec::new(),
                reach: Reach::Anywhere,
            });
            let loaded = loaded.contains(&section);
            entry.is_tls |= symbol.kind == SymbolKind::Tls;
            // What debuggers read takes any value.
            let reaches = forms.keys().filter(|_| loaded).map(|&form| object.reach(section, form));
            let least = if forms.is_empty() { Reach::Unknown } else { entry.reach };
            entry.reach = reaches.fold(least.max(entry.reach), Reach::max);
            entry.uses.push(Use { member: (member.archive, member.position), section, loaded, forms });
        }
        Ok(())
    }
}

/// Every name that something refers to and nothing defines, and whether a reference requires it.
fn undefined_names<'d>(db: &SymbolDb<'d>) -> BTreeMap<&'d [u8], (NameId, bool)> {
    let mut names = BTreeMap::new();
    for member in db.members() {
        for (symbol, &id) in member.object.symbols.iter().zip(&member.names) {
            if db.name(id).definitions == 0 {
                let (_, required) = names.entry(symbol.name).or_insert((id, false));
                *required |= symbol.binding != Binding::Weak;
            }
        }
    }
    names
}
