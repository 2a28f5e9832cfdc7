//! `armend objcopy` beside LLVM's objcopy, of the version that rustc brings: real objects, every flag that LLVM serves on
//! Mach-O, and what `llvm-readobj` says of the two results.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;

use armend_test_support::{Run, Scratch, run_ok, rust_objcopy, tool};
use goblin::mach::MachO;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use crate::inputs::{NAMES, TARGETS, Target};
use crate::scratch;

/// How many sets of flags are tried; each on one input.
const CASES: u32 = 160;
/// How many of them both programs carry out, at least; they refuse the others alike.
const COMPARED_AT_LEAST: u32 = 120;

#[derive(Debug, Clone)]
enum Choice {
    Plain(&'static str),
    Symbol(&'static str, Index),
    /// What begins like a symbol.
    Pattern(&'static str, Index),
    Section(Index),
    Rename(Index, &'static str),
}

const PLAIN: &[&str] = &["--weaken", "--strip-debug", "-D", "-U"];
const SYMBOL: &[&str] =
    &["--weaken-symbol", "--globalize-symbol", "--localize-symbol", "--keep-global-symbol", "--skip-symbol"];

fn choices() -> impl Strategy<Value = Vec<Choice>> {
    let flag = prop_oneof![
        3 => select(PLAIN).prop_map(Choice::Plain),
        7 => (select(SYMBOL), any::<Index>()).prop_map(|(flag, which)| Choice::Symbol(flag, which)),
        3 => (select(SYMBOL), any::<Index>()).prop_map(|(flag, which)| Choice::Pattern(flag, which)),
        2 => any::<Index>().prop_map(Choice::Section),
        3 => (any::<Index>(), select(&["_renamed", "a", "_elsewhere"][..])).prop_map(|(old, new)| Choice::Rename(old, new)),
    ];
    prop::collection::vec(flag, 1..5)
}

#[test]
fn both_objcopys_say_the_same() {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let compared = Cell::new(0);
    let inputs: Vec<_> = TARGETS.iter().flat_map(|target| NAMES.map(|name| (target, Some(name)))).collect();
    let archives = TARGETS.iter().map(|target| (target, None));
    let inputs: Vec<_> = inputs.into_iter().chain(archives).collect();
    let outcome = runner.run(&(select(inputs), choices()), |((target, name), choices)| {
        let label = format!("{} {}", target.arch, name.unwrap_or("archive"));
        let both = compare(target, name, &choices).map_err(|why| TestCaseError::fail(format!("{label}: {why}")))?;
        compared.set(compared.get() + u32::from(both));
        Ok(())
    });
    match outcome {
        Ok(()) => assert!(compared.get() >= COMPARED_AT_LEAST, "only {} of {CASES} compared", compared.get()),
        Err(TestError::Fail(why, _)) => panic!("{why}"),
        Err(error) => panic!("{error}"),
    }
}

/// Whether there were two results to compare.
fn compare(target: &'static Target, name: Option<&'static str>, choices: &[Choice]) -> Result<bool, String> {
    let scratch = scratch();
    let objects: Vec<Arc<[u8]>> = match name {
        Some(name) => vec![target.object(name)],
        None => NAMES.iter().map(|name| target.object(name)).collect(),
    };
    match name {
        Some(_) => scratch.write("in", &objects[0]),
        None => scratch.write("in", target.archive()),
    };
    let words = arguments(&objects, choices);
    let ours = Run::of(scratch.command(&["objcopy"]).args(&words).args(["in", "ours"]));
    let theirs = Run::of(rust_objcopy().current_dir(scratch.folder()).args(&words).args(["in", "theirs"]));
    match (ours.code == Some(0), theirs.code == Some(0)) {
        (true, true) => {}
        (false, false) if is_refusal(&ours) && is_refusal(&theirs) => return Ok(false),
        // LLVM looks at relocations by symbol alone.
        (false, true) if leaves_references(&ours) => return Ok(false),
        _ => return Err(format!("{words:?}: not both succeed, or fail alike:{ours}{theirs}")),
    }
    // As on ELF, a weak definition that is globalized is weak no more; LLVM leaves Mach-O's weak.
    let globalizes = words.iter().any(|word| word.starts_with("--globalize-symbol"));
    let weak = |line: &&str| globalizes && (line.contains("Flags [") || line.contains("WeakDef"));
    let comparable = |text: String| text.lines().filter(|line| !weak(line)).collect::<Vec<_>>().join("\n");
    let [ours, theirs] = ["ours", "theirs"].map(|name| comparable(listing(&scratch, name)));
    match ours.lines().zip(theirs.lines()).find(|(ours, theirs)| ours != theirs) {
        Some((ours, theirs)) => Err(format!("{words:?}\nours:   {ours}\ntheirs: {theirs}")),
        None if ours.len() != theirs.len() => Err(format!("{words:?}: not equally long")),
        None => Ok(true),
    }
}

fn is_refusal(run: &Run) -> bool {
    run.stderr.contains("cannot be removed because it is referenced by a relocation in section '")
}

fn leaves_references(ours: &Run) -> bool {
    ours.stderr.contains("section '") && is_refusal(ours)
        || ours.stderr.contains("is named in the indirect symbol table")
}

fn arguments(objects: &[Arc<[u8]>], choices: &[Choice]) -> Vec<String> {
    let (mut symbols, mut sections) = (BTreeSet::new(), BTreeSet::new());
    for object in objects {
        let object = MachO::parse(object, 0).expect("goblin reads the object");
        symbols.extend(object.symbols().map(|symbol| symbol.expect("a symbol").0.to_owned()));
        for (section, _) in object.segments.sections().flatten().map(|section| section.expect("a section")) {
            let names = [section.segname().expect("a name"), section.name().expect("a name")];
            sections.insert(names.join(","));
        }
    }
    let (symbols, sections): (Vec<_>, Vec<_>) = (symbols.into_iter().collect(), sections.into_iter().collect());
    let mut words = Vec::new();
    if choices.iter().any(|choice| matches!(choice, Choice::Pattern(..))) {
        words.push("-w".to_owned());
    }
    for choice in choices {
        match choice {
            Choice::Plain(flag) => words.push((*flag).to_owned()),
            Choice::Symbol(flag, which) => words.push(format!("{flag}={}", which.get(&symbols))),
            Choice::Pattern(flag, which) => {
                let name = which.get(&symbols);
                words.push(format!("{flag}={}*", &name[..name.len().min(4)]));
            }
            Choice::Section(which) => words.extend(["-R".to_owned(), which.get(&sections).clone()]),
            Choice::Rename(old, new) => {
                let pair = format!("--redefine-sym={}=", old.get(&symbols));
                if !words.iter().any(|word| word.starts_with(&pair)) {
                    words.push(pair + new);
                }
            }
        }
    }
    words
}

/// What `llvm-readobj` says of a result, without what depends on where tables and strings lie, and without the borders of
/// the symbol table's parts: LLVM counts an alias of an undefined name among what is defined.
fn listing(scratch: &Scratch, name: &str) -> String {
    let mut readobj = Command::new(tool("llvm-readobj"));
    readobj.args(["--symbols", "--relocations", "--sections", "--section-data", "--macho-segment", "--file-headers"]);
    let text = run_ok(readobj.arg(name).current_dir(scratch.folder()));
    let place = ["Offset: ", "File: ", "RelocationOffset: ", "fileoff: "];
    let lines = text.lines().map(|line| line.replace(&format!("{name}("), "("));
    // The value of an alias is its name's place in the string table; LLVM's is that of the old one.
    let mut is_alias = false;
    let lines = lines.filter(move |line| {
        let line = line.trim_start();
        is_alias = line.starts_with("Type: Indirect") || is_alias && !line.starts_with("Type: ");
        !(place.iter().any(|place| line.starts_with(place)) || is_alias && line.starts_with("Value: "))
    });
    lines.map(|line| without_number(&line)).collect::<Vec<_>>().join("\n")
}

/// `Name: _main (12)` without what is in the parentheses.
fn without_number(line: &str) -> String {
    match line.rsplit_once(" (") {
        Some((front, number)) if number.trim_end_matches(')').bytes().all(|byte| byte.is_ascii_digit()) => {
            front.to_owned()
        }
        _ => line.to_owned(),
    }
}

/// Flags that LLVM takes for Mach-O without an effect do here what they do on ELF.
#[test]
fn flags_that_llvm_ignores() {
    let source = "int spare; __attribute__((visibility(\"hidden\"))) int hidden = 1; int visible = 2;\n";
    let effects = [
        (["-N", "_spare"], "_spare", None),
        (["--localize-hidden", "-D"], "_hidden", Some("non-external ")),
        (["--set-symbol-visibility", "_visible=hidden"], "_visible", Some("private external ")),
    ];
    for target in TARGETS {
        let scratch = scratch();
        target.compile(scratch.folder(), "in.c", source);
        for (flags, name, ours) in effects {
            run_ok(rust_objcopy().current_dir(scratch.folder()).args(flags).args(["in.o", "theirs"]));
            Run::of(scratch.command(&["objcopy"]).args(flags).args(["in.o", "ours"])).succeeds();
            let lines = ["in.o", "theirs", "ours"].map(|file| line_of(&scratch, file, name));
            assert!(lines[0].is_some() && lines[0] == lines[1], "{} {flags:?}: {lines:?}", target.arch);
            let done = match (&lines[2], ours) {
                (Some(line), Some(word)) => line.contains(word),
                (line, word) => line.is_none() && word.is_none(),
            };
            assert!(done, "{} {flags:?}: {lines:?}", target.arch);
        }
    }
}

/// What Darwin's form of `nm` says of a symbol.
fn line_of(scratch: &Scratch, file: &str, name: &str) -> Option<String> {
    let text = run_ok(Command::new(tool("llvm-nm")).args(["-m", file]).current_dir(scratch.folder()));
    text.lines().find(|line| line.ends_with(&format!(" {name}"))).map(str::to_owned)
}
