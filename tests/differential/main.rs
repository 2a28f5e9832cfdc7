//! `armend objcopy` beside LLVM's objcopy, of the version that rustc brings: real objects, generated flags, and what
//! `llvm-readobj` says of the two results. What may differ is said in `docs/objcopy.md`, and in `listing`.

mod flags;
mod inputs;
mod listing;

use std::fs;
use std::path::Path;
use std::process::Command;

use armend_test_support::{Run, Scratch, members, rust_objcopy, tool};
use flags::{Arguments, Choice};
use inputs::{INPUTS, Input};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

/// How many sets of flags are tried; each on one input.
const CASES: u32 = 350;

#[test]
fn both_objcopys_say_the_same() {
    // The same cases every time: a difference is to be found by whoever made it, not by whoever comes next.
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let case = (any::<Index>(), flags::choices());
    let outcome = runner.run(&case, |(which, choices)| {
        let input = which.get(&INPUTS);
        compare(input, &choices).map_err(|why| TestCaseError::fail(format!("{}: {why}", input.name)))
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(why, _)) => panic!("{why}"),
        Err(error) => panic!("{error}"),
    }
}

/// Without flags the result is the input, byte for byte.
#[test]
fn no_flags_change_nothing() {
    for input in INPUTS.iter() {
        let scratch = Scratch::new(env!("CARGO_BIN_EXE_armend"));
        scratch.write("in", &input.bytes);
        Run::of(&mut scratch.command(&["objcopy", "in", "out"])).succeeds();
        assert!(scratch.read("out") == *input.bytes, "{}: not the same bytes", input.name);
    }
}

fn compare(input: &Input, choices: &[Choice]) -> Result<(), String> {
    let scratch = Scratch::new(env!("CARGO_BIN_EXE_armend"));
    scratch.write("in", &input.bytes);
    let arguments = Arguments::of(choices, input, &scratch);
    let ours = run(&mut scratch.command(&["objcopy"]), &arguments, "ours");
    let theirs = run(rust_objcopy().current_dir(scratch.folder()), &arguments, "theirs");
    let shown = arguments.shown();
    match (ours.code == Some(0), theirs.code == Some(0)) {
        (true, true) => {}
        (false, false) if is_refusal(&ours) && is_refusal(&theirs) => return Ok(()),
        (false, true) if is_refusal(&ours) && leaves_references(&ours, input) => return Ok(()),
        _ => return Err(format!("{shown}: not both succeed, or fail alike:{ours}{theirs}")),
    }
    let before = input.listing.get_or_init(|| listing::read(&scratch.path("in")));
    let [ours, theirs] = ["ours", "theirs"].map(|name| listing::read(&scratch.path(name)));
    listing::compare(before, &ours, &theirs, &arguments).map_err(|why| format!("{shown}: {why}"))?;
    if input.is_archive { index_is_from_scratch(&scratch).map_err(|why| format!("{shown}: {why}")) } else { Ok(()) }
}

fn run(command: &mut Command, arguments: &Arguments, output: &str) -> Run {
    Run::of(command.args(&arguments.words).args(["in", output]))
}

/// Whether a symbol or a section could not go. Where several cannot, either program may name another first.
fn is_refusal(run: &Run) -> bool {
    let words = [": not stripping symbol '", "' cannot be removed", "header string table was removed"];
    words.iter().any(|words| run.stderr.contains(words))
}

/// Whether LLVM lets symbols go that are referred to: where the symbol table comes before the relocations, as in Go's
/// objects, and where a group's signature goes with its section.
fn leaves_references(ours: &Run, input: &Input) -> bool {
    input.symbols_come_first || ours.stderr.contains("is referenced by the section '.group[")
}

/// Our index is what `llvm-ar` makes where there is none.
fn index_is_from_scratch(scratch: &Scratch) -> Result<(), String> {
    let bytes = scratch.read("ours");
    let start = members::layout(&bytes).index.ok_or("there is no index")?.end.next_multiple_of(2);
    let path = scratch.write("scratch.a", [members::MAGIC, &bytes[start..]].concat());
    Run::of(Command::new(tool("llvm-ar")).arg("s").arg(&path)).succeeds();
    let same = read(&path) == bytes;
    same.then_some(()).ok_or_else(|| "the index is not the one that llvm-ar makes".to_owned())
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).expect("read a result")
}
