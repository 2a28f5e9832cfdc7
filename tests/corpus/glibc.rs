//! Static programs on an isolated C library: glibc's `libc.a` and `libm.a`, with what the headers declare kept, and what
//! the compiler's own files ask for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{Linker, Scratch, corpus, run, run_ok, tool};

/// Formats, allocates, starts a thread, goes through tables that `libc.a` bounds by their section's name (streams are
/// flushed at exit by one), and calls what has several implementations.
const PROGRAM: &str = r#"
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static __thread int own;
static void last(void) { fputs("and at exit", stdout); }
static void *work(void *text) {
    own = strlen(text);
    return malloc(own);
}
static int order(const void *a, const void *b) { return *(const char *)a - *(const char *)b; }

int main(int argc, char **argv) {
    atexit(last);
    pthread_t thread;
    void *block = 0;
    pthread_create(&thread, 0, work, "thread");
    pthread_join(thread, &block);
    char letters[] = "hello";
    qsort(letters, strlen(letters), 1, order);
    regex_t regex;
    int matches = regcomp(&regex, "^h.*o$", REG_EXTENDED) == 0 && regexec(&regex, "hello", 0, 0, 0) == 0;
    struct tm day = { .tm_year = 100, .tm_mday = 1 };
    char date[32];
    strftime(date, sizeof date, "%A", &day);
    printf("%s %d %d %s %.4f %.4f %s\n", letters, block != 0, matches, date, pow(argc + 1, 0.5), sin(argc),
           setlocale(LC_ALL, "C"));
    return own; // the first thread's
}
"#;

const PRINTED: &str = "ehllo 1 1 Sunday 1.4142 0.8415 C\nand at exit";

#[test]
fn static_programs_run_on_an_isolated_c_library() {
    let scratch = Scratch::new(env!("CARGO_BIN_EXE_armend"));
    let originals = ["libc.a", "libm-2.36.a"].map(|file| corpus::archive("libc6-dev", file));
    scratch.write("program.c", PROGRAM);
    let compile = ["-c", "-O1", "-fno-builtin", "program.c", "-o", "program.o"];
    run_ok(Command::new(tool("gcc")).current_dir(scratch.folder()).args(compile));
    let wanted: BTreeSet<String> = originals[0].identifiers().into_iter().chain(shared_with_gcc()).collect();
    let defined = names(&originals.each_ref().map(|archive| archive.path.as_path()), &["--defined-only"]);
    let kept: Vec<&str> = defined.intersection(&wanted).map(String::as_str).collect();
    scratch.write("kept", kept.join("\n"));
    let mut armend = scratch.command(&["isolate", "--keep-file", "kept", "-o", "isolated/"]);
    run_ok(armend.args(originals.each_ref().map(|archive| &archive.path)));
    let isolated = ["libc.a", "libm-2.36.a"].map(|file| scratch.path(&format!("isolated/{file}")));
    for linker in Linker::ALL {
        let before = link(&scratch, linker, &originals.each_ref().map(|archive| archive.path.clone()));
        let after = link(&scratch, linker, &isolated);
        let private = |listed: &str| listed.contains(".armend");
        assert!(!private(&before) && private(&after), "{}: not the isolated library", linker.name());
    }
}

/// Links the program on the given C library and runs it; gives the program's symbols.
fn link(scratch: &Scratch, linker: Linker, [libc, libm]: &[PathBuf; 2]) -> String {
    let mut gcc = Command::new(tool("gcc"));
    gcc.current_dir(scratch.folder()).args(["-static", "-nodefaultlibs", "-o", "program", "program.o"]).arg(libm);
    gcc.args(["-Wl,--start-group", "-lgcc", "-lgcc_eh"]).arg(libc).arg("-Wl,--end-group");
    run_ok(gcc.args(linker.arguments()));
    let ran = run(Command::new(scratch.path("program")).env_clear());
    assert_eq!((ran.stdout.as_str(), ran.status.code()), (PRINTED, Some(0)), "{}: {}", linker.name(), ran.describe());
    run_ok(Command::new(tool("nm")).arg(scratch.path("program")))
}

/// What the start files and the compiler's own library refer to, or define before the C library does
/// (`_dl_relocate_static_pie`).
fn shared_with_gcc() -> BTreeSet<String> {
    let files = ["crt1.o", "crti.o", "crtn.o", "crtbeginT.o", "crtend.o", "libgcc.a", "libgcc_eh.a"].map(|file| {
        let path = run_ok(Command::new(tool("gcc")).arg(format!("-print-file-name={file}")));
        let path = fs::canonicalize(path.trim());
        path.unwrap_or_else(|error| panic!("{file} is missing, install gcc and libc6-dev: {error}"))
    });
    names(&files.each_ref().map(PathBuf::as_path), &[])
}

fn names(files: &[&Path], which: &[&str]) -> BTreeSet<String> {
    let listed =
        run_ok(Command::new(tool("llvm-nm")).args(["--extern-only", "--just-symbol-name"]).args(which).args(files));
    listed.lines().filter(|line| !line.is_empty() && !line.ends_with(':')).map(str::to_owned).collect()
}
