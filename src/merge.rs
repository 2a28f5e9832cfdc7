//! Joins an archive's objects into one by the system linker's `-r`, so that every private symbol can become local.
//!
//! The linker is GNU ld: `--unique=.[!eo]*` keeps sections of one name apart, so that `--gc-sections` later drops what
//! it dropped before, and lets the `.eh_frame` sections become one, without which GNU ld drops nothing, and ppc64's
//! `.opd`, of which GNU ld reads one an object. `-d` gives tentative definitions their place: they could not become
//! local. LLD and mold join sections of one name under `-r`. Embedded bitcode goes away: joined, it is no bitcode any
//! more.

use std::io::{Cursor, Write};
use std::path::Path;
use std::process::Command;

use crate::archive::{Archive, ArchiveIndex, ArchiveWriter, Member, NewMember};
use crate::error::{Error, Result, printable, printable_path};
use crate::input::{Input, ParsedArchive};
use crate::object::Object;
use crate::object::symbol::Suffixes;
use crate::parallel;
use crate::strip::Strip;

/// An archive with its objects joined into one member and what else it holds as it was; `None` where there are not
/// two objects to join.
///
/// # Errors
/// I/O, a linker that is not there or refuses, members that no linker joins.
pub fn merge(parsed: &ParsedArchive<'_>, linker: &Path) -> Result<Option<Input>> {
    let is_object = |object: &Object<'_>| !matches!(object, Object::Other);
    // A thin archive is refused with the other problems of the plan.
    if parsed.archive.thin || parsed.objects.iter().filter(|object| is_object(object)).count() < 2 {
        return Ok(None);
    }
    let folder = tempfile::tempdir().map_err(|error| Error::io("cannot make a temporary folder", error))?;
    parallel::try_map(parsed.objects.len(), |at| {
        let object = &parsed.objects[at];
        if !is_object(object) {
            return Ok(());
        }
        let path = folder.path().join(format!("{at}.o"));
        write_without_bitcode(object, parsed.archive.members[at].data, &path).map_err(|error| parsed.locate(error, at))
    })?;
    let located = |error: Error| error.in_archive(&parsed.input.path);
    let mut arguments = String::new();
    for at in (0..parsed.objects.len()).filter(|&at| is_object(&parsed.objects[at])) {
        arguments += &format!("{at}.o\n");
    }
    let arguments_file = folder.path().join("objects");
    std::fs::write(&arguments_file, arguments)
        .map_err(|error| located(Error::io("cannot write the object list", error)))?;
    let output = Command::new(linker)
        .args(["-r", "-d", "--unique=.[!eo]*", "-o", "merged.o", "@objects"])
        .current_dir(folder.path())
        .output()
        .map_err(|error| {
            let what = format!("cannot run {}: {error}", printable_path(linker));
            located(Error::usage(what).with_help("install GNU ld (binutils), or name one with --linker"))
        })?;
    if !output.status.success() {
        let said = printable(output.stderr.trim_ascii());
        let what = format!("{} could not merge: {said}", printable_path(linker));
        let help = "objects for another machine need its GNU ld: --linker aarch64-linux-gnu-ld";
        return Err(located(Error::unsupported(what).with_help(help)));
    }
    let merged = std::fs::read(folder.path().join("merged.o"));
    let merged = merged.map_err(|error| located(Error::io("cannot read the merged object", error)))?;
    let others = (0..parsed.objects.len()).filter(|&at| !is_object(&parsed.objects[at]));
    archive_of(parsed, &merged, others).map(Some).map_err(located)
}

fn write_without_bitcode(object: &Object<'_>, data: &[u8], path: &Path) -> Result<()> {
    let edits = Strip { bitcode: true, debug: false }.of(object)?;
    let patch = object.patch(&edits, &Suffixes::NONE)?;
    let write = || -> std::io::Result<()> {
        let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
        patch.parts(data).into_iter().try_for_each(|part| file.write_all(part))?;
        file.flush()
    };
    write().map_err(|error| Error::io("cannot write a member for the linker", error))
}

fn archive_of(parsed: &ParsedArchive<'_>, merged: &[u8], others: impl Iterator<Item = usize>) -> Result<Input> {
    let original = &parsed.archive;
    let mut members = vec![Member::new(b"merged.o\0\0\0\0", merged, original.kind)];
    members.extend(others.map(|at| original.members[at]));
    let archive =
        Archive { kind: original.kind, thin: false, index: Vec::new(), name_table: original.name_table, members };
    // The names come with the result; an empty index keeps the kind until then.
    let mut index = ArchiveIndex::default();
    index.has_objects = true;
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = ArchiveWriter::start(&mut bytes, archive.kind, archive.members.len(), &index, &archive)?;
    let members = archive.members.iter().map(|member| NewMember { member, parts: vec![member.data] });
    writer.append(&members.collect::<Vec<_>>())?;
    writer.finish(&index)?;
    Ok(parsed.input.with_bytes(bytes.into_inner()))
}
