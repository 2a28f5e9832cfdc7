//! Archives of Debian's, with the libraries that they are really linked with: what is listed is what GNU ld rejects.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use armend_test_support::{corpus, run as finish, run_ok, tool};

use crate::{json, names, rejected, scratch};

/// Larger ones take their time.
const LARGEST: u64 = 1 << 20;

/// C libraries stand for themselves.
const OF_C: &[&str] = &["dietlibc-dev", "libc6-dev", "libgcc-12-dev", "libklibc-dev", "libstdc++-12-dev", "musl-dev"];

/// How many are judged at least, and of how many GNU ld rejects something.
const AT_LEAST: (usize, usize) = (80, 50);

#[test]
fn what_is_listed_is_what_ld_rejects() {
    let libs = ["libc.so", "libm.so.6", "libgcc.a", "libgcc_s.so.1", "libstdc++.so"].map(|name| {
        let path = run_ok(Command::new(tool("g++")).arg(format!("-print-file-name={name}")));
        let path = path.trim().to_owned();
        assert!(Path::new(&path).is_absolute(), "{name} is missing, install g++ and libc6-dev");
        path
    });
    let scratch = scratch();
    let (mut judged, mut rejecting, mut differences) = (0, 0, Vec::new());
    let chosen = corpus::archives().into_iter().filter(|archive| {
        let other = archive.package.contains("-cross") || OF_C.contains(&archive.package.as_str());
        !other && archive.path.metadata().is_ok_and(|file| file.len() <= LARGEST)
    });
    for archive in chosen {
        let path = archive.path.to_str().expect("a path");
        let mut gcc = Command::new(tool("g++"));
        gcc.current_dir(scratch.folder()).args(["-shared", "-o", "out.so", "-fuse-ld=bfd"]);
        gcc.args(["-Wl,-z,defs", "-Wl,-z,muldefs", "-Wl,--no-demangle", "-Wl,--whole-archive", path]);
        let linked = finish(gcc.arg("-Wl,--no-whole-archive"));
        let expected = rejected(&linked);
        // What is not position-independent is rejected before anything else.
        if !linked.success() && expected.is_empty() || linked.stderr.contains("recompile with -fPIC") {
            continue;
        }
        let report =
            json(&scratch, &[&["undefined", path, "--libs"], &libs.each_ref().map(String::as_str)[..]].concat());
        let listed: BTreeSet<String> = names(&report["symbols"]);
        judged += 1;
        rejecting += usize::from(!expected.is_empty());
        if listed != expected {
            let only =
                |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).take(5).cloned().collect::<Vec<_>>();
            let (ours, theirs) = (only(&listed, &expected), only(&expected, &listed));
            differences.push(format!("{}: only listed {ours:?}, only rejected {theirs:?}", archive.label()));
        }
        assert_eq!(report["of_cxx"].as_array().map(Vec::len), Some(0), "libstdc++ is among the libraries");
    }
    assert!(differences.is_empty(), "{} of {judged}:\n{}", differences.len(), differences.join("\n"));
    assert!(judged >= AT_LEAST.0 && rejecting >= AT_LEAST.1, "only {judged} judged, {rejecting} of them rejected");
}
