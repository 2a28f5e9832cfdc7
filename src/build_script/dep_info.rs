//! Cargo's dep-info files: beside an artifact, in make's syntax, what it was made from. (Cargo book, "Build cache,
//! Dep-info files".)

use std::path::PathBuf;

/// The files that the first rule names; spaces in their names are escaped.
pub(super) fn parse(text: &str) -> Vec<PathBuf> {
    let rule = text.lines().next().unwrap_or_default();
    let Some((_, names)) = rule.split_once(": ") else { return Vec::new() };
    let mut files = Vec::new();
    let mut name = String::new();
    for part in names.split(' ') {
        match part.strip_suffix('\\') {
            Some(start) => name.extend([start, " "]),
            None => files.push(PathBuf::from(std::mem::take(&mut name) + part)),
        }
    }
    files.retain(|file| !file.as_os_str().is_empty());
    files
}

#[cfg(test)]
mod tests {
    use super::parse;
    use std::path::Path;

    #[test]
    fn names_with_spaces_are_one() {
        let parsed = parse("/t/lib\\ a.a: /s/a\\ b\\ c.txt /s/lib.rs /s/d\\ \n\n/other: /s/x\n");
        assert_eq!(parsed, ["/s/a b c.txt", "/s/lib.rs", "/s/d "].map(Path::new));
        assert_eq!(parse("/t/lib.a:"), [] as [&Path; 0]);
    }
}
