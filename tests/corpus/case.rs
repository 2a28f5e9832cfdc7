//! One archive through everything: identity, two isolations, and links before and after.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use armend_test_support::corpus::Packaged;
use armend_test_support::members::{self, MAGIC};
use armend_test_support::{Run, Scratch, tool};
use goblin::elf::Elf;
use goblin::elf::section_header::SHN_UNDEF;
use goblin::elf::sym::{STB_LOCAL, STV_DEFAULT, STV_PROTECTED};
use serde_json::Value;

use crate::linked::{Kind, Link, Target, assert_same};

/// What a run may take, as the issue tracker promises for any input.
const MEMORY: u64 = 256 << 20;

/// What came of one archive.
#[derive(Debug, Default)]
pub struct Row {
    pub label: String,
    pub machine: &'static str,
    pub members: usize,
    pub bytes: usize,
    /// Names of visible definitions.
    pub globals: usize,
    /// With the headers' exports kept, and with a quarter of all.
    pub isolated: [Isolated; 2],
    /// The time of the second isolation.
    pub milliseconds: u128,
    /// Links that were compared, and those of them that failed in the same way before and after.
    pub links: usize,
    pub failed_links: usize,
    pub verdict: String,
}

/// What one isolation did.
#[derive(Debug, Default)]
pub struct Isolated {
    pub kept: usize,
    pub private: usize,
    pub bytes: usize,
}

/// Which definitions are kept.
#[derive(Debug, Clone, Copy)]
enum Policy {
    /// What the package's headers name, and all C++; all, where that is nothing.
    Headers,
    /// Every fourth in the order of the names.
    Quarter,
}

/// An archive's files: a folder with the original as `lib.a`, and the results.
struct Case<'a> {
    archive: &'a Packaged,
    bytes: Vec<u8>,
    scratch: Scratch,
}

/// Does it all; panics at the first thing that is not as it should be.
pub fn check(archive: &Packaged) -> Row {
    let scratch = Scratch::new(env!("CARGO_BIN_EXE_armend"));
    let case = Case { archive, bytes: fs::read(&archive.path).expect("read the archive"), scratch };
    let mut row = Row { label: archive.label(), bytes: case.bytes.len(), ..Row::default() };
    if !case.bytes.starts_with(MAGIC) {
        row.verdict = case.is_refused();
        return row;
    }
    let layout = members::layout(&case.bytes);
    row.members = layout.members.len();
    let objects = objects(&case.bytes);
    let visible = visible_definitions(&objects);
    row.globals = visible.len();
    row.verdict = case.has_identity(!visible.is_empty()).to_owned();
    let Some(first) = objects.first() else {
        return row;
    };
    let target = Target::of(first);
    row.machine = target.machine;
    if visible.is_empty() {
        return row;
    }
    for (at, policy) in [Policy::Headers, Policy::Quarter].into_iter().enumerate() {
        case.isolates(policy, target, &visible, at, &mut row);
    }
    row
}

fn visible_definitions(objects: &[Elf]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for object in objects {
        for symbol in object.syms.iter().filter(|symbol| symbol.st_shndx != SHN_UNDEF as usize) {
            let visible = matches!(symbol.st_visibility(), STV_DEFAULT | STV_PROTECTED);
            if symbol.st_bind() != STB_LOCAL && visible {
                names.insert(object.strtab.get_at(symbol.st_name).expect("symbol name").to_owned());
            }
        }
    }
    names
}

fn objects(archive: &[u8]) -> Vec<Elf<'_>> {
    let members = members::layout(archive).members;
    let elf = members.iter().map(|member| &archive[member.data.clone()]).filter(|data| data.starts_with(b"\x7fELF"));
    elf.map(|data| Elf::parse(data).expect("goblin reads the member")).collect()
}

/// The visible definitions of a result are what was to be kept, and what the report says stays.
fn assert_stays(label: &str, visible: &BTreeSet<String>, kept: &BTreeSet<&str>, result: &[u8], report: &Value) {
    let stays = report.as_array().expect("a list").iter().map(|entry| entry["name"].as_str().expect("a name"));
    let stays = stays.filter(|name| visible.contains(*name));
    let expected: BTreeSet<&str> = kept.iter().copied().chain(stays).collect();
    let found = visible_definitions(&objects(result));
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    let differ: Vec<_> = found.symmetric_difference(&expected).take(5).collect();
    assert!(differ.is_empty(), "{label}: visible afterwards, or not, unlike what was asked for: {differ:?}");
}

impl Case<'_> {
    /// The tool, with bounded memory.
    fn armend(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new(tool("prlimit"));
        command.arg(format!("--data={MEMORY}")).arg(self.scratch.program()).args(arguments);
        Run::of(command.current_dir(self.scratch.folder()))
    }

    fn source(&self) -> &str {
        self.archive.path.to_str().expect("the cache's path is text")
    }

    /// Files named as archives that are none.
    fn is_refused(&self) -> String {
        let kinds = ["a linker script", "an ELF file"];
        let run = self.armend(&["isolate", self.source(), "--keep", "*", "-o", "out.a"]).refuses(&["not an archive"]);
        let kind = kinds.into_iter().find(|kind| run.stderr.contains(kind));
        format!("refused: {}", kind.unwrap_or_else(|| panic!("no reason: {run}")))
    }

    /// Runs that change nothing give the same bytes.
    fn has_identity(&self, has_definitions: bool) -> &'static str {
        let mut runs: Vec<&[&str]> = vec![&["index", "-o", "same.a"]];
        if has_definitions {
            // A registry is made private even where all names stay.
            runs.push(&["isolate", "--keep", "*", "--registries", "keep", "-o", "same.a"]);
        }
        let is_object = |member: &members::Member| self.bytes[member.data.clone()].starts_with(b"\x7fELF");
        if members::layout(&self.bytes).members.iter().all(is_object) {
            // Its second file is its output. It makes stamps zero unless told not to.
            runs.push(&["objcopy", "-U"]);
        }
        let mut verdict = "same";
        for run in runs {
            let files = if run[0] == "objcopy" { &[self.source(), "same.a"][..] } else { &[self.source()] };
            self.armend(&[run, files].concat()).succeeds();
            let result = self.scratch.read("same.a");
            let no_names = |bytes: &[u8]| members::index_entries(bytes).is_none_or(|entries| entries.is_empty());
            if result != self.bytes && no_names(&self.bytes) && no_names(&result) {
                // An index of no names is missing, or 4 or 8 bytes long: archivers differ.
                let without = |bytes: &[u8]| {
                    let start = members::layout(bytes).index.map_or(MAGIC.len(), |index| index.end);
                    bytes[start..].to_vec()
                };
                let same = without(&result) == without(&self.bytes);
                assert!(same, "`armend {}` changed more than an empty index", run.join(" "));
                verdict = "same but for an empty index";
            } else {
                assert!(result == self.bytes, "`armend {}` did not give the same bytes", run.join(" "));
            }
        }
        verdict
    }

    fn isolates(&self, policy: Policy, target: Target, visible: &BTreeSet<String>, at: usize, row: &mut Row) {
        let label = format!("{policy:?}");
        let kept = self.kept(policy, visible);
        let list: Vec<&str> = kept.iter().copied().collect();
        self.scratch.write("kept", list.join("\n"));
        let folders = ["before", "after"].map(|name| self.scratch.path(&format!("{label}/{name}")));
        for folder in &folders {
            fs::create_dir_all(folder).expect("make a folder");
            fs::write(folder.join("roots"), roots(&kept)).expect("write a file");
        }
        symlink(&self.archive.path, folders[0].join("lib.a")).expect("make a link");
        let result = folders[1].join("lib.a");
        let start = Instant::now();
        let run = self.armend(&[
            "isolate",
            self.source(),
            "--keep-file",
            "kept",
            "--format",
            "json",
            "-o",
            path_text(&result),
        ]);
        row.milliseconds = start.elapsed().as_millis();
        let report: Value = serde_json::from_str(run.succeeds().text()).expect("the report is JSON");
        let count = |key: &str| report[key].as_array().expect("a list").len();
        let bytes = fs::read(&result).expect("the result");
        row.isolated[at] = Isolated { kept: count("kept"), private: count("private"), bytes: bytes.len() };
        assert_stays(&label, visible, &kept, &bytes, &report["stays"]);
        self.armend(&["isolate", path_text(&result), "--keep-file", "kept", "--check"]).succeeds();
        if bytes == self.bytes {
            return;
        }
        let tag = report["tag"].as_str().expect("the tag");
        self.links_as_before(&label, target, tag, &folders, row);
    }

    fn kept<'n>(&self, policy: Policy, visible: &'n BTreeSet<String>) -> BTreeSet<&'n str> {
        let all = visible.iter().map(String::as_str);
        match policy {
            Policy::Headers => {
                let named = self.archive.identifiers();
                let exports: BTreeSet<&str> =
                    all.clone().filter(|name| named.contains(*name) || name.starts_with("_Z")).collect();
                if exports.is_empty() { all.collect() } else { exports }
            }
            Policy::Quarter => all.step_by(4).collect(),
        }
    }

    fn links_as_before(&self, label: &str, target: Target, tag: &str, folders: &[PathBuf; 2], row: &mut Row) {
        for &linker in target.linkers() {
            for kind in [Kind::Program, Kind::Object] {
                let [before, after] = folders.each_ref().map(|folder| Link::run(linker, kind, target, folder));
                let label = format!("{label}: {kind:?} by {linker:?}");
                assert_same(&label, linker, kind, tag, &before, &after);
                row.links += 1;
                row.failed_links += usize::from(before.result.is_err());
            }
        }
    }
}

/// A response file that asks the linker for each name.
fn roots(kept: &BTreeSet<&str>) -> String {
    let plain = kept.iter().filter(|name| !name.contains(['\\', '"', '\'', ' ']));
    plain.map(|name| format!("-u\n{name}\n")).collect()
}

fn path_text(path: &Path) -> &str {
    path.to_str().expect("the temporary folder's path is text")
}
