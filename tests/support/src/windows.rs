//! Windows programs: linked by mingw's linkers or as MSVC's are, run by wine.

use crate::{Outcome, cache, cache_root, cached, content_hash, run, run_ok, tool};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;

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
    run_to_files(command.arg(program).args(arguments).env("RUST_BACKTRACE", "1"))
}

/// As [`run`], with files in place of pipes: Wine's services start with the first program and outlive it, and a pipe
/// would have its end when they do.
fn run_to_files(command: &mut Command) -> Outcome {
    let (mut stdout, mut stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    command.stdin(Stdio::null()).stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap());
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Outcome { command: format!("{command:?}"), status, stdout: text_of(&mut stdout), stderr: text_of(&mut stderr) }
}

fn text_of(file: &mut File) -> String {
    let mut bytes = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
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
    if !ready.exists() && prefix.exists() {
        fs::remove_dir_all(&prefix).unwrap();
    }
    fs::create_dir_all(&prefix).unwrap();
    keep_server(&prefix);
    if !ready.exists() {
        // Whatever runs first makes it.
        run_to_files(wine_in(&prefix).args(["cmd", "/c", "ver"])).expect_success();
        add_random_numbers(&prefix);
        fs::write(ready, "").unwrap();
    }
    prefix
}

/// Has a server that stays for a minute after its last program. Debian's leaves with it (`-p0`), and the next program
/// that comes just then gets "recvmsg: Connection reset by peer".
fn keep_server(prefix: &Path) {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let mut server = Command::new(tool("wineserver"));
        server.arg("-p60").env("WINEPREFIX", prefix).env_remove("DISPLAY");
        // It goes on in the background, and would hold on to what the tests print to.
        let started = server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        let code = started.unwrap_or_else(|error| panic!("wineserver: {error}")).code();
        assert!(matches!(code, Some(0 | 2)), "wineserver: {code:?}, where 0 is started and 2 is there already");
    });
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
