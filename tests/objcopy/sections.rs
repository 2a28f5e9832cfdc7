//! The flags that remove sections.

use std::process::Command;

use armend_test_support::{Run, samples, tool};
use goblin::elf::Elf;

use crate::{Symbols, objcopy, sections, with_object};

#[test]
fn a_section_goes_with_its_relocations_and_symbols() {
    let scratch = with_object();
    objcopy(&scratch, &["-R", ".notes", "--remove-section=.data", "in.o", "out.o"]).succeeds();
    let result = scratch.read("out.o");
    let names = sections(&result);
    assert!(![".notes", ".data", ".rela.data"].iter().any(|gone| names.iter().any(|name| name == gone)), "{names:?}");
    let symbols = Symbols::of(&result);
    assert!(!symbols.has("only") && symbols.has("start") && symbols.has("shared"));
}

#[test]
fn globs_and_expressions() {
    let scratch = with_object();
    objcopy(&scratch, &["-R", ".n*", "-R", ".debug*", "-R", "!.note*", "in.o", "out.o"]).succeeds();
    let names = sections(&scratch.read("out.o"));
    // `.notes` is excepted as well.
    assert!(names.iter().any(|name| name == ".notes") && !names.iter().any(|name| name.contains("debug")), "{names:?}");
    objcopy(&scratch, &["--regex", "-R", r"\.(notes|debug_info)", "in.o", "out.o"]).succeeds();
    let names = sections(&scratch.read("out.o"));
    assert!(!names.iter().any(|name| name == ".notes" || name == ".debug_info"), "{names:?}");
}

#[test]
fn strip_debug() {
    let scratch = with_object();
    for flag in ["-g", "--strip-debug"] {
        objcopy(&scratch, &[flag, "in.o", "out.o"]).succeeds();
        let result = scratch.read("out.o");
        assert!(!sections(&result).iter().any(|name| name.contains("debug")));
        let symbols = Symbols::of(&result);
        assert!(symbols.all("file").is_empty() && symbols.has("quiet"));
    }
    objcopy(&scratch, &["-g", "-K", "source.s", "in.o", "out.o"]).succeeds();
    assert_eq!(Symbols::of(&scratch.read("out.o")).all("file"), ["source.s"]);
}

/// What stays is gathered from between thousands of sections that go.
#[test]
fn strip_debug_between_many_sections() {
    let scratch = with_object();
    let section = |n: usize| {
        format!(
            ".section .text.g{n},\"ax\"\n.globl f{n}\nf{n}: .skip 300,{}\n.section .debug_g{n},\"\"\n.skip 40,7\n",
            n % 256
        )
    };
    let object = samples::compile("gcc", &[], &scratch.path(""), "many.s", &(0..5000).map(section).collect::<String>());
    let before = std::fs::read(object).expect("the object");
    Run::of(Command::new(tool("llvm-ar")).current_dir(scratch.folder()).args(["rcsD", "many.a", "many.o"])).succeeds();
    objcopy(&scratch, &["--strip-debug", "many.o", "out.o"]).succeeds();
    objcopy(&scratch, &["--strip-debug", "many.a", "out.a"]).succeeds();
    let (after, archive) = (scratch.read("out.o"), scratch.read("out.a"));
    assert!(archive.windows(after.len()).any(|bytes| bytes == after), "in an archive it is as by itself");
    let texts = |bytes: &[u8]| -> Vec<(String, Vec<u8>)> {
        let elf = Elf::parse(bytes).expect("goblin reads the object");
        let named = |section: &goblin::elf::SectionHeader| {
            let name = elf.shdr_strtab.get_at(section.sh_name).expect("a name").to_owned();
            (name, section.file_range().map(|range| bytes[range].to_vec()).unwrap_or_default())
        };
        elf.section_headers.iter().map(named).filter(|(name, _)| name.starts_with(".text.g")).collect()
    };
    assert!(texts(&before).len() == 5000 && texts(&before) == texts(&after));
    assert!(!sections(&after).iter().any(|name| name.contains("debug")));
}

#[test]
fn a_group_goes_with_its_last_member() {
    let scratch = with_object();
    objcopy(&scratch, &["-R", ".text.grouped", "in.o", "out.o"]).succeeds();
    let names = sections(&scratch.read("out.o"));
    assert!(!names.iter().any(|name| name == ".group" || name == ".text.grouped"), "{names:?}");
}

#[test]
fn what_was_in_a_group_stays_without_it() {
    const SHF_GROUP: u64 = 0x200;
    let scratch = with_object();
    objcopy(&scratch, &["-R", ".group", "in.o", "out.o"]).succeeds();
    let result = scratch.read("out.o");
    let elf = Elf::parse(&result).expect("goblin reads the object");
    let named =
        |section: &&goblin::elf::SectionHeader| elf.shdr_strtab.get_at(section.sh_name) == Some(".text.grouped");
    let section = elf.section_headers.iter().find(named).expect("the section");
    assert_eq!(section.sh_flags & SHF_GROUP, 0);
}

/// Relocations of every form name the section that they apply to by number.
#[test]
fn relocations_follow_their_section() {
    let source =
        "static int hidden(int x) { return x; }\nextern int there(int);\nint here(int x) { return there(hidden(x)); }";
    for flags in [&["-ffunction-sections"][..], &["-ffunction-sections", "-Wa,--allow-experimental-crel,--crel"]] {
        let scratch = crate::scratch();
        let flags = [flags, &["-g", "-O0"]].concat();
        armend_test_support::samples::compile("clang", &flags, scratch.folder(), "crel.c", source);
        let targets = |file: &str| -> Vec<String> {
            let listing = armend_test_support::run_ok(
                std::process::Command::new(armend_test_support::tool("llvm-readobj"))
                    .args(["--sections", "--elf-output-style=GNU"])
                    .arg(scratch.path(file)),
            );
            let rows = listing.lines().filter_map(|line| line.trim_start().strip_prefix('[')?.split_once(']'));
            let rows: Vec<Vec<&str>> = rows.map(|(_, row)| row.split_whitespace().collect()).collect();
            let relocations = rows.iter().filter(|row| row.len() > 2 && matches!(row[1], "RELA" | "CREL"));
            // The number before the alignment is the section's that they apply to.
            let target = |row: &Vec<&str>| rows[row[row.len() - 2].parse::<usize>().expect("sh_info")][0].to_owned();
            relocations.map(|row| format!("{} of {}", row[0], target(row))).collect()
        };
        objcopy(&scratch, &["-g", "-R", ".comment", "crel.o", "out.o"]).succeeds();
        let (before, after) = (targets("crel.o"), targets("out.o"));
        assert!(!after.is_empty() && after.len() < before.len(), "{after:?}");
        assert!(after.iter().all(|row| before.contains(row)), "{before:?}\n{after:?}");
    }
}
