//! Holds a finished file against the original, the edits and the index, before anyone sees it: each member as soon as it
//! is in the file, and when all are, the archive that they make.

use std::fs::File;
use std::ops::Range;

use super::write::Places;
use super::{Appended, ArchiveEdits};
use crate::archive::{Archive, Member};
use crate::error::{Error, ErrorKind, Result};
use crate::input::{ParsedArchive, map_range};
use crate::object::Object;
use crate::output::Staged;
use crate::parallel;

impl ArchiveEdits<'_> {
    /// Reads members again, from the one at `first`, whose data is at `places` of the file, and holds each against the
    /// original, its edits and what the index is to list. A thin archive's are elsewhere, and verified at the end.
    ///
    /// # Errors
    /// Verification, naming the first difference; I/O.
    pub(super) fn verify_batch(
        &self,
        parsed: &ParsedArchive<'_>,
        file: &File,
        first: usize,
        places: &[Range<u64>],
    ) -> Result<()> {
        let (Some(start), Some(end)) = (places.first(), places.last()) else { return Ok(()) };
        if parsed.archive.thin {
            return Ok(());
        }
        let bytes =
            map_range(file, start.start..end.end).map_err(|error| Error::io("cannot read the result", error))?;
        let verified = parallel::try_map(places.len(), |at| {
            let data = (places[at].start - start.start) as usize..(places[at].end - start.start) as usize;
            self.verify_member(parsed, first + at, &bytes[data])
        });
        verified.map(|_| ())
    }

    /// Holds a member's data, as it is in the result, against the original's.
    ///
    /// # Errors
    /// Verification, naming the first difference.
    pub(super) fn verify_member(&self, parsed: &ParsedArchive<'_>, at: usize, data: &[u8]) -> Result<()> {
        self.verify_data(parsed, at, data).map_err(|error| {
            let name = parsed.archive.members[at].name;
            match error.kind() {
                ErrorKind::Verification(_) => error.in_member(name, 0),
                _ => Error::verification(error.to_string()).in_member(name, 0),
            }
        })
    }

    fn verify_data(&self, parsed: &ParsedArchive<'_>, at: usize, data: &[u8]) -> Result<()> {
        let edits = &self.members[at];
        let object = Object::parse(data)?;
        if !edits.is_empty() {
            parsed.objects[at].verify(&object, edits, self.suffixes)?;
        } else if data.len() != parsed.archive.members[at].data.len() {
            return Err(Error::verification("a member is not the original's"));
        }
        self.verify_names(&object, at)
    }

    /// That the index is to list what the object defines.
    fn verify_names(&self, object: &Object<'_>, at: usize) -> Result<()> {
        if self.index.absent || self.index.names_are(at as u32, object.indexed_names()?) {
            return Ok(());
        }
        Err(Error::verification("the index to be is not that of the members"))
    }

    /// Reads a staged result's structure again and holds it against the original, the edits and the index; its members
    /// have to be where they were verified.
    ///
    /// # Errors
    /// Verification, naming the first difference.
    pub(super) fn verify(&self, parsed: &ParsedArchive<'_>, staged: &Staged, places: &Places) -> Result<()> {
        let input = parsed.input.reopen(staged.path(), &self.staged)?;
        // The temporary file's name says nothing to the user: errors are placed in the archive it was made from.
        let place = |error: Error| match error.kind() {
            ErrorKind::Verification(_) => error.in_archive(&parsed.input.path),
            _ => Error::verification(error.to_string()).in_archive(&parsed.input.path),
        };
        let archive = input.archive().map_err(place)?;
        if archive.members.len() != self.members_after() || archive.name_table != parsed.archive.name_table {
            return Err(place(Error::verification("the members are not those of the original")));
        }
        let verified = |at| {
            let member: &Member<'_> = &archive.members[at];
            self.verify_place(parsed, &archive, at, &places[at]).map_err(|error| error.in_member(member.name, 0))
        };
        parallel::try_map(archive.members.len(), verified).map_err(place)?;
        if !archive.index_is(&self.index) {
            return Err(place(Error::verification("the index is not that of the members")));
        }
        Ok(())
    }

    fn verify_place(
        &self,
        parsed: &ParsedArchive<'_>,
        result: &Archive<'_>,
        at: usize,
        place: &Range<u64>,
    ) -> Result<()> {
        let member = &result.members[at];
        let Some(old) = parsed.archive.members.get(at) else {
            return self.verify_appended(member, at);
        };
        let named = member.name == old.name && member.header.bytes()[16..48] == old.header.bytes()[16..48];
        let placed =
            result.thin || member.data_offset() == place.start && member.data.len() as u64 == place.end - place.start;
        if !named || !placed {
            return Err(Error::verification("a member is not the original's"));
        }
        if result.thin { self.verify_data(parsed, at, member.data) } else { Ok(()) }
    }

    fn verify_appended(&self, member: &Member<'_>, at: usize) -> Result<()> {
        let Appended { padded_name, data } = &self.appended[at - self.members.len()];
        if !padded_name.starts_with(member.name) || member.data != data {
            return Err(Error::verification("a new member is not as planned"));
        }
        self.verify_names(&Object::parse(member.data)?, at)
    }
}
