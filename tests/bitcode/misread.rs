//! Exports that are there and not seen: GNU's tools, with the plugin of an LLVM older than rustc's, read the bitcode
//! that rustc embeds instead of the symbols. Without it, all tools agree.

use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{
    Linker, Lto, Run, Toolchain, cached, content_hash, link_c, members, run, run_ok, run_program, tool,
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

/// LLVM 14's: where the package puts it, it is also the one that GNU's tools load by themselves.
fn older_plugin() -> &'static Path {
    let plugin = Path::new("/usr/lib/llvm-14/lib/LLVMgold.so");
    assert!(plugin.exists(), "{} is missing: install llvm-14-linker-tools", plugin.display());
    plugin
}

fn nm_with_plugin() -> Command {
    let mut nm = Command::new(tool("nm"));
    nm.arg("--plugin").arg(older_plugin());
    nm
}

fn indexed(archive: &[u8]) -> usize {
    let names = members::index_entries(archive).expect("an index");
    names.iter().filter(|(_, name)| name.starts_with("js_")).count()
}

/// Whether GNU gold, which is no linker of the other tests, makes a program that works.
fn gold_links(source: &Path, archive: &Path, program: &Path) -> Result<(), String> {
    tool("ld.gold");
    let mut gcc = Command::new(tool("gcc"));
    gcc.arg("-fuse-ld=gold").arg("-o").arg(program).arg(source).arg(archive).args([
        "-lpthread",
        "-lm",
        "-ldl",
        "-lgcc_s",
    ]);
    let outcome = run(&mut gcc);
    if !outcome.success() {
        return Err(outcome.stderr);
    }
    run_program(program, &[]).expect_success();
    Ok(())
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
            Run::of(Command::new(tool("ranlib")).arg("--plugin").arg(older_plugin()).arg(archive)).succeeds()
        };
        ranlib(&archive);
        assert_eq!(indexed(&scratch.read("lib.a")), 0);
        let bfd = link_c(Linker::Bfd, &source, &[&archive], &[], &program).outcome;
        assert!(!bfd.success() && bfd.stderr.contains("undefined reference to `js_add'"), "{}", bfd.describe());
        let gold = gold_links(&source, &archive, &program).expect_err("gold links it");
        assert!(gold.contains("undefined reference to 'js_add'"), "{gold}");
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
        for linker in Linker::ALL {
            run_program(link_c(linker, &source, &[&archive], &[], &program).program(), &[]).expect_success();
        }
        gold_links(&source, &archive, &program).expect("gold links it");
    }
}
