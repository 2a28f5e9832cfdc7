//! The libraries that will be linked: what each defines. Shared and static ones, objects, and the linker scripts that
//! stand for them (`libc.so`, `libm.a`, `libgcc_s.so`: GNU ld manual, "File Commands").

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::input::{Input, ParsedArchive};
use crate::object::architecture::Architecture;
use crate::object::{Object, dynamic_definitions, dynamic_exports};
use crate::policy::names::text_stub;

/// No linker script that stands for a library is longer.
const LONGEST_SCRIPT: usize = 1 << 16;

/// A library, or an object.
#[derive(Debug)]
pub struct Library {
    /// The file.
    pub path: PathBuf,
    /// What references find in it; versions that have to be asked for with them.
    names: HashSet<Vec<u8>>,
}

impl Library {
    /// Reads a library, and those that it stands for where it is a linker script.
    ///
    /// # Errors
    /// I/O, malformed; usage for a file that is none of these, or is for another machine.
    pub fn read(path: &Path, architecture: Option<Architecture>) -> Result<Vec<Self>> {
        let input = Input::open(path)?;
        let script = std::str::from_utf8(input.bytes()).ok().filter(|text| text.len() <= LONGEST_SCRIPT);
        let Some(files) = script.and_then(files_of_script) else {
            return Ok(vec![Self::of(&input, architecture)?]);
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        let file = |name: String| {
            let found = locate(folder, &name).ok_or_else(|| {
                let what = format!("it is a linker script that names {name}, which is not beside it");
                Error::usage(what).with_help("name the libraries themselves").in_archive(path)
            })?;
            Self::of(&Input::open(&found)?, architecture)
        };
        files.into_iter().map(file).collect()
    }

    fn of(input: &Input, architecture: Option<Architecture>) -> Result<Self> {
        let located = |error: Error| error.in_archive(&input.path);
        let mut names = HashSet::new();
        if input.bytes().starts_with(b"!<") {
            let parsed = ParsedArchive::parse(input)?;
            for (at, object) in parsed.objects.iter().enumerate() {
                let place = |error| parsed.locate(error, at);
                check_machine(object, architecture).map_err(place)?;
                add_definitions(object, &mut names).map_err(place)?;
            }
        } else {
            let object = Object::parse(input.bytes()).map_err(located)?;
            check_machine(&object, architecture).map_err(located)?;
            add_definitions(&object, &mut names).map_err(located)?;
            let is_library = add_exports(input.bytes(), &mut names).map_err(located)?;
            if !is_library && !object.is_linked() {
                let what = "neither a library, nor an object, nor an archive, nor a linker script";
                return Err(located(Error::usage(what)));
            }
        }
        Ok(Self { path: input.path.clone(), names })
    }

    /// Whether a reference of this name finds its definition here; one with a version by that version.
    pub fn defines(&self, name: &[u8]) -> bool {
        self.names.contains(name)
    }
}

/// What a linked library or the text that stands for one (`.tbd`) exports; gives whether it is one.
fn add_exports(data: &[u8], names: &mut HashSet<Vec<u8>>) -> Result<bool> {
    if let Some(definitions) = dynamic_definitions(data)? {
        for definition in definitions {
            if let Some(version) = definition.version {
                names.insert([definition.name, b"@", version].concat());
            }
            if definition.is_default {
                names.insert(definition.name.to_vec());
            }
        }
        return Ok(true);
    }
    if let Some(exports) = dynamic_exports(data)? {
        names.extend(exports.names);
        return Ok(true);
    }
    let Some(text) = std::str::from_utf8(data).ok().filter(|text| text_stub::is_one(text)) else { return Ok(false) };
    names.extend(text_stub::exports(text).into_iter().map(|name| name.as_bytes().to_vec()));
    Ok(true)
}

/// What an object defines for others.
fn add_definitions(object: &Object<'_>, names: &mut HashSet<Vec<u8>>) -> Result<()> {
    let symbols = object.symbols()?.symbols;
    names.extend(symbols.iter().filter(|symbol| symbol.is_definition()).map(|symbol| symbol.name.to_vec()));
    Ok(())
}

fn check_machine(object: &Object<'_>, architecture: Option<Architecture>) -> Result<()> {
    match (object.architecture(), architecture) {
        (Some(found), Some(wanted)) if found != wanted => {
            Err(Error::usage(format!("it is for {}, and the archives are for {}", found.name(), wanted.name())))
        }
        _ => Ok(()),
    }
}

/// The files that a linker script takes in; `None` where it takes in none, as other text does.
fn files_of_script(text: &str) -> Option<Vec<String>> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        plain.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    let spaced = plain.replace('(', " ( ").replace(')', " ) ").replace(',', " ");
    let (mut files, mut depth, mut taken) = (Vec::new(), 0_u32, false);
    let mut words = spaced.split_whitespace().peekable();
    while let Some(word) = words.next() {
        match word {
            "(" => depth += 1,
            ")" => depth = depth.checked_sub(1)?,
            // `AS_NEEDED ( ... )` stands in their lists.
            _ if words.peek() == Some(&"(") => taken = matches!(word, "GROUP" | "INPUT") || depth > 0 && taken,
            _ if depth > 0 && taken => files.push(word.trim_matches('"').to_owned()),
            _ => {}
        }
    }
    (!files.is_empty()).then_some(files)
}

/// A file that a script in `folder` names, by path or as `-lNAME`.
fn locate(folder: &Path, name: &str) -> Option<PathBuf> {
    let names = match name.strip_prefix("-l") {
        Some(library) => vec![format!("lib{library}.so"), format!("lib{library}.a")],
        None => vec![name.to_owned()],
    };
    names.into_iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts() {
        let libc = "/* GNU ld script\n   Use the shared library. */\nOUTPUT_FORMAT(elf64-x86-64)\n\
            GROUP ( /lib/libc.so.6 /usr/lib/libc_nonshared.a  AS_NEEDED ( /lib64/ld-linux-x86-64.so.2 ) )\n";
        let files = ["/lib/libc.so.6", "/usr/lib/libc_nonshared.a", "/lib64/ld-linux-x86-64.so.2"];
        assert_eq!(files_of_script(libc).unwrap(), files);
        assert_eq!(files_of_script("INPUT(-ltinfo)").unwrap(), ["-ltinfo"]);
        assert_eq!(files_of_script("int main(void) { return 0; }"), None);
        assert_eq!(files_of_script("GROUP ( a ) )"), None);
    }
}
