//! What becomes local: the symbols, their order and all that refers to them are as `llvm-objcopy` leaves them, told
//! name by name what the plan says.

use std::fs;
use std::path::Path;
use std::process::Command;

use armend_test_support::{Run, members, samples, tool};
use serde_json::Value;

use crate::index;
use crate::with_goblin::Object;

/// Of each class, byte order and form of relocations, with groups and without.
const SAMPLES: [&str; 15] = [
    "c-gcc",
    "c-clang-crel",
    "i386-gcc",
    "x32-gcc",
    "x32",
    "aarch64",
    "arm",
    "riscv64",
    "s390x",
    "powerpc64",
    "powerpc",
    "mips",
    "mips64",
    "mips64el",
    "c-gcc-sections",
];

#[test]
fn as_llvm_objcopy_leaves_it() {
    let mut addresses = 0;
    for sample in SAMPLES {
        let before = samples::sample(sample).bytes();
        for by in ["localize", "auto"] {
            println!("{sample}, {by}"); // shown with the failure
            let (after, report) = isolated(&before, &["--keep", "sx_*", "--by", by]);
            let private = report["private"].as_array().expect("a list");
            assert!(private.iter().any(|name| name["local"] == true), "nothing became local: {report}");
            addresses += assert_as_by_llvm(&before, &after, private);
            index::assert_fresh(&after);
        }
    }
    assert!(addresses > 0, "no sample says whose addresses matter");
}

#[test]
fn nothing_to_do_changes_no_byte() {
    for sample in SAMPLES {
        let before = samples::sample(sample).bytes();
        for by in ["rename", "localize", "auto"] {
            let (after, _) = isolated(&before, &["--keep", "*", "--by", by]);
            assert!(after[..] == before[..], "{sample}, {by}");
        }
    }
}

/// The result, and what was done.
fn isolated(before: &[u8], options: &[&str]) -> (Vec<u8>, Value) {
    let folder = tempfile::tempdir().expect("folder");
    let (input, output) = (folder.path().join("in.a"), folder.path().join("out.a"));
    fs::write(&input, before).expect("write the input");
    let mut command = Command::new(env!("CARGO_BIN_EXE_armend"));
    command.args(["isolate", "--format", "json"]).args(options).arg("-o").arg(&output).arg(&input);
    let run = Run::of(&mut command).succeeds();
    (fs::read(&output).expect("read the output"), serde_json::from_str(run.text()).expect("one JSON document"))
}

/// Fails unless it is so. Gives the number of symbols whose addresses are said to matter.
#[track_caller]
fn assert_as_by_llvm(before: &[u8], after: &[u8], private: &[Value]) -> usize {
    let mut addresses = 0;
    let folder = tempfile::tempdir().expect("folder");
    let path = |name: &str| folder.path().join(name);
    let (old, new) = (members::layout(before).members, members::layout(after).members);
    assert_eq!(old.len(), new.len());
    for (old, new) in old.iter().zip(&new) {
        let original = &before[old.data.clone()];
        fs::write(path("original.o"), original).expect("write");
        fs::write(path("ours.o"), &after[new.data.clone()]).expect("write");
        let defined = Object::parse(original).names().defined;
        let mut objcopy = Command::new(tool("llvm-objcopy"));
        for entry in private {
            let name = entry["name"].as_str().expect("a name");
            if entry["local"] == true {
                objcopy.arg(format!("--localize-symbol={name}"));
                continue;
            }
            let to = entry["to"].as_str().expect("a name");
            if to != name {
                objcopy.arg(format!("--redefine-sym={name}={to}"));
            }
            if defined.contains(name) {
                objcopy.arg(format!("--set-symbol-visibility={name}=hidden"));
            }
        }
        Run::of(objcopy.arg(path("original.o")).arg(path("theirs.o"))).succeeds();
        assert_eq!(listing(&path("ours.o")), listing(&path("theirs.o")), "{}", old.name);
        assert_ne!(listing(&path("ours.o")), listing(&path("original.o")), "{}", old.name);
        // LLVM's own gives up this table where symbols move.
        let significant = significant(&path("ours.o"), private);
        assert_eq!(significant, self::significant(&path("original.o"), private), "{}", old.name);
        addresses += significant.len();
    }
    addresses
}

/// What `llvm-readobj` says, without what differs with the layout: places in the string table and in the file.
fn listing(object: &Path) -> String {
    let mut command = Command::new(tool("llvm-readobj"));
    command.args(["--symbols", "--relocations", "--section-groups"]).arg(object);
    let run = Run::of(&mut command).succeeds();
    let lines = run.text().lines().skip_while(|line| !line.starts_with("Relocations"));
    let lines = lines.map(|line| {
        if line.trim().starts_with("Name: ") { line.rsplit_once(" (").unwrap_or((line, "")).0 } else { line }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The names in the table of symbols whose addresses matter, as they were.
fn significant(object: &Path, private: &[Value]) -> Vec<String> {
    let run = Run::of(Command::new(tool("llvm-readobj")).arg("--addrsig").arg(object)).succeeds();
    let names = run.text().lines().filter_map(|line| Some(line.trim().strip_prefix("Sym: ")?.rsplit_once(" (")?.0));
    let before = |name: &str| {
        let entry = private.iter().find(|entry| entry["to"] == name).map(|entry| &entry["name"]);
        entry.and_then(Value::as_str).unwrap_or(name).to_owned()
    };
    names.map(before).collect()
}
