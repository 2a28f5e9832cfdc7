//! Malformed Mach-O: bytes flipped, lengths cut, and generated objects. The program may refuse or succeed, and
//! what it writes is verified; it never panics, and takes no more memory than the input accounts for.

use std::process::Command;

use armend::object::Object;
use armend::object::symbol::{NewName, ObjectEdits, SectionChange, Suffixes, SymbolEdit, Visibility};
use armend_test_support::{Run, tool};
use proptest::prelude::*;

use crate::inputs::{ARMV7, NAMES, TARGETS};
use crate::with_library;

/// All that a verb does with an object: reads everything, and edits what edits there are.
fn exercise(data: &[u8]) {
    let Ok(object) = Object::parse(data) else { return };
    let Ok(symbols) = object.all_symbols() else { return };
    drop((object.symbols(), object.personalities(), object.references(|_| true), object.bitcode_producer()));
    let Ok(sections) = object.all_sections() else { return };
    let suffixes = Suffixes { private: b".t".to_vec(), registry: b"_t".to_vec() };
    let rename = |symbol: &armend::object::symbol::Symbol<'_>| SymbolEdit {
        name: NewName::Private,
        visibility: Some(Visibility::Hidden),
        ..SymbolEdit::of(symbol.index)
    };
    let renamed = ObjectEdits { symbols: symbols.iter().map(rename).collect(), ..ObjectEdits::default() };
    let remove = |at: usize| SymbolEdit { remove: true, ..SymbolEdit::of(symbols[at].index) };
    let removed = ObjectEdits {
        symbols: (0..symbols.len()).step_by(3).map(remove).collect(),
        sections: sections.iter().step_by(2).map(|section| (section.index, SectionChange::Remove)).collect(),
        ..ObjectEdits::default()
    };
    for edits in [renamed, removed] {
        let Ok(patch) = object.patch(&edits, &suffixes) else { continue };
        let result = patch.parts(data).concat();
        assert!(result.len() <= 2 * data.len() + 8 * symbols.len() + 64, "{} bytes of {}", result.len(), data.len());
        let Ok(after) = Object::parse(&result) else { continue };
        _ = object.verify(&after, &edits, &suffixes);
    }
}

#[test]
fn flipped_bytes() {
    for target in TARGETS {
        for name in NAMES {
            let object = target.object(name);
            let mut data = object.to_vec();
            exercise(&data);
            // More of headers and load commands than of contents and tables.
            for at in (0..data.len()).step_by(211).chain((0..data.len().min(1500)).step_by(31)) {
                for flip in [0xff, 0x01] {
                    data[at] ^= flip;
                    exercise(&data);
                    data[at] ^= flip;
                }
            }
        }
    }
}

#[test]
fn cut_short() {
    for target in TARGETS {
        for name in NAMES {
            let object = target.object(name);
            (0..object.len()).step_by(41).for_each(|len| exercise(&object[..len]));
        }
    }
}

/// The real verbs on damaged archives: no panic, no hang, and not more memory than a few times the input.
#[test]
fn verbs_refuse_or_succeed() {
    let scratch = with_library(&ARMV7);
    let whole = scratch.read("lib.a");
    const VERBS: &[&[&str]] = &[
        &["isolate", "bad.a", "--keep", "mx_*", "-o", "out.a"],
        &["audit", "bad.a", "--sizes"],
        &["index", "bad.a"],
        &["exports", "bad.a"],
        &["explain", "_mx_run", "bad.a"],
        &["diff", "bad.a", "lib.a"],
        &["undefined", "bad.a"],
    ];
    for at in (0..whole.len()).step_by(whole.len() / 40) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0xff;
        scratch.write("bad.a", &damaged);
        for verb in VERBS {
            let mut limited = Command::new(tool("prlimit"));
            limited.current_dir(scratch.folder()).args(["--as=400000000", "timeout", "20"]);
            limited.arg(scratch.program()).args(*verb);
            let run = Run::of(&mut limited);
            assert!(matches!(run.code, Some(0..=2)), "byte {at}: {run}");
            scratch.write("bad.a", &damaged);
        }
    }
}

/// A little object: its numbers are drawn, and need not fit.
fn generated() -> impl Strategy<Value = Vec<u8>> {
    let symbol = (0u32..24, any::<u8>(), 0u8..5, any::<u16>(), prop_oneof![0u64..64, any::<u64>()]);
    let relocation = (0u32..32, prop_oneof![0u32..16, any::<u32>()]);
    let numbers = (0u32..4, 0u32..0x20, 0u32..40, 0u32..5, 0u32..30);
    let tables = (prop::collection::vec(symbol, 0..8), prop::collection::vec(relocation, 0..4));
    (any::<bool>(), numbers, tables, prop::collection::vec(any::<u8>(), 24)).prop_map(
        |(wide, (sections, kind, size, indirect, skew), (symbols, relocations), contents)| {
            let word =
                |value: u64| if wide { value.to_le_bytes().to_vec() } else { (value as u32).to_le_bytes().to_vec() };
            let words = |values: &[u32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
            let (header, segment, section) = if wide { (32, 72, 80) } else { (28, 56, 68) };
            let commands = segment + section * sections + 24 + 80;
            let data = header + commands;
            let (relocated, tables) = (data + 24, data + 24 + 8 * relocations.len() as u32);
            let strings = tables + symbols.len() as u32 * if wide { 16 } else { 12 };
            let (magic, cpu) = if wide { (0xfeed_facf, 0x0100_000c) } else { (0xfeed_face, 12) };
            let mut bytes = words(&[magic, cpu, 0, 1, 3, commands, 0x2000]);
            bytes.extend(if wide { vec![0; 4] } else { Vec::new() });
            bytes.extend(words(&[if wide { 0x19 } else { 1 }, segment + section * sections]));
            bytes.extend([0; 16]);
            [0, 64, u64::from(data), 24].iter().for_each(|&value| bytes.extend(word(value)));
            bytes.extend(words(&[7, 7, sections, 0]));
            for at in 0..sections {
                bytes.extend(b"__data\0\0\0\0\0\0\0\0\0\0__DATA\0\0\0\0\0\0\0\0\0\0");
                bytes.extend(word(u64::from(8 * at)));
                bytes.extend(word(u64::from(size)));
                let own = if at == 0 { relocations.len() as u32 } else { 0 };
                bytes.extend(words(&[data + 8 * at, at, relocated, own, kind, indirect, 4]));
                bytes.extend(if wide { vec![0; 4] } else { Vec::new() });
            }
            bytes.extend(words(&[2, 24, tables, symbols.len() as u32, strings, 24]));
            bytes.extend(words(&[0xb, 80, 0, 1, 1, 1, 2, skew]));
            bytes.extend(words(&[0, 0, 0, 0, 0, 0, strings, indirect, 0, 0, 0, 0]));
            bytes.extend(contents);
            relocations.iter().for_each(|&(address, number)| bytes.extend(words(&[address, number])));
            for (name, kind, section, desc, value) in symbols {
                bytes.extend(words(&[name]));
                bytes.extend([kind, section]);
                bytes.extend(desc.to_le_bytes());
                bytes.extend(word(value));
            }
            bytes.extend(b"\0_one\0_two\0_three\0_four\0");
            bytes
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn generated_objects(data in generated()) {
        exercise(&data);
    }
}
