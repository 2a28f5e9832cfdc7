//! Carries a plan out on one archive: members patched in parallel and written in order, the index from what was
//! written, and the finished file held against the plan before anyone sees it.

use std::io::{BufWriter, Seek, SeekFrom, Write};

use rayon::prelude::*;

use crate::archive::{Archive, ArchiveIndex, ArchiveWriter, IndexWidth, NewMember};
use crate::error::{Error, ErrorKind, Result};
use crate::input::{Input, ParsedArchive};
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

impl ArchiveEdits<'_> {
    /// How many members change.
    pub fn changed_members(&self) -> usize {
        self.members.iter().filter(|edits| !edits.is_empty()).count()
    }

    /// Whether the archive as it stands is not yet what these edits make of it, index included.
    ///
    /// # Errors
    /// Unsupported, when the index cannot be expressed.
    pub fn would_change(&self, parsed: &ParsedArchive<'_>) -> Result<bool> {
        if self.changed_members() > 0 {
            return Ok(true);
        }
        let (comparison, len) = self.write(parsed, Comparison::new(parsed.input.bytes()))?;
        Ok(!comparison.same || len != parsed.input.bytes().len() as u64)
    }

    /// Writes the result to a temporary file beside `target`, to be verified there. Gives the length with it.
    ///
    /// # Errors
    /// I/O or unsupported; then nothing stays behind.
    pub fn stage(&self, parsed: &ParsedArchive<'_>, target: Target) -> Result<(Staged, u64)> {
        let staged = target.stage().map_err(|error| error.in_archive(&parsed.input.path))?;
        let out = BufWriter::with_capacity(1 << 20, staged.file());
        let (_, len) = self.write(parsed, out).map_err(|error| error.in_archive(&parsed.input.path))?;
        Ok((staged, len))
    }

    fn write<W: Write + Seek + Send>(&self, parsed: &ParsedArchive<'_>, mut out: W) -> Result<(W, u64)> {
        let len = match self.write_with(parsed, &mut out, parsed.archive.index_width(0))? {
            Some(len) => Some(len),
            None => {
                out.seek(SeekFrom::Start(0)).map_err(|error| Error::io("cannot write the archive", error))?;
                self.write_with(parsed, &mut out, IndexWidth::Wide)?
            }
        };
        Ok((out, len.unwrap_or_default()))
    }

    /// `None` when the archive has grown past what an index of this width reaches.
    fn write_with<W: Write + Seek + Send>(
        &self,
        parsed: &ParsedArchive<'_>,
        out: &mut W,
        width: IndexWidth,
    ) -> Result<Option<u64>> {
        let mut writer = ArchiveWriter::start(out, &self.index, width, parsed.archive.name_table)?;
        // One batch is written while the next is patched.
        let mut ready = self.patch_batch(parsed, 0)?;
        for start in (0..self.members.len()).step_by(BATCH) {
            let write = || self.write_batch(parsed, start, &ready, &mut writer);
            let (written, next) = rayon::join(write, || self.patch_batch(parsed, start + BATCH));
            written?;
            ready = next?;
        }
        if parsed.archive.index_width(writer.last_header()) != width {
            return Ok(None);
        }
        writer.finish(&self.index).map(Some)
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
            let new = NewMember { header: member.header, parts: patch.parts(member.data) };
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
        let input = Input::open(staged.path())?;
        // The temporary file's name says nothing to the user: errors are placed in the archive it was made from.
        let place = |error: Error| match error.kind() {
            ErrorKind::Verification(_) => error.in_archive(&parsed.input.path),
            _ => Error::verification(error.to_string()).in_archive(&parsed.input.path),
        };
        let archive = Archive::parse(input.bytes()).map_err(place)?;
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
        verify_index(&archive, &index_of(&symbols)).map_err(place)
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

fn verify_index(archive: &Archive<'_>, index: &ArchiveIndex) -> Result<()> {
    let offsets: Vec<u64> = archive.members.iter().map(|member| member.header_offset).collect();
    let width = archive.index_width(offsets.last().copied().unwrap_or_default());
    let expected = index.to_bytes(width, &offsets)?;
    let found = archive.index.unwrap_or_default();
    if expected.get(crate::archive::header::HEADER_LEN..).unwrap_or_default() != found {
        return Err(Error::verification("the index is not that of the members"));
    }
    Ok(())
}

/// Takes what is written and compares it with what is there.
struct Comparison<'a> {
    original: &'a [u8],
    position: usize,
    same: bool,
}

impl<'a> Comparison<'a> {
    fn new(original: &'a [u8]) -> Self {
        Self { original, position: 0, same: true }
    }
}

impl Write for Comparison<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let end = self.position + bytes.len();
        self.same &= self.original.get(self.position..end) == Some(bytes);
        self.position = end;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Seek for Comparison<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        if let SeekFrom::Start(position) = to {
            self.position = position as usize;
        }
        Ok(self.position as u64)
    }
}
