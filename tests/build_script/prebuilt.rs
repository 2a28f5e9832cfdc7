//! `Isolate::archive`: a library that is there.

use std::fs;

use armend_test_support::{Toolchain, std_staticlib};

use crate::workshop::{Workshop, nothing_done};

#[test]
fn an_archive_is_amended_once_and_again_when_it_changes() {
    let workshop = Workshop::open(Toolchain::Stable);
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("libforeign.a");
    fs::copy(std_staticlib(), &archive).unwrap();
    let list = folder.path().join("keep.list");
    fs::write(&list, "fx_run\n").unwrap();
    let script = format!(
        "fn main() -> armend::Result<()> {{\n    let linked = armend::build_script::Isolate::archive({archive:?})\
         .keep_file({list:?}).name(\"krun\").link()?;\n    \
         println!(\"cargo::rustc-env=AMENDED={{}}\", linked.report.is_some());\n    Ok(())\n}}\n"
    );
    workshop.write("krun-sys/build.rs", &script);
    let build = ["build", "--package", "krun-sys", "--verbose"];
    let amended = || {
        let directives = workshop.directives(&build[..3]);
        assert!(directives.contains(&format!("cargo::rerun-if-changed={}", archive.display())), "{directives:#?}");
        assert!(directives.contains(&"cargo::rustc-link-lib=static=krun".to_owned()), "{directives:#?}");
        directives.contains(&"cargo::rustc-env=AMENDED=true".to_owned())
    };
    let first = workshop.run(&build).expect_success();
    assert!(first.stderr.contains("Compiling krun-sys") && amended());
    assert!(nothing_done(&workshop.run(&build).expect_success()));

    fs::write(&list, "fx_run\n").unwrap();
    workshop.run(&build).expect_success();
    assert!(!amended(), "the list is the same");

    let result = workshop.out_dir(&build[..3]).join("libkrun.a");
    let before = fs::read(&result).unwrap();
    fs::write(&list, "fx_run\n# another\n").unwrap();
    workshop.run(&build).expect_success();
    assert!(amended());
    assert_eq!(fs::read(&result).unwrap(), before);
}
