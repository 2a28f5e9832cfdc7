//! Work on all cores; without the feature `parallel`, on one. Results come in the order of their positions, and so does
//! the first error: nothing depends on which thread was faster.

use crate::error::Result;

/// Runs `work` on so many threads, or on one a processor.
///
/// # Errors
/// Where threads cannot be made.
pub fn on_threads<R: Send>(threads: Option<usize>, work: impl FnOnce() -> R + Send) -> std::io::Result<R> {
    #[cfg(feature = "parallel")]
    {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or_default()).build();
        Ok(pool.map_err(std::io::Error::other)?.install(work))
    }
    #[cfg(not(feature = "parallel"))]
    {
        _ = threads;
        Ok(work())
    }
}

/// Whether there is more than one thread to work on.
pub(crate) fn is_parallel() -> bool {
    #[cfg(feature = "parallel")]
    {
        rayon::current_num_threads() > 1
    }
    #[cfg(not(feature = "parallel"))]
    false
}

/// What `work` gives for each position below `count`.
pub(crate) fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    #[cfg(feature = "parallel")]
    {
        use rayon::prelude::*;
        (0..count).into_par_iter().map(work).collect()
    }
    #[cfg(not(feature = "parallel"))]
    (0..count).map(work).collect()
}

/// The same of work that can fail.
///
/// # Errors
/// The first by position.
pub(crate) fn try_map<T: Send>(count: usize, work: impl Fn(usize) -> Result<T> + Sync + Send) -> Result<Vec<T>> {
    map(count, work).into_iter().collect()
}

/// Does both.
pub(crate) fn join<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    #[cfg(feature = "parallel")]
    {
        rayon::join(a, b)
    }
    #[cfg(not(feature = "parallel"))]
    (a(), b())
}

/// Sorts by keys that are all different, or of which equal ones are alike.
pub(crate) fn sort_unstable_by_key<T: Send, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K + Sync) {
    #[cfg(feature = "parallel")]
    {
        use rayon::prelude::*;
        items.par_sort_unstable_by_key(key);
    }
    #[cfg(not(feature = "parallel"))]
    items.sort_unstable_by_key(key);
}
