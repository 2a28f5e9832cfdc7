//! The encodings that everything in a module is made of: LEB128 numbers, and names with their length in front
//! (WebAssembly specification, "Binary Format: Values").

use std::ops::Range;

use crate::error::{Error, Result};

/// Reads one part of a member's data after the other. Every error says where.
#[derive(Debug, Clone)]
pub(super) struct Reader<'d> {
    /// The member's data, as far as this may read.
    data: &'d [u8],
    position: usize,
}

impl<'d> Reader<'d> {
    /// Reads `range` of `data`.
    pub fn new(data: &'d [u8], range: Range<usize>) -> Self {
        Self { data: &data[..range.end], position: range.start }
    }

    /// Where it reads next, in bytes from the start of the member.
    pub fn position(&self) -> usize {
        self.position
    }

    pub fn is_at_end(&self) -> bool {
        self.position >= self.data.len()
    }

    /// An error about what starts at `at`.
    pub fn error_at(at: usize, what: impl Into<String>) -> Error {
        Error::malformed(at as u64, what)
    }

    pub fn byte(&mut self) -> Result<u8> {
        Ok(self.bytes(1)?[0])
    }

    pub fn bytes(&mut self, len: usize) -> Result<&'d [u8]> {
        let rest = self.data.get(self.position..).unwrap_or_default();
        let bytes = rest.get(..len).ok_or_else(|| Self::error_at(self.position, "it ends in the middle"))?;
        self.position += len;
        Ok(bytes)
    }

    /// An unsigned number of at most 32 bits; padding is allowed.
    pub fn number(&mut self) -> Result<u32> {
        let at = self.position;
        let number = self.long_number()?;
        u32::try_from(number).map_err(|_| Self::error_at(at, "a number does not fit 32 bits"))
    }

    /// An unsigned number of at most 64 bits.
    pub fn long_number(&mut self) -> Result<u64> {
        let at = self.position;
        let mut number = 0u64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Self::error_at(at, "a number does not fit 64 bits"))
    }

    /// Passes over a number of either sign.
    pub fn skip_number(&mut self) -> Result<()> {
        let at = self.position;
        for _ in 0..10 {
            if self.byte()? & 0x80 == 0 {
                return Ok(());
            }
        }
        Err(Self::error_at(at, "a number does not fit 64 bits"))
    }

    /// As many bytes as the number in front of them says.
    pub fn name(&mut self) -> Result<&'d [u8]> {
        let len = self.number()?;
        self.bytes(len as usize)
    }

    /// The same, as what is left to read there.
    pub fn sized(&mut self) -> Result<Reader<'d>> {
        let content = self.sized_range()?;
        Ok(Self { data: &self.data[..content.end], position: content.start })
    }

    /// The same, as where it is.
    pub fn sized_range(&mut self) -> Result<Range<usize>> {
        let len = self.number()? as usize;
        self.bytes(len)?;
        Ok(self.position - len..self.position)
    }
}

/// Appends an unsigned number, in `width` bytes where it fits: producers leave room for the numbers they fill in later.
pub(super) fn put_number(bytes: &mut Vec<u8>, mut number: u32, width: usize) {
    let end = bytes.len() + width;
    loop {
        let bits = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 && bytes.len() + 1 >= end {
            return bytes.push(bits);
        }
        bytes.push(bits | 0x80);
    }
}

/// Appends a name with its length in front.
pub(super) fn put_name(bytes: &mut Vec<u8>, name: &[u8]) {
    put_number(bytes, name.len() as u32, 1);
    bytes.extend(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 127, 128, 0x3fff, 0x4000, u32::MAX] {
            for width in 1..=5 {
                let mut bytes = Vec::new();
                put_number(&mut bytes, number, width);
                let mut reader = Reader::new(&bytes, 0..bytes.len());
                assert_eq!(reader.number().expect("a number"), number);
                assert!(reader.is_at_end() && bytes.len() >= width && bytes.len() <= 5);
            }
        }
    }

    #[test]
    fn numbers_that_are_too_long_or_cut_are_errors() {
        for bytes in [&[0x80u8; 11][..], &[0x80], &[0xff, 0xff, 0xff, 0xff, 0x1f]] {
            let error = Reader::new(bytes, 0..bytes.len()).number().expect_err("no number");
            assert!(error.location().offset.is_some());
        }
    }
}
