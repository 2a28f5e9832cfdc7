//! What a JavaScript engine's embedder would call.

#[unsafe(no_mangle)]
pub extern "C" fn js_add(a: i32, b: i32) -> i32 {
    a + b
}

#[unsafe(no_mangle)]
pub extern "C" fn js_format(value: i32) -> usize {
    format!("{value:?}").len()
}
