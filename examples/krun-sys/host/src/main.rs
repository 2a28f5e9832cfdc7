//! A program with a device of its own, beside libkrun's.

use devices::Device;

inventory::submit! { Device { name: "gpu" } }

fn main() {
    // SAFETY: take and give numbers.
    let (theirs, slots) = unsafe { (krun_sys::krun_device_count(), krun_sys::krun_queue_slots(100)) };
    println!("host     devices {:?}", devices::devices());
    println!("libkrun  devices {theirs}, queue slots {slots}");
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_host_has_its_own_devices() {
        assert_eq!(devices::devices(), ["gpu"]);
    }

    #[test]
    fn libkrun_has_its_own_devices() {
        // SAFETY: gives a number. Its console, and by the feature its net.
        assert_eq!(unsafe { krun_sys::krun_device_count() }, 2);
    }

    #[test]
    fn libkrun_calls_its_c() {
        // SAFETY: takes and gives a number.
        assert_eq!(unsafe { krun_sys::krun_queue_slots(100) }, 128);
    }

    #[test]
    fn each_catches_its_own_panics() {
        // SAFETY: takes and gives a number.
        assert_eq!(unsafe { [krun_sys::krun_start(0), krun_sys::krun_start(1)] }, [-22, 0]);
        assert!(std::panic::catch_unwind(|| panic!("the host's")).is_err());
    }
}
