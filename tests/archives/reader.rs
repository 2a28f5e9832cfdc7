//! A reader of archives that shares nothing with the tool's: it believes headers and panics on what it does not know.
//! For every flavour but thin.

use std::ops::Range;

/// One member, the indexes and the table of long names left out.
#[derive(Debug, Clone)]
pub struct Member {
    pub name: Vec<u8>,
    pub header: Range<usize>,
    pub data: Range<usize>,
}

impl Member {
    /// Everything the header says but the size.
    pub fn stamp<'b>(&self, archive: &'b [u8]) -> &'b [u8] {
        &archive[self.header.start..self.header.start + 48]
    }
}

pub fn members(archive: &[u8]) -> Vec<Member> {
    let mut members = Vec::new();
    let mut long_names: &[u8] = b"";
    let mut at = 8;
    while at < archive.len() {
        let header = &archive[at..at + 60];
        assert_eq!(&header[58..], b"`\n", "no member header at {at}");
        let number = |field: &[u8]| -> usize {
            std::str::from_utf8(field.trim_ascii_end()).expect("ASCII").parse().expect("a number")
        };
        let (mut start, end) = (at + 60, at + 60 + number(&header[48..58]));
        let field = header[..16].trim_ascii_end();
        let name = match field {
            b"/" | b"/SYM64/" => None,
            b"//" => {
                long_names = &archive[start..end];
                None
            }
            _ if field.starts_with(b"#1/") => {
                let name = &archive[start..start + number(&field[3..])];
                start += name.len();
                let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
                (!name.starts_with(b"__.SYMDEF")).then(|| name.to_vec())
            }
            _ if field.starts_with(b"/") => {
                let rest = &long_names[number(&field[1..])..];
                let end = rest.iter().position(|&byte| byte == b'\n' || byte == 0).expect("the end of a long name");
                Some(rest[..end].strip_suffix(b"/").unwrap_or(&rest[..end]).to_vec())
            }
            _ => Some(field.strip_suffix(b"/").unwrap_or(field).to_vec()),
        };
        members.extend(name.map(|name| Member { name, header: at..at + 60, data: start..end }));
        at = end + end % 2;
    }
    members
}
