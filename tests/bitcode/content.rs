//! Compares what two tools left of one object: every section and every symbol, through goblin.

use goblin::elf::section_header::{SHT_GROUP, SHT_NOBITS, SHT_STRTAB, SHT_SYMTAB};
use goblin::elf::sym::STB_LOCAL;
use goblin::elf::{Elf, SectionHeader};

use armend_test_support::members;

/// Fails unless two archives have the same members, index and contents, wherever it is that sections lie.
#[track_caller]
pub fn assert_same_content(one: &[u8], other: &[u8]) {
    let (ours, theirs) = (members::layout(one), members::layout(other));
    assert_eq!(ours.members.len(), theirs.members.len());
    for (our, their) in ours.members.iter().zip(&theirs.members) {
        assert_eq!(our.name, their.name);
        let (our_data, their_data) = (&one[our.data.clone()], &other[their.data.clone()]);
        if our_data.starts_with(b"\x7fELF") {
            assert_same_object(&our.name, our_data, their_data);
        } else {
            assert!(our_data == their_data, "{}: other bytes", our.name);
        }
    }
    assert_eq!(members::index_entries(one), members::index_entries(other));
}

fn assert_same_object(label: &str, one: &[u8], other: &[u8]) {
    let (ours, theirs) = (parse(one), parse(other));
    assert_eq!(ours.section_headers.len(), theirs.section_headers.len(), "{label}: sections");
    for (our, their) in ours.section_headers.iter().zip(&theirs.section_headers) {
        let name = section_name(&ours, our);
        // With other symbol numbers, LLVM leaves this table as it was, and says so by a link to no section.
        let void = name == ".llvm_addrsig" && their.sh_link == 0;
        let shape = |elf: &Elf<'_>, section: &SectionHeader| {
            let links = if void { [0; 2] } else { [section.sh_link, section.sh_info] };
            let shape = [section.sh_flags, section.sh_addralign, section.sh_entsize];
            (section_name(elf, section).to_owned(), section.sh_type, links, shape)
        };
        assert_eq!(shape(&ours, our), shape(&theirs, their), "{label}");
        match our.sh_type {
            _ if void => {}
            // Names are compared through what has them.
            SHT_STRTAB | SHT_SYMTAB => {}
            // LLVM also takes the mark of COMDAT from groups whose signature was local before (C++'s `C5` constructors),
            // which linkers then no longer keep one of.
            SHT_GROUP if ours.syms.get(our.sh_info as usize).is_some_and(|symbol| symbol.st_bind() == STB_LOCAL) => {
                assert!(bytes(one, our)[4..] == bytes(other, their)[4..], "{label}({name}): other sections");
            }
            SHT_NOBITS => assert_eq!(our.sh_size, their.sh_size, "{label}({name})"),
            _ => assert!(bytes(one, our) == bytes(other, their), "{label}({name}): other bytes"),
        }
    }
    let symbols = |elf: &Elf<'_>| -> Vec<_> {
        let symbol = |symbol: goblin::elf::Sym| {
            let name = elf.strtab.get_at(symbol.st_name).expect("a name").to_owned();
            (name, symbol.st_info, symbol.st_other, symbol.st_shndx, symbol.st_value, symbol.st_size)
        };
        elf.syms.iter().map(symbol).collect()
    };
    assert_eq!(symbols(&ours), symbols(&theirs), "{label}");
}

fn parse(data: &[u8]) -> Elf<'_> {
    Elf::parse(data).expect("goblin reads the member")
}

fn bytes<'d>(data: &'d [u8], section: &SectionHeader) -> &'d [u8] {
    &data[section.sh_offset as usize..(section.sh_offset + section.sh_size) as usize]
}

fn section_name<'d>(elf: &Elf<'d>, section: &SectionHeader) -> &'d str {
    elf.shdr_strtab.get_at(section.sh_name).expect("a name")
}

/// How many sections' names begin with one of `starts`, relocations included, and how many bytes of the file they take.
pub fn sections_called(archive: &[u8], starts: &[&str]) -> (usize, u64) {
    let mut found = (0, 0);
    for member in members::layout(archive).members {
        let elf = parse(&archive[member.data]);
        for section in &elf.section_headers {
            let name = section_name(&elf, section);
            let name = name.strip_prefix(".rela").or_else(|| name.strip_prefix(".rel")).unwrap_or(name);
            if starts.iter().any(|start| name.starts_with(start)) {
                found = (found.0 + 1, found.1 + section.sh_size);
            }
        }
    }
    found
}
