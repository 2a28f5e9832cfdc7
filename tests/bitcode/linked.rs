//! What was fat LTO objects links as plain ones, with every linker, and does what it did.

use armend_test_support::{Linker, link_c, run_program};

use crate::{archives, compile_c, run, scratch};

#[test]
fn stripped_archives_link_and_run() {
    let scratch = scratch();
    let program = scratch.write("program.c", include_str!("inputs/program.c"));
    for (compiler, flags) in [
        ("gcc", &["-O1", "-g", "-fPIC", "-flto", "-ffat-lto-objects"][..]),
        ("clang", &["-O1", "-g", "-fPIC", "-flto", "-ffat-lto-objects"]),
        ("clang", &["-O1", "-fPIC", "-flto=thin", "-ffat-lto-objects"]),
    ] {
        let object = compile_c(&scratch, "fat", compiler, flags);
        let original = scratch.write("original.a", archives(&[object]).0);
        let stripped = scratch.path("lib.a");
        for options in [&["--strip-bitcode"][..], &["--strip-bitcode", "--strip-debug"]] {
            std::fs::copy(&original, &stripped).expect("copy");
            run(&scratch, &[&["isolate", "lib.a", "--keep", "sx_*"], options].concat()).succeeds();
            for linker in Linker::ALL {
                println!("{compiler} {flags:?} {options:?} {}", linker.name());
                // GNU ld would take GCC's bytecode by its plugin: the machine code is what is to be compared.
                let before =
                    link_c(linker, &program, &[&original], &["-fno-use-linker-plugin"], &scratch.path("before"));
                let after = link_c(linker, &program, &[&stripped], &[], &scratch.path("after"));
                let [before, after] =
                    [before, after].map(|link| run_program(link.program(), &[]).expect_success().stdout);
                assert_eq!(before, after);
                assert_eq!(before, "32\n");
            }
        }
    }
}
