//! Rust's standard library under names that others have too, once or several times.

use std::fs;
use std::process::Command;

use armend_test_support::{Lto, Run, Scratch, Toolchain, run_ok, std_staticlib, tool};

use crate::{audit, c_library, copied, demo, finds, is_silent, mend, says, scratch, strings};

/// `one.a` and `two.a` as one archive, `lib.a`.
fn join(scratch: &Scratch) {
    let script = b"create lib.a\naddlib one.a\naddlib two.a\nsave\nend\n";
    Run::with_input(Command::new(tool("llvm-ar")).current_dir(scratch.folder()).arg("-M"), script).succeeds();
}

fn rustc(toolchain: Toolchain) -> String {
    let version = toolchain.version().lines().next().unwrap();
    version.replacen("rustc ", "rustc version ", 1)
}

#[test]
fn names_of_every_rust_program() {
    let scratch = copied(&std_staticlib());
    let finding = finds(&scratch, "shared-std", &[]);
    let names = strings(&finding["names"]);
    assert!(names.contains(&"rust_eh_personality") && !names.iter().any(|name| name.starts_with("fx_")));
    says(&finding, "breaks", &["multiple definition of rust_eh_personality", "panic hook"]);
    mend(&scratch, &finding);
    is_silent(&scratch, "shared-std", &[]);
    is_silent(&c_library("gcc", &[], ""), "shared-std", &[]);
}

/// A tag of the user's own makes names private as well.
#[test]
fn names_with_a_tag() {
    let scratch = copied(&demo(Toolchain::Stable, Lto::Thin).build());
    run_ok(&mut scratch.command(&["isolate", "lib.a", "--keep", "js_*", "--tag", "mine"]));
    is_silent(&scratch, "shared-std", &[]);
    let (_, report) = audit(&scratch, &[]);
    assert_eq!(report["archives"][0]["std"][0]["personality"], "rust_eh_personality.mine");
    assert_eq!(report["archives"][0]["std"][0]["private"], true);
}

#[test]
fn two_toolchains_in_one_archive() {
    let scratch = scratch();
    for (toolchain, name) in [(Toolchain::Stable, "one.a"), (Toolchain::Nightly, "two.a")] {
        fs::copy(demo(toolchain, Lto::Thin).build(), scratch.path(name)).unwrap();
    }
    join(&scratch);
    let finding = finds(&scratch, "several-std", &[]);
    says(&finding, "what", &["2 copies", &rustc(Toolchain::Stable), &rustc(Toolchain::Nightly)]);
    assert_eq!(strings(&finding["names"]), ["rust_eh_personality"]);
    let (_, report) = audit(&scratch, &[]);
    let std = report["archives"][0]["std"].as_array().unwrap();
    let toolchains: Vec<_> = std.iter().map(|copy| copy["toolchain"].as_str().unwrap()).collect();
    assert_eq!(toolchains, [rustc(Toolchain::Stable), rustc(Toolchain::Nightly)]);

    let mended = finding["mend"].as_str().unwrap().replace("FIRST.a", "one.a").replace("SECOND.a", "two.a");
    let mended = serde_json::json!({ "mend": mended });
    mend(&scratch, &mended);
    join(&scratch);
    is_silent(&scratch, "several-std", &[]);
    assert_eq!(audit(&scratch, &[]).1["archives"][0]["std"].as_array().unwrap().len(), 2);
}

#[test]
fn one_std_is_not_several() {
    is_silent(&copied(&std_staticlib()), "several-std", &[]);
}
