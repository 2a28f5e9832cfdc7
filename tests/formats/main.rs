//! Real programs of the other formats: Windows' (COFF, of mingw and of MSVC) and Apple's (Mach-O).
//!
//! As in `tests/link`, every test asserts both: what goes wrong before, and that it works after, with the same command.

mod agreement;
mod armend;
mod darwin;
mod mingw;
mod msvc;
mod verbs;
