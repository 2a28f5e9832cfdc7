//! A copy of the example, in one place for each toolchain, so that armend is not compiled for every test.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{Outcome, Toolchain, cache_root, content_hash, files, lock, run};
use serde_json::Value;

const CHECKOUT: &str = env!("CARGO_MANIFEST_DIR");

/// The copy, as the checkout has it, and what was built before. Nobody else has it meanwhile.
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

    /// The folder of krun-sys's build script in a build that has been made.
    #[track_caller]
    pub fn out_dir(&self, build: &[&str]) -> PathBuf {
        let built = self.run(&[build, &["--message-format", "json"]].concat()).expect_success();
        let messages = built.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("Cargo writes JSON"));
        let krun_sys = self.path("krun-sys");
        let mut ran = messages.filter(|message| {
            let id = message["package_id"].as_str().unwrap_or_default();
            message["reason"] == "build-script-executed" && id.contains(&format!("{}#", krun_sys.display()))
        });
        ran.next().expect("krun-sys has a build script")["out_dir"].as_str().expect("a path").into()
    }

    /// What the build script told Cargo.
    #[track_caller]
    pub fn directives(&self, build: &[&str]) -> Vec<String> {
        let output = self.out_dir(build).with_file_name("output");
        fs::read_to_string(output).unwrap().lines().map(str::to_owned).collect()
    }
}

/// Whether Cargo had nothing to do.
pub fn nothing_done(outcome: &Outcome) -> bool {
    !["Compiling", "Dirty", "Running"].iter().any(|word| outcome.stderr.contains(word))
        && outcome.stderr.contains("Fresh krun-sys")
}
