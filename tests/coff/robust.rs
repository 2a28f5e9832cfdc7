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
