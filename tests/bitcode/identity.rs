//! Who wrote a bitcode file, of what and for what: also of one that is embedded in an object.

use armend::object::bitcode::{BitcodeObject, is_bitcode};
use armend_test_support::{Toolchain, members};
use goblin::elf::Elf;

use crate::index::rust_bitcode;
use crate::{compile_c, scratch};

/// Producer, target and source of a bitcode file.
fn identity(data: &[u8]) -> [String; 3] {
    assert!(is_bitcode(data));
    let bitcode = BitcodeObject::parse(data).expect("bitcode");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let of_table = [bitcode.target(), bitcode.source()].map(|bytes| text(bytes.unwrap_or_default()));
    let [target, source] = of_table;
    [text(&bitcode.producer().expect("an identification")), target, source]
}

#[test]
fn bitcode_files_say_who_wrote_them() {
    let scratch = scratch();
    let file = std::fs::read(compile_c(&scratch, "kinds", "clang", &["-flto", "-O1"])).expect("bitcode");
    let [producer, target, source] = identity(&file);
    assert!(producer.starts_with("LLVM19."), "{producer}");
    assert_eq!([target, source], ["x86_64-pc-linux-gnu", "kinds.c"]);

    let archive = std::fs::read(rust_bitcode(Toolchain::Stable)).expect("the archive");
    let members = members::layout(&archive).members;
    let mut data = members.iter().map(|member| &archive[member.data.clone()]);
    let [producer, target, _] = identity(data.find(|data| is_bitcode(data)).expect("a bitcode member"));
    assert!(producer.starts_with("LLVM22.") && producer.contains("-rust-"), "{producer}");
    assert_eq!(target, "x86_64-unknown-linux-gnu");
}

#[test]
fn so_does_embedded_bitcode() {
    let scratch = scratch();
    let object = std::fs::read(compile_c(&scratch, "kinds", "clang", &["-fembed-bitcode", "-O1"])).expect("an object");
    assert!(!is_bitcode(&object));
    let elf = Elf::parse(&object).expect("goblin reads it");
    let mut sections = elf.section_headers.iter();
    let embedded = sections.find(|section| elf.shdr_strtab.get_at(section.sh_name) == Some(".llvmbc"));
    let range = embedded.and_then(|section| section.file_range()).expect("a section .llvmbc");
    assert!(identity(&object[range])[0].starts_with("LLVM19."));
}
