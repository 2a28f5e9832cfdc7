//! `armend objcopy` beside rust-objcopy, for all that LLVM serves on COFF: what readers say of the two results.

use armend_test_support::rust_objcopy;

use super::*;

const SOURCE: &str =
    "int tentative; int data = 1; static int own; __attribute__((weak)) int yields(void) { return own; }
int needed(void); int spare; static int fails(void) { return needed(); }
int a_function_of_a_long_name(void) { return tentative + data + yields() + fails(); }";

const FLAGS: [&[&str]; 10] = [
    &["--redefine-sym=data=d"],
    &["--redefine-sym=data=a_name_that_is_no_longer_short"],
    &["--redefine-sym=a_function_of_a_long_name=short", "--redefine-sym=needed=another"],
    &["-N", "spare"],
    &["-N", "needed"],
    &["-N", "data"],
    &["-N", "yields", "-N", "nothing_of_this_name"],
    &["-g"],
    &["-R", ".llvm_addrsig", "-R", ".rdata$zzz", "-R", ".drectve"],
    &["-R", ".text"],
];

#[test]
fn both_objcopys_say_the_same() {
    let mut compared = 0;
    for (at, compiler) in [GCC, CLANG_GNU, CLANG_MSVC, GCC_X86, BIG].iter().enumerate() {
        for debug in [false, true] {
            let scratch = scratch();
            compile(&scratch, compiler, "in", SOURCE);
            if debug {
                made(
                    &scratch,
                    compiler.program,
                    &[compiler.flags, &["-g", "-c", "-O1", "in.c", "-o", "in.o"]].concat(),
                );
            }
            for flags in FLAGS {
                let ours = Run::of(scratch.command(&["objcopy"]).args(flags).args(["in.o", "ours.o"]));
                let theirs =
                    Run::of(rust_objcopy().current_dir(scratch.folder()).args(flags).args(["in.o", "theirs.o"]));
                assert_eq!(ours.code == Some(0), theirs.code == Some(0), "{at} {flags:?}: not both:{ours}{theirs}");
                if ours.code == Some(0) {
                    compared += 1;
                    let (ours, theirs) = (listing(&scratch, "ours.o", flags), listing(&scratch, "theirs.o", flags));
                    assert!(ours == theirs, "{at} {flags:?}: {}", difference(&ours, &theirs));
                }
            }
        }
    }
    assert!(compared >= 60, "only {compared} results were compared");
}

/// What `llvm-readobj` says, but for where things are. LLVM leaves `.file` when it strips debug information, and gives
/// sections' own symbols the section's number, which nothing reads but where one goes with another.
fn listing(scratch: &Scratch, file: &str, flags: &[&str]) -> Vec<String> {
    let listed = ["--sections", "--symbols", "--section-relocations", "--section-data"];
    let text = made(scratch, "llvm-readobj", &[&listed[..], &[file]].concat());
    let mut lines = Vec::new();
    let mut skipped = false;
    for line in text.lines().map(str::trim) {
        if flags.contains(&"-g") && line == "Symbol {" {
            skipped = false;
        }
        let place = ["Number:", "PointerTo", "File:", "StringTableSize", "Checksum", "Linked:", "TagIndex"];
        if place.iter().any(|place| line.starts_with(place)) {
            continue;
        }
        if flags == ["-g"] && line.starts_with("Name: .file") {
            lines.pop();
            skipped = true;
        }
        if !skipped {
            lines.push(line.split(" (").next().unwrap_or(line).to_owned());
        }
    }
    lines
}

fn difference(ours: &[String], theirs: &[String]) -> String {
    let at = ours.iter().zip(theirs).position(|(ours, theirs)| ours != theirs).unwrap_or(ours.len().min(theirs.len()));
    let around = |lines: &[String]| lines[at.saturating_sub(12)..(at + 4).min(lines.len())].join("\n");
    format!("at line {at}: ours\n{}\ntheirs\n{}", around(ours), around(theirs))
}
