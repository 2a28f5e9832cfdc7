//! What libkrun is here: a C interface, `krun_*`, over Rust and a little C.

use std::os::raw::c_int;
use std::panic;

use devices::Device;

inventory::submit! { Device { name: "console" } }
#[cfg(feature = "blk")]
inventory::submit! { Device { name: "blk" } }
#[cfg(feature = "net")]
inventory::submit! { Device { name: "net" } }

extern "C" {
    fn queue_slots(wanted: u32) -> u32;
}

/// How many devices libkrun sees.
#[no_mangle]
pub extern "C" fn krun_device_count() -> u32 {
    devices::devices().len() as u32
}

/// A queue's length for this many requests: a power of two.
#[no_mangle]
pub extern "C" fn krun_queue_slots(wanted: u32) -> u32 {
    // SAFETY: takes and gives a number.
    unsafe { queue_slots(wanted) }
}

/// Starts a machine, which fails here: 0, or an error's number. No panic leaves the library.
#[no_mangle]
pub extern "C" fn krun_start(processors: u32) -> c_int {
    let started = panic::catch_unwind(|| {
        assert!(processors > 0, "a machine without processors");
    });
    if started.is_ok() { 0 } else { -22 }
}
