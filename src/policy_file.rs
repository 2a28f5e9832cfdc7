//! Policy files: what `isolate` is to do, written down once.
//!
//! A policy is a table in TOML: the whole of `armend.toml`, or `[package.metadata.armend]` of a `Cargo.toml`. Its keys
//! are the long options of `armend isolate`, and mean the same. Knows no archive.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Result};
use crate::isolate::Isolate;
use crate::policy::{Choice, KeepSource, Method};

/// The keys, in the order in which they take effect.
pub const KEYS: [&str; 16] = [
    "keep",
    "keep-file",
    "keep-from",
    "scope",
    "merge",
    "linker",
    "by",
    "no-hide",
    "tag",
    "registries",
    "force",
    "strip-bitcode",
    "strip-debug",
    "weaken-undefined",
    "require-exports",
    "glibc",
];

/// Where else a policy stands than in `armend.toml`.
const MANIFEST: &str = "Cargo.toml";

/// The policy file of a folder, a package's for example: its `armend.toml`, or its `Cargo.toml` where that has a policy.
///
/// # Errors
/// I/O; usage, for files that are no TOML and for two policies.
pub fn find(folder: &Path) -> Result<Option<PathBuf>> {
    let [own, manifest] = ["armend.toml", MANIFEST].map(|name| folder.join(name));
    let in_manifest = manifest.exists() && Source::open(&manifest)?.policy()?.is_some();
    match (own.exists(), in_manifest) {
        (true, true) => {
            let what = "a policy, and so has armend.toml beside it: there is to be one";
            Err(Error::usage(what).in_archive(&manifest))
        }
        (true, false) => Ok(Some(own)),
        (false, true) => Ok(Some(manifest)),
        (false, false) => Ok(None),
    }
}

/// Reads the policy in the file at `path`. The files that it names are found from its folder.
///
/// ```no_run
/// # fn main() -> armend::Result<()> {
/// use armend::{Output, policy_file};
///
/// let policy = policy_file::read("armend.toml".as_ref())?;
/// policy.run(&["libkrun.a"], &Output::InPlace)?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// I/O; usage, with file and line: what is no TOML, unknown keys, values of another type or without meaning.
pub fn read(path: &Path) -> Result<Isolate> {
    let source = Source::open(path)?;
    match source.policy()? {
        Some(table) => read_table(&source, &table),
        None => Err(Error::usage("it has no [package.metadata.armend]").in_archive(path)),
    }
}

/// A file's text.
struct Source<'p> {
    path: &'p Path,
    text: String,
}

impl<'p> Source<'p> {
    fn open(path: &'p Path) -> Result<Self> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|error| Error::io("cannot read the policy", error).in_archive(path))?;
        Ok(Self { path, text })
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// The policy's table; absent where a `Cargo.toml` has none.
    fn policy(&self) -> Result<Option<DeTable<'_>>> {
        let parsed = DeTable::parse(&self.text);
        let mut table =
            parsed.map_err(|error| self.error(error.span().unwrap_or_default(), error.message()))?.into_inner();
        if self.path.file_name() != Some(MANIFEST.as_ref()) {
            return Ok(Some(table));
        }
        for key in ["package", "metadata", "armend"] {
            let Some(value) = table.remove(key) else { return Ok(None) };
            let span = value.span();
            let DeValue::Table(inner) = value.into_inner() else {
                return Err(self.error(span, format!("{key} is no table")));
            };
            table = inner;
        }
        Ok(Some(table))
    }

    /// What is wrong with what stands at `span`.
    fn error(&self, span: Range<usize>, what: impl Display) -> Error {
        let line = self.text.bytes().take(span.start).filter(|&c| c == b'\n').count() + 1;
        Error::usage(format!("line {line}: {what}")).in_archive(self.path)
    }
}

/// Reads a policy's table.
fn read_table(source: &Source<'_>, table: &DeTable<'_>) -> Result<Isolate> {
    let mut policy = Isolate::new();
    let mut entries: Vec<_> = table.iter().collect();
    // What is no key comes first.
    entries.sort_by_key(|(key, _)| KEYS.iter().position(|known| known == key.get_ref()));
    for (key, value) in entries {
        Entry { source, key, span: value.span(), value: value.get_ref() }.apply(&mut policy)?;
    }
    if !table.contains_key("by") {
        policy.by = Method::default_for(policy.merge.is_some());
    }
    Ok(policy)
}

/// A key and its value.
struct Entry<'a> {
    source: &'a Source<'a>,
    key: &'a Spanned<Cow<'a, str>>,
    /// Where the value stands.
    span: Range<usize>,
    value: &'a DeValue<'a>,
}

impl Entry<'_> {
    fn apply(&self, policy: &mut Isolate) -> Result<()> {
        match &**self.key.get_ref() {
            "keep" => policy.keep.extend(self.strings()?.into_iter().map(KeepSource::Pattern)),
            "keep-file" => policy.keep.extend(self.files()?.map(KeepSource::List)),
            "keep-from" => policy.keep.extend(self.files()?.map(KeepSource::Artifact)),
            "scope" => policy.scope = self.choice()?,
            "merge" => policy.merge = self.flag()?.then(|| PathBuf::from("ld")),
            "linker" => match &mut policy.merge {
                Some(linker) => *linker = self.program()?,
                None => return Err(self.error("goes with merge = true")),
            },
            "by" => policy.by = self.choice()?,
            "no-hide" => policy.hide = !self.flag()?,
            "tag" => policy.tag = Some(self.string()?.to_owned()),
            "registries" => policy.registries = self.choice()?,
            "force" => policy.force = self.flag()?,
            "strip-bitcode" => policy.strip.bitcode = self.flag()?,
            "strip-debug" => policy.strip.debug = self.flag()?,
            "weaken-undefined" => policy.weaken_undefined = self.strings()?,
            "require-exports" => policy.require = self.files()?.map(KeepSource::List).collect(),
            "glibc" => policy.glibc = Some(self.string()?.parse().map_err(|error: Error| self.error(error.kind()))?),
            unknown => return Err(self.unknown(unknown)),
        }
        Ok(())
    }

    fn unknown(&self, name: &str) -> Error {
        let like = |key: &str| strsim::jaro_winkler(key, &name.replace('_', "-"));
        let nearest = KEYS.into_iter().max_by(|a, b| like(a).total_cmp(&like(b))).unwrap_or_default();
        let error = self.source.error(self.key.span(), format!("unknown key \"{name}\""));
        error.with_help(format!("the nearest key is \"{nearest}\""))
    }

    fn error(&self, what: impl Display) -> Error {
        self.source.error(self.span.clone(), format!("\"{}\": {what}", self.key.get_ref()))
    }

    fn wants(&self, what: &str) -> Error {
        self.error(format!("it takes {what}, not a value of type {}", self.value.type_str()))
    }

    fn flag(&self) -> Result<bool> {
        self.value.as_bool().ok_or_else(|| self.wants("true or false"))
    }

    fn string(&self) -> Result<&str> {
        self.value.as_str().ok_or_else(|| self.wants("a string"))
    }

    /// One string, or a list of them.
    fn strings(&self) -> Result<Vec<String>> {
        let wants = || self.wants("a string or a list of strings");
        match self.value {
            DeValue::String(one) => Ok(vec![one.to_string()]),
            DeValue::Array(list) => {
                let strings = list.iter().map(|one| one.get_ref().as_str().map(str::to_owned));
                strings.collect::<Option<_>>().ok_or_else(wants)
            }
            _ => Err(wants()),
        }
    }

    fn files(&self) -> Result<impl Iterator<Item = PathBuf>> {
        Ok(self.strings()?.into_iter().map(|name| self.source.folder().join(name)))
    }

    /// A name alone is looked for where programs are.
    fn program(&self) -> Result<PathBuf> {
        let name = self.string()?;
        Ok(if name.contains('/') { self.source.folder().join(name) } else { PathBuf::from(name) })
    }

    fn choice<T: Choice>(&self) -> Result<T> {
        let name = self.string()?;
        T::of_name(name).ok_or_else(|| {
            let names: Vec<_> = T::NAMES.iter().map(|(name, _)| *name).collect();
            self.error(format!("\"{name}\" is none of {}", names.join(", ")))
        })
    }
}
