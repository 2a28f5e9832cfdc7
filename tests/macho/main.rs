//! Mach-O: real objects of each class and of each machine that clang knows, judged by ld64.lld, by LLVM's readers, by
//! goblin and by LLVM's objcopy.

mod differential;
mod fat;
mod inputs;
mod isolated;
mod linked;
mod personalities;
mod registries;
mod robust;
mod slices;

use armend_test_support::{Run, Scratch};
use inputs::Target;

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_BIN_EXE_armend"))
}

#[track_caller]
fn run(scratch: &Scratch, arguments: &[&str]) -> Run {
    Run::of(&mut scratch.command(arguments))
}

/// With `lib.a`, an archive of all inputs.
fn with_library(target: &Target) -> Scratch {
    let scratch = scratch();
    scratch.write("lib.a", target.archive());
    scratch
}
