//! WebAssembly: archives as clang and rustc make them, read by LLVM's tools, linked by wasm-ld, run by node.

mod edits;
mod index;
mod inputs;
mod private;
mod robust;
mod rust;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{Run, Scratch, tool};

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_BIN_EXE_armend"))
}

#[track_caller]
fn run(scratch: &Scratch, arguments: &[&str]) -> Run {
    Run::of(&mut scratch.command(arguments))
}

/// The letters by which `llvm-nm` tells the symbols of an object or archive; of several of one name, all.
#[track_caller]
fn letters(file: &Path) -> BTreeMap<String, String> {
    let listing = Run::of(Command::new(tool("llvm-nm")).arg("--no-demangle").arg(file)).succeeds();
    let mut letters = BTreeMap::<String, String>::new();
    for line in listing.text().lines() {
        if let [.., letter, name] = line.split_whitespace().collect::<Vec<_>>()[..] {
            letters.entry(name.to_owned()).or_default().push_str(letter);
        }
    }
    letters
}

/// What `llvm-readobj` says of each symbol: its flags, by name.
#[track_caller]
fn flags(file: &Path) -> BTreeMap<String, Vec<String>> {
    let listing = Run::of(Command::new(tool("llvm-readobj")).arg("--symbols").arg(file)).succeeds();
    let (mut flags, mut name) = (BTreeMap::<String, Vec<String>>::new(), String::new());
    for line in listing.text().lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("Name: ") {
            name = rest.to_owned();
            flags.entry(name.clone()).or_default();
        } else if let Some((flag, _)) = line.split_once(" (0x").filter(|(flag, _)| !flag.contains(':')) {
            flags.get_mut(&name).expect("a name comes first").push(flag.to_owned());
        }
    }
    flags
}

/// Links a module that exports `exports`.
fn link(module: &Path, exports: &[&str], options: &[&str], inputs: &[&Path]) -> Run {
    let mut linker = Command::new(tool("wasm-ld"));
    linker.args(["--no-entry", "--fatal-warnings"]).args(options);
    linker.args(exports.iter().map(|name| format!("--export={name}")));
    Run::of(linker.args(inputs).arg("-o").arg(module))
}

/// Instantiates a module under node and prints what `script` does with its exports, `e`; `notes` is what it told the
/// host.
#[track_caller]
fn printed(module: &Path, script: &str) -> String {
    let program = format!(
        "const notes = [];
        const bytes = require('fs').readFileSync(process.argv[1]);
        const imports = {{ env: {{ host_note: side => notes.push(side) }}, host: {{ offset: () => 7 }} }};
        const e = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports;
        {script}"
    );
    let run = Run::of(Command::new(tool("node")).args(["--eval", &program]).arg(module)).succeeds();
    run.text().trim_end().to_owned()
}

/// Isolates an archive into another beside it.
#[track_caller]
fn isolated(scratch: &Scratch, archive: &Path, options: &[&str]) -> PathBuf {
    let stem = archive.file_stem().expect("a name").to_str().expect("a plain one");
    let output = scratch.path(&format!("{stem}-private.a"));
    let paths = [archive, &output].map(|path| path.to_str().expect("a plain path"));
    let tag = stem.trim_start_matches("lib");
    run(scratch, &[&["isolate", paths[0], "-o", paths[1], "--tag", tag], options].concat()).succeeds();
    run(scratch, &["index", paths[1], "--check"]).exits(0);
    output
}
