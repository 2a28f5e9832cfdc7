//! Fat files: each slice is served as an archive of its own, and stays aligned as the file's header says.

use std::fs;
use std::path::Path;
use std::process::Command;

use armend_test_support::{Run, Scratch, tool};
use goblin::mach::MultiArch;
use goblin::mach::fat::FatArch;

use crate::inputs::{ARM64, ARMV7, LINKED, Target, X86_64};
use crate::{run, scratch};

const ISOLATE: [&str; 6] = ["isolate", "--keep", "mx_*", "--tag", "T", "-o"];

pub fn lipo(folder: &Path, arguments: &[&str]) {
    Run::of(Command::new(tool("llvm-lipo")).current_dir(folder).args(arguments)).succeeds();
}

/// With `fat.a` of `ARCH.a` for each of the targets.
fn with_fat(targets: &[&Target], options: &[&str]) -> Scratch {
    let scratch = scratch();
    let files: Vec<String> = targets.iter().map(|target| format!("{}.a", target.arch)).collect();
    targets.iter().zip(&files).for_each(|(target, file)| _ = scratch.write(file, target.archive()));
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    lipo(scratch.folder(), &[&["-create", "-output", "fat.a"], &files[..], options].concat());
    scratch
}

fn slices(bytes: &[u8]) -> Vec<FatArch> {
    let fat = MultiArch::new(bytes).expect("a fat file");
    fat.arches().expect("slices")
}

#[test]
fn each_slice_is_an_archive_of_its_own() {
    let targets = [&ARM64, &X86_64, &ARMV7];
    let scratch = with_fat(&targets, &[]);
    run(&scratch, &[&ISOLATE[..], &["out.a", "fat.a"]].concat()).succeeds();
    let (before, after) = (scratch.read("fat.a"), scratch.read("out.a"));
    let machine = |slice: &FatArch| (slice.cputype, slice.cpusubtype, slice.align);
    let (before, after) = (slices(&before), slices(&after));
    assert_eq!(before.iter().map(machine).collect::<Vec<_>>(), after.iter().map(machine).collect::<Vec<_>>());
    for (slice, before) in after.iter().zip(&before) {
        assert_eq!(slice.offset % (1 << slice.align), 0, "{slice:?}");
        assert!(slice.size > before.size, "{slice:?}");
    }
    for target in targets {
        let (alone, sliced) = (format!("{}.a", target.arch), format!("slice-{}.a", target.arch));
        lipo(scratch.folder(), &["-thin", target.arch, "out.a", "-output", &sliced]);
        run(&scratch, &[&ISOLATE[..], &["alone.a", &alone]].concat()).succeeds();
        assert!(scratch.read("alone.a") == scratch.read(&sliced), "{}: not as it is alone", target.arch);
    }
    let isolated = scratch.read("out.a");
    run(&scratch, &["index", "out.a"]).succeeds();
    assert!(scratch.read("out.a") == isolated, "its indexes were current");
    for target in LINKED {
        target.compile(scratch.folder(), "host.c", "int mx_run(int); int mine(void) { return mx_run(1); }");
        target.link(scratch.folder(), "out.dylib", &["host.o", "out.a"]).succeeds();
    }
}

#[test]
fn what_does_not_change_is_copied() {
    let scratch = with_fat(&[&ARM64, &X86_64], &[]);
    let before = scratch.read("fat.a");
    run(&scratch, &["index", "fat.a"]).succeeds();
    assert!(scratch.read("fat.a") == before, "its indexes were current");
    // One slice alone has the name that goes away.
    target_only(&scratch);
    let mixed = scratch.read("fat.a");
    run(&scratch, &["objcopy", "--redefine-sym=_only=_other_only", "fat.a"]).succeeds();
    let (before, after) = (slices(&mixed), scratch.read("fat.a"));
    let changed: Vec<bool> = slices(&after)
        .iter()
        .zip(before)
        .map(|(new, old)| {
            after[new.offset as usize..][..new.size as usize] != mixed[old.offset as usize..][..old.size as usize]
        })
        .collect();
    assert_eq!(changed.iter().filter(|changed| **changed).count(), 1, "{changed:?}");
}

/// Makes `fat.a` anew of an archive that defines `_only` and one that does not.
fn target_only(scratch: &Scratch) {
    let object = ARM64.compile(scratch.folder(), "only.c", "int only(void) { return 1; }");
    let archive = crate::inputs::archive(&[("only.c", fs::read(object).expect("read the object").into())]);
    scratch.write("arm64.a", archive);
    lipo(scratch.folder(), &["-create", "arm64.a", "x86_64.a", "-output", "fat.a"]);
}

#[test]
fn offsets_of_64_bits() {
    let scratch = with_fat(&[&ARM64, &X86_64], &["-fat64"]);
    assert!(scratch.read("fat.a").starts_with(&[0xca, 0xfe, 0xba, 0xbf]));
    run(&scratch, &[&ISOLATE[..], &["out.a", "fat.a"]].concat()).succeeds();
    assert!(scratch.read("out.a").starts_with(&[0xca, 0xfe, 0xba, 0xbf]));
    for target in LINKED {
        let sliced = format!("slice-{}.a", target.arch);
        lipo(scratch.folder(), &["-thin", target.arch, "out.a", "-output", &sliced]);
        let alone = format!("{}.a", target.arch);
        run(&scratch, &[&ISOLATE[..], &["alone.a", &alone]].concat()).succeeds();
        assert!(scratch.read("alone.a") == scratch.read(&sliced));
    }
}

/// objcopy takes a fat file of objects as LLVM's does.
#[test]
fn objects() {
    let scratch = scratch();
    for target in LINKED {
        scratch.write(&format!("{}.o", target.arch), target.object("parts.c"));
    }
    lipo(scratch.folder(), &["-create", "arm64.o", "x86_64.o", "-output", "fat.o"]);
    let flags = ["--weaken-symbol=_data", "--redefine-sym=_mx_run=_renamed", "--localize-symbol=_weak"];
    run(&scratch, &[&["objcopy"], &flags[..], &["fat.o", "ours.o"]].concat()).succeeds();
    for target in LINKED {
        let (alone, sliced) = (format!("{}.o", target.arch), format!("slice-{}.o", target.arch));
        lipo(scratch.folder(), &["-thin", target.arch, "ours.o", "-output", &sliced]);
        run(&scratch, &[&["objcopy"], &flags[..], &[&alone, "alone.o"]].concat()).succeeds();
        assert!(scratch.read("alone.o") == scratch.read(&sliced), "{}", target.arch);
    }
}

/// Messages and reports name the slice.
#[test]
fn places() {
    let scratch = with_fat(&[&ARM64, &X86_64], &[]);
    let report = run(&scratch, &["audit", "fat.a"]);
    assert!(report.text().contains("fat.a(arm64): Mach-O, 3 members"), "{report}");
    let explained = run(&scratch, &["explain", "_mx_run", "fat.a"]).succeeds();
    assert!(explained.text().contains("arm64:parts.o") || explained.text().contains("x86_64:parts.o"), "{explained}");
    let mut cut = scratch.read("fat.a");
    cut.truncate(cut.len() - 100);
    scratch.write("fat.a", &cut);
    run(&scratch, &["isolate", "fat.a", "--keep", "mx_*"]).refuses(&["fat.a", "outside the file"]);
    run(&scratch, &["diff", "fat.a", "fat.a"]).refuses(&["fat.a", "outside the file"]);
}
