//! Two libraries of Rust with std in each.

use std::path::{Path, PathBuf};

use armend_test_support::Run;

use crate::inputs::rust_sides;
use crate::{isolated, letters, link, printed, run, scratch};

const EXPORTS: [&str; 5] = ["first_count", "first_hook", "second_count", "second_hook", "second_panic"];

/// The first sets a hook, then the second panics, which ends in a trap.
const RUN: &str = "console.log(e.first_count(), e.second_count());
    e.first_hook();
    try { e.second_panic(); } catch (error) { console.log(error instanceof WebAssembly.RuntimeError); }
    console.log(notes.join() || 'no hook');";

fn link_rust(module: &Path, options: &[&str], libraries: &[PathBuf; 2]) -> Run {
    let options = [&["--allow-undefined"], options].concat();
    link(module, &EXPORTS, &options, &[&libraries[0], &libraries[1]])
}

#[test]
fn two_libraries_with_std() {
    let scratch = scratch();
    let libraries = rust_sides(&scratch, "off");
    let module = scratch.path("module.wasm");
    link_rust(&module, &[], &libraries).succeeds();
    assert_eq!(printed(&module, RUN), "2 6\ntrue\n1", "one std serves both: its hook is the first's");
    let whole = link_rust(&module, &["--whole-archive", "--error-limit=0"], &libraries).exits(1);
    let duplicates = whole.stderr.lines().filter(|line| line.contains("duplicate symbol: ")).count();
    assert!(duplicates > 1000, "{duplicates} duplicates");

    let private = [0, 1].map(|at| isolated(&scratch, &libraries[at], &["--strip-bitcode"]));
    for options in [&[][..], &["--whole-archive"]] {
        link_rust(&module, options, &private).succeeds();
        assert_eq!(printed(&module, RUN), "2 6\ntrue\nno hook", "{options:?}");
    }
    link_rust(&module, &[], &[private[0].clone(), libraries[1].clone()]).succeeds();
    assert_eq!(printed(&module, RUN), "2 6\ntrue\nno hook", "one of them is enough");

    let names = letters(&private[0]);
    let global = |(_, letters): &(&String, &String)| letters.contains(['T', 'D', 'W', 'B']);
    let kept: Vec<&str> =
        names.iter().filter(global).map(|(name, _)| &name[..]).filter(|name| !name.ends_with(".first")).collect();
    assert_eq!(kept, ["first_count", "first_hook"]);
    run(&scratch, &["isolate", "libfirst-private.a", "--keep", "first_*", "--tag", "first", "--check"]).exits(0);
}

#[test]
fn two_libraries_of_one_object_each() {
    let scratch = scratch();
    let libraries = rust_sides(&scratch, "fat");
    let module = scratch.path("module.wasm");
    let whole = link_rust(&module, &["--whole-archive"], &libraries).exits(1);
    assert!(whole.stderr.contains("duplicate symbol: "), "{whole}");
    let private = [0, 1].map(|at| isolated(&scratch, &libraries[at], &[]));
    link_rust(&module, &["--whole-archive"], &private).succeeds();
    assert_eq!(printed(&module, RUN), "2 6\ntrue\nno hook");
}

/// rustc says who it is in `producers`.
#[test]
fn the_report_names_the_compiler() {
    let scratch = scratch();
    rust_sides(&scratch, "fat");
    let report = run(&scratch, &["isolate", "libfirst.a", "--dry-run"]).succeeds();
    assert!(report.text().contains("rustc version 1.63.0"), "{report}");
    assert!(report.text().contains("kept      2 exports: first_count, first_hook"), "{report}");
}
