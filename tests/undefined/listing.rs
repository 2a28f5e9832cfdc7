//! What is listed, and what is not: by the C runtime, by libraries, objects and folders of libraries, by the linker; and
//! how it is said.

use std::process::Command;

use armend_test_support::{Linker, run as finish, run_ok, std_staticlib, tool};

use crate::{archive, json, link_defs, names, rejected, run, scratch, set};

const MANY: &str = r#"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <dlfcn.h>
int missing(int), from_lib(int);
__attribute__((weak)) int optional(int);
extern char __start_things[], __stop_things[], _end[], __ehdr_start[];
__attribute__((section("things"))) int thing;
extern char __start_absent[];
static void last(void) {}
int many(double x, __uint128_t n) {
    pthread_t thread;
    atexit(last);
    pthread_create(&thread, 0, 0, dlsym(0, "x"));
    printf("%f %d\n", pow(x, x), (int)(n / (unsigned)thread));
    return missing(1) + from_lib(2) + (optional ? optional(3) : 0) + (__stop_things - __start_things) + (_end - __ehdr_start)
        + __start_absent[0];
}
"#;

fn print_file(name: &str) -> String {
    run_ok(Command::new(tool("gcc")).arg(format!("-print-file-name={name}"))).trim().to_owned()
}

#[test]
fn the_c_runtime_and_the_linker_provide_their_own() {
    let scratch = scratch();
    archive(&scratch, "lib.a", &["-fPIC"], &[("many.c", MANY)]);
    let report = json(&scratch, &["undefined", "lib.a"]);
    assert_eq!(names(&report["symbols"]), set(&["__start_absent", "from_lib", "missing"]), "{report}");
    assert_eq!(names(&report["weak"]), set(&["optional"]));
    assert_eq!(
        (&report["verb"], &report["schema"], &report["changed"]),
        (&"undefined".into(), &1.into(), &false.into())
    );
    for linker in Linker::ALL {
        let mut gcc = Command::new(tool("gcc"));
        gcc.current_dir(scratch.folder()).args(["-shared", "-o", "x.so", "-Wl,-z,defs", "many.o", "-lm"]);
        let linked = finish(gcc.args(linker.arguments()));
        assert_eq!(rejected(&linked), names(&report["symbols"]), "{}: {}", linker.name(), linked.describe());
    }
    // A C library that is named counts alone: without libm, what is in it is missing.
    let libc = print_file("libc.so");
    let named = json(&scratch, &["undefined", "lib.a", "--libs", &libc]);
    assert_eq!(names(&named["symbols"]), set(&["__start_absent", "from_lib", "missing", "pow"]), "{named}");
    let rooted = json(&scratch, &["undefined", "lib.a", "--sysroot", "/"]);
    assert_eq!(names(&rooted["symbols"]), names(&report["symbols"]), "{rooted}");
    run(&scratch, &["undefined", "lib.a", "--check"]).exits(1);
}

#[test]
fn libraries_of_every_kind_provide() {
    let scratch = scratch();
    archive(&scratch, "lib.a", &["-fPIC"], &[("many.c", MANY)]);
    let other = "int from_lib(int a) { return a; }\nstatic int missing(int a) { return a; }\nint user(void) { return missing(1); }\n";
    archive(&scratch, "other.a", &["-fPIC"], &[("other.c", other)]);
    run_ok(Command::new(tool("gcc")).current_dir(scratch.folder()).args(["-shared", "other.o", "-o", "other.so"]));
    scratch.write("script.so", "/* GNU ld script */\nINPUT ( other.a )\n");
    for library in ["other.a", "other.so", "other.o", "script.so"] {
        let report = json(&scratch, &["undefined", "lib.a", "--libs", library]);
        assert_eq!(names(&report["symbols"]), set(&["__start_absent", "missing"]), "{library}");
    }
    // Archives given together see each other.
    let report = json(&scratch, &["undefined", "lib.a", "other.a"]);
    assert_eq!(names(&report["symbols"]), set(&["__start_absent", "missing"]));
    let member = report["symbols"][1]["uses"][0]["member"].as_str().expect("a member");
    assert_eq!(member, "lib.a(many.o)");
}

#[test]
fn versions_have_to_be_there() {
    let scratch = scratch();
    let source = "__asm__(\".symver old,pow@GLIBC_2.2.5\\n.symver never,pow@GLIBC_9.9\");\n\
        double old(double, double), never(double, double);\n\
        double both(double x) { return old(x, x) + never(x, x); }\n";
    archive(&scratch, "lib.a", &["-fPIC"], &[("versions.c", source)]);
    let libm = print_file("libm.so.6");
    for more in [&[][..], &["--libs", &libm]] {
        let report = json(&scratch, &[&["undefined", "lib.a"], more].concat());
        assert_eq!(names(&report["symbols"]), set(&["pow@GLIBC_9.9"]), "{report}");
    }
}

#[test]
fn cxx_is_left_to_its_runtime_unless_that_is_named() {
    let scratch = scratch();
    let source = "#include <stdexcept>\n#include <string>\nstruct Host { virtual ~Host(); virtual std::string name(); };\n\
        std::string ask(Host &host) {\n    if (host.name().empty()) throw std::runtime_error(\"no name\");\n    return Host().name();\n}\n";
    let object = scratch.write("ask.cc", source).with_extension("o");
    let mut compiler = Command::new(tool("g++"));
    run_ok(compiler.current_dir(scratch.folder()).args(["-c", "-O1", "-fPIC", "ask.cc", "-o"]).arg(object));
    run_ok(Command::new(tool("llvm-ar")).current_dir(scratch.folder()).args(["rcs", "lib.a", "ask.o"]));
    let report = json(&scratch, &["undefined", "lib.a"]);
    let host = names(&report["symbols"]);
    assert!(host.contains("_ZTV4Host") && host.iter().all(|name| name.contains("4Host")), "{host:?}");
    let left = names(&report["of_cxx"]);
    assert!(left.contains("__cxa_throw") && left.contains("_ZNSt13runtime_errorC1EPKc"), "{left:?}");
    let named = json(&scratch, &["undefined", "lib.a", "--libs", &print_file("libstdc++.so.6")]);
    assert_eq!(names(&named["symbols"]), host);
    assert!(names(&named["of_cxx"]).is_empty());
    let rejected = rejected(&link_defs(&scratch, Linker::Bfd, &["lib.a", "-lstdc++"]));
    assert_eq!(rejected, host);
}

/// std needs nothing but the C runtime.
#[test]
fn a_rust_staticlib_is_whole() {
    let scratch = scratch();
    let path = std_staticlib();
    let report = json(&scratch, &["undefined", path.to_str().expect("a path")]);
    assert_eq!(names(&report["symbols"]), set(&[]), "{report}");
}

/// Bitcode has no relocations yet: that it refers to a name is known, and not how.
#[test]
fn bitcode_refers_too() {
    let scratch = scratch();
    archive(&scratch, "lib.a", &["-fPIC"], &[("here.c", "int here(void) { return 1; }\n")]);
    let source = scratch.write("bitcode.c", "int missing(int);\nint there(int a) { return missing(a); }\n");
    let object = source.with_extension("o");
    run_ok(Command::new(tool("clang")).args(["-c", "-O1", "-flto"]).arg(&source).arg("-o").arg(&object));
    run_ok(Command::new(tool("llvm-ar")).current_dir(scratch.folder()).args(["qs", "lib.a", "bitcode.o"]));
    let report = json(&scratch, &["undefined", "lib.a"]);
    assert_eq!(names(&report["symbols"]), set(&["missing"]), "{report}");
    let symbol = &report["symbols"][0];
    assert_eq!((&symbol["needs"], &symbol["uses"][0]["section"]), (&serde_json::Value::Null, &"(bitcode)".into()));
    run(&scratch, &["undefined", "lib.a", "--weaken", "missing", "--dry-run"])
        .refuses(&["lib.a(bitcode.o)", "bitcode"]);
}

#[test]
fn text_says_where_and_what_helps() {
    let scratch = scratch();
    let source =
        "int missing(int);\nint (*pointer)(int) = missing;\nint call(int a) { return missing(a) + missing(a + 1); }\n";
    archive(&scratch, "lib.a", &["-fPIC"], &[("many.c", source)]);
    let listed = run(&scratch, &["undefined", "lib.a"]).succeeds();
    let expected = "\
1 name undefined (x86_64, with glibc, the compiler's runtime library)
  missing: --weaken or --stub
            many.o .text: 2 R_X86_64_PLT32
            many.o .data.rel: R_X86_64_64
";
    assert_eq!(listed.text(), expected);
    let weakened = run(&scratch, &["undefined", "lib.a", "--weaken", "missing", "--dry-run"]).succeeds();
    assert!(weakened.text().contains("missing: now weak\n"), "{weakened}");
    assert!(weakened.text().contains("lib.a: 1 of 1 member changed"), "{weakened}");
    let nothing = run(&scratch, &["undefined", "lib.a", "--stub", "missing", "-o", "stub.a"]).succeeds();
    assert!(nothing.text().contains("missing: now a stub\n"), "{nothing}");
    let after = run(&scratch, &["undefined", "stub.a", "--check"]).succeeds();
    assert!(after.text().starts_with("0 names undefined"), "{after}");
}

/// Weak ones alone change, in a member that holds others; all else is byte for byte what it was.
#[test]
fn weakening_changes_the_binding_alone() {
    let scratch = scratch();
    archive(&scratch, "lib.a", &["-fPIC"], &[("many.c", MANY)]);
    run(&scratch, &["undefined", "lib.a", "--weaken", "missing", "-o", "weak.a"]).succeeds();
    let (before, after) = (scratch.read("lib.a"), scratch.read("weak.a"));
    assert_eq!(before.len(), after.len());
    let differing: Vec<_> = before.iter().zip(&after).filter(|(a, b)| a != b).collect();
    // STB_GLOBAL to STB_WEAK, of a symbol without a type.
    assert_eq!(differing, [(&0x10, &0x20)]);
}
