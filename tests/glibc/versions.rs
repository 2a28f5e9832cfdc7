//! Versions of symbols as binutils read them in linked files.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use armend::glibc::Version;
use armend_test_support::{run_ok, tool};

/// A symbol of a shared object with a version: `NAME@VERSION`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Versioned {
    pub name: String,
    /// The version's name, as `GLIBC_2.17`.
    pub node: String,
    /// Whether references without a version bind to it.
    pub is_default: bool,
}

impl Versioned {
    /// The release of glibc that the version is named after.
    pub fn version(&self) -> Option<Version> {
        Version::of_node(self.node.as_bytes())
    }
}

/// What a shared object defines, with versions.
pub fn defined(library: &Path) -> BTreeSet<Versioned> {
    symbols(library, |section| section != "UND" && section != "ABS")
}

/// What a linked file wants of others, with versions.
pub fn wanted(file: &Path) -> BTreeSet<Versioned> {
    symbols(file, |section| section == "UND")
}

fn symbols(file: &Path, accepts: impl Fn(&str) -> bool) -> BTreeSet<Versioned> {
    let table = run_ok(Command::new(tool("readelf")).args(["--dyn-syms", "--wide"]).arg(file));
    let symbol = |line: &str| {
        // ppc64's `[<localentry>: 8]` stands before the section.
        let line = match line.split_once('[') {
            Some((before, rest)) => format!("{before} {}", rest.split_once(']')?.1),
            None => line.to_owned(),
        };
        let mut fields = line.split_whitespace();
        fields.next()?.strip_suffix(':')?.parse::<u32>().ok()?;
        let (section, name) = (fields.nth(5)?, fields.next()?);
        let (name, node) = name.split_once('@')?;
        let is_default = node.starts_with('@');
        let node = node.trim_start_matches('@').to_owned();
        accepts(section).then(|| Versioned { name: name.to_owned(), node, is_default })
    };
    table.lines().filter_map(symbol).collect()
}

/// The newest release of glibc that a linked file wants something of, by `objdump -T`.
pub fn floor(file: &Path) -> Option<Version> {
    let table = run_ok(Command::new(tool("objdump")).arg("-T").arg(file));
    let undefined = table.lines().filter(|line| line.contains("*UND*"));
    let versions = undefined.filter_map(|line| {
        let node = line.split_once("(GLIBC_")?.1.split_once(')')?.0;
        node.parse().ok()
    });
    versions.max()
}

pub fn version(text: &str) -> Version {
    text.parse().expect("a version")
}
