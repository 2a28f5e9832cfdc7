//! The index of archives with bitcode in them: byte for byte what LLVM's own tools write, which read the modules where
//! armend reads their symbol tables.

use std::path::PathBuf;
use std::process::Command;

use armend_test_support::{Run, Scratch, Toolchain, cached, content_hash, members, run_ok, tool};

use crate::{archives, compile_c, compile_cxx, llvm, run, scratch};

/// What clang is called with, for C.
const C: &[&[&str]] = &[
    &["-flto", "-O2", "-DASSEMBLY"],
    &["-flto=thin", "-O2", "-DASSEMBLY"],
    &["-flto", "-O0", "-g", "-fcommon"],
    &["-flto", "-O1", "-fvisibility=hidden"],
    &["-flto", "-O1", "--target=aarch64-linux-gnu"],
    &["-flto", "-O1", "--target=i686-linux-gnu"],
    &["-flto", "-O1", "--target=s390x-linux-gnu"],
];

/// The same for C++. The last makes two modules of one file.
const CXX: &[&[&str]] = &[
    &["-flto", "-O2"],
    &["-flto=thin", "-O0", "-g"],
    &["-flto=thin", "-O1", "-fsplit-lto-unit", "-fwhole-program-vtables", "-fvisibility=hidden"],
];

/// Rebuilds the index of an archive of these files, which must become the one that `llvm-ar` makes.
#[track_caller]
fn assert_same_index(scratch: &Scratch, files: &[PathBuf]) -> Vec<u8> {
    let (expected, without) = archives(files);
    scratch.write("lib.a", without);
    let report = run(scratch, &["index", "lib.a"]).succeeds();
    assert!(report.text().contains("missing"), "{report}");
    assert!(scratch.read("lib.a") == expected, "{files:?}: not the index that llvm-ar makes");
    run(scratch, &["index", "lib.a", "--check"]).exits(0);
    let names = members::index_entries(&expected).expect("an index");
    assert!(names.iter().any(|(_, name)| name.starts_with("sx_")), "{names:?}");
    expected
}

#[test]
fn what_clang_makes() {
    let scratch = scratch();
    for flags in C {
        assert_same_index(&scratch, &[compile_c(&scratch, "kinds", "clang", flags)]);
    }
    for flags in CXX {
        assert_same_index(&scratch, &[compile_cxx(&scratch, "kinds", "clang++", flags)]);
    }
}

/// Each kind of symbol, by name: so that the comparison above is not one of two empty lists.
#[test]
fn each_kind_of_symbol() {
    let scratch = scratch();
    let object = compile_c(&scratch, "kinds", "clang", &["-flto", "-O1", "-fcommon", "-DASSEMBLY"]);
    let archive = assert_same_index(&scratch, &[object]);
    let mut names: Vec<_> =
        members::index_entries(&archive).expect("an index").into_iter().map(|(_, name)| name).collect();
    names.sort();
    let expected = "aliased assembly_function assembly_weak common_array hidden_function hidden_value protected_value \
        sx_run thread_local_value weak_function weak_value";
    assert_eq!(names.join(" "), expected);
}

/// Bitcode for Apple's targets comes in a wrapper, with decorated names; COFF's are decorated on 32 bits.
#[test]
fn bitcode_for_other_formats() {
    let scratch = scratch();
    const TEXT: &str = "extern int elsewhere(int); int sx_run(int x) { return elsewhere(x); } int sx_value = 3;
        __attribute__((weak)) int sx_weak(void) { return 1; } static int local; int *sx_pointer = &local;";
    for target in ["x86_64-apple-darwin", "arm64-apple-darwin", "x86_64-pc-windows-msvc", "i686-pc-windows-gnu"] {
        let flags = &["-flto", "-O1", &format!("--target={target}")];
        let object = armend_test_support::samples::compile("clang", flags, scratch.folder(), "other.c", TEXT);
        let wrapped = std::fs::read(&object).expect("bitcode").starts_with(b"\xde\xc0\x17\x0b");
        assert_eq!(wrapped, target.ends_with("darwin"), "{target}");
        let (expected, without) = archives(&[object]);
        scratch.write("lib.a", without);
        run(&scratch, &["index", "lib.a"]).succeeds();
        assert!(scratch.read("lib.a") == expected, "{target}");
        let name = if target.starts_with("x86_64-pc") { "sx_run" } else { "_sx_run" };
        let names = members::index_entries(&expected).expect("an index");
        assert!(names.iter().any(|(_, entry)| entry == name), "{target}: {names:?}");
    }
}

/// Beside machine code of both compilers, with and without bytecode beside it.
#[test]
fn mixed_with_objects() {
    let scratch = scratch();
    let files = [
        compile_c(&scratch, "elf", "gcc", &["-O1", "-fcommon", "-DASSEMBLY"]),
        compile_c(&scratch, "bitcode", "clang", &["-O1", "-flto", "-DASSEMBLY"]),
        compile_c(&scratch, "fat", "clang", &["-O1", "-flto", "-ffat-lto-objects"]),
        compile_cxx(&scratch, "classes", "clang++", &["-O1", "-flto=thin"]),
        compile_cxx(&scratch, "gcc", "g++", &["-O1", "-flto", "-ffat-lto-objects"]),
    ];
    let before = assert_same_index(&scratch, &files);
    // Every verb that writes an archive writes its index.
    run(&scratch, &["isolate", "lib.a", "--keep", "*", "--strip-bitcode", "--strip-debug"]).succeeds();
    let after = scratch.read("lib.a");
    let names = |archive: &[u8]| members::index_entries(archive).expect("an index");
    let bitcode = |archive: &[u8]| {
        names(archive).into_iter().filter(|&(member, _)| member == 1 || member == 3).collect::<Vec<_>>()
    };
    assert_eq!(bitcode(&before), bitcode(&after));
    assert!(after.len() < before.len());
    scratch.write("again.a", archives(&extract(&scratch, &after)).0);
    assert_eq!(names(&after), names(&scratch.read("again.a")));
}

/// The members of an archive as files.
fn extract(scratch: &Scratch, archive: &[u8]) -> Vec<PathBuf> {
    let layout = members::layout(archive);
    layout
        .members
        .iter()
        .map(|member| scratch.write(&format!("out/{}", member.name), &archive[member.data.clone()]))
        .collect()
}

/// Without a symbol table, its modules tell; what assembly defines they do not, and an index without it would be wrong.
#[test]
fn no_symbol_table() {
    let scratch = scratch();
    let plain = compile_c(&scratch, "plain", "clang", &["-flto", "-O1", "-fcommon"]);
    let classes = compile_cxx(&scratch, "classes", "clang++", CXX[2]);
    llvm(&scratch, "llvm-cat", &["-b", "-o", "joined.bc", "plain.o", "classes.o"]);
    assert_same_index(&scratch, &[scratch.path("joined.bc")]);
    for (module, exported) in [("0", "sx_second"), ("1", "_ZTV7Derived")] {
        llvm(&scratch, "llvm-modextract", &["-b", "-n", module, "-o", "one.bc", "classes.o"]);
        let (expected, without) = archives(&[scratch.path("one.bc")]);
        scratch.write("lib.a", without);
        run(&scratch, &["index", "lib.a"]).succeeds();
        assert!(scratch.read("lib.a") == expected, "module {module}");
        assert!(members::index_entries(&expected).expect("an index").iter().any(|(_, name)| name == exported));
    }
    drop((plain, classes));

    compile_c(&scratch, "assembly", "clang", &["-flto", "-O1", "-DASSEMBLY"]);
    llvm(&scratch, "llvm-modextract", &["-b", "-n", "0", "-o", "one.bc", "assembly.o"]);
    llvm(&scratch, "llvm-cat", &["-b", "-o", "joined.bc", "plain.o", "assembly.o"]);
    for file in ["one.bc", "joined.bc"] {
        let (_, without) = archives(&[scratch.path(file)]);
        scratch.write("lib.a", &without);
        let words = [file, "symbols cannot be read", "assembly", "help: "];
        for verb in [&["index", "lib.a"][..], &["isolate", "lib.a", "--keep", "*"], &["explain", "sx_run", "lib.a"]] {
            run(&scratch, verb).refuses(&words);
            assert!(scratch.read("lib.a") == without);
        }
    }
    // What the message advises.
    llvm(&scratch, "opt", &["one.bc", "-o", "anew.bc"]);
    assert_same_index(&scratch, &[scratch.path("anew.bc")]);
}

/// A newer LLVM than any other tool here: rustc writes the index by its own LLVM's reader, from the modules.
#[test]
fn what_rustc_makes() {
    for toolchain in [Toolchain::Stable, Toolchain::Nightly, Toolchain::Debian1_63, Toolchain::Debian1_78] {
        println!("{}", toolchain.name());
        let expected = std::fs::read(rust_bitcode(toolchain)).expect("the archive");
        let layout = members::layout(&expected);
        let is_bitcode = |data: &[u8]| data.starts_with(b"BC\xc0\xde");
        let bitcode: Vec<usize> =
            (0..layout.members.len()).filter(|&at| is_bitcode(&expected[layout.members[at].data.clone()])).collect();
        let names = members::index_entries(&expected).expect("an index");
        for name in ["js_add", "js_format", "js_assembly", "JS_VERSION"] {
            assert!(
                names.iter().any(|(member, entry)| entry == name && bitcode.contains(member)),
                "{name}: {bitcode:?}"
            );
        }
        let scratch = scratch();
        let index = layout.index.expect("an index");
        scratch.write("lib.a", [members::MAGIC, &expected[index.end.next_multiple_of(2)..]].concat());
        run(&scratch, &["index", "lib.a"]).succeeds();
        assert!(scratch.read("lib.a") == expected, "{}: not the index that rustc makes", toolchain.name());
        // LLVM 19 reads what older ones wrote, and leaves out what newer ones did.
        let nm = Run::of(Command::new(tool("llvm-nm")).arg("--defined-only").arg(scratch.path("lib.a")));
        let newer = matches!(toolchain, Toolchain::Stable | Toolchain::Nightly);
        assert_eq!(nm.text().contains(" js_add"), !newer, "{}", toolchain.name());
        let explained = run(&scratch, &["explain", "js_add", "lib.a"]).succeeds();
        assert!(explained.text().contains("in bitcode: global default function\n"), "{explained}");
    }
}

/// A staticlib of which rustc leaves its own crate as bitcode.
pub fn rust_bitcode(toolchain: Toolchain) -> PathBuf {
    const SOURCE: &str = include_str!("inputs/kinds.rs");
    let key = format!("bitcode/{}-{}", toolchain.name(), content_hash(&[], &[SOURCE, toolchain.version()]));
    let folder = cached(&key, |draft| {
        std::fs::write(draft.join("kinds.rs"), SOURCE).expect("write the source");
        let mut rustc = Command::new(toolchain.rustc());
        run_ok(rustc.current_dir(draft).args(["-O", "-Clinker-plugin-lto", "-o", "libkinds.a", "kinds.rs"]));
    });
    folder.join("libkinds.a")
}
