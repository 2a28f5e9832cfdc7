//! Links programs as rustc does, with the linker and the foreign archives of the test's choice.
//!
//! rustc builds the host once, with a linker that only writes down how it was called; the tests
//! then repeat that command. Nothing in it is ours but the linker's choice and the archives.

use crate::staticlib::{shared_sources, target_folder};
use crate::{Lto, Outcome, Profile, Toolchain, cache, cached, content_hash, fixtures, run, run_ok, tool};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A linker, as the C compiler driver calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Linker {
    /// GNU ld.
    Bfd,
    /// The LLD that comes with the stable toolchain.
    RustLld,
    Mold,
    /// GNU gold: beside GNU ld the one that goes by an archive's index alone.
    Gold,
}

impl Linker {
    pub const ALL: [Self; 3] = [Self::Bfd, Self::RustLld, Self::Mold];
    pub const WITH_GOLD: [Self; 4] = [Self::Bfd, Self::RustLld, Self::Mold, Self::Gold];

    pub fn name(self) -> &'static str {
        match self {
            Self::Bfd => "GNU ld",
            Self::RustLld => "rust-lld",
            Self::Mold => "mold",
            Self::Gold => "gold",
        }
    }

    /// What makes `gcc` call it, with every error named and as it is spelt in the files.
    pub fn arguments(self) -> Vec<String> {
        let chosen = match self {
            Self::Bfd => {
                tool("ld.bfd");
                vec!["-fuse-ld=bfd".to_owned()]
            }
            Self::RustLld => {
                let folder = Toolchain::Stable.sysroot().join("lib/rustlib/x86_64-unknown-linux-gnu/bin/gcc-ld");
                assert!(folder.join("ld.lld").exists(), "{} has no ld.lld", folder.display());
                let folder = folder.display();
                vec![format!("-B{folder}"), "-fuse-ld=lld".to_owned(), "-Wl,--error-limit=0".to_owned()]
            }
            Self::Mold => {
                tool("mold");
                vec!["-fuse-ld=mold".to_owned()]
            }
            Self::Gold => {
                tool("ld.gold");
                vec!["-fuse-ld=gold".to_owned()]
            }
        };
        chosen.into_iter().chain(["-Wl,--no-demangle".to_owned()]).collect()
    }
}

/// A Rust program of the fixtures, up to its link.
#[derive(Debug, Clone)]
pub struct Host {
    /// The workspace below `fixtures`.
    pub workspace: &'static str,
    pub package: &'static str,
    pub toolchain: Toolchain,
    pub profile: Profile,
    pub lto: Lto,
    /// How its build script names the foreign library: `static` or `static:+whole-archive`.
    pub kind: &'static str,
    /// More of Cargo's `--config`.
    pub config: &'static [&'static str],
}

/// Stands for the linker: keeps the files that rustc will delete, and the arguments, one a line.
const RECORDER: &str = r#"#!/bin/bash
set -euo pipefail
arguments=()
number=0
output=
for argument in "$@"; do
    [[ ${arguments[*]: -1} == -o ]] && output=$argument
    if [[ $argument == *.o || $argument == *.rlib ]] && [[ -f $argument && $argument != "$SYSROOT"/* ]]; then
        number=$((number + 1))
        cp "$argument" "$RECORD/$number-${argument##*/}"
        argument=@RECORD@/$number-${argument##*/}
    fi
    arguments+=("$argument")
done
printf '%s\n' "${arguments[@]}" > "$RECORD/arguments"
touch "$output"
"#;

impl Host {
    /// The host that most tests use: stable, release, LTO off.
    pub fn plain() -> Self {
        Self {
            workspace: "rust",
            package: "host",
            toolchain: Toolchain::Stable,
            profile: Profile::Release,
            lto: Lto::Off,
            kind: "static",
            config: &[],
        }
    }

    /// Links it with a foreign archive, into `program`.
    pub fn link(&self, linker: Linker, foreign: &Path, program: &Path) -> Link {
        let record = self.record();
        let arguments = fs::read_to_string(record.join("arguments")).unwrap();
        let mut gcc = Command::new(tool("gcc"));
        let mut was_output = false;
        for argument in arguments.lines() {
            match argument {
                "-lforeign" => gcc.arg(foreign),
                _ if was_output => gcc.arg(program),
                _ => gcc.arg(argument.replace("@RECORD@", record.to_str().unwrap())),
            };
            was_output = argument == "-o";
        }
        gcc.args(linker.arguments());
        Link::new(run(&mut gcc), program)
    }

    /// The folder with rustc's call of its linker and the files in it.
    fn record(&self) -> PathBuf {
        let sources = fixtures().join(self.workspace);
        let key = content_hash(
            &[&shared_sources(self.workspace)],
            &[self.toolchain.version(), &format!("{self:?}"), RECORDER],
        );
        let label =
            format!("{}-{}-{}-lto-{}", self.package, self.toolchain.name(), self.profile.name(), self.lto.name());
        cached(&format!("hosts/{label}-{key}"), |draft| self.record_into(&sources, draft))
    }

    fn record_into(&self, sources: &Path, draft: &Path) {
        let recorder = draft.join("recorder");
        fs::write(&recorder, RECORDER).unwrap();
        fs::set_permissions(&recorder, fs::Permissions::from_mode(0o755)).unwrap();
        let target = target_folder(self.workspace, self.toolchain);
        let _lock = cache::lock(&target);
        let mut cargo = self.toolchain.cargo_command();
        cargo.arg("rustc").args(["--locked", "-j2", "--profile", self.profile.name()]);
        cargo.arg("--manifest-path").arg(sources.join("Cargo.toml"));
        cargo.arg("--target-dir").arg(&target);
        cargo.args(["--package", self.package, "--bin", self.package]);
        cargo.arg("--config").arg(format!("profile.{}.lto={:?}", self.profile.name(), self.lto.name()));
        for config in self.config {
            cargo.arg("--config").arg(config);
        }
        // Linkers are the test's to choose: rustc must not ask for one.
        cargo.args(["--", "-Clinker-features=-lld", &format!("-Clinker={}", recorder.display())]);
        cargo.env("RECORD", draft).env("SYSROOT", self.toolchain.sysroot());
        cargo.env("FOREIGN_KIND", self.kind).env("FOREIGN_DIR", draft);
        run(&mut cargo).expect_success();
        let arguments = fs::read_to_string(draft.join("arguments")).expect("rustc did not call its linker");
        assert!(arguments.lines().any(|argument| argument == "-lforeign"), "no foreign library in\n{arguments}");
    }
}

/// What a linker made of a program, or said about it.
#[derive(Debug)]
pub struct Link {
    pub outcome: Outcome,
    program: PathBuf,
}

impl Link {
    fn new(outcome: Outcome, program: &Path) -> Self {
        Self { outcome, program: program.to_owned() }
    }

    /// The program; fails when the linker did not make it.
    #[track_caller]
    pub fn program(&self) -> &Path {
        assert!(self.outcome.success(), "{}", self.outcome.describe());
        &self.program
    }

    /// The names that the linker says are defined twice.
    pub fn duplicates(&self) -> BTreeSet<String> {
        duplicates(&self.outcome.stderr)
    }
}

/// Links a C program: a source file, archives, and the libraries that a Rust std asks for.
pub fn link_c(linker: Linker, source: &Path, archives: &[&Path], flags: &[&str], program: &Path) -> Link {
    let mut gcc = Command::new(tool("gcc"));
    gcc.arg("-g").args(flags).arg("-o").arg(program).arg(source).args(archives);
    gcc.args(["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"]);
    gcc.args(linker.arguments());
    Link::new(run(&mut gcc), program)
}

/// The names of duplicate definitions in what GNU ld, gold, LLD or mold says.
pub fn duplicates(stderr: &str) -> BTreeSet<String> {
    // GNU ld opens the quote with a backtick, gold does not.
    let gnu = |line: &str| {
        let quoted = line.split_once("multiple definition of ")?.1.strip_prefix(['`', '\''])?;
        Some(quoted.split_once('\'')?.0.to_owned())
    };
    // LLD: "duplicate symbol: NAME"; mold: "duplicate symbol: FILE: FILE: NAME".
    let others = |line: &str| {
        let rest = line.split_once("duplicate symbol: ")?.1;
        Some(rest.rsplit(": ").next()?.to_owned())
    };
    stderr.lines().filter_map(|line| gnu(line).or_else(|| others(line))).collect()
}

/// Runs a linked program with arguments and `RUST_BACKTRACE=1`.
pub fn run_program(program: &Path, arguments: &[&str]) -> Outcome {
    run(Command::new(program).args(arguments).env("RUST_BACKTRACE", "1"))
}

/// The dynamic symbols that a shared object exports, without versions.
///
/// Not the hidden ones: GNU ld lists `__start_X` and `__stop_X` even then, and nothing can link to them.
pub fn exported(file: &Path) -> BTreeSet<String> {
    let table = run_ok(Command::new(tool("readelf")).args(["--dyn-syms", "--wide"]).arg(file));
    let symbols = table.lines().filter_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let &[number, _, _, _, _, visibility, section, name, ..] = &fields[..] else { return None };
        let is_symbol = number.strip_suffix(':').is_some_and(|number| number.parse::<u32>().is_ok());
        let is_exported = section != "UND" && ["DEFAULT", "PROTECTED"].contains(&visibility);
        (is_symbol && is_exported).then(|| name.split('@').next().unwrap().to_owned())
    });
    symbols.collect()
}

#[cfg(test)]
mod tests {
    use super::duplicates;

    #[test]
    fn duplicates_of_each_linker() {
        let gnu = "/usr/bin/ld: a.a(x.o): in function `f':\nx.c:(.text+0x0): multiple definition of `f'; b.o:(.text+0x0): first defined here\n";
        let gold = "/usr/bin/ld.gold: error: a.a(x.o): multiple definition of 'f'\n/usr/bin/ld.gold: b.o: previous definition here\n";
        let lld = "ld.lld: error: duplicate symbol: _RNvC1a1f\n>>> defined at x.c\n>>>            x.o:(.text+0x0)\n";
        let mold = "mold: error: duplicate symbol: a.a(x.o): b.o: rust_panic\n";
        let names = |text| duplicates(text).into_iter().collect::<Vec<_>>();
        assert_eq!(names(gnu), ["f"]);
        assert_eq!(names(gold), ["f"]);
        assert_eq!(names(lld), ["_RNvC1a1f"]);
        assert_eq!(names(mold), ["rust_panic"]);
        assert_eq!(names("collect2: error: ld returned 1 exit status\n"), [""; 0]);
    }
}
