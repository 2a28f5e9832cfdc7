//! Which pages of an archive a scan reads: its file is dropped from the page cache before, and looked for there after.

#![expect(unsafe_code, reason = "the page cache is asked by system calls")]

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::Path;

use armend_test_support::{Run, cache_root, std_staticlib};

use super::scratch;

/// Whether each page of a file is in the page cache.
fn resident(path: &Path) -> Vec<bool> {
    let file = File::open(path).expect("open the archive");
    let len = file.metadata().expect("look at the archive").len() as usize;
    let mut pages = vec![0u8; len.div_ceil(4096)];
    // SAFETY: a mapping of the whole file, which nothing writes to, and a byte for each of its pages.
    unsafe {
        let map = libc::mmap(std::ptr::null_mut(), len, libc::PROT_READ, libc::MAP_SHARED, file.as_raw_fd(), 0);
        assert_ne!(map, libc::MAP_FAILED, "map the archive");
        assert_eq!(libc::mincore(map, len, pages.as_mut_ptr()), 0, "mincore");
        libc::munmap(map, len);
    }
    pages.into_iter().map(|page| page & 1 == 1).collect()
}

/// Drops a file from the page cache.
fn evict(path: &Path) {
    let file = File::open(path).expect("open the archive");
    file.sync_all().expect("write the archive to disk");
    // SAFETY: advice on a file that is open.
    let done = unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
    assert_eq!(done, 0, "posix_fadvise");
}

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
    let before = resident(&archive).into_iter().filter(|is| *is).count();
    assert_eq!(before, 0, "the archive is still in memory: XDG_CACHE_HOME has to be on a disk for this test");
    Run::of(scratch.command(&["exports", "-q"]).arg(&archive)).succeeds();
    let after = resident(&archive);
    let read = after.iter().filter(|is| **is).count();
    println!("{read} of {} pages", after.len());
    assert!(read > 0 && read * 100 < after.len() * 30, "{read} of {} pages were read", after.len());
}
