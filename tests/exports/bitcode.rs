//! A library with LTO and a crate type beside the staticlib: its exports are there, and older tools do not see them.

use std::path::Path;
use std::process::Command;

use armend_test_support::{Linker, Lto, llvm_plugin, run, tool};

use crate::archive::{assert_links_and_runs, assert_misses, demo};
use crate::{exports, names, scratch, states};

const EXPORTS: [&str; 5] = ["js_free", "js_part", "js_sum", "js_text", "js_version"];

/// How many of the library's definitions a tool lists.
fn listed(nm: &mut Command, archive: &Path) -> usize {
    // With a plugin that cannot read the bitcode it complains, and goes on.
    let outcome = run(nm.arg("--defined-only").arg(archive));
    let fields = outcome.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    fields.filter(|fields| matches!(fields[..], [_, "T" | "D" | "R", name] if name.starts_with("js_"))).count()
}

/// GNU nm with the plugins of two older LLVMs, nm as it is, and llvm-nm of these versions.
fn counts(archive: &Path) -> [(&'static str, usize); 5] {
    let with_plugin = |version| listed(Command::new(tool("nm")).arg("--plugin").arg(llvm_plugin(version)), archive);
    [
        ("nm, plugin of LLVM 14", with_plugin(14)),
        ("nm, plugin of LLVM 19", with_plugin(19)),
        ("nm", listed(&mut Command::new(tool("nm")), archive)),
        ("llvm-nm 14", listed(&mut Command::new(tool("llvm-nm-14")), archive)),
        ("llvm-nm 19", listed(&mut Command::new(tool("llvm-nm")), archive)),
    ]
}

#[test]
fn exports_lost_to_older_tools_are_found_again() {
    for lto in [Lto::Thin, Lto::Fat] {
        println!("{lto:?}"); // shown with the failure
        let scratch = scratch();
        let archive = scratch.path("libdemo.a");
        std::fs::copy(demo(lto), &archive).expect("copy");
        assert_eq!(counts(&archive)[0].1, 0, "an older plugin sees the exports after all");
        let (code, report) = exports(&scratch, &["libdemo.a", "--require-pattern", "js_*"]);
        assert_eq!((code, states(&report)), (0, EXPORTS.map(|name| (name, "global")).to_vec()));

        let plugin = llvm_plugin(14);
        run(Command::new(tool("ranlib")).arg("--plugin").arg(&plugin).arg(&archive)).expect_success();
        assert_misses(Linker::Bfd, &archive, &scratch, "js_sum");
        assert_misses(Linker::Gold, &archive, &scratch, "js_sum");
        // They are global all the same, and what is wrong is said.
        let (code, report) = exports(&scratch, &["libdemo.a", "--require-pattern", "js_*"]);
        assert_eq!((code, names(&report, "unmet")), (1, EXPORTS.to_vec()));
        assert_eq!(states(&report), EXPORTS.map(|name| (name, "global")));
        let text = crate::run(&scratch, &["exports", "libdemo.a"]).succeeds();
        assert_eq!(text.text().matches(", not in the index\n").count(), EXPORTS.len(), "{text}");
        assert!(text.text().contains("armend index libdemo.a"), "{text}");

        crate::run(&scratch, &["index", "libdemo.a", "--check"]).exits(1);
        crate::run(&scratch, &["index", "libdemo.a"]).succeeds();
        assert_links_and_runs(&archive, &scratch);
        assert_eq!(exports(&scratch, &["libdemo.a", "--require-pattern", "js_*"]).0, 0);
        assert_eq!(counts(&archive)[0].1, 0, "the bitcode is what nm reads");

        crate::run(&scratch, &["isolate", "--strip-bitcode", "--keep", "js_*", "libdemo.a"]).succeeds();
        for (nm, count) in counts(&archive) {
            assert_eq!(count, EXPORTS.len(), "{nm}");
        }
        assert_links_and_runs(&archive, &scratch);
        // Nothing is left that an older ranlib could stumble over.
        run(Command::new(tool("ranlib")).arg("--plugin").arg(&plugin).arg(&archive)).expect_success();
        crate::run(&scratch, &["index", "libdemo.a", "--check"]).exits(0);
        assert_links_and_runs(&archive, &scratch);
    }
}
