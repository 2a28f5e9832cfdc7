//! COFF objects and import members, of MinGW's and Microsoft's compilers and of clang for both: what linkers, readers and
//! the running program say of what comes out.

mod agreement;
mod differential;
mod directives;
mod generated;
mod index;
mod isolated;
mod msvc;
mod objcopy;
mod reports;
mod robust;
mod weak;

use std::process::Command;

use armend_test_support::{Run, Scratch, run_ok, tool, wine};

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_BIN_EXE_armend"))
}

/// Runs armend in the folder; it must succeed.
#[track_caller]
fn armend(scratch: &Scratch, arguments: &[&str]) -> Run {
    Run::of(&mut scratch.command(arguments)).succeeds()
}

/// Runs a tool in the folder; it must succeed. Gives what it printed.
#[track_caller]
fn made(scratch: &Scratch, program: &str, arguments: &[&str]) -> String {
    run_ok(Command::new(tool(program)).current_dir(scratch.folder()).args(arguments))
}

/// A source file compiled to `NAME.o`.
#[track_caller]
fn compile(scratch: &Scratch, compiler: &Compiler, name: &str, source: &str) {
    let extension = if compiler.program.ends_with("++") { "cc" } else { "c" };
    let file = format!("{name}.{extension}");
    scratch.write(&file, source);
    let object = format!("{name}.o");
    made(scratch, compiler.program, &[compiler.flags, &["-c", "-O1", &file, "-o", &object]].concat());
}

/// A compiler with the flags for its target.
struct Compiler {
    program: &'static str,
    flags: &'static [&'static str],
}

const GCC: Compiler = Compiler { program: "x86_64-w64-mingw32-gcc", flags: &["-fcommon"] };
const GXX: Compiler = Compiler { program: "x86_64-w64-mingw32-g++", flags: &[] };
const GCC_X86: Compiler = Compiler { program: "i686-w64-mingw32-gcc", flags: &["-fcommon"] };
const GXX_X86: Compiler = Compiler { program: "i686-w64-mingw32-g++", flags: &[] };
const CLANG_GNU: Compiler = Compiler { program: "clang", flags: &["--target=x86_64-w64-mingw32", "-fcommon"] };
const CLANG_MSVC: Compiler = Compiler { program: "clang", flags: &["--target=x86_64-pc-windows-msvc", "-fcommon"] };
const BIG: Compiler = Compiler { program: "x86_64-w64-mingw32-gcc", flags: &["-fcommon", "-Wa,-mbig-obj"] };

/// Linkers of MinGW: GNU ld by its compiler, and lld by clang.
fn link(scratch: &Scratch, linker: &str, machine: &str, arguments: &[&str]) -> Run {
    let mut command = match linker {
        "lld" => Command::new(tool("clang++")),
        _ => Command::new(tool(&format!("{machine}-w64-mingw32-g++"))),
    };
    if linker == "lld" {
        command.arg(format!("--target={machine}-w64-mingw32")).arg("-fuse-ld=lld");
    }
    Run::of(command.current_dir(scratch.folder()).arg("-static").args(arguments))
}

const LINKERS: [&str; 2] = ["ld", "lld"];

/// What a program for x86-64 prints.
#[track_caller]
fn prints(scratch: &Scratch, program: &str) -> String {
    wine(&scratch.path(program), &[]).expect_success().stdout.replace('\r', "")
}

/// Lines of `nm` with what is not a section's or a compiler's own: letter and name, sorted.
#[track_caller]
fn symbols(scratch: &Scratch, file: &str) -> Vec<String> {
    let text = made(scratch, "x86_64-w64-mingw32-nm", &[file]);
    let mut lines: Vec<String> = text
        .lines()
        .filter_map(|line| line.get(17..).filter(|rest| rest.as_bytes().get(1) == Some(&b' ')))
        .filter(|line| !line[2..].starts_with(['.', '@']))
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

/// The names of a file's exports.
#[track_caller]
fn exports(scratch: &Scratch, file: &str) -> Vec<String> {
    let text = made(scratch, "llvm-readobj", &["--coff-exports", file]);
    let mut names: Vec<_> =
        text.lines().filter_map(|line| line.trim().strip_prefix("Name: ")).map(str::to_owned).collect();
    names.sort();
    names
}
