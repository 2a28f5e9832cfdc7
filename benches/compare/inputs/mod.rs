//! The archives that are measured. Those that take long to make are kept in the tests' cache; variants of these are
//! made in a second or two for a stage, and go with its folder.

mod ar;
mod copies;
mod index;
mod llvm;
mod tiny;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use armend_test_support::{cache_root, std_staticlib};
use memmap2::Mmap;
use tempfile::TempDir;

use crate::options::Options;
pub use copies::Names;

/// One of the inputs.
#[derive(Clone, Copy)]
pub enum Input {
    /// A release build of a Rust library with std, exports `fx_*`.
    RustStd,
    /// Every static library of Debian's LLVM and clang; `--large` takes its place, here and in what is made of it.
    Llvm,
    /// The same without its index.
    LlvmWithoutIndex,
    /// The same with a wrong name in its index.
    LlvmStaleIndex,
    /// 200,000 tiny members.
    Tiny,
    /// So many copies of a tenth of LLVM and clang.
    Copies(usize, Names),
}

/// Where a stage works: a folder of its own, removed in the end.
pub struct Place {
    folder: TempDir,
    /// Whether inputs are copied into it.
    elsewhere: bool,
}

impl Place {
    /// A new folder in the one that was asked for, or beside the cached inputs: copies stay within one file system.
    pub fn new(options: &Options) -> Result<Self> {
        let base = options.folder.clone().unwrap_or_else(|| cache_root().join("bench"));
        fs::create_dir_all(&base).with_context(|| base.display().to_string())?;
        let folder = tempfile::Builder::new().prefix("run-").tempdir_in(base)?;
        Ok(Self { folder, elsewhere: options.folder.is_some() })
    }

    /// A file of this name in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The cached input, or a copy where that is asked for.
    fn near(&self, cached: PathBuf) -> Result<PathBuf> {
        if !self.elsewhere {
            return Ok(cached);
        }
        let copy = self.path("in.a");
        fs::copy(&cached, &copy).with_context(|| copy.display().to_string())?;
        Ok(copy)
    }
}

impl Input {
    /// The archive, made if it is not there, or not whole.
    pub fn make(self, place: &Place, options: &Options) -> Result<PathBuf> {
        let large = || match &options.large {
            Some((file, _)) => Ok(file.clone()),
            None => llvm::archive(),
        };
        let made = |make: &dyn Fn(&Path, &Path) -> Result<()>| {
            let path = place.path("in.a");
            make(&large()?, &path).with_context(|| format!("making the input {}", path.display()))?;
            Ok(path)
        };
        match self {
            Self::RustStd => place.near(std_staticlib()),
            Self::Llvm => place.near(large()?),
            Self::LlvmWithoutIndex => made(&index::without),
            Self::LlvmStaleIndex => made(&index::stale),
            Self::Tiny => place.near(tiny::archive()),
            Self::Copies(count, names) => made(&|whole, path| copies::make(whole, path, count, names)),
        }
    }

    /// What stays public of it.
    pub fn keep(self, options: &Options) -> &str {
        match (self, &options.large) {
            (Self::RustStd, _) => "fx_*",
            (Self::Tiny, _) => "symbol_00000*",
            (_, Some((_, keep))) => keep,
            // The C interface of LLVM; what is C++ becomes private.
            (_, None) => "LLVM*",
        }
    }

    /// What tells it from the other inputs of its workload.
    pub fn variant(self) -> Option<&'static str> {
        matches!(self, Self::Copies(_, Names::Same)).then_some("same names")
    }
}

/// A file as bytes.
#[expect(unsafe_code, reason = "a mapping of a file that others could change")]
pub fn map(path: &Path) -> Result<Mmap> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    // SAFETY: an input of the bench, which nobody writes to while it runs.
    Ok(unsafe { Mmap::map(&file)? })
}
