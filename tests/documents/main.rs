//! What the documents promise: that README's example goes as it says with every linker, that docs/json.md names
//! whatever a document holds, and that the guides' commands print what the guides say.

mod console;
mod guides;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{std_staticlib, tool};
use serde_json::Value;

/// What makes rustc call a linker; the first is the one that it calls by itself.
const LINKERS: [(&str, &str); 3] =
    [("", "lld or GNU ld"), ("-Clink-arg=-fuse-ld=bfd", "GNU ld"), ("-Clink-arg=-fuse-ld=mold", "mold")];

/// Builds the example, as `cargo test --test documents` alone does not.
fn example() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["build", "--example", "rescue", "--message-format=json"]);
    let output = cargo.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    artifacts
        .filter(|message| message["target"]["name"] == "rescue")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .expect("Cargo names the program")
}

/// What the example prints, with this linker. It checks every step itself.
fn rescue(example: &Path, flags: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(example);
    let output = command.env("RUSTFLAGS", flags).args(arguments).output().expect("the example runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn the_example_tells_both_its_stories_with_every_linker() {
    tool("mold");
    tool("ld.bfd");
    let example = example();
    for (flags, linker) in LINKERS {
        let refused = rescue(&example, flags, &[]);
        let complaint = refused.contains("duplicate symbol") || refused.contains("multiple definition of");
        assert!(complaint, "{linker}: {refused}");
        assert_eq!(refused.matches("panics its hook saw: 1\n").count(), 2, "{linker}: {refused}");

        let silent = rescue(&example, flags, &["--silent"]);
        let (before, after) = silent.split_once("3. Isolate").expect("a third step");
        assert!(before.contains("the two sides are not apart"), "{linker}: {silent}");
        assert_eq!(before.matches("panics its hook saw: 0\n").count(), 1, "{linker}: {silent}");
        assert_eq!(after.matches("panics its hook saw: 1\n").count(), 2, "{linker}: {silent}");
    }
}

#[test]
fn the_readme_shows_what_the_example_prints() {
    let readme = document("README.md");
    let (_, shown) = readme.split_once("$ cargo run --release --example rescue\n").expect("README opens with it");
    let (shown, _) = shown.split_once("```").expect("a block has an end");
    let printed = rescue(&example(), "", &[]);
    // Versions, sizes, times, tags and addresses differ from machine to machine, as do linkers' words.
    let steps = |text: &str| {
        let number = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
        text.lines().filter(number).map(str::to_owned).collect::<Vec<_>>()
    };
    let said = |text: &str| {
        let of_a_side = |line: &&str| line.starts_with("   host") || line.starts_with("   foreign");
        let lines = text.lines().filter(of_a_side).filter(|line| !line.contains(" 0x"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!((steps(shown), said(shown)), (steps(&printed), said(&printed)));
}

#[test]
fn every_key_of_the_json_documents_is_documented() {
    let archive = std_staticlib();
    let documented = document("docs/json.md");
    let mut found = BTreeSet::new();
    let verbs: [&[&str]; 8] = [
        &["isolate", "--dry-run", "-v", "--keep", "fx_*", "--strip-bitcode"],
        &["explain", "rust_eh_personality"],
        &["exports"],
        &["exports", "--restore", "--dry-run", "--keep", "fx_*", "--keep", "__udivti3"],
        &["index", "--check"],
        &["audit", "--sizes"],
        &["audit", "--list"],
        &["glibc", "--dry-run", "--pin", "2.17"],
    ];
    for arguments in verbs {
        let mut command = Command::new(env!("CARGO_BIN_EXE_armend"));
        command.args(arguments).args(["--format", "json"]);
        if arguments != ["audit", "--list"] {
            command.arg(&archive);
        }
        let output = command.output().expect("armend runs");
        let report = serde_json::from_slice(&output.stdout).expect("one JSON document");
        keys(&report, &mut found);
    }
    let plugin = undefined_plugin();
    let mut command = Command::new(env!("CARGO_BIN_EXE_armend"));
    let output =
        command.args(["undefined", "--stub", "host_hook", "--dry-run", "--format", "json"]).arg(&plugin.1).output();
    keys(&serde_json::from_slice(&output.expect("armend runs").stdout).expect("one JSON document"), &mut found);
    // Of each verb one, so that an empty report does not pass.
    let once =
        ["private", "pulls", "relocations", "unlisted", "already", "was", "mend", "finds", "strip_debug", "also_link"];
    assert!(once.iter().all(|key| found.contains(*key)), "{found:?}");
    let missing = found.iter().filter(|key| !documented.contains(&format!("`{key}`"))).collect::<Vec<_>>();
    assert!(missing.is_empty(), "docs/json.md does not name {missing:?}");
}

/// An archive that refers to what nothing provides, in a folder.
fn undefined_plugin() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let [source, object, archive] = ["plugin.c", "plugin.o", "lib.a"].map(|name| folder.path().join(name));
    fs::write(&source, "int host_hook(int);\nint plug(int a) { return host_hook(a); }\n").expect("write a source");
    let compiled = Command::new(tool("gcc")).args(["-c", "-fPIC", "-o"]).args([&object, &source]).status();
    let archived = Command::new(tool("llvm-ar")).arg("rcs").args([&archive, &object]).status();
    assert!([compiled, archived].into_iter().all(|status| status.expect("it starts").success()));
    (folder, archive)
}

fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                found.insert(key.clone());
                keys(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The list in docs/audit.md is the program's own, each with a link to its page.
#[test]
fn every_lint_is_documented() {
    let documented = document("docs/audit.md");
    let rows: Vec<_> = documented.lines().filter(|line| line.starts_with("| [`")).collect();
    let lint = |lint: &armend::audit::Lint| {
        let (name, severity, finds, format) = (lint.name, lint.severity, lint.finds, lint.format.unwrap_or("all"));
        format!("| [`{name}`](../src/audit/pages/{name}.md) | {severity} | {format} | {finds} |")
    };
    assert_eq!(rows, armend::audit::LINTS.iter().map(lint).collect::<Vec<_>>());
}

/// The table in docs/formats.md is what the formats themselves say, and so are the reasons below it.
#[test]
fn every_refusal_is_documented() {
    use armend::object::FORMATS;
    use armend::object::capabilities::Operation;
    let documented = document("docs/formats.md");
    let lines = |start: &str| documented.lines().filter(|line| line.starts_with(start)).collect::<Vec<_>>();
    let row = |cells: Vec<&str>| format!("| {} |", cells.join(" | "));
    let heads = FORMATS.iter().map(|facts| facts.capabilities.format);
    let mut expected = vec![row([""].into_iter().chain(heads).collect()), "|---".repeat(FORMATS.len() + 1) + "|"];
    expected.extend(Operation::ALL.map(|operation| {
        let serves = |facts: &&armend::object::FormatFacts| facts.capabilities.serves(operation);
        let cells = FORMATS.iter().map(|facts| if serves(facts) { "yes" } else { "no" });
        row([operation.name()].into_iter().chain(cells).collect())
    }));
    assert_eq!(lines("|"), expected, "docs/formats.md should have:\n{}", expected.join("\n"));
    let mut reasons = Vec::new();
    for capabilities in FORMATS.iter().map(|facts| &facts.capabilities) {
        let everything = Operation::ALL.iter().all(|&operation| !capabilities.serves(operation));
        match capabilities.refused {
            [(_, reason), ..] if everything => reasons.push(format!("- **{}**, all: {reason}", capabilities.format)),
            refused => {
                reasons.extend(refused.iter().map(|(operation, reason)| {
                    format!("- **{}**, {}: {reason}", capabilities.format, operation.name())
                }))
            }
        }
    }
    assert_eq!(lines("- **"), reasons, "docs/formats.md should have:\n{}", reasons.join("\n"));
}
