//! Names lists of every kind, and artifacts whose exports are the list: one archive, and the same answer from each.

use std::process::Command;

use armend_test_support::samples::archive_of;
use armend_test_support::{Lto, Scratch, Toolchain, exported, run_ok, tool};

use crate::archive::demo;
use crate::{exports, run, scratch, states};

const SOURCE: &str = "int js_sum(int a) { return a; }\nint js_part(int a) { return a; }\nint js_version = 7;\n\
    int internal(int a) { return a; }\n";

/// The names that an option makes of `lib.a`, each with its state.
#[track_caller]
fn listed(scratch: &Scratch, option: &str, file: &str) -> Vec<(String, String)> {
    let (code, report) = exports(scratch, &["lib.a", option, file]);
    assert_eq!(code, 0, "{report:#}");
    states(&report).into_iter().map(|(name, state)| (name.to_owned(), state.to_owned())).collect()
}

/// That the list names the library's three exports, and `others` that it does not define.
#[track_caller]
fn names_the_three(scratch: &Scratch, option: &str, file: &str, others: &[&str]) {
    let mut expected: Vec<_> = ["js_part", "js_sum", "js_version"].map(|name| (name, "global")).to_vec();
    expected.extend(others.iter().map(|name| (*name, "missing")));
    expected.sort_unstable();
    let listed = listed(scratch, option, file);
    assert_eq!(listed.iter().map(|(a, b)| (&a[..], &b[..])).collect::<Vec<_>>(), expected, "{file}");
}

/// A folder with `lib.a`, made of [`SOURCE`].
fn with_library() -> Scratch {
    let scratch = scratch();
    scratch.write("lib.c", SOURCE);
    compile(&scratch, &["-fPIC"], "lib.o");
    scratch.write("lib.a", archive_of(&[("lib.o", &scratch.read("lib.o"))]));
    scratch
}

fn compile(scratch: &Scratch, flags: &[&str], object: &str) {
    let mut clang = Command::new(tool("clang"));
    run_ok(clang.current_dir(scratch.folder()).args(flags).args(["-c", "lib.c", "-o", object]));
}

#[track_caller]
fn link(scratch: &Scratch, linker: &str, arguments: &[&str]) {
    run_ok(Command::new(tool(linker)).current_dir(scratch.folder()).args(arguments));
}

#[test]
fn lists_of_each_kind() {
    let scratch = with_library();
    for (file, text, others) in [
        ("plain.txt", "# exports\njs_sum\njs_part # a part\n\njs_v*\njs_gone\n", &["js_gone"][..]),
        ("script.map", "V1 { global: js_s*; js_part; local: *; };\nV2 { \"js_version\"; } V1;\n", &[]),
        ("lib.def", "LIBRARY lib\nEXPORTS\n  js_sum @1\n  part=js_part NONAME\n  js_version DATA\n", &[]),
        ("lib.exp", "# Apple's\n_js_sum\n_js_pa?t\n_js_version\n_js_gone\n", &["js_gone"]),
        ("lib.h", "#pragma once\nint js_sum(int), js_part(int);\nextern int js_version;\n", &[]),
    ] {
        scratch.write(file, text);
        for option in ["--exports", "--keep-file", "--keep-from", "--require"] {
            if option == "--require" && !others.is_empty() {
                continue;
            }
            names_the_three(&scratch, option, file, others);
        }
    }
    // What a script's local: takes out stays out.
    scratch.write("local.map", "{ global: js_*; local: js_sum; *; };");
    assert_eq!(listed(&scratch, "--exports", "local.map").len(), 2);
    // isolate goes by the same lists.
    run(&scratch, &["isolate", "lib.a", "--keep-file", "lib.def"]).succeeds();
    let left = run_ok(Command::new(tool("llvm-nm")).arg("--extern-only").arg(scratch.path("lib.a")));
    assert!(left.contains(" js_part\n") && left.contains(" internal.armend"), "{left}");
}

/// Linkers take the lists for what we take them for.
#[test]
fn linkers_read_the_lists_alike() {
    let scratch = with_library();
    scratch.write("s.map", "V1 { global: js_*; local: js_sum; *; };");
    link(&scratch, "gcc", &["-shared", "-o", "lib.so", "lib.o", "-Wl,--version-script,s.map"]);
    let ours = listed(&scratch, "--exports", "s.map");
    assert_eq!(
        ours,
        listed(&scratch, "--keep-from", "lib.so").into_iter().filter(|(n, _)| n != "V1").collect::<Vec<_>>()
    );

    // C++'s blocks are of demangled names, with their parameters.
    scratch.write("cxx.cc", "namespace ns { int f(int a) { return a; } int f(long a) { return a; } struct S { void g(); };\n\
        void S::g() {} }\nint plain(int a) { return a; }\ntemplate <class T> T t(T a) { return a; }\ntemplate int t(int);");
    run_ok(Command::new(tool("g++")).current_dir(scratch.folder()).args(["-fPIC", "-c", "cxx.cc"]));
    scratch.write("cxx.a", archive_of(&[("cxx.o", &scratch.read("cxx.o"))]));
    scratch.write("cxx.map", "{ global: extern \"C++\" { \"ns::f(int)\"; ns::S::*; int?t*; }; local: *; };");
    link(&scratch, "gcc", &["-shared", "-o", "cxx.so", "cxx.o", "-Wl,--version-script,cxx.map"]);
    let (_, report) = exports(&scratch, &["cxx.a", "--exports", "cxx.map"]);
    assert_eq!(
        states(&report).into_iter().map(|(name, _)| name).collect::<Vec<_>>(),
        exported(&scratch.path("cxx.so")).iter().collect::<Vec<_>>()
    );
    assert_eq!(states(&report).len(), 3, "{report:#}");

    compile(&scratch, &["--target=arm64-apple-macos11"], "mac.o");
    scratch.write("list.exp", "# two of three\n_js_s*\n_js_version\n");
    macho(&scratch, &["-exported_symbols_list", "list.exp"]);
    assert_eq!(listed(&scratch, "--exports", "list.exp"), listed(&scratch, "--keep-from", "lib.dylib"));

    compile(&scratch, &["--target=x86_64-pc-windows-msvc"], "win.obj");
    let def = "EXPORTS\n  js_sum @3\n  js_version DATA PRIVATE\n  elsewhere = other.function\n";
    scratch.write("lib.def", def);
    link(&scratch, "lld-link", &["/dll", "/noentry", "/nodefaultlib", "/def:lib.def", "/out:lib.dll", "win.obj"]);
    assert_eq!(listed(&scratch, "--exports", "lib.def"), listed(&scratch, "--keep-from", "lib.dll"));
}

fn macho(scratch: &Scratch, options: &[&str]) {
    const PLATFORM: [&str; 10] = [
        "-dylib",
        "-arch",
        "arm64",
        "-platform_version",
        "macos",
        "11.0",
        "11.0",
        "-undefined",
        "dynamic_lookup",
        "-o",
    ];
    link(scratch, "ld64.lld", &[&PLATFORM[..], &["lib.dylib", "mac.o"], options].concat());
}

#[test]
fn artifacts_of_each_kind() {
    let scratch = with_library();
    // `internal` is an export of these as well, and the archive has it.
    let all = ["internal", "js_part", "js_sum", "js_version"].map(|name| (name.to_owned(), "global".to_owned()));
    link(&scratch, "gcc", &["-shared", "-o", "lib.so", "lib.o"]);
    scratch.write("other.a", archive_of(&[("lib.o", &scratch.read("lib.o"))]));
    compile(&scratch, &["--target=arm64-apple-macos11"], "mac.o");
    macho(&scratch, &[]);
    run_ok(Command::new(tool("llvm-lipo")).current_dir(scratch.folder()).args([
        "-create",
        "lib.dylib",
        "-output",
        "fat.dylib",
    ]));
    compile(&scratch, &["--target=x86_64-pc-windows-msvc"], "win.obj");
    let exported = all.iter().map(|(name, _)| format!("/export:{name}")).collect::<Vec<_>>();
    let options = ["/dll", "/noentry", "/nodefaultlib", "/out:lib.dll", "win.obj"].map(str::to_owned);
    run_ok(Command::new(tool("lld-link")).current_dir(scratch.folder()).args(options).args(exported));
    for file in ["lib.so", "other.a", "lib.dylib", "fat.dylib", "lib.dll"] {
        for option in ["--keep-from", "--require"] {
            assert_eq!(listed(&scratch, option, file), all, "{file}");
        }
    }
}

#[test]
fn an_rlib_is_an_artifact() {
    let scratch = scratch();
    std::fs::copy(demo(Lto::Off), scratch.path("lib.a")).expect("copy");
    scratch
        .write("part.rs", "#[no_mangle] pub extern \"C\" fn js_part() {}\n#[no_mangle] pub static js_gone: i32 = 0;");
    let mut rustc = Command::new(Toolchain::Stable.rustc());
    run_ok(rustc.current_dir(scratch.folder()).args(["--crate-type=rlib", "-O", "part.rs", "-o", "libpart.rlib"]));
    let listed = listed(&scratch, "--keep-from", "libpart.rlib");
    let expected = [("js_gone", "missing"), ("js_part", "global")];
    assert_eq!(listed, expected.map(|(name, state)| (name.to_owned(), state.to_owned())));
}

#[test]
fn what_is_no_list() {
    let scratch = with_library();
    scratch.write("noise", [0xffu8, 0xfe, 0, 1, 2, 3]);
    run(&scratch, &["exports", "lib.a", "--keep-from", "noise"]).refuses(&["noise", "neither a list"]);
    // A header of nothing that is there keeps nothing, and then nothing would be left.
    scratch.write("other.h", "#pragma once\nint elsewhere(void);\n");
    run(&scratch, &["isolate", "lib.a", "--keep-from", "other.h"]).refuses(&["nothing to keep"]);
    scratch.write("empty.h", "#include <stddef.h>\nDECLARE(js_sum)\n");
    run(&scratch, &["isolate", "lib.a", "--keep-from", "empty.h"]).refuses(&["empty.h", "names no export"]);
    scratch.write("bad.map", "{ global: a;");
    run(&scratch, &["exports", "lib.a", "--exports", "bad.map"]).refuses(&["bad.map", "braces"]);
    // Libraries that are cut short are read as far as they go, or refused.
    compile(&scratch, &["--target=arm64-apple-macos11"], "mac.o");
    macho(&scratch, &[]);
    compile(&scratch, &["--target=x86_64-pc-windows-msvc"], "win.obj");
    link(&scratch, "lld-link", &["/dll", "/noentry", "/nodefaultlib", "/export:js_sum", "/out:lib.dll", "win.obj"]);
    for file in ["lib.dylib", "lib.dll"] {
        let whole = scratch.read(file);
        for len in (0..whole.len()).step_by(whole.len() / 97) {
            scratch.write("cut", &whole[..len]);
            let code = run(&scratch, &["exports", "lib.a", "--keep-from", "cut"]).code;
            assert!(matches!(code, Some(0 | 2)), "{file}, {len} bytes: {code:?}");
        }
    }
}
