//! Objects cut short or changed anywhere: read and rewritten, or refused with a reason; no panic, and no memory that a
//! number in the file asks for.

use std::process::Command;
use std::sync::LazyLock;

use armend::object::Object;
use armend::object::symbol::{NewName, ObjectEdits, SectionChange, SectionPurpose, Suffixes, SymbolEdit, Visibility};
use armend::{ErrorKind, Result};
use armend_test_support::{Run, members, samples, tool};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use crate::inputs::{CLASSES_CC, SHARED_C, USER_C, compile};
use crate::scratch;

static FILES: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("folder");
    let sources = [("shared.c", SHARED_C), ("user.c", USER_C), ("classes.cc", CLASSES_CC)];
    sources.map(|(name, text)| {
        let flags: &[&str] = if name == "shared.c" { &["-O1", "-g"] } else { &["-O1"] };
        let flags = [flags, &["-DSIDE=sx", "-DNUMBER=1"]].concat();
        std::fs::read(compile(folder.path(), name, text, &flags)).expect("an object")
    })
});

/// All that is asked of an object: everything read, every definition renamed and hidden, debug information removed, the
/// result read again and verified. Gives how many symbols there are.
fn rewrite(data: &[u8]) -> Result<usize> {
    let object = Object::parse(data)?;
    let symbols = object.symbols()?.symbols;
    object.references(|_| true)?;
    let removed = object.linked_sections()?.into_iter().filter(|section| section.purpose == SectionPurpose::Debug);
    let renamed = symbols.iter().map(|symbol| SymbolEdit {
        name: NewName::Private,
        visibility: symbol.is_definition().then_some(Visibility::Hidden),
        ..SymbolEdit::of(symbol.index)
    });
    let edits = ObjectEdits {
        symbols: renamed.collect(),
        sections: removed.map(|section| (section.index, SectionChange::Remove)).collect(),
        names: Vec::new(),
    };
    let suffixes = Suffixes { private: b".tag".to_vec(), registry: b"_tag".to_vec() };
    object.check_edits(&edits)?;
    let after = object.patch(&edits, &suffixes)?.parts(data).concat();
    let read = Object::parse(&after).unwrap_or_else(|error| panic!("the result cannot be read: {error}"));
    if !edits.is_empty() {
        object.verify(&read, &edits, &suffixes).unwrap_or_else(|error| panic!("{error}"));
    }
    Ok(symbols.len())
}

fn assert_honest(result: Result<usize>) {
    if let Err(error) = result {
        let known = matches!(error.kind(), ErrorKind::Malformed(_) | ErrorKind::Unsupported(_));
        assert!(known && !error.to_string().is_empty(), "{error}");
    }
}

#[test]
fn cut_anywhere() {
    for file in &*FILES {
        assert!(rewrite(file).expect("symbols") >= 5);
        for len in 0..file.len() {
            assert_honest(rewrite(&file[..len]));
        }
        let error = rewrite(&file[..file.len() - 1]).expect_err("the last section is cut");
        assert!(error.location().offset.is_some(), "{error}");
    }
}

#[test]
fn extremes_everywhere() {
    for file in &*FILES {
        for place in 4..file.len() {
            for value in [0, 0xff, file[place].wrapping_add(1)] {
                let mut changed = file.clone();
                changed[place] = value;
                assert_honest(rewrite(&changed));
            }
        }
    }
}

/// A count of four billion in a section of three bytes.
#[test]
fn counts_are_not_believed() {
    for section in [2, 3, 7, 10, 11] {
        let mut file = b"\0asm\x01\0\0\0".to_vec();
        file.extend([section, 6, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]);
        file.extend(b"\0\x09\x07linking\x02");
        assert!(rewrite(&file).is_err() || section == 3, "section {section}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        failure_persistence: None::<Box<FileFailurePersistence>>.map(|it| it as _),
        ..ProptestConfig::default()
    })]

    /// The program, with little memory and little time.
    #[test]
    fn flipped_objects_never_break_the_program(
        which in any::<prop::sample::Index>(),
        verb in prop::sample::select(VERBS),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let file = &FILES[which.index(FILES.len())];
        let mut archive = samples::archive_of(&[("object.o", file)]);
        let member = members::layout(&archive).members[0].data.clone();
        for (place, byte) in flips {
            archive[member.start + place.index(member.len())] = byte;
        }
        let scratch = scratch();
        scratch.write("lib.a", &archive);
        let mut command = Command::new(tool("prlimit"));
        command.current_dir(scratch.folder()).args(["--data=268435456", "--", "timeout", "20", scratch.program()]);
        let run = Run::of(command.args(verb));
        match run.code {
            Some(0 | 1) => {}
            Some(2) => {
                assert!(run.stderr.contains("error: "), "no message: {run}");
                assert!(scratch.read("lib.a") == archive, "refused, but changed: {run}");
            }
            _ => panic!("neither done nor refused: {run}"),
        }
        assert_eq!(scratch.snapshot().len(), 1, "something was left behind: {run}");
    }
}

const VERBS: &[&[&str]] = &[
    &["isolate", "lib.a", "--keep", "sx_*", "--strip-debug"],
    &["isolate", "lib.a", "--by", "auto"],
    &["index", "lib.a"],
    &["objcopy", "-w", "-L", "step*", "-W", "*", "-N", "calls", "lib.a"],
    &["explain", "sx_run", "lib.a"],
    &["audit", "lib.a", "--sizes"],
    &["exports", "lib.a", "--keep", "*"],
    &["undefined", "lib.a"],
];
