//! One child process at a time: wall time, processor time and memory.
//!
//! The kernel counts the parent's size into a child's peak until the child has become
//! another program, so this process must stay small: nothing large is read in it.

use std::fs;
use std::io::Read;
use std::mem::MaybeUninit;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// What one run cost.
#[derive(Clone, Copy)]
pub struct Sample {
    pub wall: Duration,
    /// In user and kernel mode together.
    pub cpu: Duration,
    /// Peak resident memory in KiB, pages of mapped files included.
    pub resident: u64,
}

/// A command, and what its runs cost.
pub struct Series {
    pub name: &'static str,
    /// The row that does the same work with another tool.
    pub peer: Option<usize>,
    command: Command,
    pub samples: Vec<Sample>,
    /// Peak anonymous memory in KiB, as sampled in the first run.
    pub anonymous: u64,
    pub output_bytes: u64,
}

impl Series {
    pub fn new(name: &'static str, peer: Option<usize>, mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        Self { name, peer, command, samples: Vec::new(), anonymous: 0, output_bytes: 0 }
    }

    /// Runs the command once. The warm-up is the run in which memory is sampled, since
    /// sampling takes time from the command.
    pub fn run(&mut self, warm_up: bool, out: &Path) -> Result<()> {
        let started = Instant::now();
        let child = self.command.spawn().with_context(|| format!("{:?}", self.command))?;
        if warm_up {
            let (anonymous, finished) = sample_while(child)?;
            self.anonymous = anonymous;
            self.check(finished)?;
        } else {
            let finished = wait(child)?;
            let wall = started.elapsed();
            let (cpu, resident) = (finished.cpu, finished.resident);
            self.check(finished)?;
            self.samples.push(Sample { wall, cpu, resident });
        }
        self.output_bytes = fs::metadata(out)?.len();
        Ok(())
    }

    fn check(&self, finished: Finished) -> Result<()> {
        if !finished.status.success() {
            bail!("{:?}: {}\n{}", self.command, finished.status, finished.stderr);
        }
        Ok(())
    }
}

struct Finished {
    status: ExitStatus,
    stderr: String,
    cpu: Duration,
    resident: u64,
}

/// Waits for the child, and asks the kernel what it used.
#[expect(unsafe_code, reason = "the standard library waits without asking for the resource usage")]
fn wait(mut child: Child) -> Result<Finished> {
    let mut stderr = String::new();
    let pipe = child.stderr.take().context("stderr is piped")?;
    // Ends when the child closes it; a child that says a lot is not held up.
    pipe.take(1 << 16).read_to_string(&mut stderr)?;
    let pid = libc::pid_t::try_from(child.id())?;
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: `pid` is a child that nobody else waits for, the pointers are to locals,
    // and an all-zero rusage is a valid one.
    let (waited, usage) = unsafe {
        let waited = libc::wait4(pid, &mut status, 0, usage.as_mut_ptr());
        (waited, usage.assume_init())
    };
    if waited != pid {
        return Err(std::io::Error::last_os_error()).context("wait4");
    }
    let cpu = duration(usage.ru_utime)? + duration(usage.ru_stime)?;
    let resident = u64::try_from(usage.ru_maxrss)?;
    Ok(Finished { status: ExitStatus::from_raw(status), stderr, cpu, resident })
}

fn duration(time: libc::timeval) -> Result<Duration> {
    let micros = u64::try_from(time.tv_usec)?;
    Ok(Duration::from_secs(u64::try_from(time.tv_sec)?) + Duration::from_micros(micros))
}

/// Waits for the child, and looks at its anonymous memory every millisecond meanwhile.
fn sample_while(child: Child) -> Result<(u64, Finished)> {
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
        let finished = wait(child);
        done.store(true, Ordering::Relaxed);
        let peak = sampler.join().expect("the sampler does not panic");
        Ok((peak, finished?))
    })
}

/// `RssAnon` in KiB; none once the process is gone.
fn anonymous(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.split_whitespace().next()?.parse().ok()
}
