//! Which share of an archive a scan reads: the file is dropped from the page cache before, and looked for there after.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use armend_test_support::{evict, resident_pages};
use tempfile::TempDir;

use crate::job::Job;
use crate::measure::time;

/// A copy of an input below the build folder, whose file system is on a disk: what is in memory stays there.
pub struct ColdCopy {
    path: PathBuf,
    _folder: TempDir,
}

impl ColdCopy {
    pub fn of(input: &Path) -> Result<Self> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let path = folder.path().join("in.a");
        fs::copy(input, &path).with_context(|| path.display().to_string())?;
        Ok(Self { path, _folder: folder })
    }

    /// The share of its pages that the job reads.
    pub fn share_read(&self, job: &Job) -> Result<f64> {
        evict(&self.path);
        time(job.on(&self.path))?;
        let pages = resident_pages(&self.path);
        Ok(pages.iter().filter(|read| **read).count() as f64 / pages.len() as f64)
    }
}
