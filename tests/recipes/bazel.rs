//! Bazel, in its sandbox, and what a hermetic build asks of a tool: declared files and the same bytes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use armend_test_support::{Run, tool};

use crate::project::{Armend, Project, assert_duplicates};

/// Bazel's own rules under the names that it would fetch from the network: without these it has no toolchains.
const RULES: &[(&str, &str, &[&str])] = &[
    ("rules_cc", "cc", &["cc_binary", "cc_import", "cc_library", "cc_test", "cc_toolchain", "cc_toolchain_suite"]),
    (
        "rules_java",
        "java",
        &[
            "java_binary",
            "java_import",
            "java_library",
            "java_package_configuration",
            "java_plugin",
            "java_runtime",
            "java_toolchain",
        ],
    ),
];

/// A checkout with this `armend` in its `tools`, and the rules beside it.
fn checkout(armend: Armend) -> Project {
    let project = Project::new("bazel");
    match armend {
        // Bazel hashes its inputs: the program itself, not a link.
        Armend::Real => drop(fs::copy(env!("CARGO_BIN_EXE_armend"), project.path("tools/armend")).expect("copy it")),
        Armend::Copies => armend.put_at(&project.path("tools/armend")),
    }
    for (repository, package, rules) in RULES {
        let folder = project.path(&format!("../{repository}/{package}"));
        fs::create_dir_all(&folder).expect("a folder");
        let native: String = rules.iter().map(|rule| format!("{rule} = native.{rule}\n")).collect();
        fs::write(folder.join("defs.bzl"), native).expect("write a file");
        fs::write(folder.join("BUILD"), "").expect("write a file");
        fs::write(folder.join("../WORKSPACE"), "").expect("write a file");
    }
    project
}

fn bazel(project: &Project, arguments: &[&str]) -> Run {
    let root = project.path("..").canonicalize().expect("a folder");
    // No armend on the PATH: what is used is declared.
    let mut bazel = std::process::Command::new(tool("bazel"));
    bazel.current_dir(project.path("")).env("LC_ALL", "C").env_remove("MAKEFLAGS");
    // No server that outlives the test.
    bazel.arg("--batch").arg(format!("--output_user_root={}", root.join("bazel").display())).args(arguments);
    for (repository, ..) in RULES {
        bazel.arg(format!("--override_repository={repository}={}", root.join(repository).display()));
    }
    // Bazel makes what it built read-only, folders too: else the folder could not be removed.
    let run = Run::of(bazel.args(["--spawn_strategy=linux-sandbox", "--verbose_failures"]));
    Run::of(std::process::Command::new("chmod").args(["-R", "u+w"]).arg(root.join("bazel"))).succeeds();
    run
}

#[test]
fn the_program_links_and_runs() {
    let before = checkout(Armend::Copies);
    assert_duplicates(bazel(&before, &["build", "//:program"]));
    let after = checkout(Armend::Real);
    bazel(&after, &["build", "//:program"]).succeeds();
    after.assert_runs("bazel-bin/program");
    let parameters = fs::read_to_string(after.path("bazel-bin/libfx.a-0.params")).expect("a file of parameters");
    assert!(parameters.starts_with("isolate\n"), "{parameters}");
}

/// The files that a run opened or made, but for the system's own.
fn opened(folder: &Path, arguments: &[&str]) -> BTreeSet<PathBuf> {
    let trace = folder.join("trace");
    let mut strace = std::process::Command::new(tool("strace"));
    // `cargo test` has the loader look into its own folders.
    strace.env_remove("LD_LIBRARY_PATH");
    strace.current_dir(folder).args(["-f", "-e", "trace=%file", "-o"]).arg(&trace);
    Run::of(strace.arg(env!("CARGO_BIN_EXE_armend")).args(arguments)).succeeds();
    let text = fs::read_to_string(&trace).expect("a trace");
    let names = text.lines().filter(|line| !line.contains(" = -1 ")).filter_map(|line| line.split('"').nth(1));
    let system = ["/lib", "/usr/lib", "/etc/ld.so", "/proc/", "/sys/", "/dev/", env!("CARGO_BIN_EXE_armend")];
    let names = names.filter(|name| !system.iter().any(|prefix| name.starts_with(prefix)));
    names.map(|name| PathBuf::from(name.strip_prefix("./").unwrap_or(name))).collect()
}

#[test]
fn it_touches_what_is_declared_and_nothing_else() {
    let project = Project::new("bazel");
    let folder = project.path("").canonicalize().expect("a folder");
    fs::create_dir(folder.join("out")).expect("a folder");
    fs::write(folder.join("params"), "isolate\nvendor/libfx.a\n--keep\n'fx_*'\n-o\nout/libfx.a\n").expect("write");
    let output = |path: &PathBuf| {
        // The temporary file beside the output, which becomes it.
        path.starts_with(folder.join("out")) || path.starts_with("out")
    };
    let (outputs, inputs): (BTreeSet<_>, BTreeSet<_>) = opened(&folder, &["@params"]).into_iter().partition(output);
    let declared = ["params", "vendor/libfx.a"].map(PathBuf::from);
    let inputs: BTreeSet<_> = inputs
        .into_iter()
        // The folders above are looked at to resolve the paths.
        .filter(|path| path != Path::new("") && path != Path::new(".") && !folder.starts_with(path))
        .map(|path| path.strip_prefix(&folder).map(Path::to_owned).unwrap_or(path))
        .collect();
    assert_eq!(inputs, BTreeSet::from(declared));
    assert!(!outputs.is_empty());
    let left: Vec<_> = fs::read_dir(folder.join("out")).expect("a folder").map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, [folder.join("out/libfx.a")]);
}

#[test]
fn the_same_bytes_twice_and_elsewhere() {
    let built = [(); 2].map(|()| {
        let project = checkout(Armend::Real);
        bazel(&project, &["build", "//:libfx", "//:libfy.a"]).succeeds();
        ["bazel-bin/libfx.a", "bazel-bin/libfy.a"].map(|name| fs::read(project.path(name)).expect("it is built"))
    });
    assert!(built[0] == built[1]);
    assert!(built[0][0] != built[0][1]);
}
