//! What `--pin` writes, and where: once, verified, in the archive's own flavour.

use std::process::Command;

use armend_test_support::{Run, Scratch, members, run_ok, samples, tool};
use goblin::elf::Elf;

use crate::{plugin, scratch};

const SOURCE: &str = "#include <sys/stat.h>\n#include <math.h>\n\
    int NAME_size(const char *p) { struct stat s; return stat(p, &s) ? -1 : (int)s.st_size; }\n\
    double NAME_power(double x) { return pow(x, 3); }\n";

/// `NAME.a` with one member that wants `stat` and `pow`.
fn archive(scratch: &Scratch, name: &str) {
    scratch.write(&format!("{name}.c"), SOURCE.replace("NAME", name));
    let (source, object) = (format!("{name}.c"), format!("{name}.o"));
    run_ok(Command::new(tool("gcc")).current_dir(scratch.folder()).args(["-O1", "-fPIC", "-c", &source]));
    scratch.write(&format!("{name}.a"), samples::archive_of(&[(&object, &scratch.read(&object))]));
}

#[track_caller]
fn run(scratch: &Scratch, arguments: &[&str]) -> Run {
    Run::of(&mut scratch.command(&[&["glibc"], arguments].concat()))
}

/// The undefined names of each member.
fn undefined(archive: &[u8]) -> Vec<Vec<String>> {
    let layout = members::layout(archive);
    let of_member = |member: &members::Member| {
        let elf = Elf::parse(&archive[member.data.clone()]).expect("goblin reads it");
        let symbols = elf.syms.iter().filter(|symbol| symbol.st_shndx == 0 && symbol.st_name != 0);
        symbols.map(|symbol| elf.strtab.get_at(symbol.st_name).unwrap().to_owned()).collect()
    };
    layout.members.iter().map(of_member).collect()
}

#[test]
fn a_second_run_changes_nothing() {
    let scratch = scratch();
    archive(&scratch, "one");
    run(&scratch, &["one.a", "--pin", "2.17", "--check"]).exits(1);
    run(&scratch, &["one.a", "--pin", "2.17"]).succeeds();
    let once = scratch.read("one.a");
    let [before, added] = &undefined(&once)[..] else { panic!("not two members") };
    assert!(before.contains(&"pow@GLIBC_2.2.5".to_owned()), "{before:?}");
    assert!(before.iter().any(|name| name.starts_with("stat.armend")), "{before:?}");
    assert_eq!(added, &["syscall"]);
    run(&scratch, &["one.a", "--pin", "2.17", "--check"]).exits(0);
    run(&scratch, &["one.a", "--pin", "2.17"]).succeeds();
    assert!(scratch.read("one.a") == once, "a second run changed it");
    // An older one still can be asked for.
    run(&scratch, &["one.a", "--pin", "2.5"]).succeeds();
    run(&scratch, &["one.a", "--floor"]).succeeds();
    // The members' symbols are in the index, and every reader sees them.
    let names = run_ok(Command::new(tool("nm")).arg("--print-armap").arg(scratch.path("one.a")));
    assert!(names.contains("one_size in one.o") && names.contains(" in armend-glibc.o"), "{names}");
}

#[test]
fn elsewhere_and_nowhere() {
    let scratch = scratch();
    archive(&scratch, "one");
    let before = scratch.snapshot();
    run(&scratch, &["one.a"]).succeeds();
    run(&scratch, &["one.a", "--pin", "2.17", "--dry-run"]).succeeds();
    run(&scratch, &["one.a", "--pin", "2.17", "--also-link"]).succeeds();
    assert!(scratch.snapshot() == before, "something was written");
    let original = scratch.read("one.a");
    run(&scratch, &["one.a", "--pin", "2.17", "-o", "out.a"]).succeeds();
    assert!(scratch.read("one.a") == original, "the input changed");
    let piped =
        Run::with_input(&mut scratch.command(&["glibc", "-", "--pin", "2.17", "-o", "-"]), &original).succeeds();
    assert!(piped.stdout == scratch.read("out.a"), "standard output has another result");
    assert_eq!(run(&scratch, &["one.a", "--floor"]).succeeds().text(), "2.33\n");
    assert_eq!(run(&scratch, &["one.a", "--pin", "2.17", "--floor", "--dry-run"]).succeeds().text(), "2.2.5\n");
    assert_eq!(run(&scratch, &["out.a", "--floor"]).succeeds().text(), "2.2.5\n");
}

/// Of several archives each brings what it needs, under the same names; they link together, and all of all of them.
#[test]
fn several_archives_at_once() {
    let scratch = scratch();
    ["one", "two"].iter().for_each(|name| archive(&scratch, name));
    run(&scratch, &["one.a", "two.a", "--pin", "2.17", "-o", "out/"]).succeeds();
    let main = "int one_size(char *), two_size(char *); double one_power(double);\n\
        int main(int c, char **v) { return one_size(v[0]) != two_size(v[0]) || one_size(\"/nowhere\") != -1 || one_power(c) != 1; }\n";
    scratch.write("main.c", main);
    for whole in [&[][..], &["-Wl,--whole-archive"]] {
        let mut gcc = Command::new(tool("gcc"));
        gcc.current_dir(scratch.folder()).arg("main.c").args(whole);
        gcc.args(["out/one.a", "out/two.a", "-Wl,--no-whole-archive", "-lm", "-o", "program"]);
        run_ok(&mut gcc);
        run_ok(&mut Command::new(scratch.path("program")));
    }
}

#[test]
fn in_the_flavour_of_bsd() {
    let scratch = scratch();
    archive(&scratch, "one");
    let mut ar = Command::new(tool("llvm-ar"));
    run_ok(ar.current_dir(scratch.folder()).args(["--format=bsd", "qcs", "bsd.a", "one.o"]));
    run(&scratch, &["bsd.a", "--pin", "2.17"]).succeeds();
    let bytes = scratch.read("bsd.a");
    assert!(bytes.starts_with(b"!<arch>\n#1/"), "another flavour");
    let names = run_ok(Command::new(tool("llvm-nm")).arg("--print-armap").arg(scratch.path("bsd.a")));
    assert!(names.contains("armend-glibc.o") && names.contains("U pow@GLIBC_2.2.5"), "{names}");
}

/// C++ reads whether there is one thread alone: that becomes data of the archive's own.
#[test]
fn data_of_its_own() {
    let scratch = scratch();
    let text = "#include <memory>\nint use(std::shared_ptr<int> p) { auto q = p; return *q; }\n";
    let object = samples::compile("g++", &["-O1", "-fPIC"], scratch.folder(), "shared.cc", text);
    scratch.write("lib.a", samples::archive(scratch.folder(), &[object]));
    assert_eq!(run(&scratch, &["lib.a", "--floor"]).succeeds().text(), "2.32\n");
    let run = run(&scratch, &["lib.a", "--pin", "2.17"]).succeeds();
    assert!(run.text().contains("1 name: __libc_single_threaded"), "{run}");
    scratch.write(
        "main.cc",
        "#include <memory>\nint use(std::shared_ptr<int>); int main() { return use(std::make_shared<int>(7)) != 7; }\n",
    );
    let compile = ["main.cc", "lib.a", "-o", "program"];
    run_ok(Command::new(tool("g++")).current_dir(scratch.folder()).args(compile));
    run_ok(&mut Command::new(scratch.path("program")));
}

/// As `docs/json.md` has it.
#[test]
fn json() {
    let scratch = scratch();
    archive(&scratch, "one");
    let run = run(&scratch, &["one.a", "--pin", "2.17", "--format", "json", "-o", "out.a"]).succeeds();
    let report: serde_json::Value = serde_json::from_str(run.text()).expect("JSON");
    let keys: Vec<&str> = report.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "also_link",
        "architecture",
        "archives",
        "changed",
        "first",
        "floor",
        "linked_against",
        "pin",
        "pinned_floor",
        "runtimes",
        "schema",
        "symbols",
        "verb",
    ];
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    assert_eq!((report["schema"].as_u64(), report["verb"].as_str()), (Some(1), Some("glibc")));
    let remedies: Vec<_> = report["symbols"]
        .as_array()
        .unwrap()
        .iter()
        .map(|symbol| {
            [&symbol["name"], &symbol["binds"], &symbol["remedy"], &symbol["members"][0]]
                .map(|v| v.as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(remedies, [["stat", "2.33", "function", "one.o"], ["pow", "2.29", "pinned", "one.o"]]);
    assert_eq!(report["archives"][0]["members_changed"], 1);
}

/// Isolated and pinned in one pass, and in two: what a linker sees is the same but for the tag.
#[test]
fn one_pass_is_two_passes() {
    let scratch = scratch();
    let archive = plugin::archive();
    let isolate = ["isolate", "--keep", "plugin_*", "--tag", "side"];
    let mut one = scratch.command(&isolate);
    let one = Run::of(one.args(["--glibc", "2.17", "-o", "one.a"]).arg(&archive)).succeeds();
    assert!(one.text().contains("glibc     needs glibc 2.17, needed 2.39"), "{one}");
    Run::of(scratch.command(&isolate).args(["-o", "two.a"]).arg(&archive)).succeeds();
    run(&scratch, &["two.a", "--pin", "2.17"]).succeeds();
    let untagged = |name: &str| {
        let cut = |name: String| {
            name.split_once(".side").or(name.split_once(".armend")).map_or(name.clone(), |(base, _)| base.to_owned())
        };
        undefined(&scratch.read(name))
            .into_iter()
            .map(|names| names.into_iter().map(cut).collect())
            .collect::<Vec<Vec<String>>>()
    };
    assert_eq!(untagged("one.a"), untagged("two.a"));
    Run::of(scratch.command(&isolate).args(["--glibc", "2.17", "--check", "one.a"])).exits(0);
}
