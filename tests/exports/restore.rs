//! `exports --restore`: local and hidden exports are global again, and what cannot be is refused.

use std::process::Command;

use armend_test_support::samples::archive_of;
use armend_test_support::{Linker, Lto, Scratch, exported, fixtures, link_c, run_ok, tool};

use crate::archive::{assert_links_and_runs, assert_misses, demo, lame, linker_plugin_lto};
use crate::{exports, run, scratch, states};

/// `lib.a` of C sources, one member each.
fn c_archive(scratch: &Scratch, sources: &[&str], flags: &[&str]) {
    let mut members = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        scratch.write(&format!("m{at}.c"), source);
        let mut gcc = Command::new(tool("gcc"));
        run_ok(gcc.current_dir(scratch.folder()).args(["-fPIC", "-c", &format!("m{at}.c")]).args(flags));
        members.push((format!("m{at}.o"), scratch.read(&format!("m{at}.o"))));
    }
    let members: Vec<_> = members.iter().map(|(name, data)| (name.as_str(), &data[..])).collect();
    scratch.write("lib.a", archive_of(&members));
}

/// What a shared object exports that takes all that the program calls.
fn shared_exports(scratch: &Scratch) -> Vec<String> {
    let shared = scratch.path("shared.so");
    let main = fixtures().join("exports/main.c");
    link_c(Linker::Bfd, &main, &[&scratch.path("lib.a")], &["-shared", "-fPIC"], &shared).program();
    exported(&shared).into_iter().filter(|name| name.starts_with("js_")).collect()
}

#[test]
fn local_and_hidden_exports_link_and_run_again() {
    let scratch = scratch();
    let archive = lame(&scratch);
    for linker in Linker::WITH_GOLD {
        assert_misses(linker, &archive, &scratch, "js_text");
    }
    let before = scratch.read("lib.a");
    let restore = ["exports", "--restore", "lib.a", "--keep", "js_*"];
    run(&scratch, &[&restore[..], &["--check"]].concat()).exits(1);
    run(&scratch, &[&restore[..], &["--dry-run"]].concat()).succeeds();
    run(&scratch, &[&restore[..], &["-o", "other.a"]].concat()).succeeds();
    assert_eq!(scratch.read("lib.a"), before, "nothing of these writes to it");

    let done = run(&scratch, &restore).succeeds();
    for words in ["js_free, which was hidden", "js_text, which was local", "global    3 already"] {
        assert!(done.text().contains(words), "{done}");
    }
    assert_eq!(scratch.read("lib.a"), scratch.read("other.a"));
    let expected = [
        ("js_free", "global"),
        ("js_part", "global"),
        ("js_sum", "global"),
        ("js_text", "global"),
        ("js_version", "weak"),
    ];
    let (code, report) = exports(&scratch, &["lib.a"]);
    assert_eq!((code, states(&report)), (0, expected.to_vec()));
    assert_links_and_runs(&archive, &scratch);
    assert_eq!(shared_exports(&scratch), expected.map(|(name, _)| name));
    // An index of its own, and nothing left to do.
    let index = run_ok(Command::new(tool("llvm-nm")).arg("--print-armap").arg(&archive));
    assert!(index.lines().any(|line| line.starts_with("js_text in ")));
    run(&scratch, &[&restore[..], &["--check"]].concat()).succeeds();
}

/// What hides an export can be another member's reference: linkers take the most constrained of all.
#[test]
fn a_hidden_reference_hides_too() {
    let scratch = scratch();
    c_archive(
        &scratch,
        &[
            "int js_free(void) { return 1; }",
            "__attribute__((visibility(\"hidden\"))) int js_free(void); int js_sum(void) { return js_free(); }",
            "__attribute__((visibility(\"hidden\"))) int js_text(void) { return 2; } int js_version, js_part;",
        ],
        &[],
    );
    assert_eq!(shared_exports(&scratch), ["js_part", "js_sum", "js_version"]);
    let (_, report) = exports(&scratch, &["lib.a", "--keep", "js_free"]);
    let note = report["exports"][0]["notes"].to_string();
    assert!(note.contains("lib.a(m1.o) refers to it as hidden"), "{note}");
    run(&scratch, &["exports", "--restore", "lib.a", "--keep", "js_*"]).succeeds();
    assert_eq!(shared_exports(&scratch), ["js_free", "js_part", "js_sum", "js_text", "js_version"]);
}

#[test]
fn what_cannot_be_restored_is_named_and_nothing_written() {
    let scratch = scratch();
    std::fs::copy(linker_plugin_lto(), scratch.path("lib.a")).expect("copy");
    let untouched = scratch.snapshot();
    let restore = ["exports", "--restore", "lib.a"];
    let all = [&restore[..], &["--keep", "js_sum", "--keep", "js_lost", "--keep", "js_none_*"]].concat();
    let said = ["\"js_sum\": only in bitcode", "\"js_lost\": no definition", "\"js_none_*\": no definition"];
    run(&scratch, &all).refuses(&said);
    run(&scratch, &restore).refuses(&["--keep"]);
    assert_eq!(scratch.snapshot(), untouched);
}

/// What isolate made local or hidden comes back.
#[test]
fn isolate_is_undone() {
    for by in ["localize", "hide"] {
        let scratch = scratch();
        std::fs::copy(demo(Lto::Off), scratch.path("lib.a")).expect("copy");
        run(&scratch, &["isolate", "lib.a", "--by", by, "--keep", "js_sum"]).succeeds();
        let state = if by == "hide" { "hidden" } else { "local" };
        let (_, report) = exports(&scratch, &["lib.a", "--keep", "js_*"]);
        let lost = ["js_free", "js_part", "js_text", "js_version"].map(|name| (name, state));
        assert_eq!(states(&report).into_iter().filter(|(name, _)| *name != "js_sum").collect::<Vec<_>>(), lost);
        run(&scratch, &["exports", "--restore", "lib.a", "--keep", "js_*"]).succeeds();
        assert_links_and_runs(&scratch.path("lib.a"), &scratch);
        assert_eq!(shared_exports(&scratch), ["js_free", "js_part", "js_sum", "js_text", "js_version"]);
    }
}

/// A linker with a plugin goes by the bytecode, whatever the symbol table says.
#[test]
fn members_with_bytecode_are_refused() {
    let scratch = scratch();
    let restore = ["exports", "--restore", "lib.a", "--keep", "js_run"];
    let hidden = "__attribute__((visibility(\"hidden\"))) int js_run(void) { return 1; }";
    c_archive(&scratch, &[hidden], &["-flto", "-ffat-lto-objects"]);
    run(&scratch, &restore).refuses(&["\"js_run\": lib.a(m0.o) has bytecode"]);
    run(&scratch, &["isolate", "lib.a", "--strip-bitcode", "--by", "hide", "--keep", "js_run"]).succeeds();
    run(&scratch, &restore).succeeds();
}

#[test]
fn an_ambiguous_local_is_refused() {
    let scratch = scratch();
    let restore = ["exports", "--restore", "lib.a", "--keep", "js_run"];
    let local = "__attribute__((used)) static int js_run(void) { return 1; }";
    c_archive(&scratch, &[local, local], &[]);
    run(&scratch, &restore).refuses(&["\"js_run\": several definitions", "lib.a(m0.o)", "lib.a(m1.o)"]);
    assert_eq!(states(&exports(&scratch, &["lib.a", "--keep", "js_run"]).1), [("js_run", "local")]);
    let text = run(&scratch, &["exports", "lib.a", "--keep", "js_run"]).succeeds();
    assert!(text.text().contains("several local ones") && !text.text().contains("--restore"), "{text}");

    // A global one elsewhere is the export, and the local one stays what it is.
    c_archive(&scratch, &[local, "int js_run(void) { return 2; }"], &[]);
    assert_eq!(states(&exports(&scratch, &["lib.a", "--keep", "js_run"]).1), [("js_run", "global")]);
    let before = scratch.read("lib.a");
    run(&scratch, &restore).succeeds();
    assert_eq!(scratch.read("lib.a"), before);

    // One alone, and a reference from another member, which finds it again.
    c_archive(&scratch, &[local, "int js_run(void); int js_other(void) { return js_run(); }"], &[]);
    run(&scratch, &restore).succeeds();
    scratch.write("main.c", "int js_other(void); int main(void) { return js_other() - 1; }");
    let link = link_c(Linker::Bfd, &scratch.path("main.c"), &[&scratch.path("lib.a")], &[], &scratch.path("main"));
    run_ok(&mut Command::new(link.program()));
}

#[test]
fn thin_archives_are_refused() {
    let scratch = scratch();
    c_archive(&scratch, &["int js_run(void) { return 1; }"], &[]);
    run_ok(Command::new(tool("llvm-ar")).current_dir(scratch.folder()).args(["qcsT", "thin.a", "m0.o"]));
    run(&scratch, &["exports", "--restore", "thin.a", "--keep", "js_run"]).refuses(&["thin.a", "thin archive"]);
    assert_eq!(exports(&scratch, &["thin.a", "--keep", "js_run"]).0, 0);
}
