//! More edits than an archive verb asks for, through the library: one for every symbol and for every section.

use std::time::{Duration, Instant};

use armend::object::Object;
use armend::object::symbol::{NewName, ObjectEdits, SectionChange, Suffixes, SymbolEdit};
use armend_test_support::{members, samples};
use goblin::elf::Elf;

/// Many times what it takes in linear time, on a busy machine too; what looks up an edit by reading all of them takes
/// minutes.
const ENOUGH: Duration = Duration::from_secs(60);

/// 65,400 sections lose their relocations and get other names, as does what they define.
#[test]
fn of_every_symbol_and_section() {
    let archive = samples::many_sections();
    let before = &archive[members::layout(&archive).members[0].data.clone()];
    let object = Object::parse(before).expect("an object");
    let suffixes = Suffixes { private: b".t".to_vec(), registry: b"_t".to_vec() };
    let mut edits = ObjectEdits::default();
    for symbol in object.all_symbols().expect("symbols").iter().filter(|symbol| !symbol.name.is_empty()) {
        edits.symbols.push(SymbolEdit { name: NewName::Private, ..SymbolEdit::of(symbol.index) });
    }
    for section in object.all_sections().expect("sections") {
        let change = match section.name.starts_with(b".rela.") {
            true => SectionChange::Remove,
            false => SectionChange::Rename(NewName::Private),
        };
        edits.sections.push((section.index, change));
    }
    assert!(edits.symbols.len() > 65_400 && edits.sections.len() > 130_800);
    let started = Instant::now();
    let after = object.patch(&edits, &suffixes).expect("possible").parts(before).concat();
    object.verify(&Object::parse(&after).expect("an object"), &edits, &suffixes).expect("as planned");
    let took = started.elapsed();
    let [before, after] = [before, &after].map(|bytes| Elf::parse(bytes).expect("goblin reads it"));
    assert!(after.section_headers.len() < before.section_headers.len() - 65_400);
    let names = after.section_headers.iter().skip(1).map(|section| &after.shdr_strtab[section.sh_name]);
    assert!(names.into_iter().all(|name| name.ends_with(".t") && !name.starts_with(".rela.")));
    let names = after.syms.iter().map(|symbol| &after.strtab[symbol.st_name]);
    assert_eq!(names.filter(|name| name.ends_with(".t")).count(), edits.symbols.len());
    assert!(took < ENOUGH, "{took:?}");
    println!("{took:?}");
}
