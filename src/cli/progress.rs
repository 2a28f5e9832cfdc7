//! A bar on a terminal while work goes on that takes longer than half a second: a few lines, as one bar is all there is.

use std::io::{IsTerminal, Write, stderr};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long work may take without a word.
const PATIENCE: Duration = Duration::from_millis(500);
const INTERVAL: Duration = Duration::from_millis(100);
/// The bar's width in columns.
const WIDTH: u64 = 30;

/// What is on the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Hidden,
    Shown,
    /// Something else was printed: there is no bar any more.
    Over,
}

static STATE: Mutex<State> = Mutex::new(State::Hidden);

/// Does `work`, and shows a bar meanwhile if one is wanted and standard error is a terminal that can.
pub fn around<R>(wanted: bool, work: impl FnOnce() -> R) -> R {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if !wanted || dumb || !stderr().is_terminal() {
        return work();
    }
    let (working, over) = channel();
    thread::scope(|scope| {
        scope.spawn(move || show_until(&over));
        let result = work();
        drop(working);
        result
    })
}

/// Takes the bar away for good, before anything else is printed.
pub fn hide() {
    let mut state = state();
    if *state == State::Shown {
        // Where standard error cannot be written to, nobody sees a bar.
        _ = write!(stderr(), "\r\x1b[K");
    }
    *state = State::Over;
}

fn show_until(over: &Receiver<()>) {
    let began = Instant::now();
    let mut wait = PATIENCE;
    while over.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
        wait = INTERVAL;
        let mut state = state();
        if *state == State::Over {
            return;
        }
        _ = write!(stderr(), "\r{}\x1b[K", line(armend::progress::so_far(), began.elapsed()));
        *state = State::Shown;
    }
    hide();
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is shown: how much is written, once that begins.
fn line((written, expected): (u64, u64), elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    let Some(percent) = (u128::from(written) * 100).checked_div(expected.into()) else {
        return format!("reading, {seconds:.1} s");
    };
    let percent = u64::try_from(percent).unwrap_or(100).min(100);
    let (full, empty) = (percent * WIDTH / 100, WIDTH - percent * WIDTH / 100);
    format!("[{}{}] {percent:>3} %, {seconds:.1} s", "#".repeat(full as usize), " ".repeat(empty as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills() {
        let at = |written, expected| line((written, expected), Duration::from_millis(1250));
        assert_eq!(at(0, 0), "reading, 1.2 s");
        assert_eq!(at(0, 7), format!("[{}]   0 %, 1.2 s", " ".repeat(30)));
        assert_eq!(at(u64::MAX / 2 + 1, u64::MAX), format!("[{}{}]  50 %, 1.2 s", "#".repeat(15), " ".repeat(15)));
        assert_eq!(at(9, 7), format!("[{}] 100 %, 1.2 s", "#".repeat(30)));
    }
}
