//! What `isolate` makes of Mach-O members, by other readers' account: names with a tag, hidden ones, and nothing else.

use std::process::Command;

use armend_test_support::{run_ok, tool};
use goblin::mach::MachO;
use goblin::mach::symbols::{N_EXT, N_PEXT, N_STAB, N_TYPE, N_UNDF, N_WEAK_DEF, Nlist};

use crate::inputs::{TARGETS, archive};
use crate::{run, with_library};

const TAG: &str = ".T";
const EXPORTS: [&str; 2] = ["_mx_run", "_mx_second"];

/// The objects of an archive, in its order.
fn members(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let parsed = goblin::archive::Archive::parse(archive).expect("an archive");
    let summary = parsed.summarize();
    let members = summary.iter().map(|(name, ..)| {
        let bytes = parsed.extract(name, archive).expect("a member");
        ((*name).to_owned(), bytes.to_vec())
    });
    members.collect()
}

fn symbols<'d>(object: &MachO<'d>) -> Vec<(&'d str, Nlist)> {
    object.symbols().map(|symbol| symbol.expect("a symbol")).collect()
}

#[test]
fn symbols_are_what_the_plan_says() {
    for target in TARGETS {
        let scratch = with_library(target);
        run(&scratch, &["isolate", "lib.a", "--keep", "mx_*", "--tag", "T", "-o", "out.a"]).succeeds();
        let (before, after) = (members(&scratch.read("lib.a")), members(&scratch.read("out.a")));
        let objects = |members: &[(String, Vec<u8>)]| members.len();
        assert_eq!((objects(&before), objects(&after)), (3, 3));
        let defined: Vec<String> = before.iter().flat_map(|(_, bytes)| definitions(bytes)).collect();
        for ((name, old), (_, new)) in before.iter().zip(&after) {
            let (old, new) = (MachO::parse(old, 0).expect("Mach-O"), MachO::parse(new, 0).expect("Mach-O"));
            let (old_symbols, new_symbols) = (symbols(&old), symbols(&new));
            assert_eq!(old_symbols.len(), new_symbols.len(), "{} {name}", target.arch);
            for ((old_name, before), (new_name, after)) in old_symbols.into_iter().zip(new_symbols) {
                let private = before.n_type & N_EXT != 0
                    && defined.iter().any(|one| one == old_name)
                    && !EXPORTS.contains(&old_name)
                    && !old_name.starts_with("__ZTI")
                    && !old_name.starts_with("__ZTS");
                let suffix = if private { TAG } else { "" };
                assert_eq!(new_name, format!("{old_name}{suffix}"), "{} {name}", target.arch);
                let hides = private && (before.n_type & N_TYPE != N_UNDF || before.n_value != 0);
                let hidden = if hides { N_PEXT } else { 0 };
                assert_eq!(after.n_type, before.n_type | hidden, "{} {name} {new_name}", target.arch);
                assert_eq!((after.n_sect, after.n_desc), (before.n_sect, desc(old_name, &before)), "{new_name}");
            }
            let sections = |object: &MachO<'_>| -> Vec<_> {
                let sections = object.segments.sections().flatten().map(|section| section.expect("a section"));
                sections.map(|(section, data)| (section.segname, section.sectname, data.to_vec())).collect()
            };
            assert_eq!(sections(&old), sections(&new), "{} {name}", target.arch);
        }
    }
}

/// Type information stays under its name and becomes weak.
fn desc(name: &str, before: &Nlist) -> u16 {
    let typeinfo = name.starts_with("__ZTI6") || name.starts_with("__ZTI5") || name.starts_with("__ZTS");
    if typeinfo { before.n_desc | N_WEAK_DEF } else { before.n_desc }
}

fn definitions(object: &[u8]) -> Vec<String> {
    let object = MachO::parse(object, 0).expect("Mach-O");
    let symbols = symbols(&object).into_iter();
    let defined = symbols.filter(|(_, symbol)| {
        symbol.n_type & N_STAB == 0
            && symbol.n_type & N_EXT != 0
            && (symbol.n_type & N_TYPE != N_UNDF || symbol.n_value != 0)
    });
    defined.map(|(name, _)| name.to_owned()).collect()
}

/// Byte for byte the index that `llvm-ar` makes; members at multiples of 8; a second run changes nothing.
#[test]
fn the_archive_is_as_apple_s_tools_want_it() {
    for target in TARGETS {
        let scratch = with_library(target);
        run(&scratch, &["isolate", "lib.a", "--keep", "mx_*"]).succeeds();
        let isolated = scratch.read("lib.a");
        let objects: Vec<_> = members(&isolated);
        let again = objects.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice().into())).collect::<Vec<_>>();
        assert!(archive(&again) == isolated, "{}: not what llvm-ar makes of these members", target.arch);
        let magic: &[u8] =
            if target.arch.contains("64") { &[0xcf, 0xfa, 0xed, 0xfe] } else { &[0xce, 0xfa, 0xed, 0xfe] };
        let starts: Vec<usize> = memchr(&isolated, magic);
        assert_eq!(starts.len(), 3);
        assert!(starts.iter().all(|start| start % 8 == 0), "{}: {starts:?}", target.arch);
        run(&scratch, &["isolate", "lib.a", "--keep", "mx_*"]).succeeds();
        assert!(scratch.read("lib.a") == isolated, "{}: a second run changed something", target.arch);
    }
}

fn memchr(bytes: &[u8], pattern: &[u8]) -> Vec<usize> {
    let windows = bytes.windows(pattern.len()).enumerate();
    windows.filter(|(_, window)| *window == pattern).map(|(at, _)| at).collect()
}

/// An alias follows the name that it stands for.
#[test]
fn an_alias_follows() {
    for target in TARGETS {
        let scratch = with_library(target);
        run(&scratch, &["isolate", "lib.a", "--keep", "mx_*", "--tag", "T"]).succeeds();
        let names = run_ok(Command::new(tool("llvm-nm")).args(["-m", "lib.a"]).current_dir(scratch.folder()));
        assert!(names.contains("(indirect) private external _alias.T (for _other.T)"), "{names}");
    }
}
