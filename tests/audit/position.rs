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

/// A compiler with flags that fix addresses, and the linker of its machine.
struct Case {
    compiler: &'static str,
    flags: &'static [&'static str],
    source: &'static str,
    gnu_ld: &'static str,
    /// Whether GNU ld refuses it as lld does; else it leaves it to the loader.
    gnu_refuses: bool,
}

const fn case(
    compiler: &'static str,
    flags: &'static [&'static str],
    source: &'static str,
    gnu_ld: &'static str,
) -> Case {
    Case { compiler, flags, source, gnu_ld, gnu_refuses: true }
}

const fn loadable(
    compiler: &'static str,
    flags: &'static [&'static str],
    source: &'static str,
    gnu_ld: &'static str,
) -> Case {
    Case { gnu_refuses: false, ..case(compiler, flags, source, gnu_ld) }
}

const LOCAL_EXEC: &[&str] = &["-O1", "-fPIC", "-ftls-model=local-exec"];
const NO_PIC: &[&str] = &["-O1", "-fno-pic"];

const CASES: &[Case] = &[
    case("gcc", NO_PIC, ADDRESS, "ld.bfd"),
    loadable("gcc", NO_PIC, POINTER, "ld.bfd"),
    case("gcc", LOCAL_EXEC, THREAD, "ld.bfd"),
    case("clang", &["-O1", "-fno-pic", "-mcmodel=kernel"], ADDRESS, "ld.bfd"),
    loadable("i686-linux-gnu-gcc", NO_PIC, ADDRESS, "i686-linux-gnu-ld"),
    loadable("aarch64-linux-gnu-gcc", NO_PIC, POINTER, "aarch64-linux-gnu-ld"),
    loadable("aarch64-linux-gnu-gcc", LOCAL_EXEC, THREAD, "aarch64-linux-gnu-ld"),
    case(
        "clang",
        &["--target=aarch64-linux-gnu", "-O1", "-fno-pic", "-mcmodel=large"],
        ADDRESS,
        "aarch64-linux-gnu-ld",
    ),
    case("arm-linux-gnueabihf-gcc", NO_PIC, ADDRESS, "arm-linux-gnueabihf-ld"),
    case("arm-linux-gnueabihf-gcc", LOCAL_EXEC, THREAD, "arm-linux-gnueabihf-ld"),
    case("riscv64-linux-gnu-gcc", NO_PIC, ADDRESS, "riscv64-linux-gnu-ld"),
    case("riscv64-linux-gnu-gcc", LOCAL_EXEC, THREAD, "riscv64-linux-gnu-ld"),
    loadable("s390x-linux-gnu-gcc", NO_PIC, POINTER, "s390x-linux-gnu-ld"),
    loadable("aarch64-linux-gnu-gcc", NO_PIC, ADDRESS, "aarch64-linux-gnu-ld"),
];

fn is_refused(linker: &str, object: &Path) -> bool {
    let folder = object.parent().unwrap();
    let link = run(Command::new(tool(linker)).args(["-shared", "-o"]).arg(folder.join("lib.so")).arg(object));
    !link.success()
}

/// What `non-pic` says of one object, and whether lld and GNU ld take it for a shared object.
fn judged(case: &Case, flags: &[&str]) -> (Option<Value>, bool, bool) {
    let scratch = scratch();
    let object = samples::compile(case.compiler, flags, scratch.folder(), "one.c", case.source);
    archive(&scratch, std::slice::from_ref(&object));
    let [lld, gnu] = ["ld.lld", case.gnu_ld].map(|linker| is_refused(linker, &object));
    (look(&scratch, "non-pic", &[]), lld, gnu)
}

#[test]
fn what_linkers_refuse() {
    for case in CASES {
        let label = format!("{} {:?} {}", case.compiler, case.flags, case.source);
        let (finding, lld, gnu) = judged(case, case.flags);
        assert_eq!(finding.is_some(), lld, "{label}: lld refuses: {lld}, {finding:?}");
        assert_eq!(case.gnu_refuses, gnu, "{label}: GNU ld refuses: {gnu}");
        assert!(!gnu || finding.is_some(), "{label}");

        let pic: Vec<_> = case.flags.iter().copied().filter(|flag| flag.starts_with("--target")).collect();
        let (finding, lld, gnu) = judged(case, &[&pic[..], &["-O1", "-fPIC"]].concat());
        assert!(finding.is_none() && !lld && !gnu, "{label} as it should be: {finding:?} {lld} {gnu}");
    }
}

#[test]
fn what_the_finding_says() {
    let scratch = c_library("gcc", &["-fno-pic", "-O1"], ADDRESS);
    let finding = finds(&scratch, "non-pic", &[]);
    says(&finding, "what", &["in instructions or short words (1 member)"]);
    says(&finding, "breaks", &["no linker", "PIE"]);
    says(&finding, "mend", &["-fPIC"]);
}
