//! Reads the structure of an archive: which members are its own, where each begins and ends, what they are called.

use std::hint;

use super::header::{HEADER_LEN, Header, decimal};
use super::table::big_endian;
use super::{Archive, ArchiveKind, IndexTable, Layout, MAGIC, Member, Place, THIN_MAGIC};
use crate::error::{Error, Result};

/// See [`Archive::parse`].
pub(super) fn parse(file: &[u8]) -> Result<Archive<'_>> {
    let thin = check_magic(file)?;
    let mut archive =
        Archive { kind: ArchiveKind::Gnu, thin, index: Vec::new(), name_table: None, members: Vec::new() };
    let mut offset = MAGIC.len();
    while offset < file.len() {
        offset = member_at(&mut archive, file, offset)?;
    }
    archive.kind = ArchiveKind::of(&archive.index, archive.name_table, &archive.members);
    Ok(archive)
}

/// See [`Archive::touch_headers`].
pub(super) fn touch_headers(file: &[u8]) {
    let mut front =
        Archive { kind: ArchiveKind::Gnu, thin: false, index: Vec::new(), name_table: None, members: Vec::new() };
    if !file.starts_with(MAGIC) || member_at(&mut front, file, MAGIC.len()).is_err() {
        return;
    }
    let offsets = front.index.iter().filter_map(IndexTable::gnu_parts).flat_map(|(offsets, _)| offsets.rev());
    let mut last = None;
    for offset in offsets.map(big_endian) {
        if last.replace(offset) != Some(offset) {
            hint::black_box(usize::try_from(offset).ok().and_then(|offset| file.get(offset).copied()));
        }
    }
}

/// Adds what begins at `offset`; gives where the next member does.
fn member_at<'d>(archive: &mut Archive<'d>, file: &'d [u8], offset: usize) -> Result<usize> {
    let header = Header::parse(file, offset)?;
    let size = header
        .size()
        .ok_or_else(|| Error::malformed(offset as u64 + 48, "a member header's size is not a decimal number"))?;
    let start = offset + HEADER_LEN;
    let elsewhere = archive.thin && !matches!(header.raw_name(), b"/" | b"//" | b"/SYM64/");
    let end = if elsewhere {
        start
    } else {
        let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size)).filter(|&end| end <= file.len());
        end.ok_or_else(|| {
            let left = file.len() - start;
            Error::malformed(offset as u64 + 48, format!("a member of {size} bytes, but the file has {left} left"))
        })?
    };
    // Members start at even offsets; the padding after the last one may be missing.
    let next = end.saturating_add(end & 1).min(file.len());
    add(archive, header, offset, &file[offset..next], &file[start..end])?;
    Ok(next)
}

fn add<'d>(archive: &mut Archive<'d>, header: Header, offset: usize, whole: &'d [u8], data: &'d [u8]) -> Result<()> {
    let at = offset as u64;
    let raw = header.raw_name();
    let first = archive.members.is_empty() && archive.name_table.is_none();
    match raw {
        b"//" if archive.name_table.is_none() => {
            archive.name_table = Some(whole);
            return Ok(());
        }
        b"//" => return Err(Error::malformed(at, "a second table of long names")),
        b"/<ECSYMBOLS>/" | b"/<HYBRIDMAP>/" | b"/<XFGHASHMAP>/" => {
            let what = format!("a COFF archive with {}, which would have to change too", raw.escape_ascii());
            return Err(Error::unsupported(what).at(at));
        }
        _ => {}
    }
    let (inline_name, data) = split_inline_name(raw, data, at)?;
    let layout = match raw {
        b"/" if first && archive.index.len() == 1 && archive.index[0].layout == Layout::Gnu => Some(Layout::CoffSecond),
        b"/" => Some(Layout::Gnu),
        b"/SYM64/" => Some(Layout::Gnu64),
        _ if first && raw.starts_with(b"#1/") => bsd_index(inline_name.unwrap_or_default().trim_ascii_end()),
        _ if first => bsd_index(raw),
        _ => None,
    };
    if let Some(layout) = layout {
        if !first || archive.index.iter().any(|table| table.layout == layout) || archive.index.len() > 1 {
            return Err(Error::malformed(at, "one index too many, or not in front of the members"));
        }
        archive.index.push(IndexTable { layout, header, header_offset: at, data });
        return Ok(());
    }
    let (name, place) = match inline_name {
        Some(name) => (trim_nul(name), Place::Here),
        None => member_name(archive, whole, raw.len(), at)?,
    };
    let inline_name = inline_name.unwrap_or_default();
    archive.members.push(Member { name, header, header_offset: at, inline_name, data, place });
    Ok(())
}

/// Takes the name of a `#1/N` member from the front of its data.
fn split_inline_name<'d>(raw: &[u8], data: &'d [u8], at: u64) -> Result<(Option<&'d [u8]>, &'d [u8])> {
    let Some(digits) = raw.strip_prefix(b"#1/") else {
        return Ok((None, data));
    };
    let len = decimal(digits).ok_or_else(|| Error::malformed(at, "the length of a member's name is not a number"))?;
    let split = usize::try_from(len).ok().and_then(|len| data.split_at_checked(len));
    let (name, data) = split.ok_or_else(|| {
        Error::malformed(at, format!("a member's name of {len} bytes, but the member has {}", data.len()))
    })?;
    Ok((Some(name), data))
}

fn bsd_index(name: &[u8]) -> Option<Layout> {
    match trim_nul(name) {
        b"__.SYMDEF" | b"__.SYMDEF/" | b"__.SYMDEF SORTED" => Some(Layout::Bsd),
        b"__.SYMDEF_64" | b"__.SYMDEF_64 SORTED" => Some(Layout::Bsd64),
        _ => None,
    }
}

/// `name` without the NULs that it is padded with.
pub(super) fn trim_nul(name: &[u8]) -> &[u8] {
    let end = name.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    &name[..end]
}

/// `foo.o/` is a name, and `foo.o` a BSD one; `/18` is a name at that offset of the `//` table, where it ends in `/\n`
/// or, in COFF, in NUL; and `/18:68` is what the archive of that name has at offset 68. `whole` begins with the header,
/// whose name field holds `len` bytes.
fn member_name<'d>(archive: &Archive<'d>, whole: &'d [u8], len: usize, at: u64) -> Result<(&'d [u8], Place)> {
    let raw = &whole[..len];
    let place = if archive.thin { Place::File } else { Place::Here };
    let Some(number) = raw.strip_prefix(b"/") else {
        return Ok((raw.strip_suffix(b"/").unwrap_or(raw), place));
    };
    let lost = |what: &str| Error::malformed(at, format!("a member's long name is {what}"));
    let not_number = || lost("not a decimal number");
    let (digits, place) = match memchr::memchr(b':', number).filter(|_| archive.thin) {
        None => (number, place),
        Some(colon) => {
            let origin = decimal(&number[colon + 1..]).ok_or_else(not_number)?;
            (&number[..colon], Place::Nested(origin))
        }
    };
    let start = decimal(digits).ok_or_else(not_number)?;
    let table = archive.name_table.ok_or_else(|| lost("given by number, but the archive has no table of names"))?;
    let rest = usize::try_from(start).ok().and_then(|start| table[HEADER_LEN..].get(start..));
    let rest = rest.filter(|rest| !rest.is_empty()).ok_or_else(|| lost("outside the table of names"))?;
    let end = memchr::memchr2(b'\n', 0, rest).unwrap_or(rest.len());
    Ok((rest[..end].strip_suffix(b"/").unwrap_or(&rest[..end]), place))
}

/// Whether the archive is thin.
fn check_magic(file: &[u8]) -> Result<bool> {
    match file {
        _ if file.starts_with(MAGIC) => Ok(false),
        _ if file.starts_with(THIN_MAGIC) => Ok(true),
        [] => Err(Error::malformed(0, "the file is empty, not an archive")),
        [b'<', b'b', b'i', b'g', b'a', b'f', b'>', b'\n', ..]
        | [b'<', b'a', b'i', b'a', b'f', b'f', b'>', b'\n', ..] => {
            let what = "an AIX archive: its members are XCOFF objects, which are not served";
            Err(Error::unsupported(what).at(0))
        }
        [0xca, 0xfe, 0xba, 0xbe | 0xbf, ..] => Err(Error::malformed(0, "a fat file, where one archive is expected")
            .with_help("lipo -thin ARCH FILE -output OTHER takes one out of it")),
        [0x7f, b'E', b'L', b'F', ..] => Err(Error::malformed(0, "an ELF file, not an archive")
            .with_help("armend amends static archives: make one with `ar rcs libNAME.a FILE.o`")),
        [b'/', b'*', ..] | [b'G', b'R', b'O', b'U', b'P', ..] | [b'I', b'N', b'P', b'U', b'T', ..] => {
            Err(Error::malformed(0, "a linker script, not an archive").with_help("amend the archives that it names"))
        }
        _ if MAGIC.starts_with(file) => Err(Error::malformed(0, "the file ends inside the archive's magic")),
        _ => Err(Error::malformed(0, "not an archive: it does not begin with \"!<arch>\\n\"")),
    }
}
