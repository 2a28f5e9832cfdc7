//! Personality routines: an image can have three, so an archive's own stays under the name that all of its kind have.

use armend_test_support::Scratch;
use serde_json::Value;

use crate::inputs::{LINKED, Target, archive};
use crate::{run, scratch};

/// A function with a frame whose exceptions are `routine`'s business, and the routine.
fn function(name: &str, routine: &str) -> String {
    format!(
        ".text\n.globl {name}\n{name}:\n.cfi_startproc\n.cfi_personality 155, {routine}\n.cfi_def_cfa_offset 16\n\
         nop\nret\n.cfi_endproc\n.globl {routine}\n{routine}: ret\n.subsections_via_symbols\n"
    )
}

fn with_routines(target: &Target, routines: &[&str]) -> Scratch {
    let scratch = scratch();
    let objects = routines.iter().enumerate().map(|(at, routine)| {
        let source = function(&format!("_mx_{at}"), routine);
        let object = target.compile(scratch.folder(), &format!("part{at}.s"), &source);
        let name: &'static str = ["a.s", "b.s", "c.s", "d.s"][at];
        (name, std::fs::read(object).expect("read the object").into())
    });
    scratch.write("lib.a", archive(&objects.collect::<Vec<_>>()));
    scratch
}

fn finding(scratch: &Scratch, lint: &str) -> Option<Value> {
    let report = run(scratch, &["audit", "lib.a", "--format", "json"]);
    let report: Value = serde_json::from_slice(&report.stdout).expect("JSON");
    let findings = report["archives"][0]["findings"].as_array().expect("findings").clone();
    findings.into_iter().find(|finding| finding["lint"] == lint)
}

/// `lib.a`: functions that catch, each with a personality routine of its own, defined elsewhere.
fn with_catchers(target: &Target, routines: &[&str]) -> Scratch {
    let scratch = scratch();
    let objects = routines.iter().enumerate().map(|(at, routine)| {
        let text = format!("extern \"C\" void f(); extern \"C\" void mx_{at}() {{ try {{ f(); }} catch (...) {{}} }}");
        target.compile(scratch.folder(), "part.cc", &text);
        let rename = format!("--redefine-sym=___gxx_personality_v0={routine}");
        run(&scratch, &["objcopy", &rename, "part.o"]).succeeds();
        (["a.s", "b.s", "c.s", "d.s"][at], scratch.read("part.o").into())
    });
    scratch.write("lib.a", archive(&objects.collect::<Vec<_>>()));
    scratch
}

#[test]
fn more_than_an_image_can_have() {
    for target in LINKED {
        let four = with_catchers(target, &["_one", "_two", "_three", "_four"]);
        let refused = target.link(four.folder(), "out.dylib", &["-all_load", "lib.a"]).exits(1);
        assert!(refused.stderr.contains("too many personalities"), "{refused}");
        let found = finding(&four, "personality-routines").expect("a finding");
        assert_eq!(found["names"], serde_json::json!(["_four", "_one", "_three", "_two"]));
        let three = with_catchers(target, &["_one", "_two", "_three"]);
        target.link(three.folder(), "out.dylib", &["-all_load", "lib.a"]).succeeds();
        assert!(finding(&three, "personality-routines").is_none());
    }
}

/// Isolated archives share the name: with C++'s and two others there is room for it once.
#[test]
fn rust_s_stays_and_becomes_weak() {
    for target in LINKED {
        let scratch = with_routines(target, &["_rust_eh_personality"]);
        run(&scratch, &["isolate", "lib.a", "--keep", "mx_*", "-o", "one.a", "--tag", "one"]).succeeds();
        run(&scratch, &["isolate", "lib.a", "--keep", "none", "--keep", "mx_0", "-o", "x.a"]).refuses(&["none"]);
        let report =
            run(&scratch, &["isolate", "lib.a", "--keep", "mx_*", "--tag", "one", "--format", "json", "-o", "y.a"]);
        let report: Value = serde_json::from_slice(&report.stdout).expect("JSON");
        let stays = serde_json::json!([{ "name": "_rust_eh_personality", "why": "one-per-image" }]);
        assert_eq!(report["stays"], stays);
        let host = function("_host", "_rust_eh_personality");
        target.compile(scratch.folder(), "host.s", &host);
        // The host's is strong: before, two strong ones clash.
        target.link(scratch.folder(), "out.dylib", &["host.o", "-all_load", "lib.a"]).exits(1);
        target.link(scratch.folder(), "out.dylib", &["host.o", "-all_load", "one.a"]).succeeds();
    }
}
