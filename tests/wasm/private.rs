//! Two libraries that define the same names: before, a linker rejects them or one serves both; after, each runs its own
//! code with its own data.

use std::path::{Path, PathBuf};

use armend_test_support::Run;

use crate::inputs::{CLASSES_CC, SHARED_C, USER_C, compile, sides};
use crate::{flags, isolated, letters, link, printed, scratch};

const C: &[(&str, &str)] = &[("shared.c", SHARED_C), ("user.c", USER_C)];
const CLASSES: &[(&str, &str)] = &[("classes.cc", CLASSES_CC)];

const RUN_C: &str = "console.log(e.first_run(), e.first_second(), e.second_run(), e.second_second())";
/// Each side counts its own calls, in its own steps; `host_offset` is 7 for both; nothing defines `elsewhere`.
const OWN_C: &str = "1011 10302 2015 20604";

/// With optimisation, without, and with what `-fPIC` adds.
const FLAGS: &[&[&str]] = &[&["-O2"], &["-O0", "-g"], &["-O1", "-fPIC"], &["-O1", "-ffunction-sections", "-g"]];

fn link_c(module: &Path, libraries: &[PathBuf; 2]) -> Run {
    let inputs = [libraries[0].as_path(), libraries[1].as_path()];
    link(module, &["first_run", "first_second", "second_run", "second_second"], &[], &inputs)
}

#[test]
fn two_libraries_in_c() {
    for flags in FLAGS {
        let scratch = scratch();
        let libraries = sides(&scratch, C, flags);
        let module = scratch.path("module.wasm");
        let before = link_c(&module, &libraries).exits(1);
        for name in ["calls", "pointer"] {
            assert!(before.stderr.contains(&format!("duplicate symbol: {name}")), "{flags:?}: {before}");
        }
        for options in [&[][..], &["--by", "auto"], &["--no-hide"], &["--strip-debug"]] {
            let options = [&["--keep", "*_run", "--keep", "*_second"], options].concat();
            let private = [0, 1].map(|at| isolated(&scratch, &libraries[at], &options));
            link_c(&module, &private).succeeds();
            assert_eq!(printed(&module, RUN_C), OWN_C, "{flags:?} {options:?}");
        }
        // One of them is enough.
        let [first, second] = libraries;
        let private = isolated(&scratch, &second, &["--keep", "second_*"]);
        link_c(&module, &[first, private]).succeeds();
        assert_eq!(printed(&module, RUN_C), OWN_C, "{flags:?}");
    }
}

/// As the linker and the readers see them: names with the tag and hidden, references too; imports from the host, the
/// linker's own names and what stays undefined as before.
#[test]
fn every_name_goes_as_planned() {
    let scratch = scratch();
    let [first, _] = sides(&scratch, C, &["-O1"]);
    let private = isolated(&scratch, &first, &["--keep", "first_*"]);
    let letters = letters(&private);
    let expected = [
        ("first_run", "T"),
        ("first_second", "T"),
        ("calls.first", "DU"),
        ("step.first", "TU"),
        ("chosen.first", "W"),
        ("pointer.first", "D"),
        ("exported_to_the_host.first", "T"),
        ("twice", "t"),
        ("entry", "d"),
        ("host_offset", "U"),
        ("elsewhere", "w"),
        ("__indirect_function_table", "UU"),
        ("__start_registry_first", "U"),
        ("__stop_registry_first", "U"),
    ];
    for (name, letter) in expected {
        assert_eq!(letters.get(name).map(String::as_str), Some(letter), "{name} in {letters:?}");
    }
    let flags = flags(&private);
    let has = |name: &str, flag: &str| flags[name].iter().any(|known| known == flag);
    assert!(has("chosen.first", "VISIBILITY_HIDDEN") && has("chosen.first", "BINDING_WEAK"), "{flags:?}");
    // clang hides what nothing exports, from the host that is.
    assert!(has("first_run", "VISIBILITY_HIDDEN"), "{flags:?}");
    // What the host could call is for it no more.
    assert!(has("exported_to_the_host.first", "VISIBILITY_HIDDEN"), "{flags:?}");
    assert!(!has("exported_to_the_host.first", "EXPORTED"), "{flags:?}");
    assert!(has("host_offset", "EXPLICIT_NAME") && !has("step.first", "EXPLICIT_NAME"), "{flags:?}");
}

/// Initialisers run, and what is exported to the host by another name stays so where it is kept.
#[test]
fn initialisers_and_exports_to_the_host() {
    let scratch = scratch();
    let libraries = sides(&scratch, C, &["-O1", "-g"]);
    let module = scratch.path("module.wasm");
    let options = &["--keep", "*_second", "--keep", "exported_*", "--strip-debug"];
    // It is one name for both: each library by itself.
    for (at, (side, number)) in crate::inputs::SIDES.into_iter().enumerate() {
        let private = isolated(&scratch, &libraries[at], options);
        link(&module, &[&format!("{side}_second"), "__wasm_call_ctors"], &[], &[&private]).succeeds();
        let script = format!("e.__wasm_call_ctors(); console.log(e.host_{side}(), e.{side}_second())");
        assert_eq!(printed(&module, &script), format!("{number} {}", number * 10201), "{side}");
    }
}

#[test]
fn comdats_go_with_their_definitions() {
    const EXPORTS: [&str; 2] = ["first_shapes", "second_shapes"];
    const RUN: &str = "console.log(e.first_shapes(), e.second_shapes())";
    for flags in FLAGS {
        let scratch = scratch();
        let libraries = sides(&scratch, CLASSES, flags);
        let module = scratch.path("module.wasm");
        let runtime = compile(scratch.folder(), "runtime.c", include_str!("inputs/runtime.c"), flags);
        let link = |libraries: &[PathBuf; 2]| {
            link(&module, &EXPORTS, &[], &[&libraries[0], &libraries[1], &runtime]).succeeds();
            printed(&module, RUN)
        };
        assert_eq!(link(&libraries), "103 406", "{flags:?}: one counter for both");
        for options in [&[][..], &["--by", "localize"], &["--by", "auto"], &["--strip-debug"]] {
            let options = [&["--keep", "*_shapes"], options].concat();
            let private = [0, 1].map(|at| isolated(&scratch, &libraries[at], &options));
            assert_eq!(link(&private), "103 403", "{flags:?} {options:?}");
            assert_eq!(link(&[libraries[0].clone(), private[1].clone()]), "103 403", "{flags:?} {options:?}");
        }
        let private = isolated(&scratch, &libraries[0], &["--keep", "*_shapes"]);
        let letters = letters(&private);
        assert!(letters.contains_key("_Z4nextv.first") && letters.contains_key("_ZTI5Shape"), "{letters:?}");
    }
}
