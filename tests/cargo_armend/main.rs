//! `cargo armend` with real packages: what Cargo builds is amended where Cargo says that it is, stays amended until it
//! is built again, and links.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{Run, Schema, Scratch, examples, tool};
use serde_json::Value;

/// A workspace: `krun` with its policy in its manifest, `other` with an `armend.toml`, `plain` without, and `tool`, which
/// depends on `krun` as a Rust crate.
fn workspace() -> Scratch {
    let scratch = Scratch::new(env!("CARGO_BIN_EXE_cargo-armend"));
    let members = "members = [\"krun\", \"other\", \"plain\", \"tool\"]";
    let dist = "[profile.dist]\ninherits = \"release\"";
    scratch.write("Cargo.toml", format!("[workspace]\nresolver = \"3\"\n{members}\n\n{dist}\n"));
    let package = |name: &str, rest: &str| {
        let text = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n{rest}\n");
        scratch.write(&format!("{name}/Cargo.toml"), text);
    };
    let library = "[lib]\ncrate-type = [\"staticlib\", \"cdylib\", \"rlib\"]\n";
    package("krun", &format!("{library}\n[package.metadata.armend]\nkeep = [\"krun_*\"]\nkeep-file = \"more.txt\""));
    scratch.write("krun/more.txt", "more_hook\n");
    package("other", "[lib]\ncrate-type = [\"staticlib\"]");
    scratch.write("other/armend.toml", "keep = \"other_*\"\nstrip-debug = true\n");
    package("plain", "[lib]\ncrate-type = [\"staticlib\"]");
    package("tool", "[dependencies]\nkrun = { path = \"../krun\" }");
    let function =
        |name: &str| format!("#[unsafe(no_mangle)]\npub extern \"C\" fn {name}() -> usize {{ vec![7].len() }}\n");
    let krun = ["krun_start", "krun_stop", "more_hook"].map(function).concat();
    for (name, text) in [("krun", krun), ("other", function("other_one")), ("plain", function("plain_one"))] {
        scratch.write(&format!("{name}/src/lib.rs"), text);
    }
    scratch.write("tool/src/main.rs", "fn main() { println!(\"{}\", krun::krun_start()); }\n");
    scratch
}

#[track_caller]
fn cargo(scratch: &Scratch, folder: &str, arguments: &[&str]) -> Run {
    let mut command = scratch.command(&[&["armend"], arguments].concat());
    Run::of(quiet(command.current_dir(scratch.path(folder))))
}

/// Without what the Cargo that runs these tests has set for itself.
fn quiet(command: &mut Command) -> &mut Command {
    for name in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO"] {
        command.env_remove(name);
    }
    command
}

#[track_caller]
fn plain_cargo(scratch: &Scratch, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO"));
    Run::of(quiet(command.current_dir(scratch.folder()).args(arguments))).succeeds();
}

/// The libraries in the report, by name, with what became of each.
#[track_caller]
fn states(run: &Run) -> Vec<(String, String)> {
    let report: Value = serde_json::from_str(run.text()).unwrap_or_else(|error| panic!("no JSON: {error}{run}"));
    Schema::of("cargo-armend").check(&report);
    let libraries = report["libraries"].as_array().expect("a list").iter();
    libraries
        .map(|library| {
            let path = Path::new(library["archive"].as_str().expect("a path")).to_owned();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, library["state"].as_str().expect("a word").to_owned())
        })
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, state)| ((*name).to_owned(), (*state).to_owned())).collect()
}

/// The visible definitions, as LLVM sees them.
fn exports(archive: &Path) -> Vec<String> {
    let run = Run::of(Command::new(tool("llvm-readobj")).args(["--symbols", "--elf-output-style=JSON"]).arg(archive));
    let files: Value = serde_json::from_str(run.succeeds().text()).expect("JSON");
    let mut names = Vec::new();
    for file in files.as_array().expect("a list") {
        for entry in file["Symbols"].as_array().into_iter().flatten() {
            let symbol = &entry["Symbol"];
            let (section, binding) = (&symbol["Section"]["Name"], &symbol["Binding"]["Name"]);
            let hidden = symbol["Other"]["Flags"].as_array().is_some_and(|flags| !flags.is_empty());
            if section != "Undefined" && binding != "Local" && !hidden {
                names.push(symbol["Name"]["Name"].as_str().expect("a name").to_owned());
            }
        }
    }
    names.sort();
    names.dedup();
    names
}

fn inode(path: PathBuf) -> u64 {
    fs::metadata(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).ino()
}

#[test]
fn a_package_is_built_and_amended_as_its_policy_says() {
    let scratch = workspace();
    let before = cargo(&scratch, "krun", &["--format", "json", "check", "--release"]).exits(1);
    assert_eq!(states(&before), pairs(&[("libkrun.a", "not-amended")]));
    let original = scratch.read("target/release/libkrun.a");
    assert!(exports(&scratch.path("target/release/libkrun.a")).len() > 1000, "std is visible before");

    let built = cargo(&scratch, "krun", &["--format", "json", "build", "--release"]).exits(0);
    assert_eq!(states(&built), pairs(&[("libkrun.a", "amended")]));
    assert_eq!(exports(&scratch.path("target/release/libkrun.a")), ["krun_start", "krun_stop", "more_hook"]);
    let amended = scratch.read("target/release/libkrun.a");
    // `armend apply` makes the same of it.
    scratch.write("original/libkrun.a", original);
    let mut apply = Command::new(env!("CARGO_BIN_EXE_armend"));
    apply.current_dir(scratch.path("krun")).args(["apply", "../original/libkrun.a"]);
    Run::of(&mut apply).succeeds();
    assert!(scratch.read("original/libkrun.a") == amended);

    // Neither Cargo nor a second run does anything to it.
    let stands = inode(scratch.path("target/release/libkrun.a"));
    plain_cargo(&scratch, &["build", "--release", "-p", "krun"]);
    let again = cargo(&scratch, "krun", &["--format", "json", "build", "--release"]).exits(0);
    assert_eq!(states(&again), pairs(&[("libkrun.a", "current")]));
    cargo(&scratch, "krun", &["check", "--release"]).exits(0);
    assert_eq!(inode(scratch.path("target/release/libkrun.a")), stands);

    // A change to the sources builds and amends it anew.
    let source = String::from_utf8(scratch.read("krun/src/lib.rs")).expect("UTF-8");
    scratch.write("krun/src/lib.rs", source.replace("krun_stop", "krun_halt"));
    let checked = cargo(&scratch, "krun", &["--format", "json", "check", "--release"]).exits(1);
    assert_eq!(states(&checked), pairs(&[("libkrun.a", "not-amended")]));
    cargo(&scratch, "krun", &["build", "--release"]).exits(0);
    assert_eq!(exports(&scratch.path("target/release/libkrun.a")), ["krun_halt", "krun_start", "more_hook"]);
}

/// The names that became private would not be found again by the next policy: the library is built anew.
#[test]
fn another_policy_starts_from_what_cargo_builds() {
    let scratch = workspace();
    let manifest = String::from_utf8(scratch.read("krun/Cargo.toml")).expect("UTF-8");
    let json = ["--format", "json"];
    for (keep, list, expected) in [
        ("krun_start", "more_hook\n", &["krun_start", "more_hook"]),
        ("krun_stop", "more_hook\n", &["krun_stop", "more_hook"]),
        // The same options, and another list.
        ("krun_stop", "krun_start\n", &["krun_start", "krun_stop"]),
    ] {
        scratch.write("krun/Cargo.toml", manifest.replace("krun_*", keep));
        scratch.write("krun/more.txt", list);
        let checked = cargo(&scratch, "krun", &[&json[..], &["check"]].concat()).exits(1);
        let state = if expected[0] == "krun_start" && list == "more_hook\n" { "not-amended" } else { "outdated" };
        assert_eq!(states(&checked), pairs(&[("libkrun.a", state)]));
        cargo(&scratch, "krun", &["build"]).exits(0);
        assert_eq!(exports(&scratch.path("target/debug/libkrun.a")), *expected);
        cargo(&scratch, "krun", &["check"]).exits(0);
    }
}

#[test]
fn of_a_workspace_those_with_a_policy() {
    let scratch = workspace();
    let built = cargo(&scratch, ".", &["--format", "json", "build", "--workspace"]).exits(0);
    let mut found = states(&built);
    found.sort();
    assert_eq!(found, pairs(&[("libkrun.a", "amended"), ("libother.a", "amended")]));
    assert_eq!(exports(&scratch.path("target/debug/libother.a")), ["other_one"]);
    assert!(exports(&scratch.path("target/debug/libplain.a")).len() > 1000);
    // A Rust dependency's rlib is none of ours: the program links and runs.
    let run = Run::of(&mut Command::new(scratch.path("target/debug/tool"))).succeeds();
    assert_eq!(run.text(), "1\n");
    cargo(&scratch, ".", &["check", "--workspace", "-q"]).exits(0);
    // Cargo's options reach Cargo, wherever it puts things.
    let elsewhere = ["build", "-p", "other", "--profile", "release", "--target-dir", "elsewhere"];
    cargo(&scratch, ".", &[&elsewhere[..], &["--target", "x86_64-unknown-linux-gnu"]].concat()).exits(0);
    let archive = scratch.path("elsewhere/x86_64-unknown-linux-gnu/release/libother.a");
    assert_eq!(exports(&archive), ["other_one"]);
}

#[test]
fn two_amended_libraries_link_into_one_program() {
    let scratch = workspace();
    cargo(&scratch, ".", &["build", "--workspace"]).exits(0);
    let source =
        "unsigned long krun_start(void), other_one(void); int main(void) { return krun_start() + other_one(); }";
    scratch.write("main.c", source);
    let mut link = Command::new(tool("gcc"));
    link.current_dir(scratch.folder()).args(["main.c", "-o", "program"]);
    link.args(["-Wl,--whole-archive", "target/debug/libkrun.a", "target/debug/libother.a", "-Wl,--no-whole-archive"]);
    Run::of(link.args(["-lpthread", "-ldl", "-lm", "-lgcc_s"])).succeeds();
    Run::of(&mut Command::new(scratch.path("program"))).exits(2);
}

#[test]
fn what_cannot_be_done_is_said() {
    let scratch = workspace();
    cargo(&scratch, "plain", &["build"]).refuses(&["policy", "help: ", "package.metadata.armend"]);
    cargo(&scratch, "tool", &["build"]).refuses(&["no static library", "help: ", "crate-type"]);
    cargo(&scratch, "krun", &["build", "--frobnicate"]).refuses(&["--frobnicate", "Cargo ended"]);
    cargo(&scratch, "krun", &["frobnicate"]).refuses(&["frobnicate"]);
    scratch.write("other/armend.toml", "kep = \"other_*\"\n");
    cargo(&scratch, "other", &["build"]).refuses(&["armend.toml: line 1", "\"kep\"", "\"keep\""]);
    scratch.write("other/armend.toml", "keep = \"absent_*\"\n");
    cargo(&scratch, "other", &["check"]).refuses(&["libother.a", "absent_*"]);
    cargo(&scratch, "other", &["build"]).refuses(&["libother.a", "absent_*"]);
    scratch.write("krun/src/lib.rs", "compile_error!(\"no\");");
    cargo(&scratch, "krun", &["build"]).refuses(&["compile_error", "Cargo ended", "nothing was amended"]);
    for words in [&["--help"][..], &["build", "--help"], &["-h"]] {
        let help = cargo(&scratch, "krun", words).succeeds();
        assert!(help.text().contains("cargo armend"), "{help}");
    }
}

/// As a user types them, in one workspace: what a later one checks, an earlier one may have built.
#[test]
fn every_example_of_the_help_runs() {
    let scratch = workspace();
    let programs = [env!("CARGO_BIN_EXE_cargo-armend"), env!("CARGO")].map(|program| Path::new(program).parent());
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let path = programs.into_iter().flatten().map(Path::to_owned).chain(std::env::split_paths(&rest));
    let path = std::env::join_paths(path).expect("a path");
    for words in [&["--help"][..], &["build", "--help"], &["check", "--help"]] {
        let help = cargo(&scratch, "krun", words).succeeds();
        let examples = examples(help.text());
        assert!(examples.len() > 1 && help.text().contains("Exit status:"), "{help}");
        for example in examples {
            let mut shell = Command::new("sh");
            let run = Run::of(quiet(shell.current_dir(scratch.folder()).env("PATH", &path).args(["-c", &example])));
            // A check of what nobody built finds something.
            let code = run.code.expect("an exit status");
            assert!(code == 0 || code == 1 && example.contains(" check "), "{example}: {run}");
        }
    }
}
