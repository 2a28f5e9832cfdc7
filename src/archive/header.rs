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

use crate::error::{Error, Result};

/// The length of a header in bytes.
pub const HEADER_LEN: usize = 60;

/// A member header as it stands in the file.
#[derive(Debug, Clone, Copy)]
pub struct Header<'d>(&'d [u8; HEADER_LEN]);

impl<'d> Header<'d> {
    /// The header that starts at `offset` in `file`.
    ///
    /// # Errors
    /// Malformed when the file ends inside the header or `ar_fmag` is not there.
    pub fn parse(file: &'d [u8], offset: usize) -> Result<Self> {
        let header = file[offset..]
            .first_chunk()
            .ok_or_else(|| Error::malformed(offset as u64, "the file ends inside a member header"))?;
        if header[58..] != *b"`\n" {
            return Err(Error::malformed(offset as u64 + 58, "a member header does not end in \"`\\n\""));
        }
        Ok(Self(header))
    }

    /// A header for an empty member called `name`, which has its decoration and at most 16 bytes; date and owner are
    /// zero, the mode is 0644.
    pub fn named(name: &[u8]) -> [u8; HEADER_LEN] {
        let mut header = *b"                0           0     0     644     0         `\n";
        header[..name.len()].copy_from_slice(name);
        header
    }

    /// All 60 bytes.
    pub fn bytes(self) -> &'d [u8; HEADER_LEN] {
        self.0
    }

    /// `ar_name` without the padding.
    pub fn raw_name(self) -> &'d [u8] {
        self.0[..16].trim_ascii_end()
    }

    /// `ar_size` in bytes; `None` where the field is not a decimal number.
    pub fn size(self) -> Option<u64> {
        decimal(self.0[48..58].trim_ascii_end())
    }

    /// The same header with another `ar_size`.
    ///
    /// # Errors
    /// Unsupported when `size` has more than the field's ten digits.
    pub fn with_size(self, size: u64) -> Result<[u8; HEADER_LEN]> {
        let mut header = *self.0;
        header[48..58].copy_from_slice(&size_field(size)?);
        Ok(header)
    }
}

/// The header of an index member, as `llvm-ar` writes it in deterministic mode: date, owner and mode are zero.
pub fn index_header(name: &[u8], size: u64) -> Result<[u8; HEADER_LEN]> {
    let mut header = *b"                0           0     0     0                 `\n";
    header[..name.len()].copy_from_slice(name);
    header[48..58].copy_from_slice(&size_field(size)?);
    Ok(header)
}

fn size_field(size: u64) -> Result<[u8; 10]> {
    let text = format!("{size:<10}");
    text.as_bytes()
        .try_into()
        .map_err(|_| Error::unsupported(format!("a member of {size} bytes does not fit the header's ten digits")))
}

/// A decimal number; `None` for anything else, the empty string and what passes 64 bits included.
pub fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}
