//! Runs the unit tests of a fixture crate by Cargo, with the linker and the foreign archive of the
//! test's choice.

use crate::staticlib::{Profile, target_folder};
use crate::{Linker, Outcome, Toolchain, cache, cached, content_hash, fixtures, run};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Calls the C compiler with arguments that Cargo does not know of: they are no reason to rebuild.
const LINKER: &str = "#!/bin/bash\nexec gcc \"$@\" $ARMEND_LINKER_ARGUMENTS\n";

/// `cargo test` of a package below `fixtures`, on the stable toolchain.
///
/// With [`Linker::RustLld`] nothing is added to what rustc does by itself.
pub fn cargo_test(workspace: &str, package: &str, profile: Profile, linker: Linker, foreign_folder: &Path) -> Outcome {
    let toolchain = Toolchain::Stable;
    let script = cached(&format!("linkers/{}", content_hash(&[], &[LINKER])), |draft| {
        fs::write(draft.join("linker"), LINKER).unwrap();
        fs::set_permissions(draft.join("linker"), fs::Permissions::from_mode(0o755)).unwrap();
    })
    .join("linker");
    let target = target_folder(workspace, toolchain);
    let _lock = cache::lock(&target);
    let mut cargo = toolchain.cargo_command();
    cargo.args(["test", "--lib", "--locked", "-j2", "--no-fail-fast", "--package", package]);
    cargo.args(["--profile", if profile == Profile::Dev { "test" } else { "release" }]);
    cargo.arg("--manifest-path").arg(fixtures().join(workspace).join("Cargo.toml"));
    cargo.arg("--target-dir").arg(&target);
    cargo.arg("--config").arg(format!("target.x86_64-unknown-linux-gnu.linker={:?}", script.display().to_string()));
    let arguments = if linker == Linker::RustLld { Vec::new() } else { linker.arguments() };
    cargo.env("ARMEND_LINKER_ARGUMENTS", arguments.join(" "));
    cargo.env("FOREIGN_DIR", foreign_folder);
    run(&mut cargo)
}
