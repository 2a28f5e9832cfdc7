//! What the package is made of and what it ships: dependencies from crates.io alone, under licences that deny.toml
//! allows; a package that crates.io takes and that builds by itself. Without a network.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use armend_test_support::Run;
use serde_json::Value;

fn cargo(arguments: &[&str]) -> Run {
    let mut cargo = Command::new(env!("CARGO"));
    Run::of(cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments)).succeeds()
}

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The packages of Cargo.lock, each with these keys.
fn locked(keys: [&str; 3]) -> Vec<[Option<String>; 3]> {
    let lock = file("Cargo.lock");
    let value = |package: &str, key: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(&format!("{key} = ")))?;
        Some(line.trim_matches('"').to_owned())
    };
    lock.split("[[package]]").skip(1).map(|package| keys.map(|key| value(package, key))).collect()
}

#[test]
fn all_is_from_the_registry_and_has_a_checksum() {
    let (ours, theirs): (Vec<_>, Vec<_>) =
        locked(["name", "source", "checksum"]).into_iter().partition(|[_, source, _]| source.is_none());
    let names: Vec<_> = ours.iter().flat_map(|[name, ..]| name.as_deref()).collect();
    assert_eq!(
        names,
        ["armend", "armend-rescue", "armend-test-support"],
        "packages without a source are this repository's"
    );
    assert!(theirs.len() > 20, "{} packages", theirs.len());
    let registry = "registry+https://github.com/rust-lang/crates.io-index";
    for [name, source, checksum] in &theirs {
        assert_eq!(source.as_deref(), Some(registry), "{name:?}");
        assert!(checksum.as_ref().is_some_and(|sum| sum.len() == 64), "{name:?} has no checksum");
    }
}

/// Whether one of the licences that an expression offers is allowed, or all of those that it joins. `/` is an old `OR`.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let is_one = |text: &str| text.split(" OR ").any(|one| allowed.contains(&one.trim()));
    let expression = expression.replace(" / ", " OR ").replace('/', " OR ");
    expression.split(" AND ").all(|part| is_one(part.trim_matches(|c| "() ".contains(c))))
}

#[test]
fn every_licence_is_one_that_deny_toml_allows() {
    let deny = file("deny.toml");
    let (_, list) = deny.split_once("\nallow = [").expect("deny.toml allows licences");
    let (list, _) = list.split_once(']').expect("a list ends");
    let allowed: Vec<_> = list.split(',').map(|name| name.trim().trim_matches('"')).collect();
    assert!(is_allowed("(MIT OR GPL-3.0) AND Zlib", &allowed) && is_allowed("GPL-3.0/MIT", &allowed));
    assert!(!is_allowed("GPL-3.0", &allowed) && !is_allowed("(GPL-3.0) AND MIT", &allowed));
    let metadata: Value =
        serde_json::from_str(cargo(&["metadata", "--locked", "--offline", "--format-version", "1"]).text())
            .expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 20);
    let refused: Vec<_> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(|licence| is_allowed(licence, &allowed)))
        .map(|package| format!("{}: {}", package["name"], package["license"]))
        .collect();
    assert!(refused.is_empty(), "licences that deny.toml does not allow: {refused:#?}");
}

/// The crates that `cargo tree` lists for the package with these options, the package itself left out.
fn crates(options: &[&str]) -> BTreeSet<String> {
    let tree = ["tree", "--package", "armend", "--locked", "--offline", "--prefix", "none", "--format", "{p}"];
    let run = cargo(&[&tree[..], options].concat());
    let names = run.text().lines().filter_map(|line| line.split(' ').next()).map(str::to_owned);
    names.filter(|name| name != "armend").collect()
}

/// README's first command is a newcomer's first: what only the tests need is not built for it.
#[test]
fn the_example_is_built_without_the_tests_crates() {
    let run = cargo(&["build", "--example", "rescue", "--offline", "--locked", "--message-format=json"]);
    let messages = run.text().lines().map(|line| serde_json::from_str::<Value>(line).expect("a message is JSON"));
    let built: BTreeSet<_> =
        messages.filter_map(|message| message["target"]["name"].as_str().map(|name| name.replace('_', "-"))).collect();
    assert!(["armend", "rescue", "tempfile"].iter().all(|name| built.contains(*name)), "{built:?}");
    let of_the_program = crates(&["--edges", "normal,build"]);
    let of_the_tests = &crates(&["--edges", "dev", "--depth", "1"]) - &of_the_program;
    assert!(of_the_tests.contains("armend-test-support"), "{of_the_tests:?}");
    let surplus: Vec<_> = of_the_tests.iter().filter(|name| built.contains(&name.replace('_', "-"))).collect();
    assert!(surplus.is_empty(), "only the tests need {surplus:?}");
}

/// The command line's crates are not a build script's to compile.
#[test]
fn the_library_alone_does_without_the_command_line_s_crates() {
    let all = crates(&["--edges", "normal"]);
    let alone = crates(&["--edges", "normal", "--no-default-features"]);
    for name in ["anstream", "anyhow", "clap", "clap_complete", "clap_mangen", "serde", "serde_json", "sha2", "toml"] {
        assert!(all.contains(name), "{name} is not there at all");
        assert!(!alone.contains(name), "the library alone needs {name}");
    }
    let parallel = crates(&["--edges", "normal", "--no-default-features", "--features", "parallel"]);
    let said = format!("is {} crates besides armend, {} with the feature `parallel`", alone.len(), parallel.len());
    assert!(file("docs/build-script.md").contains(&said), "docs/build-script.md does not say that the library {said}");
}

#[test]
fn the_package_ships_what_users_need() {
    let run = cargo(&["package", "--package", "armend", "--list", "--allow-dirty", "--offline", "--locked"]);
    let listed: Vec<_> = run.text().lines().collect();
    for needed in ["Cargo.lock", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "CHANGELOG.md", "docs/policy.md"] {
        assert!(listed.contains(&needed), "no {needed}{run}");
    }
    for (needed, what) in [("src/glibc/table.txt", "a table"), ("docs/schema/isolate.json", "a schema")] {
        assert!(listed.contains(&needed), "no {needed}, {what}{run}");
    }
    let own = ["tests/", "fixtures/", "benches/", ".ci/", "scripts/test", "scripts/setup-tests"];
    let surplus: Vec<_> = listed.iter().filter(|file| own.iter().any(|own| file.starts_with(own))).collect();
    assert!(surplus.is_empty(), "what only this repository needs: {surplus:?}");
    let manifest = file("Cargo.toml");
    for key in ["description", "license", "keywords", "categories", "rust-version", "readme"] {
        assert!(manifest.lines().any(|line| line.starts_with(&format!("{key} = "))), "Cargo.toml has no {key}");
    }
}

/// Of a fresh clone, what a document says to run leaves everything as it is.
#[test]
fn the_lock_files_of_the_example_are_current() {
    for manifest in ["examples/krun-sys/Cargo.toml", "examples/krun-sys/libkrun/Cargo.toml"] {
        cargo(&["metadata", "--locked", "--offline", "--format-version", "1", "--manifest-path", manifest]);
    }
}

/// Whoever depends on the library by a path sees its warnings.
#[test]
fn the_library_builds_with_each_feature_alone_and_without_a_warning() {
    for features in ["", "parallel", "serde", "policy-file", "manifest", "parallel,policy-file,manifest"] {
        let run = cargo(&["check", "--lib", "--offline", "--locked", "--no-default-features", "--features", features]);
        assert!(run.stderr.contains("Finished") && !run.stderr.contains("warning"), "{features}: {run}");
    }
}

/// As crates.io would have it, with its own lock file.
#[test]
fn the_package_builds_by_itself() {
    let run = cargo(&["package", "--package", "armend", "--offline", "--locked", "--allow-dirty"]);
    assert!(run.stderr.contains("Verifying armend"), "{run}");
}
