//! The Rust program that uses the foreign library. It says what it saw on both
//! sides, and fails if the two were not apart.

mod work;

use std::process::ExitCode;

unsafe extern "C" {
    fn fx_prepare();
    fn fx_std_address() -> usize;
    fn fx_report(out: *mut u8, capacity: usize) -> usize;
}

fn main() -> ExitCode {
    // Both hooks are set before anybody panics: with one std between them the
    // second call would replace the first hook, and the counts would tell.
    work::count_panics();
    // SAFETY: takes nothing, returns nothing.
    unsafe { fx_prepare() };

    let mut buffer = vec![0; 1024];
    // SAFETY: the buffer has the capacity that the call names.
    let length = unsafe { fx_report(buffer.as_mut_ptr(), buffer.len()) };
    let foreign = String::from_utf8_lossy(&buffer[..length]).into_owned();
    let host = work::report();
    for (side, report) in [("host", &host), ("foreign", &foreign)] {
        report.lines().for_each(|line| println!("{side:<8} {line}"));
    }

    // SAFETY: takes nothing, returns a number.
    let (ours, theirs) = (work::std_address(), unsafe { fx_std_address() });
    println!("host     std::thread::current is at {ours:#x}");
    println!("foreign  std::thread::current is at {theirs:#x}");
    match host == foreign && ours != theirs {
        true => ExitCode::SUCCESS,
        false => {
            eprintln!("the two sides are not apart");
            ExitCode::FAILURE
        }
    }
}
