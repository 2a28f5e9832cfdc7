//! A result in which nothing moves: a copy of the file, and what changes written over it. The kernel makes the copy, and
//! where files can share blocks (XFS, btrfs) it copies none: the run then costs what changes, whatever the archive's size.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, Write};
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};

use super::ArchiveEdits;
use super::write::{BATCH, Places, Written, cannot_write, empty};
use crate::archive::Member;
use crate::error::{Error, Result};
use crate::input::ParsedArchive;
use crate::object::symbol::{NewName, ObjectEdits};
use crate::parallel;
use crate::progress;

/// The copy's pieces end at multiples of this, so that they can be shared where files share blocks.
const ALIGN: u64 = 1 << 20;

impl ArchiveEdits<'_> {
    /// Writes the result in this way, each member verified as it is in the file. Gives `None` where something would
    /// have moved; `file` is empty then.
    ///
    /// # Errors
    /// I/O, unsupported, verification.
    pub(super) fn overlay(&self, parsed: &ParsedArchive<'_>, file: &File) -> Result<Option<Written>> {
        let (archive, len) = (&parsed.archive, parsed.input.file_len());
        let fits = self.appended.is_empty()
            && self.members.iter().all(keeps_size)
            && archive.keeps_places(&self.index, len)
            && self.index.kind_for(archive.kind, self.members.len(), archive.last_header_without_index())?
                == archive.kind;
        let Some(mut original) = parsed.input.file().filter(|_| fits) else { return Ok(None) };
        // A copy of holes would be full of zeros.
        let metadata = original.metadata().map_err(cannot_write)?;
        if metadata.len() != len || metadata.blocks() * 512 < len {
            return Ok(None);
        }
        original.rewind().map_err(cannot_write)?;
        let places: Places = archive.members.iter().map(|member| place_of(member)).collect();
        let mut copied = 0;
        // What stands behind the index is changed and verified while the rest is copied.
        let mut batch = 0..0;
        while batch.start < places.len() || copied < len {
            let next = batch.end..places.len().min(batch.end + BATCH);
            let end =
                if next.end == places.len() { len } else { places[next.end - 1].end.next_multiple_of(ALIGN).min(len) };
            let copy = || copy(original, file, end - copied);
            let change = || self.change_batch(parsed, file, batch.clone(), &places);
            let (all_there, changed) = parallel::join(copy, change);
            all_there?;
            if !changed? {
                empty(file)?;
                return Ok(None);
            }
            (copied, batch) = (end, next);
        }
        let offsets: Vec<u64> = archive.members.iter().map(|member| member.header_offset).collect();
        let over = Over { file, original: parsed.input.bytes(), position: archive.index_offset() };
        let mut over = BufWriter::with_capacity(1 << 16, over);
        self.index.write(&mut over, archive.kind, &offsets)?;
        over.flush().map_err(cannot_write)?;
        Ok(Some(Written { len, places }))
    }

    /// Writes what changes of these members over the copy, and verifies them. Tells whether all keep their sizes.
    fn change_batch(
        &self,
        parsed: &ParsedArchive<'_>,
        file: &File,
        batch: Range<usize>,
        places: &[Range<u64>],
    ) -> Result<bool> {
        let kept = parallel::try_map(batch.len(), |at| {
            let member = &parsed.archive.members[batch.start + at];
            let write = |bytes: &[u8], at: u64| {
                let same = parsed.input.bytes()[at as usize..].starts_with(bytes);
                if same { Ok(()) } else { file.write_all_at(bytes, at).map_err(cannot_write) }
            };
            write(member.header.bytes(), member.header_offset)?;
            let patch = self.patch(parsed, batch.start + at)?;
            let keeps_size = patch.keeps_size();
            for splice in patch.splices().iter().filter(|_| keeps_size) {
                write(&splice.bytes, member.data_offset() + splice.range.start as u64)?;
            }
            progress::advance(member.data.len());
            Ok(keeps_size)
        })?;
        let kept = kept.into_iter().all(|kept| kept);
        if kept {
            self.verify_batch(parsed, file, batch.start, &places[batch])?;
        }
        Ok(kept)
    }
}

fn place_of(member: &Member<'_>) -> Range<u64> {
    member.data_offset()..member.data_offset() + member.data.len() as u64
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
