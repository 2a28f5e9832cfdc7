//! Code that has to know its address: what the linkers refuse is what the lint finds, machine by machine.

use std::path::Path;
use std::process::Command;

use armend_test_support::{run, samples, tool};
use serde_json::Value;

use crate::{archive, c_library, finds, look, says, scratch};

/// Takes an address in code, as data that only the loader could fill in, and in thread-local storage.
const ADDRESS: &str =
    "static int table[9]; int *fx_get(long i) { return &table[i]; } void fx_set(int i) { table[i] = i; }";
const POINTER: &str =
    "static int x; int *fx_get(void); int *const fx_table[] = { &x }; int fx_put(int i) { return x = i; }";
const THREAD: &str = "static __thread int x; int fx_get(void) { return x; } void fx_set(int i) { x = i; }";

/// A compiler with flags that fix addresses, and GNU ld of its machine.
struct Case {
    compiler: &'static str,
    flags: &'static [&'static str],
    source: &'static str,
    gnu_ld: &'static str,
    /// Whether lld, mold and GNU ld refuse it for a shared object.
    refused: [bool; 3],
}

const BY_ALL: [bool; 3] = [true; 3];
/// The others make text relocations.
const BY_LLD: [bool; 3] = [true, false, false];
/// GNU ld tells the loader.
const NOT_BY_GNU: [bool; 3] = [true, true, false];
/// mold 1.10 writes what is true at address 0.
const NOT_BY_MOLD: [bool; 3] = [true, false, true];
const BY_NONE: [bool; 3] = [false; 3];

const fn case(
    compiler: &'static str,
    flags: &'static [&'static str],
    source: &'static str,
    gnu_ld: &'static str,
    refused: [bool; 3],
) -> Case {
    Case { compiler, flags, source, gnu_ld, refused }
}

const LOCAL_EXEC: &[&str] = &["-O1", "-fPIC", "-ftls-model=local-exec"];
const NO_PIC: &[&str] = &["-O1", "-fno-pic"];
const KERNEL: &[&str] = &["-O1", "-fno-pic", "-mcmodel=kernel"];
const LARGE: &[&str] = &["--target=aarch64-linux-gnu", "-O1", "-fno-pic", "-mcmodel=large"];

const CASES: &[Case] = &[
    case("gcc", NO_PIC, ADDRESS, "ld.bfd", BY_ALL),
    case("gcc", NO_PIC, POINTER, "ld.bfd", BY_LLD),
    case("gcc", LOCAL_EXEC, THREAD, "ld.bfd", BY_ALL),
    case("clang", KERNEL, ADDRESS, "ld.bfd", BY_ALL),
    case("i686-linux-gnu-gcc", NO_PIC, ADDRESS, "i686-linux-gnu-ld", BY_LLD),
    case("aarch64-linux-gnu-gcc", NO_PIC, ADDRESS, "aarch64-linux-gnu-ld", BY_NONE),
    case("aarch64-linux-gnu-gcc", NO_PIC, POINTER, "aarch64-linux-gnu-ld", BY_LLD),
    case("aarch64-linux-gnu-gcc", LOCAL_EXEC, THREAD, "aarch64-linux-gnu-ld", NOT_BY_GNU),
    case("clang", LARGE, ADDRESS, "aarch64-linux-gnu-ld", NOT_BY_MOLD),
    case("arm-linux-gnueabihf-gcc", NO_PIC, ADDRESS, "arm-linux-gnueabihf-ld", NOT_BY_MOLD),
    case("arm-linux-gnueabihf-gcc", LOCAL_EXEC, THREAD, "arm-linux-gnueabihf-ld", BY_ALL),
    case("riscv64-linux-gnu-gcc", NO_PIC, ADDRESS, "riscv64-linux-gnu-ld", BY_ALL),
    case("riscv64-linux-gnu-gcc", LOCAL_EXEC, THREAD, "riscv64-linux-gnu-ld", BY_ALL),
    case("s390x-linux-gnu-gcc", NO_PIC, POINTER, "s390x-linux-gnu-ld", BY_LLD),
];

fn is_refused(linker: &str, object: &Path) -> bool {
    let folder = object.parent().unwrap();
    !run(Command::new(tool(linker)).args(["-shared", "-o"]).arg(folder.join("lib.so")).arg(object)).success()
}

/// What `non-pic` says of one object, and whether lld, mold and GNU ld refuse it for a shared object.
fn judged(case: &Case, flags: &[&str]) -> (Option<Value>, [bool; 3]) {
    let scratch = scratch();
    let object = samples::compile(case.compiler, flags, scratch.folder(), "one.c", case.source);
    archive(&scratch, std::slice::from_ref(&object));
    let refused = ["ld.lld", "mold", case.gnu_ld].map(|linker| is_refused(linker, &object));
    (look(&scratch, "non-pic", &[]), refused)
}

#[test]
fn what_linkers_refuse() {
    for case in CASES {
        let label = format!("{} {:?} {}", case.compiler, case.flags, case.source);
        let (finding, refused) = judged(case, case.flags);
        assert_eq!(refused, case.refused, "{label}");
        // lld is the strictest.
        assert_eq!(finding.is_some(), refused[0], "{label}: {finding:?}");

        let target = case.flags.iter().copied().filter(|flag| flag.starts_with("--target"));
        let pic: Vec<_> = target.chain(["-O1", "-fPIC"]).collect();
        let (finding, refused) = judged(case, &pic);
        assert!(finding.is_none() && refused == [false; 3], "{label} as it should be: {finding:?} {refused:?}");
    }
}

#[test]
fn what_the_finding_says() {
    let scratch = c_library("gcc", &["-fno-pic", "-O1"], ADDRESS);
    let finding = finds(&scratch, "non-pic", &[]);
    says(&finding, "what", &["in instructions or short words (1 member)"]);
    says(&finding, "breaks", &["GNU ld and lld", "PIE"]);
    says(&finding, "mend", &["-fPIC"]);
}
