//! What runs cost, in figures that do not depend on how busy a machine is: instructions (as valgrind counts them),
//! allocations, pages of the archive that are read. Bounds have room for another compiler, not for another order of
//! growth.

mod allocations;
mod instructions;
mod pages;

use std::path::PathBuf;
use std::process::Command;

use armend_test_support::{Scratch, run_ok, tool};

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_BIN_EXE_armend"))
}

/// An archive of so many objects that gcc made, each of so many functions with names as long as C++'s: each function in
/// a section of its own, half of them calling the next object's. `api_0`, `api_1` ... are what is to stay.
fn archive(scratch: &Scratch, objects: usize, functions: usize) -> PathBuf {
    let name = format!("lib{objects}x{functions}.a");
    let mut ar = Command::new(tool("ar"));
    ar.current_dir(scratch.folder()).args(["rcsD", &name]);
    for object in 0..objects {
        let next = (object + 1) % objects;
        let mut source = format!("int api_{object}(void) {{ return {object}; }}\n");
        for function in 0..functions {
            let called = format!("_ZN7library6object{next}E8functionEi{function}");
            source += &format!(
                "int {called}(int);\nint _ZN7library6object{object}E8functionEi{function}(int x) {{ return {}; }}\n",
                if function % 2 == 0 { format!("{called}(x + 1)") } else { "x".to_owned() }
            );
        }
        let stem = format!("{objects}x{functions}-{object}");
        scratch.write(&format!("{stem}.c"), source);
        let mut gcc = Command::new(tool("gcc"));
        gcc.current_dir(scratch.folder()).args(["-c", "-O1", "-ffunction-sections", "-o"]);
        run_ok(gcc.args([format!("{stem}.o"), format!("{stem}.c")]));
        ar.arg(format!("{stem}.o"));
    }
    run_ok(&mut ar);
    scratch.path(&name)
}
