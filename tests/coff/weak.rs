//! Weak definitions: what each linker makes of them, alone, beside a strong one, and from an archive.

use super::*;

fn objects() -> Scratch {
    let scratch = scratch();
    compile(&scratch, &GCC, "weak", "int f(void) { return 1; }");
    compile(&scratch, &GCC, "strong", "int f(void) { return 2; }");
    compile(
        &scratch,
        &GCC,
        "main",
        "#include <stdio.h>\nint f(void); int main(void) { printf(\"%d\\n\", f()); return 0; }",
    );
    scratch
}

#[test]
fn both_linkers_take_what_is_weakened() {
    let scratch = objects();
    armend(&scratch, &["objcopy", "--weaken", "weak.o"]);
    made(&scratch, "llvm-ar", &["rcs", "llvm.a", "weak.o"]);
    made(&scratch, "x86_64-w64-mingw32-ar", &["rcs", "gnu.a", "weak.o"]);
    let cases: [(&[&str], &str); 6] = [
        (&["main.o", "weak.o"], "1\n"),
        (&["weak.o", "main.o"], "1\n"),
        (&["main.o", "weak.o", "strong.o"], "2\n"),
        (&["main.o", "strong.o", "weak.o"], "2\n"),
        (&["main.o", "llvm.a"], "1\n"),
        (&["main.o", "gnu.a"], "1\n"),
    ];
    for linker in LINKERS {
        for (inputs, expected) in cases {
            link(&scratch, linker, "x86_64", &[inputs, &["-o", "x.exe"]].concat()).succeeds();
            assert_eq!(prints(&scratch, "x.exe"), expected, "{linker} {inputs:?}");
        }
    }
}

/// Why the form is not GNU objcopy's, nor the compilers': each fails in one linker. When this fails, one will do.
#[test]
fn neither_usual_form_does_in_both() {
    let scratch = objects();
    made(&scratch, "x86_64-w64-mingw32-objcopy", &["--weaken", "weak.o", "gnu.o"]);
    assert!(link(&scratch, "lld", "x86_64", &["main.o", "gnu.o", "-o", "x.exe"]).code != Some(0));
    compile(&scratch, &GCC, "compiler", "__attribute__((weak)) int f(void) { return 1; }");
    assert!(link(&scratch, "ld", "x86_64", &["main.o", "compiler.o", "-o", "x.exe"]).code != Some(0));
}

#[test]
fn weak_references_stay_zero() {
    let source = "int there(void); int a(void) { return there ? there() : 5; }";
    let main = "#include <stdio.h>\nint a(void); int main(void) { printf(\"%d\\n\", a()); return 0; }";
    for compiler in [GCC, CLANG_GNU] {
        let scratch = scratch();
        compile(&scratch, &compiler, "a", &source.replace("there ?", "(volatile void *)there ?"));
        compile(&scratch, &GCC, "main", main);
        for linker in LINKERS {
            assert!(link(&scratch, linker, "x86_64", &["main.o", "a.o", "-o", "x.exe"]).code != Some(0));
        }
        armend(&scratch, &["objcopy", "--weaken-symbol=there", "a.o"]);
        for linker in LINKERS {
            link(&scratch, linker, "x86_64", &["main.o", "a.o", "-o", "x.exe"]).succeeds();
        }
    }
}

/// What compilers write as weak is one symbol and what that falls back to: both are renamed, or become local.
#[test]
fn weak_definitions_of_compilers_are_isolated() {
    let source = "__attribute__((weak)) int yields(int x) { return x; } int a_run(int x) { return yields(x); }";
    for compiler in [GCC, CLANG_GNU, CLANG_MSVC, GCC_X86] {
        let scratch = scratch();
        compile(&scratch, &compiler, "a", source);
        made(&scratch, "llvm-ar", &["rcs", "a.a", "a.o"]);
        armend(&scratch, &["isolate", "a.a", "--keep", "a_run", "--tag", "mine", "-o", "renamed.a"]);
        let text = made(&scratch, "llvm-nm", &["renamed.a"]);
        assert!(text.contains("yields.mine\n") && !text.contains("yields\n"), "{text}");
        let globals = text.lines().filter(|line| line.contains(" T ") || line.contains(" D "));
        assert!(globals.into_iter().all(|line| line.ends_with(".mine") || line.ends_with("a_run")), "{text}");
        armend(&scratch, &["isolate", "a.a", "--keep", "a_run", "--by", "auto", "--tag", "mine", "-o", "local.a"]);
        let text = made(&scratch, "llvm-nm", &["local.a"]);
        assert!(text.contains(" t yields\n") || text.contains(" t _yields\n"), "{text}");
    }
}
