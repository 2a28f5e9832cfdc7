//! What all lints ask of an archive, gathered once, members in parallel.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::needs::{self, References};
use crate::archive::IndexDifference;
use crate::error::{Result, printable, printable_path};
use crate::exports::restorable;
use crate::input::ParsedArchive;
use crate::object::Object;
use crate::object::symbol::{Bytecode, FixedReference, Section, SectionPurpose, Spelling, Stack};
use crate::parallel;
use crate::plan::{MemberSymbols, NameId, SymbolDb, is_export};
use crate::policy::{Keep, KeepSource};
use crate::rewrite::index_of;

/// An archive and what there is to know of it.
pub(super) struct Facts<'a> {
    /// The archive, alone.
    archive: [ParsedArchive<'a>; 1],
    /// Its symbols.
    pub db: SymbolDb<'a>,
    /// The wanted exports.
    pub keep: &'a Keep,
    /// The same as arguments of `armend isolate`, each with a space before it.
    pub keep_arguments: String,
    /// The wanted exports that are local or hidden.
    pub restorable: Vec<Spelling<'a>>,
    /// For each member, what only audits ask.
    pub members: Vec<MemberFacts<'a>>,
    /// What its index is.
    pub index: IndexState,
    /// The names that are exports: those wanted, or where nothing is said, those found. By name.
    pub exports: Vec<NameId>,
    references: OnceLock<References<'a>>,
}

/// What no other verb asks of a member.
pub(super) struct MemberFacts<'a> {
    pub bytes: MemberBytes,
    pub stack: Stack,
    pub fixed: Vec<FixedReference<'a>>,
    /// The personality routines that its unwind tables name, where linked files can have few.
    pub personalities: Vec<&'a [u8]>,
}

/// How many of a member's bytes are for what: each counts once, whatever its section headers say.
#[derive(Default)]
pub(super) struct MemberBytes {
    purposes: [u64; 6],
    /// What is in no section.
    pub rest: u64,
    /// Whether there is any section.
    pub has_sections: bool,
}

impl MemberBytes {
    fn of(sections: &[Section<'_>], len: usize) -> Self {
        let mut bytes = Self { rest: len as u64, has_sections: !sections.is_empty(), ..Self::default() };
        for section in sections {
            let counted = section.file_size.min(bytes.rest);
            bytes.rest -= counted;
            bytes.purposes[section.purpose as usize] += counted;
        }
        bytes
    }

    /// How many are in sections for this.
    pub fn in_sections(&self, purpose: SectionPurpose) -> u64 {
        self.purposes[purpose as usize]
    }
}

/// An index, judged by the members' symbols.
pub(super) enum IndexState {
    /// It is what it should be.
    Current,
    /// There is none.
    Missing,
    /// It names a member behind the end of the file.
    CutShort,
    /// It contradicts itself.
    Garbled,
    /// It says what it should, in the layout of another kind of archive.
    OtherLayout,
    /// It lacks names, or says too much: each with the member's position.
    Wrong { missing: Vec<(String, u32)>, extra: Vec<(String, Option<u32>)> },
}

impl<'a> Facts<'a> {
    /// Reads headers, symbol tables and relocations of all members.
    ///
    /// # Errors
    /// Malformed, with file, member and offset.
    pub fn gather(parsed: ParsedArchive<'a>, keep: &'a Keep, sources: &[KeepSource]) -> Result<Self> {
        let archive = [parsed];
        let db = SymbolDb::build(&archive)?;
        let objects = &archive[0].objects;
        let facts = |at: usize| {
            let facts = MemberFacts::of(&objects[at], archive[0].archive.members[at].data.len());
            facts.map_err(|error| archive[0].locate(error, at))
        };
        let members = parallel::try_map(objects.len(), facts)?;
        let index = IndexState::of(&archive[0], &db);
        let exports = exports(&db, keep);
        let restorable = if keep.is_automatic() { Vec::new() } else { restorable(&archive, &db, keep)? };
        let (keep_arguments, references) = (arguments(sources), OnceLock::new());
        Ok(Self { db, keep, keep_arguments, restorable, members, index, exports, archive, references })
    }

    /// The archive.
    pub fn parsed(&self) -> &ParsedArchive<'a> {
        &self.archive[0]
    }

    /// The names that are referred to, by who provides them.
    pub fn references(&self) -> &References<'a> {
        self.references.get_or_init(|| needs::references(self))
    }

    /// A name, printable.
    pub fn name(&self, id: NameId) -> String {
        printable(self.db.name(id).bytes)
    }

    /// A member's name, printable.
    pub fn member_name(&self, position: usize) -> String {
        printable(self.parsed().archive.members[position].name)
    }

    /// The names of the members that are so.
    pub fn members_that(&self, are: impl Fn(usize) -> bool) -> Vec<String> {
        (0..self.members.len()).filter(|&at| are(at)).map(|at| self.member_name(at)).collect()
    }

    /// The symbols of the member at a position.
    pub fn symbols(&self, position: usize) -> &MemberSymbols<'a> {
        &self.db.members()[position]
    }

    /// The formats that its objects are in, by name.
    pub fn formats(&self) -> BTreeSet<&'static str> {
        let objects = self.parsed().objects.iter().filter(|object| object.is_linked());
        objects.map(|object| object.capabilities().format).collect()
    }

    /// Whether a member defines one of the names, given by their ids.
    pub fn defines(&self, position: usize, names: &[bool]) -> bool {
        let member = self.symbols(position);
        let mut symbols = member.object.symbols.iter().zip(&member.names);
        symbols.any(|(symbol, id)| names[id.0 as usize] && symbol.is_definition())
    }

    /// `armend VERB ARCHIVE`, for a shell.
    pub fn armend(&self, arguments: &str) -> String {
        format!("armend {arguments} {}", self.path())
    }

    /// Whether the archive is for systems whose C library is glibc: other platforms have linkers and libraries of their
    /// own.
    pub fn is_for_glibc(&self) -> bool {
        self.parsed().objects.iter().filter(|object| object.is_linked()).all(Object::is_for_glibc)
    }

    /// The archive's path, for a shell.
    pub fn path(&self) -> String {
        quoted(&printable_path(&self.parsed().input.path))
    }
}

impl<'a> MemberFacts<'a> {
    fn of(object: &Object<'a>, len: usize) -> Result<Self> {
        Ok(Self {
            bytes: MemberBytes::of(&object.all_sections()?, len),
            stack: object.stack(),
            fixed: object.fixed_references()?,
            personalities: object.personalities()?,
        })
    }
}

impl IndexState {
    fn of(parsed: &ParsedArchive<'_>, db: &SymbolDb<'_>) -> Self {
        let archive = &parsed.archive;
        let expected = index_of(db.members().iter().map(|member| &member.object));
        if archive.index_is(&expected) {
            return Self::Current;
        }
        if archive.index.is_empty() {
            return if expected.is_empty() { Self::Current } else { Self::Missing };
        }
        if parsed.check_whole().is_err() {
            return Self::CutShort;
        }
        let Some(IndexDifference { missing, extra }) = archive.index_difference(&expected) else {
            return Self::Garbled;
        };
        // What is said of members that cannot be read is not known to be wrong.
        let mut lacking = vec![0; parsed.objects.len()];
        missing.iter().for_each(|(_, member)| lacking[*member as usize] += 1);
        let known: Vec<bool> = lacking.iter().enumerate().map(|(at, &count)| is_known(parsed, db, at, count)).collect();
        let is_known = |member: u32| known[member as usize];
        let missing = missing.iter().filter(|(_, member)| is_known(*member));
        let missing: Vec<_> = missing.map(|(name, member)| (printable(name), *member)).collect();
        let extra = extra.iter().filter(|(_, member)| member.is_none_or(is_known));
        let extra: Vec<_> = extra.map(|(name, member)| (printable(name), *member)).collect();
        match (missing.is_empty(), extra.is_empty()) {
            (true, true) if known.contains(&false) => Self::Current,
            (true, true) => Self::OtherLayout,
            _ => Self::Wrong { missing, extra },
        }
    }
}

/// Whether what an index says of a member can be judged, in which the index lacks so many names. GCC's plugin tells `ar`
/// and `ranlib` what the bytecode defines: more or less than the machine code beside it, but not nothing.
fn is_known(parsed: &ParsedArchive<'_>, db: &SymbolDb<'_>, position: usize, lacking: usize) -> bool {
    let object = &db.members()[position].object;
    match object.bytecode {
        Some(Bytecode::GccSlim) => false,
        Some(Bytecode::GccFat) => object.symbols.iter().filter(|symbol| symbol.indexed).count() == lacking,
        _ => !matches!(parsed.objects[position], Object::Unserved(_)),
    }
}

fn exports(db: &SymbolDb<'_>, keep: &Keep) -> Vec<NameId> {
    let wanted = |id: &NameId| {
        let name = db.name(*id);
        if keep.is_automatic() {
            is_export(db, *id) && !keep.patterns().is_excluded(name.spelling())
        } else {
            name.definitions > 0 && keep.patterns().includes(name.spelling()).is_some()
        }
    };
    let mut exports: Vec<_> = (0..db.names().len() as u32).map(NameId).filter(wanted).collect();
    exports.sort_by_key(|&id| db.name(id).bytes);
    exports
}

/// What says the same to `armend isolate`.
fn arguments(sources: &[KeepSource]) -> String {
    let argument = |source: &KeepSource| match source {
        KeepSource::Pattern(pattern) => format!(" --keep {}", quoted(pattern)),
        KeepSource::List(path) => format!(" --keep-file {}", quoted(&printable_path(path))),
        KeepSource::Artifact(path) => format!(" --keep-from {}", quoted(&printable_path(path))),
    };
    sources.iter().map(argument).collect()
}

/// A word as a POSIX shell takes it for itself.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./+,:@%=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
