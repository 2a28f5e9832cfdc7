//! A copy of the example, in one place for each toolchain, so that armend is not compiled for every test.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{Outcome, Toolchain, cache_root, content_hash, files, lock, run};

const CHECKOUT: &str = env!("CARGO_MANIFEST_DIR");

/// The copy, as the checkout has it, with nothing built but what does not change. Nobody else has it meanwhile.
pub struct Workshop {
    toolchain: Toolchain,
    folder: PathBuf,
    _lock: File,
}

impl Workshop {
    pub fn open(toolchain: Toolchain) -> Self {
        let key = content_hash(&[], &[CHECKOUT, toolchain.version()]);
        let folder = cache_root().join(format!("build-script/{}-{key}", toolchain.name()));
        let lock = lock(&folder);
        let workshop = Self { toolchain, folder, _lock: lock };
        workshop.restore();
        let clean = workshop.cargo(&["clean", "--package", "krun-sys", "--package", "host"]);
        run(&mut { clean }).expect_success();
        workshop
    }

    /// Makes the copy what the checkout has. What is the same keeps its date.
    fn restore(&self) {
        let sources = Path::new(CHECKOUT).join("examples");
        let mut wanted = vec![self.folder.join("krun-sys/Cargo.lock")];
        for source in ["devices", "krun-sys"].iter().flat_map(|name| files(&sources.join(name))) {
            let name = source.strip_prefix(&sources).unwrap();
            if !name.iter().any(|part| part == "target") {
                self.write(name.to_str().unwrap(), &fs::read_to_string(&source).unwrap());
                wanted.push(self.folder.join(name));
            }
        }
        self.edit("krun-sys/Cargo.toml", "\"../..\"", &format!("{CHECKOUT:?}"));
        for file in ["devices", "krun-sys"].iter().flat_map(|name| files(&self.folder.join(name))) {
            if !wanted.contains(&file) {
                fs::remove_file(file).unwrap();
            }
        }
    }

    /// A path below the folder with the example.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file, if that changes it.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            return;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Replaces what stands in a file.
    #[track_caller]
    pub fn edit(&self, name: &str, old: &str, new: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(old), "{name} has no {old:?}");
        self.write(name, &text.replace(old, new));
    }

    /// Cargo in the example's folder.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = self.toolchain.rustups_cargo();
        cargo.current_dir(self.path("krun-sys")).args(arguments);
        cargo.arg("--target-dir").arg(self.target());
        cargo
    }

    /// Cargo's target folder.
    pub fn target(&self) -> PathBuf {
        self.path("target")
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        run(&mut self.cargo(arguments))
    }

    /// The one folder of the build script of krun-sys that has been run, in one of Cargo's folders.
    #[track_caller]
    pub fn out_dir(&self, profile: &str) -> PathBuf {
        let folders =
            fs::read_dir(self.target().join(profile).join("build")).unwrap().map(|entry| entry.unwrap().path());
        let ran = |folder: &PathBuf| {
            folder.file_name().unwrap().to_str().unwrap().starts_with("krun-sys-") && folder.join("output").exists()
        };
        let found: Vec<_> = folders.filter(ran).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].join("out")
    }

    /// What the build script told Cargo.
    #[track_caller]
    pub fn directives(&self, profile: &str) -> Vec<String> {
        let output = self.out_dir(profile).with_file_name("output");
        fs::read_to_string(output).unwrap().lines().map(str::to_owned).collect()
    }
}

/// Whether Cargo had nothing to do.
pub fn nothing_done(outcome: &Outcome) -> bool {
    !["Compiling", "Dirty", "Running"].iter().any(|word| outcome.stderr.contains(word))
        && outcome.stderr.contains("Fresh krun-sys")
}
