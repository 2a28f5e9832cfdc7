//! Crates from crates.io that are C libraries: their staticlibs and headers, each built once.

use crate::{Toolchain, cache, cached, content_hash, fixtures, run, run_ok};
use std::fs;
use std::path::{Path, PathBuf};

/// A crate that `fixtures/capi` depends on.
#[derive(Debug, Clone, Copy)]
pub struct CLibrary {
    /// The package.
    pub package: &'static str,
    /// What Cargo calls the library.
    pub library: &'static str,
    /// Its headers, below the package.
    pub headers: &'static [&'static str],
    /// More of Cargo's `--config`.
    pub config: &'static [&'static str],
}

impl CLibrary {
    /// The archive and the headers, from the cache or built.
    pub fn build(&self) -> (PathBuf, Vec<PathBuf>) {
        let sources = fixtures().join("capi");
        let key = content_hash(&[&sources], &[Toolchain::Stable.version(), &format!("{self:?}")]);
        let name = format!("lib{}.a", self.library);
        let place = cached(&format!("capi/{}-{key}", self.package), |draft| {
            fs::copy(self.staticlib(&sources).join(&name), draft.join(&name)).expect("Cargo names it so");
            let package = self.package_folder(&sources);
            for header in self.headers {
                let copy = draft.join("headers").join(header);
                fs::create_dir_all(copy.parent().unwrap()).unwrap();
                fs::copy(package.join(header), copy).unwrap_or_else(|error| panic!("{header}: {error}"));
            }
        });
        (place.join(name), self.headers.iter().map(|header| place.join("headers").join(header)).collect())
    }

    /// The folder with the staticlib, which the next build may change.
    fn staticlib(&self, sources: &Path) -> PathBuf {
        let target = cache::root().join("targets/capi");
        let _lock = cache::lock(&target);
        let mut cargo = Toolchain::Stable.cargo_command();
        cargo.args(["rustc", "--locked", "-j2", "--release", "--lib", "--crate-type", "staticlib"]);
        cargo.args(["--package", self.package, "--target-dir"]).arg(&target);
        cargo.arg("--manifest-path").arg(sources.join("Cargo.toml"));
        cargo.args(self.config.iter().flat_map(|config| ["--config", config]));
        run(&mut cargo).expect_success();
        target.join("release")
    }

    /// Where Cargo keeps the crate's sources.
    fn package_folder(&self, sources: &Path) -> PathBuf {
        let mut cargo = Toolchain::Stable.cargo_command();
        cargo.args(["tree", "--locked", "--depth", "0", "--prefix", "none", "--format", "{p}"]);
        cargo.args(["--package", self.package, "--manifest-path"]).arg(sources.join("Cargo.toml"));
        let described = run_ok(&mut cargo);
        let version = described.split_whitespace().nth(1).expect("NAME vVERSION").trim_start_matches('v').to_owned();
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.unwrap_or_else(|| Path::new(&std::env::var_os("HOME").expect("HOME")).join(".cargo"));
        let registries = fs::read_dir(home.join("registry/src")).expect("Cargo has fetched crates");
        let folders = registries.map(|entry| entry.unwrap().path().join(format!("{}-{version}", self.package)));
        folders.into_iter().find(|folder| folder.exists()).expect("Cargo unpacked the crate that it built")
    }
}
