//! Objects for Microsoft's linker, by clang: three machines, every COMDAT selection, linked by lld-link.

use super::*;

const MACHINES: [(&str, &str); 3] = [("x86_64", "x64"), ("i686", "x86"), ("aarch64", "arm64")];

fn clang(scratch: &Scratch, machine: &str, name: &str, source: &str) {
    let file = format!("{name}.cc");
    scratch.write(&file, source);
    let target = format!("--target={machine}-pc-windows-msvc");
    let object = format!("{name}.obj");
    made(scratch, "clang++", &[&target, "-c", "-O1", "-fno-exceptions", "-fno-rtti", &file, "-o", &object]);
}

const FIRST: &str = r#"
extern int data;
inline int counted(int x) { static int n = 5; return n += x; }
struct Shape { virtual int area(int x) { return x; } };
int helper(int);
extern "C" int NAME(int x) { Shape s; Shape *volatile p = &s; return p->area(x) + counted(x) + helper(x) + data; }
"#;

#[test]
fn two_libraries_link_beside_each_other() {
    for (machine, lib_machine) in MACHINES {
        let scratch = scratch();
        for name in ["a", "b"] {
            clang(&scratch, machine, "one", &FIRST.replace("NAME", &format!("{name}_run")));
            clang(&scratch, machine, "two", "int data = 3; int helper(int x) { return x * data; }");
            let out = format!("{name}.lib");
            made(&scratch, "llvm-ar", &["--format=coff", "rcs", &out, "one.obj", "two.obj"]);
        }
        let arguments = |a: &str, b: &str| {
            let machine = format!("/machine:{lib_machine}");
            let words = ["/dll", "/noentry", "/nodefaultlib", "/force:unresolved", &machine, "/out:x.dll"];
            let prefix = if machine.ends_with("x86") { "_" } else { "" };
            let mut words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            words.extend(["a_run", "b_run"].map(|name| format!("/include:{prefix}{name}")));
            words.extend([format!("/wholearchive:{a}"), format!("/wholearchive:{b}")]);
            words
        };
        let link =
            |words: Vec<String>| Run::of(Command::new(tool("lld-link")).current_dir(scratch.folder()).args(words));
        let before = link(arguments("a.lib", "b.lib"));
        assert!(before.stderr.contains("duplicate symbol"), "{machine}: nothing to mend: {before}");
        armend(&scratch, &["isolate", "a.lib", "--keep", "a_run", "--tag", "mine"]);
        armend(&scratch, &["isolate", "a.lib", "--keep", "a_run", "--tag", "mine", "--check"]);
        let after = link(arguments("a.lib", "b.lib"));
        assert!(!after.stderr.contains("duplicate symbol"), "{machine}: {after}");
        armend(&scratch, &["isolate", "b.lib", "--keep", "b_run", "--by", "auto", "--tag", "yours"]);
        let after = link(arguments("a.lib", "b.lib"));
        assert!(
            !after.stderr.contains("duplicate symbol") && !after.stderr.contains("undefined symbol"),
            "{machine}: {after}"
        );
    }
}

/// A definition for each way to choose, with a section that goes with it.
fn selections(value: &str) -> String {
    let kinds = ["discard", "one_only", "same_size", "same_contents", "largest"];
    let section = |kind: &&str| {
        format!(
            ".section .rdata,\"dr\",{kind},of_{kind}\n.globl of_{kind}\nof_{kind}: .long {value}\n\
             .section .xdata,\"dr\",associative,of_{kind}\n.long {value}\n"
        )
    };
    let uses = kinds.map(|kind| format!(".rva of_{kind}\n")).concat();
    format!("{}\n.section .rdata,\"dr\"\n.globl NAME\nNAME:\n{uses}", kinds.iter().map(section).collect::<String>())
}

#[test]
fn comdats_of_every_selection() {
    for method in ["rename", "localize"] {
        let scratch = scratch();
        for (name, value) in [("a", "1"), ("b", "2")] {
            scratch.write(&format!("{name}.s"), selections(value).replace("NAME", &format!("{name}_table")));
            let object = format!("{name}.o");
            made(&scratch, "clang", &["--target=x86_64-pc-windows-msvc", "-c", &format!("{name}.s"), "-o", &object]);
            made(&scratch, "llvm-ar", &["rcs", &format!("{name}.a"), &object]);
        }
        let arguments = ["/dll", "/noentry", "/nodefaultlib", "/wholearchive:a.a", "/wholearchive:b.a", "/out:x.dll"];
        let link = || Run::of(Command::new(tool("lld-link")).current_dir(scratch.folder()).args(arguments));
        let before = link();
        for kind in ["one_only", "same_contents"] {
            assert!(before.stderr.contains(&format!("duplicate symbol: of_{kind}")), "nothing to mend: {before}");
        }
        for name in ["a", "b"] {
            let (archive, table) = (format!("{name}.a"), format!("{name}_table"));
            armend(&scratch, &["isolate", &archive, "--keep", &table, "--by", method]);
        }
        link().succeeds();
        // Each library's table refers to five places of its own.
        let dump = made(&scratch, "llvm-readobj", &["--sections", "--section-data", "x.dll"]);
        assert!(dump.contains(".rdata"), "{dump}");
        let objects = made(&scratch, "llvm-readobj", &["--symbols", "a.a"]);
        for selection in ["Any", "NoDuplicates", "SameSize", "ExactMatch", "Largest"] {
            // A local symbol's section is this object's alone.
            let chosen = objects.contains(&format!("Selection: {selection}"));
            assert_eq!(chosen, method == "rename", "{selection}: {objects}");
        }
        assert_eq!(objects.matches("Selection: Associative").count(), 5, "{objects}");
    }
}
