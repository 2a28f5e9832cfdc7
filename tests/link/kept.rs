//! What worked before isolation, and has to work after it: section garbage collection, debuggers,
//! and each way to mangle names.

use crate::program::{FOREIGN_SIDE, HOST_SIDE, assert_works, isolate};
use armend_test_support::{Host, Link, Linker, Lto, Profile, Staticlib, Toolchain, fixtures, link_c, run_ok, tool};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A C program with one archive, with or without all its checks.
fn c_program(linker: Linker, archive: &Path, flags: &[&str], program: &Path) -> Link {
    link_c(linker, &fixtures().join("c/one.c"), &[archive], flags, program)
}

/// The bytes of a program that are mapped: by kind of section, as `size -A` counts them.
pub fn section_sizes(program: &Path, wanted: &[&str]) -> u64 {
    let table = run_ok(Command::new(tool("size")).arg("-A").arg(program));
    let sizes = table.lines().filter_map(|line| {
        let mut fields = line.split_whitespace();
        let name = fields.next()?;
        let size = fields.next()?.parse::<u64>().ok()?;
        wanted.iter().any(|wanted| name == *wanted || name.starts_with(&format!("{wanted}."))).then_some(size)
    });
    sizes.sum()
}

/// The symbols of a program that isolation gave a name of their own.
fn private_names(program: &Path) -> Vec<String> {
    let symbols = run_ok(Command::new(tool("nm")).arg("--defined-only").arg(program));
    let names = symbols.lines().filter_map(|line| line.split_whitespace().last());
    names.filter(|name| name.contains(".armend")).map(str::to_owned).collect()
}

/// Unused code and data are dropped as before, and nothing is kept that was not.
#[test]
fn garbage_collection_drops_as_much() {
    let folder = tempfile::tempdir().unwrap();
    let original = Staticlib::foreign().build();
    let isolated = isolate(&original, folder.path(), &["--keep", "fx_*"]);
    for linker in Linker::ALL {
        for checks in [&[][..], &["-DALL_CHECKS"]] {
            let sizes = |archive: &Path, collect: &str| {
                let flags: Vec<_> = checks.iter().copied().chain([collect]).collect();
                let link = c_program(linker, archive, &flags, &folder.path().join("program"));
                [&[".text"][..], &[".data", ".rodata", ".bss"]].map(|kind| section_sizes(link.program(), kind))
            };
            let case = format!("{}, {checks:?}", linker.name());
            let [whole, _] = sizes(&original, "-Wl,--no-gc-sections");
            let before = sizes(&original, "-Wl,--gc-sections");
            let after = sizes(&isolated, "-Wl,--gc-sections");
            assert!(!private_names(&folder.path().join("program")).is_empty(), "{case}: nothing is private");
            assert!(before[0] < whole * 9 / 10, "{case}: the collection drops too little to tell: {before:?}");
            for (before, after) in before.into_iter().zip(after) {
                assert!(after <= before + before / 100, "{case}: {before} bytes became {after}");
                assert!(after >= before - before / 100, "{case}: {before} bytes became {after}");
            }
        }
    }
}

/// The line of a fixture that a debugger stops on, as `file:line`.
fn marked_line() -> String {
    let source = fs::read_to_string(fixtures().join("rust/foreign/src/lib.rs")).unwrap();
    let line = source.lines().position(|line| line.contains("// the debugger stops on this line")).unwrap();
    format!("lib.rs:{}", line + 1)
}

#[test]
fn gdb_and_addr2line_find_private_code() {
    let folder = tempfile::tempdir().unwrap();
    let original = Staticlib { profile: Profile::Dev, ..Staticlib::foreign() }.build();
    let isolated = isolate(&original, folder.path(), &["--keep", "fx_*"]);
    let program = folder.path().join("program");
    for (archive, linker) in [&original, &isolated].into_iter().flat_map(|a| Linker::ALL.map(|linker| (a, linker))) {
        println!("{}, {}", archive.display(), linker.name()); // shown with the failure
        c_program(linker, archive, &["-DALL_CHECKS"], &program).program();
        let renamed = private_names(&program).iter().any(|name| name.contains("8registry7through"));
        assert_eq!(renamed, *archive == isolated);
        debug(&program);
    }
}

/// Stops in private functions by name, local and renamed ones, and asks what lies at their addresses.
fn debug(program: &Path) {
    let session = gdb(program, &["break foreign::debugged::sum", "run", "backtrace", "info args"]);
    let frames: Vec<_> = session.lines().filter(|line| line.starts_with('#')).collect();
    assert!(frames.len() >= 3, "{session}");
    assert!(frames[0].contains("foreign::debugged::sum") && frames[0].contains(&marked_line()), "{session}");
    assert!(frames[1].contains("foreign::add") && frames[1].contains("lib.rs:"), "{session}");
    assert!(frames[2].contains("main (argc=1") && frames[2].contains("one.c:"), "{session}");
    assert!(session.contains("\na = 2\nb = 1\n"), "{session}");

    let session = gdb(program, &["break registry::through", "run", "backtrace 2"]);
    let frames: Vec<_> = session.lines().filter(|line| line.starts_with('#')).collect();
    assert!(frames[0].contains("registry::through") && frames[0].contains("registry/src/lib.rs:"), "{session}");
    assert!(frames[1].contains("foreign::checks::named_frame") && frames[1].contains("checks.rs:"), "{session}");

    // By a symbol's name, not only by what the debug information says.
    let session = gdb(program, &["break fx_add", "run", "backtrace 1"]);
    assert!(session.contains("lib.rs:"), "{session}");
    for (symbol, shown, file) in [
        ("fx_add", "fx_add", "foreign/src/lib.rs:"),
        ("8debugged3sum", "foreign::debugged::sum", "foreign/src/lib.rs:"),
        ("8registry7through", "registry::through", "registry/src/lib.rs:"),
    ] {
        let place = addr2line(program, symbol);
        assert!(place.contains(shown) && place.contains(file), "{place}");
    }
}

fn gdb(program: &Path, commands: &[&str]) -> String {
    let mut gdb = Command::new(tool("gdb"));
    gdb.args(["-nx", "-batch", "-ex", "set debuginfod enabled off", "-ex", "set confirm off"]);
    gdb.args(commands.iter().flat_map(|command| ["-ex", command]));
    run_ok(gdb.arg(program))
}

/// Function, file and line of the one function whose symbol has this in its name.
#[track_caller]
fn addr2line(program: &Path, part: &str) -> String {
    let symbols = run_ok(Command::new(tool("nm")).arg("--defined-only").arg(program));
    // mold names table slots after their symbols, as data: only code counts.
    let is_code = |line: &&str| line.contains(" t ") || line.contains(" T ");
    let found: Vec<_> = symbols.lines().filter(is_code).filter(|line| line.contains(part)).collect();
    assert_eq!(found.len(), 1, "symbols with {part} in their names: {found:?}");
    let address = found[0].split_whitespace().next().unwrap();
    run_ok(Command::new(tool("addr2line")).args(["-f", "-C", "-e"]).arg(program).arg(address))
}

/// Names are mangled one way or the other: both keep demangling in the backtraces.
#[test]
fn legacy_and_v0_mangling() {
    const CASES: [(Toolchain, &[&str], &str); 4] = [
        (Toolchain::Stable, &["build.rustflags=[\"-Csymbol-mangling-version=v0\"]"], "_RNv"),
        (Toolchain::Stable, &[], "_ZN"),
        (Toolchain::Nightly, &["build.rustflags=[\"-Csymbol-mangling-version=v0\"]"], "_RNv"),
        (
            Toolchain::Nightly,
            &["build.rustflags=[\"-Zunstable-options\", \"-Csymbol-mangling-version=legacy\"]"],
            "_ZN",
        ),
    ];
    for (toolchain, config, prefix) in CASES {
        let folder = tempfile::tempdir().unwrap();
        let original = Staticlib { toolchain, config, lto: Lto::Off, ..Staticlib::foreign() }.build();
        let isolated = isolate(&original, folder.path(), &["--keep", "fx_*"]);
        for linker in Linker::ALL {
            println!("{toolchain:?}, {prefix}, {}", linker.name()); // shown with the failure
            let link = Host::plain().link(linker, &isolated, &folder.path().join("program"));
            assert_works(link.program(), &[HOST_SIDE, FOREIGN_SIDE]);
            // The frame whose name demangled is a private one, marked, and mangled as asked.
            let marked = private_names(link.program())
                .iter()
                .any(|name| name.starts_with(prefix) && name.contains("8registry7through"));
            assert!(marked, "no private {prefix}…registry::through in the program");
        }
    }
}
