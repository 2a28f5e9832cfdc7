//! The floor that armend sees in real archives, against that of shared objects made of them.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use armend_test_support::{Run, Scratch, corpus, run, run_ok, tool};

use crate::scratch;
use crate::versions::{Versioned, floor, version, wanted};

/// Archives of Debian's that go into a shared object whole: C and C++, position-independent.
const ARCHIVES: &[(&str, &str)] = &[
    ("libabsl-dev", "libabsl_city.a"),
    ("libacl1-dev", "libacl.a"),
    ("libarchive-dev", "libarchive.a"),
    ("libattr1-dev", "libattr.a"),
    ("libaudit-dev", "libaudit.a"),
    ("libboost-date-time1.74-dev", "libboost_date_time.a"),
    ("libc++-14-dev", "libc++.a"),
    ("libcap-dev", "libcap.a"),
    ("libcfitsio-dev", "libcfitsio.a"),
    ("libcriterion-dev", "libcriterion.a"),
    ("libcurl4-openssl-dev", "libcurl.a"),
    ("libdrm-dev", "libdrm.a"),
    ("libevent-dev", "libevent_pthreads.a"),
    ("libexpat1-dev", "libexpat.a"),
    ("libf2c2-dev", "libf2c.a"),
    ("libflac-dev", "libFLAC.a"),
    ("libgoogle-glog-dev", "libglog.a"),
    ("libgsl-dev", "libgsl.a"),
    ("libgtest-dev", "libgtest.a"),
    ("libhiredis-dev", "libhiredis.a"),
    ("libiberty-dev", "libiberty.a"),
    ("libjemalloc-dev", "libjemalloc_pic.a"),
    ("libleveldb-dev", "libleveldb.a"),
    ("liblz4-dev", "liblz4.a"),
    ("liblzma-dev", "liblzma.a"),
    ("libseccomp-dev", "libseccomp.a"),
    ("libssl-dev", "libcrypto.a"),
    ("libstdc++-12-dev", "libstdc++.a"),
    ("libunwind-14-dev", "libunwind.a"),
    ("libwebp-dev", "libwebp.a"),
    ("nettle-dev", "libhogweed.a"),
];

/// What the compiler's start files want, and glibc's own static functions (`atexit`); and the other name of `environ`,
/// which GNU ld adds.
const BEHIND: [&str; 5] = ["__cxa_finalize", "__cxa_atexit", "__cxa_at_quick_exit", "__register_atfork", "__environ"];

/// All of the archive in a shared object, with the C and C++ libraries behind it.
fn link(archive: &Path, object: &Path) {
    let mut gcc = Command::new(tool("g++"));
    gcc.args(["-shared", "-Wl,--no-as-needed", "-Wl,--whole-archive"]).arg(archive).arg("-Wl,--no-whole-archive");
    run_ok(gcc.args(["-lm", "-lresolv", "-o"]).arg(object));
}

fn report(scratch: &Scratch, archive: &Path, options: &[&str]) -> serde_json::Value {
    let mut command = scratch.command(&["glibc", "--sysroot", "/", "--format", "json"]);
    let run = Run::of(command.args(options).arg(archive)).succeeds();
    serde_json::from_str(run.text()).expect("JSON")
}

/// The newest version of a kind (`GLIBCXX`) that a file wants.
fn newest(wanted: &BTreeSet<Versioned>, kind: &str) -> Option<String> {
    let prefix = format!("{kind}_");
    let nodes = wanted.iter().filter_map(|symbol| symbol.node.strip_prefix(&prefix));
    let numbers = |node: &&str| node.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u32>>();
    nodes.max_by_key(numbers).map(|node| prefix.clone() + node)
}

#[test]
fn the_floor_is_what_linked_files_have() {
    let scratch = scratch();
    for (package, file) in ARCHIVES {
        let archive = corpus::archive(package, file).path;
        println!("{package}/{file}"); // shown with the failure
        let object = scratch.path("linked.so");
        link(&archive, &object);
        let report = report(&scratch, &archive, &[]);
        // Each symbol by itself, with its version.
        let wanted = wanted(&object);
        let names = |symbol: &Versioned| symbol.version().map(|version| (symbol.name.clone(), version));
        let linked: BTreeSet<_> =
            wanted.iter().filter_map(names).filter(|(name, _)| !BEHIND.contains(&name.as_str())).collect();
        let symbols =
            report["symbols"].as_array().unwrap().iter().map(|symbol| {
                (symbol["name"].as_str().unwrap().to_owned(), version(symbol["binds"].as_str().unwrap()))
            });
        let seen: BTreeSet<_> = symbols.filter(|(name, _)| !BEHIND.contains(&name.as_str())).collect();
        let differences: Vec<_> = seen.symmetric_difference(&linked).collect();
        assert!(differences.is_empty(), "{differences:?}");
        let start = Some(version("2.10"));
        assert_eq!(report["floor"].as_str().map(version).max(start), floor(&object).max(start));
        // C++'s and the compiler's runtime by their own versions' names.
        let runtimes: BTreeSet<_> =
            report["runtimes"].as_array().unwrap().iter().map(|node| node.as_str().unwrap().to_owned()).collect();
        let expected = ["CXXABI", "GCC", "GLIBCXX"].iter().filter_map(|kind| newest(&wanted, kind)).collect();
        assert_eq!(runtimes, expected);
    }
}

/// Pinned, the same archives link to what is no newer, or the report names what is.
#[test]
fn pinned_floors_are_what_linked_files_have() {
    let scratch = scratch();
    let mut lowered = 0;
    for (package, file) in ARCHIVES {
        let archive = corpus::archive(package, file).path;
        println!("{package}/{file}"); // shown with the failure
        let report = report(&scratch, &archive, &["--pin", "2.17", "-o", "pinned.a"]);
        let object = scratch.path("linked.so");
        link(&scratch.path("pinned.a"), &object);
        let start = Some(version("2.10"));
        let said = report["pinned_floor"].as_str().map(version).max(start);
        assert_eq!(said, floor(&object).max(start));
        let unmet = report["symbols"].as_array().unwrap().iter().filter(|symbol| symbol["remedy"] == "unmet").count();
        assert_eq!(unmet > 0, said > Some(version("2.17")), "{report}");
        lowered += usize::from(said < report["floor"].as_str().map(version));
    }
    assert!(lowered >= 15, "{lowered}");
}

/// The program that `libz.a` is for, on an archive whose `memcpy`, `fcntl64` and the like are pinned.
#[test]
fn a_pinned_archive_still_works() {
    let scratch = scratch();
    let archive = corpus::archive("zlib1g-dev", "libz.a").path;
    Run::of(scratch.command(&["glibc", "--pin", "2.5", "-o", "pinned.a"]).arg(&archive)).succeeds();
    scratch.write(
        "main.c",
        "#include <string.h>\n#include <stdio.h>\nint compress(char *, unsigned long *, const char *, unsigned long);\n\
         int uncompress(char *, unsigned long *, const char *, unsigned long);\n\
         int main(void) { char a[99], b[99]; unsigned long n = 99, m = 99;\n\
         return compress(a, &n, \"text text text\", 15) || uncompress(b, &m, a, n) || strcmp(b, \"text text text\"); }\n",
    );
    let compile = ["main.c", "pinned.a", "-o", "program"];
    run_ok(Command::new(tool("gcc")).current_dir(scratch.folder()).args(compile));
    run(&mut Command::new(scratch.path("program"))).expect_success();
}
