//! The foreign library: someone's Rust, shipped as a static archive with a C
//! interface. Its callers cannot tell what it is written in, until they link.

mod work;

/// Makes the library's own std count the panics that it sees.
#[unsafe(no_mangle)]
pub extern "C" fn fx_prepare() {
    work::count_panics();
}

/// Where the library's copy of std is.
#[unsafe(no_mangle)]
pub extern "C" fn fx_std_address() -> usize {
    work::std_address()
}

/// Writes the library's report into `out`; returns its length.
///
/// # Safety
/// `out` has room for `capacity` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fx_report(out: *mut u8, capacity: usize) -> usize {
    let report = work::report();
    let length = report.len().min(capacity);
    // SAFETY: the caller promises `capacity` bytes, and `length` is no more.
    unsafe { std::ptr::copy_nonoverlapping(report.as_ptr(), out, length) };
    length
}
