//! What `audit`, `explain` and `diff` say of COFF archives, import members among them.

use serde_json::Value;

use super::*;

const DEFINITION: &str = "LIBRARY lib.dll\nEXPORTS\n  call\n  other\n";
const SOURCE: &str =
    "int call(void); __declspec(dllimport) int other(void); int GetLastError(void); int helper(void) { return call(); }
int run(void) { return helper() + other() + GetLastError(); }";

/// An object and the imports of a DLL, in `lib.a`.
fn library() -> Scratch {
    let scratch = scratch();
    compile(&scratch, &CLANG_MSVC, "a", SOURCE);
    scratch.write("lib.def", DEFINITION);
    made(&scratch, "llvm-lib", &["/def:lib.def", "/out:imports.lib", "/machine:x64"]);
    made(&scratch, "llvm-lib", &["/out:lib.a", "a.o", "imports.lib"]);
    scratch
}

#[track_caller]
fn report(scratch: &Scratch, arguments: &[&str]) -> Value {
    let run = Run::of(&mut scratch.command(&[&["--format", "json"], arguments].concat()));
    assert!(matches!(run.code, Some(0 | 1)), "{run}");
    serde_json::from_str(run.text()).expect("one JSON document")
}

/// All members that an import library has of one DLL are called as the DLL: nothing is wrong with that. Who defines what
/// the system does is not known, and nobody is blamed.
#[test]
fn audit_knows_imports() {
    let scratch = library();
    let report = report(&scratch, &["audit", "--sizes", "lib.a"]);
    let audit = &report["archives"][0];
    let lints: Vec<_> = audit["findings"].as_array().expect("findings").iter().map(|it| &it["lint"]).collect();
    assert!(!lints.iter().any(|lint| *lint == "duplicate-members" || *lint == "undefined-references"), "{lints:?}");
    let needs = audit["needs"].as_array().expect("needs");
    let names = |provider: &str| needs.iter().find(|row| row["provider"] == provider).map(|row| row["names"].clone());
    assert!(names("nobody").is_none(), "{needs:#?}");
    let elsewhere = names("elsewhere").expect("what the system has");
    assert!(elsewhere.as_array().expect("names").contains(&"GetLastError".into()), "{elsewhere}");
    // Every byte counts once.
    let sizes = &audit["sizes"];
    let sum = |row: &Value, keys: &[&str]| keys.iter().map(|key| row[key].as_u64().expect("a number")).sum::<u64>();
    let kinds = ["code", "data", "debug", "bitcode", "symbols", "other"];
    let origins: u64 = sizes["origins"].as_array().expect("origins").iter().map(|row| sum(row, &kinds)).sum();
    let own = sum(&sizes["archive"], &["headers", "index", "names", "padding"]);
    assert_eq!(origins + own, scratch.read("lib.a").len() as u64, "{sizes:#?}");
}

/// Objects of one name are, and what mends that on ELF is no advice here.
#[test]
fn audit_knows_members_of_one_name() {
    let scratch = library();
    made(&scratch, "llvm-ar", &["qcs", "twice.a", "a.o", "a.o"]);
    let report = report(&scratch, &["audit", "twice.a"]);
    let findings = report["archives"][0]["findings"].as_array().expect("findings").clone();
    let finding = |lint: &str| findings.iter().find(|it| it["lint"] == lint).unwrap_or_else(|| panic!("{findings:#?}"));
    assert_eq!(finding("duplicate-members")["mend"], Value::Null);
    let mend = finding("duplicate-definitions")["mend"].as_str().expect("a command").to_owned();
    let words: Vec<_> = mend.split(' ').skip(1).collect();
    armend(&scratch, &words);
    let after = self::report(&scratch, &["audit", "twice.a"]);
    assert!(!after.to_string().contains("duplicate-definitions"), "{mend}: {after}");
}

#[test]
fn explain_and_diff() {
    let scratch = library();
    let explained = report(&scratch, &["explain", "helper", "lib.a", "--keep", "run"]);
    let helper = &explained["symbols"][0];
    assert_eq!(
        (&helper["definitions"][0]["binding"], &helper["isolate"]["fate"]),
        (&"global".into(), &"private".into())
    );
    armend(&scratch, &["isolate", "lib.a", "--keep", "run", "--tag", "mine", "-o", "out.a"]);
    let diff = report(&scratch, &["diff", "lib.a", "out.a"]);
    let symbols = diff["symbols"].as_array().expect("symbols");
    assert!(symbols.iter().all(|symbol| symbol["change"] == "renamed"), "{symbols:#?}");
    assert!(symbols.iter().any(|symbol| symbol["to"] == "helper.mine"), "{symbols:#?}");
    let call = |symbol: &Value| symbol["name"] == "call" || symbol["name"] == "__imp_call";
    assert!(!symbols.iter().any(call), "{symbols:#?}");
}

/// A DLL beside objects is none: `index` leaves it out, as LLVM does, and `objcopy` refuses it.
#[test]
fn a_linked_member() {
    let scratch = library();
    made(&scratch, "lld-link", &["/dll", "/noentry", "/nodefaultlib", "/force", "/export:run", "/out:x.dll", "a.o"]);
    made(&scratch, "llvm-ar", &["rcs", "mixed.a", "a.o", "x.dll"]);
    let before = scratch.read("mixed.a");
    armend(&scratch, &["index", "mixed.a"]);
    let refused = Run::of(&mut scratch.command(&["objcopy", "--weaken", "mixed.a"])).exits(2);
    assert!(refused.stderr.contains("mixed.a(x.dll)") && refused.stderr.contains("not recognized"), "{refused}");
    assert!(scratch.read("mixed.a") == before, "changed");
}
