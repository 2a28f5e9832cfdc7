//! Many tiny members: one real object, with other names in each copy.
//!
//! A compiler takes a quarter of an hour for as many files. The names in the object have the length of those that they
//! are replaced with, so each copy is what the compiler would have made of it.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{cached, content_hash, run_ok, tool};

use super::ar::{MAGIC, write_member};
use super::copies::replaced;

const MEMBERS: usize = 200_000;
/// A function that calls the next member's.
const SOURCE: &str = "int callee_000000(int);\nint symbol_000000(int x) { return callee_000000(x + 1); }\n";
const ARGUMENTS: &[&str] = &["-c", "-O1", "-fno-ident", "-fno-asynchronous-unwind-tables", "-ffunction-sections"];

/// The archive, from the cache or made: each member defines `symbol_N` and refers to `symbol_N+1`.
pub fn archive() -> PathBuf {
    let compiler = run_ok(Command::new(tool("gcc")).arg("--version"));
    let key = content_hash(&[], &[SOURCE, &ARGUMENTS.join(" "), &compiler, &MEMBERS.to_string()]);
    cached(&format!("bench/tiny-{key}"), make).join("tiny.a")
}

fn make(draft: &Path) {
    let [source, object, archive] = ["tiny.c", "tiny.o", "tiny.a"].map(|name| draft.join(name));
    fs::write(&source, SOURCE).unwrap();
    run_ok(Command::new(tool("gcc")).args(ARGUMENTS).arg("-o").arg(&object).arg(&source));
    let object = fs::read(&object).unwrap();
    let mut out = BufWriter::new(File::create(&archive).unwrap());
    out.write_all(MAGIC).unwrap();
    for number in 0..MEMBERS {
        let own = format!("symbol_{number:06}");
        let next = format!("symbol_{:06}", (number + 1) % MEMBERS);
        let content = replaced(&object, &[("symbol_000000", &own), ("callee_000000", &next)]);
        write_member(&mut out, &format!("m{number:06}.o/"), &content).unwrap();
    }
    drop(out.into_inner().unwrap());
    run_ok(Command::new(tool("llvm-ar")).arg("s").arg(&archive));
}
