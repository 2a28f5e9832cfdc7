//! Archives of Debian's, with the libraries that they are really linked with: what is listed is what GNU ld rejects.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use armend_test_support::{corpus, run as finish, run_ok, tool};

use crate::{json, names, rejected, scratch};

/// Small and position-independent; with what other libraries have to provide, and C++.
const PACKAGES: &[&str] = &[
    "libacl1-dev",
    "libargtable2-dev",
    "libarpack2-dev",
    "libattr1-dev",
    "libaudit-dev",
    "libbsd-dev",
    "libcap-dev",
    "libconfuse-dev",
    "libcunit1-dev",
    "libdwarf-dev",
    "libedit-dev",
    "libelf-dev",
    "libev-dev",
    "libevent-dev",
    "libexpat1-dev",
    "libflac-dev",
    "libfontconfig-dev",
    "libfreetype-dev",
    "libgdbm-dev",
    "libgif-dev",
    "libgmock-dev",
    "libgoogle-glog-dev",
    "libhiredis-dev",
    "libjpeg62-turbo-dev",
    "libksba-dev",
    "libleveldb-dev",
    "libmicrohttpd-dev",
    "libminizip-dev",
    "libogg-dev",
    "libpng-dev",
    "libreadline-dev",
    "libsasl2-dev",
    "libspeex-dev",
    "libssh2-1-dev",
    "libtheora-dev",
    "libtiff-dev",
    "libvorbis-dev",
    "libwebp-dev",
    "libxml2-dev",
    "libyaml-cpp-dev",
    "libzmq3-dev",
    "zlib1g-dev",
];

/// How many are judged at least, and of how many GNU ld rejects something.
const AT_LEAST: (usize, usize) = (40, 20);

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
    for archive in corpus::archives().iter().filter(|archive| PACKAGES.contains(&archive.package.as_str())) {
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
