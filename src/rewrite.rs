//! Carries a plan out on one archive: members patched in parallel and written in order, the index from what was
//! written, and the finished file held against the plan before anyone sees it.

use std::fs::File;
use std::io::{BufWriter, Seek, Write};

use rayon::prelude::*;

use crate::archive::{ArchiveIndex, ArchiveKind, ArchiveWriter, NewMember};
use crate::error::{Error, ErrorKind, Result};
use crate::input::ParsedArchive;
use crate::object::Object;
use crate::object::symbol::{ObjectEdits, ObjectSymbols, Suffixes};
use crate::output::{Staged, Target};
use crate::patch::Patch;

/// How many members are patched at a time: bounds the memory that their changes take.
const BATCH: usize = 256;

/// What is to happen to one archive: an edit list a member, and the index of the result.
#[derive(Debug)]
pub struct ArchiveEdits<'a> {
    /// For each member, what is to happen to it.
    pub members: Vec<ObjectEdits>,
    /// What the names of private symbols and registries carry.
    pub suffixes: &'a Suffixes,
    /// The index of the result.
    pub index: ArchiveIndex,
}

/// What came of writing an archive.
enum Written {
    /// It is complete, and this long.
    Whole(u64),
    /// It has to be of this kind instead.
    Needs(ArchiveKind),
}

impl ArchiveEdits<'_> {
    /// How many members change.
    pub fn changed_members(&self) -> usize {
        self.members.iter().filter(|edits| !edits.is_empty()).count()
    }

    /// Whether the archive as it stands is not yet what these edits make of it, index included.
    pub fn would_change(&self, parsed: &ParsedArchive<'_>) -> bool {
        self.changed_members() > 0 || !parsed.archive.index_is(&self.index)
    }

    /// Writes the result to a temporary file beside `target`, to be verified there. Gives the length with it.
    ///
    /// # Errors
    /// I/O or unsupported; then nothing stays behind.
    pub fn stage(&self, parsed: &ParsedArchive<'_>, target: Target) -> Result<(Staged, u64)> {
        let staged = target.stage().map_err(|error| error.in_archive(&parsed.input.path))?;
        let len = self.write(parsed, staged.file()).map_err(|error| error.in_archive(&parsed.input.path))?;
        Ok((staged, len))
    }

    fn write(&self, parsed: &ParsedArchive<'_>, mut file: &File) -> Result<u64> {
        let archive = &parsed.archive;
        // How wide the index's offsets have to be is only known when all members are patched: that it is as if none
        // changed is seldom wrong.
        let last_header = archive.last_header_without_index();
        let mut kind = self.index.kind_for(archive.kind, archive.members.len(), last_header)?;
        loop {
            match self.write_as(parsed, BufWriter::with_capacity(1 << 20, file), kind)? {
                Written::Whole(len) => return Ok(len),
                Written::Needs(other) => kind = other,
            }
            let emptied = file.set_len(0).and_then(|()| file.rewind());
            emptied.map_err(|error| Error::io("cannot write the archive", error))?;
        }
    }

    fn write_as<W: Write + Seek + Send>(
        &self,
        parsed: &ParsedArchive<'_>,
        out: W,
        kind: ArchiveKind,
    ) -> Result<Written> {
        let mut writer = ArchiveWriter::start(out, kind, &self.index, &parsed.archive)?;
        // One batch is written while the next is patched.
        let mut ready = self.patch_batch(parsed, 0)?;
        for start in (0..self.members.len()).step_by(BATCH) {
            let write = || self.write_batch(parsed, start, &ready, &mut writer);
            let (written, next) = rayon::join(write, || self.patch_batch(parsed, start + BATCH));
            written?;
            ready = next?;
        }
        let needed = writer.needed_kind(parsed.archive.kind, &self.index)?;
        if needed == kind { writer.finish(&self.index).map(Written::Whole) } else { Ok(Written::Needs(needed)) }
    }

    fn patch_batch(&self, parsed: &ParsedArchive<'_>, start: usize) -> Result<Vec<Patch>> {
        let end = (start + BATCH).min(self.members.len());
        (start..end).into_par_iter().map(|at| self.patch(parsed, at)).collect()
    }

    fn write_batch<W: Write + Seek>(
        &self,
        parsed: &ParsedArchive<'_>,
        start: usize,
        patches: &[Patch],
        writer: &mut ArchiveWriter<W>,
    ) -> Result<()> {
        for (at, patch) in (start..).zip(patches) {
            let member = &parsed.archive.members[at];
            let new = NewMember { member, parts: patch.parts(member.data) };
            writer.append(&new).map_err(|error| parsed.locate(error, at))?;
        }
        Ok(())
    }

    fn patch(&self, parsed: &ParsedArchive<'_>, member: usize) -> Result<Patch> {
        let edits = &self.members[member];
        parsed.objects[member].patch(edits, self.suffixes).map_err(|error| parsed.locate(error, member))
    }

    /// Reads a staged result again and holds it against the original, the edits and the index.
    ///
    /// # Errors
    /// Verification, naming the first difference.
    pub fn verify(&self, parsed: &ParsedArchive<'_>, staged: &Staged) -> Result<()> {
        let input = parsed.input.reopen(staged.path())?;
        // The temporary file's name says nothing to the user: errors are placed in the archive it was made from.
        let place = |error: Error| match error.kind() {
            ErrorKind::Verification(_) => error.in_archive(&parsed.input.path),
            _ => Error::verification(error.to_string()).in_archive(&parsed.input.path),
        };
        let archive = input.archive().map_err(place)?;
        if archive.members.len() != parsed.archive.members.len() || archive.name_table != parsed.archive.name_table {
            return Err(place(Error::verification("the members are not those of the original")));
        }
        let symbols = archive.members.par_iter().enumerate().map(|(at, member)| {
            let old = &parsed.archive.members[at];
            let named = member.name == old.name && member.header.bytes()[16..48] == old.header.bytes()[16..48];
            let edits = &self.members[at];
            if !named || edits.is_empty() && member.data.len() != old.data.len() {
                return Err(Error::verification("a member is not the original's"));
            }
            let object = Object::parse(member.data)?;
            if !edits.is_empty() {
                parsed.objects[at].verify(&object, edits, self.suffixes)?;
            }
            object.symbols()
        });
        let symbols = symbols.enumerate().map(|(at, symbols)| symbols.map_err(|error| parsed.locate(error, at)));
        let symbols = symbols.collect::<Result<Vec<_>>>().map_err(place)?;
        if !archive.index_is(&index_of(&symbols)) {
            return Err(place(Error::verification("the index is not that of the members")));
        }
        Ok(())
    }
}

/// The index of an archive as it stands, computed from its members' symbols.
pub fn index_of(members: &[ObjectSymbols<'_>]) -> ArchiveIndex {
    let mut index = ArchiveIndex::default();
    for (at, member) in members.iter().enumerate() {
        for symbol in member.symbols.iter().filter(|symbol| symbol.indexed) {
            index.push(&[symbol.name], at as u32);
        }
    }
    index
}
