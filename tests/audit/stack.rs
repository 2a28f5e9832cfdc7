//! Executable stacks: asked for by a note or by none, and granted by GNU ld.

use std::process::Command;

use armend_test_support::{Linker, Scratch, link_c, run, run_ok, samples, tool};

use crate::{archive, assembled, c_library, finds, is_silent, mend, scratch, strings};

const CODE: &str = ".globl fx_run\nfx_run: xorl %eax,%eax\nret\n";
const NOTE: &str = ".section .note.GNU-stack,\"x\",@progbits\n";

/// Whether the program that GNU ld makes has an executable stack.
fn is_executable(scratch: &Scratch) -> bool {
    let program = scratch.write("main.c", "int fx_run(int); int main(void) { return fx_run(1); }");
    let link = link_c(Linker::Bfd, &program, &[&scratch.path("lib.a")], &[], &scratch.path("program"));
    let segments = run_ok(Command::new(tool("readelf")).arg("-lW").arg(link.program()));
    segments.lines().find(|line| line.contains("GNU_STACK")).expect("a stack segment").contains("RWE")
}

#[test]
fn asked_for() {
    let scratch = assembled(&format!("{CODE}{NOTE}"));
    assert!(is_executable(&scratch));
    let finding = finds(&scratch, "executable-stack", &[]);
    assert_eq!(strings(&finding["members"]), ["one.o"]);
    is_silent(&scratch, "missing-stack-note", &[]);
    mend(&scratch, &finding);
    is_silent(&scratch, "executable-stack", &[]);
    assert!(!is_executable(&scratch));
}

#[test]
fn not_refused() {
    let scratch = assembled(CODE);
    assert!(is_executable(&scratch));
    let finding = finds(&scratch, "missing-stack-note", &[]);
    is_silent(&scratch, "executable-stack", &[]);
    mend(&scratch, &finding);
    is_silent(&scratch, "missing-stack-note", &[]);
    assert!(!is_executable(&scratch));
    is_silent(&c_library("gcc", &[], ""), "missing-stack-note", &[]);
}

/// GNU ld of each machine, and what an object without a note means to it.
#[test]
fn the_machines_on_which_silence_counts() {
    for machine in [
        "i686-linux-gnu",
        "aarch64-linux-gnu",
        "arm-linux-gnueabihf",
        "powerpc64le-linux-gnu",
        "riscv64-linux-gnu",
        "s390x-linux-gnu",
    ] {
        let scratch = scratch();
        let gcc = format!("{machine}-gcc");
        let object = samples::compile(&gcc, &["-fPIC"], scratch.folder(), "one.c", "int fx_run(int x) { return x; }");
        run_ok(Command::new(tool("llvm-objcopy")).args(["-R", ".note.GNU-stack"]).arg(&object));
        archive(&scratch, std::slice::from_ref(&object));
        let library = scratch.path("lib.so");
        let with_note =
            samples::compile(&gcc, &["-fPIC"], scratch.folder(), "two.c", "int fx_two(int x) { return x; }");
        let link =
            run(Command::new(tool(&gcc)).args(["-shared", "-nostdlib", "-o"]).args([&library, &object, &with_note]));
        assert!(link.success(), "{}", link.describe());
        let segments = run_ok(Command::new(tool("readelf")).arg("-lW").arg(&library));
        let stack = segments.lines().find(|line| line.contains("GNU_STACK")).expect("a stack segment");
        match stack.contains("RWE") {
            true => assert_eq!(strings(&finds(&scratch, "missing-stack-note", &[])["members"]), ["one.o"], "{machine}"),
            false => is_silent(&scratch, "missing-stack-note", &[]),
        }
    }
}
