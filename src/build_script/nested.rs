//! The nested Cargo: a crate built as a static library, in a folder of its own below `OUT_DIR`, in an environment that
//! no outer Cargo set up.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::directives::{Directives, say};
use super::environment::{Environment, is_of_the_outer_build};
use super::messages::Messages;
use super::package::Package;
use super::toolchain::Toolchain;
use super::{dep_info, native};
use crate::error::{Error, ErrorKind, Result};

/// A crate that was built.
#[derive(Debug)]
pub(super) struct Built {
    pub archive: PathBuf,
    /// What it needs, as rustc says it.
    pub native_libs: Vec<String>,
}

impl Package {
    /// Builds the crate, which Cargo does only as far as something changed, and adds what the outer Cargo has to know.
    ///
    /// # Errors
    /// I/O, where there is no such crate, or Cargo cannot be started; usage, where the toolchain needs rustup; `Build`.
    pub(super) fn build(&self, environment: &Environment, directives: &mut Directives) -> Result<Built> {
        let manifest = self.manifest()?;
        let folder = manifest.parent().unwrap_or(Path::new("/"));
        let toolchain = Toolchain::find(folder, self.toolchain.as_deref())?;
        let cargo = || {
            let mut cargo = toolchain.cargo(environment);
            // Cargo's configuration and rustup's choice go by the folder, not by the manifest.
            cargo.current_dir(folder);
            clean(&mut cargo);
            cargo.envs(self.variables.iter().map(|(name, value)| (name, value)));
            cargo
        };
        let root = workspace(cargo(), &manifest)?;
        let lock = root.with_file_name("Cargo.lock");
        if !lock.is_file() {
            let error = Error::from(ErrorKind::Build("the crate's workspace has no Cargo.lock".to_owned()));
            let help = "a build script writes nowhere but to OUT_DIR: make it by cargo generate-lockfile and commit it";
            return Err(error.in_archive(&root).with_help(help));
        }
        let target_dir = environment.out_dir.join("armend");
        let messages = run(self.rustc(cargo(), &manifest, &target_dir, environment), &manifest)?;
        let Some(archive) = messages.archive else {
            let what = "Cargo built the crate and named no static library";
            return Err(Error::from(ErrorKind::Build(what.to_owned())).in_archive(&manifest));
        };
        let mut sources = messages.manifests;
        sources.extend(dep_info::parse(&text(&archive.with_extension("d"))?));
        // What the nested build made is no source, and younger than this run.
        sources.retain(|file| !file.starts_with(&target_dir));
        sources.extend(settings(folder));
        if let Toolchain::Own { file, .. } = &toolchain {
            sources.insert(file.clone());
        }
        sources.extend([lock, root]);
        sources.iter().for_each(|file| directives.rerun_if_changed(file));
        variables(&messages.out_dirs).iter().for_each(|name| directives.rerun_if_env_changed(name));
        let native_libs = native::pass_on(&messages.native_libs, &messages.search_paths, directives);
        Ok(Built { archive, native_libs })
    }

    /// `cargo rustc`, as it makes a static library of crates that are none by themselves.
    fn rustc(&self, mut cargo: Command, manifest: &Path, target_dir: &Path, environment: &Environment) -> Command {
        let profile = self.profile.as_deref().unwrap_or(if environment.release { "release" } else { "dev" });
        cargo.args(["rustc", "--lib", "--crate-type", "staticlib", "--locked", "--message-format", "json"]);
        cargo.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(target_dir);
        // A build folder in Cargo's configuration would be the outer build's, which is locked until this script ends.
        cargo.env("CARGO_BUILD_BUILD_DIR", target_dir);
        cargo.args(["--target", self.target.as_ref().unwrap_or(&environment.target), "--profile", profile]);
        if !self.features.is_empty() {
            cargo.args(["--features", &self.features.join(",")]);
        }
        if !self.default_features {
            cargo.arg("--no-default-features");
        }
        cargo.args(["--", "--print", "native-static-libs"]);
        cargo
    }
}

/// Takes away what the outer Cargo and its caller set for their own build; what was set on the command stays.
fn clean(cargo: &mut Command) {
    let set: Vec<_> = cargo.get_envs().map(|(name, _)| name.to_owned()).collect();
    let inherited = env::vars_os().map(|(name, _)| name).filter(|name| !set.contains(name));
    for name in inherited.filter(|name| name.to_str().is_some_and(is_of_the_outer_build)) {
        cargo.env_remove(name);
    }
}

/// Runs Cargo to its end; what it says to people goes to standard error at once.
fn run(mut cargo: Command, manifest: &Path) -> Result<Messages> {
    let failed = |error| Error::io("cannot run Cargo", error).in_archive(manifest);
    let mut child = cargo.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    let mut messages = Messages::default();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            messages.take(&line.map_err(failed)?).iter().for_each(|text| say(text));
        }
    }
    let status = child.wait().map_err(failed)?;
    if status.success() {
        return Ok(messages);
    }
    let by_hand: Vec<_> = cargo.get_args().map(|argument| argument.to_string_lossy()).collect();
    let error = Error::from(ErrorKind::Build(format!("the crate does not build: Cargo ended with {status}")));
    Err(error.in_archive(manifest).with_help(format!("its messages are below; by hand: cargo {}", by_hand.join(" "))))
}

/// The manifest of the crate's workspace.
fn workspace(mut cargo: Command, manifest: &Path) -> Result<PathBuf> {
    cargo.args(["locate-project", "--workspace", "--message-format", "plain", "--manifest-path"]).arg(manifest);
    let output = cargo.output().map_err(|error| Error::io("cannot run Cargo", error).in_archive(manifest))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Error::from(ErrorKind::Build(said.trim_end().to_owned())).in_archive(manifest));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().into())
}

/// The files of Cargo's configuration for a run in `folder`. (Cargo book, "Configuration, Hierarchical structure".)
fn settings(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let folders = folder.ancestors().map(|folder| folder.join(".cargo")).chain(home);
    folders.flat_map(|folder| ["config.toml", "config"].map(|name| folder.join(name))).filter(|file| file.is_file())
}

/// The variables that the crate's build scripts go by. Cargo keeps what a script said beside its folder.
fn variables(out_dirs: &[PathBuf]) -> BTreeSet<String> {
    let said = out_dirs.iter().filter_map(|folder| fs::read_to_string(folder.with_file_name("output")).ok());
    let name = |line: &str| {
        let directive = line.strip_prefix("cargo:")?.trim_start_matches(':');
        directive.strip_prefix("rerun-if-env-changed=").filter(|name| !is_of_the_outer_build(name)).map(str::to_owned)
    };
    said.flat_map(|said| said.lines().filter_map(name).collect::<Vec<_>>()).collect()
}

fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| Error::io("cannot read", error).in_archive(path))
}
