//! A result in which nothing moves: a copy of the file, and what changes written over it. The kernel makes the copy, and
//! where files can share blocks (XFS, btrfs) it copies none: the run then costs what changes, whatever the archive's size.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::atomic::{AtomicBool, Ordering};

use super::ArchiveEdits;
use super::write::{Written, cannot_write, empty};
use crate::archive::{MAGIC, Member, Span};
use crate::error::{Error, Result};
use crate::input::{Input, ParsedArchive};
use crate::object::symbol::{NewName, ObjectEdits};
use crate::output::{Staged, Target};
use crate::parallel;
use crate::patch::Patch;
use crate::progress;

/// How much is copied at a time; a multiple of what file systems share.
const PIECE: u64 = 8 << 20;

/// How many members are patched while a piece is copied: often more than are in one, as the copy can be far ahead.
const READY: usize = 192;

/// A result that is begun: nothing of it, or how many bytes of a copy there are already.
pub(crate) enum Begun {
    Nothing(Target),
    Copy(Staged, u64),
}

impl From<Target> for Begun {
    fn from(target: Target) -> Self {
        Self::Nothing(target)
    }
}

impl Begun {
    /// Copies the archive until `stop` says that it is known what becomes of it, or the copy is complete. For results
    /// that are written in any case, and in which nothing is likely to move.
    ///
    /// # Errors
    /// I/O.
    pub(crate) fn copy(input: &Input, target: Target, stop: &AtomicBool) -> Result<Self> {
        let Some(original) = to_copy(input)?.filter(|_| !target.makes_folder()) else {
            return Ok(Self::Nothing(target));
        };
        let staged = target.stage().map_err(|error| error.in_archive(&input.path))?;
        let (mut copied, len) = (0, input.file_len());
        while copied < len && !stop.load(Ordering::Relaxed) {
            let piece = PIECE.min(len - copied);
            copy(original, staged.file(), piece).map_err(|error| error.in_archive(&input.path))?;
            copied += piece;
        }
        Ok(Self::Copy(staged, copied))
    }

    /// Where it is to be.
    pub(crate) fn target(&self) -> &Target {
        match self {
            Self::Nothing(target) => target,
            Self::Copy(staged, _) => staged.target(),
        }
    }

    /// The file, and how many bytes of the copy are there.
    ///
    /// # Errors
    /// I/O.
    pub(super) fn stage(self) -> Result<(Staged, u64)> {
        match self {
            Self::Nothing(target) => Ok((target.stage()?, 0)),
            Self::Copy(staged, copied) => Ok((staged, copied)),
        }
    }
}

/// The file to copy, at its beginning, where a copy is as good as what is written. One of holes would be full of zeros.
fn to_copy(input: &Input) -> Result<Option<&File>> {
    let Some(mut original) = input.file().filter(|_| input.bytes().starts_with(MAGIC)) else { return Ok(None) };
    original.rewind().map_err(cannot_write)?;
    let (metadata, len) = (original.metadata().map_err(cannot_write)?, input.file_len());
    Ok((metadata.len() == len && metadata.blocks() * 512 >= len).then_some(original))
}

impl ArchiveEdits<'_> {
    /// Whether the members can be expected to have the same sizes after these edits.
    pub(super) fn keeps_sizes(&self) -> bool {
        self.appended.is_empty() && self.members.iter().all(keeps_size)
    }

    /// Writes the result in this way, each member verified as it is in the file, of which so many bytes are copied
    /// already. Gives `None` where something would have moved; `file` is empty then.
    ///
    /// # Errors
    /// I/O, unsupported, verification.
    pub(super) fn overlay(&self, parsed: &ParsedArchive<'_>, file: &File, mut copied: u64) -> Result<Option<Written>> {
        let (archive, len) = (&parsed.archive, parsed.input.file_len());
        let fits = self.keeps_sizes()
            && archive.keeps_places(&self.index, len)
            && self.index.kind_for(archive.kind, self.members.len(), archive.last_header_without_index())?
                == archive.kind;
        // What is begun goes on where it stopped.
        let original = if copied == 0 { to_copy(parsed.input)? } else { parsed.input.file() };
        let Some(original) = original.filter(|_| fits) else { return empty(file).map(|()| None) };
        let spans: Vec<Span> = archive.members.iter().map(Member::span).collect();
        // While a piece is copied and what is patched is written over what is there, the next members are patched, and
        // those before verified. One thread writes all members: another would wait for the file.
        let (mut patched, mut patches, mut written) = (0..0, Vec::new(), 0..0);
        while copied < len || patched.end < spans.len() || !patched.is_empty() {
            let from = patched.end;
            let ready = spans[from..].iter().take(READY).take_while(|span| span.end <= copied).count();
            let piece = PIECE.min(len - copied);
            let write = || {
                copy(original, file, piece)?;
                self.write_over(parsed, file, patched.start, &patches)
            };
            let patch = || {
                // The index is in front of the first.
                if from == 0 && ready > 0 {
                    self.write_index_over(parsed, file, &spans)?;
                }
                parallel::try_map(ready, |at| self.patch(parsed, from + at))
            };
            let verify = || self.verify_batch(parsed, file, written.start, &spans[written.clone()]);
            let (wrote, (made, verified)) = parallel::join(write, || parallel::join(patch, verify));
            wrote?;
            verified?;
            (written, patched, patches) = (patched, from..from + ready, made?);
            copied += piece;
            if !patches.iter().all(Patch::keeps_size) {
                return empty(file).map(|()| None);
            }
        }
        self.verify_batch(parsed, file, written.start, &spans[written.clone()])?;
        if spans.is_empty() {
            self.write_index_over(parsed, file, &spans)?;
        }
        Ok(Some(Written { len, kind: archive.kind, spans }))
    }

    /// Writes what changes of members, from the one at `first`, over the copy.
    fn write_over(&self, parsed: &ParsedArchive<'_>, file: &File, first: usize, patches: &[Patch]) -> Result<()> {
        for (member, patch) in parsed.archive.members[first..].iter().zip(patches) {
            let write = |bytes: &[u8], at: u64| {
                let same = parsed.input.bytes()[at as usize..].starts_with(bytes);
                if same { Ok(()) } else { file.write_all_at(bytes, at).map_err(cannot_write) }
            };
            write(member.header.bytes(), member.header_offset)?;
            for splice in patch.splices() {
                write(&splice.bytes, member.data_offset() + splice.range.start as u64)?;
            }
            progress::advance(member.data.len());
        }
        Ok(())
    }

    fn write_index_over(&self, parsed: &ParsedArchive<'_>, file: &File, spans: &[Span]) -> Result<()> {
        let archive = &parsed.archive;
        let offsets: Vec<u64> = spans.iter().map(|span| span.header).collect();
        let over = Over { file, original: parsed.input.bytes(), position: archive.index_offset() };
        let mut over = BufWriter::with_capacity(1 << 16, over);
        self.index.write(&mut over, archive.kind, &offsets)?;
        over.flush().map_err(cannot_write)
    }
}

/// Copies so many bytes from where `original` stands to where `file` does.
fn copy(original: &File, mut file: &File, len: u64) -> Result<()> {
    let copied = std::io::copy(&mut original.take(len), &mut file).map_err(cannot_write)?;
    if copied == len {
        return Ok(());
    }
    let error = std::io::Error::other("the archive changes while it is read");
    Err(Error::io("cannot copy the archive", error))
}

/// Whether an object can be expected to have the same size after these edits.
fn keeps_size(edits: &ObjectEdits) -> bool {
    edits.sections.is_empty() && edits.symbols.iter().all(|edit| edit.name == NewName::Same && !edit.remove)
}

/// Writes to a copy what is not there yet.
struct Over<'a> {
    file: &'a File,
    original: &'a [u8],
    position: u64,
}

impl Write for Over<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if !self.original[self.position as usize..].starts_with(bytes) {
            self.file.write_all_at(bytes, self.position)?;
        }
        self.position += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
