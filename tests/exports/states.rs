//! Each state, made by compilers and by objcopy, reported as what it is.

use std::process::Command;

use armend_test_support::samples::archive_of;
use armend_test_support::{Lto, Scratch, run_ok, tool};

use crate::archive::{demo, header, lame, linker_plugin_lto, member_of};
use crate::{export, exports, names, run, scratch, states};

/// `lib.a` with an export in each state: `js_part`, of another crate, is in a raw bitcode member.
fn motley(scratch: &Scratch) {
    let archive = lame(scratch);
    let bitcode = linker_plugin_lto();
    let ar = || Command::new(tool("llvm-ar"));
    let member = member_of(&bitcode, "parts");
    run_ok(ar().arg("d").arg(&archive).arg(member_of(&archive, "parts")));
    run_ok(ar().current_dir(scratch.folder()).arg("x").arg(&bitcode).arg(&member));
    run_ok(ar().current_dir(scratch.folder()).arg("q").arg(&archive).arg(&member));
}

#[test]
fn an_export_in_each_state() {
    let scratch = scratch();
    motley(&scratch);
    let (code, report) = exports(&scratch, &["lib.a", "--require", &header()]);
    let expected = [
        ("js_free", "hidden"),
        ("js_lost", "missing"),
        ("js_part", "bitcode-only"),
        ("js_plain", "missing"),
        ("js_sum", "global"),
        ("js_text", "local"),
        ("js_version", "weak"),
    ];
    assert_eq!((code, states(&report)), (1, expected.to_vec()));
    let unmet: Vec<_> = expected.iter().map(|(name, _)| *name).filter(|name| *name != "js_sum").collect();
    assert_eq!(names(&report, "unmet"), unmet);
    let archive = scratch.path("lib.a");
    for (name, krate) in [("js_sum", "demo"), ("js_text", "demo"), ("js_part", "parts")] {
        let member = format!("lib.a({})", member_of(&archive, krate));
        assert_eq!(export(&report, name)["definitions"][0]["member"], member.as_str());
        assert_eq!(export(&report, name)["indexed"], name != "js_text", "{name}");
    }

    // Text names each as well, and what to do.
    let text = run(&scratch, &["exports", "lib.a", "--require", &header()]).exits(1);
    for (name, state) in expected {
        let line = text.text().lines().find(|line| line.split_whitespace().nth(1) == Some(name)).expect("a line each");
        assert!(line.trim_start().starts_with(state), "{line}");
    }
    let said = text.text().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("armend exports --restore lib.a --keep js_free --keep js_text"), "{text}");
    assert!(text.text().contains("js_text (local), js_version (weak)"), "{text}");
    assert!(text.text().contains("here are demo, parts"), "{text}");
}

#[test]
fn without_names_the_exports_are_found() {
    let scratch = scratch();
    std::fs::copy(demo(Lto::Off), scratch.path("lib.a")).expect("copy");
    let (code, report) = exports(&scratch, &["lib.a"]);
    let all = ["js_free", "js_part", "js_sum", "js_text", "js_version"].map(|name| (name, "global"));
    assert_eq!((code, states(&report)), (0, all.to_vec()));
    let (_, report) = exports(&scratch, &["lib.a", "--keep", "!js_s*"]);
    assert_eq!(states(&report).len(), all.len() - 1);
    // What is beside those that are named is said, too.
    let (_, report) = exports(&scratch, &["lib.a", "--keep", "js_s*"]);
    assert_eq!(states(&report), [("js_sum", "global")]);
    assert_eq!(names(&report, "unlisted"), ["js_free", "js_part", "js_text", "js_version"]);
}

#[test]
fn a_missing_export_says_why() {
    let scratch = scratch();
    let parts = scratch.write(
        "why.cc",
        "extern \"C\" void js_wanted(); void js_cxx(int) { js_wanted(); } extern \"C\" void _js_apple() {}\n\
         extern \"C\" void js_private() {} extern \"C\" void js_open() {}",
    );
    run_ok(Command::new(tool("g++")).args(["-c", "-o"]).arg(scratch.path("why.o")).arg(parts));
    scratch.write("lib.a", archive_of(&[("why.o", &scratch.read("why.o"))]));
    run(&scratch, &["isolate", "lib.a", "--keep", "js_open", "--keep", "_js_apple", "--keep", "_Z*"]).succeeds();
    let wanted = ["js_cxx", "js_wanted", "js_apple", "js_private", "js_opne", "zzz"];
    let arguments: Vec<_> = wanted.iter().flat_map(|name| ["--keep", name]).collect();
    let (code, report) = exports(&scratch, &[&["lib.a"], &arguments[..]].concat());
    assert_eq!(code, 0);
    let note = |name: &str, words: &str| {
        let notes = export(&report, name)["notes"].to_string();
        assert!(notes.contains(words), "{name}: {notes}");
    };
    note("js_cxx", "extern \\\"C\\\" is missing");
    note("js_wanted", "referred to, and nothing here defines it: by lib.a(why.o)");
    note("js_apple", "_js_apple is there");
    note("js_private", "isolate made it private, as js_private.armend");
    note("js_opne", "similar: js_open");
    note("zzz", "nothing here defines it or refers to it");

    std::fs::copy(demo(Lto::Off), scratch.path("lib.a")).expect("copy");
    let (_, report) =
        exports(&scratch, &["lib.a", "--keep", "js_plain", "--keep", "js_none_*", "--keep", "unwrap_failed"]);
    let plain = export(&report, "js_plain")["notes"].to_string();
    assert!(plain.contains("parts::js_plain is there, mangled: #[unsafe(no_mangle)] is missing"), "{plain}");
    assert_eq!(export(&report, "js_none_*")["notes"][0], "no definition matches");
    // core's function of that name is none that somebody forgot to export.
    assert_eq!(export(&report, "unwrap_failed")["notes"][0], "nothing here defines it or refers to it");
    assert_eq!(run(&scratch, &["exports", "lib.a", "--require-pattern", "js_none_*"]).code, Some(1));
}

/// isolate checks in the same pass, and writes nothing then.
#[test]
fn isolate_requires_exports() {
    let scratch = scratch();
    lame(&scratch);
    let before = scratch.read("lib.a");
    let isolate = ["isolate", "lib.a", "--keep", "js_sum", "--require-exports"];
    let said = [
        "js_free (hidden)",
        "js_lost (missing)",
        "js_part (would become private)",
        "js_text (local)",
        "js_version (weak)",
    ];
    run(&scratch, &[&isolate[..], &[&header()]].concat()).refuses(&said);
    assert_eq!(scratch.read("lib.a"), before);
    scratch.write("list.txt", "js_sum\n");
    run(&scratch, &[&isolate[..], &["list.txt"]].concat()).succeeds();
    assert_eq!(states(&exports(&scratch, &["lib.a"]).1), [("js_sum", "global")]);
}

/// A wildcard is no net for what compilers make of a function, and a name in full is.
#[test]
fn wildcards_leave_out_what_compilers_split_off() {
    let scratch = scratch();
    let source = "int js_all(void) { return 1; }\n__asm__(\".type js_all.cold, @function\\njs_all.cold: ret\");";
    scratch.write("split.c", source);
    run_ok(Command::new(tool("gcc")).current_dir(scratch.folder()).args(["-c", "split.c"]));
    scratch.write("lib.a", archive_of(&[("split.o", &scratch.read("split.o"))]));
    assert_eq!(states(&exports(&scratch, &["lib.a", "--keep", "js_*"]).1), [("js_all", "global")]);
    assert_eq!(states(&exports(&scratch, &["lib.a", "--keep", "js_all.cold"]).1), [("js_all.cold", "local")]);
}

/// What cannot be read is not called missing without a word.
#[test]
fn what_cannot_be_read_is_said() {
    let scratch = scratch();
    scratch.write("lib.c", "int js_run(void) { return 1; }");
    let compile = |compiler: &str, flags: &[&str]| {
        let mut compiler = Command::new(tool(compiler));
        run_ok(compiler.current_dir(scratch.folder()).args(flags).args(["-c", "lib.c", "-o", "lib.o"]));
        scratch.write("lib.a", archive_of(&[("lib.o", &scratch.read("lib.o"))]));
    };
    compile("gcc", &["-flto", "-fno-fat-lto-objects"]);
    let (_, report) = exports(&scratch, &["lib.a", "--keep", "js_run"]);
    let notes = export(&report, "js_run")["notes"].to_string();
    assert!(notes.contains("lib.a(lib.o) is GCC's bytecode alone"), "{notes}");
    assert_eq!(states(&exports(&scratch, &["lib.a"]).1), [], "GCC's mark is no export");
    compile("gcc", &["-flto", "-ffat-lto-objects"]);
    assert_eq!(states(&exports(&scratch, &["lib.a"]).1), [("js_run", "global")]);
}

#[test]
fn options_of_restore_alone_are_refused_without_it() {
    let scratch = scratch();
    std::fs::copy(demo(Lto::Off), scratch.path("lib.a")).expect("copy");
    for option in [&["-o", "out.a"][..], &["--check"], &["--dry-run"]] {
        run(&scratch, &[&["exports", "lib.a"], option].concat()).refuses(&["--restore"]);
    }
    run(&scratch, &["exports", "gone.a"]).refuses(&["gone.a"]);
    scratch.write("empty.txt", "# nothing\n");
    run(&scratch, &["exports", "lib.a", "--require", "empty.txt"]).refuses(&["empty.txt", "names no export"]);
}
