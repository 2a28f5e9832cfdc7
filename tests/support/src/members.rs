//! A reader of archives that shares nothing with the tool's: it believes headers, panics on what it does not know, and
//! says where each member lies. For GNU archives (`/`, `/SYM64/`, `//`) only.

use std::collections::HashMap;
use std::ops::Range;

pub const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: usize = 60;

/// One member, the index and the table of long names left out.
#[derive(Clone, Debug)]
pub struct Member {
    pub name: String,
    /// The 60 bytes before the contents.
    pub header: Range<usize>,
    pub data: Range<usize>,
}

/// What an archive holds, by position in its bytes.
#[derive(Default)]
pub struct Layout {
    pub members: Vec<Member>,
    /// The contents of `/` or `/SYM64/`.
    pub index: Option<Range<usize>>,
    pub wide: bool,
}

pub fn layout(bytes: &[u8]) -> Layout {
    assert!(bytes.starts_with(MAGIC), "not an archive");
    let mut layout = Layout::default();
    let mut long_names = 0..0;
    let mut at = MAGIC.len();
    while at < bytes.len() {
        let header = at..at + HEADER;
        let field = |range: Range<usize>| {
            std::str::from_utf8(&bytes[at + range.start..at + range.end])
                .expect("header is ASCII")
                .trim_end_matches(' ')
        };
        assert_eq!(&bytes[at + 58..at + 60], b"`\n", "no member header at {at}");
        let size: usize = field(48..58).parse().expect("member size");
        let data = header.end..header.end + size;
        assert!(data.end <= bytes.len(), "member at {at} is cut off");
        match field(0..16) {
            "/" => layout.index = Some(data.clone()),
            "/SYM64/" => (layout.index, layout.wide) = (Some(data.clone()), true),
            "//" => long_names = data.clone(),
            name => {
                layout.members.push(Member { name: full_name(bytes, &long_names, name), header, data: data.clone() })
            }
        }
        at = data.end + data.end % 2;
    }
    layout
}

fn full_name(bytes: &[u8], long_names: &Range<usize>, field: &str) -> String {
    let text = match field.strip_prefix('/') {
        Some(offset) => {
            let rest =
                &bytes[long_names.start + offset.parse::<usize>().expect("offset of a long name")..long_names.end];
            let end = rest.windows(2).position(|pair| pair == b"/\n").expect("end of a long name");
            &rest[..end]
        }
        None => field.strip_suffix('/').unwrap_or(field).as_bytes(),
    };
    String::from_utf8(text.to_vec()).expect("member name")
}

/// The index as (ordinal of the member, name), in its own order.
pub fn index_entries(bytes: &[u8]) -> Option<Vec<(usize, String)>> {
    let layout = layout(bytes);
    let ordinals: HashMap<usize, usize> = layout.members.iter().map(|m| m.header.start).zip(0..).collect();
    let table = &bytes[layout.index?];
    let width = if layout.wide { 8 } else { 4 };
    let number = |at: usize| table[at..at + width].iter().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
    let count = number(0);
    let mut names = table[width * (count + 1)..].split(|byte| *byte == 0);
    let entry = |i: usize| {
        let offset = number(width * (i + 1));
        let name = names.next().expect("a name for each entry");
        (
            *ordinals
                .get(&offset)
                .unwrap_or_else(|| panic!("index entry {i} points at {offset}, where no member starts")),
            String::from_utf8_lossy(name).into_owned(),
        )
    };
    Some((0..count).map(entry).collect())
}
