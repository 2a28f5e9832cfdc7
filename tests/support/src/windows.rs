//! Windows programs: linked by mingw's linkers or as MSVC's are, run by wine.

use crate::{Outcome, cache, cache_root, cached, content_hash, run, run_ok, tool};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A linker of mingw's, as its C compiler calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MingwLinker {
    /// GNU ld.
    Gnu,
    Lld,
}

impl MingwLinker {
    pub const ALL: [Self; 2] = [Self::Gnu, Self::Lld];

    /// Links a program, or a library where `flags` say so, with what a Rust std asks for of Windows.
    pub fn link(self, inputs: &[&Path], flags: &[&str], output: &Path) -> Outcome {
        let mut driver = match self {
            Self::Gnu => Command::new(tool("x86_64-w64-mingw32-gcc")),
            // gcc does not call another linker when it is a cross compiler.
            Self::Lld => {
                let mut clang = Command::new(tool("clang"));
                clang.args(["--target=x86_64-w64-mingw32", "-Wl,--error-limit=0"]);
                clang.arg(format!("--ld-path={}", tool("ld.lld").display()));
                clang
            }
        };
        driver.args(flags).arg("-o").arg(output).args(inputs);
        driver.args(["-lws2_32", "-luserenv", "-lbcrypt", "-lntdll", "-ladvapi32", "-Wl,--no-demangle"]);
        run(&mut driver)
    }
}

/// Links as MSVC's compilers have it done, with import libraries of what Wine has; nothing else is there.
pub fn link_msvc(inputs: &[&Path], flags: &[&str], output: &Path) -> Outcome {
    let mut link = Command::new(tool("lld-link"));
    link.args(["-nologo", "-nodefaultlib", "-demangle:no", "-errorlimit:0"]).args(flags);
    link.arg(format!("-out:{}", output.display())).args(inputs);
    run(link.args(import_libraries()))
}

/// For each of Wine's libraries that programs of MSVC's may need, in the order of search.
fn import_libraries() -> Vec<PathBuf> {
    const NAMES: [&str; 8] = ["kernel32", "ntdll", "vcruntime140", "ucrtbase", "msvcrt", "ws2_32", "userenv", "bcrypt"];
    let folder = Path::new("/usr/lib/x86_64-linux-gnu/wine/x86_64-windows");
    let key = content_hash(&[], &[&wine_version(), &NAMES.concat()]);
    let libraries = cached(&format!("import-libraries/{key}"), |draft| {
        for name in NAMES {
            let mut definitions = format!("LIBRARY {name}.dll\nEXPORTS\n");
            for export in exports_of(&folder.join(format!("{name}.dll"))) {
                definitions.push_str(&format!("  \"{export}\"\n"));
            }
            let file = draft.join(format!("{name}.def"));
            fs::write(&file, definitions).unwrap();
            let mut dlltool = Command::new(tool("llvm-dlltool"));
            dlltool.args(["-m", "i386:x86-64", "-d"]).arg(&file).arg("-l").arg(draft.join(format!("{name}.lib")));
            run_ok(&mut dlltool);
        }
    });
    NAMES.map(|name| libraries.join(format!("{name}.lib"))).into()
}

/// The names that a Windows library exports.
pub fn exports_of(library: &Path) -> BTreeSet<String> {
    let listing = run_ok(Command::new(tool("llvm-readobj")).arg("--coff-exports").arg(library));
    let names = listing.lines().filter_map(|line| line.trim().strip_prefix("Name: "));
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Runs a Windows program, without a display, for two minutes at most.
pub fn wine(program: &Path, arguments: &[&str]) -> Outcome {
    let mut command = wine_in(&prefix());
    run(command.arg(program).args(arguments).env("RUST_BACKTRACE", "1"))
}

fn wine_in(prefix: &Path) -> Command {
    let mut command = Command::new(tool("timeout"));
    command.arg("120").arg(tool("wine64")).env("WINEPREFIX", prefix).env("WINEDEBUG", "-all").env_remove("DISPLAY");
    command
}

fn wine_version() -> String {
    run_ok(Command::new(tool("wine64")).arg("--version"))
}

/// Wine's own folder, made once: its servers keep writing there, so it is no entry of the cache.
fn prefix() -> PathBuf {
    let prefix = cache_root().join(format!("wine-{}", content_hash(&[], &[&wine_version()])));
    let _lock = cache::lock(&prefix);
    let ready = prefix.join("ready");
    if !ready.exists() {
        if prefix.exists() {
            fs::remove_dir_all(&prefix).unwrap();
        }
        fs::create_dir_all(&prefix).unwrap();
        // Whatever runs first makes it.
        run_ok(wine_in(&prefix).args(["cmd", "/c", "ver"]));
        add_random_numbers(&prefix);
        fs::write(ready, "").unwrap();
    }
    prefix
}

/// Newer stds take random numbers from a library that Wine 8 lacks.
fn add_random_numbers(prefix: &Path) {
    const SOURCE: &str = "#include <stddef.h>
        unsigned char SystemFunction036(void *, unsigned long);
        __declspec(dllexport) int ProcessPrng(unsigned char *data, size_t size) {
            return SystemFunction036(data, size);
        }";
    let source = prefix.join("random.c");
    fs::write(&source, SOURCE).unwrap();
    let library = prefix.join("drive_c/windows/system32/bcryptprimitives.dll");
    let mut gcc = Command::new(tool("x86_64-w64-mingw32-gcc"));
    run_ok(gcc.arg("-shared").arg(source).arg("-o").arg(library).arg("-ladvapi32"));
}
