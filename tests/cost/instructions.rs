//! Instructions of whole runs, as callgrind counts them: the same at any load, but for hash seeds and the order of
//! threads.

use std::path::Path;

use armend_test_support::{Run, Scratch, callgrind};

use super::{archive, scratch};

/// The instructions of a run of the program.
fn instructions(scratch: &Scratch, arguments: &[&str]) -> u64 {
    let report = scratch.path("callgrind.out");
    let mut valgrind = callgrind(&report);
    Run::of(valgrind.current_dir(scratch.folder()).arg(scratch.program()).args(arguments)).succeeds();
    armend_test_support::instructions(&report)
}

/// What a run costs above one on next to nothing.
fn cost(scratch: &Scratch, arguments: &[&str], path: &Path, nothing: u64) -> u64 {
    let path = path.to_str().expect("a plain path");
    instructions(scratch, &[arguments, &[path]].concat()).saturating_sub(nothing)
}

/// The bounds are per symbol of an unoptimised build: about one and a half times what it was when they were set.
#[test]
fn instructions_go_with_symbols() {
    let scratch = scratch();
    let (none, few, many) = (archive(&scratch, 1, 1), archive(&scratch, 8, 100), archive(&scratch, 16, 100));
    let symbols = 16 * 100;
    let verbs: [(&[&str], u64); 4] = [
        (&["-j1", "isolate", "-q", "--keep", "api_*", "-o", "out.a"], 200_000),
        (&["-j1", "objcopy", "-w", "--weaken-symbol", "*"], 110_000),
        (&["-j1", "index"], 20_000),
        (&["-j1", "exports"], 55_000),
    ];
    for (arguments, bound) in verbs {
        let nothing = cost(&scratch, arguments, &none, 0);
        let (few, many) = (cost(&scratch, arguments, &few, nothing), cost(&scratch, arguments, &many, nothing));
        println!("{}: {nothing}, {few}, {many}, {} a symbol", arguments.join(" "), many / symbols);
        assert!(many * 10 < few * 24, "{arguments:?}: {few} instructions, for twice the symbols {many}");
        assert!(many / symbols < bound, "{arguments:?}: {} instructions a symbol", many / symbols);
    }
}
