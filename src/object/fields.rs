//! Numbers written into a format's tables, in the table's own byte order.

use object::{Endian, Endianness};

/// Writes a 16-bit field at `at`.
pub fn put_u16(bytes: &mut [u8], at: usize, endian: Endianness, value: u16) {
    let field = if endian.is_little_endian() { value.to_le_bytes() } else { value.to_be_bytes() };
    bytes[at..at + 2].copy_from_slice(&field);
}

/// Writes a 32-bit field at `at`.
pub fn put_u32(bytes: &mut [u8], at: usize, endian: Endianness, value: u32) {
    let field = if endian.is_little_endian() { value.to_le_bytes() } else { value.to_be_bytes() };
    bytes[at..at + 4].copy_from_slice(&field);
}

/// Writes an address at `at`, of 64 bits where it is `wide`; `None` when the value does not fit.
pub fn put_address(bytes: &mut [u8], at: usize, endian: Endianness, wide: bool, value: u64) -> Option<()> {
    if wide {
        let field = if endian.is_little_endian() { value.to_le_bytes() } else { value.to_be_bytes() };
        bytes[at..at + 8].copy_from_slice(&field);
    } else {
        put_u32(bytes, at, endian, u32::try_from(value).ok()?);
    }
    Some(())
}
