//! Exports that are there when rustc leaves the compiling to the linker. For any rustc since 1.63, of edition 2015.
#![crate_type = "staticlib"]

#[no_mangle]
pub extern "C" fn js_add(a: i32, b: i32) -> i32 {
    a + b
}

#[no_mangle]
pub static JS_VERSION: i32 = 3;

#[no_mangle]
pub extern "C" fn js_format(value: i32) -> usize {
    format!("{value:?}").len()
}

std::arch::global_asm!(".globl js_assembly", "js_assembly:", "ret");
