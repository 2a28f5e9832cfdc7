//! Rust staticlibs for Apple's machines, with std in them: linked by LLD as Apple's linker is called, and read by others.
//!
//! Nothing here runs such a program, so the linker and the readers judge.

use crate::agreement::{self, Flavour};
use crate::armend::{armend, isolate, isolate_with_plan};
use armend_test_support::{Lto, Outcome, Staticlib, Toolchain, duplicates, run, run_ok, rust_objcopy, tool};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Calls into libraries, without a header of Apple's.
const TWO: &str = "void fx_run(void), fy_run(void); int main(void) { fx_run(); fy_run(); return 0; }\n";
const ONE: &str = "void fx_run(void); int main(void) { fx_run(); return 0; }\n";

/// The library with the exports `fx_*`.
fn first(lto: Lto) -> PathBuf {
    library(&[], lto)
}

/// The one with `fy_*`.
fn second() -> PathBuf {
    library(&["second"], Lto::Off)
}

fn library(features: &'static [&'static str], lto: Lto) -> PathBuf {
    let target = Some("aarch64-apple-darwin");
    Staticlib { toolchain: Toolchain::Debian1_96, target, features, lto, ..Staticlib::foreign() }.build()
}

/// A folder with a C program's object, and a stub of the system's library.
struct Program {
    folder: tempfile::TempDir,
    object: PathBuf,
}

impl Program {
    fn new(source: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("main.c");
        fs::write(&file, source).unwrap();
        let object = folder.path().join("main.o");
        run_ok(compiler("arm64").arg(file).arg("-o").arg(&object));
        Self { folder, object }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A folder of that name, for an archive under its own name.
    fn subfolder(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    fn link(&self, archives: &[&Path], flags: &[&str]) -> Outcome {
        let mut linker = Command::new(tool("ld64.lld"));
        linker.args(["-arch", "arm64", "-platform_version", "macos", "11.0", "11.0", "--error-limit=0"]);
        linker.arg(&self.object).args(archives).args(flags);
        run(linker.arg("-o").arg(self.path("program")))
    }

    /// Links with what `archives` need of the system's library and nothing more: no reference may lose its definition.
    #[track_caller]
    fn link_with_stub(&self, archives: &[&Path], needed: &BTreeSet<String>) {
        let stub = self.path("libSystem.tbd");
        let symbols: Vec<_> = needed.iter().map(|name| format!("'{name}'")).collect();
        let text = format!(
            "--- !tapi-tbd\ntbd-version: 4\ntargets: [ arm64-macos ]\ninstall-name: '/usr/lib/libSystem.B.dylib'\n\
             exports:\n  - targets: [ arm64-macos ]\n    symbols: [ {} ]\n...\n",
            symbols.join(", ")
        );
        fs::write(&stub, text).unwrap();
        self.link(archives, &[stub.to_str().unwrap()]).expect_success();
    }

    /// What the linked program takes from other libraries.
    fn undefined(&self) -> BTreeSet<String> {
        let names = run_ok(Command::new(tool("llvm-nm")).args(["--undefined-only", "-j"]).arg(self.path("program")));
        names.lines().map(str::to_owned).collect()
    }

    fn defined(&self) -> BTreeSet<String> {
        let names = run_ok(Command::new(tool("llvm-nm")).args(["--defined-only", "-j"]).arg(self.path("program")));
        names.lines().map(str::to_owned).collect()
    }

    /// How many personality routines its compact unwinding table names: three is all that it can.
    fn personalities(&self) -> usize {
        let mut objdump = Command::new(tool("llvm-objdump"));
        let table = run_ok(objdump.args(["--macho", "--unwind-info"]).arg(self.path("program")));
        let count = table.lines().find_map(|line| line.trim().strip_prefix("Personality functions: (count = "));
        count.and_then(|rest| rest.strip_suffix(')')).expect("a table of unwinding").parse().unwrap()
    }
}

/// clang for one of Apple's machines, up to the object.
fn compiler(architecture: &str) -> Command {
    let mut clang = Command::new(tool("clang"));
    clang.arg(format!("--target={architecture}-apple-macos11")).args(["-c", "-O1"]);
    clang
}

/// With LTO in one of them, std's few names without a hash are in both, and pulled in for others.
#[test]
fn two_libraries() {
    let program = Program::new(TWO);
    let originals = [first(Lto::Fat), second()];
    let before = program.link(&[&originals[0], &originals[1]], &["-undefined", "dynamic_lookup"]);
    assert!(!before.success());
    let names = duplicates(&before.stderr).into_iter().collect::<Vec<_>>();
    assert!(matches!(&names[..], [a, b] if a.ends_with("11EMPTY_PANIC") && b == "_rust_eh_personality"), "{names:?}");

    let folders = ["first", "second"].map(|name| program.subfolder(name));
    let isolated = [
        isolate(&originals[0], "fx_*", &["--tag", "one"], &folders[0]),
        isolate(&originals[1], "fy_*", &["--tag", "other"], &folders[1]),
    ];
    let needed = needed_by(&program, &[&isolated[0], &isolated[1]]);
    for pair in [[&isolated[0], &isolated[1]], [&isolated[0], &originals[1]], [&originals[0], &isolated[1]]] {
        program.link_with_stub(&[pair[0], pair[1]], &needed);
    }
}

/// Without LTO one std serves both in silence; afterwards there are two, and not more personality routines.
#[test]
fn two_stds_and_no_more_personalities() {
    let program = Program::new(TWO);
    let originals = [first(Lto::Off), second()];
    let needed = needed_by(&program, &[&originals[0], &originals[1]]);
    let (before, personalities) = (program.defined(), program.personalities());
    let panics = |names: &BTreeSet<String>| names.iter().filter(|name| name.contains("begin_unwind")).count();

    let folders = ["first", "second"].map(|name| program.subfolder(name));
    let isolated = [
        isolate(&originals[0], "fx_*", &["--tag", "one"], &folders[0]),
        isolate(&originals[1], "fy_*", &["--tag", "other"], &folders[1]),
    ];
    program.link_with_stub(&[&isolated[0], &isolated[1]], &needed);
    let after = program.defined();
    assert_eq!(panics(&after), 2 * panics(&before));
    assert!(panics(&before) > 0 && program.personalities() <= personalities);
    for tag in ["one", "other"] {
        assert!(after.iter().any(|name| name.ends_with(&format!(".{tag}"))), "nothing of {tag}");
    }
}

/// What these need of the system's library: everything that a link leaves open.
#[track_caller]
fn needed_by(program: &Program, archives: &[&Path]) -> BTreeSet<String> {
    program.link(archives, &["-undefined", "dynamic_lookup"]).expect_success();
    let needed = program.undefined();
    let own = needed.iter().find(|name| name.contains("rust") || name.starts_with("_f") && name.contains("_run"));
    assert!(needed.contains("_malloc") && own.is_none(), "{own:?}");
    needed
}

/// The plan as the tool reports it, against the symbols as goblin and LLVM read them.
#[test]
fn readers_agree_with_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    for original in [first(Lto::Fat), second()] {
        let (isolated, plan) = isolate_with_plan(&original, "f?_*", &[], folder.path());
        agreement::assert_agrees(Flavour::MachO, &original, &isolated, &plan);
    }
}

/// Without an index LLD takes nothing of an archive; with ours it takes what it took.
#[test]
fn index() {
    let program = Program::new(ONE);
    let original = first(Lto::Off);
    let needed = needed_by(&program, &[&original]);
    let archive = program.path("libindexed.a");
    fs::write(&archive, without_index(&fs::read(&original).unwrap())).unwrap();
    assert!(!program.link(&[&archive], &["-undefined", "dynamic_lookup"]).success());
    assert_eq!(agreement::indexed(&archive), BTreeSet::new());
    armend([Path::new("index"), &archive]).succeeds();
    assert_eq!(agreement::indexed(&archive), agreement::indexed(&original));
    program.link_with_stub(&[&archive], &needed);
}

/// A BSD archive whose first member, the index, is left out.
fn without_index(bytes: &[u8]) -> Vec<u8> {
    let (magic, members) = bytes.split_at(8);
    let size: usize = std::str::from_utf8(&members[48..58]).unwrap().trim_end().parse().unwrap();
    assert!(members[60..].starts_with(b"__.SYMDEF"), "it has no index");
    [magic, &members[60 + size..]].concat()
}

/// Each slice as if it had been isolated by itself, where its alignment asks for it.
#[test]
fn fat() {
    let program = Program::new(ONE);
    // llvm-lipo reads bitcode, and would have to be as new as rustc's LLVM.
    let arm = program.subfolder("arm64").join("libforeign.a");
    let sections = ["__bitcode", "__cmdline"].map(|name| format!("--remove-section=__LLVM,{name}"));
    run_ok(rust_objcopy().args(sections).arg(first(Lto::Fat)).arg(&arm));
    let other = program.subfolder("x86_64").join("libforeign.a");
    let (source, object) = (program.path("other.c"), program.path("other.o"));
    fs::write(&source, "int state; int step(void) { return ++state; } void fx_run(void) { step(); }\n").unwrap();
    run_ok(compiler("x86_64").arg(&source).arg("-o").arg(&object));
    run_ok(Command::new(tool("llvm-ar")).args(["--format=darwin", "qcs"]).arg(&other).arg(&object));
    let fat = program.path("libfat.a");
    run_ok(Command::new(tool("llvm-lipo")).args(["-create", "-output"]).arg(&fat).args([&arm, &other]));

    let options = ["--tag", "mine"];
    let isolated = isolate(&fat, "fx_*", &options, &program.subfolder("isolated"));
    for (architecture, slice) in [("arm64", &arm), ("x86_64", &other)] {
        let alone = isolate(slice, "fx_*", &options, &program.subfolder("alone"));
        let thin = program.path("thin.a");
        run_ok(Command::new(tool("llvm-lipo")).args(["-thin", architecture, "-output"]).arg(&thin).arg(&isolated));
        assert!(fs::read(&thin).unwrap() == fs::read(alone).unwrap(), "{architecture}: another archive than alone");
    }
    let slices = slices(&isolated);
    assert_eq!(slices.len(), 2);
    for (offset, align) in slices {
        assert_eq!(offset % (1 << align), 0, "a slice at {offset} is not aligned by 2^{align}");
    }
    let needed = needed_by(&program, &[&arm]);
    program.link_with_stub(&[&isolated], &needed);
}

/// The slices' offsets and alignments, as goblin reads them.
fn slices(fat: &Path) -> Vec<(u32, u32)> {
    let bytes = fs::read(fat).unwrap();
    let goblin::mach::Mach::Fat(slices) = goblin::mach::Mach::parse(&bytes).unwrap() else { panic!("not a fat file") };
    slices.iter_arches().map(|arch| arch.unwrap()).map(|arch| (arch.offset, arch.align)).collect()
}
