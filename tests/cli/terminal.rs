//! What only a terminal gets: a bar while work takes its time, and colours. `script` makes the terminal.

use std::process::Command;

use armend_test_support::{Run, Scratch, tool};

use crate::with_lib;

/// What a terminal shows of a shell's command, in which `armend` is the program.
fn on_terminal(scratch: &Scratch, environment: &[(&str, &str)], command: &str) -> String {
    let mut script = Command::new(tool("script"));
    script.current_dir(scratch.folder()).env("TERM", "xterm").env_remove("NO_COLOR").envs(environment.to_vec());
    script.args(["--quiet", "--return", "--command", &with_program(scratch, command), "/dev/null"]);
    Run::of(&mut script).text().to_owned()
}

fn with_program(scratch: &Scratch, command: &str) -> String {
    format!("armend() {{ {} \"$@\"; }}; {command}", scratch.program())
}

/// Standard input that takes a second to come.
const SLOWLY: &str = "{ head -c 100 lib.a; sleep 1; tail -c +101 lib.a; }";

#[test]
fn a_bar_shows_when_work_takes_its_time() {
    let scratch = with_lib();
    let slow = format!("{SLOWLY} | armend isolate - --keep 'sx_*' -o out.a");
    let shown = on_terminal(&scratch, &[], &slow);
    assert!(shown.contains("\rreading, 0.5 s"), "{shown:?}");
    // It is gone before the report.
    let (_, rest) = shown.rsplit_once("\r\x1b[K").expect("the bar is taken away");
    assert!(rest.starts_with("-: ") && rest.contains("kept"), "{shown:?}");

    let quick = on_terminal(&scratch, &[], "armend isolate lib.a --keep 'sx_*' -o out.a");
    assert!(quick.contains("kept") && !quick.contains('\x1b') && !quick.contains("reading"), "{quick:?}");
    for (environment, unwanted) in [
        (&[][..], slow.replace("isolate", "isolate --progress never")),
        (&[], slow.replace("isolate", "isolate --quiet")),
        (&[("TERM", "dumb")], slow.clone()),
        (&[], format!("{slow} 2>errors; cat errors")),
    ] {
        let shown = on_terminal(&scratch, environment, &unwanted);
        assert!(!shown.contains("reading") && !shown.contains('\x1b'), "{unwanted}: {shown:?}");
    }
    // An error comes on a line of its own.
    let shown = on_terminal(&scratch, &[], &format!("{SLOWLY} | armend isolate - --keep 'absent_*' -o out.a"));
    assert!(shown.contains("reading") && shown.contains("\r\x1b[K\x1b[1;31merror:"), "{shown:?}");
}

#[test]
fn colours_are_a_terminal_s() {
    let scratch = with_lib();
    let error = "armend isolate lib.a --keep 'sx_rum'";
    let usage = "armend isolate lib.a --frobnicate";
    let shown = on_terminal(&scratch, &[], error);
    assert!(shown.contains("\x1b[1;31merror:\x1b[0m") && shown.contains("\x1b[1;36mhelp:\x1b[0m"), "{shown:?}");
    assert!(on_terminal(&scratch, &[], usage).contains("\x1b["));
    for command in [error, usage] {
        for plain in [format!("{command} --color never"), format!("{command} --color=never")] {
            let shown = on_terminal(&scratch, &[], &plain);
            assert!(shown.contains("error:") && !shown.contains('\x1b'), "{plain}: {shown:?}");
        }
        let shown = on_terminal(&scratch, &[("NO_COLOR", "1")], command);
        assert!(shown.contains("error:") && !shown.contains('\x1b'), "{command}: {shown:?}");
        // Not on a terminal: only on demand.
        let piped = |command: &str| {
            let command = with_program(&scratch, command);
            Run::of(Command::new("sh").current_dir(scratch.folder()).args(["-c", &command])).stderr
        };
        assert!(!piped(command).contains('\x1b') && piped(&format!("{command} --color always")).contains("\x1b["));
    }
}
