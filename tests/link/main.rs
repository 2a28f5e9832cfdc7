//! Real archives in real programs: what links and runs before and after `armend isolate`.
//!
//! Every test asserts both: that the program fails, or silently shares, before; and that it works
//! after, with the same command. So none passes because the trouble went away by itself.

mod kept;
mod linkonce;
mod modes;
mod program;
mod same_toolchain;
mod shared_object;
mod silent;
mod stripped;
mod sys_crate;
mod two_toolchains;
mod warnings;
