//! The release workflow: its `run:` steps, taken from the file, in order and as the runner runs them.
//!
//! Of GitHub there is `gh`, which a script stands for: releases are files in a folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use armend_test_support::{Run, tool};
use serde_json::Value;

use crate::project::{Armend, Project};

const GH: &str = r#"#!/bin/bash
set -euo pipefail
case "$1 $2" in
    "release download") cp ../releases/$4 "$6"/ ;;
    "release create") cp "${@:4}" ../releases/ ;;
    *) exit 1 ;;
esac
"#;

/// The names and scripts of the steps that have one.
fn steps(project: &Project) -> Vec<(String, String)> {
    let program = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin.read()), sys.stdout, default=str)";
    let text = fs::read(project.path(".github/workflows/release.yml")).expect("the workflow");
    let mut python = project.command(Armend::Real, tool("python3"));
    let run = Run::with_input(python.args(["-c", program]), &text).succeeds();
    let workflow: Value = serde_json::from_str(run.text()).expect("JSON");
    let steps = workflow["jobs"]["archive"]["steps"].as_array().expect("steps").iter();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let steps: Vec<_> = steps.filter_map(|step| Some((text(&step["name"])?, text(&step["run"])?))).collect();
    assert!(steps.len() >= 6, "{workflow:#}");
    steps
}

/// Runs the steps until one fails: that one, or the last one.
fn release(project: &Project, tag: &str) -> (String, Run) {
    let mut done = None;
    for (name, script) in steps(project) {
        // What the runner does with a script where no shell is named.
        let mut bash = project.command(Armend::Real, "bash");
        bash.args(["-e", "-c", &script]).env("GITHUB_REF_NAME", tag).env("CI", "true");
        let run = Run::of(&mut bash);
        let failed = run.code != Some(0);
        done = Some((name, run));
        if failed {
            break;
        }
    }
    done.expect("a step")
}

/// A checkout in which 1.0 has been released.
fn released() -> Project {
    let project = Project::bare("github");
    let gh = project.path("../real/gh");
    fs::write(&gh, GH).expect("write a script");
    fs::set_permissions(&gh, fs::Permissions::from_mode(0o755)).expect("make it a program");
    fs::create_dir(project.path("../releases")).expect("a folder");
    // The first release has none before it.
    for command in [
        "cargo build --release --locked",
        "cd ../releases; armend isolate ../project/target/release/libdemo.a --keep 'demo_*' -o libdemo.a --manifest libdemo.json",
    ] {
        Run::of(project.command(Armend::Real, "bash").args(["-e", "-c", command])).succeeds();
    }
    project
}

fn edit(project: &Project, file: &str, old: &str, new: &str) {
    let path = project.path(file);
    let text = fs::read_to_string(&path).expect("a file");
    assert!(text.contains(old), "{file} has no {old:?}");
    fs::write(path, text.replace(old, new)).expect("write a file");
}

#[test]
fn a_release_with_the_same_exports_goes_out() {
    let project = released();
    let before = fs::read(project.path("../releases/libdemo.a")).expect("a release");
    edit(&project, "src/lib.rs", "u32::from(digit - b'0')", "u32::from(digit) - 48");
    let (step, run) = release(&project, "v1.1");
    assert_eq!(step, "Release");
    run.succeeds();
    assert_ne!(fs::read(project.path("../releases/libdemo.a")).expect("a release"), before);
}

#[test]
fn a_lost_export_stops_it() {
    let project = released();
    edit(&project, "src/lib.rs", "#[no_mangle]\npub extern \"C\" fn demo_sum", "pub extern \"C\" fn demo_sum");
    let (step, run) = release(&project, "v1.1");
    assert_eq!(step, "The exports are those of the list");
    assert!(run.exits(1).text().contains("demo_sum"));
    // Nor does it help to take it from the list.
    edit(&project, "exports.txt", "demo_sum\n", "");
    let (step, run) = release(&project, "v1.1");
    assert_eq!(step, "The last release's exports are still there");
    assert!(run.exits(1).text().contains("demo_sum"));
}

/// What is compared with has to be what was released.
#[test]
fn an_altered_release_stops_it() {
    let project = released();
    let altered = project.path("../releases/libdemo.a");
    fs::copy(project.path("target/release/libdemo.a"), altered).expect("replace the release");
    let (step, run) = release(&project, "v1.1");
    assert_eq!(step, "The last release's exports are still there");
    assert!(run.exits(1).text().contains("sha256"));
}

#[test]
fn an_export_that_nobody_listed_stops_it() {
    let project = released();
    edit(&project, "src/lib.rs", "/// The digits", "#[no_mangle]\npub static demo_debug: u8 = 1;\n/// The digits");
    let (step, run) = release(&project, "v1.1");
    assert_eq!(step, "The exports are those of the list");
    assert_eq!(run.code, Some(1), "{run}");
    // Listed, it goes out.
    edit(&project, "exports.txt", "demo_sum\n", "demo_sum\ndemo_debug\n");
    let (step, run) = release(&project, "v1.1");
    assert_eq!(step, "Release", "{run}");
    run.succeeds();
}
