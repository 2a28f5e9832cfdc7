//! A result in which nothing moves: a copy of the file, and what changes written over it. The kernel makes the copy, and
//! where files can share blocks (XFS, btrfs) it copies none: the run then costs what changes, whatever the archive's size.

use std::fs::File;
use std::io::{BufWriter, Seek, Write};
use std::os::unix::fs::{FileExt, MetadataExt};

use super::ArchiveEdits;
use super::write::{cannot_write, empty};
use crate::error::{Error, Result};
use crate::input::ParsedArchive;
use crate::object::symbol::{NewName, ObjectEdits};
use crate::parallel;

impl ArchiveEdits<'_> {
    /// Writes the result in this way. Tells whether it is complete; where something would have moved, `file` is empty.
    ///
    /// # Errors
    /// I/O, unsupported.
    pub(super) fn overlay(&self, parsed: &ParsedArchive<'_>, file: &File) -> Result<bool> {
        let (archive, len) = (&parsed.archive, parsed.input.file_len());
        let fits = self.appended.is_empty()
            && self.members.iter().all(keeps_size)
            && archive.keeps_places(&self.index, len)
            && self.index.kind_for(archive.kind, self.members.len(), archive.last_header_without_index())?
                == archive.kind;
        let Some(mut original) = parsed.input.file().filter(|_| fits) else { return Ok(false) };
        // A copy of holes would be full of zeros.
        let metadata = original.metadata().map_err(cannot_write)?;
        if metadata.len() != len || metadata.blocks() * 512 < len {
            return Ok(false);
        }
        let copied =
            original.rewind().and_then(|()| std::io::copy(&mut original, &mut &*file)).map_err(cannot_write)?;
        if copied != len {
            let error = std::io::Error::other("the archive changes while it is read");
            return Err(Error::io("cannot copy the archive", error));
        }
        let offsets: Vec<u64> = archive.members.iter().map(|member| member.header_offset).collect();
        let write = |bytes: &[u8], at: u64| {
            let same = parsed.input.bytes()[at as usize..].starts_with(bytes);
            if same { Ok(()) } else { file.write_all_at(bytes, at).map_err(cannot_write) }
        };
        let over = Over { file, original: parsed.input.bytes(), position: archive.index_offset() };
        let mut over = BufWriter::with_capacity(1 << 16, over);
        self.index.write(&mut over, archive.kind, &offsets)?;
        over.flush().map_err(cannot_write)?;
        let complete = parallel::try_map(self.members.len(), |at| {
            let member = &archive.members[at];
            write(member.header.bytes(), member.header_offset)?;
            let patch = self.patch(parsed, at)?;
            let keeps_size = patch.keeps_size();
            for splice in patch.splices().iter().filter(|_| keeps_size) {
                write(&splice.bytes, member.data_offset() + splice.range.start as u64)?;
            }
            Ok(keeps_size)
        })?;
        let complete = complete.into_iter().all(|is| is);
        if !complete {
            empty(file)?;
        }
        Ok(complete)
    }
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
