//! What the tool says it did: the parts of `isolate --format json` that oracles check.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub struct Plan {
    /// Original name to new name.
    pub private: BTreeMap<String, String>,
    pub kept: BTreeSet<String>,
    pub stays: BTreeSet<String>,
    /// Type information keeps its name, to be one with the other side's; weak, so that two are no duplicates.
    typeinfo: BTreeSet<String>,
    tag: String,
    /// `rename`, `hide` or `weaken`.
    by: String,
    /// Whether private definitions get hidden visibility.
    hides: bool,
    /// Registry sections, original name to new name, and the `__start_`/`__stop_` names that follow them.
    renamed_sections: BTreeMap<String, String>,
}

impl Plan {
    /// What `isolate` with these options said.
    pub fn from_json(document: &str, options: &[&str]) -> Plan {
        let document: Value = serde_json::from_str(document).expect("one JSON document");
        assert_eq!(document["schema"], 1);
        let list = |key: &str| document[key].as_array().unwrap_or_else(|| panic!("no list {key:?}")).clone();
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("not text: {value}")).to_owned();
        let names = |key: &str| list(key).iter().map(|entry| text(&entry["name"])).collect();
        let mut private = BTreeMap::new();
        for entry in list("private") {
            let old = private.insert(text(&entry["name"]), text(&entry["to"]));
            assert!(old.is_none(), "planned twice: {entry}");
        }
        let renamed_sections: BTreeMap<_, _> =
            list("registries").iter().map(|entry| (text(&entry["section"]), text(&entry["to"]))).collect();
        let by = text(&document["by"]);
        let typeinfo = list("stays").into_iter().filter(|entry| entry["why"] == "typeinfo");
        Plan {
            private,
            kept: names("kept"),
            stays: names("stays"),
            typeinfo: typeinfo.map(|entry| text(&entry["name"])).collect(),
            tag: text(&document["tag"]),
            hides: by != "weaken" && !options.contains(&"--no-hide"),
            by,
            renamed_sections,
        }
    }

    /// What a global symbol of that name is called afterwards.
    pub fn global<'n>(&'n self, name: &'n str) -> std::borrow::Cow<'n, str> {
        if let Some(new) = self.private.get(name) {
            return new.into();
        }
        match self.bound(name) {
            Some((prefix, section)) => format!("{prefix}{section}").into(),
            None => name.into(),
        }
    }

    /// For a name that linkers make of a renamed section: its prefix, and the section's new name.
    fn bound(&self, name: &str) -> Option<(&'static str, &str)> {
        let renamed = |prefix| Some((prefix, self.renamed_sections.get(name.strip_prefix(prefix)?)?.as_str()));
        ["__start_", "__stop_"].into_iter().find_map(renamed)
    }

    /// Whether a global symbol of that name becomes hidden: private definitions; bounds, which the linker defines as
    /// their references ask for it.
    pub fn becomes_hidden(&self, name: &str, defined: bool) -> bool {
        self.hides && (defined && self.private.contains_key(name) || self.bound(name).is_some())
    }

    /// What a local symbol is called afterwards that is the signature of a group whose definitions become private.
    pub fn local_signature(&self, name: &str) -> String {
        format!("{name}.{}", self.tag)
    }

    pub fn section<'n>(&'n self, name: &'n str) -> &'n str {
        self.renamed_sections.get(name).map_or(name, String::as_str)
    }

    /// Whether a symbol becomes weak that is defined by a section: type information that a rename leaves alone; with
    /// `--by weaken` the private ones. (Commons merge by themselves.)
    pub fn becomes_weak(&self, name: &str, in_section: bool) -> bool {
        let names = self.private.contains_key(name) && self.by == "weaken";
        in_section && (names || self.renames() && self.typeinfo.contains(name))
    }

    pub fn renames(&self) -> bool {
        self.by == "rename"
    }

    /// New names are new: none equals another, nor any name in `before`.
    pub fn assert_names_are_new(&self, before: &BTreeSet<String>) {
        let fresh: BTreeSet<&String> = self.private.values().collect();
        assert_eq!(fresh.len(), self.private.len(), "two symbols would share a name");
        for (old, new) in &self.private {
            if !self.renames() {
                assert_eq!(old, new);
            }
            assert!(!self.renames() || !before.contains(new), "{old} would become {new}, which is taken");
            assert!(!self.kept.contains(old), "{old} is both kept and private");
        }
    }
}
