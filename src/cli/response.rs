//! Response files: `@FILE` stands for the arguments in FILE, separated by white space and quoted as in a shell.

use std::ffi::OsString;

use anyhow::{Context, Result, bail};

/// Replaces each `@FILE`. Response files do not nest.
pub fn expand(arguments: impl Iterator<Item = OsString>) -> Result<Vec<OsString>> {
    let mut expanded = Vec::new();
    for argument in arguments {
        match argument.to_str().and_then(|text| text.strip_prefix('@')) {
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).with_context(|| format!("{path}: cannot read the response file"))?;
                expanded.extend(split(&text).with_context(|| path.to_owned())?.into_iter().map(OsString::from));
            }
            None => expanded.push(argument),
        }
    }
    Ok(expanded)
}

fn split(text: &str) -> Result<Vec<String>> {
    let mut arguments = Vec::new();
    let mut current: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => match chars.next() {
                Some(escaped) => current.get_or_insert_default().push(escaped),
                None => bail!("a backslash at the end"),
            },
            (c, Some(open)) if c == open => quote = None,
            (c, Some(_)) => current.get_or_insert_default().push(c),
            ('\'' | '"', None) => {
                quote = Some(c);
                current.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => arguments.extend(current.take()),
            (c, None) => current.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        bail!("a quote that is not closed");
    }
    arguments.extend(current);
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn arguments_are_split_as_a_shell_does() {
        assert_eq!(
            split("isolate  a.a\n--keep 'k *' \"q\\\"\" x\\ y ''").unwrap(),
            ["isolate", "a.a", "--keep", "k *", "q\"", "x y", ""]
        );
        assert!(split("'a").is_err() && split("a\\").is_err());
    }
}
