//! Versions of the GNU C Library.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// A release, as in `GLIBC_2.2.5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version([u16; 3]);

impl Version {
    /// The version that a name of glibc's own versions says, as `GLIBC_2.34`; `None` for others, `GLIBC_PRIVATE` too.
    pub fn of_node(node: &[u8]) -> Option<Self> {
        std::str::from_utf8(node.strip_prefix(b"GLIBC_")?).ok()?.parse().ok()
    }

    /// The name of the version node.
    pub fn node(self) -> String {
        format!("GLIBC_{self}")
    }
}

impl FromStr for Version {
    type Err = Error;

    /// Reads `2.17` or `2.2.5`, also behind `GLIBC_`.
    fn from_str(text: &str) -> Result<Self> {
        let numbers = text.strip_prefix("GLIBC_").unwrap_or(text).split('.').map(str::parse);
        let numbers: Option<Vec<u16>> = numbers.map(std::result::Result::ok).collect();
        match numbers.as_deref() {
            Some(&[major, minor]) => Ok(Self([major, minor, 0])),
            Some(&[major, minor, patch]) => Ok(Self([major, minor, patch])),
            _ => Err(Error::usage(format!("\"{text}\" is no version of glibc, as 2.17 is"))),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [major, minor, 0] => write!(f, "{major}.{minor}"),
            [major, minor, patch] => write!(f, "{major}.{minor}.{patch}"),
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_number() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        assert!(version("2.9") < version("2.10") && version("2.2.5") < version("2.3"));
        assert_eq!(version("GLIBC_2.34").to_string(), "2.34");
        assert_eq!(Version::of_node(b"GLIBC_2.2.5"), Some(version("2.2.5")));
        for text in ["", "2", "2.x", "2.1.2.3", "GLIBC_PRIVATE", "-2.1"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
        assert_eq!(Version::of_node(b"GLIBC_PRIVATE"), None);
        assert_eq!(Version::of_node(b"GLIBCXX_3.4"), None);
    }
}
