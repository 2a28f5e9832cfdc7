//! What the build script says: to Cargo on standard output, to people on standard error. (Cargo book, "Outputs of the
//! build script".)

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// Lines for Cargo, kept until all has gone well.
#[derive(Debug, Default)]
pub(super) struct Directives {
    lines: Vec<String>,
    rerun: BTreeSet<String>,
}

impl Directives {
    /// The script is to run again when `path` changes.
    pub fn rerun_if_changed(&mut self, path: &Path) {
        self.rerun.insert(format!("cargo::rerun-if-changed={}", path.display()));
    }

    /// The script is to run again when a variable of Cargo's environment changes.
    pub fn rerun_if_env_changed(&mut self, name: &str) {
        self.rerun.insert(format!("cargo::rerun-if-env-changed={name}"));
    }

    /// A static library is to be linked, from a folder.
    pub fn link(&mut self, folder: &Path, name: &str, bundle: bool) {
        let kind = if bundle { "static" } else { "static:-bundle" };
        // Before what it needs itself: linkers take libraries in their order.
        let own = [format!("cargo::rustc-link-search=native={}", folder.display()), link_lib(kind, name)];
        self.lines.splice(0..0, own);
    }

    /// A library that the static one needs.
    pub fn link_native(&mut self, kind: &str, name: &str) {
        self.lines.push(link_lib(kind, name));
    }

    /// A folder in which such libraries are.
    pub fn search_native(&mut self, folder: &Path) {
        self.lines.push(format!("cargo::rustc-link-search=native={}", folder.display()));
    }

    /// Something that the user has to see to.
    pub fn warn(&mut self, what: &str) {
        self.lines.push(format!("cargo::warning={what}"));
    }

    #[cfg(test)]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Says it all.
    pub fn print(&self) {
        self.rerun.iter().chain(&self.lines).for_each(|line| println!("{line}"));
    }
}

fn link_lib(kind: &str, name: &str) -> String {
    format!("cargo::rustc-link-lib={kind}={name}")
}

/// Says why the script fails, a line for each of `text`'s.
pub(super) fn error(text: &str) {
    let mut lines = String::new();
    text.lines().for_each(|line| _ = writeln!(lines, "cargo::error={line}"));
    print!("{lines}");
}

/// Says something to people: Cargo shows it with `-vv`, and where the script fails.
pub(super) fn say(text: &str) {
    eprint!("{text}");
}
