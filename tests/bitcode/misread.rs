//! Exports that are there and not seen: GNU's tools, with the plugin of an LLVM older than rustc's, read the bitcode
//! that rustc embeds instead of the symbols. Without it, all tools agree.

use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{
    Linker, Lto, Run, Toolchain, cached, content_hash, link_c, llvm_plugin, members, run, run_ok, run_program, tool,
};

use crate::scratch;

const SOURCE: &str = include_str!("inputs/exports.rs");
const PROGRAM: &str = "int js_add(int, int); unsigned long js_format(int);
    int main(void) { return js_add(1, 2) == 3 && js_format(100) == 3 ? 0 : 1; }";

/// A crate that is a staticlib and an rlib, with LTO: its members carry bitcode beside their code.
fn library(lto: Lto) -> PathBuf {
    let manifest = format!(
        "[package]\nname = \"exports\"\nedition = \"2024\"\n[lib]\npath = \"exports.rs\"\n\
         crate-type = [\"staticlib\", \"rlib\"]\n[profile.release]\nlto = {:?}\n",
        lto.name()
    );
    let key = content_hash(&[], &[SOURCE, &manifest, Toolchain::Stable.version()]);
    let folder = cached(&format!("bitcode/exports-lto-{}-{key}", lto.name()), |draft| {
        std::fs::write(draft.join("exports.rs"), SOURCE).expect("write the source");
        std::fs::write(draft.join("Cargo.toml"), &manifest).expect("write the manifest");
        let mut cargo = Toolchain::Stable.cargo_command();
        cargo.args(["build", "--release", "--offline", "--target-dir"]).arg(draft.join("target"));
        run_ok(cargo.current_dir(draft));
        std::fs::rename(draft.join("target/release/libexports.a"), draft.join("libexports.a")).expect("move");
        std::fs::remove_dir_all(draft.join("target")).expect("remove what else was built");
    });
    folder.join("libexports.a")
}

/// How many of the two exports a tool lists.
fn listed(mut nm: Command, archive: &Path) -> usize {
    // What it cannot read it says, and exits by; but for that, it lists.
    let text = run(nm.arg(archive)).stdout;
    assert!(text.contains(".rcgu.o"), "{nm:?} lists no member");
    text.lines().filter(|line| line.contains(" T js_")).count()
}

fn nm_with_plugin() -> Command {
    let mut nm = Command::new(tool("nm"));
    nm.arg("--plugin").arg(llvm_plugin(14));
    nm
}

fn indexed(archive: &[u8]) -> usize {
    let names = members::index_entries(archive).expect("an index");
    names.iter().filter(|(_, name)| name.starts_with("js_")).count()
}

#[test]
fn an_older_plugin_does_not_see_the_exports() {
    for lto in [Lto::Thin, Lto::Fat] {
        let scratch = scratch();
        let source = scratch.write("program.c", PROGRAM);
        let archive = scratch.write("lib.a", std::fs::read(library(lto)).expect("the archive"));
        let program = scratch.path("program");
        assert_eq!(listed(nm_with_plugin(), &archive), 0, "{lto:?}");
        assert_eq!(listed(Command::new(tool("llvm-nm-14")), &archive), 0, "{lto:?}");
        assert_eq!(listed(Command::new(tool("llvm-nm")), &archive), 2, "{lto:?}");

        // Its index is right as long as nobody rebuilds it with that plugin.
        assert_eq!(indexed(&scratch.read("lib.a")), 2);
        let ranlib = |archive: &Path| {
            Run::of(Command::new(tool("ranlib")).arg("--plugin").arg(llvm_plugin(14)).arg(archive)).succeeds()
        };
        ranlib(&archive);
        assert_eq!(indexed(&scratch.read("lib.a")), 0);
        for linker in [Linker::Bfd, Linker::Gold] {
            let link = link_c(linker, &source, &[&archive], &[], &program).outcome;
            let missed =
                link.stderr.lines().any(|line| line.contains("undefined reference to") && line.contains("js_add"));
            assert!(!link.success() && missed, "{}", link.describe());
        }
        Run::of(&mut scratch.command(&["index", "lib.a", "--check"])).exits(1);
        Run::of(&mut scratch.command(&["index", "lib.a"])).succeeds();
        assert_eq!(indexed(&scratch.read("lib.a")), 2);

        Run::of(&mut scratch.command(&["isolate", "lib.a", "--keep", "js_*", "--strip-bitcode"])).succeeds();
        for nm in [nm_with_plugin(), Command::new(tool("llvm-nm-14")), Command::new(tool("llvm-nm"))] {
            assert_eq!(listed(nm, &archive), 2, "{lto:?}");
        }
        ranlib(&archive);
        assert_eq!(indexed(&scratch.read("lib.a")), 2);
        Run::of(&mut scratch.command(&["index", "lib.a", "--check"])).exits(0);
        for linker in Linker::WITH_GOLD {
            run_program(link_c(linker, &source, &[&archive], &[], &program).program(), &[]).expect_success();
        }
    }
}
