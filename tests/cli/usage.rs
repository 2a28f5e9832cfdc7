//! Wrong usage: exit code 2, an `error:` that names what is wrong, and nothing written. As a table.

use std::process::Command;

use armend_test_support::{Run, samples, tool};

use crate::{isolate, isolated, run, with_lib};

/// The arguments, and the words that the message must have.
const WRONG: &[(&[&str], &[&str])] = &[
    (&["isolate"], &[]),
    (&["isolat", "lib.a"], &["isolat"]),
    (&["isolate", "--frobnicate", "lib.a"], &["--frobnicate"]),
    (&["isolate", "lib.a", "--keep"], &["--keep"]),
    (&["isolate", "lib.a", "--scope", "cats"], &["--scope", "cats", "rust"]),
    (&["isolate", "lib.a", "--by", "magic"], &["--by", "magic", "rename"]),
    (&["isolate", "lib.a", "--format", "yaml"], &["--format", "yaml", "json"]),
    (&["isolate", "lib.a", "-j", "many"], &["many"]),
    (&["isolate", "lib.a", "--keep", "re:sx_(run"], &["re:sx_(run"]),
    (&["isolate", "lib.a", "--keep", "sx_[run"], &["sx_[run"]),
    (&["isolate", "lib.a", "--tag", ""], &["tag"]),
    (&["isolate", "lib.a", "--tag", "with space"], &["tag"]),
    (&["isolate", "lib.a", "--tag", "at@sign"], &["tag"]),
    (&["isolate", "lib.a", "--tag", "1"], &["tag", "digit"]),
    // What would be ignored.
    (&["isolate", "lib.a", "--keep", "sx_*", "--by", "weaken", "--tag", "t"], &["tag", "rename"]),
    (&["isolate", "lib.a", "--keep", "sx_*", "--by", "hide", "--no-hide"], &["--no-hide", "rename"]),
    (&["isolate", "lib.a", "--keep", "sx_*", "--force"], &["--force", "weaken"]),
    (&["explain", "sx_run", "lib.a", "--by", "hide", "--force"], &["--force", "weaken"]),
    // Nothing is kept: the nearest names are in the message.
    (&["isolate", "lib.a", "--keep", "sx_rum"], &["sx_rum", "sx_run"]),
    (&["isolate", "lib.a", "--keep", "sx_*", "--keep", "sx_secnd"], &["sx_secnd", "sx_second"]),
    (&["isolate", "lib.a", "--keep", "xs_*"], &["xs_*", "sx_"]),
    (&["isolate", "lib.a", "--keep", "re:^zzz"], &["re:^zzz"]),
    (&["isolate", "lib.a", "--keep-file", "nothere.txt"], &["nothere.txt"]),
    (&["isolate", "lib.a", "--keep-from", "nothere.so"], &["nothere.so"]),
    // Files.
    (&["isolate", "nothere.a", "--keep", "sx_*"], &["nothere.a"]),
    (&["isolate", ".", "--keep", "sx_*"], &["."]),
    (&["isolate", "lib.a", "--keep", "sx_*", "-o", "nowhere/out.a"], &["nowhere"]),
    (&["isolate", "lib.a", "sub/lib.a", "--keep", "sx_*", "-o", "out.a"], &["one output"]),
    (&["isolate", "lib.a", "sub/lib.a", "--keep", "sx_*", "-o", "-"], &["one output"]),
    (&["isolate", "-", "lib.a", "--keep", "sx_*", "-o", "fresh/"], &["-"]),
    // Both would be fresh/lib.a.
    (&["isolate", "lib.a", "sub/lib.a", "--keep", "sx_*", "-o", "fresh/"], &["lib.a"]),
    // The archive and the report cannot share one stream.
    (&["isolate", "lib.a", "--keep", "sx_*", "-o", "-", "--format", "json"], &["json"]),
    (&["@nothere.args"], &["nothere.args"]),
    (&["explain", "sx_run"], &[]),
    (&["index"], &[]),
    (&["index", "nothere.a"], &["nothere.a"]),
];

#[test]
fn wrong_usage_is_refused() {
    let scratch = with_lib();
    scratch.write("sub/lib.a", samples::sample("c-clang").bytes());
    let mut failures = Vec::new();
    for (arguments, words) in WRONG {
        let before = scratch.snapshot();
        let outcome = std::panic::catch_unwind(|| {
            run(&scratch, arguments).refuses(words);
            assert!(scratch.snapshot() == before, "{arguments:?} wrote something");
        });
        if outcome.is_err() {
            failures.push(arguments);
        }
    }
    assert!(failures.is_empty(), "not refused as they should be (see above): {failures:#?}");
}

#[test]
fn a_keep_that_matches_nothing_offers_help() {
    let scratch = with_lib();
    let run = run(&scratch, &["isolate", "lib.a", "--keep", "sx_rum"]).refuses(&["sx_run"]);
    assert!(run.stderr.contains("help: "), "{run}");
}

#[test]
fn response_files() {
    let scratch = with_lib();
    let expected = isolated(&scratch);
    scratch.write("args", "isolate\nlib.a\n--keep\nsx_*\n-o\nall.a\n");
    scratch.write("keeps", "--keep\nsx_run\n--keep\nsx_second\n");
    run(&scratch, &["@args"]).succeeds();
    run(&scratch, &["isolate", "lib.a", "-o", "some.a", "@keeps"]).succeeds();
    assert!(scratch.read("all.a") == expected && scratch.read("some.a") == expected);
}

#[test]
fn names_lists_keep_what_patterns_keep() {
    let scratch = with_lib();
    let expected = isolated(&scratch);
    scratch.write("plain.txt", "# the exports\nsx_run\n\nsx_second # the other\n");
    scratch.write("script.map", "VERS_1 {\n  global: sx_*;\n  local: *;\n};\n");
    for list in ["plain.txt", "script.map"] {
        run(&scratch, &["isolate", "lib.a", "-o", "out.a", "--keep-file", list]).succeeds();
        assert!(scratch.read("out.a") == expected, "--keep-file {list}");
    }
    scratch.write("reference.c", "int sx_run(int x) { return x; } int sx_second(void) { return 2; }");
    let mut link = Command::new(tool("gcc"));
    Run::of(link.current_dir(scratch.folder()).args(["-shared", "-fPIC", "-o", "reference.so", "reference.c"]))
        .succeeds();
    run(&scratch, &["isolate", "lib.a", "-o", "out.a", "--keep-from", "reference.so"]).succeeds();
    assert!(scratch.read("out.a") == expected, "--keep-from reference.so");
    isolate(&scratch, &["--keep-file", "plain.txt", "lib.a", "-o", "out.a"]).succeeds();
    assert!(scratch.read("out.a") == expected, "a list and a pattern");
}

#[test]
fn the_same_name_twice() {
    let scratch = with_lib();
    let expected = isolated(&scratch);
    scratch.write("list.txt", "sx_run\nsx_second\nsx_run\n");
    for words in [&["--keep", "sx_*", "--keep", "sx_*"][..], &["--keep-file", "list.txt", "--keep", "sx_second"]] {
        run(&scratch, &[&["isolate", "lib.a", "-o", "out.a"], words].concat()).succeeds();
        assert!(scratch.read("out.a") == expected, "{words:?}");
    }
}

/// With `--tag t`, `taken` would become a name that is there.
#[test]
fn a_tag_that_makes_a_name_twice_is_refused() {
    let scratch = with_lib();
    let source = "int taken_t(void) __asm__(\"taken.t\"); int taken_t(void) { return 1; }\n\
                  int taken(void) { return 2; } int sx_run(void) { return taken() + taken_t(); }";
    samples::compile("gcc", &[], scratch.folder(), "taken.c", source);
    scratch.write("lib.a", samples::archive_of(&[("taken.o", &scratch.read("taken.o"))]));
    isolate(&scratch, &["lib.a", "--tag", "t"]).refuses(&["lib.a", "taken.t"]);
    isolate(&scratch, &["lib.a", "--tag", "u"]).succeeds();
}

/// With `--tag v2`, two registries would become one.
#[test]
fn a_tag_that_joins_two_registries_is_refused() {
    let scratch = with_lib();
    let source = "extern int __start_set[], __stop_set[], __start_set_v2[], __stop_set_v2[];\n\
                  __attribute__((used, section(\"set\"))) static int one;\n\
                  __attribute__((used, section(\"set_v2\"))) static int two;\n\
                  int sx_run(void) { return __stop_set - __start_set; }\n\
                  int sx_second(void) { return __stop_set_v2 - __start_set_v2; }";
    samples::compile("gcc", &[], scratch.folder(), "sets.c", source);
    scratch.write("lib.a", samples::archive_of(&[("sets.o", &scratch.read("sets.o"))]));
    isolate(&scratch, &["lib.a", "--tag", "v2"]).refuses(&["lib.a", "set would become set_v2"]);
    isolate(&scratch, &["lib.a", "--tag", "v3"]).succeeds();
    isolate(&scratch, &["lib.a", "--tag", "v3", "--check"]).exits(0);
}

#[test]
fn help_and_version_are_on_standard_output() {
    let scratch = with_lib();
    for (words, says) in [
        (&["--help"][..], "isolate"),
        (&["-h"], "isolate"),
        (&["isolate", "--help"], "--keep"),
        (&["--version"], "armend"),
    ] {
        let run = run(&scratch, words).succeeds();
        assert!(run.text().contains(says), "{run}");
    }
    let short = run(&scratch, &["isolate", "-h"]).succeeds();
    let lines = short.text().lines().count();
    assert!(lines <= 60, "-h is one screen, not {lines} lines");
}
