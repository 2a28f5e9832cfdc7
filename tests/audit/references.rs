//! References, by who provides them; and members that nothing can be said of.

use std::process::Command;

use armend_test_support::{Scratch, members, run_ok, samples, std_staticlib, tool};
use serde_json::Value;

use crate::{audit, c_library, copied, finds, is_silent, scratch, strings};

const USES: &str = "
    int deflate(void *, int); double pow(double, double); long write(int, const void *, unsigned long);
    int pthread_create(void *, void *, void *, void *); __int128 fx_wide(__int128 a, __int128 b) { return a / b; }
    extern int fx_maybe(void) __attribute__((weak));
    double fx_use(void *p) { return deflate(p, 1) + pow(*(double *) p, 3) + write(1, p, 1)
        + pthread_create(p, p, p, p) + (fx_maybe ? fx_maybe() : 0); }";

/// The names that one provider is needed for.
fn needed(scratch: &Scratch, provider: &str) -> Vec<String> {
    let (_, report) = audit(scratch, &[]);
    let needs = report["archives"][0]["needs"].as_array().unwrap();
    let row = needs.iter().find(|need| need["provider"] == provider);
    row.map_or_else(Vec::new, |row| strings(&row["names"]).into_iter().map(str::to_owned).collect())
}

#[test]
fn by_provider() {
    let scratch = c_library("gcc", &["-fPIC", "-O0"], USES);
    for (provider, names) in [
        ("libc", &["write"][..]),
        ("pthread", &["pthread_create"]),
        ("libm", &["pow"]),
        ("compiler-runtime", &["__divti3"]),
        ("linker", &["_GLOBAL_OFFSET_TABLE_"]),
        ("nobody", &["deflate", "fx_maybe"]),
    ] {
        assert_eq!(needed(&scratch, provider), names, "{provider}");
    }
    let (_, report) = audit(&scratch, &[]);
    let archive = &report["archives"][0]["needs"][0];
    assert_eq!((&archive["provider"], &archive["strong"]), (&Value::from("archive"), &Value::from(1)));
}

#[test]
fn by_nobody() {
    let scratch = c_library("gcc", &["-fPIC"], USES);
    let finding = finds(&scratch, "undefined-references", &[]);
    // What is weak may stay undefined.
    assert_eq!(strings(&finding["names"]), ["deflate"]);
    assert_eq!(strings(&finding["members"]), ["one.o"]);
    is_silent(&c_library("gcc", &["-fPIC"], ""), "undefined-references", &[]);
}

/// All that std refers to is provided by libc, libgcc and the linker.
#[test]
fn by_std() {
    is_silent(&copied(&std_staticlib()), "undefined-references", &[]);
}

#[test]
fn members_that_are_not_read() {
    let scratch = scratch();
    let slices = ["arm64", "x86_64"].map(|machine| {
        let flags = [&format!("--target={machine}-apple-macos12")[..]];
        samples::compile("clang", &flags, scratch.folder(), &format!("{machine}.c"), "int fx_run(void) { return 1; }")
    });
    let both = scratch.path("both.o");
    run_ok(Command::new(tool("llvm-lipo")).arg("-create").args(slices).arg("-output").arg(&both));
    let fat = std::fs::read(both).expect("a fat file");
    // LLVM's `ar` would look into it.
    let mut archive = samples::archive_of(&[("both.o", &vec![0; fat.len()])]);
    let member = members::layout(&archive).members[0].data.clone();
    archive[member].copy_from_slice(&fat);
    scratch.write("lib.a", archive);
    assert_eq!(strings(&finds(&scratch, "unread-members", &[])["members"]), ["both.o"]);
    is_silent(&c_library("clang", &[], ""), "unread-members", &[]);
}

#[test]
fn the_floor_is_the_newest_reference() {
    let scratch = c_library("gcc", &["-fPIC"], "extern int gettid(void); int fx_use(void) { return gettid(); }");
    let (text, report) = audit(&scratch, &[]);
    assert_eq!(report["archives"][0]["glibc"], serde_json::json!({ "version": "2.30", "names": ["gettid"] }), "{text}");
    let scratch = c_library("gcc", &["-fPIC"], "int fx_use(void) { return 1; }");
    assert_eq!(audit(&scratch, &[]).1["archives"][0]["glibc"], Value::Null);
}
