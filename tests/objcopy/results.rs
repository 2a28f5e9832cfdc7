//! Where results go, and what they keep of the input: bytes, modes, dates.

use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::{Duration, SystemTime};

use armend_test_support::Run;
use serde_json::Value;

use crate::{Symbols, objcopy, with_object};

#[test]
fn without_flags_the_bytes_are_the_same() {
    let scratch = with_object();
    for (input, output) in [("in.o", "out.o"), ("in.a", "out.a")] {
        objcopy(&scratch, &[input, output]).succeeds();
        assert!(scratch.read(input) == scratch.read(output), "{input}");
    }
}

#[test]
fn in_place_only_what_changes_is_written() {
    let scratch = with_object();
    let inode = |name: &str| fs::metadata(scratch.path(name)).expect("metadata").ino();
    let before = inode("in.o");
    objcopy(&scratch, &["--weaken-symbol=nothing", "in.o"]).succeeds();
    assert_eq!(inode("in.o"), before);
    objcopy(&scratch, &["--weaken", "in.o", "in.o"]).succeeds();
    assert_eq!(Symbols::of(&scratch.read("in.o")).binding("start"), "weak");
}

#[test]
fn standard_streams() {
    let scratch = with_object();
    let object = scratch.read("in.o");
    objcopy(&scratch, &["--weaken", "in.o", "expected.o"]).succeeds();
    for arguments in [&["objcopy", "--weaken", "-", "-"][..], &["objcopy", "--weaken", "-"]] {
        let run = Run::with_input(&mut scratch.command(arguments), &object).succeeds();
        assert!(run.stdout == scratch.read("expected.o"), "{arguments:?}");
    }
    Run::with_input(&mut scratch.command(&["objcopy", "--weaken", "-", "out.o"]), &object).succeeds();
    assert!(scratch.read("out.o") == scratch.read("expected.o"));
    let run = objcopy(&scratch, &["--weaken", "in.o", "-"]).succeeds();
    assert!(run.stdout == scratch.read("expected.o"));
}

#[test]
fn a_device_takes_the_result() {
    let scratch = with_object();
    let mode = || fs::metadata("/dev/null").expect("metadata").mode();
    let before = mode();
    objcopy(&scratch, &["--weaken", "in.o", "/dev/null"]).succeeds();
    assert_eq!(mode(), before);
}

#[test]
fn the_output_has_the_input_s_mode() {
    let scratch = with_object();
    for (mode, expected) in [(0o755, 0o755), (0o640, 0o640), (0o6711, 0o711)] {
        fs::set_permissions(scratch.path("in.o"), Permissions::from_mode(mode)).expect("set the mode");
        for output in ["new.o", "old.o"] {
            scratch.write("old.o", "something else");
            objcopy(&scratch, &["in.o", output]).succeeds();
            let new = fs::metadata(scratch.path(output)).expect("metadata").mode() & 0o7777;
            assert_eq!(new, expected, "{output}: {new:o}");
        }
        fs::remove_file(scratch.path("new.o")).expect("remove");
    }
}

#[test]
fn dates_are_kept_where_asked_for() {
    let scratch = with_object();
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let times = FileTimes::new().set_accessed(then).set_modified(then);
    let stamp =
        |name: &str| File::options().write(true).open(scratch.path(name)).and_then(|file| file.set_times(times));
    let modified = |name: &str| fs::metadata(scratch.path(name)).expect("metadata").modified().expect("a date");
    for (input, output) in [("in.o", "out.o"), ("in.a", "out.a"), ("in.o", "in.o")] {
        stamp(input).expect("set the dates");
        objcopy(&scratch, &["-p", "--weaken", input, output]).succeeds();
        assert_eq!(modified(output), then, "{output}");
    }
    objcopy(&scratch, &["--globalize-symbol=yielding", "in.a", "out.a"]).succeeds();
    assert!(modified("out.a") > then);
}

#[test]
fn options_before_the_verb_and_the_report() {
    let scratch = with_object();
    let command = |arguments: &[&str]| Run::of(&mut scratch.command(arguments)).succeeds();
    let json = command(&["--format", "json", "-j", "1", "objcopy", "-w", "--weaken-symbol=s*", "in.a", "out.a"]);
    let report: Value = serde_json::from_str(json.text()).expect("a JSON document");
    assert_eq!((&report["schema"], &report["verb"]), (&1.into(), &"objcopy".into()));
    assert_eq!((&report["objects"], &report["objects_changed"]), (&1.into(), &1.into()));
    assert_eq!((&report["symbols_changed"], &report["changed"]), (&3.into(), &true.into()));
    let text = command(&["objcopy", "-v", "-g", "in.o", "out.o"]);
    assert!(text.text().starts_with("in.o: 1 of 1 objects changed: 0 symbols changed, "), "{text}");
    assert!(command(&["objcopy", "-g", "in.o", "out.o"]).text().is_empty());
}

#[test]
fn flags_from_a_file() {
    let scratch = with_object();
    scratch.write("flags", "--weaken-symbol 'start'\n-W helper");
    objcopy(&scratch, &["@flags", "in.o", "out.o"]).succeeds();
    let symbols = Symbols::of(&scratch.read("out.o"));
    assert_eq!((symbols.binding("start"), symbols.binding("helper")), ("weak", "weak"));
}
