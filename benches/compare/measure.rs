//! One run of a child process: its time, and what the kernel counted.

use std::fs;
use std::io::Read;
use std::mem::MaybeUninit;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// What one run cost.
pub struct Sample {
    pub wall: Duration,
    /// In user and kernel mode together.
    pub cpu: Duration,
    /// Bytes that system calls read and wrote, the kernel's own copies from file to file included.
    pub read: u64,
    pub written: u64,
}

/// Runs the command, which must succeed.
pub fn time(mut command: Command) -> Result<Sample> {
    let started = Instant::now();
    let child = start(&mut command)?;
    succeeded(&command, finish(child, started)?)
}

/// Runs it, and looks at its anonymous memory (heap and stacks) every millisecond; the peak in KiB beside what it cost.
pub fn watch(mut command: Command) -> Result<(Sample, u64)> {
    let started = Instant::now();
    let child = start(&mut command)?;
    let status = format!("/proc/{}/status", child.id());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let sampler = scope.spawn(|| {
            let mut peak = 0;
            while !done.load(Ordering::Relaxed) {
                peak = peak.max(anonymous(&status).unwrap_or(0));
                thread::sleep(Duration::from_millis(1));
            }
            peak
        });
        let finished = finish(child, started);
        done.store(true, Ordering::Relaxed);
        let peak = sampler.join().expect("the sampler does not panic");
        Ok((succeeded(&command, finished?)?, peak))
    })
}

/// `RssAnon` in KiB; none once the process is gone.
fn anonymous(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.split_whitespace().next()?.parse().ok()
}

struct Finished {
    sample: Sample,
    status: ExitStatus,
    stderr: String,
}

fn succeeded(command: &Command, finished: Finished) -> Result<Sample> {
    match finished.status.success() {
        true => Ok(finished.sample),
        false => bail!("{command:?}: {}\n{}", finished.status, finished.stderr),
    }
}

fn start(command: &mut Command) -> Result<Child> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().with_context(|| format!("{command:?}"))
}

/// Waits for the child, and asks the kernel what it used: of its bytes before it is reaped, of its time with that.
#[expect(unsafe_code, reason = "the standard library waits without asking for the resource usage")]
fn finish(mut child: Child, started: Instant) -> Result<Finished> {
    let mut stderr = String::new();
    // Ends when the child closes it.
    child.stderr.take().context("stderr is piped")?.read_to_string(&mut stderr)?;
    let pid = libc::pid_t::try_from(child.id())?;
    // SAFETY: the child is nobody else's to wait for, and stays a zombie here; an all-zero siginfo is a valid one.
    let waited = unsafe {
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        libc::waitid(libc::P_PID, child.id(), info.as_mut_ptr(), libc::WEXITED | libc::WNOWAIT)
    };
    let wall = started.elapsed();
    if waited != 0 {
        return Err(std::io::Error::last_os_error()).context("waitid");
    }
    let counted = fs::read_to_string(format!("/proc/{pid}/io")).context("what the child read and wrote")?;
    let bytes = |name: &str| {
        let count = counted.lines().find_map(|line| line.strip_prefix(name));
        Ok::<u64, anyhow::Error>(count.with_context(|| format!("/proc has no {name}"))?.trim().parse()?)
    };
    let (mut status, mut usage) = (0, MaybeUninit::<libc::rusage>::zeroed());
    // SAFETY: as before; the pointers are to locals, and an all-zero rusage is a valid one.
    let (waited, usage) = unsafe {
        let waited = libc::wait4(pid, &mut status, 0, usage.as_mut_ptr());
        (waited, usage.assume_init())
    };
    if waited != pid {
        return Err(std::io::Error::last_os_error()).context("wait4");
    }
    let cpu = duration(usage.ru_utime)? + duration(usage.ru_stime)?;
    let sample = Sample { wall, cpu, read: bytes("rchar:")?, written: bytes("wchar:")? };
    Ok(Finished { sample, status: ExitStatus::from_raw(status), stderr })
}

fn duration(time: libc::timeval) -> Result<Duration> {
    let micros = u64::try_from(time.tv_usec)?;
    Ok(Duration::from_secs(u64::try_from(time.tv_sec)?) + Duration::from_micros(micros))
}
