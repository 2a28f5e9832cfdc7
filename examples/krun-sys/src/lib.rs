//! libkrun's C interface.

use std::os::raw::c_int;

extern "C" {
    pub fn krun_device_count() -> u32;
    pub fn krun_queue_slots(wanted: u32) -> u32;
    pub fn krun_start(processors: u32) -> c_int;
}
