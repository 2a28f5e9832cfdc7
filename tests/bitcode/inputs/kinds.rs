//! Exports that are there when rustc leaves the compiling to the linker.
#![crate_type = "staticlib"]

#[unsafe(no_mangle)]
pub extern "C" fn js_add(a: i32, b: i32) -> i32 {
    a + b
}

#[unsafe(no_mangle)]
pub static JS_VERSION: i32 = 3;

#[unsafe(no_mangle)]
pub extern "C" fn js_format(value: i32) -> usize {
    format!("{value:?}").len()
}

core::arch::global_asm!(".globl js_assembly", "js_assembly:", "ret");
