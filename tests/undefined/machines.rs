//! Stubs on every machine that there is code for: linked into a shared object by each linker and called under qemu.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use armend_test_support::{Outcome, Scratch, run as finish, run_ok, tool};

use crate::{archive_by, json, names, run, scratch, set};

/// A machine: as the cross compilers' names begin, and as qemu and armend call it.
#[derive(Debug, Clone, Copy)]
pub struct Machine {
    triple: &'static str,
    qemu: &'static str,
    name: &'static str,
}

const fn machine(triple: &'static str, qemu: &'static str, name: &'static str) -> Machine {
    Machine { triple, qemu, name }
}

pub const MACHINES: [Machine; 6] = [
    machine("i686-linux-gnu", "i386", "i386"),
    machine("aarch64-linux-gnu", "aarch64", "aarch64"),
    machine("arm-linux-gnueabihf", "arm", "arm"),
    machine("riscv64-linux-gnu", "riscv64", "riscv64"),
    machine("s390x-linux-gnu", "s390x", "s390x"),
    machine("powerpc64le-linux-gnu", "ppc64le", "ppc64le"),
];

impl Machine {
    pub fn name(&self) -> &'static str {
        self.name
    }

    pub fn gcc(&self) -> PathBuf {
        tool(&format!("{}-gcc", self.triple))
    }

    /// Links all members of an archive into `plugin.so`, with the check on.
    pub fn link_defs(&self, scratch: &Scratch, linker: &str, archive: &str) -> Outcome {
        let mut gcc = Command::new(self.gcc());
        gcc.current_dir(scratch.folder()).args(["-shared", "-o", "plugin.so", "-Wl,-z,defs", "-Wl,--no-demangle"]);
        self.choose(scratch, linker, &mut gcc);
        finish(gcc.args(["-Wl,--whole-archive", archive, "-Wl,--no-whole-archive"]))
    }

    /// Makes the driver call the machine's GNU ld (`bfd`), `lld` or `mold`.
    fn choose(&self, scratch: &Scratch, linker: &str, gcc: &mut Command) {
        if linker != "bfd" {
            let program = tool(if linker == "lld" { "ld.lld" } else { "mold" });
            let link = scratch.path(&format!("ld.{linker}"));
            if !link.exists() {
                symlink(fs::canonicalize(program).expect("the linker"), link).expect("a link");
            }
            gcc.arg("-B").arg(scratch.folder()).arg(format!("-fuse-ld={linker}"));
        }
    }

    fn start(&self, scratch: &Scratch, arguments: &[&str]) -> Outcome {
        let mut qemu = Command::new(tool(&format!("qemu-{}", self.qemu)));
        qemu.current_dir(scratch.folder()).arg("-L").arg(format!("/usr/{}", self.triple));
        finish(qemu.args(["-E", "LD_LIBRARY_PATH=."]).arg("./host").args(arguments))
    }
}

pub const LINKERS: [&str; 3] = ["bfd", "lld", "mold"];

const PLUGIN: &str = "int host_hook(int);\nint plug_hook(int a) { return host_hook(a) + 1; }\nint plug_add(int a, int b) { return a + b; }\n";

const HOST: &str = "int plug_add(int, int), plug_hook(int);\n\
    int main(int argc, char **argv) { return argc > 1 ? plug_hook(1) : plug_add(40, 2); }\n";

#[test]
fn stubs_trap_on_every_machine() {
    for machine in MACHINES {
        for flags in [&["-fPIC"][..], &["-fno-pic"]] {
            // 32-bit x86 alone has calls that are distances; the others' go through a table where they have to.
            let scratch = scratch();
            archive_by(&machine.gcc(), &scratch, "lib.a", flags, &[("plugin.c", PLUGIN)]);
            let report = json(&scratch, &["undefined", "lib.a"]);
            assert_eq!(names(&report["symbols"]), set(&["host_hook"]), "{}", machine.name);
            assert_eq!(report["architecture"], machine.name);
            run(&scratch, &["undefined", "lib.a", "--stub", "host_hook", "-o", "stub.a"]).succeeds();
            scratch.write("host.c", HOST);
            for linker in LINKERS {
                let label = format!("{} {flags:?} {linker}", machine.name);
                let before = machine.link_defs(&scratch, linker, "lib.a");
                assert!(!before.success() && before.stderr.contains("host_hook"), "{label}: {}", before.describe());
                machine.link_defs(&scratch, linker, "stub.a").expect_success();
                let mut gcc = Command::new(machine.gcc());
                gcc.current_dir(scratch.folder()).args(["host.c", "-o", "host", "./plugin.so"]);
                run_ok(&mut gcc);
                let ran = machine.start(&scratch, &[]);
                assert_eq!(ran.status.code(), Some(42), "{label}: {}", ran.describe());
                let trapped = machine.start(&scratch, &["call"]);
                let message = "host_hook: called, but nothing defines it\n";
                assert!(trapped.stderr.starts_with(message), "{label}: {}", trapped.describe());
                assert_eq!(trapped.signal(), Some(libc::SIGABRT), "{label}: {}", trapped.describe());
            }
        }
    }
}
