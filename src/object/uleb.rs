//! Numbers of seven bits a byte, the lowest first (ULEB128), as LLVM's tables of symbols have them in any format.

/// A list of numbers, each replaced; those for which `map` gives none are left out. `None` for a list that ends inside
/// a number.
pub(super) fn renumber(mut data: &[u8], map: impl Fn(u32) -> Option<u32>) -> Option<Vec<u8>> {
    let mut new = Vec::with_capacity(data.len());
    while !data.is_empty() {
        let number = u32::try_from(read(&mut data)?).ok()?;
        map(number).into_iter().for_each(|number| write(&mut new, number.into()));
    }
    Some(new)
}

/// Takes a number from the front of `data`; `None` where it ends inside one, or the number has more than 64 bits.
pub(super) fn read(data: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = data.split_first()?;
        *data = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Appends a number.
pub(super) fn write(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip() {
        for value in [0, 1, 63, 127, 128, 1 << 31, u64::MAX] {
            let mut bytes = Vec::new();
            write(&mut bytes, value);
            assert_eq!(read(&mut bytes.as_slice()), Some(value));
        }
        assert_eq!(read(&mut &[0x80][..]), None);
    }

    #[test]
    fn numbers_in_lists() {
        assert_eq!(renumber(&[1, 0x80, 1, 3], |n| (n != 3).then_some(n + 1)), Some(vec![2, 0x81, 1]));
    }
}
