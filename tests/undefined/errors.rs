//! What cannot be answered or done is refused, with the reason, and nothing is written.

use std::process::Command;

use armend_test_support::{Run, Scratch, members, run_ok, samples, tool};
use goblin::elf::Elf;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use crate::{archive, archive_by, run, scratch};

const SOURCE: &str = "#include <stdio.h>\nint missing(int);\n__attribute__((weak)) int optional(int);\n\
    extern __thread int local;\nint here(void) { puts(\"\"); return missing(1) + (optional ? optional(2) : 0) + local; }\n";

fn with_lib() -> Scratch {
    let scratch = scratch();
    archive(&scratch, "lib.a", &["-fPIC"], &[("many.c", SOURCE)]);
    scratch
}

#[track_caller]
fn refused(scratch: &Scratch, arguments: &[&str], words: &[&str]) -> Run {
    let before = scratch.snapshot();
    let run = run(scratch, &[&["undefined"], arguments].concat()).refuses(words);
    assert!(scratch.snapshot() == before, "a refusal wrote something: {run}");
    run
}

#[test]
fn patterns() {
    let scratch = with_lib();
    let output = ["-o", "out.a"];
    for option in ["--weaken", "--stub"] {
        let with =
            |pattern, words: &[&str]| refused(&scratch, &[&["lib.a", option, pattern], &output[..]].concat(), words);
        with("absent_*", &["\"absent_*\" matches no reference", "help:", "missing"]);
        with("puts", &["puts", "glibc provides it"]);
        with("here", &["the archives define it"]);
        with("!missing", &["only exclude"]);
        with("re:(", &["re:("]);
        with("", &["empty"]);
    }
    refused(&scratch, &["lib.a", "--stub", "optional"], &["all references to it are weak"]);
    refused(&scratch, &["lib.a", "--stub", "local"], &["local", "thread-local", "--weaken"]);
    refused(&scratch, &["lib.a", "--stub", "missing", "--weaken", "miss*"], &["missing", "both"]);
    // A glob over some that are provided takes those that are not.
    run(&scratch, &["undefined", "lib.a", "--weaken", "*", "--check"]).exits(1);
}

#[test]
fn files() {
    let scratch = with_lib();
    refused(&scratch, &["absent.a"], &["absent.a", "cannot read"]);
    refused(&scratch, &["lib.a", "--libs", "absent.so"], &["absent.so", "cannot read"]);
    refused(&scratch, &["lib.a", "--libs", "."], &["."]);
    refused(&scratch, &["lib.a", "--sysroot", "."], &["libc.so.6"]);
    scratch.write("text.so", "not a linker script");
    refused(&scratch, &["lib.a", "--libs", "text.so"], &["text.so", "linker script"]);
    scratch.write("script.so", "INPUT ( -labsent )");
    refused(&scratch, &["lib.a", "--libs", "script.so"], &["script.so", "-labsent", "help:"]);
    // A script that names itself is read once.
    scratch.write("self.so", "INPUT ( self.so )");
    refused(&scratch, &["lib.a", "--libs", "self.so"], &["self.so"]);
}

#[test]
fn machines() {
    let scratch = with_lib();
    archive_by(&tool("aarch64-linux-gnu-gcc"), &scratch, "arm.a", &["-fPIC"], &[("arm.c", SOURCE)]);
    refused(&scratch, &["arm.a", "--libs", "lib.a"], &["lib.a(many.o)", "x86_64", "aarch64"]);
    refused(&scratch, &["lib.a", "arm.a"], &["arm.a", "another machine"]);
    // No table, and a C library of its own to look in.
    archive_by(&tool("powerpc64-linux-gnu-gcc"), &scratch, "ppc64.a", &["-fPIC"], &[("ppc64.c", SOURCE)]);
    refused(&scratch, &["ppc64.a"], &["ppc64.a(ppc64.o)", "no release of glibc is known", "--libs"]);
    let libc = "/usr/powerpc64-linux-gnu/lib/libc.so.6";
    let listed = run(&scratch, &["undefined", "ppc64.a", "--libs", libc]).succeeds();
    assert!(listed.text().contains("missing") && !listed.text().contains("puts"), "{listed}");
    refused(&scratch, &["ppc64.a", "--libs", libc, "--stub", "missing"], &["no code for this machine"]);
    // musl's libc.a, whose machine is known: it counts alone.
    archive_by(&tool("mips64el-linux-gnuabi64-gcc"), &scratch, "mips.a", &["-fPIC"], &[("mips.c", SOURCE)]);
    refused(&scratch, &["mips.a", "--stub", "missing"], &["mips.a", "no code for this machine"]);
}

#[test]
fn another_c_library_counts_alone() {
    let scratch = scratch();
    let source = "#include <stdio.h>\nint here(const char *s) { return puts(s) + __fprintf_chk(stderr, 1, s); }\n";
    let source = format!(
        "int __fprintf_chk(void *, int, const char *, ...);\n{}",
        source.replace("__fprintf_chk(stderr", "__fprintf_chk((void *)stdout")
    );
    archive(&scratch, "lib.a", &["-fPIC"], &[("many.c", &source)]);
    let musl = armend_test_support::corpus::archive("musl-dev", "libc.a");
    let listed = run(&scratch, &["undefined", "lib.a", "--libs", musl.path.to_str().expect("a path")]).succeeds();
    assert!(listed.text().contains("1 name undefined") && listed.text().contains("__fprintf_chk"), "{listed}");
}

#[test]
fn thin_archives_are_listed_and_not_changed() {
    let scratch = with_lib();
    run_ok(Command::new(tool("llvm-ar")).current_dir(scratch.folder()).args(["rcsT", "thin.a", "many.o"]));
    let listed = run(&scratch, &["undefined", "thin.a"]).succeeds();
    assert!(listed.text().contains("missing"), "{listed}");
    refused(&scratch, &["thin.a", "--weaken", "missing"], &["thin.a", "thin"]);
    refused(&scratch, &["thin.a", "--stub", "missing"], &["thin.a", "thin"]);
}

#[test]
fn an_empty_archive_refers_to_nothing() {
    let scratch = scratch();
    scratch.write("empty.a", "!<arch>\n");
    let listed = run(&scratch, &["undefined", "empty.a"]).succeeds();
    assert!(listed.text().starts_with("0 names undefined"), "{listed}");
}

/// The parts of a shared object that are read: its header, section headers, dynamic symbols, names and versions.
fn structure(bytes: &[u8]) -> Vec<usize> {
    let elf = Elf::parse(bytes).expect("goblin reads it");
    let headers = elf.header.e_shoff as usize;
    let mut places: Vec<usize> = (0..64).chain(headers..headers + 64 * elf.section_headers.len()).collect();
    for section in &elf.section_headers {
        let name = elf.shdr_strtab.get_at(section.sh_name).unwrap_or_default();
        if [".dynsym", ".dynstr", ".gnu.version", ".gnu.version_d", ".gnu.version_r"].contains(&name) {
            places.extend(section.sh_offset as usize..(section.sh_offset + section.sh_size) as usize);
        }
    }
    places
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    })]

    /// Whatever a library says, the answer is an answer or an error.
    #[test]
    fn hostile_libraries(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let scratch = scratch();
        scratch.write("lib.a", samples::sample("c-gcc").bytes());
        let mut bytes = std::fs::read("/lib/x86_64-linux-gnu/libdl.so.2").expect("a small library: install libc6");
        let places = structure(&bytes);
        for (place, byte) in flips {
            bytes[places[place.index(places.len())]] = byte;
        }
        scratch.write("hostile.so", bytes);
        let mut limited = Command::new(tool("prlimit"));
        limited.current_dir(scratch.folder()).args(["--data=268435456", "--cpu=20"]).arg(scratch.program());
        let run = Run::of(limited.args(["undefined", "lib.a", "--libs", "hostile.so"]));
        prop_assert!(matches!(run.code, Some(0 | 2)), "{run}");
    }

    /// The same for relocations: members' are read here, and nowhere else.
    #[test]
    fn hostile_relocations(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let scratch = with_lib_once();
        let mut bytes = scratch.clone();
        let layout = members::layout(&bytes);
        let data = layout.members[0].data.clone();
        let elf = Elf::parse(&bytes[data.clone()]).expect("goblin reads it");
        let headers = elf.header.e_shoff as usize;
        let mut places: Vec<usize> = (headers..headers + 64 * elf.section_headers.len()).collect();
        for section in elf.section_headers.iter().filter(|section| section.sh_type == goblin::elf::section_header::SHT_RELA) {
            places.extend(section.sh_offset as usize..(section.sh_offset + section.sh_size) as usize);
        }
        for (place, byte) in flips {
            bytes[data.start + places[place.index(places.len())]] = byte;
        }
        let scratch = crate::scratch();
        scratch.write("lib.a", bytes);
        let run = run(&scratch, &["undefined", "lib.a", "--stub", "missing", "--dry-run"]);
        prop_assert!(matches!(run.code, Some(0 | 2)), "{run}");
    }
}

/// The bytes of `lib.a`, compiled once.
fn with_lib_once() -> Vec<u8> {
    static BYTES: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| with_lib().read("lib.a"));
    BYTES.clone()
}
