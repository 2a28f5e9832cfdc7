//! `kill -9` at random moments: the file is the old one or the complete new one, and a later run is not in the way of
//! what was left.

use std::hash::{BuildHasher, RandomState};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use armend_test_support::{Scratch, std_staticlib};

use crate::scratch;

const KILLS: usize = 50;
const WORDS: &[&str] = &["isolate", "lib.a", "-q", "--keep", "fx_*"];

#[test]
fn at_50_random_moments() {
    let scratch = scratch();
    let archive = std::fs::read(std_staticlib()).expect("read the staticlib");
    scratch.write("lib.a", &archive);
    let start = Instant::now();
    assert!(scratch.command(WORDS).status().expect("start").success());
    let whole_run = start.elapsed();
    let expected = scratch.read("lib.a");
    assert!(expected != archive);
    let mut died = 0;
    for kill in 0..KILLS {
        scratch.write("lib.a", &archive);
        let moment = random_moment(whole_run);
        died += usize::from(killed_after(&scratch, moment));
        let found = scratch.read("lib.a");
        assert!(
            found == archive || found == expected,
            "kill {kill}, after {moment:?}: neither the old file nor the complete new one"
        );
    }
    assert!(died > KILLS / 2, "only {died} of {KILLS} runs were killed in time to prove anything");
    assert!(scratch.command(WORDS).status().expect("start").success(), "a later run is in the way of what was left");
    assert!(scratch.read("lib.a") == expected);
}

/// std's hash keys are random, which saves a dependency.
fn random_moment(limit: Duration) -> Duration {
    let random = RandomState::new().hash_one(());
    limit.mul_f64(random as f64 / u64::MAX as f64)
}

/// Whether the run was still under way.
fn killed_after(scratch: &Scratch, moment: Duration) -> bool {
    let mut child = scratch.command(WORDS).stderr(Stdio::null()).spawn().expect("start");
    sleep(moment);
    child.kill().expect("kill");
    !child.wait().expect("wait").success()
}
