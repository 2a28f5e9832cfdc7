//! A Debian package, built by dpkg-buildpackage and unpacked.

use std::fs;
use std::path::PathBuf;

use armend_test_support::tool;

use crate::project::{Armend, Project, assert_duplicates};

/// The archives of the package that this `armend` makes, after debhelper's own changes to them.
fn packaged(project: &Project, armend: Armend) -> [PathBuf; 2] {
    tool("dh");
    let mut build = project.command(armend, tool("dpkg-buildpackage"));
    build.args(["--build=binary", "--no-sign"]).env_remove("DEB_BUILD_OPTIONS");
    armend_test_support::Run::of(&mut build).succeeds();
    let parent = project.path("..").canonicalize().expect("a folder");
    let mut packages = fs::read_dir(&parent).expect("a folder").map(|entry| entry.unwrap().path());
    let package = packages.find(|path| path.extension().is_some_and(|kind| kind == "deb")).expect("a package");
    let unpacked = project.path(&format!("unpacked-{armend:?}"));
    let folder = unpacked.to_str().expect("UTF-8");
    project.run(armend, "dpkg-deb", &["-x", package.to_str().expect("UTF-8"), folder]).succeeds();
    fs::remove_file(package).expect("remove a file");
    ["libfx.a", "libfy.a"].map(|name| {
        let below = fs::read_dir(unpacked.join("usr/lib")).expect("a folder").map(|entry| entry.unwrap().path());
        below.map(|folder| folder.join(name)).find(|file| file.exists()).expect("the archive is in the package")
    })
}

#[test]
fn packaged_archives_link() {
    let project = Project::new("debian");
    let [fx, fy] = packaged(&project, Armend::Copies);
    assert_duplicates(project.link([&fx, &fy]));
    let [fx, fy] = packaged(&project, Armend::Real);
    project.link([&fx, &fy]).succeeds();
    project.assert_runs("program");
}

#[test]
fn a_lost_export_fails_the_package() {
    let project = Project::new("debian");
    fs::write(project.path("debian/libfx.exports"), "fx_add\nfx_gone\n").expect("write a file");
    let mut build = project.command(Armend::Real, tool("dpkg-buildpackage"));
    let run = armend_test_support::Run::of(build.args(["--build=binary", "--no-sign"]));
    assert_ne!(run.code, Some(0), "{run}");
    assert!(format!("{}{}", run.text(), run.stderr).contains("fx_gone"), "{run}");
}
