//! What verification is for: a result of which a byte of the tables is not as planned is refused, whichever byte it is.

use std::collections::BTreeSet;
use std::process::Command;

use armend::object::Object;
use armend::object::symbol::{Binding, NewName, ObjectEdits, Suffixes, SymbolEdit, Visibility};
use armend_test_support::{run_ok, tool};
use goblin::elf::Elf;
use goblin::elf::section_header::{SHN_UNDEF, SHT_STRTAB};

const SOURCE: &str = "extern \"C\" { extern int other(int); static int local(int a) { return a * 3; } int data = 5;
    int one(int a) { return local(a) + other(a); } int two(int a) { return one(a) - data; }
    __attribute__((weak)) int three(void) { return 1; } __attribute__((visibility(\"protected\"))) int four; }
    inline int five(int a) { return a * 7; } extern \"C\" int six(int a) { return five(a); }";

/// An object of C++ without mangled names but that of `five(int)`, which is in a COMDAT group.
fn object(localize: Option<&str>) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("folder");
    let (source, object) = (folder.path().join("a.cc"), folder.path().join("a.o"));
    std::fs::write(&source, SOURCE).expect("write");
    let mut gcc = Command::new(tool("g++"));
    run_ok(gcc.args(["-c", "-O0", "-ffunction-sections", "-o"]).arg(&object).arg(&source));
    if let Some(name) = localize {
        run_ok(Command::new(tool("objcopy")).arg(format!("--localize-symbol={name}")).arg(&object));
    }
    std::fs::read(object).expect("read")
}

/// The bytes of the result that say something: the file header, the tables of sections and symbols, the names in use.
fn telling(bytes: &[u8]) -> BTreeSet<usize> {
    let elf = Elf::parse(bytes).expect("goblin reads it");
    let mut telling: BTreeSet<usize> = (0..64).collect();
    let table = elf.header.e_shoff as usize;
    telling.extend(table + 64..table + 64 * elf.section_headers.len());
    // Where a section without bytes is in the file, nobody asks.
    let empty = elf
        .section_headers
        .iter()
        .enumerate()
        .filter(|(_, header)| header.file_range().is_none_or(|range| range.is_empty()));
    let offsets: BTreeSet<usize> = empty.flat_map(|(at, _)| table + 64 * at + 24..table + 64 * at + 32).collect();
    telling.retain(|at| !offsets.contains(at));
    // A string table may be longer than its names are.
    let tables = elf.section_headers.iter().enumerate().filter(|(_, header)| header.sh_type == SHT_STRTAB);
    let sizes: BTreeSet<usize> = tables.flat_map(|(at, _)| table + 64 * at + 32..table + 64 * at + 40).collect();
    telling.retain(|at| !sizes.contains(at));
    let section = |name: &str| {
        let mut headers = elf.section_headers.iter();
        headers
            .find(|header| elf.shdr_strtab.get_at(header.sh_name) == Some(name))
            .expect("there")
            .file_range()
            .expect("bytes")
    };
    // The null symbol is not looked at by anyone.
    telling.extend(section(".symtab").skip(24));
    for (table, strings, offsets) in [
        (".strtab", &elf.strtab, elf.syms.iter().map(|symbol| symbol.st_name).collect::<Vec<_>>()),
        (".shstrtab", &elf.shdr_strtab, elf.section_headers.iter().skip(1).map(|header| header.sh_name).collect()),
    ] {
        let start = section(table).start;
        for offset in offsets.into_iter().filter(|offset| *offset != 0) {
            let name = strings.get_at(offset).expect("a name");
            telling.extend(start + offset..=start + offset + name.len());
        }
    }
    telling
}

fn check(what: &str, edit: impl Fn(SymbolEdit, bool) -> SymbolEdit) {
    let before = object(None);
    let parsed = Object::parse(&before).expect("an object");
    let suffixes = Suffixes { private: b".t".to_vec(), registry: b"_t".to_vec() };
    let mut edits = ObjectEdits::default();
    for symbol in parsed.symbols().expect("symbols").symbols.iter().filter(|symbol| symbol.name != b"two") {
        edits.symbols.push(edit(SymbolEdit::of(symbol.index), symbol.is_definition()));
    }
    assert!(edits.symbols.len() > 4);
    let mut after = parsed.patch(&edits, &suffixes).expect("possible").parts(&before).concat();
    parsed.verify(&Object::parse(&after).expect("an object"), &edits, &suffixes).expect("as planned");
    let undefined = Elf::parse(&after).expect("goblin reads it");
    assert!(undefined.syms.iter().any(|symbol| symbol.st_shndx == SHN_UNDEF as usize && symbol.st_name != 0));
    let telling = telling(&after);
    assert!(telling.len() > 1500, "{what}: {} bytes", telling.len());
    for at in telling {
        for flip in [0x01, 0x80] {
            after[at] ^= flip;
            let refused = match Object::parse(&after) {
                Ok(object) => parsed.verify(&object, &edits, &suffixes).is_err(),
                Err(_) => true,
            };
            assert!(refused, "{what}: byte {at} with {flip:#x}, and nobody noticed");
            after[at] ^= flip;
        }
    }
}

#[test]
fn of_weakened_symbols_is_noticed() {
    check("weak", |edit, defined| SymbolEdit { binding: defined.then_some(Binding::Weak), ..edit });
}

#[test]
fn of_renamed_and_hidden_symbols_is_noticed() {
    check("private", |edit, defined| SymbolEdit {
        name: NewName::Private,
        visibility: defined.then_some(Visibility::Hidden),
        ..edit
    });
}

/// A signature that an earlier tool made local, and left its group shared: that the group is private now is verified.
#[test]
fn of_a_group_is_noticed() {
    let before = object(Some("_Z4fivei"));
    let parsed = Object::parse(&before).expect("an object");
    let symbols = parsed.all_symbols().expect("symbols");
    let five = symbols.iter().find(|symbol| symbol.name == b"_Z4fivei").expect("the signature");
    assert_eq!(five.binding, Binding::Local);
    let edit = SymbolEdit { binding: Some(Binding::Local), ..SymbolEdit::of(five.index) };
    let edits = ObjectEdits { symbols: vec![edit], ..ObjectEdits::default() };
    let after = parsed.patch(&edits, &Suffixes::NONE).expect("possible").parts(&before).concat();
    assert!(after != before, "the group is no longer shared");
    let verify = |bytes| parsed.verify(&Object::parse(bytes).expect("an object"), &edits, &Suffixes::NONE);
    verify(&after).expect("as planned");
    assert!(verify(&before).is_err(), "a shared group passes");
}
