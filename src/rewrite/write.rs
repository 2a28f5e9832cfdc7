//! Writes a result in one pass: members patched in parallel, written in order and read again, the index from what was
//! written.

use std::fs::File;
use std::io::{Seek, Write};

use super::ArchiveEdits;
use super::overlay::Begun;
use crate::archive::{ArchiveKind, ArchiveWriter, Member, NewMember, Span};
use crate::error::{Error, Result};
use crate::input::ParsedArchive;
use crate::output::Staged;
use crate::parallel;
use crate::patch::Patch;
use crate::progress;

/// How many members are patched at a time: bounds the memory that their changes take.
const BATCH: usize = 64;

/// One of so many members tells how those of a large archive grow.
const SAMPLED: usize = 16;

/// A result, complete, and verified but for what is in front of its members.
pub(super) struct Written {
    /// Its length in bytes.
    pub len: u64,
    pub kind: ArchiveKind,
    /// Where its members are, in order.
    pub spans: Vec<Span>,
}

/// What came of writing an archive.
enum Attempt {
    /// It is complete.
    Whole(Written),
    /// It has to be of this kind instead.
    Needs(ArchiveKind),
}

impl ArchiveEdits<'_> {
    /// Writes the result to a temporary file beside its target, each member verified as it is in the file.
    pub(super) fn stage(&self, parsed: &ParsedArchive<'_>, begun: Begun) -> Result<(Staged, Written)> {
        let located = |error: Error| error.in_archive(&parsed.input.path);
        let (staged, copied) = begun.stage().map_err(located)?;
        let written = self.write(parsed, staged.file(), copied).map_err(located)?;
        Ok((staged, written))
    }

    fn write(&self, parsed: &ParsedArchive<'_>, file: &File, copied: u64) -> Result<Written> {
        let archive = &parsed.archive;
        progress::expect(archive.members.iter().map(|member| member.data.len()).sum());
        if let Some(written) = self.overlay(parsed, file, copied)? {
            return Ok(written);
        }
        let mut kind = self.expected_kind(parsed)?;
        loop {
            match self.write_as(parsed, file, kind)? {
                Attempt::Whole(written) => return Ok(written),
                Attempt::Needs(other) => kind = other,
            }
            empty(file)?;
        }
    }

    /// The kind that the result is likely to need: another than the one it is begun as would move everything. How wide
    /// the index's offsets have to be is only known when all members are patched; where the archive is anywhere near
    /// the limit, some of them tell how it grows.
    fn expected_kind(&self, parsed: &ParsedArchive<'_>) -> Result<ArchiveKind> {
        let archive = &parsed.archive;
        let kind = |last_header| self.index.kind_for(archive.kind, self.members_after(), last_header);
        let last_header = archive.last_header_without_index();
        let far = || kind(2 * last_header).is_ok_and(|kind| kind == archive.kind);
        if self.keeps_sizes() || archive.kind.wide().is_none() || far() {
            return kind(last_header);
        }
        let samples = parallel::try_map(self.members.len().div_ceil(SAMPLED), |nth| {
            let (at, len) = (nth * SAMPLED, archive.members[nth * SAMPLED].data.len());
            Ok((len as u128, self.patch(parsed, at)?.patched_len(len) as u128))
        })?;
        let (before, after) = samples.iter().fold((1, 1), |sums, lens| (sums.0 + lens.0, sums.1 + lens.1));
        kind((u128::from(last_header) * after / before) as u64)
    }

    fn write_as(&self, parsed: &ParsedArchive<'_>, file: &File, kind: ArchiveKind) -> Result<Attempt> {
        let mut writer = ArchiveWriter::start(file, kind, self.members_after(), &self.index, &parsed.archive)?;
        let mut spans = Vec::with_capacity(self.members_after());
        let mut verified = 0;
        // One batch is written while the next is patched, and the one before read again.
        let mut ready = self.patch_batch(parsed, 0)?;
        for start in (0..self.members.len()).step_by(BATCH) {
            let write = || self.write_batch(parsed, start, &ready, &mut writer);
            let patch = || self.patch_batch(parsed, start + BATCH);
            let verify = || self.verify_batch(parsed, file, verified, &spans[verified..]);
            let (written, (next, held)) = parallel::join(write, || parallel::join(patch, verify));
            verified = spans.len();
            spans.extend(written?);
            (ready, _) = (next?, held?);
        }
        self.verify_batch(parsed, file, verified, &spans[verified..])?;
        for new in &self.appended {
            let member = Member::new(new.padded_name, &new.data, kind);
            spans.extend(writer.append(&[NewMember { member: &member, parts: vec![&new.data] }])?);
        }
        self.verify_appended(file, kind, &spans[self.members.len()..])?;
        let needed = writer.needed_kind(parsed.archive.kind, &self.index)?;
        if needed != kind {
            return Ok(Attempt::Needs(needed));
        }
        Ok(Attempt::Whole(Written { len: writer.finish(&self.index)?, kind, spans }))
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
    ) -> Result<Vec<Span>> {
        let members = parsed.archive.members[start..].iter().zip(patches);
        let members = members.map(|(member, patch)| NewMember { member, parts: patch.parts(member.data) });
        let members = members.collect::<Vec<_>>();
        let spans = writer.append(&members)?;
        progress::advance(members.iter().map(|new| new.member.data.len()).sum());
        Ok(spans)
    }

    pub(super) fn patch(&self, parsed: &ParsedArchive<'_>, member: usize) -> Result<Patch> {
        let edits = &self.members[member];
        parsed.objects[member].patch(edits, self.suffixes).map_err(|error| parsed.locate(error, member))
    }
}

/// Takes back what was written. ext4 gives a file to the disk when it is closed if it was ever truncated, even from
/// nothing: that waits for the disk.
pub(super) fn empty(mut file: &File) -> Result<()> {
    if file.metadata().map_err(cannot_write)?.len() > 0 {
        file.set_len(0).map_err(cannot_write)?;
    }
    file.rewind().map_err(cannot_write)
}

pub(super) fn cannot_write(error: std::io::Error) -> Error {
    Error::io("cannot write the archive", error)
}
