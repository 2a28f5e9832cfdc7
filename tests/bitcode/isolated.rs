//! What `isolate` does with bytecode: never half.

use std::process::Command;

use armend_test_support::{Run, Scratch, Toolchain, members, samples, tool};

use crate::index::rust_bitcode;
use crate::{archives, compile_c, compile_cxx, run, scratch};

/// An archive with a bitcode member between two of machine code.
fn mixed(scratch: &Scratch) -> Vec<u8> {
    let files = [
        compile_cxx(scratch, "first", "g++", &["-O1", "-g"]),
        compile_c(scratch, "bitcode", "clang", &["-O1", "-flto", "-DASSEMBLY"]),
        compile_c(scratch, "last", "gcc", &["-O1", "-g", "-Dsx_run=sx_last"]),
    ];
    let archive = archives(&files).0;
    scratch.write("lib.a", &archive);
    archive
}

#[track_caller]
fn refused(scratch: &Scratch, arguments: &[&str], words: &[&str]) {
    let before = scratch.snapshot();
    run(scratch, &[&["isolate", "lib.a"], arguments].concat()).refuses(words);
    assert!(scratch.snapshot() == before, "a refusal wrote something");
}

/// Whatever becomes private, by whatever method: code that a linker makes of bitcode can refer to any name.
#[test]
fn bitcode_is_refused_as_soon_as_a_name_becomes_private() {
    let scratch = scratch();
    mixed(&scratch);
    let words = ["lib.a(bitcode.o)", "bitcode file", "no machine code", "-Clinker-plugin-lto", "clang -c -x ir"];
    refused(&scratch, &["--keep", "sx_*"], &words);
    refused(&scratch, &["--keep", "sx_*", "--strip-bitcode"], &words);
    // Of the first member alone, which the bitcode does not refer to.
    refused(&scratch, &["--keep", "*", "--keep", "!inline_value"], &words);
    for method in ["weaken", "hide", "localize", "auto"] {
        refused(&scratch, &["--keep", "sx_*", "--by", method], &words);
    }
    refused(&scratch, &["--keep", "*", "--merge"], &words);
    run(&scratch, &["isolate", "lib.a", "--keep", "sx_*", "--dry-run"]).refuses(&words);
    for toolchain in [Toolchain::Stable, Toolchain::Nightly] {
        scratch.write("lib.a", std::fs::read(rust_bitcode(toolchain)).expect("the archive"));
        refused(&scratch, &["--keep", "js_*"], &["libkinds.", "(and 1 more member)", "-Clinker-plugin-lto"]);
    }
}

/// Why it is not enough that all names of the bitcode's own table stay: its code needs more.
#[test]
fn code_refers_to_more_than_the_symbol_table_has() {
    let scratch = scratch();
    const TEXT: &str = "__int128 sx_run(__int128 a, __int128 b) { return a / b; }";
    samples::compile("clang", &["-O1", "-flto"], scratch.folder(), "wide.c", TEXT);
    let undefined = |file: &str| {
        let mut nm = Command::new(tool("llvm-nm"));
        Run::of(nm.current_dir(scratch.folder()).args(["--undefined-only", "--format=just-symbols", file])).succeeds()
    };
    assert_eq!(undefined("wide.o").text(), "");
    let mut clang = Command::new(tool("clang"));
    Run::of(clang.current_dir(scratch.folder()).args(["-w", "-c", "-x", "ir", "wide.o", "-o", "native.o"])).succeeds();
    assert_eq!(undefined("native.o").text(), "__divti3\n");

    const RUNTIME: &str = "__int128 __divti3(__int128 a, __int128 b) { return a + b; }";
    samples::compile("gcc", &["-O1"], scratch.folder(), "runtime.c", RUNTIME);
    scratch.write("lib.a", archives(&["wide.o", "runtime.o"].map(|name| scratch.path(name))).0);
    refused(&scratch, &["--keep", "sx_run"], &["lib.a(wide.o)", "bitcode file"]);
}

/// Where every name stays, bitcode is one more member: it passes, byte for byte, while others are stripped.
#[test]
fn bitcode_passes_where_all_names_stay() {
    let scratch = scratch();
    let before = mixed(&scratch);
    run(&scratch, &["isolate", "lib.a", "--keep", "*", "--check"]).exits(0);
    run(&scratch, &["isolate", "lib.a", "--keep", "*", "--strip-debug", "--strip-bitcode"]).succeeds();
    let after = scratch.read("lib.a");
    let (old, new) = (members::layout(&before), members::layout(&after));
    assert!(before[old.members[1].data.clone()] == after[new.members[1].data.clone()]);
    assert!([0, 2].iter().all(|&at| new.members[at].data.len() < old.members[at].data.len()));
    assert_eq!(members::index_entries(&before), members::index_entries(&after));
}

/// What the message advises, done.
#[test]
fn bitcode_compiled_to_objects_is_isolated() {
    let scratch = scratch();
    mixed(&scratch);
    let mut clang = Command::new(tool("clang"));
    clang.current_dir(scratch.folder()).args(["-w", "-c", "-x", "ir", "bitcode.o", "-o", "native.o"]);
    Run::of(&mut clang).succeeds();
    let files = ["first.o", "native.o", "last.o"].map(|name| scratch.path(name));
    scratch.write("lib.a", archives(&files).0);
    run(&scratch, &["isolate", "lib.a", "--keep", "sx_*"]).succeeds();
    let names = members::index_entries(&scratch.read("lib.a")).expect("an index");
    for kept in ["sx_run", "sx_second", "sx_last"] {
        assert!(names.iter().any(|(_, name)| name == kept), "{names:?}");
    }
    assert!(names.iter().any(|(_, name)| name.starts_with("assembly_function.")), "{names:?}");
}

/// Bytecode beside machine code is refused with the option that takes it out, and taken out by it. Without machine
/// code, taking it out would leave nothing.
#[test]
fn bytecode_beside_machine_code() {
    let scratch = scratch();
    for (compiler, says) in [("gcc", "gcc lto"), ("clang", "llvm lto")] {
        let object = compile_c(&scratch, "fat", compiler, &["-O1", "-flto", "-ffat-lto-objects"]);
        scratch.write("lib.a", archives(&[object]).0);
        refused(&scratch, &["--keep", "sx_*"], &["lib.a(fat.o)", says, "--strip-bitcode"]);
        refused(&scratch, &["--keep", "sx_*", "--strip-debug"], &[says, "--strip-bitcode"]);
        run(&scratch, &["isolate", "lib.a", "--keep", "sx_*", "--strip-bitcode"]).succeeds();
        let names = members::index_entries(&scratch.read("lib.a")).expect("an index");
        assert!(names.iter().any(|(_, name)| name.starts_with("weak_function.")), "{names:?}");
        // GCC's early debug information has a global symbol of its own, which goes with it.
        assert!(!names.iter().any(|(_, name)| name.contains("fat.c")), "{names:?}");
    }
    let object = compile_c(&scratch, "slim", "gcc", &["-O1", "-flto", "-fno-fat-lto-objects"]);
    scratch.write("lib.a", archives(&[object]).0);
    for keep in ["sx_*", "*"] {
        refused(
            &scratch,
            &["--keep", keep, "--strip-bitcode"],
            &["lib.a(slim.o)", "no machine code", "-ffat-lto-objects"],
        );
    }
}

/// The index that GCC's plugin has made would lose its names.
#[test]
fn no_index_without_the_names_of_bytecode() {
    let scratch = scratch();
    let plain = samples::compile(
        "gcc",
        &[],
        scratch.folder(),
        "plain.c",
        "static int own(void) { return 1; }
        int (*sx_get(void))(void) { return own; }",
    );
    let slim = compile_c(&scratch, "slim", "gcc", &["-O1", "-flto", "-fno-fat-lto-objects"]);
    let mut ar = Command::new(tool("gcc-ar"));
    Run::of(ar.arg("rcs").arg(scratch.path("lib.a")).args([plain, slim])).succeeds();
    let before = scratch.read("lib.a");
    let names = members::index_entries(&before).expect("an index");
    assert!(names.iter().any(|(member, name)| *member == 1 && name.starts_with("sx_")), "{names:?}");
    for verb in
        [&["index", "lib.a"][..], &["index", "--check", "lib.a"], &["exports", "--restore", "lib.a", "--keep", "own"]]
    {
        run(&scratch, verb).refuses(&["lib.a(slim.o)", "the index would lack them", "gcc-ranlib"]);
        assert!(scratch.read("lib.a") == before);
    }
}
