//! The library on objects that no compiler made: what it does not refuse is edited as planned. Beside
//! [`generated`](super::generated), without a program to start for each, so with many more of them.

use armend::object::Object;
use armend::object::symbol::{Binding, NewName, ObjectEdits, SectionChange, SectionPurpose, Suffixes, SymbolEdit};
use armend::{ErrorKind, Result};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::FileFailurePersistence;

use super::generated::{OBJECTS, byte, flags, object, record};

/// What a run may ask of an object.
#[derive(Debug, Clone, Copy)]
enum Wish {
    Rename,
    Localize,
    Globalize,
    Weaken,
    RemoveSymbols,
    RemoveSections,
    StripDebug,
}

const WISHES: [Wish; 7] = [
    Wish::Rename,
    Wish::Localize,
    Wish::Globalize,
    Wish::Weaken,
    Wish::RemoveSymbols,
    Wish::RemoveSections,
    Wish::StripDebug,
];

/// Reads all that there is, carries out the wish, and has the result read again and verified.
fn rewrite(data: &[u8], wish: Wish) -> Result<()> {
    let object = Object::parse(data)?;
    let linking = object.symbols()?.symbols;
    let symbols = object.all_symbols()?;
    let sections = object.all_sections()?;
    object.references(|_| true)?;
    let mut edits = ObjectEdits::default();
    for symbol in &linking {
        let same = SymbolEdit::of(symbol.index);
        let definition = symbol.is_definition();
        edits.symbols.extend(match wish {
            Wish::Rename => Some(SymbolEdit { name: NewName::Private, ..same }),
            Wish::Localize if definition => Some(SymbolEdit { binding: Some(Binding::Local), ..same }),
            Wish::Weaken if definition => Some(SymbolEdit { binding: Some(Binding::Weak), ..same }),
            _ => None,
        });
    }
    for symbol in symbols.iter().step_by(2) {
        let same = SymbolEdit::of(symbol.index);
        edits.symbols.extend(match wish {
            Wish::Globalize if symbol.binding == Binding::Local && symbol.is_definition() => {
                Some(SymbolEdit { binding: Some(Binding::Global), ..same })
            }
            Wish::RemoveSymbols => Some(SymbolEdit { remove: true, ..same }),
            _ => None,
        });
    }
    edits.sections.extend(sections.iter().filter_map(|section| {
        let goes = match wish {
            Wish::RemoveSections => section.index.0 % 2 == 0,
            Wish::StripDebug => section.purpose == SectionPurpose::Debug,
            _ => false,
        };
        goes.then_some((section.index, SectionChange::Remove))
    }));
    let suffixes = Suffixes { private: b".tag".to_vec(), registry: b"_tag".to_vec() };
    object.check_edits(&edits)?;
    let after = object.patch(&edits, &suffixes)?.parts(data).concat();
    let read = Object::parse(&after).unwrap_or_else(|error| panic!("{wish:?}: the result cannot be read: {error}"));
    if !edits.is_empty() {
        object.verify(&read, &edits, &suffixes).unwrap_or_else(|error| panic!("{wish:?}: {error}"));
    }
    Ok(())
}

fn assert_honest(data: &[u8], wish: Wish) {
    if let Err(error) = rewrite(data, wish) {
        let known = matches!(error.kind(), ErrorKind::Malformed(_) | ErrorKind::Unsupported(_));
        assert!(known && !error.to_string().is_empty(), "{wish:?}: {error}");
    }
}

/// What all compilers write is edited whole, but for wishes that what remains stands against.
#[test]
fn real_objects_are_edited() {
    for object in &*OBJECTS {
        for wish in [Wish::Rename, Wish::Localize, Wish::Globalize, Wish::StripDebug] {
            rewrite(object, wish).unwrap_or_else(|error| panic!("{wish:?}: {error}"));
        }
    }
}

/// Sections that all name the same relocations: read for each, they would be 650 million.
#[test]
fn shared_relocations_are_refused() {
    const SECTIONS: u32 = 10_000;
    let (start, len) = (20 + 40 * SECTIONS, 65_535 * 10);
    let mut bytes = [&[0x64, 0x86][..], &(SECTIONS as u16).to_le_bytes(), &[0; 4]].concat();
    [start + len, 1, 0].iter().for_each(|field| bytes.extend(field.to_le_bytes()));
    for _ in 0..SECTIONS {
        bytes.extend(b".rdata\0\0");
        let fields = [0, 0, 0, 0, start, 0, 0xffff, 0x4000_0040];
        fields.iter().for_each(|field: &u32| bytes.extend(field.to_le_bytes()));
    }
    bytes.resize((start + len) as usize, 0);
    bytes.extend(b"absent\0\0\0\0\0\0\0\0\0\0\x02\0\x04\0\0\0");
    let object = Object::parse(&bytes).expect("headers and a symbol");
    let error = object.references(|_| true).expect_err("one section's relocations are all others'");
    assert!(error.location().offset.is_some() && error.to_string().contains("another's too"), "{error}");
}

/// At the start of the file is its header, which an edit changes.
#[test]
fn relocations_in_the_header_are_refused() {
    let mut found = 0;
    for object in &*OBJECTS {
        // Behind a header of 20 bytes the first section's: 24 to where its relocations are, 32 to how many.
        if object[20..].starts_with(b".text\0") && object[52..54] != [0; 2] {
            let mut bytes = object.clone();
            bytes[44..48].fill(0);
            for wish in WISHES {
                let error = rewrite(&bytes, wish).expect_err("its relocations are its header");
                assert!(error.to_string().contains("relocations are in the file's header"), "{wish:?}: {error}");
            }
            found += 1;
        }
    }
    assert!(found > 0);
}

/// What is added to directives would be within the quotes that the last one opens.
#[test]
fn directives_with_open_quotes_are_refused() {
    let mut refused = 0;
    for object in &*OBJECTS {
        for at in (0..object.len()).filter(|&at| object[at] == b'"') {
            let mut bytes = object.clone();
            bytes[at] = 0;
            for wish in WISHES {
                assert_honest(&bytes, wish);
                refused +=
                    usize::from(rewrite(&bytes, wish).is_err_and(|error| error.to_string().contains("not closed")));
            }
        }
    }
    assert!(refused > 0);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3000,
        failure_persistence: None::<Box<FileFailurePersistence>>.map(|it| it as _),
        ..ProptestConfig::default()
    })]

    #[test]
    fn changed_bytes(
        which in any::<Index>(),
        wish in prop::sample::select(&WISHES[..]),
        flips in prop::collection::vec((any::<Index>(), byte()), 1..4),
    ) {
        let mut bytes = which.get(&OBJECTS).clone();
        for (place, byte) in flips {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        assert_honest(&bytes, wish);
    }

    #[test]
    fn cut_off(which in any::<Index>(), wish in prop::sample::select(&WISHES[..]), at in any::<Index>()) {
        let bytes = which.get(&OBJECTS);
        assert_honest(&bytes[..at.index(bytes.len())], wish);
    }

    #[test]
    fn generated_objects(
        records in prop::collection::vec(record(), 1..9),
        flags in flags(),
        filler in prop::array::uniform18(prop_oneof![4 => Just(0u8), 1 => 0..6u8]),
        wish in prop::sample::select(&WISHES[..]),
    ) {
        assert_honest(&object(&records, &flags, &filler), wish);
    }
}
