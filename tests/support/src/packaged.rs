//! Older Rust toolchains, and other packages of Debian's: downloaded and unpacked into the cache, not installed.
//!
//! The machine's own apt configuration stays as it is: apt gets a private one for the suite, with
//! the mirror that the machine already uses.
//!
//! std of another architecture lies in that architecture's package, for the same compiler; that of Windows (mingw) has a
//! package of its own.

use crate::{cache_root, cached, content_hash, run_ok, tool};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What to unpack for one toolchain.
pub(crate) struct Packages {
    /// A short name, for paths.
    pub name: &'static str,
    suite: &'static str,
    names: &'static [&'static str],
}

/// rustc 1.63, and a Cargo (0.66) that drives 1.78 as well.
pub(crate) const RUST_1_63: Packages = Packages {
    name: "debian-1.63",
    suite: "bookworm",
    names: &[
        "rustc",
        "libstd-rust-1.63",
        "libstd-rust-dev",
        "libstd-rust-dev-windows",
        "libllvm14",
        "cargo",
        // Libraries of these that a small machine may lack.
        "libbsd0",
        "libedit2",
        "libffi8",
        "libgit2-1.5",
        "libhttp-parser2.9",
        "libicu72",
        "libmbedcrypto7",
        "libmbedtls14",
        "libmbedx509-1",
        "libmd0",
        "libssh2-1",
        "libxml2",
        "libz3-4",
    ],
};

/// rustc 1.78, which the suite has as `rustc-web`.
pub(crate) const RUST_1_78: Packages = Packages {
    name: "debian-1.78",
    suite: "bullseye",
    names: &[
        "rustc-web",
        "libstd-rust-web-1.78",
        "libstd-rust-web-dev",
        "libstd-rust-web-dev-windows",
        "libllvm16",
        "libbsd0",
        "libedit2",
        "libffi7",
        "libicu67",
        "libmd0",
        "libxml2",
        "libz3-4",
    ],
};

/// rustc 1.96, with the sources of its std. The security updates have it as `rustc-web`.
pub(crate) const RUST_1_96: Packages = Packages {
    name: "debian-1.96",
    suite: "bookworm-security",
    names: &["rustc-web", "libstd-rust-web-1.96", "libstd-rust-web-dev", "rust-web-src", "libllvm22"],
};

/// Runs a program of the unpacked packages with their own libraries.
const WRAPPER: &str = r#"#!/bin/bash
root=$(readlink -f "$(dirname "$(readlink -f "$0")")/../root")
export LD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu:$root/usr/lib
exec "$root/usr/bin/PROGRAM" ARGUMENTS "$@"
"#;

impl Packages {
    /// The folder with the programs `rustc` and, where the packages have one, `cargo`.
    pub fn programs(&self) -> PathBuf {
        let key = content_hash(&[], &[self.suite, &self.names.join(" "), WRAPPER]);
        cached(&format!("toolchains/{}-{key}", self.name), |draft| self.unpack(draft)).join("bin")
    }

    fn unpack(&self, draft: &Path) {
        let apt = Apt::of_suite(self.suite, None);
        let downloads = draft.join("downloads");
        let root = draft.join("root");
        apt.unpack(self.names, &downloads, &root);
        // None is of use here, and all are large.
        let sources = ["compiler", "src"].map(|folder| format!("usr/src/rustc-1.96.0/{folder}"));
        for unused in ["usr/share", "usr/bin/rustdoc"].into_iter().chain(sources.iter().map(String::as_str)) {
            let path = root.join(unused);
            if path.is_dir() {
                fs::remove_dir_all(path).unwrap();
            } else if path.exists() {
                fs::remove_file(path).unwrap();
            }
        }
        fs::create_dir(draft.join("bin")).unwrap();
        for (program, arguments) in [("rustc", "--sysroot \"$root/usr\""), ("cargo", "")] {
            if root.join("usr/bin").join(program).exists() {
                let file = draft.join("bin").join(program);
                fs::write(&file, WRAPPER.replace("PROGRAM", program).replace("ARGUMENTS", arguments)).unwrap();
                fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
    }
}

/// The folder with std for [`RUST_1_63`] on another of Debian's architectures (`s390x`, say): for rustc's `-L`.
pub fn std_1_63_of(architecture: &str) -> PathBuf {
    let name = "libstd-rust-dev";
    let key = content_hash(&[], &[RUST_1_63.suite, name]);
    let entry = format!("toolchains/{}-std-{architecture}-{key}", RUST_1_63.name);
    cached(&entry, |draft| {
        let root = draft.join("root");
        let apt = Apt::of_suite(RUST_1_63.suite, Some(architecture));
        apt.unpack(&[name], &draft.join("downloads"), &root);
        let targets: Vec<_> = fs::read_dir(root.join("usr/lib/rustlib")).unwrap().map(Result::unwrap).collect();
        let [target] = &targets[..] else { panic!("{name} has not one target but {targets:?}") };
        fs::rename(target.path().join("lib"), draft.join("lib")).unwrap();
        fs::remove_dir_all(root).unwrap();
    })
    .join("lib")
}

/// A folder with these packages of a suite unpacked, of one of Debian's architectures, and nothing else. Symbolic links
/// lead inside it.
pub fn unpacked(suite: &str, architecture: &str, names: &[&str]) -> PathBuf {
    let key = content_hash(&[], &[suite, architecture, &names.join(" "), "1"]);
    cached(&format!("packages/{suite}-{architecture}-{key}"), |draft| {
        let root = draft.join("root");
        Apt::of_suite(suite, Some(architecture)).unpack(names, &draft.join("downloads"), &root);
        turn_links_inward(&root, &root);
    })
    .join("root")
}

/// Absolute links below `folder` become relative ones, with `root` for the file system's root.
fn turn_links_inward(folder: &Path, root: &Path) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            turn_links_inward(&path, root);
        } else if let Ok(target) = fs::read_link(&path)
            && let Ok(inside) = target.strip_prefix("/")
        {
            let up = folder.strip_prefix(root).unwrap().components().map(|_| "..").collect::<PathBuf>();
            fs::remove_file(&path).unwrap();
            std::os::unix::fs::symlink(up.join(inside), &path).unwrap();
        }
    }
}

/// A private apt configuration for one suite.
pub(crate) struct Apt {
    folder: PathBuf,
    architecture: Option<String>,
}

impl Apt {
    /// Fetches the suite's package lists, the machine's own architecture's or another's.
    pub(crate) fn of_suite(suite: &str, architecture: Option<&str>) -> Self {
        let name = architecture.map_or_else(|| suite.to_owned(), |name| format!("{suite}-{name}"));
        let apt = Self { folder: cache_root().join("apt").join(name), architecture: architecture.map(str::to_owned) };
        for folder in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(apt.folder.join(folder)).unwrap();
        }
        let keys = "/usr/share/keyrings/debian-archive-keyring.gpg";
        assert!(Path::new(keys).exists(), "{keys} is missing: install debian-archive-keyring");
        let line = format!("deb [signed-by={keys}] {} {suite} main\n", mirror(suite.ends_with("-security")));
        fs::write(apt.folder.join("sources.list"), line).unwrap();
        fs::write(apt.folder.join("status"), "").unwrap();
        run_ok(apt.command("apt-get").args(["--quiet", "update"]));
        apt
    }

    /// Downloads packages and unpacks them into one folder.
    fn unpack(&self, names: &[&str], downloads: &Path, root: &Path) {
        fs::create_dir_all(downloads).unwrap();
        run_ok(self.command("apt-get").arg("download").args(names).current_dir(downloads));
        for package in fs::read_dir(downloads).unwrap() {
            run_ok(Command::new(tool("dpkg-deb")).arg("-x").arg(package.unwrap().path()).arg(root));
        }
        fs::remove_dir_all(downloads).unwrap();
    }

    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(tool(program));
        let folder = self.folder.display();
        for option in [
            format!("Dir::Etc::sourcelist={folder}/sources.list"),
            "Dir::Etc::sourceparts=-".to_owned(),
            format!("Dir::State::lists={folder}/lists"),
            format!("Dir::State::status={folder}/status"),
            format!("Dir::Cache={folder}/cache"),
            // The cache lies in a home that apt's own user may not enter.
            "APT::Sandbox::User=".to_owned(),
            "Acquire::Retries=3".to_owned(),
        ] {
            command.arg("-o").arg(option);
        }
        if let Some(architecture) = &self.architecture {
            command.arg("-o").arg(format!("APT::Architecture={architecture}"));
            command.arg("-o").arg(format!("APT::Architectures={architecture}"));
        }
        command
    }
}

/// The Debian mirror of the machine's own configuration, or that of the security updates.
fn mirror(of_security: bool) -> String {
    let format = "$(REPO_URI) $(ORIGIN) $(COMPONENT) $(RELEASE)";
    let targets =
        run_ok(Command::new(tool("apt-get")).args(["indextargets", "--format", format, "Created-By: Packages"]));
    targets
        .lines()
        .filter_map(|line| line.split_whitespace().collect::<Vec<_>>().try_into().ok())
        // Security and updates have suites, and often a folder, of their own.
        .find(|[_, origin, component, release]: &[&str; 4]| {
            let wanted = if of_security { release.ends_with("-security") } else { !release.contains('-') };
            *origin == "Debian" && *component == "main" && wanted
        })
        .map(|[uri, ..]| uri.to_owned())
        .unwrap_or_else(|| panic!("apt is not configured for a Debian mirror (run apt-get update):\n{targets}"))
}
