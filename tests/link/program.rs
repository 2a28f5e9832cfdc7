//! What a linked program must do: every check of every side, and nothing of another side.

use armend_test_support::{Outcome, run, run_program};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The names that each side registers, and what each sees when the registries are one.
pub const FOREIGN: &str = "foreign-a,foreign-b";
pub const HOST: &str = "host-a,host-b,host-c";
pub const BOTH: &str = "foreign-a,foreign-b,host-a,host-b,host-c";

/// What every program here is called with.
const ARGUMENTS: [&str; 3] = ["one", "two three", "four"];

/// One Rust library or program in a process: how it calls itself, and what it must see.
#[derive(Debug, Clone, Copy)]
pub struct Side {
    /// What it prints before each line.
    pub name: &'static str,
    /// Its crate, as a backtrace names it.
    pub package: &'static str,
    pub registered: &'static str,
    /// Built with `panic=abort`: it catches nothing.
    pub aborts: bool,
}

pub const HOST_SIDE: Side = Side { name: "host", package: "host", registered: HOST, aborts: false };
pub const FOREIGN_SIDE: Side = Side { name: "foreign", package: "foreign", registered: FOREIGN, aborts: false };
/// The foreign library built with its feature `second`.
pub const SECOND_SIDE: Side = Side { name: "second", ..FOREIGN_SIDE };

impl Side {
    /// The lines that it must print, in order.
    pub fn lines(&self) -> Vec<String> {
        let name = self.name;
        let mut lines = vec![
            format!("{name}: args {}", ARGUMENTS.join(" ")),
            format!("{name}: threads 4032"),
            format!("{name}: thread-locals own 100 others 6 dropped 6"),
            format!("{name}: hashmap 500499"),
            format!("{name}: format Some((\"a\", [1, 2]))    3.142 0xff 1.5e10"),
            format!("{name}: caught {name} panics"),
            format!("{name}: backtrace registry::through {}::checks::named_frame", self.package),
            format!("{name}: inventory {}", self.registered),
            format!("{name}: linkme {}", self.registered),
        ];
        if self.aborts {
            lines.retain(|line| !line.contains(": caught "));
        }
        lines
    }

    /// What it prints, of all that the program printed.
    pub fn printed<'a>(&self, outcome: &'a Outcome) -> Vec<&'a str> {
        let mark = format!("{}: ", self.name);
        outcome.stdout.lines().filter(|line| line.starts_with(&mark) && !line.contains(": sum ")).collect()
    }

    /// The names in one of its registries, `inventory` or `linkme`, or what it says in their place.
    #[track_caller]
    pub fn registry<'a>(&self, kind: &str, outcome: &'a Outcome) -> &'a str {
        let mark = format!("{}: {kind} ", self.name);
        let line = outcome.stdout.lines().find_map(|line| line.strip_prefix(&mark));
        line.unwrap_or_else(|| panic!("{} says nothing of {kind}\n{}", self.name, outcome.describe()))
    }
}

/// Runs a program as the checks expect it to be run.
pub fn start(program: &Path) -> Outcome {
    run_program(program, &ARGUMENTS)
}

/// Runs a program in which every side has its own std and registries, and all checks pass.
#[track_caller]
pub fn assert_works(program: &Path, sides: &[Side]) {
    let outcome = start(program).expect_success();
    for side in sides {
        assert_eq!(side.printed(&outcome), side.lines(), "{}", outcome.describe());
        if !side.aborts {
            let panicking = format!("{}::checks::panics", side.package);
            assert!(outcome.stderr.contains(&panicking), "no frame {panicking}\n{}", outcome.describe());
        }
    }
    let mangled = outcome.stderr.lines().find(|line| {
        let name = line.split_once(": ").map_or("", |(_, name)| name);
        name.starts_with("_ZN") || name.starts_with("_R")
    });
    assert_eq!(mangled, None, "a frame that does not demangle\n{}", outcome.describe());
}

/// Isolates an archive into a folder, under its own name; the result.
#[track_caller]
pub fn isolate(archive: &Path, folder: &Path, options: &[&str]) -> PathBuf {
    let output = folder.join(archive.file_name().unwrap());
    let mut armend = Command::new(env!("CARGO_BIN_EXE_armend"));
    armend.arg("isolate").arg(archive).args(options).arg("-o").arg(&output);
    run(&mut armend).expect_success();
    output
}
