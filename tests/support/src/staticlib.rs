//! Builds the fixture crates as static archives, each kind once.

use crate::{Toolchain, cache, cached, content_hash, run};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder `fixtures` of the checkout.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").canonicalize().unwrap()
}

/// What Cargo calls `lto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lto {
    Off,
    Thin,
    Fat,
}

impl Lto {
    /// As Cargo's `profile.*.lto` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Thin => "thin",
            Self::Fat => "fat",
        }
    }
}

/// One of Cargo's two profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    Dev,
    Release,
}

impl Profile {
    pub fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
        }
    }

    /// The folder below Cargo's target directory.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// How to build a staticlib of the fixtures.
#[derive(Debug, Clone)]
pub struct Staticlib {
    /// The workspace below `fixtures`.
    pub workspace: &'static str,
    /// The package, which is also the library's name.
    pub package: &'static str,
    pub toolchain: Toolchain,
    /// Another target than the machine's, as rustc calls it.
    pub target: Option<&'static str>,
    pub profile: Profile,
    pub lto: Lto,
    pub features: &'static [&'static str],
    /// More of Cargo's `--config`, such as `profile.release.panic="abort"`.
    pub config: &'static [&'static str],
}

impl Staticlib {
    /// The foreign library: stable, release, LTO off.
    pub fn foreign() -> Self {
        Self {
            workspace: "rust",
            package: "foreign",
            toolchain: Toolchain::Stable,
            target: None,
            profile: Profile::Release,
            lto: Lto::Off,
            features: &[],
            config: &[],
        }
    }

    /// The archive, from the cache or built.
    pub fn build(&self) -> PathBuf {
        let sources = fixtures().join(self.workspace);
        let key = content_hash(&[&shared_sources(self.workspace)], &[self.toolchain.version(), &format!("{self:?}")]);
        let name = match self.target {
            Some(target) if target.ends_with("-msvc") => format!("{}.lib", self.package),
            _ => format!("lib{}.a", self.package),
        };
        let place = self.target.map_or_else(String::new, |target| format!("{target}-"));
        let (package, toolchain) = (self.package, self.toolchain.name());
        let label = format!("{package}-{place}{toolchain}-{}-lto-{}", self.profile.name(), self.lto.name());
        cached(&format!("staticlibs/{label}-{key}"), |draft| self.build_into(&sources, &draft.join(&name))).join(name)
    }

    fn build_into(&self, sources: &Path, archive: &Path) {
        let target = target_folder(self.workspace, self.toolchain);
        // Kinds share the folder, and one name in it: nobody else builds until the file is copied.
        let _lock = cache::lock(&target);
        let mut cargo = self.toolchain.cargo_command();
        cargo.arg("build").args(["--locked", "-j2", "--profile", self.profile.name()]);
        cargo.arg("--manifest-path").arg(sources.join("Cargo.toml"));
        cargo.arg("--target-dir").arg(&target);
        cargo.args(["--package", self.package, "--features", &self.features.join(",")]);
        cargo.arg("--config").arg(format!("profile.{}.lto={:?}", self.profile.name(), self.lto.name()));
        for config in self.config {
            cargo.arg("--config").arg(config);
        }
        if !self.toolchain.reads_the_registry() {
            cargo.arg("--offline");
            cargo.args(["--config", "source.crates-io.replace-with=\"vendored\"", "--config"]);
            cargo.arg(format!("source.vendored.directory={:?}", vendored(sources).display().to_string()));
        }
        if let Some(name) = self.target {
            cargo.args(["--target", name]).env("RUSTC", self.toolchain.rustc_for(name));
        }
        if self.features.contains(&"old-std") {
            cargo.env("RUSTC_BOOTSTRAP", self.package);
        }
        run(&mut cargo).expect_success();
        let built =
            target.join(self.target.unwrap_or_default()).join(self.profile.folder()).join(archive.file_name().unwrap());
        fs::copy(&built, archive).unwrap_or_else(|error| panic!("{}: {error}", built.display()));
    }
}

/// The crates of a workspace's lock file, for a Cargo that cannot fetch them.
fn vendored(sources: &Path) -> PathBuf {
    let lock = fs::read_to_string(sources.join("Cargo.lock")).unwrap();
    cached(&format!("vendored/{}", content_hash(&[], &[&lock])), |draft| {
        let mut cargo = Toolchain::Stable.cargo_command();
        cargo.args(["vendor", "--locked", "--versioned-dirs", "--manifest-path"]).arg(sources.join("Cargo.toml"));
        run(cargo.arg(draft.join("crates"))).expect_success();
    })
    .join("crates")
}

/// All that a workspace is built from: the top folder it lies in, with what its crates share.
pub(crate) fn shared_sources(workspace: &str) -> PathBuf {
    fixtures().join(workspace.split('/').next().unwrap())
}

/// Where Cargo builds: by sources and toolchain, so that no other checkout's files count as fresh.
pub fn target_folder(workspace: &str, toolchain: Toolchain) -> PathBuf {
    let path = fixtures().join(workspace).display().to_string();
    let key = content_hash(&[&shared_sources(workspace)], &[toolchain.version(), &path]);
    cache::root().join("targets").join(format!("{}-{key}", toolchain.name()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_std_staticlib_is_an_archive() {
        let bytes = std::fs::read(crate::std_staticlib()).unwrap();
        assert!(bytes.starts_with(b"!<arch>\n"));
    }
}
