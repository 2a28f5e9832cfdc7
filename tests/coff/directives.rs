//! `.drectve`: options follow the symbols that they name.

use super::*;

fn directives(scratch: &Scratch, file: &str) -> String {
    let text = made(scratch, "llvm-readobj", &["--string-dump=.drectve", file]);
    let lines = text.lines().filter_map(|line| line.split_once("]  ")).map(|(_, directives)| directives.trim());
    lines.collect::<Vec<_>>().join(" ")
}

const SOURCE: &str = "
#define EXPORT __attribute__((dllexport))
EXPORT int kept(void) { return 1; }
EXPORT int other(void) { return 2; }
__asm__(\".section .drectve,\\\"yn\\\"\\n.ascii \\\" /include:other /alternatename:absent=other /EXPORT:out=other \\\"\\n.text\\n\");
";

#[test]
fn names_in_options_follow() {
    let scratch = scratch();
    compile(&scratch, &CLANG_MSVC, "a", SOURCE);
    let before = directives(&scratch, "a.o");
    assert!(before.contains("/EXPORT:kept") && before.contains("/EXPORT:other"), "{before}");
    armend(&scratch, &["objcopy", "--redefine-sym", "other=another", "a.o", "b.o"]);
    assert_eq!(directives(&scratch, "b.o"), before.replace("other", "another"));
    made(&scratch, "llvm-ar", &["rcs", "a.a", "a.o"]);
    armend(&scratch, &["isolate", "a.a", "--keep", "kept", "--tag", "mine"]);
    // What is private is no longer exported.
    let expected = before.replace("/EXPORT:other", "").replace("/EXPORT:out=other", "");
    let expected = expected.replace(":other", ":\"other.mine\"").replace("=other", "=\"other.mine\"");
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&directives(&scratch, "a.a")), words(&expected));
    made(&scratch, "lld-link", &["/dll", "/noentry", "/nodefaultlib", "/wholearchive:a.a", "/out:a.dll"]);
    assert_eq!(exports(&scratch, "a.dll"), ["kept"]);
}

/// A member may name what another one defines.
#[test]
fn names_of_other_members_follow() {
    let scratch = scratch();
    compile(&scratch, &CLANG_MSVC, "a", "int kept(void) { return 1; }\n#pragma comment(linker, \"/include:needed\")\n");
    compile(&scratch, &CLANG_MSVC, "b", "int needed(void) { return 2; }");
    made(&scratch, "llvm-ar", &["rcs", "a.a", "a.o", "b.o"]);
    armend(&scratch, &["isolate", "a.a", "--keep", "kept", "--tag", "mine"]);
    let after = directives(&scratch, "a.a");
    assert!(after.contains("/include:\"needed.mine\""), "{after}");
    let arguments = ["/dll", "/noentry", "/nodefaultlib", "/include:kept", "a.a", "/out:a.dll", "/map:a.map"];
    made(&scratch, "lld-link", &arguments);
    assert!(String::from_utf8_lossy(&scratch.read("a.map")).contains("needed.mine"));
}

#[test]
fn hide_is_for_mingw() {
    let scratch = scratch();
    compile(
        &scratch,
        &CLANG_MSVC,
        "a",
        "__declspec(dllexport) int kept(void) { return 1; } int other(void) { return 2; }",
    );
    made(&scratch, "llvm-ar", &["rcs", "a.a", "a.o"]);
    Run::of(&mut scratch.command(&["isolate", "a.a", "--keep", "kept", "--by", "hide"])).refuses(&["a.a", "hide"]);
    compile(&scratch, &GCC, "a", "int kept(void) { return 1; } int other(void) { return 2; }");
    made(&scratch, "llvm-ar", &["rcs", "gnu.a", "a.o"]);
    armend(&scratch, &["isolate", "gnu.a", "--keep", "kept", "--by", "hide"]);
    assert_eq!(directives(&scratch, "gnu.a"), "-exclude-symbols:other");
    armend(&scratch, &["exports", "--restore", "gnu.a", "--keep", "other"]);
    assert_eq!(directives(&scratch, "gnu.a"), "");
}
