//! Two independent readers, goblin and LLVM's tools, agree with the plan that `--format json` gives: every kept name as
//! before, every private one new and hidden, every reference following it, all else equal to the input.

mod damage;
mod index;
mod localize;
mod many_edits;
mod plan;
mod running;
mod with_goblin;
mod with_llvm;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use armend_test_support::{Lto, Profile, Run, Staticlib, members, samples, tool};
use plan::Plan;
use with_goblin::{Names, Object};

/// An input, and what of it is exported.
struct Case<'a> {
    before: &'a [u8],
    keep: &'a str,
}

impl Case<'_> {
    /// Isolates the archive with `options` too, and asks every oracle. The finished archive, and its plan.
    fn check(&self, options: &[&str]) -> (Vec<u8>, Plan) {
        let folder = tempfile::tempdir().expect("folder");
        let (input, output) = (folder.path().join("in.a"), folder.path().join("out.a"));
        fs::write(&input, self.before).expect("write the input");
        let mut command = Command::new(env!("CARGO_BIN_EXE_armend"));
        command.arg("isolate").arg(&input).arg("-o").arg(&output);
        let run = Run::of(command.args(["--format", "json", "--keep", self.keep]).args(options)).succeeds();
        let plan = Plan::from_json(run.text(), options);
        let after = fs::read(&output).expect("read the output");
        assert!(!plan.private.is_empty() && !plan.kept.is_empty(), "nothing was planned: {run}");
        self.ask_goblin(&after, &plan);
        with_llvm::assert_agrees(&input, &output, &plan);
        with_llvm::assert_no_dead_bytes(folder.path(), self.before, &after);
        index::assert_fresh(&after);
        (after, plan)
    }

    fn ask_goblin(&self, after: &[u8], plan: &Plan) {
        let (old, new) = (members::layout(self.before), members::layout(after));
        assert_eq!(old.members.len(), new.members.len(), "number of members");
        let (mut names_before, mut names_after) = (Names::default(), Names::default());
        for (old, new) in old.members.iter().zip(&new.members) {
            assert_eq!(old.name, new.name);
            let (before, after) = (&self.before[old.data.clone()], &after[new.data.clone()]);
            let (before, after) = (Object::parse(before), Object::parse(after));
            with_goblin::assert_agrees(&new.name, &before, &after, plan);
            after.assert_no_dead_strings(&new.name);
            if plan.renames() {
                before.assert_groups_are_whole(&new.name, plan);
            }
            merge(&mut names_before, before.names());
            merge(&mut names_after, after.names());
        }
        assert_every_name_is_planned(plan, &names_before, &names_after);
    }
}

fn merge(all: &mut Names, more: Names) {
    all.defined.extend(more.defined);
    all.referenced.extend(more.referenced);
}

/// Each definition is kept, private or stays, and only one of them; what no member defines keeps its name.
fn assert_every_name_is_planned(plan: &Plan, before: &Names, after: &Names) {
    let all: BTreeSet<String> = before.defined.union(&before.referenced).cloned().collect();
    plan.assert_names_are_new(&all);
    for name in &before.defined {
        let places = [plan.kept.contains(name), plan.private.contains_key(name), plan.stays.contains(name)];
        assert_eq!(places.iter().filter(|place| **place).count(), 1, "{name}: kept, private, stays = {places:?}");
    }
    for name in plan.private.keys() {
        assert!(before.defined.contains(name), "{name} is planned to be private, but nothing defines it");
        let still_there = after.defined.contains(name) || after.referenced.contains(name);
        assert_eq!(still_there, !plan.renames(), "{name}");
    }
    for name in &plan.kept {
        assert!(after.defined.contains(name), "{name} was to be kept");
    }
    let undefined = |names: &Names| -> BTreeSet<String> {
        let open = names.referenced.difference(&names.defined);
        open.map(|name| plan.global(name).into_owned()).collect()
    };
    assert_eq!(undefined(before), undefined(after), "references that nothing in the archive defines");
}

fn check_sample(name: &str, options: &[&str]) {
    let before = samples::sample(name).bytes();
    let (after, _) = Case { before: &before, keep: "sx_*" }.check(options);
    // llvm-ar made the input, so the output is the archive that llvm-ar makes of the members, to the last byte.
    let layout = members::layout(&after);
    let contents: Vec<_> = layout.members.iter().map(|m| (m.name.as_str(), &after[m.data.clone()])).collect();
    assert!(samples::archive_of(&contents) == after, "the archive is not what llvm-ar writes");
}

/// One test a sample, so that each failure has a name.
macro_rules! samples {
    ($($test:ident: $name:literal,)*) => {
        $(#[test] fn $test() { check_sample($name, &[]); })*

        #[test]
        fn every_sample_is_checked() {
            let all: Vec<_> = samples::ELF.iter().map(|sample| sample.name).collect();
            assert_eq!(all, [$($name),*]);
        }
    };
}

samples! {
    c_gcc: "c-gcc",
    c_gcc_sections: "c-gcc-sections",
    c_clang: "c-clang",
    c_clang_crel: "c-clang-crel",
    registry_gcc: "registry-gcc",
    registry_clang: "registry-clang",
    cxx_gcc: "cxx-gcc",
    cxx_gcc_fast: "cxx-gcc-fast",
    cxx_clang: "cxx-clang",
    i386_gcc: "i386-gcc",
    i386_clang: "i386-clang",
    x32_gcc: "x32-gcc",
    x32: "x32",
    aarch64: "aarch64",
    arm: "arm",
    riscv64: "riscv64",
    s390x: "s390x",
    powerpc64: "powerpc64",
    powerpc: "powerpc",
    mips: "mips",
    mips64: "mips64",
    mips64el: "mips64el",
}

#[test]
fn a_short_tag_and_a_long_one() {
    check_sample("cxx-gcc", &["--tag", "x"]);
    check_sample("cxx-clang", &["--tag", "a_rather_long_tag_that_outgrows_every_name_it_is_put_on"]);
}

#[test]
fn other_ways_to_be_private() {
    for options in [
        &["--no-hide"][..],
        &["--by", "hide"],
        &["--by", "weaken"],
        &["--keep", "re:^(_ZN|shapes_o)"],
        &["--keep", "!*e*"],
    ] {
        for sample in ["c-gcc", "cxx-gcc-fast", "cxx-clang", "s390x"] {
            check_sample(sample, options);
        }
    }
}

/// Some exports more, at random: groups that hold one stay whole, and programs run as before.
#[test]
fn any_choice_of_exports() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for sample in ["cxx-gcc", "cxx-gcc-fast", "cxx-clang", "c-clang"] {
        let before = samples::sample(sample).bytes();
        let entries = members::index_entries(&before).expect("an index");
        let names: BTreeSet<String> = entries.into_iter().map(|(_, name)| name).collect();
        for _ in 0..4 {
            let mut options = Vec::new();
            for name in &names {
                // xorshift64: the same choices in each run.
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                if random.is_multiple_of(4) {
                    options.extend(["--keep", name.as_str()]);
                }
            }
            println!("{sample} {options:?}");
            check_sample(sample, &options);
        }
    }
}

#[test]
fn programs_run_as_before() {
    let pie: &[(&str, &[&str])] =
        &[("c-gcc", &[]), ("c-clang", &[]), ("registry-gcc", &[]), ("cxx-gcc", &[]), ("cxx-clang", &[])];
    let fixed: &[(&str, &[&str])] = &[("c-gcc-sections", &["-no-pie"]), ("registry-clang", &["-no-pie"])];
    for (sample, flags) in pie.iter().chain(fixed) {
        println!("{sample}");
        let folder = tempfile::tempdir().expect("folder");
        let (input, output) = (folder.path().join("in.a"), folder.path().join("out.a"));
        let before = samples::sample(sample).bytes();
        let (after, _) = Case { before: &before, keep: "sx_*" }.check(&[]);
        fs::write(&input, &before).expect("write");
        fs::write(&output, after).expect("write");
        running::assert_same_output(folder.path(), &input, &output, flags);
    }
}

/// Linkers merge such groups by their section's name, which no rename of symbols changes: what they define must stay.
#[test]
fn groups_signed_by_a_section_symbol() {
    let (before, host) = samples::probes();
    let folder = tempfile::tempdir().expect("folder");
    let (input, output) = (folder.path().join("in.a"), folder.path().join("out.a"));
    fs::write(&input, &before).expect("write");
    fs::write(folder.path().join("host.o"), host).expect("write");
    let mut command = Command::new(env!("CARGO_BIN_EXE_armend"));
    Run::of(command.args(["isolate", "--keep", "sx_*", "-o"]).arg(&output).arg(&input)).succeeds();
    running::assert_same_output(folder.path(), &input, &output, &["host.o"]);
    let (_, plan) = Case { before: &before, keep: "sx_second" }.check(&[]);
    assert!(plan.stays.contains("_.stapsdt.base"));
}

/// Objects that other tools have laid out anew: relinked, stripped, with compressed debug information.
#[test]
fn objects_from_other_tools() {
    const TOOLS: &[(&str, &[&str])] = &[
        ("ld.bfd", &["-r", "IN", "-o", "OUT"]),
        ("ld.lld", &["-r", "IN", "-o", "OUT"]),
        ("mold", &["-r", "IN", "-o", "OUT"]),
        ("objcopy", &["--strip-debug", "IN", "OUT"]),
        ("objcopy", &["--compress-debug-sections=zlib", "IN", "OUT"]),
        ("llvm-objcopy", &["--strip-unneeded", "IN", "OUT"]),
    ];
    for (name, arguments) in TOOLS {
        for sample in ["c-gcc", "cxx-gcc", "cxx-clang"] {
            println!("{sample} through {name} {arguments:?}");
            let before = through(name, arguments, &samples::sample(sample).bytes());
            Case { before: &before, keep: "sx_*" }.check(&[]);
        }
    }
}

/// The archive with each member put through a tool.
fn through(name: &str, arguments: &[&str], archive: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("folder");
    let members = members::layout(archive).members;
    let objects: Vec<_> = members
        .iter()
        .map(|member| {
            let (input, output) = (folder.path().join("in.o"), folder.path().join(&member.name));
            fs::write(&input, &archive[member.data.clone()]).expect("write the object");
            let mut command = Command::new(tool(name));
            for argument in arguments {
                match *argument {
                    "IN" => command.arg(&input),
                    "OUT" => command.arg(&output),
                    other => command.arg(other),
                };
            }
            Run::of(&mut command).succeeds();
            output
        })
        .collect();
    samples::archive(folder.path(), &objects)
}

/// Sections take the tag, and so do the names that linkers make of them; a section that is not here keeps its.
#[test]
fn registries_are_renamed_with_their_bounds() {
    for sample in ["registry-gcc", "registry-clang"] {
        let before = samples::sample(sample).bytes();
        let (_, plan) = Case { before: &before, keep: "sx_*" }.check(&["--tag", "t"]);
        let names = ["__start_linkme_things", "__stop_linkme_things", "__start_linkme_calls", "__start_foreign_things"];
        let after =
            ["__start_linkme_things_t", "__stop_linkme_things_t", "__start_linkme_calls_t", "__start_foreign_things"];
        assert_eq!(names.map(|name| plan.global(name).into_owned()), after);
        let (_, plan) = Case { before: &before, keep: "sx_*" }.check(&["--tag", "t", "--registries", "keep"]);
        assert_eq!(names.map(|name| plan.global(name).into_owned()), names);
        let (_, plan) = Case { before: &before, keep: "{sx_*,__start_linkme_things}" }.check(&["--tag", "t"]);
        let after = [names[0], names[1], "__start_linkme_calls_t", names[3]];
        assert_eq!(names.map(|name| plan.global(name).into_owned()), after, "kept by its bound");
    }
}

#[test]
fn more_than_65280_sections() {
    Case { before: &samples::many_sections(), keep: "sx_*" }.check(&[]);
}

/// The largest share that renaming may add to a Rust staticlib.
const GROWTH: f64 = 0.02;

fn check_std(profile: Profile, lto: Lto) {
    let archive = Staticlib { profile, lto, ..Staticlib::foreign() }.build();
    let before = fs::read(archive).expect("read the staticlib");
    let (after, _) = Case { before: &before, keep: "fx_*" }.check(&[]);
    let growth = after.len() as f64 / before.len() as f64 - 1.0;
    assert!(growth <= GROWTH, "{} bytes became {}: {:.2} % more", before.len(), after.len(), growth * 100.0);
}

#[test]
fn rust_release() {
    check_std(Profile::Release, Lto::Off);
}

#[test]
fn rust_debug() {
    check_std(Profile::Dev, Lto::Off);
}

#[test]
fn rust_thin_lto() {
    check_std(Profile::Release, Lto::Thin);
}

#[test]
fn rust_fat_lto() {
    check_std(Profile::Release, Lto::Fat);
}

/// These tests can fail: no byte of a member can change without goblin's comparison noticing.
#[test]
fn every_damaged_byte_is_noticed() {
    let before = samples::sample("c-gcc").bytes();
    let case = Case { before: &before, keep: "sx_*" };
    let (mut after, plan) = case.check(&[]);
    let places: Vec<usize> = members::layout(&after).members.iter().flat_map(|m| m.data.clone().step_by(19)).collect();
    assert!(places.len() > 300);
    for place in places {
        after[place] ^= 1;
        let asked = std::panic::catch_unwind(|| case.ask_goblin(&after, &plan));
        assert!(asked.is_err(), "byte {place} of the archive may be anything");
        after[place] ^= 1;
    }
}

/// The reader of archives that all of this rests on agrees with `llvm-ar t`.
#[test]
fn members_are_those_that_llvm_ar_lists() {
    let folder = tempfile::tempdir().expect("folder");
    let path: &Path = &folder.path().join("lib.a");
    let repeated: Vec<(&str, &[u8])> =
        vec![("a.txt", b"odd"), ("a_name_longer_than_fifteen.txt", b""), ("a.txt", b"even")];
    let bytes = samples::archive_of(&repeated);
    fs::write(path, &bytes).expect("write");
    let listed = Run::of(Command::new(tool("llvm-ar")).arg("t").arg(path)).succeeds();
    let layout = members::layout(&bytes);
    let found: Vec<_> = layout.members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(found, listed.text().lines().collect::<Vec<_>>());
    let contents: Vec<&[u8]> = layout.members.iter().map(|member| &bytes[member.data.clone()]).collect();
    assert_eq!(contents, repeated.iter().map(|(_, bytes)| *bytes).collect::<Vec<_>>());
}
