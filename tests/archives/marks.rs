//! Symbols by which disassemblers and linkers know code from data: llvm-ar leaves them out of an index even where they
//! are global, each machine's by name.

use std::process::Command;

use armend_test_support::{Run, Scratch, members, samples, tool};

use crate::{GNU, files, run, scratch, without_index};

const NAMES: [&str; 9] = ["$a", "$d", "$d.one", "$t.two", "$x", "$xrv64i", ".L0 ", ".L0 two", "plain"];

/// C-SKY's number in `e_machine`, which is at this offset in objects of either class. No compiler here knows it.
const EM_CSKY: (usize, u16) = (18, 252);

/// What indexes of one object that defines all of the names list: armend's and, the same, llvm-ar's.
#[track_caller]
fn indexed(scratch: &Scratch, object: &[u8]) -> Vec<String> {
    let whole = GNU.make(&scratch.path("lib.a"), &files(scratch, &[("marks.o", object)]));
    scratch.write("lib.a", without_index(&whole));
    run(scratch, &["index", "lib.a"]).succeeds();
    assert!(scratch.read("lib.a") == whole, "not the index that llvm-ar writes");
    members::index_entries(&whole).expect("an index").into_iter().map(|(_, name)| name).collect()
}

fn object(scratch: &Scratch, target: &str) -> Vec<u8> {
    // Assemblers keep what begins with `.L` local.
    let assembled = NAMES.map(|name| name.replace(".L", "L"));
    let text: String = assembled.iter().map(|name| format!(".globl \"{name}\"\n\"{name}\": .long 0\n")).collect();
    let flags = [&format!("--target={target}")[..]];
    let object = samples::compile("clang", &flags, scratch.folder(), "marks.s", &format!(".data\n{text}"));
    let mut objcopy = Command::new(tool("llvm-objcopy"));
    assembled.iter().zip(NAMES).for_each(|(old, new)| _ = objcopy.arg(format!("--redefine-sym={old}={new}")));
    Run::of(objcopy.arg(&object)).succeeds();
    std::fs::read(object).expect("read the object")
}

#[test]
fn marks_are_not_indexed() {
    let scratch = scratch();
    for (target, left_out) in [
        ("x86_64-linux-gnu", &[][..]),
        ("mips64el-linux-gnuabi64", &[]),
        ("arm-linux-gnueabihf", &["$a", "$d", "$d.one", "$t.two"]),
        ("aarch64-linux-gnu", &["$d", "$d.one", "$x", "$xrv64i"]),
        ("riscv64-linux-gnu", &["$d", "$d.one", "$x", "$xrv64i", ".L0 "]),
        ("riscv32-linux-gnu", &["$d", "$d.one", "$x", "$xrv64i", ".L0 "]),
    ] {
        println!("{target}"); // shown with the failure
        let expected: Vec<_> = NAMES.iter().copied().filter(|name| !left_out.contains(name)).collect();
        assert_eq!(indexed(&scratch, &object(&scratch, target)), expected);
    }
    let mut csky = object(&scratch, "arm-linux-gnueabihf");
    csky[EM_CSKY.0..][..2].copy_from_slice(&EM_CSKY.1.to_le_bytes());
    assert_eq!(indexed(&scratch, &csky), ["$a", "$x", "$xrv64i", ".L0 ", ".L0 two", "plain"]);
}
