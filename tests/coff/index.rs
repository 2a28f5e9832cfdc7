//! The index of COFF archives, beside that of llvm-lib and llvm-ar, byte for byte; import members in it, and what stays.

use super::*;

const DEFINITION: &str = "LIBRARY lib.dll\nEXPORTS\n  call\n  data DATA\n  fixed CONSTANT\n";
const SOURCE: &str =
    "int tentative; int data = 1; static int own; __attribute__((weak)) int yields(void) { return own; }
extern __attribute__((weak)) int perhaps(void); int call(void); __declspec(dllimport) int imported(void);
int run(void) { return tentative + data + yields() + (perhaps ? perhaps() : 0) + call() + imported(); }";

#[test]
fn index_is_llvms() {
    for (machine, compiler) in [("x64", CLANG_MSVC), ("x64", CLANG_GNU), ("x64", BIG), ("x86", GCC_X86)] {
        let scratch = scratch();
        compile(&scratch, &compiler, "a_member_of_a_long_name", SOURCE);
        scratch.write("lib.def", DEFINITION);
        let machine = format!("/machine:{machine}");
        made(&scratch, "llvm-lib", &["/def:lib.def", "/out:imports.lib", &machine]);
        made(&scratch, "llvm-lib", &["/out:theirs.lib", "a_member_of_a_long_name.o", "imports.lib"]);
        let theirs = scratch.read("theirs.lib");
        // The same members without an index, and with one that names nothing.
        made(&scratch, "llvm-ar", &["--format=coff", "qcS", "ours.lib", "a_member_of_a_long_name.o"]);
        armend(&scratch, &["index", "theirs.lib", "--check"]);
        armend(&scratch, &["index", "theirs.lib", "-o", "again.lib"]);
        assert!(scratch.read("again.lib") == theirs, "{machine}: another index than llvm-lib's");
        // Not theirs any more: the names of the last entry cut off by one byte.
        let mut stale = theirs.clone();
        let at = stale
            .windows(5)
            .position(|bytes| bytes == b"\0run\0")
            .or_else(|| stale.windows(6).position(|bytes| bytes == b"\0_run\0"));
        stale[at.expect("the name in the index") + 2] = b'x';
        scratch.write("stale.lib", &stale);
        armend(&scratch, &["index", "stale.lib"]);
        assert!(scratch.read("stale.lib") == theirs, "{machine}: a stale index is not mended");
    }
}

#[test]
fn imports_stay() {
    let scratch = scratch();
    compile(&scratch, &CLANG_MSVC, "a", SOURCE);
    scratch.write("lib.def", DEFINITION);
    made(&scratch, "llvm-lib", &["/def:lib.def", "/out:imports.lib", "/machine:x64"]);
    made(&scratch, "llvm-lib", &["/out:all.lib", "a.o", "imports.lib"]);
    let run = armend(&scratch, &["isolate", "all.lib", "--keep", "run", "--tag", "mine", "-v"]);
    let after = made(&scratch, "llvm-nm", &["--print-armap", "all.lib"]);
    for name in
        ["__imp_call", "call", "__imp_data", "__imp_fixed", "fixed", "__NULL_IMPORT_DESCRIPTOR", "run", "data.mine"]
    {
        assert!(after.contains(&format!("\n{name} in ")), "{name}: {run} {after}");
    }
    assert!(!after.contains("__imp_call.mine") && !after.contains("DESCRIPTOR.mine"), "{after}");
    let report = armend(&scratch, &["explain", "call", "all.lib"]);
    assert!(report.text().contains("a DLL gives it"), "{report}");
}

/// dlltool's imports are objects: their tables hang together by names.
#[test]
fn long_imports_stay() {
    let scratch = scratch();
    scratch.write("lib.def", DEFINITION);
    made(&scratch, "x86_64-w64-mingw32-dlltool", &["-d", "lib.def", "-l", "imports.a"]);
    compile(
        &scratch,
        &GCC,
        "a",
        "int call(void); int helper(void) { return call(); } int a_run(void) { return helper(); }",
    );
    made(&scratch, "llvm-ar", &["rcs", "a.a", "a.o"]);
    scratch.write("merge.mri", "CREATE all.a\nADDLIB a.a\nADDLIB imports.a\nSAVE\nEND\n");
    let script = std::fs::File::open(scratch.path("merge.mri")).expect("the script");
    run_ok(Command::new(tool("llvm-ar")).current_dir(scratch.folder()).arg("-M").stdin(script));
    armend(&scratch, &["isolate", "all.a", "--keep", "a_run", "--tag", "mine"]);
    let after = made(&scratch, "llvm-nm", &["all.a"]);
    assert!(
        after.contains("helper.mine") && !after.contains("_head_lib_dll.mine") && !after.contains("call.mine"),
        "{after}"
    );
    compile(&scratch, &GCC, "main", "int a_run(void); int main(void) { return a_run(); }");
    for linker in LINKERS {
        link(&scratch, linker, "x86_64", &["main.o", "all.a", "-o", "x.exe"]).succeeds();
        let imports = made(&scratch, "llvm-readobj", &["--coff-imports", "x.exe"]);
        assert!(imports.contains("Name: lib.dll") && imports.contains("Symbol: call"), "{linker}: {imports}");
    }
}

/// `__imp_NAME` of a definition that turns out to be in the archive follows it.
#[test]
fn references_to_import_cells_follow() {
    let scratch = scratch();
    compile(&scratch, &CLANG_MSVC, "a", "__declspec(dllimport) int near(void); int a_run(void) { return near(); }");
    compile(&scratch, &CLANG_MSVC, "b", "int near(void) { return 1; }");
    made(&scratch, "llvm-ar", &["rcs", "a.a", "a.o", "b.o"]);
    for method in ["rename", "auto"] {
        let out = format!("{method}.a");
        armend(&scratch, &["isolate", "a.a", "--keep", "a_run", "--by", method, "--tag", "mine", "-o", &out]);
        let after = made(&scratch, "llvm-nm", &[&out]);
        assert!(after.contains("U __imp_near.mine") && after.contains("T near.mine"), "{method}: {after}");
        made(
            &scratch,
            "lld-link",
            &["/dll", "/noentry", "/nodefaultlib", &format!("/wholearchive:{out}"), "/out:x.dll"],
        );
    }
}
