//! The account of sizes: it adds up to the file's length, and its parts are what readelf gives.

use std::process::Command;

use armend_test_support::{Lto, Run, Scratch, Toolchain, tool};
use serde_json::Value;

use crate::{audit, c_library, copied, demo, output};

const KINDS: [&str; 6] = ["code", "data", "debug", "bitcode", "symbols", "other"];

/// The account of `lib.a`, which has to add up.
#[track_caller]
fn sizes(scratch: &Scratch) -> Value {
    let (_, report) = audit(scratch, &["--sizes"]);
    let sizes = report["archives"][0]["sizes"].clone();
    let number = |value: &Value| value.as_u64().unwrap();
    let rows = sizes["origins"].as_array().unwrap();
    let members: u64 = rows.iter().flat_map(|row| KINDS.map(|kind| number(&row[kind]))).sum();
    let own: u64 = ["headers", "index", "names", "padding"].iter().map(|part| number(&sizes["archive"][*part])).sum();
    let len = scratch.read("lib.a").len() as u64;
    assert_eq!((members + own, number(&sizes["bytes"])), (len, len), "{sizes:#}");
    sizes
}

/// How many bytes the sections take that readelf names so.
fn by_readelf(scratch: &Scratch, names: &[&str]) -> u64 {
    let table = output("readelf", scratch, &["-SW", "lib.a"]);
    let size = |line: &str| {
        // [ 1] NAME TYPE ADDRESS OFFSET SIZE …
        let fields: Vec<_> = line.split_once(']')?.1.split_whitespace().collect();
        let named = names.iter().any(|name| fields.first().is_some_and(|field| field == name));
        named.then(|| u64::from_str_radix(fields[4], 16).unwrap())
    };
    table.lines().filter_map(size).sum()
}

fn column(sizes: &Value, kind: &str) -> u64 {
    sizes["origins"].as_array().unwrap().iter().map(|row| row[kind].as_u64().unwrap()).sum()
}

#[test]
fn a_rust_archive() {
    let scratch = copied(&demo(Toolchain::Stable, Lto::Thin).build());
    let account = sizes(&scratch);
    let bitcode = by_readelf(&scratch, &[".llvmbc", ".llvmcmd"]);
    assert!(bitcode > 1_000_000);
    assert_eq!((column(&account, "bitcode"), account["strip_bitcode"].as_u64()), (bitcode, Some(bitcode)));
    let origins: Vec<_> = account["origins"].as_array().unwrap().iter().map(|row| row["origin"].clone()).collect();
    assert!(["demo", "parts", "std", "compiler-builtins"].iter().all(|origin| origins.contains(&Value::from(*origin))));

    // What stripping leaves is no more than what the account says.
    let before = scratch.read("lib.a").len() as u64;
    let strip = ["isolate", "lib.a", "--by", "hide", "--strip-bitcode", "--strip-debug"];
    Run::of(&mut scratch.command(&strip)).succeeds();
    let after = sizes(&scratch);
    let saved = account["strip_bitcode"].as_u64().unwrap() + account["strip_debug"].as_u64().unwrap();
    assert!(after["bytes"].as_u64().unwrap() <= before - saved, "{after:#}");
    assert_eq!((column(&after, "bitcode"), column(&after, "debug")), (0, 0));
    assert_eq!(column(&after, "code"), column(&account, "code"));
}

#[test]
fn c_with_debug_information() {
    let scratch = c_library("gcc", &["-g", "-fPIC"], "");
    let account = sizes(&scratch);
    let names = [".text", ".rela.text"];
    assert_eq!(column(&account, "code"), by_readelf(&scratch, &names));
    assert!(column(&account, "debug") > 0 && account["strip_debug"] == column(&account, "debug"));
    assert_eq!(column(&account, "bitcode"), 0);
    assert_eq!(account["origins"][0]["origin"], "c");
}

#[test]
fn other_kinds_of_archives_and_members() {
    let raw = c_library("clang", &["-flto"], "");
    let account = sizes(&raw);
    assert!(column(&account, "bitcode") > 0 && account["strip_bitcode"] == 0);

    for format in ["bsd", "darwin", "coff"] {
        let scratch = c_library("gcc", &[], "");
        scratch.write("a note that is no object.txt", "odd");
        std::fs::remove_file(scratch.path("lib.a")).unwrap();
        let mut ar = Command::new(tool("llvm-ar"));
        ar.current_dir(scratch.folder()).arg(format!("--format={format}"));
        Run::of(ar.args(["qcs", "lib.a", "one.o", "a note that is no object.txt", "two.o"])).succeeds();
        let account = sizes(&scratch);
        assert!(account["archive"]["index"].as_u64() > Some(0), "{format}: {account:#}");
    }
    let thin = c_library("gcc", &[], "");
    std::fs::remove_file(thin.path("lib.a")).unwrap();
    Run::of(Command::new(tool("ar")).current_dir(thin.folder()).args(["qcsT", "lib.a", "one.o", "two.o"])).succeeds();
    assert_eq!(column(&sizes(&thin), "code"), 0);
}

#[test]
fn a_table_to_read() {
    let scratch = c_library("gcc", &["-g"], "");
    let text = Run::of(&mut scratch.command(&["audit", "lib.a", "--sizes"]));
    let text = text.text();
    let all = text.lines().find(|line| line.starts_with("  all ")).expect("a sum");
    let len = scratch.read("lib.a").len();
    assert!(all.replace(',', "").ends_with(&format!(" {len}")), "{text}");
    assert!(text.contains("--strip-debug saves "), "{text}");
}
