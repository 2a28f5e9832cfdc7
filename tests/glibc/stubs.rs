//! Against nothing but what glibc 2.17 had, for the linker's eyes: shared objects with the symbols of the unpacked
//! 2.31 whose versions are no newer. glibc takes no version away, so these are 2.17's.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{Linker, Outcome, Run, Scratch, run, run_ok, tool};

use crate::machines::{OldGlibc, X86_64};
use crate::versions::{defined, version};
use crate::{plugin, scratch};

const LIBRARIES: [&str; 6] =
    ["libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "ld-linux-x86-64.so.2"];

/// The libraries of glibc 2.17, without code.
fn stubs(scratch: &Scratch) -> Vec<PathBuf> {
    LIBRARIES.iter().map(|name| stub(&OldGlibc::of(X86_64).libraries().join(name), name, scratch)).collect()
}

fn stub(library: &Path, name: &str, scratch: &Scratch) -> PathBuf {
    let symbols = defined(library).into_iter().filter(|symbol| symbol.version().is_some_and(|v| v <= version("2.17")));
    let mut by_name = BTreeMap::<String, Vec<_>>::new();
    for symbol in symbols {
        by_name
            .entry(symbol.name)
            .or_default()
            .push((version(symbol.node.strip_prefix("GLIBC_").unwrap()), symbol.node));
    }
    let mut assembly = String::from(".data\n");
    let mut nodes = BTreeSet::new();
    for (name, mut versions) in by_name {
        versions.sort();
        let newest = versions.len() - 1;
        for (at, (_, node)) in versions.into_iter().enumerate() {
            let (label, signs) = (format!("armend_{name}_{at}"), if at == newest { "@@" } else { "@" });
            writeln!(assembly, ".globl {label}\n{label}: .byte 0\n.symver {label},{name}{signs}{node}").unwrap();
            nodes.insert(node);
        }
    }
    let script: String = nodes.iter().map(|node| format!("{node} {{ global: {node}_none; }};\n")).collect();
    scratch.write(&format!("{name}.s"), assembly);
    scratch.write(&format!("{name}.map"), script + "HIDDEN { local: *; };\n");
    let stub = scratch.path(name);
    let mut gcc = Command::new(tool("gcc"));
    gcc.current_dir(scratch.folder()).args(["-shared", "-nostdlib", &format!("-Wl,-soname,{name}")]);
    run_ok(gcc.arg(format!("-Wl,--version-script={name}.map")).arg(format!("{name}.s")).arg("-o").arg(&stub));
    assert!(defined(&stub).len() > 5, "{name}");
    stub
}

fn link(linker: Linker, archive: &Path, stubs: &[PathBuf], scratch: &Scratch) -> Outcome {
    let mut gcc = Command::new(tool("gcc"));
    gcc.args(["-shared", "-nostdlib", "-Wl,-z,defs", "-Wl,--whole-archive"]).arg(archive);
    gcc.arg("-Wl,--no-whole-archive").args(stubs).arg("-lgcc_s").args(linker.arguments());
    run(gcc.arg("-o").arg(scratch.path("linked.so")))
}

#[test]
fn nothing_is_undefined_against_glibc_2_17() {
    let (scratch, archive) = (scratch(), plugin::archive());
    let stubs = stubs(&scratch);
    Run::of(scratch.command(&["glibc", "--pin", "2.17", "-o", "pinned.a"]).arg(&archive)).succeeds();
    let pinned = scratch.path("pinned.a");
    // mold 1.10 takes a reference that names the default version for undefined, and here these are.
    for linker in [Linker::Bfd, Linker::RustLld] {
        let before = link(linker, &archive, &stubs, &scratch);
        let stat = ["stat64", "lstat64", "fstat64", "fstatat64"];
        assert!(!before.success() && stat.iter().all(|name| before.stderr.contains(name)), "{}", before.describe());
        link(linker, &pinned, &stubs, &scratch).expect_success();
    }
}
