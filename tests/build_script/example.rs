//! The example as it is.

use armend_test_support::Toolchain;

use crate::workshop::{Workshop, nothing_done};

/// libkrun is of the stable toolchain either way: the same as the host's, and another.
#[test]
fn from_clean_with_both_toolchains_each_side_counts_its_own_devices() {
    for toolchain in [Toolchain::Stable, Toolchain::Nightly] {
        let workshop = Workshop::open(toolchain);
        workshop.run(&["clean", "--package", "krun-sys", "--package", "host"]).expect_success();
        let tested = workshop.run(&["test"]).expect_success();
        assert!(tested.stdout.contains("test result: ok. 4 passed; 0 failed; 0 ignored"), "{}", tested.describe());
        let again = workshop.run(&["test", "--no-run", "--verbose"]).expect_success();
        assert!(nothing_done(&again), "{}", again.describe());

        let ran = workshop.run(&["run", "--package", "host"]).expect_success();
        assert_eq!(ran.stdout, "host     devices [\"gpu\"]\nlibkrun  devices 2, queue slots 128\n");
    }
}

/// With link-time optimisation on both sides, the archive has to stay out of the rlib.
#[test]
fn a_release_build_with_lto_takes_the_archive_apart() {
    let workshop = Workshop::open(Toolchain::Stable);
    let release = ["test", "--release", "--config", "profile.release.lto=\"thin\""];
    let bundled = workshop.run(&release);
    assert!(bundled.stderr.contains("failed to get bitcode from object file for LTO"), "{}", bundled.describe());
    workshop.edit("krun-sys/build.rs", ".link()", ".bundle(false).link()");
    let apart = workshop.run(&release).expect_success();
    assert!(apart.stdout.contains("test result: ok. 4 passed; 0 failed; 0 ignored"), "{}", apart.describe());
    let directives = workshop.directives(&["build", "--release", release[2], release[3]]);
    assert!(directives.contains(&"cargo::rustc-link-lib=static:-bundle=krun".to_owned()), "{directives:#?}");
}
