//! `armend objcopy` beside rust-objcopy, for all that LLVM serves on COFF: what readers say of the two results.

use armend_test_support::rust_objcopy;

use super::*;

const SOURCE: &str =
    "int tentative; int data = 1; static int own; __attribute__((weak)) int yields(void) { return own; }
int needed(void); int spare; static int fails(void) { return needed(); }
int a_function_of_a_long_name(void) { return tentative + data + yields() + fails(); }";

const FLAGS: [&[&str]; 18] = [
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
    &["-w", "-N", "spar*", "-R", ".llvm*"],
    &["--regex", "-N", "sp.re"],
    &["--strip-symbols=names"],
    &["--redefine-syms=pairs"],
    &["--strip-debug", "--strip-symbol=spare", "--remove-section=.llvm_addrsig"],
    &["-D"],
    &["-U"],
    &["-p"],
];

#[test]
fn both_objcopys_say_the_same() {
    let mut compared = 0;
    for (at, compiler) in [GCC, CLANG_GNU, CLANG_MSVC, GCC_X86, BIG].iter().enumerate() {
        for debug in [false, true] {
            let scratch = scratch();
            compile(&scratch, compiler, "in", SOURCE);
            scratch.write("names", "spare # unused\nnothing_of_this_name\n");
            scratch.write("pairs", "data d\n# a comment\nneeded another_of_a_long_name\n");
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

/// What `llvm-readobj` says, but for where things are. LLVM leaves `.file` when it strips debug information, which GNU's
/// objcopy removes, as both do on ELF; and it gives sections' own symbols the section's number, which nothing reads but
/// where one goes with another.
fn listing(scratch: &Scratch, file: &str, flags: &[&str]) -> Vec<String> {
    let listed = ["--sections", "--symbols", "--section-relocations", "--section-data"];
    let text = made(scratch, "llvm-readobj", &[&listed[..], &[file]].concat());
    let mut lines = Vec::new();
    let strips_debug = flags.contains(&"-g") || flags.contains(&"--strip-debug");
    let mut skipped = false;
    for line in text.lines().map(str::trim) {
        // The next symbol, or the end of the list.
        if line == "Symbol {" || line == "]" {
            skipped = false;
        }
        let place = ["Number:", "PointerTo", "File:", "StringTableSize", "Checksum", "Linked:", "TagIndex"];
        if place.iter().any(|place| line.starts_with(place)) {
            continue;
        }
        if strips_debug && line.starts_with("Name: .file") {
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

/// LLVM's objcopy leaves the names of source files behind; ours goes by GNU's.
#[test]
fn source_files_go_with_debug_information() {
    let scratch = scratch();
    compile(&scratch, &Compiler { program: GCC.program, flags: &["-g"] }, "in", SOURCE);
    let named = |file: &str| made(&scratch, "llvm-readobj", &["--symbols", file]).contains("Name: .file");
    made(&scratch, "x86_64-w64-mingw32-objcopy", &["-g", "in.o", "theirs.o"]);
    armend(&scratch, &["objcopy", "-g", "in.o", "ours.o"]);
    assert_eq!(["in.o", "theirs.o", "ours.o"].map(named), [true, false, false]);
}
