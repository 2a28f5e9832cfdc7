//! Holds a finished file against the original, the edits and the index, before anyone sees it.

use std::borrow::Cow;

use super::{Appended, ArchiveEdits};
use crate::archive::{Archive, ArchiveIndex, Member};
use crate::error::{Error, ErrorKind, Result};
use crate::input::ParsedArchive;
use crate::object::Object;
use crate::output::Staged;
use crate::parallel;

impl ArchiveEdits<'_> {
    /// Reads a staged result again and holds it against the original, the edits and the index.
    ///
    /// # Errors
    /// Verification, naming the first difference.
    pub(super) fn verify(&self, parsed: &ParsedArchive<'_>, staged: &Staged) -> Result<()> {
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
            let names = self.verify_member(parsed, &archive, at);
            names.map_err(|error| error.in_member(archive.members[at].name, 0))
        };
        let names = parallel::try_map(archive.members.len(), verified).map_err(place)?;
        let mut index = ArchiveIndex::default();
        index.absent = self.index.absent;
        for (names, at) in names.into_iter().zip(0..) {
            names.into_iter().for_each(|name| index.push(name, b"", at));
        }
        if !archive.index_is(&index) {
            return Err(place(Error::verification("the index is not that of the members")));
        }
        Ok(())
    }

    /// Gives the names that the index has to list of a member of the result.
    fn verify_member<'d>(
        &self,
        parsed: &ParsedArchive<'_>,
        result: &Archive<'d>,
        at: usize,
    ) -> Result<Vec<Cow<'d, [u8]>>> {
        let member = &result.members[at];
        let Some(old) = parsed.archive.members.get(at) else {
            return self.verify_appended(member, at - self.members.len());
        };
        let named = member.name == old.name && member.header.bytes()[16..48] == old.header.bytes()[16..48];
        let edits = &self.members[at];
        if !named || edits.is_empty() && member.data.len() != old.data.len() {
            return Err(Error::verification("a member is not the original's"));
        }
        let object = Object::parse(member.data)?;
        if !edits.is_empty() {
            parsed.objects[at].verify(&object, edits, self.suffixes)?;
        }
        object.indexed_names()
    }

    fn verify_appended<'d>(&self, member: &Member<'d>, at: usize) -> Result<Vec<Cow<'d, [u8]>>> {
        let Appended { padded_name, data } = &self.appended[at];
        if !padded_name.starts_with(member.name) || member.data != data {
            return Err(Error::verification("a new member is not as planned"));
        }
        Object::parse(member.data)?.indexed_names()
    }
}
