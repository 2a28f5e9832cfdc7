//! Sections of which a linker keeps one per name, as compilers wrote them before section groups.

use crate::program::isolate;
use armend_test_support::{Linker, run_ok, samples, tool};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A function that gives `value`, in a section for all who define `shared`; its table, local, in another.
fn source(name: &str, value: u32) -> String {
    format!(
        ".section .gnu.linkonce.t.shared,\"ax\",@progbits\n.weak shared\nshared: movl .Ltable(%rip), %eax\nret\n\
         .section .gnu.linkonce.r.shared,\"a\",@progbits\n.Ltable: .long {value}\n\
         .text\n.globl {name}\n{name}: jmp shared\n.section .note.GNU-stack,\"\",@progbits\n"
    )
}

fn printed(linker: Linker, folder: &Path, archive: &Path) -> String {
    let mut gcc = Command::new(tool("gcc"));
    gcc.current_dir(folder).args(["main.c", "host.o"]).arg(archive).args(["-o", "program"]);
    run_ok(gcc.args(linker.arguments()));
    run_ok(&mut Command::new(folder.join("program")))
}

#[test]
fn sections_of_one_name_stay_together() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in [("host", 1), ("sx_run", 2)] {
        samples::compile("gcc", &[], folder.path(), &format!("{name}.s"), &source(name, value));
    }
    let main = "#include <stdio.h>\nint host(), sx_run();\nint main() { printf(\"%d %d\\n\", host(), sx_run()); }\n";
    fs::write(folder.path().join("main.c"), main).unwrap();
    let object = fs::read(folder.path().join("sx_run.o")).unwrap();
    let original = folder.path().join("lib.a");
    fs::write(&original, samples::archive_of(&[("sx_run.o", &object)])).unwrap();
    let isolated = folder.path().join("isolated");
    fs::create_dir(&isolated).unwrap();
    let isolated = isolate(&original, &isolated, &["--keep", "sx_*"]);
    for linker in Linker::ALL {
        println!("{}", linker.name()); // shown with the failure
        assert_eq!(printed(linker, folder.path(), &original), "1 1\n");
        assert_eq!(printed(linker, folder.path(), &isolated), "1 2\n");
    }
}
