//! The last oracle is a program: linked with the archive before and after, it prints the same.

use std::fs;
use std::path::Path;
use std::process::Command;

use armend_test_support::{Run, tool};

const MAIN: &str = r#"
#include <cstdio>
extern "C" int sx_run(int);
extern "C" int sx_second(void);
int main() {
    for (int x = 0; x < 6; x++) printf("%d %d\n", sx_run(x), sx_second());
    printf("%d\n", sx_run(1000));
}
"#;

/// Linkers as the compiler names them, and the tool each needs.
const LINKERS: &[(&str, &str)] = &[("bfd", "ld.bfd"), ("lld", "ld.lld"), ("mold", "mold")];
const WAYS: &[&[&str]] = &[&[], &["-Wl,--gc-sections"], &["-Wl,--whole-archive", "ARCHIVE", "-Wl,--no-whole-archive"]];

/// Fails unless programs linked with `after` in each way, by each linker, print what the one with `before` prints.
pub fn assert_same_output(folder: &Path, before: &Path, after: &Path, flags: &[&str]) {
    fs::write(folder.join("main.cc"), MAIN).expect("write the program");
    Run::of(Command::new(tool("g++")).current_dir(folder).args(["-c", "-fPIC", "main.cc"])).succeeds();
    let expected = output(folder, before, LINKERS[0], flags, &[]);
    assert_eq!(expected.lines().count(), 7, "the program printed too little: {expected}");
    for linker in LINKERS {
        for way in WAYS {
            assert_eq!(output(folder, after, *linker, flags, way), expected, "{linker:?} {way:?}");
        }
    }
}

fn output(folder: &Path, archive: &Path, (name, program): (&str, &str), flags: &[&str], way: &[&str]) -> String {
    let mut command = Command::new(tool("g++"));
    // The compiler looks for `ld.NAME`, whatever version the linker's own name carries.
    let links = tempfile::tempdir().expect("folder");
    std::os::unix::fs::symlink(tool(program), links.path().join(format!("ld.{name}"))).expect("link");
    command.arg(format!("-fuse-ld={name}")).arg("-B").arg(links.path()).args(["-o", "program", "main.o"]).args(flags);
    for word in way {
        match *word {
            "ARCHIVE" => command.arg(archive),
            other => command.arg(other),
        };
    }
    Run::of(command.arg(archive).current_dir(folder)).succeeds();
    Run::of(&mut Command::new(folder.join("program"))).succeeds().text().to_owned()
}
