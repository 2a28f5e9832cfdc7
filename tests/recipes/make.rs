//! GNU make: one pattern rule, dates that tell what is current, and nothing half made.

use armend_test_support::Run;

use crate::project::{Armend, Project, assert_duplicates};

fn make(project: &Project, armend: Armend, arguments: &[&str]) -> Run {
    project.run(armend, "make", arguments)
}

#[test]
fn the_program_links_and_runs() {
    let project = Project::new("make");
    assert_duplicates(make(&project, Armend::Copies, &[]));
    make(&project, Armend::Copies, &["clean"]).succeeds();
    make(&project, Armend::Real, &[]).succeeds();
    project.assert_runs("build/program");
}

#[test]
fn what_is_current_is_left_alone_and_what_is_not_is_made() {
    let project = Project::new("make");
    make(&project, Armend::Real, &[]).succeeds();
    let again = make(&project, Armend::Real, &[]).succeeds();
    assert!(again.text().contains("'build/program' is up to date"), "{again}");

    let [fx, fy] = ["build/libfx.a", "build/libfy.a"].map(|archive| project.date(archive));
    project.touch("vendor/libfx.a");
    let again = make(&project, Armend::Real, &[]).succeeds();
    assert_eq!(again.text().matches("armend isolate").count(), 1, "{again}");
    assert!(project.date("build/libfx.a") > fx);
    assert_eq!(project.date("build/libfy.a"), fy);
    project.assert_runs("build/program");
    make(&project, Armend::Real, &["-q"]).succeeds();
}

/// The rule needs no `.DELETE_ON_ERROR`: what fails leaves no file that the next run would take for made.
#[test]
fn a_failure_leaves_nothing_behind() {
    let project = Project::new("make");
    std::fs::write(project.path("vendor/libfx.a"), "no archive").expect("write a file");
    let run = make(&project, Armend::Real, &[]);
    assert_eq!(run.code, Some(2), "{run}");
    assert!(run.stderr.contains("error: vendor/libfx.a: "), "{run}");
    let made = std::fs::read_dir(project.path("build")).expect("a folder").map(|entry| entry.unwrap().file_name());
    assert!(made.into_iter().all(|name| !name.to_string_lossy().contains("libfx")));
}

/// What `recipes/README.md` says of archives that are amended in place.
#[test]
fn in_place_a_second_run_changes_no_date() {
    let project = Project::new("make");
    let isolate = || {
        let mut command = project.command(Armend::Real, "armend");
        Run::of(command.args(["isolate", "--quiet", "vendor/libfx.a", "--keep", "fx_*"])).succeeds();
        project.date("vendor/libfx.a")
    };
    let original = project.date("vendor/libfx.a");
    let isolated = isolate();
    assert!(isolated > original);
    assert_eq!(isolate(), isolated);
}
