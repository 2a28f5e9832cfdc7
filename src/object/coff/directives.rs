//! What an object tells the linker in `.drectve`: options, of which some name symbols (Microsoft, "PE Format", "The
//! .drectve Section"; the options are those of Microsoft's linker, and of `ld/deffilep.y` and lld's `MinGW/Driver.cpp`).
//! This file reads; [`edit_directives`](super::edit_directives) writes.

use std::collections::BTreeSet;
use std::ops::Range;

use super::CoffObject;
use super::layout::Layout;
use crate::error::Result;
use crate::object::symbol::SectionIndex;

/// The section's name.
pub(super) const NAME: &[u8] = b".drectve";

/// What an option says of a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// A DLL exports it (`/EXPORT:`). Of `NAME=INTERNAL` it is INTERNAL that is a symbol's name.
    Exported,
    /// A DLL that exports everything does not export it (`-exclude-symbols:`).
    Excluded,
    /// It is linked in whether anything refers to it or not (`/INCLUDE:`).
    Included,
    /// It is another's in case nothing defines that, or the other way round (`/ALTERNATENAME:A=B`).
    Alternate,
    /// How a tentative definition is aligned (`-aligncomm:`), that calls of it are checked (`/guardsym:`).
    Property,
}

/// The options that name symbols, in lower case, what they say, and whether they name them as C does.
const OPTIONS: [(&[u8], Said, bool); 7] = [
    (b"aligncomm", Said::Property, false),
    (b"alternatename", Said::Alternate, false),
    (b"entry", Said::Included, true),
    (b"exclude-symbols", Said::Excluded, true),
    (b"export", Said::Exported, true),
    (b"guardsym", Said::Property, false),
    (b"include", Said::Included, false),
];

/// A symbol's name in an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    /// The option, from its mark to its end.
    pub option: Range<usize>,
    /// The name, without quotes.
    pub name: Range<usize>,
    /// Whether quotes are around it.
    pub quoted: bool,
    /// What is said of it.
    pub said: Said,
    /// Whether what the platform puts in front of C names may be left out.
    pub as_in_c: bool,
}

/// Every mention of a symbol, in order.
pub(super) fn mentions(directives: &[u8]) -> Vec<Mention> {
    options(directives).into_iter().flat_map(|option| of_option(directives, option)).collect()
}

/// The options, which blanks separate that are not in quotes.
pub(super) fn options(directives: &[u8]) -> Vec<Range<usize>> {
    let mut options = Vec::new();
    let (mut start, mut quoted) = (None, false);
    for (at, &byte) in directives.iter().enumerate() {
        let blank = !quoted && matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0);
        quoted ^= byte == b'"';
        match start {
            Some(first) if blank => {
                options.push(first..at);
                start = None;
            }
            None if !blank => start = Some(at),
            _ => {}
        }
    }
    options.extend(start.map(|first| first..directives.len()));
    options
}

fn of_option(directives: &[u8], option: Range<usize>) -> Vec<Mention> {
    // The whole of it may be in quotes as well, and a byte order mark in front of the first.
    let text = &directives[option.clone()];
    let Some(mark) = text.iter().position(|byte| matches!(byte, b'/' | b'-')) else { return Vec::new() };
    let Some(colon) = memchr::memchr(b':', text).filter(|&colon| colon > mark) else { return Vec::new() };
    let name = text[mark + 1..colon].to_ascii_lowercase();
    let Some(&(_, said, as_in_c)) = OPTIONS.iter().find(|(known, ..)| *known == name) else { return Vec::new() };
    let argument = option.start + colon + 1..option.end;
    let parts = split(directives, argument, b',');
    let named = match said {
        Said::Excluded => parts,
        Said::Alternate => parts.into_iter().take(1).flat_map(|part| split(directives, part, b'=')).collect(),
        Said::Exported => {
            let export = parts.into_iter().next().map(|part| split(directives, part, b'='));
            export.unwrap_or_default().into_iter().last().into_iter().collect()
        }
        Said::Included | Said::Property => parts.into_iter().take(1).collect(),
    };
    let mention = |part: Range<usize>| {
        let quotes = |range: &Range<usize>| directives[range.clone()].iter().filter(|&&byte| byte == b'"').count();
        let bytes = &directives[part.clone()];
        let first = bytes.iter().position(|&byte| byte != b'"')?;
        let last = bytes.iter().rposition(|&byte| byte != b'"')?;
        let quoted = quotes(&(option.start..part.start + first)) % 2 == 1;
        let name = part.start + first..part.start + last + 1;
        Some(Mention { option: option.clone(), name, quoted, said, as_in_c })
    };
    named.into_iter().filter_map(mention).collect()
}

fn split(directives: &[u8], range: Range<usize>, separator: u8) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = range.start;
    for at in range.clone() {
        if directives[at] == separator {
            parts.push(start..at);
            start = at + 1;
        }
    }
    parts.push(start..range.end);
    parts
}

impl<'d, Coff: Layout> CoffObject<'d, Coff> {
    /// The section with directives and what is in it.
    ///
    /// # Errors
    /// Malformed, with the offset of a section's header.
    pub(super) fn directives(&self) -> Result<Option<(SectionIndex, &'d [u8])>> {
        for (index, section) in self.numbered_sections() {
            let has_place = section.coff_file_range().is_some_and(|(offset, _)| offset != 0);
            if has_place && self.section_name(index)? == NAME {
                return Ok(Some((index, self.section_data(index)?)));
            }
        }
        Ok(None)
    }

    /// The names in C of what a DLL that exports everything does not export.
    ///
    /// # Errors
    /// As [`Self::directives`].
    pub(super) fn excluded(&self) -> Result<BTreeSet<&'d [u8]>> {
        let Some((_, directives)) = self.directives()? else { return Ok(BTreeSet::new()) };
        let mentions = mentions(directives).into_iter().filter(|mention| mention.said == Said::Excluded);
        Ok(mentions.map(|mention| &directives[mention.name]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named() {
        let directives =
            b"\xef\xbb\xbf /DEFAULTLIB:\"uuid.lib\" /EXPORT:f /EXPORT:\"out=in.x\",DATA -export:g,private /export:h=other.dll \
              -exclude-symbols:a,\"b.t\" /include:_i /ALTERNATENAME:j=k -aligncomm:\"l\",4 /guardsym:m,S \"/EXPORT:n o\" /p:q\0";
        let mentions = mentions(directives);
        let names: Vec<_> =
            mentions.iter().map(|mention| String::from_utf8_lossy(&directives[mention.name.clone()])).collect();
        assert_eq!(names, ["f", "in.x", "g", "other.dll", "a", "b.t", "_i", "j", "k", "l", "m", "n o"]);
        let quoted: Vec<_> =
            mentions.iter().filter(|mention| mention.quoted).map(|mention| mention.name.clone()).collect();
        assert_eq!(
            quoted.iter().map(|name| &directives[name.clone()]).collect::<Vec<_>>(),
            [&b"in.x"[..], b"b.t", b"l", b"n o"]
        );
        assert_eq!(mentions[4].said, Said::Excluded);
    }
}
