//! What is refused, in LLVM's words; and nothing is written then.

use armend_test_support::samples;

use crate::{objcopy, with_object};

/// Flags, what stands in the file `names`, and what the message has to say.
const REFUSED: &[(&[&str], &str, &str)] = &[
    (&["--no-such-flag", "in.o"], "", "unknown argument '--no-such-flag'"),
    (&["-gZ", "in.o"], "", "unknown argument '-Z'"),
    (&["--weaken=all", "in.o"], "", "unknown argument '--weaken=all'"),
    (&["--strip-all", "in.o"], "", "this flag of objcopy is not served: '--strip-all'"),
    (&["-O", "binary", "in.o"], "", "this flag of objcopy is not served: '-O'"),
    (&["in.o", "--strip-symbol"], "", "argument to '--strip-symbol' is missing (expected 1 value(s))"),
    (&["in.o", "-N"], "", "argument to '-N' is missing (expected 1 value(s))"),
    (&["-N", "--", "in.o"], "", "argument to '-N' is missing (expected 1 value(s))"),
    (&["--weaken"], "", "no input file specified"),
    (&["--"], "", "no input file specified"),
    (&["in.o", "out.o", "more.o"], "", "too many positional arguments"),
    (&["-w", "--regex", "in.o"], "", "--regex and --wildcard are incompatible"),
    (&["--redefine-sym", "start", "in.o"], "", "bad format for --redefine-sym"),
    (&["--redefine-sym=a=b", "--redefine-sym=a=c", "in.o"], "", "multiple redefinition of symbol 'a'"),
    (&["--redefine-syms=names", "in.o"], "a b\n\n# no pair\n alone # c", "names:4: missing new symbol name"),
    (&["--redefine-syms=absent", "in.o"], "", "'absent': No such file or directory"),
    (&["--weaken-symbols=absent", "in.o"], "", "'absent': No such file or directory"),
    (&["--set-symbols-visibility=absent=hidden", "in.o"], "", "'absent': No such file or directory"),
    (&["--set-symbol-visibility=start", "in.o"], "", "bad format for --set-symbol-visibility"),
    (&["--set-symbols-visibility=names", "in.o"], "", "bad format for --set-symbols-visibility"),
    (&["--set-symbol-visibility=start=secret", "in.o"], "", "'secret' is not a valid symbol visibility"),
    (&["--regex", "-N", "[^)\\", "in.o"], "", "cannot compile regular expression '[^)\\': brackets ([ ]) not balanced"),
    (
        &["--regex", "--localize-symbols=names", "in.o"],
        "fine\n*.\n",
        "cannot compile regular expression '*.': repetition-operator operand invalid",
    ),
    (&["-p", "-"], "", "--preserve-dates requires a file"),
    (&["-p", "in.o", "-"], "", "--preserve-dates requires a file"),
    (&["absent.o"], "", "'absent.o': No such file or directory"),
    (&["in.s"], "", "'in.s': The file was not recognized as a valid object file"),
    (&["in.o", "absent/out.o"], "", "'absent/out.o'"),
    (&["in.o", "."], "", "the output is a folder"),
    (&["-N", "helper", "in.o"], "", "'in.o': not stripping symbol 'helper' because it is named in a relocation"),
    (
        &["-N", "grouped", "in.o"],
        "",
        "'in.o': symbol 'grouped' cannot be removed because it is referenced by the section '.group[1]'",
    ),
    (
        &["-R", ".text", "in.o"],
        "",
        "'in.o': section '.text' cannot be removed: (.data+0x0) has relocation against symbol ''",
    ),
    (
        &["-R", ".strtab", "in.o"],
        "",
        "string table '.strtab' cannot be removed because it is referenced by the symbol table '.symtab'",
    ),
    (
        &["-R", ".symtab", "in.o"],
        "",
        "section '.symtab' cannot be removed because it is referenced by the group section '.group'",
    ),
    (
        &["-R", ".shstrtab", "in.o"],
        "",
        "cannot write section header table because section header string table was removed",
    ),
    (&["-N", "helper", "in.a"], "", "'in.a(in.o)': not stripping symbol 'helper'"),
];

#[test]
fn what_cannot_be_done_is_said_and_nothing_is_written() {
    for (flags, names, says) in REFUSED {
        let scratch = with_object();
        scratch.write("names", names);
        let before = scratch.snapshot();
        objcopy(&scratch, flags).refuses(&[says]);
        assert!(scratch.snapshot() == before, "{flags:?} was refused, and changed a file");
    }
}

#[test]
fn no_glob_is_a_name_and_a_warning() {
    let scratch = with_object();
    let run = objcopy(&scratch, &["-w", "--weaken-symbol=st[", "in.o", "out.o"]).succeeds();
    assert_eq!(run.stderr, "warning: invalid glob pattern, unmatched '['\n");
}

#[test]
fn bitcode_is_named() {
    let bitcode = samples::FOREIGN.iter().find(|foreign| foreign.name == "bitcode").expect("a sample");
    let scratch = with_object();
    scratch.write("lib.a", bitcode.bytes());
    let before = scratch.snapshot();
    objcopy(&scratch, &["--weaken", "lib.a"]).refuses(&["'lib.a(foreign.o)'", "bitcode", "cannot be changed"]);
    assert!(scratch.snapshot() == before, "refused, and changed");
}

#[test]
fn usage() {
    let scratch = with_object();
    for flag in ["-h", "--help"] {
        let run = objcopy(&scratch, &[flag]).succeeds();
        assert!(run.text().contains("USAGE: armend objcopy [options] input [output]\n"), "{run}");
        assert!(run.text().ends_with("Pass @FILE as argument to read options from FILE.\n"), "{run}");
    }
    let run = objcopy(&scratch, &["--version"]).succeeds();
    assert!(run.text().contains("GNU objcopy") && run.text().contains(" version "), "{run}");
    let run = objcopy(&scratch, &[]).exits(2);
    assert!(run.stderr.contains("USAGE: "), "{run}");
}
