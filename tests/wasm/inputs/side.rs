//! One side of a module of two: a library with std in it, whose panic hook reports to the host.
use std::collections::HashMap;

extern "C" {
    /// Tells the host which side's hook ran.
    fn host_note(side: u32);
}

#[cfg(first)]
const SIDE: u32 = 1;
#[cfg(second)]
const SIDE: u32 = 2;

/// Counts in a map, so that allocation and formatting take part.
fn count(words: &str) -> u32 {
    let mut counts = HashMap::new();
    words.split(' ').for_each(|word| *counts.entry(word.to_owned()).or_insert(0) += SIDE);
    format!("{:?}", counts["a"]).parse().unwrap()
}

#[cfg(first)]
mod exports {
    use super::*;
    #[no_mangle]
    pub extern "C" fn first_count() -> u32 {
        count("a b a")
    }
    #[no_mangle]
    pub extern "C" fn first_hook() {
        std::panic::set_hook(Box::new(|_| unsafe { host_note(SIDE) }));
    }
}
#[cfg(second)]
mod exports {
    use super::*;
    #[no_mangle]
    pub extern "C" fn second_count() -> u32 {
        count("a b a a")
    }
    #[no_mangle]
    pub extern "C" fn second_hook() {
        std::panic::set_hook(Box::new(|_| unsafe { host_note(SIDE) }));
    }
    #[no_mangle]
    pub extern "C" fn second_panic() {
        panic!("trouble");
    }
}
