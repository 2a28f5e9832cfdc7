//! Bitcode and bytecode: what older plugins make of it, and what is left when it is gone.

use std::process::Command;

use armend_test_support::{
    Linker, Lto, Run, Scratch, Toolchain, link_c, llvm_plugin, members, run_program, samples, tool,
};

use crate::{TWO_C, archive, audit, c_library, copied, demo, finds, is_silent, mend, output, says, strings};

const EXPORTS: [&str; 5] = ["js_free", "js_part", "js_sum", "js_text", "js_version"];

/// A class of which machine code has other constructors than bytecode.
const VAGUE: &str = "struct Vague { Vague() {} int value = 1; }; int fx_vague() { return Vague().value; }";

/// How many of the exports GNU nm sees with the old plugin.
fn seen_by_old_nm(scratch: &Scratch) -> usize {
    let plugin = llvm_plugin(14).display().to_string();
    let table = output("nm", scratch, &["--plugin", &plugin, "lib.a"]);
    EXPORTS.iter().filter(|name| table.lines().any(|line| line.ends_with(&format!(" {name}")))).count()
}

fn links_with(linker: Linker, scratch: &Scratch) -> bool {
    let program = scratch.write(
        "main.c",
        "int js_sum(const int *, unsigned long), js_part(int); extern const int js_version;
         int main(void) { int n[] = {3, 3}; return js_sum(n, 2) == js_part(5) && js_version == 7 ? 0 : 1; }",
    );
    let link = link_c(linker, &program, &[&scratch.path("lib.a")], &[], &scratch.path("program"));
    if link.outcome.success() {
        run_program(link.program(), &[]).expect_success();
    }
    link.outcome.success()
}

#[test]
fn exports_that_look_absent() {
    for lto in [Lto::Thin, Lto::Fat] {
        let scratch = copied(&demo(Toolchain::Stable, lto).build());
        assert_eq!(seen_by_old_nm(&scratch), 0, "the plugin reads the bitcode");

        let finding = finds(&scratch, "embedded-bitcode", &[]);
        assert_eq!(strings(&finding["names"]), EXPORTS);
        says(&finding, "what", &["5 of 5 exports"]);
        says(
            &finding,
            "breaks",
            &["GNU nm", "ranlib", "the plugin of an older LLVM", "(LLVM22.", "exports look absent", "GNU ld and gold"],
        );
        assert_eq!(finding["mend"], "armend isolate --strip-bitcode --keep '*' lib.a");
        is_silent(&scratch, "incomplete-index", &[]);

        mend(&scratch, &finding);
        is_silent(&scratch, "embedded-bitcode", &[]);
        assert_eq!(seen_by_old_nm(&scratch), 5);
        assert!(Linker::WITH_GOLD.iter().all(|&linker| links_with(linker, &scratch)));
    }
}

#[test]
fn an_index_that_ranlib_has_emptied() {
    for lto in [Lto::Thin, Lto::Fat] {
        let scratch = copied(&demo(Toolchain::Stable, lto).build());
        Run::of(
            Command::new(tool("ranlib"))
                .current_dir(scratch.folder())
                .arg("--plugin")
                .arg(llvm_plugin(14))
                .arg("lib.a"),
        )
        .succeeds();
        assert!(!links_with(Linker::Bfd, &scratch) && !links_with(Linker::Gold, &scratch));
        assert!(links_with(Linker::RustLld, &scratch) && links_with(Linker::Mold, &scratch));

        let finding = finds(&scratch, "incomplete-index", &[]);
        says(&finding, "what", &["all 5 exports"]);
        says(&finding, "breaks", &["GNU ld and gold", "LLVM plugin older"]);
        assert_eq!(strings(&finding["names"])[..5], EXPORTS);
        assert_eq!(finding["mend"], "armend index lib.a");

        mend(&scratch, &finding);
        is_silent(&scratch, "incomplete-index", &[]);
        assert!(links_with(Linker::Bfd, &scratch) && links_with(Linker::Gold, &scratch));
    }
}

#[test]
fn nothing_but_bitcode() {
    let scratch = c_library("clang", &["-flto"], "");
    let finding = finds(&scratch, "raw-bitcode", &[]);
    says(&finding, "what", &["2 of 2 members", "LLVM19"]);
    assert_eq!(strings(&finding["members"]), ["one.o", "two.o"]);
    is_silent(&c_library("clang", &[], ""), "raw-bitcode", &[]);
    is_silent(&c_library("clang", &["-flto", "-ffat-lto-objects"], ""), "raw-bitcode", &[]);
}

/// GCC's own mend makes machine code, which says the same to a linker that has no plugin.
#[test]
fn nothing_but_gcc_bytecode() {
    let scratch = c_library("gcc", &["-flto", "-O1"], "");
    let finding = finds(&scratch, "gcc-lto-slim", &[]);
    assert_eq!(strings(&finding["members"]), ["one.o", "two.o"]);
    mend(&scratch, &finding);
    archive(&scratch, &[scratch.path("whole.o")]);
    is_silent(&scratch, "gcc-lto-slim", &[]);
    assert!(output("readelf", &scratch, &["-sW", "lib.a"]).lines().any(|line| line.ends_with(" fx_run")));
    is_silent(&c_library("gcc", &["-flto", "-ffat-lto-objects"], ""), "gcc-lto-slim", &[]);
}

/// GCC's `ar` writes an index of what its plugin finds in the bytecode, by which GCC links.
#[test]
fn an_index_by_gcc_is_left_alone() {
    let index = |scratch: &Scratch| {
        let mut gcc_ar = Command::new(tool("gcc-ar"));
        Run::of(gcc_ar.current_dir(scratch.folder()).args(["rcs", "gcc.a", "one.o", "two.o"])).succeeds();
        std::fs::rename(scratch.path("gcc.a"), scratch.path("lib.a")).unwrap();
        members::index_entries(&scratch.read("lib.a")).unwrap()
    };
    let slim = c_library("gcc", &["-flto", "-O1", "-fno-fat-lto-objects"], "");
    assert!(index(&slim).iter().any(|(_, name)| name == "fx_run"));
    let fat = c_library("g++", &["-flto", "-ffat-lto-objects", "-xc++"], VAGUE);
    assert!(index(&fat).iter().any(|(_, name)| name == "_ZN5VagueC1Ev"), "{:?}", index(&fat));
    for scratch in [slim, fat] {
        is_silent(&scratch, "incomplete-index", &[]);
        is_silent(&scratch, "stale-index", &[]);
    }
    // Nor is what it defines called undefined.
    let mixed = c_library("gcc", &["-fPIC"], "");
    let plain = mixed.path("plain.o");
    std::fs::rename(mixed.path("one.o"), &plain).unwrap();
    archive(&mixed, std::slice::from_ref(&plain));
    assert_eq!(strings(&finds(&mixed, "undefined-references", &[])["names"]), ["fx_helper"]);
    let slim = samples::compile("gcc", &["-flto", "-fno-fat-lto-objects"], mixed.folder(), "two.c", TWO_C);
    archive(&mixed, &[plain, slim]);
    is_silent(&mixed, "undefined-references", &[]);
    // None of a member's names: that is not GCC's doing.
    let wrong = c_library("gcc", &["-flto", "-ffat-lto-objects"], "");
    let mut bytes = wrong.read("lib.a");
    let table = members::layout(&bytes).index.unwrap();
    let at = table.start + bytes[table].windows(6).position(|name| name == b"fx_run").unwrap();
    bytes[at..at + 6].copy_from_slice(b"fx_new");
    wrong.write("lib.a", &bytes);
    assert_eq!(strings(&finds(&wrong, "incomplete-index", &[])["names"]), ["fx_run"]);
}

#[test]
fn bytecode_beside_code() {
    for (compiler, lint) in [("gcc", "gcc-lto-fat"), ("clang", "llvm-lto-fat")] {
        let scratch = c_library(compiler, &["-flto", "-ffat-lto-objects", "-O1"], "");
        let finding = finds(&scratch, lint, &[]);
        assert_eq!(strings(&finding["members"]), ["one.o", "two.o"]);
        mend(&scratch, &finding);
        is_silent(&scratch, lint, &[]);
        assert!(output("readelf", &scratch, &["-sW", "lib.a"]).lines().any(|line| line.ends_with(" fx_run")));
    }
    // A library of mangled names keeps them.
    let cxx = c_library("g++", &["-flto", "-ffat-lto-objects", "-xc++"], VAGUE);
    mend(&cxx, &finds(&cxx, "gcc-lto-fat", &[]));
    assert!(output("readelf", &cxx, &["-sW", "lib.a"]).lines().any(|line| line.ends_with(" _Z6fx_runi")));
    let plain = c_library("gcc", &["-O1"], "");
    is_silent(&plain, "gcc-lto-fat", &[]);
    is_silent(&plain, "llvm-lto-fat", &[]);
    is_silent(&plain, "embedded-bitcode", &[]);
    assert_eq!(audit(&plain, &[]).0, 0);
}
