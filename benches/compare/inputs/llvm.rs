//! Every static library of Debian's LLVM and clang in one archive.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use armend_test_support::{cached, content_hash, files, run_ok, tool};

/// Debian packages with large static libraries, and where these are in them.
const PACKAGES: &[&str] = &["llvm-19-dev", "libclang-19-dev"];
const LIBRARIES: &str = "usr/lib/llvm-19/lib";

/// The archive, from the cache, or fetched with `apt-get download` and merged by `llvm-ar`: 71 MB, then 611.
pub fn archive() -> Result<PathBuf> {
    let wanted = PACKAGES.iter().map(|package| version(package)).collect::<Result<Vec<_>>>()?;
    let key = content_hash(&[], &[&wanted.join(" ")]);
    let place = cached(&format!("bench/llvm-{key}"), |draft| {
        println!("fetching {} (71 MB), once", wanted.join(" and "));
        let root = draft.join("root");
        fs::create_dir(&root).unwrap();
        run_ok(Command::new(tool("apt-get")).arg("download").args(&wanted).current_dir(&root));
        for package in files(&root) {
            run_ok(Command::new(tool("dpkg-deb")).arg("-x").arg(package).arg(&root));
        }
        merge(&root.join(LIBRARIES), draft);
        fs::remove_dir_all(root).unwrap();
    });
    Ok(place.join("llvm.a"))
}

/// The package and the version that apt would install.
fn version(package: &str) -> Result<String> {
    let policy = run_ok(Command::new(tool("apt-cache")).args(["policy", package]));
    let candidate = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate: "));
    let version = candidate.filter(|version| *version != "(none)");
    Ok(format!("{package}={}", version.with_context(|| format!("apt knows no {package}"))?))
}

/// One archive of all in a folder, with llvm-ar's script language.
fn merge(libraries: &Path, draft: &Path) {
    let mut script = "CREATE llvm.a\n".to_owned();
    for library in files(libraries).iter().filter(|file| file.extension().is_some_and(|found| found == "a")) {
        script += &format!("ADDLIB {}\n", library.display());
    }
    script += "SAVE\nEND\n";
    let file = draft.join("merge.mri");
    fs::write(&file, script).unwrap();
    run_ok(Command::new(tool("llvm-ar")).arg("-M").stdin(File::open(file).unwrap()).current_dir(draft));
}
