//! Writes a result in one pass: members patched in parallel and written in order, the index from what was written.

use std::fs::File;
use std::io::{BufWriter, Seek, Write};

use super::ArchiveEdits;
use crate::archive::{ArchiveKind, ArchiveWriter, Member, NewMember};
use crate::error::{Error, Result};
use crate::input::ParsedArchive;
use crate::output::{Staged, Target};
use crate::parallel;
use crate::patch::Patch;
use crate::progress;

/// How many members are patched at a time: bounds the memory that their changes take.
const BATCH: usize = 64;

/// What is shorter is gathered before it is written; what is longer goes to the kernel from where it is.
const GATHERED: usize = 1 << 16;

/// What came of writing an archive.
enum Written {
    /// It is complete, and this long.
    Whole(u64),
    /// It has to be of this kind instead.
    Needs(ArchiveKind),
}

impl ArchiveEdits<'_> {
    /// Writes the result to a temporary file beside `target`. Gives the length with it.
    pub(super) fn stage(&self, parsed: &ParsedArchive<'_>, target: Target) -> Result<(Staged, u64)> {
        let staged = target.stage().map_err(|error| error.in_archive(&parsed.input.path))?;
        let len = self.write(parsed, staged.file()).map_err(|error| error.in_archive(&parsed.input.path))?;
        Ok((staged, len))
    }

    fn write(&self, parsed: &ParsedArchive<'_>, file: &File) -> Result<u64> {
        let archive = &parsed.archive;
        if self.overlay(parsed, file)? {
            return Ok(parsed.input.file_len());
        }
        // How wide the index's offsets have to be is only known when all members are patched: that it is as if none
        // changed is seldom wrong.
        let last_header = archive.last_header_without_index();
        let mut kind = self.index.kind_for(archive.kind, self.members_after(), last_header)?;
        progress::expect(archive.members.iter().map(|member| member.data.len()).sum());
        loop {
            match self.write_as(parsed, BufWriter::with_capacity(GATHERED, file), kind)? {
                Written::Whole(len) => return Ok(len),
                Written::Needs(other) => kind = other,
            }
            empty(file)?;
        }
    }

    fn write_as<W: Write + Seek + Send>(
        &self,
        parsed: &ParsedArchive<'_>,
        out: W,
        kind: ArchiveKind,
    ) -> Result<Written> {
        let mut writer = ArchiveWriter::start(out, kind, self.members_after(), &self.index, &parsed.archive)?;
        // One batch is written while the next is patched.
        let mut ready = self.patch_batch(parsed, 0)?;
        for start in (0..self.members.len()).step_by(BATCH) {
            let write = || self.write_batch(parsed, start, &ready, &mut writer);
            let (written, next) = parallel::join(write, || self.patch_batch(parsed, start + BATCH));
            written?;
            ready = next?;
        }
        for new in &self.appended {
            let member = Member::new(new.padded_name, &new.data, kind);
            writer.append(&NewMember { member: &member, parts: vec![&new.data] })?;
        }
        let needed = writer.needed_kind(parsed.archive.kind, &self.index)?;
        if needed == kind { writer.finish(&self.index).map(Written::Whole) } else { Ok(Written::Needs(needed)) }
    }

    pub(super) fn members_after(&self) -> usize {
        self.members.len() + self.appended.len()
    }

    fn patch_batch(&self, parsed: &ParsedArchive<'_>, start: usize) -> Result<Vec<Patch>> {
        let count = BATCH.min(self.members.len().saturating_sub(start));
        parallel::try_map(count, |at| self.patch(parsed, start + at))
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
            progress::advance(member.data.len());
        }
        Ok(())
    }

    pub(super) fn patch(&self, parsed: &ParsedArchive<'_>, member: usize) -> Result<Patch> {
        let edits = &self.members[member];
        parsed.objects[member].patch(edits, self.suffixes).map_err(|error| parsed.locate(error, member))
    }
}

/// Takes back what was written.
pub(super) fn empty(mut file: &File) -> Result<()> {
    file.set_len(0).and_then(|()| file.rewind()).map_err(cannot_write)
}

pub(super) fn cannot_write(error: std::io::Error) -> Error {
    Error::io("cannot write the archive", error)
}
