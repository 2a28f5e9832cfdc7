//! Dates, owners and modes: `-D`, `-U`, `-t` and none of them, beside the tools that have these options.

use std::fs::FileTimes;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use armend_test_support::{Run, Scratch, tool};

use crate::{BSD, COFF, DARWIN, FLAVOURS, Flavour, GNU, mixed, reader, run, scratch, without_index};

/// An archive whose members have dates, owners and modes.
fn stamped(scratch: &Scratch, flavour: Flavour, modifiers: &str) -> Vec<u8> {
    let files = mixed(scratch);
    for (i, file) in files.iter().enumerate() {
        let date = UNIX_EPOCH + Duration::from_secs(981_158_400 + i as u64);
        let file = std::fs::File::options().append(true).open(file).expect("open a member");
        file.set_times(FileTimes::new().set_modified(date)).expect("set the date");
    }
    flavour.make_with(modifiers, &scratch.path("lib.a"), &files)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

/// The date of the archive's first header, and the archive with zero in its place.
fn without_date(archive: &[u8]) -> (u64, Vec<u8>) {
    let mut plain = archive.to_vec();
    let date = plain.splice(24..36, *b"0           ").collect::<Vec<u8>>();
    (String::from_utf8(date).expect("ASCII").trim_end().parse().expect("a date"), plain)
}

#[test]
fn members_keep_theirs() {
    for &flavour in FLAVOURS {
        let scratch = scratch();
        let before = stamped(&scratch, flavour, "sU");
        scratch.write("lib.a", without_index(&before));
        run(&scratch, &["index", "lib.a"]).succeeds();
        let after = scratch.read("lib.a");
        let (old, new) = (reader::members(&before), reader::members(&after));
        assert_eq!(old.len(), new.len());
        for (old, new) in old.iter().zip(&new) {
            assert_eq!(old.stamp(&before), new.stamp(&after), "{flavour:?}");
        }
        assert!(new.iter().any(|member| member.stamp(&after)[16..28] == *b"981158400   "));
        assert_eq!(without_date(&after).0, 0, "{flavour:?}: the index has a date");
    }
}

#[test]
fn deterministic_as_llvm_ranlib() {
    for flavour in [GNU, BSD, DARWIN] {
        let scratch = scratch();
        let before = stamped(&scratch, flavour, "SU");
        run(&scratch, &["index", "-D", "lib.a"]).succeeds();
        let ours = scratch.read("lib.a");
        scratch.write("lib.a", &before);
        Run::of(Command::new(tool("llvm-ranlib")).arg("-D").arg(scratch.path("lib.a"))).succeeds();
        assert!(ours == scratch.read("lib.a"), "{flavour:?}");
        assert!(reader::members(&ours).iter().all(|member| member.stamp(&ours)[16..].starts_with(b"0 ")));
    }
}

/// With an index that needs nothing too; and then as `llvm-ar D`, which numbers Darwin's members of one name.
#[test]
fn deterministic_with_a_current_index() {
    for flavour in [GNU, BSD, DARWIN, COFF] {
        let scratch = scratch();
        stamped(&scratch, flavour, "sU");
        run(&scratch, &["index", "--check", "lib.a"]).exits(0);
        run(&scratch, &["index", "-D", "--check", "lib.a"]).exits(1);
        run(&scratch, &["index", "-UD", "lib.a"]).succeeds();
        let ours = without_date(&scratch.read("lib.a")).1;
        assert!(ours == stamped(&scratch, flavour, "sD"), "{flavour:?}");
        scratch.write("lib.a", &ours);
        run(&scratch, &["index", "-D", "--check", "lib.a"]).exits(0);
    }
}

#[test]
fn the_present_time_as_llvm_ranlib() {
    for flavour in [GNU, BSD, DARWIN] {
        let scratch = scratch();
        let before = stamped(&scratch, flavour, "SU");
        let start = now();
        run(&scratch, &["index", "-DU", "lib.a"]).succeeds();
        let (date, ours) = without_date(&scratch.read("lib.a"));
        assert!((start..=now()).contains(&date), "{flavour:?}: dated {date}");
        scratch.write("lib.a", &before);
        Run::of(Command::new(tool("llvm-ranlib")).arg("-U").arg(scratch.path("lib.a"))).succeeds();
        assert!(ours == without_date(&scratch.read("lib.a")).1, "{flavour:?}");
    }
}

/// GNU's `ranlib -t` too leaves an archive alone whose kind keeps no time.
#[test]
fn only_the_time() {
    for &flavour in FLAVOURS {
        let scratch = scratch();
        // Stale, and none of `-t`'s business.
        let mut before = stamped(&scratch, flavour, "sU");
        let name = before.windows(6).position(|bytes| bytes == b"sx_run").expect("an exported name");
        before[name] = b'z';
        scratch.write("lib.a", &before);
        let start = now();
        run(&scratch, &["index", "-t", "lib.a"]).succeeds();
        let after = scratch.read("lib.a");
        if flavour.format == "gnu" || flavour == COFF {
            assert!(after == before, "{flavour:?}: changed");
            if flavour == GNU {
                Run::of(Command::new(tool("ranlib")).arg("-t").arg(scratch.path("lib.a"))).succeeds();
                assert!(scratch.read("lib.a") == before, "GNU's does otherwise");
            }
        } else {
            let (date, plain) = without_date(&after);
            assert!((start..=now()).contains(&date), "{flavour:?}: dated {date}");
            assert!(plain == without_date(&before).1, "{flavour:?}: more than the date changed");
        }
        let bare = without_index(&before);
        scratch.write("lib.a", &bare);
        run(&scratch, &["index", "-t", "lib.a"]).refuses(&["lib.a", "no index"]);
        assert!(scratch.read("lib.a") == bare);
    }
}
