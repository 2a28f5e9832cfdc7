//! For `build.rs`: an archive is amended into `OUT_DIR` and linked, and Cargo is told of all that it came from.
//!
//! ```no_run
//! # fn main() -> armend::Result<()> {
//! // A library that is there already.
//! armend::build_script::Isolate::archive("vendor/libkrun.a").keep("krun_*").link()?;
//! # Ok(())
//! # }
//! ```
//!
//! ```no_run
//! # fn main() -> armend::Result<()> {
//! // A crate that is built first, by a Cargo of its own.
//! armend::build_script::Staticlib::package("../libkrun").features(["net"]).keep("krun_*").link()?;
//! # Ok(())
//! # }
//! ```
//!
//! [`Link`] has what both share. A guide is in `docs/build-script.md`. Knows no format, archive or plan: what is done
//! to the archive is [`crate::Isolate`]'s.

mod advice;
mod dep_info;
mod directives;
mod environment;
mod json;
mod messages;
mod native;
mod nested;
mod package;
mod toolchain;

use std::path::{Path, PathBuf};

pub use package::Package;

use crate::error::{Error, Result};
use crate::freshness::Stamp;
use crate::output::Output;
use crate::parallel::on_threads;
use crate::policy::{KeepSource, Method, Scope};
use crate::report::IsolateReport;
use crate::strip::Strip;
use directives::Directives;
use environment::Environment;

/// Amends and links an archive that is there: [`Link::archive`].
pub type Isolate = Link<Archive>;

/// Builds a crate as a static library, amends and links that: [`Link::package`].
pub type Staticlib = Link<Package>;

/// An archive that is there.
#[derive(Debug, Clone)]
pub struct Archive(PathBuf);

/// What is to be linked, and what is done to it before.
#[derive(Debug, Clone)]
#[must_use = "nothing is done before `link`"]
pub struct Link<Source> {
    source: Source,
    policy: crate::Isolate,
    name: Option<String>,
    bundle: bool,
}

/// What was linked.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Linked {
    /// The amended archive, in `OUT_DIR`.
    pub archive: PathBuf,
    /// What was done to it; nothing where the one that was there is current.
    pub report: Option<IsolateReport>,
    /// What the linker is told to link besides, as rustc says it: `-lm`. Empty for an archive that was there.
    pub native_libs: Vec<String>,
}

impl Isolate {
    /// The archive at `path`, which is relative to the package's folder.
    pub fn archive(path: impl Into<PathBuf>) -> Self {
        Self::of(Archive(path.into()))
    }

    /// Amends the archive into `OUT_DIR`, unless what is there is current, and prints the lines that make Cargo link it
    /// and rerun the script when it changes.
    ///
    /// # Errors
    /// What [`crate::Isolate::run`] returns, and usage outside of a build script. Each is printed as `cargo::error` as
    /// well, with what `audit` advises.
    pub fn link(&self) -> Result<Linked> {
        let archive = &self.source.0;
        let linked = Environment::read().and_then(|environment| {
            let mut directives = Directives::default();
            directives.rerun_if_changed(archive);
            self.amend(archive, &environment, directives)
        });
        linked.inspect_err(|error| advice::print(error, Some(archive)))
    }
}

impl Staticlib {
    /// The crate in the folder `path`, or with the manifest `path`; relative to the package's folder.
    pub fn package(path: impl Into<PathBuf>) -> Self {
        Self::of(Package::new(path.into()))
    }

    /// The crate's features, beside its default ones and those named before.
    pub fn features(mut self, features: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.source.features.extend(features.into_iter().map(Into::into));
        self
    }

    /// Without the crate's default features.
    pub fn no_default_features(mut self) -> Self {
        self.source.default_features = false;
        self
    }

    /// A profile of the crate's workspace. By default `release` for a release build, else `dev`.
    pub fn profile(mut self, profile: impl Into<String>) -> Self {
        self.source.profile = Some(profile.into());
        self
    }

    /// A toolchain by rustup's name. By default the one of the crate's `rust-toolchain.toml`, where it or a folder
    /// above has one and rustup is there, else the one that builds the script.
    pub fn toolchain(mut self, toolchain: impl Into<String>) -> Self {
        self.source.toolchain = Some(toolchain.into());
        self
    }

    /// A target triple, or the absolute path of a target's description. By default the one that is built for.
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.source.target = Some(target.into());
        self
    }

    /// A variable of the nested Cargo's environment, which is otherwise the script's without what concerns the outer
    /// build: no `RUSTFLAGS`, `CARGO_PROFILE_*`, `RUSTC_WRAPPER`.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.source.variables.push((name.into(), value.into()));
        self
    }

    /// Builds the crate into a folder of its own in `OUT_DIR`, amends the result there, unless what is there is
    /// current, and prints the lines that make Cargo link it, with the native libraries that it needs, and rerun the
    /// script when any of its sources changes.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Build`] where the crate does not build; otherwise as [`Isolate::link`].
    pub fn link(&self) -> Result<Linked> {
        let mut archive = None;
        let linked = Environment::read().and_then(|environment| {
            let mut directives = Directives::default();
            let built = self.source.build(&environment, &mut directives)?;
            archive = Some(built.archive.clone());
            let mut linked = self.amend(&built.archive, &environment, directives)?;
            linked.native_libs = built.native_libs;
            Ok(linked)
        });
        linked.inspect_err(|error| advice::print(error, archive.as_deref()))
    }
}

impl<Source> Link<Source> {
    fn of(source: Source) -> Self {
        Self { source, policy: crate::Isolate::default(), name: None, bundle: true }
    }

    /// Keeps what `pattern` matches, beside what is kept already: see [`crate::Isolate::keep`]. Without any, the
    /// exports are found.
    pub fn keep(mut self, pattern: impl Into<String>) -> Self {
        self.policy.keep.push(KeepSource::Pattern(pattern.into()));
        self
    }

    /// Keeps what a list, a version script, a C header or a library names: each has to be there.
    pub fn keep_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.policy.keep.push(KeepSource::List(path.into()));
        self
    }

    /// What becomes private.
    pub fn scope(mut self, scope: Scope) -> Self {
        self.policy.scope = scope;
        self
    }

    /// How.
    pub fn by(mut self, method: Method) -> Self {
        self.policy.by = method;
        self
    }

    /// What makes the names unique. Derived from the content by default.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.policy.tag = Some(tag.into());
        self
    }

    /// What goes away besides.
    pub fn strip(mut self, strip: Strip) -> Self {
        self.policy.strip = strip;
        self
    }

    /// What a list, a C header or a library names has to be global: else the script fails, and says why it is not.
    pub fn require(mut self, path: impl Into<PathBuf>) -> Self {
        self.policy.require.push(KeepSource::List(path.into()));
        self
    }

    /// All of the policy at once, in place of what was said before.
    pub fn policy(mut self, policy: crate::Isolate) -> Self {
        self.policy = policy;
        self
    }

    /// What the library is called when it is linked: `krun` for `libkrun.a`. By default as the archive is.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Whether the archive becomes part of the package's own rlib, which is what Cargo does by default. A program with
    /// LTO needs it apart: rustc takes the members for its own and finds no bitcode in them.
    pub fn bundle(mut self, bundle: bool) -> Self {
        self.bundle = bundle;
        self
    }

    fn amend(&self, archive: &Path, environment: &Environment, mut directives: Directives) -> Result<Linked> {
        let name = match &self.name {
            Some(name) => name.clone(),
            None => library_name(archive)?,
        };
        let files = self.policy.files();
        files.iter().for_each(|file| directives.rerun_if_changed(file));
        let result = environment.out_dir.join(environment.file_name(&name));
        let stamp = Stamp::of(&[&[archive], &files[..]].concat(), &self.policy, &result)?;
        let mut report = None;
        if !stamp.is_current()? {
            let (policy, output) = (&self.policy, Output::File(result.clone()));
            // Cargo's jobserver gave the script one slot.
            let isolated = on_threads(Some(1), || policy.run(&[archive], &output));
            let isolated = isolated.map_err(|error| Error::io("cannot start a thread", error))??;
            stamp.write()?;
            directives::say(&isolated.to_string());
            report = Some(isolated);
        }
        directives.link(&environment.out_dir, &name, self.bundle);
        directives.print();
        Ok(Linked { archive: result, report, native_libs: Vec::new() })
    }
}

/// `krun` for `libkrun.a` and `krun.lib`.
fn library_name(archive: &Path) -> Result<String> {
    let stem = archive.file_stem().and_then(|stem| stem.to_str());
    let stem = stem.ok_or_else(|| {
        let what = "the archive's name is not one that a library can have";
        Error::usage(what).with_help("give it one by `name`").in_archive(archive)
    })?;
    Ok(stem.strip_prefix("lib").unwrap_or(stem).to_owned())
}
