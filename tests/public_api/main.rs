//! The library's interface is what `tests/public_api/interface.txt` says, name by name: no change goes unseen.
//!
//! Read from rustdoc's JSON, which nightly alone writes: the version of the crate that reads it belongs to the nightly.

use std::fs;
use std::path::Path;

use armend_test_support::{Toolchain, cache_root, content_hash, run};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Every public name of the library alone, with its type; what derives bring is not listed.
fn interface() -> String {
    let target = cache_root().join(format!("targets/public-api-{}", content_hash(&[], &[ROOT])));
    let mut cargo = Toolchain::Nightly.rustups_cargo();
    cargo
        .current_dir(ROOT)
        .args(["rustdoc", "--lib", "--locked", "--no-default-features", "--target-dir"])
        .arg(&target);
    cargo.args(["--", "-Zunstable-options", "--output-format", "json"]);
    run(&mut cargo).expect_success();
    let api = public_api::Builder::from_rustdoc_json(target.join("doc/armend.json"))
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .unwrap_or_else(|error| panic!("{error}: the nightly and the crate public-api have to fit each other"));
    api.to_string()
}

/// An addition is a minor release, anything else a major one.
#[test]
fn the_interface_is_what_the_list_says() {
    let file = Path::new(ROOT).join("tests/public_api/interface.txt");
    let now = interface();
    if std::env::var_os("ARMEND_WRITE_INTERFACE").is_some() {
        fs::write(&file, &now).unwrap();
    }
    let listed = fs::read_to_string(&file).unwrap();
    let missing_in = |text: &str, from: &str, sign| {
        let lines = from.lines().filter(|line| !text.lines().any(|other| other == *line));
        lines.map(|line| format!("{sign} {line}\n")).collect::<String>()
    };
    let changes = missing_in(&now, &listed, '-') + &missing_in(&listed, &now, '+');
    assert!(changes.is_empty(), "the interface changed; ARMEND_WRITE_INTERFACE=1 writes the list:\n{changes}");
}
