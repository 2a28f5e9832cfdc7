//! `armend objcopy` beside mingw's GNU objcopy, for what LLVM does not serve on COFF; linkers judge the rest.

use super::*;

const SOURCE: &str = "int data = 1; static int own = 2; int needed(int); int first(int x) { return needed(x) + data; }
int second(int x) { return first(x) + own++; } static int third(int x) { return x + needed(3); }
int (*volatile pointer)(int) = third;";

const FLAGS: [&[&str]; 9] = [
    &["--weaken"],
    &["--weaken-symbol=first"],
    &["-L", "first", "-L", "data"],
    &["-w", "-L", "*d*"],
    &["-G", "second"],
    &["--globalize-symbol=third"],
    &["--prefix-symbols=pre_"],
    // `-G` goes by the old name, as in LLVM; in GNU's it goes by the new one.
    &["--redefine-sym=first=f", "-L", "data"],
    &["-N", "pointer_to_nothing"],
];

#[test]
fn the_same_names_and_classes_as_gnus() {
    for compiler in [GCC, CLANG_GNU, BIG] {
        let scratch = scratch();
        compile(&scratch, &compiler, "in", SOURCE);
        for flags in FLAGS {
            armend(&scratch, &[&["objcopy"], flags, &["in.o", "ours.o"]].concat());
            made(&scratch, "x86_64-w64-mingw32-objcopy", &[flags, &["in.o", "theirs.o"]].concat());
            // GNU's `--weaken` is for references too, which are null then, and its prefix for sections' own symbols.
            let [ours, theirs] = ["ours.o", "theirs.o"].map(|file| {
                let all = symbols(&scratch, file);
                let kept =
                    |line: &String| !line.contains(" pre_.") && (flags != ["--weaken"] || !line.ends_with(" needed"));
                all.into_iter().filter(kept).collect::<Vec<_>>()
            });
            assert_eq!(ours, theirs, "{flags:?}");
        }
    }
}

#[test]
fn what_is_local_links_and_runs() {
    let main = "#include <stdio.h>
int first(int x) { return 7 * x; } int needed(int x) { return x; } int data = 1000; int second(int);
int main(void) { printf(\"%d %d %d\\n\", second(3), first(1), data); return 0; }";
    for compiler in [GCC, CLANG_GNU] {
        let scratch = scratch();
        compile(&scratch, &compiler, "lib", SOURCE);
        compile(&scratch, &GCC, "main", main);
        for linker in LINKERS {
            assert!(link(&scratch, linker, "x86_64", &["main.o", "lib.o", "-o", "x.exe"]).code != Some(0));
        }
        armend(&scratch, &["objcopy", "-G", "second", "lib.o"]);
        for linker in LINKERS {
            link(&scratch, linker, "x86_64", &["main.o", "lib.o", "-o", "x.exe"]).succeeds();
            assert_eq!(prints(&scratch, "x.exe"), "6 7 1000\n", "{linker}");
        }
    }
}

/// A COMDAT section whose symbol is local is this object's alone: linkers would take another's for it.
#[test]
fn local_comdats_are_not_shared() {
    let inline = |value: &str, name: &str| {
        format!(
            "inline int shared(int x) {{ static int n = {value}; return n += x; }} extern \"C\" int {name}(int x) {{ return shared(x); }}"
        )
    };
    let main = "#include <stdio.h>\nint a(int), b(int); int main(void) { int x = a(1); printf(\"%d %d\\n\", x, b(1)); return 0; }";
    let clang = Compiler { program: "clang++", flags: &["--target=x86_64-w64-mingw32"] };
    for compiler in [GXX, clang] {
        let scratch = scratch();
        compile(&scratch, &compiler, "a", &inline("10", "a"));
        compile(&scratch, &compiler, "b", &inline("20", "b"));
        compile(&scratch, &GCC, "main", main);
        for linker in LINKERS {
            link(&scratch, linker, "x86_64", &["main.o", "a.o", "b.o", "-o", "x.exe"]).succeeds();
            assert_eq!(prints(&scratch, "x.exe"), "11 12\n", "{linker}: nothing to separate");
        }
        armend(&scratch, &["objcopy", "-G", "b", "b.o"]);
        for linker in LINKERS {
            link(&scratch, linker, "x86_64", &["main.o", "a.o", "b.o", "-o", "x.exe"]).succeeds();
            assert_eq!(prints(&scratch, "x.exe"), "11 21\n", "{linker}");
        }
    }
}

/// Symbols and sections that go away renumber what stays: the program still runs, and so do its exceptions.
#[test]
fn stripped_objects_link_and_run() {
    let source = "#include <stdexcept>\n#include <stdio.h>\ninline int f(int x) { if (x) throw std::runtime_error(\"x\"); return 1; }
int main() { try { f(1); } catch (std::exception &e) { printf(\"%s %d\\n\", e.what(), f(0)); } return 0; }";
    let clang = Compiler { program: "clang++", flags: &["--target=x86_64-w64-mingw32", "-g"] };
    for compiler in [Compiler { program: GXX.program, flags: &["-g"] }, clang] {
        let scratch = scratch();
        compile(&scratch, &compiler, "main", source);
        armend(&scratch, &["objcopy", "-g", "main.o"]);
        let sections = made(&scratch, "llvm-readobj", &["--sections", "main.o"]);
        assert!(!sections.contains("Name: .debug_info"), "{sections}");
        for linker in LINKERS {
            link(&scratch, linker, "x86_64", &["main.o", "-o", "x.exe"]).succeeds();
            assert_eq!(prints(&scratch, "x.exe"), "x 1\n", "{linker}");
        }
    }
}

#[test]
fn visibility_is_refused() {
    let scratch = scratch();
    compile(&scratch, &CLANG_MSVC, "in", SOURCE);
    let run = Run::of(&mut scratch.command(&["objcopy", "--set-symbol-visibility=first=protected", "in.o"]));
    assert!(run.code == Some(2) && run.stderr.contains("protected"), "{run}");
}
