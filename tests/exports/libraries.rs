//! Libraries of others, from crates.io: what they export, found without being told, beside what their headers declare,
//! in both directions. What is defined is judged by llvm-nm and the sysroot, what is declared by GCC.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{CLibrary, Scratch, Toolchain, run_ok, tool};
use serde_json::Value;

use crate::{exports, names, scratch, states};

/// A library, and how its exports and its headers differ.
struct Case {
    library: CLibrary,
    /// How GCC has to be called for its headers.
    flags: &'static [&'static str],
    /// What the headers declare for other platforms only: they are read without a preprocessor.
    elsewhere: &'static [&'static str],
    /// How many exports there are, at least.
    exports: usize,
    /// What the headers declare and the archive does not define: how many, and what tells that each is of these.
    missing: (usize, fn(&str) -> bool),
    /// What the archive exports and the headers do not declare.
    unlisted: (usize, fn(&str) -> bool),
}

const NONE: (usize, fn(&str) -> bool) = (0, |_| false);

const fn library(
    package: &'static str,
    library: &'static str,
    headers: &'static [&'static str],
    exports: usize,
) -> Case {
    let library = CLibrary { package, library, headers, config: &[] };
    Case { library, flags: &[], elsewhere: &[], exports, missing: NONE, unlisted: NONE }
}

const CASES: [Case; 8] = [
    library("rustc-demangle-capi", "rustc_demangle", &["include/rustc_demangle.h"], 1),
    library("rure", "rure", &["include/rure.h"], 30),
    library("ebur128", "ebur128", &["assets/ebur128.h"], 20),
    Case {
        // The encodings are declared in a header of their own, by a macro.
        unlisted: (40, |name| name.ends_with("_ENCODING")),
        ..library("encoding_c", "encoding_c", &["include/encoding_rs.h"], 40)
    },
    // Behind encoding_c, whose header it includes.
    library("chardetng_c", "chardetng_c", &["include/chardetng.h"], 5),
    Case {
        // Two that its own macros call.
        unlisted: (2, |name| ["liq_executing_user_callback", "liq_received_invalid_pointer"].contains(&name)),
        ..library("imagequant-sys", "imagequant_sys", &["libimagequant.h"], 50)
    },
    Case {
        // For its bindings of other languages: allocation, and the decoder's functions once more.
        unlisted: (16, |name| {
            let allocates = ["U8", "Usize"].iter().any(|end| name.ends_with(end));
            allocates || name.starts_with("CBrotliDecoder") || name == "instantiate_functions"
        }),
        ..library(
            "brotli-ffi",
            "brotli_ffi",
            &["brotli/broccoli.h", "brotli/decode.h", "brotli/encode.h", "brotli/multiencode.h"],
            40,
        )
    },
    Case {
        library: CLibrary {
            package: "libz-rs-sys-cdylib",
            library: "z_rs",
            headers: &["include/zlib.h"],
            // It refuses to be built with unwinding.
            config: &["profile.release.panic=\"abort\""],
        },
        flags: &["-D_LARGEFILE64_SOURCE", "-DZ_HAVE_STDARG_H"],
        elsewhere: &["gzopen_w"],
        exports: 50,
        // The functions on files are behind the crate's feature "gz".
        missing: (33, |name| name.starts_with("gz")),
        // A newer zlib's than the header is of.
        unlisted: (7, |name| name.ends_with("_z") || name == "deflateUsed"),
    },
];

/// The names of an archive's or rlib's global definitions.
fn defined(file: &Path) -> BTreeSet<String> {
    let nm = run_ok(
        Command::new(tool("llvm-nm")).args(["--extern-only", "--defined-only", "--format=just-symbols"]).arg(file),
    );
    nm.lines().filter(|line| !line.is_empty() && !line.ends_with(':')).map(str::to_owned).collect()
}

/// What every Rust staticlib defines: the toolchain's own.
fn of_the_toolchain() -> BTreeSet<String> {
    let folder = Toolchain::Stable.sysroot().join("lib/rustlib/x86_64-unknown-linux-gnu/lib");
    let files = std::fs::read_dir(folder).expect("the sysroot").map(|entry| entry.unwrap().path());
    let rlibs = files.filter(|file| file.extension().is_some_and(|extension| extension == "rlib"));
    rlibs.flat_map(|rlib| defined(&rlib)).collect()
}

/// The functions that a header declares itself, by GCC: `/* FILE:LINE:… */ extern TYPE NAME (…);` each.
fn declared(header: &Path, folders: &[PathBuf], flags: &[&str], scratch: &Scratch) -> BTreeSet<String> {
    let list = scratch.path("declared");
    let mut gcc = Command::new(tool("gcc"));
    // Some expect their user to have included what their types are from.
    let types = ["stdbool.h", "stddef.h", "stdint.h", "uchar.h"].iter().flat_map(|header| ["-include", header]);
    gcc.args(["-fsyntax-only", "-w", "-x", "c"]).args(types).args(flags);
    gcc.args(folders.iter().map(|folder| format!("-I{}", folder.display())));
    run_ok(gcc.arg("-aux-info").arg(&list).arg(header));
    let of_header = format!("/* {}:", header.display());
    let list = std::fs::read_to_string(list).expect("GCC writes the list");
    let functions = list.lines().filter(|line| line.starts_with(&of_header));
    functions
        .filter_map(|line| {
            let (before, _) = line.split_once(" (")?;
            Some(before.rsplit([' ', '*']).next()?.to_owned())
        })
        .collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn in_state<'r>(report: &'r Value, wanted: &str) -> Vec<&'r str> {
    states(report).into_iter().filter(|(_, state)| *state == wanted).map(|(name, _)| name).collect()
}

fn check(case: &Case, toolchain: &BTreeSet<String>, folders: &mut Vec<PathBuf>) {
    let package = case.library.package;
    let (archive, headers) = case.library.build();
    let scratch = scratch();
    std::os::unix::fs::symlink(&archive, scratch.path("lib.a")).expect("link");

    // What is found without being told is what is there and not Rust's own.
    let (_, report) = exports(&scratch, &["lib.a"]);
    let found = set(&in_state(&report, "global"));
    let mangled = |name: &String| name.starts_with("_ZN") || name.starts_with("_R") || name.contains(".llvm.");
    // The allocator's shims and the panic runtime's entry are rustc's, and made for each program.
    let runtime = |name: &String| name.starts_with("__rust") || name.starts_with("rust_") || name.contains("DW.ref.");
    let there =
        defined(&archive).into_iter().filter(|name| !mangled(name) && !runtime(name) && !toolchain.contains(name));
    assert_eq!(found, there.collect(), "{package}");
    assert!(found.len() >= case.exports, "{package} exports {} names", found.len());

    // Beside the headers, both ways.
    let own = headers.iter().filter_map(|header| header.parent());
    folders.extend(own.flat_map(|folder| [folder, folder.parent().unwrap()]).map(Path::to_owned));
    let options: Vec<_> = headers.iter().flat_map(|header| ["--require", header.to_str().unwrap()]).collect();
    let (code, report) = exports(&scratch, &[&["lib.a"], &options[..]].concat());
    let listed = states(&report).into_iter().map(|(name, _)| name.to_owned()).collect::<BTreeSet<_>>();
    let mut by_gcc: BTreeSet<_> =
        headers.iter().flat_map(|header| declared(header, folders, case.flags, &scratch)).collect();
    assert!(!by_gcc.is_empty());
    by_gcc.extend(set(case.elsewhere));
    assert_eq!(listed.symmetric_difference(&by_gcc).collect::<Vec<_>>(), [""; 0], "{package}: read otherwise by GCC");
    let (missing, unlisted) = (in_state(&report, "missing"), names(&report, "unlisted"));
    assert_eq!(set(&missing), by_gcc.difference(&found).cloned().collect(), "{package}: declared, not defined");
    assert_eq!(set(&unlisted), found.difference(&by_gcc).cloned().collect(), "{package}: defined, not declared");
    assert_eq!(in_state(&report, "global").len() + missing.len(), listed.len(), "{package}");
    assert_eq!((names(&report, "unmet"), code), (missing.clone(), i32::from(!missing.is_empty())), "{package}");

    // And each difference is one that its authors mean.
    for (what, names, (count, explained)) in
        [("declared", missing, case.missing), ("exported", unlisted, case.unlisted)]
    {
        assert_eq!(names.len(), count, "{package}, only {what}: {names:?}");
        assert!(names.iter().all(|name| explained(name)), "{package}, only {what}: {names:?}");
    }
}

#[test]
fn exports_found_by_themselves_beside_the_headers() {
    let toolchain = of_the_toolchain();
    assert!(toolchain.len() > 1000);
    let mut folders = Vec::new();
    for case in &CASES {
        check(case, &toolchain, &mut folders);
    }
}
