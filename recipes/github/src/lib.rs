//! A library with a C interface, released as a static archive.

/// The digits of a number.
#[no_mangle]
pub extern "C" fn demo_digits(number: u64) -> usize {
    number.to_string().len()
}

/// The sum of a number's digits.
#[no_mangle]
pub extern "C" fn demo_sum(number: u64) -> u32 {
    number.to_string().bytes().map(|digit| u32::from(digit - b'0')).sum()
}
