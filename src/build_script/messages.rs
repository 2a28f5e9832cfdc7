//! What the nested Cargo says: one JSON document a line. (Cargo book, "External tools, JSON messages".)

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::json::Json;

/// What the messages of one run said.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// The static library: the one built last, as all else is something that it needs.
    pub archive: Option<PathBuf>,
    /// The manifests of packages in folders, which may change.
    pub manifests: BTreeSet<PathBuf>,
    /// What rustc says that a static library needs: `-lm -framework Security`.
    pub native_libs: String,
    /// Where build scripts said that libraries are.
    pub search_paths: Vec<PathBuf>,
    /// The folders that build scripts wrote to.
    pub out_dirs: Vec<PathBuf>,
}

impl Messages {
    /// Takes a line in. What it has for people is returned.
    pub fn take(&mut self, line: &str) -> Option<String> {
        let Some(message) = Json::parse(line) else { return Some(format!("{line}\n")) };
        match message.text("reason") {
            "compiler-message" => return self.take_diagnostic(message.get("message")?),
            "compiler-artifact" => self.take_artifact(&message),
            "build-script-executed" => {
                // `native=FOLDER`, or a folder alone.
                let paths =
                    message.texts("linked_paths").map(|path| path.split_once('=').map_or(path, |(_, path)| path));
                self.search_paths.extend(paths.map(PathBuf::from));
                self.out_dirs.push(message.text("out_dir").into());
            }
            _ => {}
        }
        None
    }

    fn take_diagnostic(&mut self, diagnostic: &Json) -> Option<String> {
        const NOTE: &str = "link against the following native artifacts";
        let text = diagnostic.text("message");
        match text.strip_prefix("native-static-libs:") {
            Some(libs) => self.native_libs = libs.trim().to_owned(),
            None if text.starts_with(NOTE) => {}
            None => return Some(diagnostic.text("rendered").to_owned()),
        }
        None
    }

    fn take_artifact(&mut self, message: &Json) {
        if message.text("package_id").contains("path+file:") {
            self.manifests.insert(message.text("manifest_path").into());
        }
        if message.get("target").is_some_and(|target| target.texts("crate_types").any(|kind| kind == "staticlib")) {
            let mut files = message.texts("filenames").map(PathBuf::from);
            let archive = files.find(|file| file.extension().is_some_and(|name| name == "a" || name == "lib"));
            self.archive = archive.or(self.archive.take());
        }
    }
}
