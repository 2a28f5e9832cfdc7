//! What is measured, as data: inputs, and the commands that run on each.
//!
//! In a command, `IN` is the input and `OUT` what it writes. One that names `OUT` and not `IN` works in place: `OUT` is
//! a copy of the input then. `KEEP` is what stays public, `LIST` a file of armend's own renames, as pairs, and `NAME`
//! the first of these.

use crate::inputs::{Input, Names};

/// Commands that do the same work; each is compared with the first.
pub type Group = &'static [&'static str];

/// Inputs, and the commands that take turns on each.
pub struct Workload {
    /// For `--only`.
    pub name: &'static str,
    pub title: &'static str,
    pub inputs: &'static [Input],
    pub groups: &'static [Group],
    /// How often armend and `cp` run.
    pub rounds: usize,
    /// How often the other tools do.
    pub peer_rounds: usize,
    /// Whether instructions are counted, and the other tools' system calls: valgrind makes a program fifty times slower,
    /// strace one that makes a million calls ten times.
    pub traced: bool,
    /// Whether the pages that scans read are counted, on a copy on disk.
    pub pages: bool,
    /// Whether each input is twice the one before, and compared with that.
    pub doubles: bool,
}

/// All of them, in the order in which they run.
pub const ALL: &[Workload] = &[
    Workload {
        name: "small",
        title: "a Rust staticlib with std",
        inputs: &[Input::RustStd],
        groups: AMEND,
        rounds: 20,
        peer_rounds: 10,
        traced: true,
        pages: true,
        doubles: false,
    },
    Workload {
        name: "large",
        title: "Debian's LLVM and clang 19 in one archive",
        inputs: &[Input::Llvm],
        groups: AMEND,
        rounds: 10,
        peer_rounds: 3,
        traced: false,
        pages: true,
        doubles: false,
    },
    of_index("index", "the large archive without an index", &[Input::LlvmWithoutIndex], INDEX),
    of_index("current", "the large archive, whose index is right", &[Input::Llvm], CURRENT),
    of_index("stale", "the large archive with a stale index", &[Input::LlvmStaleIndex], STALE),
    Workload {
        name: "many",
        title: "200,000 tiny members",
        inputs: &[Input::Tiny],
        groups: MANY,
        rounds: 10,
        peer_rounds: 2,
        traced: false,
        pages: false,
        doubles: false,
    },
    Workload {
        name: "scale",
        title: "every tenth member of the large archive 1 to 64 times, with names of their own; last, 64 times the same",
        inputs: &[
            Input::Copies(1, Names::Distinct),
            Input::Copies(2, Names::Distinct),
            Input::Copies(4, Names::Distinct),
            Input::Copies(8, Names::Distinct),
            Input::Copies(16, Names::Distinct),
            Input::Copies(32, Names::Distinct),
            Input::Copies(64, Names::Distinct),
            Input::Copies(64, Names::Same),
        ],
        groups: SCALE,
        rounds: 10,
        peer_rounds: 0,
        traced: false,
        pages: false,
        doubles: true,
    },
];

/// An archive of which the index is made.
const fn of_index(
    name: &'static str,
    title: &'static str,
    inputs: &'static [Input],
    groups: &'static [Group],
) -> Workload {
    Workload { name, title, inputs, groups, rounds: 10, peer_rounds: 3, traced: false, pages: false, doubles: false }
}

const COPY: Group = &["cp IN OUT"];

const AMEND: &[Group] = &[
    COPY,
    // What a process costs that does nothing.
    &["armend --version"],
    &[
        "armend objcopy -w --weaken-symbol=* IN OUT",
        "armend -j1 objcopy -w --weaken-symbol=* IN OUT",
        "rust-objcopy -w --weaken-symbol=* IN OUT",
        "llvm-objcopy -w --weaken-symbol=* IN OUT",
        "objcopy -w --weaken-symbol=* IN OUT",
    ],
    // What a file system with shared blocks need not copy.
    &["armend objcopy --weaken-symbol=NAME IN OUT"],
    &[
        "armend isolate -q --keep KEEP IN -o OUT",
        "armend -j1 isolate -q --keep KEEP IN -o OUT",
        "rust-objcopy --redefine-syms=LIST IN OUT",
        "llvm-objcopy --redefine-syms=LIST IN OUT",
        "objcopy --redefine-syms=LIST IN OUT",
    ],
    &["armend isolate -q --keep KEEP --by weaken --force IN -o OUT"],
    // Scan and plan.
    &["armend isolate -q --keep KEEP --dry-run IN", "armend -j1 isolate -q --keep KEEP --dry-run IN"],
    &["armend exports -q IN", "armend -j1 exports -q IN"],
    // Exit status 1 is for a lint that finds something here.
    &["armend audit -q --deny missing-index IN", "armend -j1 audit -q --deny missing-index IN"],
];

/// llvm-ar leaves an index alone that is there.
const CURRENT: &[Group] = &[COPY, &["armend index -q OUT", "armend -j1 index -q OUT", "ranlib OUT"]];

const INDEX: &[Group] = &[COPY, &["armend index -q OUT", "armend -j1 index -q OUT", "ranlib OUT", "llvm-ar s OUT"]];

// llvm-ar leaves an index that is there as it is, and so does llvm-ranlib.
const STALE: &[Group] = &[COPY, &["armend index -q OUT", "armend -j1 index -q OUT", "ranlib OUT"]];

const MANY: &[Group] = &[
    COPY,
    &[
        "armend objcopy -w --weaken-symbol=* IN OUT",
        "rust-objcopy -w --weaken-symbol=* IN OUT",
        "llvm-objcopy -w --weaken-symbol=* IN OUT",
    ],
    &[
        "armend isolate -q --keep KEEP IN -o OUT",
        "rust-objcopy --redefine-syms=LIST IN OUT",
        "llvm-objcopy --redefine-syms=LIST IN OUT",
    ],
    &["armend isolate -q --keep KEEP --dry-run IN"],
    &["armend exports -q IN"],
    &["armend audit -q --deny missing-index IN"],
];

const SCALE: &[Group] = &[
    COPY,
    &["armend objcopy -w --weaken-symbol=* IN OUT"],
    &["armend isolate -q --keep KEEP IN -o OUT"],
    &["armend exports -q IN"],
];
