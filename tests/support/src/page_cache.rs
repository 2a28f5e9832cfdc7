//! Which pages of a file are in memory.

use std::fs::File;
use std::io::Error;
use std::os::fd::AsRawFd;
use std::path::Path;

fn open(path: &Path) -> File {
    File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Whether each page of a file is in the page cache.
#[track_caller]
pub fn resident_pages(path: &Path) -> Vec<bool> {
    let file = open(path);
    let len = file.metadata().expect("look at the file").len() as usize;
    let mut pages = vec![0u8; len.div_ceil(4096)];
    // SAFETY: a mapping of the whole file, which nothing writes to, and a byte for each of its pages.
    unsafe {
        let map = libc::mmap(std::ptr::null_mut(), len, libc::PROT_READ, libc::MAP_SHARED, file.as_raw_fd(), 0);
        assert_ne!(map, libc::MAP_FAILED, "map {}: {}", path.display(), Error::last_os_error());
        assert_eq!(libc::mincore(map, len, pages.as_mut_ptr()), 0, "mincore: {}", Error::last_os_error());
        libc::munmap(map, len);
    }
    pages.into_iter().map(|page| page & 1 == 1).collect()
}

/// Drops a file from the page cache, which only one on a disk can be.
#[track_caller]
pub fn evict(path: &Path) {
    let file = open(path);
    file.sync_all().expect("write the file to disk");
    // SAFETY: advice on a file that is open.
    let refused = unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
    assert_eq!(refused, 0, "posix_fadvise");
    let left = resident_pages(path).into_iter().filter(|is| *is).count();
    assert_eq!(left, 0, "{} stays in memory: its folder has to be on a disk", path.display());
}
