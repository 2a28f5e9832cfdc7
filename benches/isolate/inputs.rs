//! The archives that are measured, made once and kept in the cache folder, and what
//! the machine is.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

/// The library of the rescue example, here without link-time optimisation, so that
/// the archive holds std's members as they are shipped.
const SOURCES: &[(&str, &str)] = &[
    ("foreign.rs", include_str!("../../examples/rescue/foreign.rs")),
    ("work.rs", include_str!("../../examples/rescue/work.rs")),
];

/// Debian packages with large static libraries, and where these are in them.
const PACKAGES: &[&str] = &["llvm-19-dev", "libclang-19-dev"];
const LIBRARIES: &str = "usr/lib/llvm-19/lib";

/// `$XDG_CACHE_HOME/armend-tests/bench`. Work happens in it too: copies stay within
/// one file system.
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    pub fn open() -> Result<Self> {
        let base = match env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()) {
            Some(path) => PathBuf::from(path),
            None => env::home_dir().context("no home folder")?.join(".cache"),
        };
        let folder = base.join("armend-tests/bench");
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(Self { folder })
    }

    pub fn temporary_folder(&self) -> Result<TempDir> {
        Ok(tempfile::Builder::new().prefix("run-").tempdir_in(&self.folder)?)
    }

    /// A release build of a small library with all of std beside it.
    pub fn rust_staticlib(&self) -> Result<PathBuf> {
        let toolchain = text_of(Command::new("rustc").arg("-vV"))?;
        self.kept("rust-std", &(SOURCES, toolchain), |folder| {
            for (name, text) in SOURCES {
                fs::write(folder.join(name), text)?;
            }
            let out = folder.join("libforeign.a");
            let mut rustc = Command::new("rustc");
            rustc.args(["--edition=2024", "--crate-type=staticlib", "-Copt-level=3", "-o"]);
            text_of(rustc.arg(&out).arg(folder.join("foreign.rs")))?;
            Ok(out)
        })
    }

    /// Every static library of Debian's LLVM and clang in one archive.
    pub fn llvm_archive(&self) -> Result<PathBuf> {
        let mut versions = Vec::new();
        for package in PACKAGES {
            let policy = text_of(Command::new("apt-cache").args(["policy", package]))?;
            let candidate = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate: "));
            let version = candidate.filter(|version| *version != "(none)");
            versions.push(version.with_context(|| format!("apt knows no {package}"))?.to_owned());
        }
        self.kept("llvm", &versions, |folder| {
            println!("fetching {} (71 MB), once", PACKAGES.join(" and "));
            for (package, version) in PACKAGES.iter().zip(&versions) {
                let wanted = format!("{package}={version}");
                text_of(Command::new("apt-get").args(["download", &wanted]).current_dir(folder))?;
            }
            for file in files(folder, "deb")? {
                text_of(Command::new("dpkg-deb").arg("-x").arg(file).arg(folder))?;
            }
            merge(&files(&folder.join(LIBRARIES), "a")?, folder)
        })
    }

    /// The file that `make` makes from what `key` says, made once: in a folder of its
    /// own, then renamed, so that nobody sees half of it.
    fn kept<K: Hash>(&self, name: &str, key: &K, make: impl FnOnce(&Path) -> Result<PathBuf>) -> Result<PathBuf> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let path = self.folder.join(format!("{name}-{:016x}.a", hasher.finish()));
        if !path.exists() {
            let folder = tempfile::Builder::new().prefix("make-").tempdir_in(&self.folder)?;
            let made = make(folder.path()).with_context(|| format!("making the input {name}"))?;
            fs::rename(made, &path)?;
        }
        Ok(path)
    }
}

/// One archive of several, with llvm-ar's script language.
fn merge(archives: &[PathBuf], folder: &Path) -> Result<PathBuf> {
    if archives.is_empty() {
        bail!("the packages hold no archive in {LIBRARIES}");
    }
    let merged = folder.join("merged.a");
    let mut script = format!("CREATE {}\n", merged.display());
    for archive in archives {
        script += &format!("ADDLIB {}\n", archive.display());
    }
    script += "SAVE\nEND\n";
    let file = folder.join("merge.mri");
    fs::write(&file, script)?;
    text_of(Command::new("llvm-ar-19").arg("-M").stdin(fs::File::open(file)?))
        .context("Debian's package is llvm-19")?;
    Ok(merged)
}

/// The files of a folder with this extension, in order.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut files = entries.into_iter().map(|entry| entry.path()).collect::<Vec<_>>();
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    files.sort();
    Ok(files)
}

/// The standard output of a command that must succeed.
pub fn text_of(command: &mut Command) -> Result<String> {
    let ran = command.output();
    let Output { status, stdout, stderr } = ran.with_context(|| format!("{command:?}"))?;
    if !status.success() {
        bail!("{command:?}: {status}\n{}", String::from_utf8_lossy(&stderr));
    }
    Ok(String::from_utf8(stdout)?)
}

/// A line about the machine: processor, memory, kernel, and how busy it is.
pub fn machine() -> Result<String> {
    let read = |path: &str| fs::read_to_string(path).with_context(|| path.to_owned());
    let processors = read("/proc/cpuinfo")?;
    let model = processors.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown processor");
    let memory = read("/proc/meminfo")?;
    let kib = memory.split_whitespace().nth(1).context("MemTotal")?.parse::<u64>()?;
    let kernel = read("/proc/sys/kernel/osrelease")?;
    let kernel = kernel.split(['.', '-']).take(2).collect::<Vec<_>>().join(".");
    let cores = std::thread::available_parallelism()?;
    let load = read("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    Ok(format!("{cores} cores of {model}, {} GiB, Linux {kernel}, load average {load}", kib >> 20))
}
