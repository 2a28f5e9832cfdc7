//! Isolated archives of MinGW: two libraries of the same names in one program, run; and what a DLL exports.

use super::*;

/// C++ with all that COFF has a form of its own for: inline functions and their variables, exceptions, thread-local,
/// weak and tentative variables, weak references, data of another member.
const FIRST: &str = r#"
#include <stdexcept>
struct Shape { virtual ~Shape() {} virtual int area(int x) { return x + BASE; } };
inline int counted(int x) { static int n = BASE; return n += x; }
extern int shared_data;
extern "C" int helper(int);
thread_local int mine = 3;
static int fails(int x) { if (x == 7) throw std::runtime_error("seven"); return 0; }
extern "C" int EXPORT(int x) {
    Shape shape;
    mine += x;
    try { fails(x); } catch (const std::runtime_error &) { return -BASE; }
    return shape.area(x) + counted(x) + helper(x) + shared_data + mine;
}
"#;
const SECOND: &str = r#"
int shared_data = BASE;
int tentative;
__attribute__((weak)) int yields(int x) { return x; }
extern __attribute__((weak)) int perhaps(int);
int helper(int x) { tentative++; return (perhaps ? perhaps(x) : 0) + yields(x) + 2 * x; }
"#;
const MAIN: &str = r#"
#include <stdio.h>
int a_run(int), b_run(int), shared_data = 1, tentative = 2;
int helper(int x) { return x; }
int perhaps(int x) { return 10000 * x; }
int main(void) {
    printf("%d ", a_run(1));
    printf("%d ", a_run(7));
    printf("%d ", b_run(1));
    printf("%d ", b_run(7));
    printf("%d %d\n", helper(shared_data), tentative);
    return 0;
}
"#;

/// An archive of the library whose numbers are `base`.
fn library(scratch: &Scratch, machine: &str, name: &str, base: &str) {
    let (gxx, gcc) = if machine == "x86_64" { (GXX, GCC) } else { (GXX_X86, GCC_X86) };
    let define = |source: &str| source.replace("BASE", base).replace("EXPORT", &format!("{name}_run"));
    let names = [format!("{name}1"), format!("{name}2")];
    compile(scratch, &gxx, &names[0], &define(FIRST));
    compile(scratch, &gcc, &names[1], &define(SECOND));
    let members = names.map(|name| format!("{name}.o"));
    let archive = format!("{machine}-w64-mingw32-ar");
    made(scratch, &archive, &["rcs", &format!("{name}.a"), &members[0], &members[1]]);
}

fn two_libraries(machine: &str) -> Scratch {
    let scratch = scratch();
    library(&scratch, machine, "a", "100");
    library(&scratch, machine, "b", "200");
    let gcc = if machine == "x86_64" { GCC } else { GCC_X86 };
    compile(&scratch, &gcc, "main", MAIN);
    scratch
}

#[test]
fn two_libraries_and_a_host_of_the_same_names() {
    for machine in ["x86_64", "i686"] {
        let scratch = two_libraries(machine);
        for linker in LINKERS {
            let run = link(&scratch, linker, machine, &["main.o", "a.a", "b.a", "-o", "before.exe"]);
            assert!(run.code != Some(0), "{linker} {machine}: nothing to mend");
        }
        for name in ["a", "b"] {
            let archive = format!("{name}.a");
            armend(&scratch, &["isolate", &archive, "--keep", "*_run"]);
            armend(&scratch, &["isolate", &archive, "--keep", "*_run", "--check"]);
        }
        for linker in LINKERS {
            let program = format!("{linker}.exe");
            link(&scratch, linker, machine, &["main.o", "a.a", "b.a", "-o", &program]).succeeds();
            // wine64 runs no 32-bit programs.
            if machine == "x86_64" {
                // area 101 + counted 101 + helper 10003 + shared_data 100 + mine 4, and the same of 200.
                assert_eq!(prints(&scratch, &program), "10309 -100 10609 -200 1 2\n", "{linker}");
            }
        }
    }
}

#[test]
fn every_method_links_and_runs() {
    for method in ["auto", "rename"] {
        let scratch = two_libraries("x86_64");
        armend(&scratch, &["isolate", "a.a", "--keep", "a_run", "--by", method]);
        armend(&scratch, &["isolate", "b.a", "--keep", "b_run"]);
        for linker in LINKERS {
            link(&scratch, linker, "x86_64", &["main.o", "a.a", "b.a", "-o", "x.exe"]).succeeds();
            assert_eq!(prints(&scratch, "x.exe"), "10309 -100 10609 -200 1 2\n", "{linker} {method}");
        }
        if method != "rename" {
            let all = symbols(&scratch, "a.a").join("\n");
            // The inline function's variable is one member's own.
            assert!(all.contains("d _ZZ7countediE1n\n"), "{method}: {all}");
        }
    }
}

#[test]
fn a_dll_exports_what_is_kept() {
    let source = "int tentative; int other(void) { return tentative; } int a_run(void) { return other(); }";
    for (compiler, machine) in [(GCC, "x86_64"), (CLANG_GNU, "x86_64"), (GCC_X86, "i686"), (BIG, "x86_64")] {
        for linker in LINKERS {
            let scratch = scratch();
            compile(&scratch, &compiler, "a", source);
            made(&scratch, "llvm-ar", &["rcs", "a.a", "a.o"]);
            let arguments = ["-shared", "-Wl,--whole-archive", "a.a", "-Wl,--no-whole-archive", "-o", "a.dll"];
            link(&scratch, linker, machine, &arguments).succeeds();
            assert_eq!(exports(&scratch, "a.dll"), ["a_run", "other", "tentative"], "{linker}");
            armend(&scratch, &["isolate", "a.a", "--keep", "a_run", "--tag", "mine"]);
            link(&scratch, linker, machine, &arguments).succeeds();
            assert_eq!(exports(&scratch, "a.dll"), ["a_run"], "{linker}");
            armend(&scratch, &["isolate", "a.a", "--keep", "a_run", "--tag", "mine", "--check"]);
        }
    }
}

/// A registry as `linkme` makes it for Windows.
#[test]
fn registries_become_the_archives_own() {
    let registry = |value: &str, name: &str| {
        format!(
            "#define IN(x) __attribute__((section(x), used))\n\
             static int first[0] IN(\".set_X$a\"); static int last[0] IN(\".set_X$c\");\n\
             static int entry IN(\".set_X$b\") = {value};\n\
             int {name}(void) {{ int sum = 0; volatile int *at = first; for (; at < last; at++) sum += *at; return sum; }}\n"
        )
    };
    let main =
        "#include <stdio.h>\nint a_run(void), b_run(void); int main(void) { printf(\"%d %d\\n\", a_run(), b_run()); }";
    for linker in LINKERS {
        let scratch = scratch();
        compile(&scratch, &GCC, "a", &registry("1", "a_run"));
        compile(&scratch, &GCC, "b", &registry("2", "b_run"));
        compile(&scratch, &GCC, "main", main);
        for name in ["a", "b"] {
            made(&scratch, "llvm-ar", &["rcs", &format!("{name}.a"), &format!("{name}.o")]);
        }
        link(&scratch, linker, "x86_64", &["main.o", "a.a", "b.a", "-o", "x.exe"]).succeeds();
        assert_eq!(prints(&scratch, "x.exe"), "3 3\n", "{linker}: nothing to separate");
        armend(&scratch, &["isolate", "a.a", "--keep", "a_run", "--tag", "mine"]);
        link(&scratch, linker, "x86_64", &["main.o", "a.a", "b.a", "-o", "x.exe"]).succeeds();
        assert_eq!(prints(&scratch, "x.exe"), "1 2\n", "{linker}");
        let sections = made(&scratch, "llvm-readobj", &["--sections", "a.a"]);
        assert!(sections.contains(".set_X_mine$a") && !sections.contains(".set_X$"), "{sections}");
    }
}
