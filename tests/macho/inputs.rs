//! The inputs: sources, the machines that they are compiled for, and the archives made of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use armend_test_support::{Run, samples, tool};

type Object = Arc<[u8]>;

/// A machine.
#[derive(Debug)]
pub struct Target {
    /// As linkers and `lipo` call it.
    pub arch: &'static str,
    triple: &'static str,
    /// The directive for an address.
    word: &'static str,
}

const fn target(arch: &'static str, triple: &'static str, word: &'static str) -> Target {
    Target { arch, triple, word }
}

pub const ARM64: Target = target("arm64", "arm64-apple-macos11", ".quad");
pub const X86_64: Target = target("x86_64", "x86_64-apple-macos11", ".quad");
pub const I386: Target = target("i386", "i386-apple-macos10.6", ".long");
pub const ARMV7: Target = target("armv7", "armv7-apple-ios9", ".long");
pub const TARGETS: &[Target] = &[ARM64, X86_64, I386, ARMV7];
/// Those that `ld64.lld` links.
pub const LINKED: &[Target] = &[ARM64, X86_64];

/// The sources' names.
pub const NAMES: [&str; 3] = ["parts.c", "more.cc", "marks.s"];
const SOURCES: &[(&str, &str)] = &[
    ("parts.c", include_str!("inputs/parts.c")),
    ("more.cc", include_str!("inputs/more.cc")),
    ("marks.s", include_str!("inputs/marks.s")),
];

impl Target {
    /// One object of these sources, by its file's name.
    pub fn object(&self, name: &str) -> Object {
        let (name, text) = SOURCES.iter().find(|source| source.0 == name).expect("one of the sources");
        static MADE: Mutex<BTreeMap<(&str, &str), Object>> = Mutex::new(BTreeMap::new());
        let mut made = MADE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let object = made.entry((self.arch, name)).or_insert_with(|| {
            let folder = tempfile::tempdir().expect("folder");
            fs::read(self.compile(folder.path(), name, text)).expect("read the object").into()
        });
        Arc::clone(object)
    }

    /// Compiles a source, with debug information; gives the object's path.
    pub fn compile(&self, folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
        let target = format!("--target={}", self.triple);
        let text = text.replace("WORD", self.word);
        let compiler = if name.ends_with(".cc") { "clang++" } else { "clang" };
        let flags: &[&str] = if name.ends_with(".s") { &[] } else { &["-O1", "-g"] };
        samples::compile(compiler, &[&[target.as_str()], flags].concat(), folder, name, &text)
    }

    /// An archive of all the sources, as Apple's tools want it.
    pub fn archive(&self) -> Vec<u8> {
        archive(&SOURCES.iter().map(|&(name, _)| (name, self.object(name))).collect::<Vec<_>>())
    }

    /// Links `files` of a folder to `out`, a dynamic library, leaving open what is not defined.
    pub fn link(&self, folder: &Path, out: &str, files: &[&str]) -> Run {
        let mut linker = Command::new(tool("ld64.lld"));
        linker.current_dir(folder).args(["-arch", self.arch, "-platform_version", "macos", "11.0", "11.0"]);
        Run::of(linker.args(["-dylib", "-undefined", "dynamic_lookup", "-o", out]).args(files))
    }
}

/// An archive in Darwin's form, by `llvm-ar`.
pub fn archive(members: &[(&str, Arc<[u8]>)]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("folder");
    let mut ar = Command::new(tool("llvm-ar"));
    ar.current_dir(folder.path()).args(["--format=darwin", "qcsD", "made.a"]);
    for (name, bytes) in members {
        let name = format!("{}.o", name.split('.').next().unwrap_or(name));
        fs::write(folder.path().join(&name), bytes).expect("write a member");
        ar.arg(name);
    }
    Run::of(&mut ar).succeeds();
    fs::read(folder.path().join("made.a")).expect("read the archive")
}
