//! A recipe's folder with what its reader puts there: the program, the two archives, and `armend` on the PATH.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use armend_test_support::{Lto, Run, Staticlib, duplicates, tool};

/// What `armend` is in a run of a recipe.
#[derive(Debug, Clone, Copy)]
pub enum Armend {
    Real,
    /// `isolate IN ... -o OUT` copies; whatever else it is asked is fine.
    Copies,
}

const COPIES: &str = r#"#!/bin/bash
set -euo pipefail
if [[ $1 == @* ]]; then
    eval "set -- $(tr '\n' ' ' < "${1#@}")"
fi
[[ $1 == isolate ]] || exit 0
for argument in "$@"; do
    [[ $argument == *.a && -z ${input:-} ]] && input=$argument
done
cp "$input" "${@: -1}"
"#;

/// What the program prints.
pub const PRINTED: &str = "fx: sum 5, 2 plugins\nfy: sum 9, 2 plugins\n";

/// Gone when dropped.
pub struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// The recipe in a folder of its own, with `main.c` and `vendor/`.
    pub fn new(recipe: &str) -> Self {
        let project = Self::bare(recipe);
        fs::copy(recipes().join("program/main.c"), project.path("main.c")).expect("copy the program");
        fs::create_dir(project.path("vendor")).expect("a folder");
        let fx = Staticlib { lto: Lto::Fat, ..Staticlib::foreign() };
        let fy = Staticlib { features: &["second"], ..fx.clone() };
        for (name, library) in [("libfx.a", fx), ("libfy.a", fy)] {
            fs::copy(library.build(), project.path("vendor").join(name)).expect("copy an archive");
        }
        project
    }

    /// The recipe alone.
    pub fn bare(recipe: &str) -> Self {
        let project = Self { folder: tempfile::tempdir().expect("a folder") };
        copy_folder(&recipes().join(recipe), &project.path(""));
        for (kind, name) in [(Armend::Real, "real"), (Armend::Copies, "copies")] {
            let programs = project.folder.path().join(name);
            fs::create_dir(&programs).expect("a folder");
            kind.put_at(&programs.join("armend"));
        }
        project
    }

    /// A file of the project.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("project").join(name)
    }

    /// A command that runs in the project, with this `armend` first on the PATH and no build's settings but its own.
    pub fn command(&self, armend: Armend, program: impl Into<OsString>) -> Command {
        let programs = match armend {
            Armend::Real => self.folder.path().join("real"),
            Armend::Copies => self.folder.path().join("copies"),
        };
        let mut command = Command::new(program.into());
        command.current_dir(self.path("")).env("LC_ALL", "C");
        let path = env::var_os("PATH").expect("a PATH");
        command.env("PATH", env::join_paths([programs].into_iter().chain(env::split_paths(&path))).expect("a PATH"));
        for name in ["MAKEFLAGS", "MAKELEVEL", "MFLAGS", "CFLAGS", "LDFLAGS", "CARGO_TARGET_DIR"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs one of the tools that tests know, in the project.
    #[track_caller]
    pub fn run(&self, armend: Armend, name: &str, arguments: &[&str]) -> Run {
        Run::of(self.command(armend, tool(name)).args(arguments))
    }

    /// When the file was written last.
    #[track_caller]
    pub fn date(&self, name: &str) -> SystemTime {
        let path = self.path(name);
        fs::metadata(&path).and_then(|meta| meta.modified()).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Makes the file look as if someone had just replaced it.
    pub fn touch(&self, name: &str) {
        let file = fs::File::options().append(true).open(self.path(name)).expect("open a file");
        file.set_modified(SystemTime::now()).expect("set its date");
    }

    /// Links the program with these two archives, by gcc and its default linker.
    pub fn link(&self, archives: [&Path; 2]) -> Run {
        let mut gcc = self.command(Armend::Real, tool("gcc"));
        gcc.args(["-o", "program", "main.c"]).args(archives).args(["-lpthread", "-ldl", "-lm"]);
        Run::of(&mut gcc)
    }

    /// The program runs and says what it should.
    #[track_caller]
    pub fn assert_runs(&self, program: &str) {
        let run = Run::of(&mut self.command(Armend::Real, self.path(program))).succeeds();
        assert_eq!(run.text(), PRINTED);
    }
}

impl Armend {
    /// Puts the program there.
    pub fn put_at(self, place: &Path) {
        match self {
            Self::Real => symlink(env!("CARGO_BIN_EXE_armend"), place).expect("a link"),
            Self::Copies => {
                fs::write(place, COPIES).expect("write a script");
                fs::set_permissions(place, fs::Permissions::from_mode(0o755)).expect("make it a program");
            }
        }
    }
}

/// The build failed, and for the reason that recipes are about.
#[track_caller]
pub fn assert_duplicates(run: Run) {
    assert_ne!(run.code, Some(0), "it links: {run}");
    let said = format!("{}{}", run.text(), run.stderr);
    assert!(duplicates(&said).contains("rust_eh_personality"), "no duplicate: {run}");
}

fn recipes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes")
}

/// Copies a folder's files, with their modes, and those of the folders below.
fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("make a folder");
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.expect("list a folder");
        let place = to.join(entry.file_name());
        match entry.file_type().expect("look at a file").is_dir() {
            true => copy_folder(&entry.path(), &place),
            false => drop(fs::copy(entry.path(), place).expect("copy a file")),
        }
    }
}
