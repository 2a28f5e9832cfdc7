//! Compiles the C part.

fn main() {
    println!("cargo::rerun-if-changed=c/queue.c");
    cc::Build::new().file("c/queue.c").compile("queue");
}
