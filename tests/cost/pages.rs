//! Which pages of an archive a scan reads: its file is dropped from the page cache before, and looked for there after.

use std::fs;

use armend_test_support::{Run, cache_root, evict, resident_pages, std_staticlib};

use super::scratch;

/// `exports` reads headers, symbols and names: of what is between these, nothing. That is a fifth of the pages of a Rust
/// staticlib.
#[test]
fn a_scan_leaves_code_alone() {
    let scratch = scratch();
    // Beside the cache, which is on a disk: files in memory stay there.
    let folder = tempfile::tempdir_in(cache_root()).expect("a folder in the cache");
    let archive = folder.path().join("lib.a");
    fs::copy(std_staticlib(), &archive).expect("copy the archive");
    evict(&archive);
    Run::of(scratch.command(&["exports", "-q"]).arg(&archive)).succeeds();
    let after = resident_pages(&archive);
    let read = after.iter().filter(|is| **is).count();
    println!("{read} of {} pages", after.len());
    assert!(read > 0 && read * 100 < after.len() * 30, "{read} of {} pages were read", after.len());
}
