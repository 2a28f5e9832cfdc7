//! What does not depend on how busy a machine is: system calls, allocations, instructions, the memory that a command
//! cannot do without, and the space that its output takes.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use armend_test_support::{callgrind, run_ok, tool};

use crate::inputs::Place;
use crate::job::Job;
use crate::measure::{Sample, time, watch};

/// The library that counts allocations, compiled for a stage, and where it puts the number.
pub struct Allocations {
    library: PathBuf,
    count: PathBuf,
}

impl Allocations {
    pub fn compile(place: &Place) -> Result<Self> {
        let source = place.path("allocations.c");
        fs::write(&source, include_str!("allocations.c"))?;
        let library = place.path("allocations.so");
        run_ok(Command::new(tool("gcc")).args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(source));
        Ok(Self { library, count: place.path("allocations") })
    }

    /// Runs the job with the library loaded: how often it allocates, and its peak of anonymous memory in KiB.
    pub fn count(&self, job: &Job) -> Result<(Sample, u64, u64)> {
        let mut command = job.prepare(&[])?;
        command.env("LD_PRELOAD", &self.library).env("ALLOCATIONS", &self.count);
        let (sample, anonymous) = watch(command)?;
        let count = fs::read_to_string(&self.count).context("the program reported no allocations")?;
        fs::remove_file(&self.count)?;
        Ok((sample, count.trim().parse()?, anonymous))
    }
}

/// How many system calls all threads of the job make, as strace counts them.
pub fn system_calls(job: &Job, place: &Place) -> Result<u64> {
    let report = place.path("strace.out");
    time(job.prepare(&wrapper("strace", &["-f", "-qq", "-c", "-U", "calls", "-o"], report.clone().into()))?)?;
    let report = fs::read_to_string(report)?;
    let total = report.lines().last().and_then(|line| line.trim().strip_suffix("total"));
    Ok(total.context("strace's total")?.trim().parse()?)
}

/// How many instructions the job takes, as callgrind counts them.
pub fn instructions(job: &Job, place: &Place) -> Result<u64> {
    let report = place.path("callgrind.out");
    let valgrind = callgrind(&report);
    let words = [valgrind.get_program()].into_iter().chain(valgrind.get_args()).map(ToOwned::to_owned);
    time(job.prepare(&words.collect::<Vec<_>>())?)?;
    Ok(armend_test_support::instructions(&report))
}

/// The smallest `prlimit --data` with which the job succeeds, in KiB, within a thirty-second part. The kernel counts
/// every private page that can be written, touched or not: rarely less than `anonymous`, where the search begins.
///
/// A thread that runs out of memory before it has begun can leave Rust's runtime waiting for itself: what takes ten times
/// as long as the run before, `usual`, has failed.
pub fn smallest_data_limit(job: &Job, anonymous: u64, usual: &Sample) -> Result<u64> {
    let patience = (10.0 * usual.wall.as_secs_f64()).max(5.0).to_string();
    let mut limited = wrapper("timeout", &["--signal=KILL"], patience.into());
    limited.push(tool("prlimit").into());
    let passes = |kib: u64| -> Result<bool> {
        let limit = format!("--data={}", kib << 10);
        let mut command = job.prepare(&[limited.as_slice(), &[limit.into()]].concat())?;
        Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?.success())
    };
    let (mut fails, mut enough) = (0, anonymous.max(1 << 10));
    while !passes(enough)? {
        fails = enough;
        enough += enough / 4;
    }
    fails = fails.max(enough / 2);
    while enough - fails > enough / 32 {
        let middle = fails + (enough - fails) / 2;
        match passes(middle)? {
            true => enough = middle,
            false => fails = middle,
        }
    }
    Ok(enough)
}

/// How much less a file system has free after the job, in bytes: what the output shares with the input takes none.
pub fn disk(job: &Job) -> Result<u64> {
    job.clear()?;
    let before = free(job.folder())?;
    run_ok(&mut job.prepare(&[])?);
    Ok(before.saturating_sub(free(job.folder())?))
}

/// What a file system has free once that no longer changes: what is removed is given back some time later.
fn free(folder: &Path) -> Result<u64> {
    let mut found = None;
    loop {
        run_ok(Command::new("sync").arg("--file-system").arg(folder));
        let said = run_ok(Command::new("df").args(["--block-size=1", "--output=avail"]).arg(folder));
        let free = said.lines().nth(1).context("df says nothing")?.trim().parse()?;
        if found.replace(free) == Some(free) {
            return Ok(free);
        }
        thread::sleep(Duration::from_millis(200));
    }
}

fn wrapper(program: &str, arguments: &[&str], last: OsString) -> Vec<OsString> {
    let program = OsString::from(tool(program));
    [program].into_iter().chain(arguments.iter().map(OsString::from)).chain([last]).collect()
}
