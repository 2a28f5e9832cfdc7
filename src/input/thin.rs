//! The files that a thin archive's members are in. Paths are relative to the archive's folder, whatever the current
//! one; a member may also be one of a regular archive's members (GNU `ar` writes that as `/NAME:OFFSET`).

use std::collections::HashMap;
use std::ffi::OsStr;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::{Access, Bytes, read};
use crate::archive::{Archive, Member, Place};
use crate::error::{Error, ErrorKind, Result, printable_path};

/// One member's data: a file, or a part of one.
#[derive(Debug)]
pub(super) struct External {
    file: Arc<MemberFile>,
    range: Range<usize>,
}

impl External {
    pub(super) fn data(&self) -> &[u8] {
        &self.file.bytes.as_slice()[self.range.clone()]
    }
}

/// A file that members are in.
#[derive(Debug)]
struct MemberFile {
    bytes: Bytes,
    /// If it is a regular archive and members of it are asked for: where their headers start, and their data.
    members: OnceLock<Vec<(u64, Range<usize>)>>,
}

impl MemberFile {
    /// The data of the member whose header is at `offset`.
    fn member_at(&self, offset: u64) -> Option<Range<usize>> {
        let members = self.members.get_or_init(|| {
            let archive = Archive::parse(self.bytes.as_slice()).ok().filter(|archive| !archive.thin);
            let members = archive.map(|archive| archive.members).unwrap_or_default();
            let range = |member: &Member<'_>| {
                let start = member.data_offset() as usize;
                (member.header_offset, start..start + member.data.len())
            };
            members.iter().map(range).collect()
        });
        let at = members.binary_search_by_key(&offset, |member| member.0).ok()?;
        Some(members[at].1.clone())
    }
}

/// Opens what the members of the archive `bytes`, a file called `archive`, refer to; one for each member of a thin
/// archive, nothing for anything else. Files that `staged` names are, for now, where it says.
///
/// # Errors
/// I/O, for files that cannot be read; malformed, for a thin archive that contains itself; unsupported, for one that
/// contains another.
pub(super) fn open(bytes: &[u8], archive: &Path, staged: &HashMap<PathBuf, PathBuf>) -> Result<Vec<External>> {
    if !bytes.starts_with(b"!<thin>\n") {
        return Ok(Vec::new());
    }
    let mut files = HashMap::new();
    let members = Archive::parse(bytes)?.members;
    let members = members.iter().filter(|member| member.place != Place::Here);
    let open = |member| open_member(member, archive, staged, &mut files).map_err(|error| at_header(error, member));
    members.map(open).collect()
}

/// An error about a file that is not there is placed where the archive names it.
fn at_header(error: Error, member: &Member<'_>) -> Error {
    let place = if error.location().offset.is_none() { error.at(member.header_offset) } else { error };
    place.in_member(member.name, 0)
}

fn open_member(
    member: &Member<'_>,
    archive: &Path,
    staged: &HashMap<PathBuf, PathBuf>,
    files: &mut HashMap<PathBuf, Arc<MemberFile>>,
) -> Result<External> {
    let path = path_of(member, archive);
    let file = match files.get(&path) {
        Some(file) => Arc::clone(file),
        None => {
            let file = Arc::new(MemberFile {
                bytes: open_file(staged.get(&path).unwrap_or(&path))?,
                members: OnceLock::new(),
            });
            files.insert(path.clone(), Arc::clone(&file));
            file
        }
    };
    let bytes = file.bytes.as_slice();
    let range = match member.place {
        Place::Nested(offset) => file
            .member_at(offset)
            .ok_or_else(|| Error::malformed(offset, format!("{} has no member there", printable_path(&path))))?,
        Place::File | Place::Here if bytes.starts_with(b"!<thin>\n") => return Err(thin_in_thin(archive, &path)),
        Place::File | Place::Here => 0..bytes.len(),
    };
    Ok(External { file, range })
}

fn open_file(path: &Path) -> Result<Bytes> {
    // What is no regular file, a terminal say, would be read for ever.
    let metadata = std::fs::metadata(path).map_err(|error| Error::io("cannot open the member's file", error))?;
    if !metadata.is_file() {
        return Err(Error::unsupported("the member's file is not a regular file"));
    }
    read(path, Access::Whole).map_err(|error| Error::io("cannot read the member's file", error))
}

/// The file that a member is in, or the archive that it is in.
pub(super) fn path_of(member: &Member<'_>, archive: &Path) -> PathBuf {
    archive.parent().unwrap_or(Path::new("")).join(OsStr::from_bytes(member.name))
}

/// Linkers do not look into an archive in an archive; `ar` puts the inner one's members in its place. Archives that
/// contain each other cannot even be made whole: said apart.
fn thin_in_thin(outer: &Path, inner: &Path) -> Error {
    let mut chain = vec![canonical(outer)];
    let mut next = Some(inner.to_path_buf());
    while let Some(path) = next {
        if chain.contains(&canonical(&path)) {
            let what = format!("thin archives contain each other in a circle, by way of {}", printable_path(&path));
            return ErrorKind::Malformed(what).into();
        }
        chain.push(canonical(&path));
        next = first_thin_member(&path);
    }
    Error::unsupported("a thin archive in a thin archive: linkers do not look into it")
        .with_help("make the outer archive again: ar puts the inner one's members in its place")
}

fn first_thin_member(archive: &Path) -> Option<PathBuf> {
    let bytes = open_file(archive).ok()?;
    let members = Archive::parse(bytes.as_slice()).ok()?.members;
    let files = members.iter().filter(|member| member.place == Place::File);
    files
        .map(|member| path_of(member, archive))
        .find(|path| open_file(path).is_ok_and(|file| file.as_slice().starts_with(b"!<thin>\n")))
}

fn canonical(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}
