//! The flags that change symbols.

use goblin::elf::sym::{STV_DEFAULT, STV_HIDDEN, STV_INTERNAL, STV_PROTECTED};

use crate::{Symbols, edited, objcopy, with_object};

#[test]
fn weaken() {
    let all = edited(&["--weaken"]);
    for name in ["start", "helper", "only", "secret", "shared"] {
        assert_eq!(all.binding(name), "weak", "{name}");
    }
    assert_eq!((all.binding("elsewhere"), all.binding("quiet")), ("global", "local"));
    let named = edited(&["--weaken-symbol", "start", "-W", "elsewhere", "-Wquiet", "--weaken-symbol=only"]);
    // By name, references become weak too.
    assert_eq!(named.all("weak"), ["elsewhere", "grouped", "only", "perhaps", "start", "yielding"]);
    assert_eq!(named.binding("quiet"), "local");
}

#[test]
fn globalize() {
    let symbols = edited(&["--globalize-symbol=quiet", "--globalize-symbol=yielding", "--globalize-symbol=perhaps"]);
    assert_eq!((symbols.binding("quiet"), symbols.binding("yielding")), ("global", "global"));
    // What is not defined here stays a reference of its kind.
    assert_eq!(symbols.binding("perhaps"), "weak");
    assert_eq!(edited(&["--globalize-symbol", "only"]).binding("only"), "global");
}

#[test]
fn localize() {
    let symbols = edited(&["-L", "helper", "-Lshared", "--localize-symbol=elsewhere", "-L", "yielding"]);
    assert_eq!((symbols.binding("helper"), symbols.binding("yielding")), ("local", "local"));
    // Neither a reference nor a tentative definition can be.
    assert_eq!((symbols.binding("elsewhere"), symbols.binding("shared")), ("global", "global"));
    let hidden = edited(&["--localize-hidden"]);
    assert_eq!(
        (hidden.binding("secret"), hidden.binding("inner"), hidden.binding("start")),
        ("local", "local", "global")
    );
    // What was hidden says so still.
    assert_eq!((hidden.visibility("secret"), hidden.visibility("inner")), (STV_HIDDEN, STV_INTERNAL));
}

#[test]
fn keep_global() {
    let symbols = edited(&["-G", "start", "--keep-global-symbol=yielding"]);
    assert_eq!(symbols.all("global"), ["elsewhere", "start"]);
    assert_eq!(symbols.all("weak"), ["perhaps", "yielding"]);
    // Also what --localize-symbol leaves alone.
    assert_eq!(symbols.binding("shared"), "local");
    let both = edited(&["-G", "start", "--globalize-symbol", "quiet"]);
    assert_eq!(both.all("global"), ["elsewhere", "quiet", "start"]);
}

#[test]
fn rename() {
    let symbols = edited(&["--redefine-sym", "start=begin", "--redefine-sym=elsewhere=there", "--redefine-sym", "x=y"]);
    assert!(symbols.has("begin") && symbols.has("there") && !symbols.has("start") && !symbols.has("elsewhere"));
    // Rules look at the old name, renames come last, and a prefix in front of them.
    let symbols = edited(&["--redefine-sym", "start=begin", "--weaken-symbol", "start", "--prefix-symbols", "p_"]);
    assert_eq!(symbols.binding("p_begin"), "weak");
    assert!(symbols.has("p_source.s") && symbols.has("p_elsewhere") && !symbols.has("elsewhere"));
    // The last prefix counts, and an empty one is none.
    assert!(edited(&["--prefix-symbols=a_", "--prefix-symbols="]).has("start"));
}

#[test]
fn renames_from_a_file() {
    let scratch = with_object();
    scratch.write("names", "# pairs\n  start   begin # the first\n\nhelper\taide\nstart other\n");
    objcopy(&scratch, &["--redefine-syms=names", "--redefine-sym=quiet=silent", "in.o", "out.o"]).succeeds();
    let symbols = Symbols::of(&scratch.read("out.o"));
    assert!(symbols.has("begin") && symbols.has("aide") && symbols.has("silent") && !symbols.has("other"));
}

#[test]
fn visibility() {
    let symbols = edited(&[
        "--set-symbol-visibility=start=hidden",
        "--set-symbol-visibility=helper=protected",
        "--set-symbol-visibility",
        "elsewhere=internal",
        "--set-symbol-visibility=secret=default",
    ]);
    let of = ["start", "helper", "elsewhere", "secret"].map(|name| symbols.visibility(name));
    assert_eq!(of, [STV_HIDDEN, STV_PROTECTED, STV_INTERNAL, STV_DEFAULT]);
    // The last that matches counts, files after names.
    let scratch = with_object();
    scratch.write("names", "s*\n");
    let flags = ["-w", "--set-symbols-visibility=names=internal", "--set-symbol-visibility=*=hidden"];
    objcopy(&scratch, &[&flags[..], &["in.o", "out.o"]].concat()).succeeds();
    let symbols = Symbols::of(&scratch.read("out.o"));
    assert_eq!((symbols.visibility("start"), symbols.visibility("helper")), (STV_INTERNAL, STV_HIDDEN));
}

#[test]
fn skipped_symbols_keep_all_but_their_place() {
    let symbols = edited(&["--weaken", "--prefix-symbols=p_", "-w", "--skip-symbol=s*", "--strip-symbol=p_quiet*"]);
    assert_eq!((symbols.binding("start"), symbols.binding("p_helper")), ("global", "weak"));
}

#[test]
fn strip_and_keep() {
    let symbols = edited(&["-N", "yielding", "-Ninner", "--strip-symbol=nothing"]);
    assert!(!symbols.has("yielding") && !symbols.has("inner") && symbols.has("start"));
    // What goes is told by the name that it has in the end.
    let renamed = edited(&["--redefine-sym", "inner=outer", "-N", "outer"]);
    assert!(!renamed.has("outer") && !renamed.has("inner"));
    let kept = edited(&["-w", "-N", "[iy]*", "-K", "inner", "--keep-symbol=nothing"]);
    assert!(kept.has("inner") && !kept.has("yielding"));
}

#[test]
fn lists_of_names() {
    let scratch = with_object();
    scratch.write("names", "\n start # first\n#quiet\n\t helper \r\nyielding");
    let flags = ["--weaken-symbols", "--localize-symbols", "--globalize-symbols", "--skip-symbols", "--keep-symbols"];
    for flag in flags {
        objcopy(&scratch, &[flag, "names", "in.o", "out.o"]).succeeds();
        let symbols = Symbols::of(&scratch.read("out.o"));
        let expected = match flag {
            "--weaken-symbols" => "weak",
            "--localize-symbols" => "local",
            _ => "global",
        };
        assert_eq!([symbols.binding("start"), symbols.binding("helper")], [expected; 2], "{flag}");
        assert_eq!(symbols.binding("quiet"), "local", "{flag}");
    }
    objcopy(&scratch, &["--keep-global-symbols=names", "in.o", "out.o"]).succeeds();
    assert_eq!(Symbols::of(&scratch.read("out.o")).all("global"), ["elsewhere", "helper", "start"]);
    scratch.write("names", "yielding\ninner\n");
    objcopy(&scratch, &["--strip-symbols=names", "in.o", "out.o"]).succeeds();
    let symbols = Symbols::of(&scratch.read("out.o"));
    assert!(!symbols.has("yielding") && !symbols.has("inner"));
}

#[test]
fn patterns() {
    // Without -w, a pattern is a name.
    assert_eq!(edited(&["--weaken-symbol", "s*"]).binding("start"), "global");
    let globs = edited(&["-w", "--weaken-symbol=*e*", "--weaken-symbol=!sh[a-m]*", "--weaken-symbol", "onl?"]);
    assert_eq!((globs.binding("helper"), globs.binding("shared"), globs.binding("only")), ("weak", "global", "weak"));
    let expressions = edited(&["--regex", "--weaken-symbol", "^s(tart|ecret)$", "--localize-symbol=h[[:alpha:]]+"]);
    assert_eq!((expressions.binding("start"), expressions.binding("secret")), ("weak", "weak"));
    assert_eq!((expressions.binding("shared"), expressions.binding("helper")), ("global", "local"));
}

#[test]
fn a_group_becomes_private_with_its_signature() {
    let scratch = with_object();
    objcopy(&scratch, &["-G", "start", "in.o", "out.o"]).succeeds();
    let comdat = |file: &str| {
        let object = scratch.read(file);
        let elf = goblin::elf::Elf::parse(&object).expect("goblin reads the object");
        let group =
            elf.section_headers.iter().find(|section| section.sh_type == goblin::elf::section_header::SHT_GROUP);
        let at = group.expect("a group").sh_offset as usize;
        object[at] & 1 == 1
    };
    assert!(comdat("in.o") && !comdat("out.o"));
}

/// Relocations mean the same symbols after these have moved: a program that prints what it calls.
#[test]
fn what_was_localized_links_and_runs() {
    let scratch = crate::scratch();
    let library = "int twice(int x) { return 2 * x; } int thrice(int x) { return twice(x) + x; }";
    let program = "int thrice(int); int twice(int x) { return x; } int main(void) { return thrice(2) - 6 + twice(0); }";
    for (name, text) in [("lib.c", library), ("main.c", program)] {
        armend_test_support::samples::compile("gcc", &["-O0", "-fno-pic"], scratch.folder(), name, text);
    }
    let link = || {
        let mut gcc = std::process::Command::new(armend_test_support::tool("gcc"));
        gcc.current_dir(scratch.folder()).args(["-no-pie", "main.o", "lib.o", "-o", "program"]);
        armend_test_support::run(&mut gcc)
    };
    assert!(link().stderr.contains("multiple definition"), "two definitions of `twice`");
    objcopy(&scratch, &["--keep-global-symbol=thrice", "lib.o"]).succeeds();
    link().expect_success();
    armend_test_support::run_ok(&mut std::process::Command::new(scratch.path("program")));
}
