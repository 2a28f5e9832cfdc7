//! Every symbol of all given archives, by name. Built once; everything later only reads it.

use std::collections::HashMap;

use super::intern::Names;
use crate::error::Result;
use crate::input::ParsedArchive;
use crate::object::symbol::{ComdatGroup, ObjectSymbols, SignatureSymbol, Spelling, Symbol, SymbolIndex, Visibility};
use crate::origin::{MemberOrigins, Origin};
use crate::parallel;

/// A name's position among all names. Names are numbered in the order of archives, members and symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(pub u32);

/// A member's position among the members of all archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(pub u32);

/// What the archives together say of a name.
#[derive(Debug, Clone, Copy)]
pub struct Name<'d> {
    /// The linkage name.
    pub bytes: &'d [u8],
    /// How much of it the platform put in front of the name in C.
    pub prefix: u8,
    /// The position of the machine whose links it takes part in: slices of fat files never meet those for others.
    pub(super) machine: u16,
    /// How many definitions there are.
    pub definitions: u32,
    /// The first member that defines it.
    pub first_definition: Option<MemberId>,
    /// Whether a definition is visible outside a linked component.
    pub visible: bool,
}

impl<'d> Name<'d> {
    /// What a symbol is called, of which nothing else is known yet.
    pub(super) fn new(symbol: &Symbol<'d>, machine: u16) -> Self {
        let Symbol { name: bytes, prefix, .. } = *symbol;
        Self { bytes, prefix, machine, definitions: 0, first_definition: None, visible: false }
    }

    /// What one of its symbols says.
    pub(super) fn note(&mut self, symbol: &Symbol<'_>, member: MemberId) {
        if symbol.is_definition() {
            self.definitions += 1;
            self.first_definition.get_or_insert(member);
            self.visible |= matches!(symbol.visibility, Visibility::Default | Visibility::Protected);
        }
    }

    /// Its linkage name and the one in C.
    pub fn spelling(&self) -> Spelling<'d> {
        Spelling { linkage: self.bytes, prefix: self.prefix }
    }

    /// The name in C, or a compiler's mangled one.
    pub fn source(&self) -> &'d [u8] {
        self.spelling().source()
    }
}

/// A member's symbols and what they are called.
#[derive(Debug)]
pub struct MemberSymbols<'d> {
    /// The archive it is in, and its position there.
    pub archive: usize,
    /// Its position among the archive's members.
    pub position: usize,
    /// Whose it is.
    pub origin: Origin,
    /// What its object holds.
    pub object: ObjectSymbols<'d>,
    /// For each of the object's symbols, its name.
    pub names: Vec<NameId>,
}

impl MemberSymbols<'_> {
    /// The names that cannot become local here.
    pub fn global_only(&self) -> impl Iterator<Item = NameId> {
        self.object.global_only.iter().filter_map(|&index| self.name_of(index))
    }

    /// What a symbol that takes part in linking is called.
    fn name_of(&self, index: SymbolIndex) -> Option<NameId> {
        let at = self.object.symbols.binary_search_by_key(&index, |symbol| symbol.index).ok()?;
        Some(self.names[at])
    }
}

/// The whole-archive symbol table.
#[derive(Debug)]
pub struct SymbolDb<'d> {
    names: Names<'d>,
    members: Vec<MemberSymbols<'d>>,
    /// The machines of fat files' slices; `None` for what is in no fat file.
    machines: Vec<Option<String>>,
    /// Origins that are known from elsewhere, by name.
    known: HashMap<Vec<u8>, Origin>,
}

impl<'d> SymbolDb<'d> {
    /// Reads all members in parallel, then joins them by name.
    ///
    /// # Errors
    /// Malformed, with file, member and offset.
    pub fn build(archives: &[ParsedArchive<'d>]) -> Result<Self> {
        Self::build_from(archives, |archive, position| archives[archive].objects[position].symbols())
    }

    /// The same from what `read` gives for an archive and the position of a member.
    ///
    /// # Errors
    /// What `read` returns, with file and member.
    pub fn build_from(
        archives: &[ParsedArchive<'d>],
        read: impl Fn(usize, usize) -> Result<ObjectSymbols<'d>> + Sync,
    ) -> Result<Self> {
        let mut members = Vec::new();
        let (mut machines, mut of_archives) = (Vec::new(), Vec::new());
        for (archive, parsed) in archives.iter().enumerate() {
            let machine = position_of(&mut machines, parsed.input.machine());
            of_archives.push(machine);
            let scan = |position| read(archive, position).map_err(|error| parsed.locate(error, position));
            let scanned = parallel::try_map(parsed.objects.len(), scan)?;
            let mut origins = MemberOrigins::default();
            for (position, (object, member)) in scanned.into_iter().zip(&parsed.archive.members).enumerate() {
                let origin = origins.next(member.name, &object.producers);
                members.push(MemberSymbols { archive, position, origin, object, names: Vec::new() });
            }
        }
        let symbols = members.iter().map(|member| (of_archives[member.archive], &member.object.symbols[..]));
        let symbols: Vec<_> = symbols.collect();
        let (names, of_symbols) = Names::of(&symbols);
        members.iter_mut().zip(of_symbols).for_each(|(member, names)| member.names = names);
        Ok(Self { names, members, machines, known: HashMap::new() })
    }

    /// The origins of all names that anything here defines.
    pub fn origins(&self) -> HashMap<Vec<u8>, Origin> {
        let ids = (0..self.names.all.len() as u32).map(NameId);
        ids.filter_map(|id| Some((self.name(id).bytes.to_vec(), self.origin(id)?))).collect()
    }

    /// Takes origins from what is known of the members before they were merged.
    pub fn set_origins(&mut self, known: HashMap<Vec<u8>, Origin>) {
        self.known = known;
    }

    /// The name called so; in fat files, of the first machine that has it.
    pub fn find(&self, name: &[u8]) -> Option<NameId> {
        (0..self.machines.len() as u16).find_map(|machine| self.names.find(name, machine))
    }

    /// The name called so that takes part in an archive's links.
    pub fn find_beside(&self, name: &[u8], archive: &ParsedArchive<'_>) -> Option<NameId> {
        let machine = self.machines.iter().position(|machine| *machine == archive.input.machine())?;
        self.names.find(name, machine as u16)
    }

    /// The name that a member's group has for its signature, if it is any symbol's.
    pub fn signature(&self, member: &MemberSymbols<'_>, group: &ComdatGroup<'_>) -> Option<NameId> {
        let symbol = match group.symbol {
            SignatureSymbol::Global(index) => member.name_of(index),
            _ => None,
        };
        symbol.or_else(|| self.find(group.signature))
    }

    /// The machine of the fat files' slices that a name is of; `None` for what is in no fat file.
    pub fn machine(&self, id: NameId) -> Option<&str> {
        self.machines[usize::from(self.name(id).machine)].as_deref()
    }

    /// What is known of a name.
    pub fn name(&self, id: NameId) -> &Name<'d> {
        &self.names.all[id.0 as usize]
    }

    /// The names that `wanted` picks, in the order of their ids.
    pub fn names_where(&self, wanted: impl Fn(&Name<'d>) -> bool + Sync) -> Vec<NameId> {
        const CHUNK: usize = 1 << 12;
        let chunks: Vec<_> = self.names.all.chunks(CHUNK).collect();
        let found = parallel::map(chunks.len(), |chunk| {
            let names = chunks[chunk].iter().zip((chunk * CHUNK) as u32..);
            names.filter(|(name, _)| wanted(name)).map(|(_, id)| NameId(id)).collect::<Vec<_>>()
        });
        found.concat()
    }

    /// All names, in the order of their ids.
    pub fn names(&self) -> &[Name<'d>] {
        &self.names.all
    }

    /// One member.
    pub fn member(&self, id: MemberId) -> &MemberSymbols<'d> {
        &self.members[id.0 as usize]
    }

    /// All members of all archives, in order.
    pub fn members(&self) -> &[MemberSymbols<'d>] {
        &self.members
    }

    /// The members of one archive.
    pub fn members_of(&self, archive: usize) -> impl Iterator<Item = &MemberSymbols<'d>> {
        self.members.iter().filter(move |member| member.archive == archive)
    }

    /// Whether a definition of the name here stands in for one of the linker's or of the C runtime's.
    pub fn is_linker_defined(&self, id: NameId) -> bool {
        let name = self.name(id);
        name.first_definition.is_some_and(|first| self.member(first).object.facts.linker_names.contains(name.bytes))
    }

    /// Whether a linked file can have few different definitions of the name's kind, so that all share the name.
    pub fn is_one_per_image(&self, id: NameId) -> bool {
        let name = self.name(id);
        name.first_definition.is_some_and(|first| self.member(first).object.facts.one_per_image.contains(&name.bytes))
    }

    /// The origin of a name by its first definition; `None` for a name that nothing here defines.
    pub fn origin(&self, id: NameId) -> Option<Origin> {
        let name = self.name(id);
        let member = self.member(name.first_definition?);
        if let Some(origin) = self.known.get(name.bytes) {
            return Some(origin.clone());
        }
        Some(crate::origin::of_symbol(name.source(), &member.origin))
    }
}

/// Where `machine` stands among `machines`; at the end, where it was not yet.
fn position_of(machines: &mut Vec<Option<String>>, machine: Option<String>) -> u16 {
    let position = machines.iter().position(|known| *known == machine).unwrap_or_else(|| {
        machines.push(machine);
        machines.len() - 1
    });
    // There are some dozens.
    u16::try_from(position).unwrap_or(u16::MAX)
}
