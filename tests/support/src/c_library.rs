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
    /// The headers of its interface, below the package. All that there are come with them.
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
            self.build_into(&sources, &draft.join(&name));
            let package = self.package_folder(&sources);
            for header in cache::files(&package).iter().filter(|file| file.extension().is_some_and(|name| name == "h"))
            {
                let copy = draft.join("headers").join(header.strip_prefix(&package).unwrap());
                fs::create_dir_all(copy.parent().unwrap()).unwrap();
                fs::copy(header, copy).unwrap_or_else(|error| panic!("{}: {error}", header.display()));
            }
        });
        (place.join(name), self.headers.iter().map(|header| place.join("headers").join(header)).collect())
    }

    fn build_into(&self, sources: &Path, archive: &Path) {
        let target = cache::root().join("targets/capi");
        // All build into one folder, and one may replace what another left there.
        let _lock = cache::lock(&target);
        let mut cargo = Toolchain::Stable.cargo_command();
        cargo.args(["rustc", "--locked", "-j2", "--release", "--lib", "--crate-type", "staticlib"]);
        cargo.args(["--package", self.package, "--target-dir"]).arg(&target);
        cargo.arg("--manifest-path").arg(sources.join("Cargo.toml"));
        cargo.args(self.config.iter().flat_map(|config| ["--config", config]));
        run(&mut cargo).expect_success();
        let built = target.join("release").join(archive.file_name().unwrap());
        fs::copy(&built, archive).unwrap_or_else(|error| panic!("{}: {error}", built.display()));
    }

    /// Where Cargo keeps the crate's sources.
    fn package_folder(&self, sources: &Path) -> PathBuf {
        let mut cargo = Toolchain::Stable.cargo_command();
        cargo.args(["metadata", "--locked", "--format-version", "1", "--manifest-path"]);
        let metadata = run_ok(cargo.arg(sources.join("Cargo.toml")));
        let metadata: serde_json::Value = serde_json::from_str(&metadata).expect("Cargo writes JSON");
        let packages = metadata["packages"].as_array().expect("a list of packages");
        let package = packages.iter().find(|package| package["name"] == self.package).expect("a dependency");
        Path::new(package["manifest_path"].as_str().expect("a path")).parent().unwrap().to_owned()
    }
}
