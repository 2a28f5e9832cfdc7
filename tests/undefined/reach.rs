//! What the report says that a name needs is what the linkers take: `weaken` where a weak reference links, `stub` where
//! only a definition does, `rebuild` where that does not either.

use crate::machines::{LINKERS, MACHINES};
use crate::{archive_by, json, link_defs, run, scratch};
use armend_test_support::{Linker, Outcome, Scratch, tool};
use std::path::PathBuf;

/// Every use that C has for a function, each of a name of its own.
const SOURCE: &str = r#"
void called(void), jumped(void), taken(void), stored(void);
extern __thread int threadlocal;
void (*pointer)(void) = stored;
void call(void) { called(); called(); }
void jump(void) { jumped(); }
void *take(void) { return (void *)taken; }
int thread(void) { return threadlocal; }
"#;

/// A distance in data, which compilers write in tables for exceptions and for switches.
const DISTANCE: &str = "__asm__(\".data\\n.balign 4\\n.long apart - .\\n.text\\n\");\n";

const NAMES: [&str; 6] = ["called", "jumped", "taken", "stored", "threadlocal", "apart"];

#[test]
fn what_a_name_needs_is_what_linkers_take() {
    let native = |scratch: &Scratch, linker: usize, archive: &str| link_defs(scratch, Linker::ALL[linker], &[archive]);
    let seen = check("x86_64", tool("gcc"), native);
    assert!(seen.contains("rebuild"), "{seen}");
    for machine in MACHINES {
        check(machine.name(), machine.gcc(), |scratch, linker, archive| {
            machine.link_defs(scratch, LINKERS[linker], archive)
        });
    }
}

/// Holds what is said of each name against each of three linkers; gives all that was said.
fn check(machine: &str, gcc: PathBuf, link: impl Fn(&Scratch, usize, &str) -> Outcome) -> String {
    let (mut seen, mut wrong) = (String::new(), Vec::new());
    for flags in [&["-fPIC"][..], &["-fPIC", "-fno-plt"], &["-fno-pic"]] {
        let scratch = scratch();
        archive_by(&gcc, &scratch, "lib.a", flags, &[("uses.c", SOURCE), ("distance.c", DISTANCE)]);
        let report = json(&scratch, &["undefined", "lib.a"]);
        let symbols = report["symbols"].as_array().expect("a list");
        assert_eq!(symbols.len(), NAMES.len(), "{machine}: {report}");
        for name in NAMES {
            let symbol = symbols.iter().find(|symbol| symbol["name"] == name).expect(name);
            let label = format!("{machine} {flags:?}: {symbol}");
            let Some(needs) = symbol["needs"].as_str() else {
                // Calls through a table of the program's own making, which linkers turn into others.
                assert!(machine == "ppc64le" && flags.contains(&"-fno-plt"), "not known: {label}");
                continue;
            };
            seen += &format!("{label}\n");
            // All the others out of the way.
            let alone = |option: &str, output: &str| {
                let mut arguments = vec!["undefined", "lib.a", "-o", output, option, name];
                for other in NAMES.into_iter().filter(|other| *other != name) {
                    arguments.extend([if other == "threadlocal" { "--weaken" } else { "--stub" }, other]);
                }
                run(&scratch, &arguments)
            };
            let takes = |archive: &str| {
                let complaint = |linker| {
                    let outcome = link(&scratch, linker, archive);
                    let about =
                        outcome.stderr.lines().any(|line| line.contains(&format!("`{name}'")) || line.contains(name));
                    !outcome.success() && about
                };
                (0..3).filter(|&linker| !complaint(linker)).count()
            };
            alone("--weaken", "weak.a").succeeds();
            let weak = takes("weak.a");
            if (weak == 3) != (needs == "weaken") {
                wrong.push(format!("{weak} of 3 linkers take the weak reference: {label}"));
            }
            if name != "threadlocal" {
                alone("--stub", "stub.a").succeeds();
                let stub = takes("stub.a");
                if (stub == 3) != (needs != "rebuild") {
                    wrong.push(format!("{stub} of 3 linkers take the stub: {label}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    seen
}
