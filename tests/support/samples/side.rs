//! One of the two Rust libraries of a C program: the same source makes both, `first` and `second`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

const NAME: &str = env!("SIDE");

static PANICS_SEEN: AtomicU32 = AtomicU32::new(0);
static DROPPED: AtomicU32 = AtomicU32::new(0);

struct Counted(u32);

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(self.0, Ordering::SeqCst);
    }
}

thread_local!(static OWN: RefCell<Counted> = RefCell::new(Counted(0)));

/// Sets the panic hook: std has one, and each library has its own std.
#[cfg_attr(first, export_name = "first_prepare")]
#[cfg_attr(second, export_name = "second_prepare")]
pub extern "C" fn prepare() {
    panic::set_hook(Box::new(|_| {
        PANICS_SEEN.fetch_add(1, Ordering::SeqCst);
    }));
}

#[cfg_attr(first, export_name = "first_run")]
#[cfg_attr(second, export_name = "second_run")]
pub extern "C" fn run() {
    let sums = Arc::new(Mutex::new(BTreeMap::new()));
    let threads = (1..=4).map(|number| {
        let sums = Arc::clone(&sums);
        thread::spawn(move || {
            OWN.with(|own| own.borrow_mut().0 += number);
            sums.lock().unwrap().insert(number, (1..=number * 1000).map(u64::from).sum::<u64>());
        })
    });
    threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
    println!("{}: threads {:?}, dropped {}", NAME, sums.lock().unwrap(), DROPPED.load(Ordering::SeqCst));

    println!("{}: format {:>9.3} {:#x} {:e} {:?}", NAME, 3.14159, 255u128 << 90, 1.5e300, Some(("a", [1u8, 2])));
    println!("{}: parse {:?} {:?}", NAME, "2.5e-3".parse::<f64>(), "x".parse::<i32>().map_err(|error| error.to_string()));

    let caught = panic::catch_unwind(|| panic!("unwell after {} words", std::env::args().count())).unwrap_err();
    let inner = panic::catch_unwind(|| thread::spawn(|| [1, 2, 3][NAME.len()]).join().is_err()).unwrap();
    println!("{}: caught {:?}, a thread's too: {}", NAME, caught.downcast_ref::<String>().unwrap(), inner);
    println!("{}: panics its hook saw: {}", NAME, PANICS_SEEN.load(Ordering::SeqCst));
    println!("{}: arguments {:?}", NAME, std::env::args().skip(1).collect::<Vec<_>>());
}
