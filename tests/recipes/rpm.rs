//! An RPM package, built by rpmbuild and unpacked.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use armend_test_support::{Run, tool};

use crate::project::{Armend, Project, assert_duplicates};

/// The archives of the package that this `armend` makes, after rpm's own changes to them.
fn packaged(project: &Project, armend: Armend) -> [PathBuf; 2] {
    let tree = project.path(&format!("{armend:?}"));
    let mut build = project.command(armend, tool("rpmbuild"));
    build.arg("-bb").arg("fx.spec").arg("--define").arg(format!("_topdir {}", tree.display()));
    build.arg("--define").arg(format!("_sourcedir {}", project.path("vendor").display()));
    Run::of(&mut build).succeeds();
    let package = found(&tree.join("RPMS"), "rpm").expect("a package");
    let mut unpack = project.command(armend, tool("rpm2cpio"));
    let mut archive = unpack.arg(package).stdout(Stdio::piped()).spawn().expect("rpm2cpio starts");
    let content = archive.stdout.take().expect("it is piped");
    let mut cpio = project.command(armend, tool("cpio"));
    cpio.args(["--extract", "--make-directories", "--quiet"]).current_dir(&tree).stdin(content);
    assert!(cpio.status().expect("cpio starts").success());
    assert!(archive.wait().expect("rpm2cpio ends").success());
    ["libfx.a", "libfy.a"].map(|name| found(&tree.join("usr"), name).expect("the archive is in the package"))
}

/// The first file below whose name ends so.
fn found(folder: &Path, end: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().path()).find_map(|path| match path.is_dir() {
        true => found(&path, end),
        false => path.to_str().is_some_and(|name| name.ends_with(end)).then_some(path),
    })
}

#[test]
fn packaged_archives_link() {
    let project = Project::new("rpm");
    let [fx, fy] = packaged(&project, Armend::Copies);
    assert_duplicates(project.link([&fx, &fy]));
    let [fx, fy] = packaged(&project, Armend::Real);
    project.link([&fx, &fy]).succeeds();
    project.assert_runs("program");
}
