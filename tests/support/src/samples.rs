//! Small real archives, declared as data: what the compilers of this machine make of the sources in `samples/`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use crate::{Run, tool};

const SHAPES: &[Source] =
    &[("shapes_a.c", include_str!("../samples/shapes_a.c")), ("shapes_b.c", include_str!("../samples/shapes_b.c"))];
const CLASSES: &[Source] = &[
    ("classes.cc", include_str!("../samples/classes.cc")),
    ("classes_more.cc", include_str!("../samples/classes_more.cc")),
];
const REGISTRY: &[Source] = &[
    ("registry_a.c", include_str!("../samples/registry_a.c")),
    ("registry_b.c", include_str!("../samples/registry_b.c")),
];

type Source = (&'static str, &'static str);

/// One archive: a compiler, its flags, and what it compiles.
pub struct Sample {
    pub name: &'static str,
    compiler: &'static str,
    flags: &'static [&'static str],
    sources: &'static [Source],
}

const fn c(name: &'static str, compiler: &'static str, flags: &'static [&'static str]) -> Sample {
    Sample { name, compiler, flags, sources: SHAPES }
}

const fn cxx(name: &'static str, compiler: &'static str, flags: &'static [&'static str]) -> Sample {
    Sample { name, compiler, flags, sources: CLASSES }
}

/// Objects for other processors: no headers, no IFUNC where the target has none.
const fn cross(name: &'static str, flags: &'static [&'static str]) -> Sample {
    Sample { name, compiler: "clang", flags, sources: SHAPES }
}

/// ELF archives that can be isolated. Each exports `sx_run` and `sx_second`.
pub const ELF: &[Sample] = &[
    c("c-gcc", "gcc", &["-O1", "-g", "-fcommon", "-fPIC"]),
    c("c-gcc-sections", "gcc", &["-O2", "-ffunction-sections", "-fdata-sections", "-fno-pic"]),
    c("c-clang", "clang", &["-O1", "-g", "-fcommon", "-fPIC"]),
    c("c-clang-crel", "clang", &["-O1", "-ffunction-sections", "-Wa,--allow-experimental-crel,--crel"]),
    Sample { name: "registry-gcc", compiler: "gcc", flags: &["-O1", "-g", "-fPIC"], sources: REGISTRY },
    Sample { name: "registry-clang", compiler: "clang", flags: &["-O1", "-ffunction-sections"], sources: REGISTRY },
    cxx("cxx-gcc", "g++", &["-O0", "-g", "-fPIC"]),
    cxx("cxx-gcc-fast", "g++", &["-O2", "-ffunction-sections", "-fPIC"]),
    cxx("cxx-clang", "clang++", &["-O0", "-g", "-fPIC"]),
    c("i386-gcc", "gcc", &["-m32", "-O1", "-g", "-fcommon", "-fPIC"]),
    cxx("i386-clang", "clang++", &["-m32", "-O1", "-ffreestanding"]),
    c("x32-gcc", "gcc", &["-mx32", "-O1", "-g", "-fcommon", "-fPIC"]),
    cross("x32", &["--target=x86_64-linux-gnux32", "-O1", "-fPIC"]),
    cross("aarch64", &["--target=aarch64-linux-gnu", "-O1", "-g"]),
    cross("arm", &["--target=arm-linux-gnueabihf", "-O1", "-g", "-ffunction-sections"]),
    cross("riscv64", &["--target=riscv64-linux-gnu", "-O1", "-DNO_IFUNC"]),
    cross("s390x", &["--target=s390x-linux-gnu", "-O1", "-g", "-DNO_IFUNC"]),
    cross("powerpc64", &["--target=powerpc64-linux-gnu", "-O1", "-g", "-DNO_IFUNC"]),
    cross("powerpc", &["--target=powerpc-linux-gnu", "-O1", "-DNO_IFUNC"]),
    cross("mips", &["--target=mips-linux-gnu", "-O1", "-fPIC", "-DNO_IFUNC"]),
    cross("mips64", &["--target=mips64-linux-gnuabi64", "-O1", "-DNO_IFUNC"]),
    cross("mips64el", &["--target=mips64el-linux-gnuabi64", "-O1", "-fPIC", "-DNO_IFUNC"]),
];

/// The same sources by GNU's compilers of other machines.
pub const CROSS: &[Sample] = &[
    cxx("aarch64-gcc", "aarch64-linux-gnu-g++", &["-O1", "-g"]),
    c("armhf-gcc", "arm-linux-gnueabihf-gcc", &["-O1", "-g", "-fcommon"]),
    cxx("armhf-g++", "arm-linux-gnueabihf-g++", &["-O1", "-mthumb"]),
    c("riscv64-gcc", "riscv64-linux-gnu-gcc", &["-O1", "-g"]),
    cxx("s390x-gcc", "s390x-linux-gnu-g++", &["-O1", "-g"]),
    c("powerpc64-gcc", "powerpc64-linux-gnu-gcc", &["-O1", "-g", "-fcommon"]),
    cxx("powerpc64le-gcc", "powerpc64le-linux-gnu-g++", &["-O1"]),
    Sample {
        name: "mips64el-gcc",
        compiler: "mips64el-linux-gnuabi64-gcc",
        flags: &["-O1", "-g", "-fcommon", "-DNO_IFUNC"],
        sources: SHAPES,
    },
    cxx("mips64el-g++", "mips64el-linux-gnuabi64-g++", &["-O1"]),
    cxx("i686-gcc", "i686-linux-gnu-g++", &["-O1", "-g"]),
];

/// What isolation must refuse or pass by: the right compiler and flags, and the words its message needs.
pub struct Foreign {
    pub name: &'static str,
    pub compiler: &'static str,
    pub flags: &'static [&'static str],
    pub says: &'static [&'static str],
}

pub const FOREIGN: &[Foreign] = &[
    Foreign { name: "bitcode", compiler: "clang", flags: &["-flto"], says: &["bitcode"] },
    Foreign { name: "gcc-lto", compiler: "gcc", flags: &["-flto", "-fno-fat-lto-objects"], says: &["lto"] },
    Foreign { name: "gcc-fat-lto", compiler: "gcc", flags: &["-flto", "-ffat-lto-objects"], says: &["lto"] },
    Foreign { name: "llvm-fat-lto", compiler: "clang", flags: &["-flto", "-ffat-lto-objects"], says: &["lto"] },
];

/// The sample of that name.
pub fn sample(name: &str) -> &'static Sample {
    ELF.iter().find(|sample| sample.name == name).unwrap_or_else(|| panic!("no sample {name:?}"))
}

impl Sample {
    /// The archive; made on first use in this process.
    pub fn bytes(&self) -> Arc<[u8]> {
        made_once(self.name, |folder| {
            let objects: Vec<_> = self
                .sources
                .iter()
                .map(|(name, text)| compile(self.compiler, self.flags, folder, name, text))
                .collect();
            archive(folder, &objects)
        })
    }
}

impl Foreign {
    /// An archive of one such object.
    pub fn bytes(&self) -> Arc<[u8]> {
        made_once(self.name, |folder| {
            let text = "int other(int); int sx_run(int x) { return other(x); } int second(void) { return 2; }";
            archive(folder, &[compile(self.compiler, self.flags, folder, "foreign.c", text)])
        })
    }
}

/// More sections than a 16-bit number counts: `SHT_SYMTAB_SHNDX`, `e_shnum` 0, `e_shstrndx` in section 0.
pub fn many_sections() -> Arc<[u8]> {
    made_once("many-sections", |folder| {
        let mut text = String::new();
        for i in 0..65_400 {
            text += &format!(".section .text.f{i},\"ax\"\n.globl f{i}\nf{i}: call f{}\n", (i * 7 + 1) % 65_400);
        }
        text += ".text\n.globl sx_run\nsx_run: jmp f65399\n.globl sx_second\nsx_second: jmp f3\n";
        archive(folder, &[compile("gcc", &[], folder, "many.s", &text)])
    })
}

/// Two members with a SystemTap probe each, and an object like them for the other side: `host_run`.
pub fn probes() -> (Arc<[u8]>, Vec<u8>) {
    let source = |name: &str| include_str!("../samples/probe.s").replace("NAME", name);
    let folder = tempfile::tempdir().expect("folder");
    let [one, two, host] = ["sx_run", "sx_second", "host_run"]
        .map(|name| compile("gcc", &[], folder.path(), &format!("{name}.s"), &source(name)));
    let host = fs::read(host).expect("read the object");
    (archive(folder.path(), &[one, two]).into(), host)
}

/// `bytes` as one member of a fresh archive, unchanged.
pub fn archive_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("folder");
    let files: Vec<_> = members
        .iter()
        .enumerate()
        .map(|(i, (name, bytes))| {
            let path = folder.path().join(i.to_string()).join(name);
            fs::create_dir_all(path.parent().expect("just joined")).expect("folder of a member");
            fs::write(&path, bytes).expect("write a member");
            path
        })
        .collect();
    archive(folder.path(), &files)
}

/// Writes `text` as `name` and runs `compiler -c` on it, warnings off.
pub fn compile(compiler: &str, flags: &[&str], folder: &Path, name: &str, text: &str) -> PathBuf {
    let object = folder.join(name).with_extension("o");
    fs::write(folder.join(name), text).expect("write source");
    // Debug information records paths: relative ones keep a sample the same wherever it is made.
    let mut command = Command::new(tool(compiler));
    if !name.ends_with(".s") {
        command.arg(format!("-ffile-prefix-map={}=.", folder.display()));
    }
    Run::of(command.current_dir(folder).args(flags).args(["-w", "-c", "-o"]).arg(&object).arg(name)).succeeds();
    object
}

/// A fresh archive with LLVM's `ar`, which knows every object format; equal file names may repeat.
pub fn archive(folder: &Path, files: &[PathBuf]) -> Vec<u8> {
    let out = folder.join("made.a");
    // By itself it would choose the kind by the first member.
    Run::of(Command::new(tool("llvm-ar")).args(["--format=gnu", "qcsD"]).arg(&out).args(files)).succeeds();
    fs::read(out).expect("read the archive just made")
}

/// Whoever comes first makes it, in a folder that is gone afterwards.
fn made_once(name: &str, make: impl FnOnce(&Path) -> Vec<u8>) -> Arc<[u8]> {
    static MADE: Mutex<BTreeMap<String, Arc<[u8]>>> = Mutex::new(BTreeMap::new());
    // One lock for all: to compile two small samples at a time gains nothing on few cores.
    let mut made = MADE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let entry = made.entry(name.to_owned()).or_insert_with(|| {
        let folder = tempfile::tempdir().expect("folder for a sample");
        make(folder.path()).into()
    });
    Arc::clone(entry)
}
