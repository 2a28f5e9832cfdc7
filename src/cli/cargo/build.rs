//! Runs Cargo, and takes from its messages which static libraries it built: none is guessed.

use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde::Deserialize;

/// A static library that Cargo built, or found built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticLibrary {
    /// Where Cargo says that it is.
    pub archive: PathBuf,
    /// The package's manifest.
    manifest: PathBuf,
}

impl StaticLibrary {
    /// The package's folder.
    pub fn package(&self) -> &Path {
        self.manifest.parent().unwrap_or(Path::new(""))
    }
}

/// A message of Cargo's, as far as it tells of libraries. (Cargo book, "External tools, Artifact messages".)
#[derive(Debug, Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    target: Target,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
struct Target {
    #[serde(default)]
    crate_types: Vec<String>,
}

/// Runs `cargo build` with these options. What it says to people goes to standard error as ever.
///
/// # Errors
/// Where it cannot be run, or fails.
pub fn build(options: &[OsString]) -> anyhow::Result<Vec<StaticLibrary>> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--message-format=json-render-diagnostics"]).args(options);
    let mut child = cargo.stdout(Stdio::piped()).spawn().context("cannot run Cargo")?;
    let mut libraries = Vec::new();
    if let Some(messages) = child.stdout.take() {
        for line in BufReader::new(messages).lines() {
            libraries.extend(library_of(&line.context("cannot read what Cargo says")?));
        }
    }
    let status = child.wait().context("cannot run Cargo")?;
    if !status.success() {
        bail!("Cargo ended with {status}, nothing was amended");
    }
    Ok(libraries)
}

/// The static library that a line tells of. One that only something else depends on stays in `deps`, and is nobody's to
/// ship.
fn library_of(line: &str) -> Option<StaticLibrary> {
    let message: Message = serde_json::from_str(line).ok()?;
    if message.reason != "compiler-artifact" || !message.target.crate_types.iter().any(|kind| kind == "staticlib") {
        return None;
    }
    let in_deps = |file: &Path| file.parent().is_some_and(|folder| folder.ends_with("deps"));
    let archive = message.filenames.into_iter().find(|file| is_archive(file) && !in_deps(file))?;
    Some(StaticLibrary { archive, manifest: message.manifest_path })
}

/// Whether it is a static library by its name, and not what a DLL is linked by: `foo.dll.lib`, `libfoo.dll.a`.
fn is_archive(file: &Path) -> bool {
    let has =
        |file: &Path, extensions: &[&str]| extensions.iter().any(|known| file.extension() == Some(known.as_ref()));
    has(file, &["a", "lib"]) && !file.file_stem().is_some_and(|stem| has(Path::new(stem), &["dll"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(crate_types: &str, filenames: &str) -> Option<PathBuf> {
        let line = format!(
            "{{\"reason\": \"compiler-artifact\", \"package_id\": \"x\", \"manifest_path\": \"/x/Cargo.toml\", \
             \"target\": {{\"crate_types\": {crate_types}}}, \"filenames\": {filenames}, \"fresh\": true}}"
        );
        library_of(&line).map(|library| library.archive)
    }

    /// Names as Cargo gives them on Linux, Windows with MSVC, and MinGW.
    #[test]
    fn static_libraries_are_told_from_what_else_is_built() {
        let all = "[\"staticlib\", \"cdylib\", \"rlib\"]";
        assert_eq!(names(all, "[\"/t/libx.rlib\", \"/t/libx.so\", \"/t/libx.a\"]"), Some("/t/libx.a".into()));
        assert_eq!(names(all, "[\"/t/x.dll\", \"/t/x.dll.lib\", \"/t/x.pdb\", \"/t/x.lib\"]"), Some("/t/x.lib".into()));
        assert_eq!(names(all, "[\"/t/libx.dll.a\", \"/t/x.dll\", \"/t/libx.a\"]"), Some("/t/libx.a".into()));
        // As a dependency.
        assert_eq!(names(all, "[\"/t/deps/libx.a\", \"/t/deps/libx.rlib\"]"), None);
        assert_eq!(names(all, "[\"/t/libx.rlib\"]"), None);
        assert_eq!(names("[\"cdylib\"]", "[\"/t/libx.dll.a\", \"/t/x.dll\"]"), None);
        assert_eq!(library_of("{\"reason\": \"build-finished\", \"success\": true}"), None);
        assert_eq!(library_of("warning: no JSON"), None);
    }
}
