//! Objects as Microsoft's compilers make them, here by clang and by rustc: linked by lld-link, run by wine. Rust's std is
//! the whole of it, built from its sources.

use crate::agreement::{self, Flavour};
use crate::armend::{armend, isolate, isolate_with_plan};
use armend_test_support::{
    Outcome, SIDE_ARGUMENTS, SIDES, Toolchain, duplicates, exports_of, link_msvc, run_ok, rust_side, side_prints, tool,
    two_sides_source, wine,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What both sides define, each in its own way, and no linker may choose from. `maybe` is weak, and the rest COMDATs.
const DUPLICATES: [&str; 8] = [
    "?area@Shape@@UEBAHXZ",
    "?fail@@YAXH@Z",
    "?measure@@YAHAEBUShape@@@Z",
    "chosen",
    "counter",
    "next_number",
    "steps",
    "tentative",
];

/// A program of two sides in C and C++: its objects, and the library.
struct Sides {
    host: Vec<PathBuf>,
    runtime: PathBuf,
    library: PathBuf,
}

fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/programs")
}

/// Compiles a source file, to an object beside `object`.
fn compile(source: &Path, flags: &[&str], object: &Path) {
    let mut clang = Command::new(tool("clang"));
    clang.args(["--target=x86_64-pc-windows-msvc", "-c", "-g", "-O1", "-fexceptions", "-fno-threadsafe-statics"]);
    run_ok(clang.args(flags).arg(source).arg("-o").arg(object));
}

/// What of Microsoft's runtime is no library of the system's.
fn runtime(folder: &Path) -> PathBuf {
    let object = folder.join("runtime.obj");
    compile(&programs().join("runtime.cc"), &[], &object);
    object
}

impl Sides {
    fn build(folder: &Path) -> Self {
        let compile = |side: &str, number: u32, source: &str| {
            let object = folder.join(format!("{side}-{source}.obj"));
            let flags = [format!("-DSIDE={side}"), format!("-DNUMBER={number}")];
            compile(&programs().join(source), &[&flags[0], &flags[1]], &object);
            object
        };
        let host = ["main.cc", "state.c", "classes.cc"].map(|source| compile("host", 2, source));
        let library = folder.join("library.lib");
        let members = ["state.c", "classes.cc"].map(|source| compile("library", 1, source));
        run_ok(Command::new(tool("llvm-ar")).args(["--format=coff", "qcs"]).arg(&library).args(members));
        Self { host: host.into(), runtime: runtime(folder), library }
    }

    fn link(&self, library: &Path, program: &Path) -> Outcome {
        let mut inputs: Vec<_> = self.host.iter().map(PathBuf::as_path).collect();
        inputs.extend([&*self.runtime, library]);
        link_msvc(&inputs, &["-entry:start", "-subsystem:console"], program)
    }
}

fn side(name: &str, n: u32) -> Vec<String> {
    let lines = [
        format!("area {} -1", n * n),
        format!("inline {}, template {}", n * 100 + 1, n * 10),
        format!("caught {}", n * 4),
    ];
    lines.into_iter().map(|line| format!("{name}: {line}")).collect()
}

/// Each side runs its own code, and the host catches what the library throws.
#[track_caller]
fn assert_separate(program: &Path) {
    let outcome = wine(program, &[]).expect_success();
    let state = ["host: state 6 4, tentative 2, weak 2", "library: state 3 2, tentative 1, weak 1"].map(str::to_owned);
    let expected = [&state[..], &side("host", 2), &side("library", 1), &["main: caught 1".to_owned()]].concat();
    let mut printed: Vec<_> = outcome.stdout.lines().map(str::trim_end).collect();
    printed[..2].sort_unstable();
    assert_eq!(printed, expected, "{}", outcome.describe());
}

#[test]
fn c_and_cpp() {
    let folder = tempfile::tempdir().unwrap();
    let sides = Sides::build(folder.path());
    let program = folder.path().join("program.exe");
    let before = sides.link(&sides.library, &program);
    assert!(!before.success());
    assert_eq!(duplicates(&before.stderr), DUPLICATES.map(str::to_owned).into());
    for options in [&[][..], &["--by", "auto"]] {
        println!("{options:?}"); // shown with the failure
        let separate = folder.path().join("separate");
        fs::create_dir_all(&separate).unwrap();
        let library = isolate(&sides.library, "library_*", options, &separate);
        sides.link(&library, &program).expect_success();
        assert_separate(&program);
    }
}

/// What is local in every object: nothing but the exports is left for a linker to see.
#[test]
fn localized() {
    let folder = tempfile::tempdir().unwrap();
    let sides = Sides::build(folder.path());
    let (library, program) = (folder.path().join("local.lib"), folder.path().join("program.exe"));
    // `classes.cc` calls the one, so it is no member's own; the other is an alias, which is weak.
    let renamed = ["--redefine-sym", "next_number=its_number", "--redefine-sym", "maybe=its_choice"];
    let names = DUPLICATES.iter().filter(|name| **name != "next_number");
    let flags = names.flat_map(|name| ["--localize-symbol", name]).chain(renamed);
    armend(["objcopy"].into_iter().chain(flags).map(Path::new).chain([&*sides.library, &*library])).succeeds();
    sides.link(&library, &program).expect_success();
    let outcome = wine(&program, &[]).expect_success();
    // Inline functions and templates are still the host's: it comes first.
    assert!(outcome.stdout.contains("library: caught 4"), "{}", outcome.describe());
    assert!(outcome.stdout.contains("library: inline 202, template 20"), "{}", outcome.describe());
}

/// `/EXPORT:` in the objects names what a library exports, whatever becomes of the other names.
#[test]
fn a_dll_exports_what_the_objects_say() {
    let folder = tempfile::tempdir().unwrap();
    let sides = Sides::build(folder.path());
    let separate = folder.path().join("separate");
    fs::create_dir(&separate).unwrap();
    let library = isolate(&sides.library, "library_*", &[], &separate);
    let (dll, kept) = (folder.path().join("library.dll"), ["library_classes", "library_state", "library_trouble"]);
    let flags = ["-dll", "-noentry", "-include:library_classes", "-include:library_state"];
    for library in [&sides.library, &library] {
        link_msvc(&[&sides.runtime, library], &flags, &dll).expect_success();
        assert_eq!(exports_of(&dll), kept.map(str::to_owned).into());
    }
}

/// Rust's std in both: LTO in one of them makes two names clash; without it one std serves both in silence.
#[test]
fn rust() {
    let folder = tempfile::tempdir().unwrap();
    let build = |side, flags: &[&str]| rust_side(side, Toolchain::Debian1_96, "x86_64-pc-windows-msvc", flags);
    let (first, first_with_lto) = (build("first", &[]), build("first", &["-Clto=fat"]));
    let second = build("second", &[]);
    let (main, runtime) = (folder.path().join("main.obj"), runtime(folder.path()));
    compile(&two_sides_source(), &[], &main);
    let program = folder.path().join("program.exe");
    let link = |libraries: [&Path; 2]| {
        let inputs = [&main, &runtime, libraries[0], libraries[1]];
        link_msvc(&inputs, &["-entry:main", "-subsystem:console"], &program)
    };
    let printed = || -> Vec<String> {
        let outcome = wine(&program, &SIDE_ARGUMENTS).expect_success();
        outcome.stdout.lines().map(str::to_owned).collect()
    };

    link([&first, &second]).expect_success();
    assert_eq!(printed(), [side_prints("first", 0), side_prints("second", 4)].concat());
    let clash: Vec<_> = duplicates(&link([&first_with_lto, &second]).stderr).into_iter().collect();
    assert!(matches!(&clash[..], [a, b] if a.ends_with("11EMPTY_PANIC") && b == "rust_eh_personality"), "{clash:?}");

    let separate = folder.path().join("separate");
    fs::create_dir(&separate).unwrap();
    for original in [&first, &first_with_lto] {
        let (isolated, plan) = isolate_with_plan(original, "first_*", &[], &separate);
        agreement::assert_agrees(Flavour::Coff, original, &isolated, &plan);
        link([&isolated, &second]).expect_success();
        assert_eq!(printed(), SIDES.map(|side| side_prints(side, 2)).concat());
    }
}
