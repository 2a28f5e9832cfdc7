//! `apply`: a policy in a file does what the same options do, wherever it stands; what is wrong with it is said with
//! its line.

use armend_test_support::{Scratch, samples};

use crate::{run, scratch, with_lib};

/// Each key as a policy has it, and as options of `isolate`.
const SAME: &[(&str, &[&str])] = &[
    ("keep = \"sx_*\"", &["--keep", "sx_*"]),
    ("keep = [\"sx_run\", \"sx_second\"]", &["--keep", "sx_run", "--keep", "sx_second"]),
    ("keep-file = \"lists/exports.txt\"", &["--keep-file", "lists/exports.txt"]),
    ("keep-from = [\"lists/sx.h\"]", &["--keep-from", "lists/sx.h"]),
    ("keep = \"*\"\nstrip-debug = true", &["--keep", "*", "--strip-debug"]),
    ("keep = \"sx_*\"\nstrip-bitcode = true", &["--keep", "sx_*", "--strip-bitcode"]),
    ("keep = \"sx_*\"\nby = \"hide\"", &["--keep", "sx_*", "--by", "hide"]),
    ("keep = \"sx_*\"\nby = \"weaken\"\nforce = true", &["--keep", "sx_*", "--by", "weaken", "--force"]),
    ("keep = \"sx_*\"\nmerge = true", &["--keep", "sx_*", "--merge"]),
    (
        "keep = \"sx_*\"\nmerge = true\nlinker = \"ld.bfd\"\nby = \"rename\"",
        &["--keep", "sx_*", "--merge", "--linker", "ld.bfd", "--by", "rename"],
    ),
    ("keep = \"sx_*\"\nno-hide = true", &["--keep", "sx_*", "--no-hide"]),
    ("keep = \"sx_*\"\ntag = \"mine\"", &["--keep", "sx_*", "--tag", "mine"]),
    ("keep = \"sx_*\"\nregistries = \"keep\"", &["--keep", "sx_*", "--registries", "keep"]),
    ("keep = \"sx_*\"\nscope = \"rust\"", &["--keep", "sx_*", "--scope", "rust"]),
    ("keep = \"sx_*\"\nglibc = \"2.17\"", &["--keep", "sx_*", "--glibc", "2.17"]),
    ("keep = \"sx_*\"\nweaken-undefined = \"host_*\"", &["--keep", "sx_*", "--weaken-undefined", "host_*"]),
    (
        "keep = \"sx_*\"\nrequire-exports = \"lists/exports.txt\"",
        &["--keep", "sx_*", "--require-exports", "lists/exports.txt"],
    ),
];

/// `lib.a`, which refers to glibc, to a host's function and to a registry, and the files that name exports.
fn with_lists() -> Scratch {
    let scratch = scratch();
    let source = "double pow(double, double); int host_hook(void); extern int __start_set[];\n\
                  __attribute__((used, section(\"set\"))) static int one;\n\
                  int helper(int x) { return pow(x, x) + host_hook() + __start_set[0]; }\n\
                  int sx_run(int x) { return helper(x); }";
    let more = "int helper(int); int sx_second(void) { return helper(2); }";
    let [run, second] = [("run", source), ("second", more)].map(|(name, text)| {
        samples::compile("gcc", &["-g", "-fPIC"], scratch.folder(), &format!("{name}.c"), text);
        scratch.read(&format!("{name}.o"))
    });
    scratch.write("lib.a", samples::archive_of(&[("run.o", &run), ("second.o", &second)]));
    scratch.write("lists/exports.txt", "sx_run\nsx_second\n");
    scratch.write("lists/sx.h", "int sx_run(int); int sx_second(void);\n");
    scratch
}

#[test]
fn a_policy_in_a_file_does_what_the_options_do() {
    let scratch = with_lists();
    // What no key changes: else every pair could be the same by doing nothing.
    run(&scratch, &["isolate", "lib.a", "--keep", "sx_*", "-o", "plain.a"]).succeeds();
    let mut distinct = 0;
    for (policy, options) in SAME {
        run(&scratch, &[&["isolate", "lib.a", "-o", "by-options.a"], *options].concat()).succeeds();
        let expected = scratch.read("by-options.a");
        distinct += usize::from(expected != scratch.read("plain.a"));
        scratch.write("armend.toml", policy);
        scratch.write("crate/Cargo.toml", in_manifest(policy).replace("lists/", "../lists/"));
        for config in [&[][..], &["--config", "armend.toml"], &["--config", "crate/Cargo.toml"]] {
            run(&scratch, &[&["apply", "lib.a", "-o", "by-policy.a"], config].concat()).succeeds();
            assert!(scratch.read("by-policy.a") == expected, "{policy} by {config:?} is not {options:?}");
        }
    }
    // Lists, bitcode that is not there, the scope's default and what is required leave the bytes alone.
    assert!(distinct >= 9, "{distinct} of the policies did something of their own");
}

/// A `Cargo.toml` with `policy` in it.
fn in_manifest(policy: &str) -> String {
    format!("[package]\nname = \"sx\"\nversion = \"1.0.0\"\n\n[package.metadata.armend]\n{policy}\n")
}

#[test]
fn every_key_is_an_option_and_is_tried_above() {
    let help = run(&scratch(), &["isolate", "--help"]).succeeds();
    for key in armend::policy_file::KEYS {
        assert!(help.text().contains(&format!("--{key}")), "isolate has no --{key}{help}");
        let tried = SAME.iter().any(|(policy, _)| policy.lines().any(|line| line.starts_with(&format!("{key} ="))));
        assert!(tried, "no policy here has {key}");
    }
}

#[test]
fn every_option_of_isolate_is_a_key() {
    let help = run(&scratch(), &["isolate", "--help"]).succeeds();
    let (own, _) = help.text().split_once("Options of every verb").expect("the options of every verb stand apart");
    let options = own.lines().filter_map(|line| line.trim_start().split("--").nth(1).filter(|_| line.contains("  --")));
    let options = options.map(|rest| rest.split([' ', '[', '.']).next().unwrap_or_default());
    // Where the result goes is not the policy's matter.
    let not_policy = ["output", "dry-run", "check", "manifest", "manifest-symbols"];
    let missing: Vec<_> =
        options.filter(|name| !not_policy.contains(name) && !armend::policy_file::KEYS.contains(name)).collect();
    assert!(missing.is_empty(), "isolate has {missing:?} and a policy has not");
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let wrong: &[(&str, &[&str])] = &[
        ("kep = \"sx_*\"", &["armend.toml: line 1", "\"kep\"", "nearest key is \"keep\""]),
        ("keep = \"sx_*\"\nstrip_debug = true", &["line 2", "\"strip_debug\"", "nearest key is \"strip-debug\""]),
        ("keep = \"sx_*\"\n[registry]\nx = 1", &["line 2", "\"registry\"", "nearest key is \"registries\""]),
        ("keep = \"sx_*\"\n\nmerge = \"yes\"", &["line 3", "\"merge\"", "true or false", "string"]),
        ("keep = 1", &["line 1", "\"keep\"", "a list of strings", "integer"]),
        ("keep = [\"sx_*\", 1]", &["line 1", "\"keep\"", "a list of strings"]),
        ("glibc = 2.17", &["line 1", "\"glibc\"", "a string", "float"]),
        ("glibc = \"new\"", &["line 1", "\"glibc\"", "no version of glibc"]),
        ("by = \"magic\"", &["line 1", "\"by\"", "\"magic\"", "rename, weaken, hide, localize, auto"]),
        ("linker = \"ld\"", &["line 1", "\"linker\"", "merge = true"]),
        ("keep = [\n\"sx_*\" \"b\"]", &["line 2", "comma"]),
        ("keep = \"a\"\nkeep = \"b\"", &["line 2", "duplicate"]),
    ];
    let scratch = with_lib();
    for (policy, words) in wrong {
        scratch.write("armend.toml", policy);
        let before = scratch.snapshot();
        run(&scratch, &["apply", "lib.a"]).refuses(words);
        assert!(scratch.snapshot() == before, "{policy} wrote something");
    }
}

#[test]
fn the_policy_has_to_be_there_and_to_be_one() {
    let scratch = with_lib();
    run(&scratch, &["apply", "lib.a"]).refuses(&[
        "neither",
        "armend.toml",
        "package.metadata.armend",
        "help: ",
        "keep",
    ]);
    run(&scratch, &["apply", "lib.a", "--config", "nothere.toml"]).refuses(&["nothere.toml"]);
    scratch.write("Cargo.toml", "[package]\nname = \"sx\"\nversion = \"1.0.0\"\n");
    run(&scratch, &["apply", "lib.a"]).refuses(&["neither"]);
    run(&scratch, &["apply", "lib.a", "--config", "Cargo.toml"]).refuses(&["Cargo.toml", "package.metadata.armend"]);
    scratch.write("Cargo.toml", in_manifest("keep = \"sx_*\""));
    run(&scratch, &["apply", "lib.a", "--check"]).exits(1);
    run(&scratch, &["apply", "lib.a", "--dry-run"]).succeeds();
    scratch.write("armend.toml", "keep = \"sx_*\"");
    run(&scratch, &["apply", "lib.a"]).refuses(&["Cargo.toml", "armend.toml", "one"]);
    run(&scratch, &["apply", "lib.a", "--config", "armend.toml"]).succeeds();
    run(&scratch, &["apply", "lib.a", "--config", "armend.toml", "--check"]).exits(0);
}

/// The archives see each other's symbols, as `isolate`'s do.
#[test]
fn several_archives_are_taken_together() {
    let scratch = scratch();
    let user = "int shared(void); int sx_run(void) { return shared(); }";
    samples::compile("gcc", &[], scratch.folder(), "user.c", user);
    samples::compile("gcc", &[], scratch.folder(), "shared.c", "int shared(void) { return 1; }");
    for name in ["user", "shared"] {
        let member = format!("{name}.o");
        scratch.write(&format!("{name}.a"), samples::archive_of(&[(&member, &scratch.read(&member))]));
    }
    scratch.write("armend.toml", "keep = \"sx_*\"");
    run(&scratch, &["isolate", "--keep", "sx_*", "user.a", "shared.a", "-o", "options/"]).succeeds();
    run(&scratch, &["apply", "user.a", "shared.a", "-o", "policy/"]).succeeds();
    for name in ["user.a", "shared.a"] {
        let [options, policy] = ["options", "policy"].map(|folder| scratch.read(&format!("{folder}/{name}")));
        assert!(options == policy && options != scratch.read(name), "{name}");
    }
}
