//! The native libraries that a static library needs, passed on from `rustc --print native-static-libs`.

use std::path::{Path, PathBuf};

use super::directives::Directives;

/// Prints `libs` for Cargo, and of `folders` those in which one of them is: a folder of the nested build's own static
/// libraries would hide others from the outer link.
///
/// Returns each as rustc says it.
pub(super) fn pass_on(libs: &str, folders: &[PathBuf], directives: &mut Directives) -> Vec<String> {
    let mut passed: Vec<String> = Vec::new();
    let mut words = libs.split_whitespace();
    while let Some(word) = words.next() {
        let (kind, name) = match word.strip_prefix("-l") {
            Some(name) => ("dylib", name),
            None if word == "-framework" => ("framework", words.next().unwrap_or_default()),
            // As link.exe takes them: `kernel32.lib`, `/defaultlib:msvcrt`.
            None => {
                let name = word.strip_prefix("/defaultlib:").or_else(|| word.strip_suffix(".lib"));
                ("dylib", name.unwrap_or_default())
            }
        };
        let text = if kind == "framework" { format!("-framework {name}") } else { word.to_owned() };
        if passed.contains(&text) {
            continue;
        }
        match name {
            "" => directives.warn(&format!("the final link needs {word} as well, which no build script can ask for")),
            name => directives.link_native(kind, name),
        }
        folders.iter().filter(|folder| has_library(folder, name)).for_each(|folder| directives.search_native(folder));
        passed.push(text);
    }
    passed
}

fn has_library(folder: &Path, name: &str) -> bool {
    let files = ["lib{}.so", "lib{}.dylib", "lib{}.tbd", "lib{}.a", "lib{}.dll.a", "{}.lib"];
    files.iter().any(|file| folder.join(file.replace("{}", name)).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_platforms_libraries() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("libm.so"), "").unwrap();
        let mut directives = Directives::default();
        let libs =
            "-lgcc_s -lm -lm -framework Security -liconv -framework Security kernel32.lib /defaultlib:msvcrt -Wl,-x";
        let passed = pass_on(libs, &[folder.path().into(), "/nowhere".into()], &mut directives);
        let kinds =
            ["-lgcc_s", "-lm", "-framework Security", "-liconv", "kernel32.lib", "/defaultlib:msvcrt", "-Wl,-x"];
        assert_eq!(passed, kinds);
        let expected = [
            "rustc-link-lib=dylib=gcc_s",
            "rustc-link-lib=dylib=m",
            &format!("rustc-link-search=native={}", folder.path().display()),
            "rustc-link-lib=framework=Security",
            "rustc-link-lib=dylib=iconv",
            "rustc-link-lib=dylib=kernel32",
            "rustc-link-lib=dylib=msvcrt",
            "warning=the final link needs -Wl,-x as well, which no build script can ask for",
        ];
        assert_eq!(directives.lines(), expected.map(|line| format!("cargo::{line}")));
    }
}
