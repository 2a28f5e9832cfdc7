//! The tag that makes private names unique, and how such names are recognised in a later run.

use crate::archive::Archive;
use crate::error::{Error, Result};
use crate::object::symbol::Suffixes;
use crate::parallel;

/// What default tags begin with; six digits to the base 36 follow. Every private name carries its tag in every member
/// that refers to it: each byte more costs a C++ archive a tenth of a percent of its size.
const PREFIX: &[u8] = b"armend";
const DIGITS: usize = 6;

/// A tag for the archives' content: the same content gives the same tag wherever the files are, in any order.
pub fn derive(archives: &[&Archive<'_>]) -> String {
    let fingerprint = |archive: &&Archive<'_>| {
        let members = parallel::map(archive.members.len(), |at| {
            let member = &archive.members[at];
            let mut hasher = crc32fast::Hasher::new();
            hasher.update(member.name);
            hasher.update(&(member.data.len() as u64).to_le_bytes());
            hasher.update(member.data);
            hasher.finalize()
        });
        crc32(&members)
    };
    let mut fingerprints: Vec<u32> = archives.iter().map(fingerprint).collect();
    fingerprints.sort_unstable();
    let mut rest = crc32(&fingerprints);
    let mut digits = [0; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % 36) as usize];
        rest /= 36;
    }
    [PREFIX, &digits].concat().escape_ascii().to_string()
}

fn crc32(fingerprints: &[u32]) -> u32 {
    let bytes: Vec<u8> = fingerprints.iter().flat_map(|fingerprint| fingerprint.to_le_bytes()).collect();
    crc32fast::hash(&bytes)
}

/// The suffixes of a tag.
///
/// # Errors
/// Usage, for a tag that is not letters, digits and underscores: section names that carry it stay C identifiers, and
/// demanglers take it for a suffix. Or one that begins with a digit: compilers number names so (`foo.1`), and these
/// would count as private already.
pub fn suffixes(tag: &str) -> Result<Suffixes> {
    if tag.is_empty() || !tag.bytes().all(|c| c == b'_' || c.is_ascii_alphanumeric()) {
        let what = format!("the tag \"{tag}\" is not made of letters, digits and underscores");
        return Err(Error::usage(what));
    }
    if tag.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Error::usage(format!("the tag \"{tag}\" begins with a digit, as compilers' own suffixes do")));
    }
    Ok(Suffixes { private: format!(".{tag}").into_bytes(), registry: format!("_{tag}").into_bytes() })
}

/// Whether `name` ends in one of `suffixes` or in a default tag of any archive, behind `separator`.
pub fn is_tagged(name: &[u8], separator: u8, suffixes: &Suffixes) -> bool {
    let own = if separator == b'.' { &suffixes.private } else { &suffixes.registry };
    if name.len() > own.len() && name.ends_with(own) {
        return true;
    }
    without_default(name, separator).is_some()
}

/// What stands in front of a default tag of any archive; `None` for a name that carries none.
pub fn without_default(name: &[u8], separator: u8) -> Option<&[u8]> {
    let (rest, digits) = name.split_last_chunk::<DIGITS>()?;
    let base = rest.strip_suffix(PREFIX)?.strip_suffix(&[separator])?;
    let is_tag = digits.iter().all(|c| c.is_ascii_digit() || c.is_ascii_lowercase());
    (is_tag && !base.is_empty()).then_some(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_recognised() {
        let own = suffixes("krun").unwrap();
        assert!(is_tagged(b"foo.krun", b'.', &own) && is_tagged(b"foo.armend01z3ab", b'.', &own));
        assert!(is_tagged(b"set_krun", b'_', &own) && is_tagged(b"set_armend01z3ab", b'_', &own));
        assert!(!is_tagged(b"foo_krun", b'.', &own) && !is_tagged(b".krun", b'.', &own));
        assert!(!is_tagged(b"foo.armend01z3aX", b'.', &own) && !is_tagged(b"foo.armend", b'.', &own));
        assert!(suffixes("a-b").is_err() && suffixes("").is_err() && suffixes("1").is_err());
    }
}
