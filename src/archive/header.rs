//! The 60-byte member header of `ar(5)`: fixed-width ASCII fields, padded with spaces.
//!
//! | field | offset | width | base |
//! |---|---|---|---|
//! | `ar_name` | 0 | 16 | |
//! | `ar_date` | 16 | 12 | 10 |
//! | `ar_uid` | 28 | 6 | 10 |
//! | `ar_gid` | 34 | 6 | 10 |
//! | `ar_mode` | 40 | 8 | 8 |
//! | `ar_size` | 48 | 10 | 10 |
//! | `ar_fmag` | 58 | 2 | the two bytes `` `\n `` |

use std::ops::Range;

use crate::error::{Error, Result};

/// The length of a header in bytes.
pub const HEADER_LEN: usize = 60;

/// Where `ar_date` is.
pub const DATE: Range<usize> = 16..28;

/// Everything but the name and the size: date, owner and mode zero.
const BLANK: [u8; HEADER_LEN] = *b"                0           0     0     0                 `\n";

/// A member header, as it stands in the file or is to stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header([u8; HEADER_LEN]);

impl Header {
    /// The header that starts at `offset` in `file`.
    ///
    /// # Errors
    /// Malformed when the file ends inside the header or `ar_fmag` is not there.
    pub fn parse(file: &[u8], offset: usize) -> Result<Self> {
        let header: &[u8; HEADER_LEN] = file
            .get(offset..)
            .and_then(<[u8]>::first_chunk)
            .ok_or_else(|| Error::malformed(offset as u64, "the file ends inside a member header"))?;
        if header[58..] != *b"`\n" {
            return Err(Error::malformed(offset as u64 + 58, "a member header does not end in \"`\\n\""));
        }
        Ok(Self(*header))
    }

    /// The header of an index, as `llvm-ar` writes it: owner and mode are zero, and in deterministic mode the date.
    ///
    /// # Errors
    /// Unsupported when `size` has more digits than the field.
    pub fn of_index(name: &[u8], date: u64, size: u64) -> Result<Self> {
        let mut header = BLANK;
        header[..name.len()].copy_from_slice(name);
        Self(header).with_date(date).with_size(size)
    }

    /// A header for a member called `name`, which has its decoration and at most 16 bytes; date and owner are zero, the
    /// mode is 0644. The writer gives it its size.
    pub fn named(name: &[u8]) -> Self {
        let mut header = BLANK;
        header[..name.len()].copy_from_slice(name);
        Self(header).deterministic()
    }

    /// All 60 bytes.
    pub fn bytes(&self) -> &[u8; HEADER_LEN] {
        &self.0
    }

    /// `ar_name` without the padding.
    pub fn raw_name(&self) -> &[u8] {
        self.0[..16].trim_ascii_end()
    }

    /// `ar_size` in bytes; `None` where the field is not a decimal number.
    pub fn size(&self) -> Option<u64> {
        decimal(self.0[48..58].trim_ascii_end())
    }

    /// `ar_date` in seconds since 1970; 0 where the field is not a decimal number.
    pub fn date(&self) -> u64 {
        decimal(self.0[DATE].trim_ascii_end()).unwrap_or_default()
    }

    /// The same header with another `ar_size`.
    ///
    /// # Errors
    /// Unsupported when `size` has more than the field's ten digits.
    pub fn with_size(mut self, size: u64) -> Result<Self> {
        let text = format!("{size:<10}");
        let field = text.as_bytes().try_into().map_err(|_| {
            Error::unsupported(format!("a member of {size} bytes does not fit the header's ten digits"))
        })?;
        *self.0[48..].first_chunk_mut::<10>().expect("the header is longer") = field;
        Ok(self)
    }

    /// The same header with another `ar_date`, of which the field keeps the last twelve digits.
    #[must_use]
    pub fn with_date(mut self, date: u64) -> Self {
        self.0[DATE].copy_from_slice(&date_field(date));
        self
    }

    /// The same name and size with what `ar D` writes beside them: date and owner zero, mode 0644.
    #[must_use]
    pub fn deterministic(self) -> Self {
        let mut header = BLANK;
        header[..16].copy_from_slice(&self.0[..16]);
        header[40..43].copy_from_slice(b"644");
        header[48..58].copy_from_slice(&self.0[48..58]);
        Self(header)
    }
}

/// What `ar_date` says for a time in seconds since 1970.
pub fn date_field(date: u64) -> Vec<u8> {
    format!("{:<12}", date % 1_000_000_000_000).into_bytes()
}

/// A decimal number; `None` for anything else, the empty string and what passes 64 bits included.
pub fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}
