//! Every verb on archives of every format: each gives what there is to know, and what a format has not is said.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{Run, Scratch, run_ok, samples, tool};
use serde_json::Value;

use crate::{flags, objects};

/// The formats with objects of machine code, with what each puts before C's names.
const FORMATS: [(&str, &str); 5] =
    [("ELF", ""), ("Mach-O", "_"), ("COFF for MinGW", ""), ("COFF", ""), ("WebAssembly", "")];

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_BIN_EXE_armend"))
}

/// A folder with `lib.a` of two members in it.
fn library(format: &str) -> Scratch {
    let scratch = scratch();
    scratch.write("lib.a", samples::archive(scratch.folder(), &objects(&scratch, format)));
    scratch
}

#[track_caller]
fn json(scratch: &Scratch, arguments: &[&str]) -> Value {
    let run = Run::of(&mut scratch.command(&[arguments, &["--format", "json"]].concat()));
    assert!(matches!(run.code, Some(0 | 1)), "{run}");
    serde_json::from_str(run.text()).unwrap_or_else(|error| panic!("no JSON document: {error}{run}"))
}

fn names(list: &Value) -> BTreeSet<&str> {
    list.as_array().expect("a list").iter().filter_map(|value| value["name"].as_str()).collect()
}

#[test]
fn explain_exports_audit_and_diff() {
    for (format, prefix) in FORMATS {
        let scratch = library(format);
        let second = format!("{prefix}sx_second");
        let explained = json(&scratch, &["explain", &second, "lib.a", "--keep", "sx_run"]);
        let symbol = &explained["symbols"][0];
        assert_eq!(symbol["definitions"][0]["member"], "lib.a(second.o)", "{format}: {explained:#}");
        assert_eq!(symbol["references"][0]["member"], "lib.a(first.o)", "{format}: {explained:#}");

        let exports = json(&scratch, &["exports", "lib.a", "--keep", "sx_*"]);
        let listed = exports.to_string();
        assert!(listed.contains(&second) && listed.contains("first.o"), "{format}: {exports:#}");

        let audit = json(&scratch, &["audit", "lib.a", "--sizes", "--keep", "sx_run"]);
        let archive = &audit["archives"][0];
        assert_eq!(archive["formats"], serde_json::json!([format]), "{audit:#}");
        let sizes = &archive["sizes"];
        assert!(sizes["origins"][0]["code"].as_u64() > Some(8), "{format}: {sizes:#}");
        assert_eq!(sizes["bytes"].as_u64(), Some(scratch.read("lib.a").len() as u64), "{format}: {sizes:#}");
        // What is a matter of ELF is not looked for elsewhere.
        if format != "ELF" {
            let of_elf = armend::audit::LINTS.iter().filter(|lint| lint.format == Some("ELF"));
            let findings = archive["findings"].as_array().expect("findings");
            let found: BTreeSet<&str> = findings.iter().filter_map(|finding| finding["lint"].as_str()).collect();
            assert!(!of_elf.into_iter().any(|lint| found.contains(lint.name)), "{format}: {found:?}");
            assert_eq!(archive["glibc"], Value::Null, "{format}");
        }

        Run::of(&mut scratch.command(&["isolate", "lib.a", "--keep", "sx_run", "--tag", "own", "-o", "own.a"]))
            .succeeds();
        let diff = json(&scratch, &["diff", "lib.a", "own.a"]);
        assert!(diff.to_string().contains(&format!("{second}.own")), "{format}: {diff:#}");
        let explained = json(&scratch, &["explain", &format!("{second}.own"), "own.a", "--keep", "sx_run"]);
        assert_eq!(explained["symbols"][0]["references"][0]["member"], "own.a(first.o)", "{format}: {explained:#}");
    }
}

/// Patterns match names as C has them; Apple's lists begin with the underscore that other platforms have not.
#[test]
fn names_as_c_and_as_apple_have_them() {
    for (format, prefix) in FORMATS {
        for keep in [&["--keep", "sx_run"][..], &["--keep-file", "plain"], &["--keep-file", "apple"]] {
            let scratch = library(format);
            scratch.write("plain", "sx_run\n");
            scratch.write("apple", "# exported\n_sx_run\n");
            let report = json(&scratch, &[&["isolate", "lib.a"], keep].concat());
            assert_eq!(
                names(&report["kept"]),
                [&format!("{prefix}sx_run")[..]].into(),
                "{format} {keep:?}: {report:#}"
            );
        }
    }
}

#[test]
fn glibc_is_of_elf() {
    for (format, _) in FORMATS.into_iter().skip(1) {
        let scratch = library(format);
        let before = scratch.snapshot();
        for arguments in
            [&["glibc", "lib.a"][..], &["glibc", "lib.a", "--pin", "2.17"], &["isolate", "lib.a", "--glibc", "2.17"]]
        {
            let arguments = [arguments, if arguments[0] == "isolate" { &["--keep", "sx_run"] } else { &[] }].concat();
            Run::of(&mut scratch.command(&arguments)).refuses(&["lib.a(first.o)", format, "no glibc"]);
        }
        assert!(scratch.snapshot() == before, "{format}");
    }
}

/// What neither the archives nor the libraries that are named define.
#[test]
fn undefined_knows_what_is_named() {
    const PROVIDER: &str = "int elsewhere(int x) { return x; }";
    for (format, prefix) in FORMATS {
        let scratch = library(format);
        let elsewhere = format!("{prefix}elsewhere");
        let report = json(&scratch, &["undefined", "lib.a"]);
        assert_eq!(names(&report["symbols"]), [&elsewhere[..]].into(), "{format}: {report:#}");
        assert_eq!(report["knows_platform"], format == "ELF", "{report:#}");
        let provider = samples::compile("clang", flags(format), scratch.folder(), "provider.c", PROVIDER);
        scratch.write("provider.a", samples::archive(scratch.folder(), std::slice::from_ref(&provider)));
        let mut libs = vec!["provider.a".to_owned(), "provider.o".to_owned()];
        if format == "Mach-O" {
            scratch.write("provider.tbd", TBD);
            libs.push("provider.tbd".to_owned());
        }
        libs.extend(linked(&scratch, format, &provider));
        for lib in &libs {
            let report = json(&scratch, &["undefined", "lib.a", "--libs", lib]);
            assert_eq!(names(&report["symbols"]), [].into(), "{format}, {lib}: {report:#}");
        }
        if format != "ELF" {
            let text = Run::of(&mut scratch.command(&["undefined", "lib.a"])).succeeds();
            assert!(text.text().contains("the platform's own libraries are not known"), "{text}");
            assert!(!text.text().contains("--stub"), "{text}");
        }
    }
}

const TBD: &str = "--- !tapi-tbd\ntbd-version: 4\ntargets: [ arm64-macos ]\ninstall-name: '/usr/lib/libprovider.dylib'\n\
    exports:\n  - targets: [ arm64-macos ]\n    symbols: [ _another, _elsewhere ]\n...\n";

/// A library that a linker made of the provider, where there are any.
fn linked(scratch: &Scratch, format: &str, provider: &Path) -> Option<String> {
    let (linker, arguments, name): (_, &[&str], _) = match format {
        "ELF" => ("ld.lld", &["-shared"], "provider.so"),
        "Mach-O" => {
            ("ld64.lld", &["-arch", "arm64", "-platform_version", "macos", "12", "12", "-dylib"], "provider.dylib")
        }
        "COFF" => (
            "lld-link",
            &["/dll", "/noentry", "/nodefaultlib", "/export:elsewhere", "/out:provider.dll"],
            "provider.dll",
        ),
        _ => return None,
    };
    let mut command = Command::new(tool(linker));
    command.current_dir(scratch.folder()).args(arguments).arg(provider);
    if format != "COFF" {
        command.args(["-o", name]);
    }
    run_ok(&mut command);
    Some(name.to_owned())
}

/// A file that names exports may be a dylib, a DLL or the text that stands for a dylib.
#[test]
fn exports_of_libraries_of_any_format() {
    for (format, prefix) in [("Mach-O", "_"), ("COFF", "")] {
        let scratch = library(format);
        let provider = samples::compile(
            "clang",
            flags(format),
            scratch.folder(),
            "provider.c",
            "int elsewhere(int x) { return x; }",
        );
        let library: PathBuf = scratch.path(&linked(&scratch, format, &provider).expect("a library"));
        scratch.write("plain.a", samples::archive(scratch.folder(), std::slice::from_ref(&provider)));
        scratch.write("provider.tbd", TBD);
        let mut sources = vec![library.to_str().expect("a plain path")];
        if format == "Mach-O" {
            sources.push("provider.tbd");
        }
        for source in sources {
            let report = json(&scratch, &["isolate", "plain.a", "--keep-from", source, "--dry-run"]);
            assert_eq!(names(&report["kept"]), [&format!("{prefix}elsewhere")[..]].into(), "{source}: {report:#}");
        }
    }
}
