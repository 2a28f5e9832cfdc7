//! What each side does with its own std: panics, threads, thread-locals, formatting,
//! arguments. The host and the foreign library both compile this very file.

use std::cell::Cell;
use std::collections::HashMap;
use std::panic;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

static PANICS_SEEN: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static LOCAL: Cell<u32> = const { Cell::new(0) };
}

/// Replaces the panic hook of this side's std by a silent one that counts.
pub fn count_panics() {
    panic::set_hook(Box::new(|_| {
        PANICS_SEEN.fetch_add(1, Ordering::SeqCst);
    }));
}

/// The address of some function of this side's std.
pub fn std_address() -> usize {
    thread::current as fn() -> thread::Thread as usize
}

/// Does the work, and says in a line each what came of it.
pub fn report() -> String {
    [panic_and_catch(), threads(), formatting()].join("\n")
}

fn panic_and_catch() -> String {
    let words = std::env::args().len();
    let caught = panic::catch_unwind(|| panic!("unwell after {words} words"));
    let payload = caught.expect_err("it panics");
    let message = payload.downcast_ref::<String>().expect("a formatted message");
    let seen = PANICS_SEEN.load(Ordering::SeqCst);
    format!("caught its panic {message:?}; panics its hook saw: {seen}")
}

fn threads() -> String {
    let workers = (1..=4).map(|worker| {
        thread::spawn(move || {
            LOCAL.set(LOCAL.get() + worker);
            LOCAL.get()
        })
    });
    let sum: u32 = workers
        .collect::<Vec<_>>()
        .into_iter()
        .map(|worker| worker.join().expect("no worker panics"))
        .sum();
    format!("4 threads, each its thread-local: sum {sum}; this thread's: {}", LOCAL.get())
}

fn formatting() -> String {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let map = HashMap::from([("pi", format!("{:.5}", std::f64::consts::PI))]);
    format!("formatted {map:?}; arguments it sees: {arguments:?}")
}
