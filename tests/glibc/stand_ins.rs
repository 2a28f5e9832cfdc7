//! What stands in for what older releases lack: machine code and data of our own, run on each machine.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{Linker, Outcome, Run, Scratch, run_ok, tool};

use crate::machines::*;
use crate::scratch;
use crate::versions::{version, wanted};

/// What the program prints when all works.
const PRINTED: &str = "stats 0\nsystem_calls 0\nothers 0\n";

/// Names that no machine's archive may want by the version that came with them.
const NEW: [&str; 14] = [
    "stat",
    "stat64",
    "lstat",
    "lstat64",
    "fstat",
    "fstat64",
    "fstatat",
    "fstatat64",
    "statx",
    "gettid",
    "tgkill",
    "renameat2",
    "execveat",
    "__libc_single_threaded",
];

fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/glibc/programs").join(name)
}

/// `calls.c`, as an archive.
fn archive(machine: Machine, flags: &[&str], scratch: &Scratch) -> PathBuf {
    let (object, archive) = (scratch.path("calls.o"), scratch.path("libcalls.a"));
    run_ok(machine.gcc().args(["-O2", "-w", "-c"]).args(flags).arg(program("calls.c")).arg("-o").arg(&object));
    run_ok(Command::new(tool("llvm-ar")).arg("qcs").arg(&archive).arg(object));
    archive
}

fn start(machine: Machine, program: &Path, scratch: &Scratch) -> Outcome {
    let file = scratch.write("file", "hello\n");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    machine.start(program, &[file.to_str().unwrap()])
}

/// As a program, and as a shared object where the machine's calls go through a PLT that wants more of the caller.
#[track_caller]
fn assert_stand_ins_run(machine: Machine, variants: &[&[&str]]) {
    for flags in variants {
        let scratch = scratch();
        let archive = archive(machine, flags, &scratch);
        Run::of(scratch.command(&["glibc", "--pin", machine.pin]).arg(&archive)).succeeds();
        let (host, object) = (scratch.path("host"), scratch.path("libcalls.so"));
        let is_position_independent = flags.contains(&"-fPIC");
        println!("{} {flags:?}", machine.name); // shown with the failure
        let mut gcc = machine.gcc();
        gcc.args(*flags).arg(program("main.c")).arg(&archive).arg("-o").arg(&host);
        run_ok(if is_position_independent { &mut gcc } else { gcc.arg("-no-pie") });
        let outcome = start(machine, &host, &scratch).expect_success();
        assert_eq!(outcome.stdout, PRINTED, "{}", outcome.describe());
        assert_old(machine, &host);
        if is_position_independent {
            let mut gcc = machine.gcc();
            gcc.args(["-shared", "-Wl,-z,defs", "-Wl,--whole-archive"]).arg(&archive);
            run_ok(gcc.args(["-Wl,--no-whole-archive", "-o"]).arg(&object));
            run_ok(machine.gcc().arg(program("main.c")).arg(&object).arg("-o").arg(&host).arg(rpath(&scratch)));
            let outcome = start(machine, &host, &scratch).expect_success();
            assert_eq!(outcome.stdout, PRINTED, "{}", outcome.describe());
            assert_old(machine, &object);
        }
    }
}

fn rpath(scratch: &Scratch) -> String {
    format!("-Wl,-rpath,{}", scratch.folder().display())
}

/// All that the archive brought into the file is old; the start of a program is the linking machine's.
#[track_caller]
fn assert_old(machine: Machine, file: &Path) {
    let wanted = wanted(file);
    let new: Vec<_> = wanted.iter().filter(|symbol| NEW.contains(&symbol.name.as_str())).collect();
    assert!(new.is_empty(), "{new:?}");
    let newer: Vec<_> = wanted
        .iter()
        .filter(|symbol| symbol.name != "__libc_start_main" && symbol.version() > Some(version(machine.pin)))
        .collect();
    assert!(newer.is_empty(), "{newer:?}");
}

const BOTH: &[&[&str]] = &[&["-fPIC"], &["-fno-pie"]];

#[test]
fn x86_64() {
    assert_stand_ins_run(X86_64, BOTH);
}

#[test]
fn i386() {
    assert_stand_ins_run(I386, &[&["-fPIC"], &["-fno-pie"], &["-fPIC", "-D_FILE_OFFSET_BITS=64"]]);
}

#[test]
fn aarch64() {
    assert_stand_ins_run(AARCH64, BOTH);
}

/// A32 code, called from A32 and T32 code.
#[test]
fn arm() {
    assert_stand_ins_run(ARM, &[&["-fPIC", "-mthumb"], &["-fPIC", "-marm"], &["-fno-pie", "-mthumb"]]);
}

#[test]
fn riscv64() {
    assert_stand_ins_run(RISCV64, BOTH);
}

#[test]
fn s390x() {
    assert_stand_ins_run(S390X, BOTH);
}

/// With and without a table of contents that callers keep.
#[test]
fn ppc64le() {
    assert_stand_ins_run(PPC64LE, &[&["-fPIC"], &["-fno-pie"], &["-fPIC", "-mcmodel=small"]]);
}

/// lld has PLTs of its own.
#[test]
fn with_lld() {
    for machine in [X86_64, I386, AARCH64, ARM, RISCV64, PPC64LE] {
        assert_runs_with(machine, Linker::RustLld);
    }
}

/// mold 1.10 finds no symbol that has old versions only, and makes a call to nowhere of it: on this machine no stand-in
/// needs one.
#[test]
fn with_mold() {
    assert_runs_with(X86_64, Linker::Mold);
}

#[track_caller]
fn assert_runs_with(machine: Machine, linker: Linker) {
    let scratch = scratch();
    let archive = archive(machine, &["-fPIC"], &scratch);
    Run::of(scratch.command(&["glibc", "--pin", machine.pin]).arg(&archive)).succeeds();
    println!("{}, {}", machine.name, linker.name()); // shown with the failure
    let host = scratch.path("host");
    let mut gcc = machine.gcc();
    run_ok(gcc.arg(program("main.c")).arg(&archive).arg("-o").arg(&host).args(linker.arguments()));
    assert_eq!(start(machine, &host, &scratch).expect_success().stdout, PRINTED);
}

/// On this machine all stand-ins refer to what static libraries have too.
#[test]
fn in_a_static_program() {
    let scratch = scratch();
    let archive = archive(X86_64, &["-fPIC"], &scratch);
    Run::of(scratch.command(&["glibc", "--pin", "2.17"]).arg(&archive)).succeeds();
    let host = scratch.path("host");
    run_ok(X86_64.gcc().arg("-static").arg(program("main.c")).arg(&archive).arg("-o").arg(&host));
    assert_eq!(start(X86_64, &host, &scratch).expect_success().stdout, PRINTED);
}

/// The numbers in front of the arguments, against the headers of each machine.
#[test]
fn numbers_are_those_of_the_headers() {
    const CALLS: [&str; 25] = [
        "close_range",
        "execveat",
        "fsconfig",
        "fsmount",
        "fsopen",
        "fspick",
        "getcpu",
        "getdents64",
        "getrandom",
        "gettid",
        "memfd_create",
        "mlock2",
        "mount_setattr",
        "move_mount",
        "open_tree",
        "pidfd_getfd",
        "pidfd_open",
        "pidfd_send_signal",
        "pkey_alloc",
        "pkey_free",
        "process_madvise",
        "process_mrelease",
        "renameat2",
        "statx",
        "tgkill",
    ];
    for machine in [X86_64, I386, AARCH64, ARM, RISCV64, S390X, PPC64LE] {
        let scratch = scratch();
        let references: String =
            CALLS.iter().map(|name| format!("int {name}(); int use_{name}(void) {{ return {name}(); }}\n")).collect();
        let numbers: String = CALLS.iter().map(|name| format!("{name}= SYS_{name}\n")).collect();
        scratch.write("calls.c", references);
        scratch.write("numbers.c", format!("#include <sys/syscall.h>\n{numbers}"));
        run_ok(machine.gcc().current_dir(scratch.folder()).args(["-w", "-c", "calls.c"]));
        run_ok(Command::new(tool("llvm-ar")).current_dir(scratch.folder()).args(["qcs", "calls.a", "calls.o"]));
        let text = run_ok(machine.gcc().current_dir(scratch.folder()).args(["-E", "-P", "numbers.c"]));
        let numbers: BTreeMap<&str, u32> = text.lines().filter_map(number).collect();
        assert_eq!(numbers.len(), CALLS.len(), "{text}");
        let arguments = ["glibc", "calls.a", "--pin", machine.pin, "--dry-run", "--format", "json"];
        let report: serde_json::Value =
            serde_json::from_str(Run::of(&mut scratch.command(&arguments)).succeeds().text()).unwrap();
        let mut functions = 0;
        for symbol in report["symbols"].as_array().unwrap().iter().filter(|symbol| symbol["remedy"] == "function") {
            let (name, detail) = (symbol["name"].as_str().unwrap(), symbol["detail"].as_str().unwrap());
            assert!(detail.ends_with(&format!(" with {} first", numbers[name])), "{}: {name}: {detail}", machine.name);
            functions += 1;
        }
        // riscv64's first release had some of them.
        let least = if machine.name == "riscv64" { 20 } else { CALLS.len() };
        assert!(functions >= least, "{}: {functions}\n{report}", machine.name);
    }
}

/// `getcpu= 309`, `getcpu= (0 + 345)`.
fn number(line: &str) -> Option<(&str, u32)> {
    let (name, value) = line.split_once('=')?;
    let terms = value.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<u32>().ok());
    Some((name, terms.sum()))
}

/// Machines without code are told so, and what needs none is pinned all the same.
#[test]
fn a_machine_without_code() {
    let scratch = scratch();
    let text = "#include <sys/stat.h>\nint f(struct stat *s) { return stat(\"/\", s); }\n\
                #include <pthread.h>\nint g(pthread_t t) { return pthread_join(t, 0); }\n";
    scratch.write("calls.c", text);
    run_ok(MIPS64EL.gcc().current_dir(scratch.folder()).args(["-c", "calls.c"]));
    run_ok(Command::new(tool("llvm-ar")).current_dir(scratch.folder()).args(["qcs", "calls.a", "calls.o"]));
    let run = Run::of(&mut scratch.command(&["glibc", "calls.a", "--pin", "2.17"])).succeeds();
    assert!(run.text().contains("stat (2.33): there is no code for this machine <- calls.o"), "{run}");
    assert!(run.text().contains("1 name: pthread_join"), "{run}");
    let run = Run::of(&mut scratch.command(&["glibc", "calls.a", "--pin", "2.17", "--check"])).exits(1);
    assert!(run.text().contains("needs glibc 2.33"), "{run}");
}
