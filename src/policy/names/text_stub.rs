//! Apple's text-based stubs (`.tbd`), which stand for a dylib: what it exports, by the lists of names in them (LLVM,
//! "TextAPI", versions 1 to 4; the fifth is JSON, and not read).

/// Keys of lists with linkage names.
const LISTS: [&str; 4] = ["symbols", "weak-symbols", "weak-def-symbols", "thread-local-symbols"];

/// Whether a text begins as a stub does.
pub(crate) fn is_one(text: &str) -> bool {
    text.starts_with("--- !tapi-tbd") || text.starts_with("---\narchs:")
}

/// The linkage names behind `exports:` and `reexports:`, in the order of the file. Only what libraries are is read of
/// YAML: keys on lines of their own, lists in brackets over one line or several.
pub(crate) fn exports(text: &str) -> Vec<&str> {
    let (mut names, mut exporting, mut listing) = (Vec::new(), false, false);
    for line in text.lines() {
        let mut rest = line.trim();
        if let Some((key, behind)) = rest.split_once(':').filter(|_| !listing) {
            if !line.starts_with([' ', '-']) {
                exporting = matches!(key, "exports" | "reexports");
            }
            let key = key.trim_start_matches("- ").trim();
            listing = exporting && LISTS.contains(&key) && behind.contains('[');
            rest = behind;
        }
        if listing {
            let list = rest.trim().trim_start_matches('[');
            let end = list.find(']');
            let list = &list[..end.unwrap_or(list.len())];
            let entries = list.split(',').map(|name| name.trim().trim_matches(['\'', '"']));
            names.extend(entries.filter(|name| !name.is_empty()));
            listing = end.is_none();
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_behind_exports() {
        let text = "--- !tapi-tbd\ntbd-version: 4\ntargets: [ arm64-macos ]\ninstall-name: '/usr/lib/libX.dylib'\n\
            exports:\n  - targets: [ arm64-macos ]\n    symbols: [ _a, '_b$X',\n               _c ]\n    \
            weak-symbols: [ __ZdlPv ]\n    objc-classes: [ Thing ]\nundefineds:\n  - targets: [ arm64-macos ]\n    \
            symbols: [ _not ]\nreexports:\n  - targets: [ arm64-macos ]\n    symbols: [ _d ]\n...\n";
        assert!(is_one(text) && !is_one("exports:\n"));
        assert_eq!(exports(text), ["_a", "_b$X", "_c", "__ZdlPv", "_d"]);
    }
}
