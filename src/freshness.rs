//! Whether the amended archive is still what a run would make: by content, never by date.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::input::Input;
use crate::isolate::Isolate;

/// What a result was made from, kept in a file beside it.
#[derive(Debug)]
pub struct Stamp {
    file: PathBuf,
    result: PathBuf,
    made_from: String,
}

impl Stamp {
    /// Of the result that `policy` made of these files: the archive as it was, where it is still there, and those that
    /// the policy names.
    ///
    /// # Errors
    /// I/O: a file cannot be read.
    pub fn of(sources: &[&Path], policy: &Isolate, result: &Path) -> Result<Self> {
        let mut made_from = format!("armend {}\n{policy:?}\n", env!("CARGO_PKG_VERSION"));
        for path in sources {
            made_from += &format!("{}\n", content(path)?);
        }
        let mut file = result.to_path_buf().into_os_string();
        file.push(".stamp");
        Ok(Self { file: file.into(), result: result.to_path_buf(), made_from })
    }

    /// Whether the result is there, as it was written, and made from the same.
    ///
    /// # Errors
    /// I/O, where the result is there and cannot be read.
    pub fn is_current(&self) -> Result<bool> {
        let stamp = fs::read_to_string(&self.file).unwrap_or_default();
        Ok(stamp.starts_with(&self.made_from) && self.result.exists() && stamp == self.text()?)
    }

    /// Whether the result is as it was written, whatever it was made from.
    ///
    /// # Errors
    /// I/O, where the result cannot be read.
    pub fn is_result(&self) -> Result<bool> {
        let stamp = fs::read_to_string(&self.file).unwrap_or_default();
        Ok(!stamp.is_empty() && stamp.lines().last() == Some(&content(&self.result)?))
    }

    /// Notes what the result was made from.
    ///
    /// # Errors
    /// I/O.
    pub fn write(&self) -> Result<()> {
        fs::write(&self.file, self.text()?).map_err(|error| Error::io("cannot write", error).in_archive(&self.file))
    }

    fn text(&self) -> Result<String> {
        Ok(format!("{}{}\n", self.made_from, content(&self.result)?))
    }
}

/// Length and checksum.
fn content(path: &Path) -> Result<String> {
    let input = Input::open(path)?;
    Ok(format!("{} {:08x}", input.bytes().len(), crc32fast::hash(input.bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_current_until_anything_that_it_came_from_changes() {
        let folder = tempfile::tempdir().unwrap();
        let [archive, list, result] = ["in.a", "list", "out.a"].map(|name| folder.path().join(name));
        [&archive, &list, &result].into_iter().for_each(|path| fs::write(path, "content").unwrap());
        let policy = Isolate::new();
        let stamp = |policy: &Isolate| Stamp::of(&[&archive, &list], policy, &result).unwrap();
        assert!(!stamp(&policy).is_current().unwrap(), "never stamped");
        stamp(&policy).write().unwrap();
        assert!(stamp(&policy).is_current().unwrap());
        assert!(!stamp(&Isolate::new().keep("a")).is_current().unwrap());
        assert!(stamp(&Isolate::new().keep("a")).is_result().unwrap());
        for changed in [&archive, &list, &result] {
            fs::write(changed, "CONTENT").unwrap();
            assert!(!stamp(&policy).is_current().unwrap(), "{}", changed.display());
            assert_eq!(stamp(&policy).is_result().unwrap(), changed != &result);
            fs::write(changed, "content").unwrap();
            assert!(stamp(&policy).is_current().unwrap());
        }
        fs::remove_file(&result).unwrap();
        assert!(!stamp(&policy).is_current().unwrap());
    }
}
