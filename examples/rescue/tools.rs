//! Cargo and the host program as child processes, in a temporary folder. Knows
//! nothing of archives.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::Result;

/// A temporary folder under Cargo's target folder, and the toolchain.
pub struct Workshop {
    folder: TempDir,
    release: String,
    triple: String,
}

/// A package in the workshop.
pub struct Package {
    folder: PathBuf,
    triple: String,
}

/// What a command said, on both streams.
pub struct Outcome {
    pub success: bool,
    pub messages: String,
}

impl Workshop {
    pub fn open() -> Result<Self> {
        // target/release/examples/rescue, or target/TRIPLE/release/examples/rescue
        let program = env::current_exe()?;
        let target = program.ancestors().nth(3).ok_or("the example is not in a target folder")?;
        let mut folder = tempfile::Builder::new().prefix("rescue-").tempdir_in(target)?;
        // Left for a look when a step fails; `remove` takes it away.
        folder.disable_cleanup(true);

        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let version = outcome(Command::new(rustc).arg("-vV"))?.messages;
        let field = |name| version.lines().find_map(|line| line.strip_prefix(name));
        let triple = field("host: ").ok_or("`rustc -vV` names no host")?.to_owned();
        let release = version.lines().next().unwrap_or_default().to_owned();
        Ok(Self { folder, release, triple })
    }

    /// The first line of `rustc -vV`.
    pub fn toolchain(&self) -> &str {
        &self.release
    }

    /// Makes a folder in the workshop.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        fs::create_dir(&path)?;
        Ok(path)
    }

    /// Writes a package's files.
    pub fn package(&self, name: &str, files: &[(&str, &str)]) -> Result<Package> {
        let folder = self.folder(name)?;
        for (file, text) in files {
            fs::write(folder.join(file), text)?;
        }
        Ok(Package { folder, triple: self.triple.clone() })
    }

    /// `cargo build --release` in the package, with the user's `RUSTFLAGS` and linker
    /// but without what would change where the result goes or how it is optimised.
    pub fn build(&self, package: &Package, variables: &[(&str, &Path)]) -> Result<Outcome> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["build", "--release", "--offline", "--color=never", "--target"]);
        command.args([self.triple.as_str(), "--target-dir", "target"]);
        command.current_dir(&package.folder).env("LC_ALL", "C");
        for (name, _) in env::vars_os() {
            if is_of_the_outer_build(&name) {
                command.env_remove(name);
            }
        }
        command.envs(variables.iter().copied());
        outcome(&mut command)
    }

    /// Runs a program.
    pub fn run(&self, program: &Path, arguments: &[&str]) -> Result<Outcome> {
        outcome(Command::new(program).args(arguments))
    }

    /// The folder, for whoever wants to look.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Removes the folder.
    pub fn remove(&self) -> Result<()> {
        Ok(fs::remove_dir_all(self.folder.path())?)
    }
}

impl Package {
    /// Replaces a text that one of the files holds.
    pub fn edit(&self, file: &str, old: &str, new: &str) -> Result<()> {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path)?;
        if !text.contains(old) {
            return Err(format!("{file} has no `{old}`").into());
        }
        Ok(fs::write(path, text.replace(old, new))?)
    }

    /// A file that the build made.
    pub fn artifact(&self, name: &str) -> PathBuf {
        self.folder.join("target").join(&self.triple).join("release").join(name)
    }
}

/// Whether Cargo set this variable for us, or it steers profiles and folders.
fn is_of_the_outer_build(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let of_the_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_PROFILE_", "CARGO_BIN_"];
    let single = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET", "CARGO_BUILD_TARGET_DIR"];
    of_the_package.iter().any(|prefix| name.starts_with(prefix)) || single.contains(&&*name)
}

fn outcome(command: &mut Command) -> Result<Outcome> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let messages = [output.stdout, output.stderr].concat();
    let messages = String::from_utf8_lossy(&messages).into_owned();
    Ok(Outcome { success: output.status.success(), messages })
}

/// The lines in which lld, mold, gold or GNU ld name a duplicate definition, without
/// the folders of the paths in them; GNU ld's without the member names too.
pub fn duplicate_symbols(messages: &str) -> Vec<String> {
    let base_name = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
    let mut lines = Vec::new();
    for line in messages.lines() {
        let line = line.trim_start().trim_start_matches("= note: ");
        if let Some(start) = line.find("multiple definition of ") {
            let what = line[start..].split(';').next().unwrap_or_default();
            lines.push(format!("ld: ... {what}"));
        } else if line.contains("duplicate symbol") {
            let words = line.split_whitespace().map(base_name);
            lines.push(words.collect::<Vec<_>>().join(" "));
        }
    }
    lines
}
