//! Isolated objects as two other readers see them: the original's listings, with the names of the plan in the place of
//! the old ones, are the result's.

use std::collections::{BTreeMap, BTreeSet};

use goblin::pe::Coff;
use serde_json::Value;

use super::*;

const C: &str = "int tentative; int ax_data = 1; static int own; __attribute__((weak)) int yields(void) { return own; }
int needed(void); int a_function_of_a_long_name(void) { return tentative + ax_data + yields(); }
int ax_run(void) { return a_function_of_a_long_name() + needed(); }";
const CXX: &str = "struct Base { virtual int value() { return 1; } virtual ~Base() {} };
inline int counted(int x) { static int n; return n += x; } int helper(int x) { return Base().value() + counted(x); }
extern \"C\" int ax_run(int x) { if (x > 9) throw x; return helper(x); }";

/// Names with a new one, and the new ones.
type Plan = BTreeMap<String, String>;

#[test]
fn readers_agree_with_the_plan() {
    let clangxx = |target| Compiler { program: "clang++", flags: target };
    let cxx = [GXX, GXX_X86, clangxx(&["--target=x86_64-w64-mingw32"]), clangxx(&["--target=x86_64-pc-windows-msvc"])];
    let c = [GCC, GCC_X86, CLANG_GNU, CLANG_MSVC, BIG].map(|compiler| (compiler, C));
    for (compiler, source) in c.into_iter().chain(cxx.map(|compiler| (compiler, CXX))) {
        let scratch = scratch();
        compile(&scratch, &compiler, "in", source);
        made(&scratch, "llvm-ar", &["rcs", "lib.a", "in.o"]);
        let report = armend(
            &scratch,
            &["isolate", "lib.a", "--keep", "ax_*", "--tag", "mine", "--format", "json", "-o", "out.a"],
        );
        let report: Value = serde_json::from_str(report.text()).expect("one JSON document");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let private = report["private"].as_array().expect("a list").iter();
        let plan: Plan = private.map(|entry| (text(&entry["name"]), text(&entry["to"]))).collect();
        assert!(plan.len() >= 2, "{}: {plan:?}", compiler.program);
        made(&scratch, "llvm-ar", &["x", "--output=.", "out.a"]);
        scratch.write("after.o", scratch.read("in.o"));
        compile(&scratch, &compiler, "in", source);

        let label = format!("{} {:?}", compiler.program, compiler.flags);
        let expected: Vec<_> = listing(&scratch, "in.o").iter().map(|line| renamed(line, &plan)).collect();
        let found = listing(&scratch, "after.o");
        if let Some((expected, found)) = expected.iter().zip(&found).find(|(expected, found)| expected != found) {
            panic!("{label}: LLVM reads {found:?} where {expected:?} is planned");
        }
        assert_eq!(expected.len(), found.len(), "{label}");
        if compiler.flags != BIG.flags {
            let [before, after] = ["in.o", "after.o"].map(|file| with_goblin(&scratch.read(file)));
            let expected: Vec<_> = before.iter().map(|(name, rest)| (planned(name, &plan), *rest)).collect();
            assert_eq!(after, expected, "{label}");
        }
        let names: BTreeSet<_> = found.iter().filter_map(|line| line.strip_prefix("Name: ")).collect();
        assert!(plan.values().all(|name| names.contains(name.as_str())), "{label}: not all of {plan:?}");
    }
}

/// Every symbol and every relocation, by name, as `llvm-readobj` lists them.
fn listing(scratch: &Scratch, file: &str) -> Vec<String> {
    let text = made(scratch, "llvm-readobj", &["--symbols", "--section-relocations", file]);
    // Directives that hide make their section longer.
    let places = ["File:", "Format:", "Checksum:", "Length:"];
    let lines = text.lines().map(str::trim).filter(|line| !places.iter().any(|place| line.starts_with(place)));
    lines.map(str::to_owned).collect()
}

/// A line of a listing as it is to be: of `Symbol: NAME (7)`, NAME is another.
fn renamed(line: &str, plan: &Plan) -> String {
    let words = line.split(' ').map(|word| planned(word, plan));
    words.collect::<Vec<_>>().join(" ")
}

/// What a name is to be. GNU as has names in C behind the `$` of their sections' names.
fn planned(name: &str, plan: &Plan) -> String {
    let of_section = |(section, stem): (&str, &str)| {
        let new = plan.get(stem).or_else(|| plan.get(&format!("_{stem}")))?;
        Some(format!("{section}${}", new.strip_prefix('_').filter(|_| !plan.contains_key(stem)).unwrap_or(new)))
    };
    let section = name.starts_with('.').then(|| name.split_once('$')).flatten();
    plan.get(name).cloned().or_else(|| of_section(section?)).unwrap_or_else(|| name.to_owned())
}

/// Each symbol's name, and its value, section, type and class.
fn with_goblin(object: &[u8]) -> Vec<(String, (u32, i16, u16, u8))> {
    let object = Coff::parse(object).expect("goblin reads the object");
    let (symbols, strings) = (object.symbols.expect("symbols"), object.strings.expect("strings"));
    let symbol = |(_, inline, symbol): (usize, Option<&str>, goblin::pe::symbol::Symbol)| {
        let name = inline.map_or_else(|| symbol.name(&strings).expect("a name").to_owned(), str::to_owned);
        (name, (symbol.value, symbol.section_number, symbol.typ, symbol.storage_class))
    };
    symbols.iter().map(symbol).collect()
}
