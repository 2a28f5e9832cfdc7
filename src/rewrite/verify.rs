//! Holds a finished file against the original, the edits and the index, before anyone sees it: each member as soon as it
//! is in the file, and at the end what is in front of them.

use std::fs::File;

use super::write::Written;
use super::{Appended, ArchiveEdits};
use crate::archive::{Archive, ArchiveKind, HEADER_LEN, Header, Member, Span};
use crate::error::{Error, ErrorKind, Result};
use crate::input::{Input, ParsedArchive, map_range};
use crate::object::Object;
use crate::output::Staged;
use crate::parallel;

impl ArchiveEdits<'_> {
    /// Reads members again, from the one at `first`, that are at `spans` of the file, and holds each against the
    /// original, its edits and what the index is to list. A thin archive's are elsewhere, and verified at the end.
    ///
    /// # Errors
    /// Verification, naming the first difference; I/O.
    pub(super) fn verify_batch(
        &self,
        parsed: &ParsedArchive<'_>,
        file: &File,
        first: usize,
        spans: &[Span],
    ) -> Result<()> {
        if parsed.archive.thin {
            return Ok(());
        }
        let members = &parsed.archive.members;
        verify_each(file, spans, |at, span, bytes| {
            let located = |error: Error| error.in_member(members[first + at].name, 0);
            verify_place(&members[first + at], span, bytes).map_err(located)?;
            let data = &bytes[(span.data.start - span.header) as usize..];
            self.verify_data(parsed, first + at, data).map_err(located)
        })
    }

    /// The same of the new members, which are as they were made.
    ///
    /// # Errors
    /// As [`Self::verify_batch`].
    pub(super) fn verify_appended(&self, file: &File, kind: ArchiveKind, spans: &[Span]) -> Result<()> {
        verify_each(file, spans, |at, span, bytes| {
            let Appended { padded_name, data } = &self.appended[at];
            let member = Member::new(padded_name, data, kind);
            let located = |error: Error| error.in_member(member.name, 0);
            verify_place(&member, span, bytes).map_err(located)?;
            if bytes[(span.data.start - span.header) as usize..] != **data {
                return Err(located(Error::verification("a new member is not as planned")));
            }
            self.verify_names(&Object::parse(data)?, self.members.len() + at).map_err(located)
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
        Err(Error::verification("the index is not that of the members"))
    }

    /// Reads again what is in front of the members of a staged result, and holds it against the original and the index.
    ///
    /// # Errors
    /// Verification, naming the first difference.
    pub(super) fn verify(&self, parsed: &ParsedArchive<'_>, staged: &Staged, written: &Written) -> Result<()> {
        let input = parsed.input.reopen(staged.path(), &self.staged)?;
        let verified = if parsed.archive.thin {
            self.verify_thin(parsed, &input)
        } else {
            self.verify_front(parsed, input.bytes(), written)
        };
        // The temporary file's name says nothing to the user: errors are placed in the archive it was made from.
        verified.map_err(|error| as_verification(error).in_archive(&parsed.input.path))
    }

    fn verify_front(&self, parsed: &ParsedArchive<'_>, file: &[u8], written: &Written) -> Result<()> {
        let spans = &written.spans;
        let follow = spans.windows(2).all(|two| two[0].end == two[1].header);
        let len = file.len() as u64;
        if !follow || spans.last().is_some_and(|last| last.end != len) || written.len != len {
            return Err(Error::verification("the members do not follow one another"));
        }
        let mut front = Archive::parse(&file[..spans.first().map_or(file.len(), |first| first.header as usize)])?;
        front.kind = written.kind;
        let named = front.name_table == parsed.archive.name_table && front.members.is_empty() && !front.thin;
        if !named || spans.len() != self.members_after() {
            return Err(Error::verification("the members are not those of the original"));
        }
        let offsets: Vec<u64> = spans.iter().map(|span| span.header).collect();
        self.verify_index(&front, &offsets)
    }

    fn verify_thin(&self, parsed: &ParsedArchive<'_>, input: &Input) -> Result<()> {
        let archive = input.archive()?;
        let named = |(new, old): (&Member<'_>, &Member<'_>)| {
            new.name == old.name && new.header.bytes()[..48] == old.header.bytes()[..48]
        };
        if archive.members.len() != self.members_after()
            || archive.name_table != parsed.archive.name_table
            || !archive.members.iter().zip(&parsed.archive.members).all(named)
        {
            return Err(Error::verification("the members are not those of the original"));
        }
        parallel::try_map(archive.members.len(), |at| {
            let member = &archive.members[at];
            self.verify_data(parsed, at, member.data).map_err(|error| error.in_member(member.name, 0))
        })?;
        let offsets: Vec<u64> = archive.members.iter().map(|member| member.header_offset).collect();
        self.verify_index(&archive, &offsets)
    }

    fn verify_index(&self, archive: &Archive<'_>, offsets: &[u64]) -> Result<()> {
        if archive.index_is_of(&self.index, offsets) {
            return Ok(());
        }
        Err(Error::verification("the index is not that of the members"))
    }
}

/// Maps the part of the file in which members are, and holds each, from its header to the end of its data, against what
/// `verify` expects.
fn verify_each(
    file: &File,
    spans: &[Span],
    verify: impl Fn(usize, &Span, &[u8]) -> Result<()> + Sync + Send,
) -> Result<()> {
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return Ok(()) };
    let start = first.header;
    let bytes = map_range(file, start..last.data.end).map_err(|error| Error::io("cannot read the result", error))?;
    let verified = parallel::try_map(spans.len(), |at| {
        let member = &bytes[(spans[at].header - start) as usize..(spans[at].data.end - start) as usize];
        verify(at, &spans[at], member).map_err(as_verification)
    });
    verified.map(|_| ())
}

/// That a header and what stands between it and the data are the member's, and that the header's size leads to the end.
fn verify_place(member: &Member<'_>, span: &Span, bytes: &[u8]) -> Result<()> {
    let header = Header::parse(bytes, 0)?;
    let named =
        header.bytes()[..48] == member.header.bytes()[..48] && bytes[HEADER_LEN..].starts_with(member.inline_name);
    let start = span.header + HEADER_LEN as u64;
    // BSD's members may have a filler behind their data, which keeps those behind it aligned.
    let most = span.data.end + if header.raw_name().starts_with(b"#1/") { 7 } else { 0 };
    let end = header.size().and_then(|size| start.checked_add(size));
    let placed = span.data.start == start + member.inline_name.len() as u64
        && end.is_some_and(|end| (span.data.end..=most).contains(&end) && end.next_multiple_of(2) == span.end);
    if named && placed { Ok(()) } else { Err(Error::verification("a member is not the original's")) }
}

fn as_verification(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Verification(_) => error,
        _ => Error::verification(error.to_string()),
    }
}
