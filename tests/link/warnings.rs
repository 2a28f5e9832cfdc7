//! Warnings of GNU ld about the use of a name, as glibc's of `gets`: sections called `.gnu.warning.NAME`.

use crate::program::isolate;
use armend_test_support::{Linker, Run, run_ok, samples, tool};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Defines `risky` and warns of it.
const RISKY: &str = "asm(\".section .gnu.warning.risky\\n.ascii \\\"the library's risky is risky\\\"\\n.text\");\n\
                     int risky(void) { return 1; }\n";
const USER: &str = "extern int risky(void);\nint sx_run(void) { return risky(); }\n";
/// Has a name like it, and uses it.
const HOST: &str = "#include <stdio.h>\nint sx_run(void);\n__attribute__((noinline)) int risky(void) { return 2; }\n\
                    int main(void) { printf(\"%d %d\\n\", risky(), sx_run()); }\n";

/// What GNU ld says of a program with the library, and what the program prints.
fn link(folder: &Path, archive: &Path, program: &str) -> (String, String) {
    let mut gcc = Command::new(tool("gcc"));
    gcc.current_dir(folder).args(["-fno-pie", "-no-pie", "host.c"]).arg(archive).args(["-o", program]);
    let run = Run::of(gcc.args(Linker::Bfd.arguments())).succeeds();
    (run.stderr.clone(), run_ok(&mut Command::new(folder.join(program))))
}

#[test]
fn warnings_follow_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let object = |name: &str, text: &str| fs::read(samples::compile("gcc", &[], folder.path(), name, text)).unwrap();
    let members = [("risky.o", &object("risky.c", RISKY)[..]), ("user.o", &object("user.c", USER))];
    fs::write(folder.path().join("host.c"), HOST).unwrap();
    let original = folder.path().join("lib.a");
    fs::write(&original, samples::archive_of(&members)).unwrap();
    let joined = folder.path().join("joined.a");
    let both = object("both.c", &[RISKY, USER].concat());
    fs::write(&joined, samples::archive_of(&[("both.o", &both)])).unwrap();

    // Two definitions: the library's serves nobody.
    let (said, printed) = link(folder.path(), &original, "before");
    assert_eq!((said.as_str(), printed.as_str()), ("", "2 2\n"));

    let isolated = folder.path().join("isolated");
    fs::create_dir(&isolated).unwrap();
    let renamed = isolate(&original, &isolated, &["--keep", "sx_*", "--tag", "t"]);
    let (said, printed) = link(folder.path(), &renamed, "renamed");
    assert_eq!(printed, "2 1\n");
    let warned: Vec<_> = said.lines().filter(|line| line.contains("warning: ")).collect();
    assert!(
        warned.len() == 1 && warned[0].ends_with("user.c:(.text+0x5): warning: the library's risky is risky"),
        "{said}"
    );

    // Nothing refers to a local name but its own object.
    let local = isolate(&joined, &isolated, &["--keep", "sx_*", "--by", "localize"]);
    assert_eq!(link(folder.path(), &local, "local"), (String::new(), "2 1\n".to_owned()));
}
