//! The lints as such: their list, their pages, which of them count, and that each has its tests.

use armend_test_support::Run;
use serde_json::Value;

use crate::{audit, c_library, scratch};

/// Every lint's name and severity, as `--list` has it.
fn list() -> Vec<(String, String)> {
    let run = Run::of(&mut scratch().command(&["audit", "--list", "--format", "json"])).succeeds();
    let list: Value = serde_json::from_str(run.text()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lints = list["lints"].as_array().unwrap().iter();
    lints.map(|lint| (text(&lint["name"]), text(&lint["severity"]))).collect()
}

#[test]
fn every_lint_has_a_page() {
    let lints = list();
    assert!(lints.len() > 15, "{lints:?}");
    for (name, _) in lints {
        let run = Run::of(&mut scratch().command(&["audit", "--explain", &name])).succeeds();
        let page = run.text();
        assert!(page.starts_with(&format!("# {name}\n")), "{page}");
        for part in ["**What breaks.**", "**Example.**", "**Mend.**"] {
            assert!(page.contains(part), "{name} has no {part}");
        }
        assert!(page.lines().all(|line| line.chars().count() <= 100), "{name} is too wide");
    }
}

/// Each lint is found on one real archive at least, and not found on another: so it is named twice at least.
#[test]
fn every_lint_has_its_tests() {
    let tests = [
        include_str!("bytecode.rs"),
        include_str!("duplicates.rs"),
        include_str!("exports.rs"),
        include_str!("index.rs"),
        include_str!("position.rs"),
        include_str!("references.rs"),
        include_str!("shared.rs"),
        include_str!("stack.rs"),
        include_str!("../macho/personalities.rs"),
    ]
    .join("\n");
    for (name, _) in list() {
        assert!(tests.matches(&format!("\"{name}\"")).count() > 1, "{name} has not its tests");
    }
}

#[test]
fn which_findings_count() {
    let scratch = c_library(
        "gcc",
        &["-fno-pic"],
        "static int t[9]; int *fx_get(long i) { return &t[i]; } extern int other; int fx_other(void) { return other; }",
    );
    let counting = |arguments: &[&str]| {
        let (code, report) = audit(&scratch, arguments);
        assert_eq!(report["found"], code == 1);
        let findings = report["archives"][0]["findings"].as_array().unwrap();
        let counting = findings.iter().filter(|finding| finding["counts"] == true);
        (code, counting.map(|finding| finding["lint"].as_str().unwrap().to_owned()).collect::<Vec<_>>())
    };
    let lints = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(counting(&[]), (1, lints(&["non-pic"])));
    assert_eq!(counting(&["--deny", "all"]), (1, lints(&["non-pic", "undefined-references"])));
    assert_eq!(counting(&["--deny", "undefined-references"]), (1, lints(&["undefined-references"])));
    assert_eq!(counting(&["--deny", "stale-index,missing-index"]), (0, lints(&[])));
}

#[test]
fn a_lint_that_does_not_exist() {
    let scratch = c_library("gcc", &[], "");
    for arguments in [&["audit", "lib.a", "--deny", "non-pik"][..], &["audit", "--explain", "non-pik"]] {
        Run::of(&mut scratch.command(arguments)).refuses(&["non-pik", "did you mean non-pic?"]);
    }
    Run::of(&mut scratch.command(&["audit"])).exits(2);
}

#[test]
fn text_for_people() {
    let scratch = c_library("gcc", &["-fno-pic"], "static int t[9]; int *fx_get(long i) { return &t[i]; }");
    let run = Run::of(&mut scratch.command(&["audit", "lib.a"])).exits(1);
    let text = run.text();
    assert!(text.starts_with("lib.a: 2 members, ") && text.lines().next().unwrap().ends_with(": 1 warning"), "{text}");
    for part in [
        "  warning   addresses fixed",
        "[non-pic]",
        "    breaks  GNU ld and lld",
        "    members one.o",
        "    mend    make",
    ] {
        assert!(text.contains(part), "no {part:?}: {text}");
    }
    let clean = c_library("gcc", &[], "");
    let run = Run::of(&mut clean.command(&["audit", "lib.a"])).exits(0);
    assert!(run.text().contains(": nothing found\n"), "{run}");
    assert_eq!(Run::of(&mut clean.command(&["audit", "lib.a", "-q"])).exits(0).text(), "");
}
