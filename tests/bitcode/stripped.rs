//! What stripping leaves is what LLVM's `objcopy` leaves, and takes no more room.

use std::process::Command;

use armend_test_support::{Run, Scratch, Toolchain, members, samples, std_staticlib, tool};

use crate::content::{assert_same_content, sections_called};
use crate::{archives, compile_c, compile_cxx, run, scratch};

/// What LTO's bytecode is in, of either compiler.
const LTO: &[&str] = &[".gnu.lto_*", ".gnu.debuglto_*", ".llvm.lto", ".llvmbc", ".llvmcmd"];

/// Strips `archive` and nothing else, in place, and gives the report.
#[track_caller]
fn strip(scratch: &Scratch, options: &[&str]) -> Run {
    run(scratch, &[&["isolate", "lib.a", "--keep", "*"], options].concat()).succeeds()
}

/// The same by LLVM's `objcopy`.
fn strip_by_llvm(scratch: &Scratch, mut objcopy: Command, options: &[&str]) -> Vec<u8> {
    let mut removed = options
        .iter()
        .flat_map(|option| match option.strip_prefix('.') {
            Some(_) => vec!["--remove-section", option],
            None => vec![*option],
        })
        .collect::<Vec<_>>();
    if options.iter().any(|option| option.contains('*')) {
        removed.push("--wildcard");
    }
    Run::of(objcopy.args(removed).arg(scratch.path("lib.a")).arg(scratch.path("llvm.a"))).succeeds();
    scratch.read("llvm.a")
}

fn llvm_objcopy() -> Command {
    Command::new(tool("llvm-objcopy"))
}

/// The 22 MB of a Rust std: rustc's bitcode is in all of its members.
#[test]
fn a_rust_std_without_bitcode() {
    let scratch = scratch();
    let original = std::fs::read(std_staticlib()).expect("the archive");
    assert!(original.len() > 20_000_000, "{} bytes", original.len());
    let embedded = sections_called(&original, &[".llvmbc", ".llvmcmd"]);
    assert!(embedded.0 > 500 && embedded.1 > 5_000_000, "{embedded:?}");
    scratch.write("lib.a", &original);
    let expected = strip_by_llvm(&scratch, Toolchain::Stable.rust_objcopy(), &[".llvmbc", ".llvmcmd"]);
    let report = strip(&scratch, &["--strip-bitcode", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).expect("JSON");
    let stripped = serde_json::json!([{ "what": "bitcode", "sections": embedded.0, "bytes": embedded.1 }]);
    assert_eq!(report["stripped"], stripped);
    assert_eq!(report["private"], serde_json::json!([]));
    let ours = scratch.read("lib.a");
    assert_eq!(sections_called(&ours, &[".llvmbc", ".llvmcmd"]), (0, 0));
    assert_same_content(&ours, &expected);
    assert!(ours.len() <= expected.len(), "{} bytes, rust-objcopy's {}", ours.len(), expected.len());
    strip(&scratch, &["--strip-bitcode", "--check"]);
    // objcopy's flag does the same.
    scratch.write("whole.a", &original);
    run(&scratch, &["objcopy", "-R", ".llvmbc", "--remove-section=.llvmcmd", "whole.a", "removed.a"]).succeeds();
    assert!(scratch.read("removed.a") == ours, "not what --strip-bitcode leaves");

    let expected = strip_by_llvm(&scratch, Toolchain::Stable.rust_objcopy(), &["--strip-debug"]);
    strip(&scratch, &["--strip-bitcode", "--strip-debug"]);
    let ours = scratch.read("lib.a");
    assert_same_content(&ours, &expected);
    assert!(ours.len() <= expected.len(), "{} bytes, rust-objcopy's {}", ours.len(), expected.len());
}

/// Debug information of every machine and form: C and C++, 32 bits and 64, either byte order.
#[test]
fn no_debug_information_on_any_machine() {
    let scratch = scratch();
    for sample in samples::ELF {
        println!("{}", sample.name);
        let original = sample.bytes();
        scratch.write("lib.a", &original);
        let expected = strip_by_llvm(&scratch, llvm_objcopy(), &["--strip-debug"]);
        strip(&scratch, &["--strip-debug"]);
        let ours = scratch.read("lib.a");
        assert_same_content(&ours, &expected);
        assert!(ours.len() <= expected.len(), "{} bytes, llvm-objcopy's {}", ours.len(), expected.len());
        assert_eq!(sections_called(&ours, &[".debug"]), (0, 0));
    }
}

/// Types in COMDAT groups of their own: with its sections, a group goes, and its signature.
#[test]
fn groups_of_debug_information() {
    let scratch = scratch();
    for (compiler, name) in [("g++", "gcc"), ("clang++", "clang")] {
        let object = compile_cxx(&scratch, name, compiler, &["-g", "-gdwarf-4", "-fdebug-types-section"]);
        let original = archives(&[object]).0;
        let groups = |archive: &[u8]| sections_called(archive, &[".group"]).0;
        scratch.write("lib.a", &original);
        let expected = strip_by_llvm(&scratch, llvm_objcopy(), &["--strip-debug"]);
        strip(&scratch, &["--strip-debug"]);
        let ours = scratch.read("lib.a");
        assert!(groups(&ours) < groups(&original) && groups(&ours) > 0, "{name}");
        assert_same_content(&ours, &expected);
        assert!(ours.len() <= expected.len(), "{} bytes, llvm-objcopy's {}", ours.len(), expected.len());
    }
}

/// Bytecode of both compilers, beside machine code.
#[test]
fn fat_objects_become_plain() {
    let scratch = scratch();
    for (compiler, flags) in [
        ("gcc", &["-O2", "-g", "-flto", "-ffat-lto-objects", "-DASSEMBLY"][..]),
        ("clang", &["-O2", "-g", "-flto", "-ffat-lto-objects", "-DASSEMBLY"]),
        ("clang", &["-O2", "-flto=thin", "-ffat-lto-objects"]),
        ("clang", &["-O2", "-fembed-bitcode"]),
    ] {
        println!("{compiler} {flags:?}");
        let object = compile_c(&scratch, "fat", compiler, flags);
        let original = archives(&[object]).0;
        scratch.write("lib.a", &original);
        let (sections, bytes) = sections_called(&original, &[".gnu.lto_", ".gnu.debuglto_", ".llvm"]);
        let addrsig = sections_called(&original, &[".llvm_addrsig"]);
        let expected = strip_by_llvm(&scratch, llvm_objcopy(), LTO);
        let report = strip(&scratch, &["--strip-bitcode"]);
        let counted = format!("bitcode: {} section", sections - addrsig.0);
        assert!(report.text().contains(&counted), "{counted}: {report}");
        assert!(report.text().contains(&format!(", {} bytes\n", bytes - addrsig.1)), "{report}");
        let ours = scratch.read("lib.a");
        assert_same_content(&ours, &expected);
        // Names that were tails of what is gone are not looked for in others: a few bytes.
        assert!(ours.len() <= expected.len() + 32, "{} bytes, llvm-objcopy's {}", ours.len(), expected.len());
        // Without its bytecode, there is nothing against names of its own.
        let private = run(&scratch, &["isolate", "lib.a", "--keep", "sx_*"]).succeeds();
        assert!(private.text().contains("private   "), "{private}");
    }
}

/// What is loaded is part of the program, whatever its name: code may refer to it, and then LLVM's tool fails.
#[test]
fn loaded_sections_stay() {
    const TEXT: &str = "
        .section .debug_gdb_scripts,\"aMS\",@progbits,1
        scripts: .asciz \"\\1gdb_load.py\"
        .section .debug_str,\"MS\",@progbits,1
        .asciz \"text\"
        .text
        .globl sx_run
        sx_run: lea scripts(%rip), %rax
        ret\n";
    let scratch = scratch();
    let object = samples::compile("gcc", &[], scratch.folder(), "scripts.s", TEXT);
    scratch.write("lib.a", archives(&[object]).0);
    let mut llvm = llvm_objcopy();
    Run::of(llvm.arg("--strip-debug").arg(scratch.path("lib.a")).arg(scratch.path("llvm.a"))).exits(1);
    strip(&scratch, &["--strip-debug"]);
    let after = scratch.read("lib.a");
    assert_eq!(sections_called(&after, &[".debug_gdb_scripts"]).0, 1);
    assert_eq!(sections_called(&after, &[".debug_str"]).0, 0);
}

/// A shared object in an archive is data: its debug information is not ours to take.
#[test]
fn a_shared_object_stays() {
    let scratch = scratch();
    let object = compile_c(&scratch, "kinds", "gcc", &["-g", "-fPIC"]);
    let mut link = Command::new(tool("gcc"));
    Run::of(link.current_dir(scratch.folder()).args(["-shared", "-o", "kinds.so", "kinds.o"])).succeeds();
    scratch.write("lib.a", archives(&[object, scratch.path("kinds.so")]).0);
    strip(&scratch, &["--strip-debug"]);
    let after = scratch.read("lib.a");
    let layout = members::layout(&after);
    assert!(after[layout.members[1].data.clone()] == scratch.read("kinds.so"));
    assert!(layout.members[0].data.len() < scratch.read("kinds.o").len());
}
