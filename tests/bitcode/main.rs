//! Bitcode: archives whose members are bitcode files, bytecode beside machine code, and what stripping leaves.

mod content;
mod identity;
mod index;
mod isolated;
mod linked;
mod stripped;

use std::path::PathBuf;
use std::process::Command;

use armend_test_support::{Run, Scratch, members, samples, tool};

const KINDS_C: &str = include_str!("inputs/kinds.c");
const KINDS_CC: &str = include_str!("inputs/kinds.cc");

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_BIN_EXE_armend"))
}

fn run(scratch: &Scratch, arguments: &[&str]) -> Run {
    Run::of(&mut scratch.command(arguments))
}

/// Compiles the C input, into `NAME.o`.
fn compile_c(scratch: &Scratch, name: &str, compiler: &str, flags: &[&str]) -> PathBuf {
    samples::compile(compiler, flags, scratch.folder(), &format!("{name}.c"), KINDS_C)
}

/// Compiles the C++ input, into `NAME.o`.
fn compile_cxx(scratch: &Scratch, name: &str, compiler: &str, flags: &[&str]) -> PathBuf {
    samples::compile(compiler, flags, scratch.folder(), &format!("{name}.cc"), KINDS_CC)
}

/// Runs one of LLVM's tools inside the scratch's folder.
fn llvm(scratch: &Scratch, name: &str, arguments: &[&str]) -> Run {
    Run::of(Command::new(tool(name)).current_dir(scratch.folder()).args(arguments)).succeeds()
}

/// An archive with the index that `llvm-ar` makes, and the same without any.
fn archives(files: &[PathBuf]) -> (Vec<u8>, Vec<u8>) {
    let folder = tempfile::tempdir().expect("folder for an archive");
    let with = samples::archive(folder.path(), files);
    let index = members::layout(&with).index.expect("llvm-ar writes an index");
    let end = index.end.next_multiple_of(2);
    let without = [members::MAGIC, &with[end..]].concat();
    (with, without)
}
