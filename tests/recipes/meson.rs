//! Meson and ninja.

use crate::project::{Armend, Project, assert_duplicates};

#[test]
fn the_program_links_runs_and_is_made_once() {
    let project = Project::new("meson");
    let setup = |armend, folder| drop(project.run(armend, "meson", &["setup", folder]).succeeds());
    let ninja = |armend, folder| project.run(armend, "ninja", &["-C", folder]);
    setup(Armend::Copies, "before");
    assert_duplicates(ninja(Armend::Copies, "before"));

    setup(Armend::Real, "build");
    ninja(Armend::Real, "build").succeeds();
    project.assert_runs("build/program");

    let again = ninja(Armend::Real, "build").succeeds();
    assert!(again.text().contains("ninja: no work to do."), "{again}");
    let linked = project.date("build/program");
    project.touch("vendor/libfy.a");
    ninja(Armend::Real, "build").succeeds();
    assert!(project.date("build/program") > linked, "it was not linked again");
    project.assert_runs("build/program");
}
