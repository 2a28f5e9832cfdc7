//! `armend::build_script` in real builds: examples/krun-sys as it is, changed, and as it was before, by Cargo as people
//! call it.

mod before;
mod changes;
mod cross;
mod errors;
mod example;
mod nested;
mod prebuilt;
mod workshop;
