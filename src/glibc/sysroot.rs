//! The libraries of a target that will be linked, read for the versions that they give their symbols.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Version;
use crate::error::{Error, Result};
use crate::input::Input;
use crate::object::architecture::Architecture;
use crate::object::{Object, dynamic_definitions};

/// The files of glibc that define symbols for programs, but for the dynamic linker, whose name is the machine's.
const LIBRARIES: &[&str] =
    &["libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1", "libresolv.so.2"];

/// C++ and compiler runtimes, whose versions are only reported.
const RUNTIMES: &[&str] = &["libstdc++.so.6", "libgcc_s.so.1"];

/// What a target's libraries define.
#[derive(Debug)]
pub struct Sysroot {
    /// Where they are.
    pub folder: PathBuf,
    /// The version that a reference without one binds to.
    defaults: BTreeMap<Vec<u8>, Version>,
    /// The same of C++'s and the compiler's runtime libraries, by their own versions' names.
    runtimes: BTreeMap<Vec<u8>, String>,
}

impl Sysroot {
    /// Reads the libraries below `root`, in the folders that Linux systems have them in.
    ///
    /// # Errors
    /// I/O, malformed libraries; usage where there is no glibc for `architecture`.
    pub fn read(root: &Path, architecture: Architecture) -> Result<Self> {
        let mut folders = folders(root, architecture);
        let holds_libc = |folder: &PathBuf| Ok(nodes(&folder.join(LIBRARIES[0]), architecture)?.is_some());
        let Some(folder) =
            folders.iter().map(|f| holds_libc(f).map(|holds| holds.then_some(f))).find_map(Result::transpose)
        else {
            let what = format!("there is no {} for {} here", LIBRARIES[0], architecture.name());
            let help = "name a folder that has lib or usr/lib with the target's libraries";
            return Err(Error::usage(what).with_help(help).in_archive(root));
        };
        let folder = folder?.clone();
        let (mut defaults, mut runtimes) = (BTreeMap::new(), BTreeMap::new());
        for library in LIBRARIES.iter().map(|name| folder.join(name)).chain(dynamic_linkers(&folder)) {
            for (name, node) in nodes(&library, architecture)?.unwrap_or_default() {
                if let Some(version) = Version::of_node(node.as_bytes()) {
                    let entry = defaults.entry(name).or_insert(version);
                    *entry = version.max(*entry);
                }
            }
        }
        if defaults.is_empty() {
            let what = "this C library is not glibc: no symbol of it has a GLIBC_ version";
            return Err(Error::usage(what).in_archive(&folder.join(LIBRARIES[0])));
        }
        for folder in folders.drain(..) {
            for library in RUNTIMES {
                runtimes.extend(nodes(&folder.join(library), architecture)?.unwrap_or_default());
            }
        }
        Ok(Self { folder, defaults, runtimes })
    }

    /// The version that a reference without one binds to.
    pub fn default_version(&self, name: &[u8]) -> Option<Version> {
        self.defaults.get(name).copied()
    }

    /// Whether one of these libraries defines it.
    pub fn defines(&self, name: &[u8]) -> bool {
        self.defaults.contains_key(name) || self.runtimes.contains_key(name)
    }

    /// Whether C++'s runtime library is among them.
    pub fn has_cxx(&self) -> bool {
        self.runtimes.contains_key(&b"__cxa_throw"[..])
    }

    /// Of each of the runtimes' own kinds of version (`GLIBCXX`, `CXXABI`, `GCC`), the newest that these names bind to.
    pub fn runtime_floors<'n>(&self, names: impl Iterator<Item = &'n [u8]>) -> Vec<String> {
        let mut newest = BTreeMap::<&str, (Vec<u32>, &str)>::new();
        for node in names.filter_map(|name| self.runtimes.get(name)) {
            let Some((kind, version)) = node.rsplit_once('_') else { continue };
            let numbers: Vec<u32> = version.split('.').filter_map(|number| number.parse().ok()).collect();
            let entry = newest.entry(kind).or_default();
            if numbers > entry.0 {
                *entry = (numbers, node);
            }
        }
        newest.into_values().map(|(_, node)| node.to_owned()).collect()
    }
}

/// The names that a library defines, and the version that each has by default; `None` where there is no library for
/// this machine.
fn nodes(library: &Path, architecture: Architecture) -> Result<Option<BTreeMap<Vec<u8>, String>>> {
    if !library.is_file() {
        return Ok(None);
    }
    let input = Input::open(library)?;
    let located = |error: Error| error.in_archive(library);
    if Object::parse(input.bytes()).map_err(located)?.architecture() != Some(architecture) {
        return Ok(None);
    }
    let definitions = dynamic_definitions(input.bytes()).map_err(located)?.unwrap_or_default();
    let defaults = definitions.into_iter().filter(|definition| definition.is_default);
    let nodes = defaults.filter_map(|definition| Some((definition.name, definition.version?)));
    Ok(Some(nodes.map(|(name, node)| (name.to_vec(), String::from_utf8_lossy(node).into_owned())).collect()))
}

fn dynamic_linkers(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"ld")))
        .filter(|path| path.to_string_lossy().contains(".so."))
        .collect();
    found.sort_unstable();
    found
}

/// Where distributions have a target's libraries, below a root: Debian's multiarch folders, Debian's cross packages',
/// other systems' `lib64`.
fn folders(root: &Path, architecture: Architecture) -> Vec<PathBuf> {
    let triplet = triplet(architecture);
    let names = [
        format!("lib/{triplet}"),
        format!("usr/lib/{triplet}"),
        format!("usr/{triplet}/lib"),
        format!("{triplet}/lib"),
        "lib64".to_owned(),
        "usr/lib64".to_owned(),
        "lib".to_owned(),
        "usr/lib".to_owned(),
        String::new(),
    ];
    names.into_iter().map(|name| root.join(name)).collect()
}

fn triplet(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "x86_64-linux-gnu",
        Architecture::X32 => "x86_64-linux-gnux32",
        Architecture::I386 => "i386-linux-gnu",
        Architecture::Aarch64 => "aarch64-linux-gnu",
        Architecture::Arm => "arm-linux-gnueabihf",
        Architecture::Riscv64 => "riscv64-linux-gnu",
        Architecture::S390x => "s390x-linux-gnu",
        Architecture::Ppc64le => "powerpc64le-linux-gnu",
        Architecture::Loongarch64 => "loongarch64-linux-gnu",
        Architecture::Mips64el => "mips64el-linux-gnuabi64",
        Architecture::Mipsel => "mipsel-linux-gnu",
        Architecture::Sparc64 => "sparc64-linux-gnu",
    }
}
