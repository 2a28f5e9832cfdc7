//! Help, manual pages and completions: a screen, an explanation with examples that run, pages that groff sets without a
//! warning, scripts that bash takes and that complete.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use armend_test_support::{Run, Scratch, examples, samples, tool};

use crate::{run, scratch};

/// The verbs that `armend --help` lists.
fn verbs() -> Vec<String> {
    let help = run(&scratch(), &["--help"]).succeeds();
    let (_, list) = help.text().split_once("Commands:\n").expect("a list of verbs");
    let verbs = list.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next());
    verbs.filter(|verb| *verb != "help").map(str::to_owned).collect()
}

#[test]
fn short_help_is_a_screen_and_long_help_explains() {
    let scratch = scratch();
    for verb in verbs() {
        let (short, long) = (run(&scratch, &[&verb, "-h"]).succeeds(), run(&scratch, &[&verb, "--help"]).succeeds());
        let lines = short.text().lines().count();
        // objcopy's is objcopy's.
        assert!(lines <= 50 || verb == "objcopy", "{verb} -h is no screen: {lines} lines");
        assert!(long.text().contains("Example") && long.text().contains("Exit status:"), "{long}");
        assert!(!short.text().contains("Example") || verb == "objcopy", "{short}");
    }
    let top = run(&scratch, &["-h"]).succeeds();
    assert!(top.text().lines().count() <= 40, "{top}");
}

/// Writes the files that examples name, as they are before one runs.
fn write_inputs(scratch: &Scratch) {
    static MADE: OnceLock<Vec<(PathBuf, Vec<u8>)>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let folder = crate::scratch();
        make_inputs(&folder);
        let relative = |path: PathBuf| path.strip_prefix(folder.folder()).expect("below").to_owned();
        folder.snapshot().into_iter().map(|(path, bytes)| (relative(path), bytes)).collect()
    });
    for (name, bytes) in made {
        scratch.write(name.to_str().expect("UTF-8"), bytes);
    }
    fs::create_dir_all(scratch.path("out")).expect("make a folder");
}

fn make_inputs(scratch: &Scratch) {
    let library = |prefix: &str| {
        let source = format!(
            "void *dlsym(void *, const char *); int host_hook(void);\n\
             int helper(int x) {{ return (dlsym(0, \"x\") != 0) + host_hook() + x; }}\n\
             int {prefix}_start(int x) {{ return helper(x); }} int {prefix}_stop(void) {{ return 2; }}\n\
             int init(void) {{ return 3; }} void rust_eh_personality(void) {{}}"
        );
        samples::compile("gcc", &["-fPIC", "-g"], scratch.folder(), "library.c", &source);
        samples::archive_of(&[("library.o", &scratch.read("library.o"))])
    };
    let krun = library("krun");
    let library_foo = library("foo");
    for (name, bytes) in [("libkrun.a", &krun), ("liba.a", &krun), ("libb.a", &library_foo), ("libfoo.a", &library_foo)]
    {
        scratch.write(name, bytes);
    }
    for name in ["libplugin.a", "libgo.a", "isolated/libfoo.a"] {
        scratch.write(name, &library_foo);
    }
    scratch.write("libkrun.h", "int krun_start(int); int krun_stop(void);\n");
    scratch.write("foo.h", "int foo_start(int); int foo_stop(void);\n");
    scratch.write("names.txt", "foo_start\n");
    for policy in ["armend.toml", "ci/armend.toml"] {
        scratch.write(policy, "keep = \"krun_*\"\nstrip-bitcode = true\n");
    }
    let hook = "int foo_start(int); int plugin(void) { return foo_start(1); }";
    samples::compile("gcc", &["-fPIC"], scratch.folder(), "plugin.c", hook);
    let mut link = Command::new(tool("gcc"));
    let text = "int host_hook(void) { return 1; }";
    scratch.write("hook.c", text);
    Run::of(link.current_dir(scratch.folder()).args(["-shared", "-fPIC", "hook.c", "-o", "libfoo.so"])).succeeds();
}

/// As a user types it, with this armend in the path.
fn shell(scratch: &Scratch, command: &str) -> Run {
    let programs = Path::new(scratch.program()).parent().expect("a folder").to_owned();
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([programs].into_iter().chain(std::env::split_paths(&rest))).expect("a path");
    Run::of(Command::new("sh").current_dir(scratch.folder()).env("PATH", path).args(["-c", command]))
}

#[test]
fn every_example_runs() {
    let mut ran = 0;
    for verb in verbs().iter().map(String::as_str).chain([""]) {
        let scratch = scratch();
        let arguments = if verb.is_empty() { vec!["--help"] } else { vec![verb, "--help"] };
        let help = run(&scratch, &arguments).succeeds();
        let examples = examples(help.text());
        assert!(!examples.is_empty() && examples.iter().any(|example| example.contains("armend")), "{help}");
        for (at, example) in examples.into_iter().enumerate() {
            // What an earlier one made is there still; of `check`'s, the second is about the result of the first.
            if at == 0 || verb != "check" {
                write_inputs(&scratch);
            }
            let run = shell(&scratch, &example);
            assert!(run.code.is_some_and(|code| code < 2) && !run.stderr.contains("error"), "{verb}: {run}");
            // What finds something says so by its exit status; all the rest succeeds.
            let looks = ["audit", "exports", "undefined", "diff", "--check"].iter().any(|word| example.contains(word));
            assert!(run.code == Some(0) || looks, "{verb}: {run}");
            ran += 1;
        }
    }
    assert!(ran > 30, "{ran} examples");
}

/// What a package ships, made by the one command for it.
fn packaged(scratch: &Scratch) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/make-packaged-files");
    let arguments: [OsString; 2] = [scratch.path("package").into(), scratch.program().into()];
    Run::of(Command::new(script).args(arguments)).succeeds();
}

#[test]
fn every_verb_has_a_page_that_groff_sets() {
    let scratch = scratch();
    packaged(&scratch);
    let verbs = verbs();
    let pages = verbs.iter().map(|verb| format!("armend-{verb}"));
    let pages: Vec<_> = pages.chain(["armend", "cargo-armend"].map(str::to_owned)).collect();
    for page in &pages {
        let file = scratch.path(&format!("package/share/man/man1/{page}.1"));
        let mut groff = Command::new(tool("groff"));
        let set = Run::of(groff.args(["-man", "-Tutf8", "-ww", "-P-c"]).arg(&file)).succeeds();
        assert!(set.stderr.is_empty(), "{set}");
        // Bold is overstruck.
        let text = String::from_utf8(set.stdout.clone()).expect("UTF-8");
        let bare: String = text.chars().enumerate().fold(String::new(), |mut bare, (_, c)| {
            if c == '\u{8}' {
                bare.pop();
            } else {
                bare.push(c);
            }
            bare
        });
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLE", "EXIT STATUS"] {
            assert!(bare.lines().any(|line| line.starts_with(section)), "{page} has no {section}:\n{bare}");
        }
    }
    let listed = fs::read_dir(scratch.path("package/share/man/man1")).expect("pages").count();
    // Those of `cargo armend build` and `check` are besides.
    assert_eq!(listed, pages.len() + 2);
}

#[test]
fn bash_completes_verbs_and_options() {
    let scratch = scratch();
    packaged(&scratch);
    let script = "source package/share/bash-completion/completions/armend\n\
                  complete_words() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMPREPLY=();\n\
                  _armend armend \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"; echo \"${COMPREPLY[*]}\"; }\n\
                  complete_words armend iso\ncomplete_words armend isolate --strip\n\
                  complete_words armend isolate --scope ''\n";
    let run = Run::of(Command::new("bash").current_dir(scratch.folder()).args(["--norc", "-c", script])).succeeds();
    assert_eq!(run.text(), "isolate\n--strip-bitcode --strip-debug\nall rust std\n");
    for (file, says) in [
        ("zsh/site-functions/_armend", "#compdef armend"),
        ("fish/vendor_completions.d/armend.fish", "complete -c armend"),
        ("elvish/lib/armend.elv", "armend"),
        ("powershell/armend.ps1", "armend"),
    ] {
        let text = String::from_utf8(scratch.read(&format!("package/share/{file}"))).expect("UTF-8");
        assert!(text.contains(says) && text.contains("isolate"), "{file}");
    }
}

#[test]
fn a_folder_that_cannot_be_is_refused() {
    let scratch = scratch();
    scratch.write("file", "");
    run(&scratch, &["man", "file/man1"]).refuses(&["file/man1"]);
    run(&scratch, &["completions", "tcsh"]).refuses(&["tcsh", "bash"]);
}
