//! How far the writing of results is, for whoever shows it. The counts are the whole process's: runs that go on at one
//! time add up.

use std::sync::atomic::{AtomicU64, Ordering};

static EXPECTED: AtomicU64 = AtomicU64::new(0);
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// How many of how many bytes of members were written since the process began; what is still being read and planned
/// is not counted yet.
pub fn so_far() -> (u64, u64) {
    (WRITTEN.load(Ordering::Relaxed), EXPECTED.load(Ordering::Relaxed))
}

/// Members of so many bytes are about to be written.
pub(crate) fn expect(bytes: usize) {
    EXPECTED.fetch_add(bytes as u64, Ordering::Relaxed);
}

/// So many more are written.
pub(crate) fn advance(bytes: usize) {
    WRITTEN.fetch_add(bytes as u64, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Others may be counting too.
    #[test]
    fn counts_add_up() {
        let before = so_far();
        expect(10);
        advance(4);
        let after = so_far();
        assert!(after.0 >= before.0 + 4 && after.1 >= before.1 + 10);
    }
}
