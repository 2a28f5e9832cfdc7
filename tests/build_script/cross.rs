//! The example for another machine.

use armend_test_support::{Toolchain, run, tool};

use crate::workshop::Workshop;

const TARGET: &str = "aarch64-unknown-linux-gnu";

/// Both sides, and the C, are for the other machine, by nothing but `--target`; qemu runs them.
#[test]
fn for_another_machine_each_side_counts_its_own_devices() {
    tool("aarch64-linux-gnu-gcc");
    let std = Toolchain::Stable.sysroot().join("lib/rustlib").join(TARGET);
    assert!(std.exists(), "{}: rustup target add --toolchain stable {TARGET}", std.display());
    let workshop = Workshop::open(Toolchain::Stable);
    let mut cargo = workshop.cargo(&["test", "--target", TARGET]);
    cargo.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", "aarch64-linux-gnu-gcc");
    cargo.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", "qemu-aarch64-static -L /usr/aarch64-linux-gnu");
    let tested = run(&mut cargo).expect_success();
    assert!(tested.stdout.contains("test result: ok. 4 passed; 0 failed; 0 ignored"), "{}", tested.describe());
}
