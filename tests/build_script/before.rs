//! The example as it was before: what goes wrong with a nested Cargo by hand, with and without the linker's flag.

use armend_test_support::Toolchain;

use crate::workshop::Workshop;

const OVERLOOK: &str = "fn main() {\n    println!(\"cargo::rustc-link-arg=-Wl,--allow-multiple-definition\");\n}\n";

fn before(toolchain: Toolchain) -> Workshop {
    let workshop = Workshop::open(toolchain);
    workshop.edit("krun-sys/Cargo.toml", "links = \"krun\"", "links = \"krun\"\nbuild = \"before.rs\"");
    let manifest = std::fs::read_to_string(workshop.path("krun-sys/Cargo.toml")).unwrap();
    let (start, rest) = manifest.split_once("[build-dependencies]\n").unwrap();
    workshop.write("krun-sys/Cargo.toml", &format!("{start}{}", rest.split_once('\n').unwrap().1));
    workshop
}

/// Built alike, both sides' crates have the same names, and nobody says a word.
#[test]
fn of_one_toolchain_the_registries_merge() {
    let tested = before(Toolchain::Stable).run(&["test"]);
    assert!(!tested.success(), "{}", tested.describe());
    assert!(tested.stdout.contains("left: [\"console\", \"gpu\", \"net\"]"), "{}", tested.describe());
    assert!(tested.stdout.contains("test result: FAILED. 2 passed; 2 failed"), "{}", tested.describe());
}

/// Of two toolchains the link fails, and the flag does not lead far: libkrun's own Cargo hears the outer one's
/// toolchain, so that it is not of its own, and once more the registries merge.
#[test]
fn of_two_toolchains_the_flag_gives_one_of_them_and_merged_registries() {
    let workshop = before(Toolchain::Nightly);
    workshop.write("krun-sys/host/build.rs", OVERLOOK);
    let tested = workshop.run(&["test"]);
    assert!(!tested.success(), "{}", tested.describe());
    assert!(tested.stdout.contains("left: [\"console\", \"gpu\", \"net\"]"), "{}", tested.describe());
}

/// libkrun's release profile has link-time optimisation.
#[test]
fn a_release_build_links_with_the_flag_alone() {
    let workshop = before(Toolchain::Stable);
    let refused = workshop.run(&["build", "--release"]);
    assert!(!refused.success(), "{}", refused.describe());
    assert!(refused.stderr.contains("rust_eh_personality"), "{}", refused.describe());
    workshop.write("krun-sys/host/build.rs", OVERLOOK);
    workshop.run(&["build", "--release"]).expect_success();
}
