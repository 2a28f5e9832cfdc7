//! The program of two sides: how it is built, and what each side must say.

use crate::target::Target;
use armend_test_support::{run_ok, tool};
use std::path::{Path, PathBuf};
use std::process::Command;

const MEMBERS: [&str; 4] = ["state.c", "user.c", "shapes.cc", "throws.cc"];

/// What the host's objects and the library are before anything is done to them.
pub struct Sides {
    /// The host's objects, with `main`.
    pub host: Vec<PathBuf>,
    /// The library, of several members.
    pub library: PathBuf,
    /// The library, of one.
    pub joined: PathBuf,
}

pub fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cross/programs")
}

impl Sides {
    /// Compiles both sides into `folder`.
    pub fn build(target: &Target, flags: &[&str], folder: &Path) -> Self {
        let compile = |side: &str, number: u32, source: &str| {
            let source = programs().join(source);
            let object = folder.join(format!("{side}-{}.o", source.file_stem().unwrap().to_str().unwrap()));
            let mut compiler = target.compiler(&source);
            compiler.args(["-c", "-g", "-O2", "-fcommon", "-ffunction-sections", "-fdata-sections"]).args(flags);
            compiler.arg(format!("-DSIDE={side}")).arg(format!("-DNUMBER={number}"));
            if target.has_ifunc {
                compiler.arg("-DHAS_IFUNC");
            }
            run_ok(compiler.arg(source).arg("-o").arg(&object));
            object
        };
        let host = MEMBERS.iter().chain(&["main.cc"]).map(|source| compile("host", 2, source)).collect();
        let members: Vec<_> = MEMBERS.iter().map(|source| compile("library", 1, source)).collect();
        let object = folder.join("library.o");
        run_ok(Command::new(target.gnu_ld()).arg("-r").args(&members).arg("-o").arg(&object));
        let archive = |name: &str, members: &[PathBuf]| {
            let path = folder.join(name);
            run_ok(Command::new(tool("llvm-ar")).arg("qcs").arg(&path).args(members));
            path
        };
        Self { host, library: archive("liblibrary.a", &members), joined: archive("libjoined.a", &[object]) }
    }

    /// What a link with the library needs.
    pub fn with(&self, library: &Path) -> Vec<PathBuf> {
        self.host.iter().cloned().chain([library.to_owned()]).collect()
    }
}

/// What the program must print when each side has its own names.
pub fn expected(shares_commons: bool) -> Vec<String> {
    let mut lines = side("host", 2, 2);
    lines.extend(side("library", 1, if shares_commons { 3 } else { 1 }));
    lines.extend(["main: library range", "main: library trouble"].map(str::to_owned));
    // Thread-local variables go in the opposite order of their first uses.
    lines.extend(["library: dropped 1", "host: dropped 2"].map(str::to_owned));
    lines
}

fn side(name: &str, n: u32, common: u32) -> Vec<String> {
    let lines = [
        format!("common {common}"),
        format!("thread {}, main {}", n * 100 + 1, n * 100),
        format!("table {} {} {} {}", 10 + n, 20 + n, 60 + n, 120 + n),
        format!("weak {n}"),
        format!("chosen {}", 7 + n),
        format!("constructed {n}"),
        format!("numbers {n} {} {}", n + 1, n + 2),
        format!("jump {n}"),
        format!("cases {}", 11 * n),
        format!("area {}", 9 + n),
        "cast square".to_owned(),
        format!("global {n}"),
        "inline 1".to_owned(),
        format!("caught trouble {}, 4 guards", 1 + n),
        "inline again 2".to_owned(),
        format!("templates {n} {n}"),
    ];
    lines.into_iter().map(|line| format!("{name}: {line}")).collect()
}
