//! CMake, with both generators in common use.

use crate::project::{Armend, Project, assert_duplicates};

fn check(generator: &str, says_current: &str) {
    let project = Project::new("cmake");
    let configure = |armend, folder| {
        project.run(armend, "cmake", &["-G", generator, "-B", folder, "-DCMAKE_BUILD_TYPE=Release"]).succeeds();
    };
    let build = |armend, folder| project.run(armend, "cmake", &["--build", folder]);
    configure(Armend::Copies, "before");
    assert_duplicates(build(Armend::Copies, "before"));

    configure(Armend::Real, "build");
    build(Armend::Real, "build").succeeds();
    project.assert_runs("build/program");

    let fx = project.date("build/libfx.a");
    let again = build(Armend::Real, "build").succeeds();
    assert!(again.text().contains(says_current), "{again}");
    assert_eq!(project.date("build/libfx.a"), fx);

    let linked = project.date("build/program");
    project.touch("vendor/libfx.a");
    build(Armend::Real, "build").succeeds();
    assert!(project.date("build/libfx.a") > fx);
    assert!(project.date("build/program") > linked, "it was not linked again");
    project.assert_runs("build/program");
}

#[test]
fn by_ninja() {
    armend_test_support::tool("ninja");
    check("Ninja", "ninja: no work to do.");
}

#[test]
fn by_makefiles() {
    check("Unix Makefiles", "Built target program");
}
