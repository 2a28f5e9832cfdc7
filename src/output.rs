//! Where a result goes, and how it gets there: into a temporary file beside the target, which takes the target's
//! place by one rename when it is complete and verified. Until then the target is untouched.

mod slices;

use std::fs::{self, File, FileTimes, Metadata, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

pub(crate) use slices::commit_all;
use tempfile::NamedTempFile;

use crate::error::{Error, Result};
use crate::input::{Input, SliceOf};

/// Where results go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Output {
    /// Each archive is replaced.
    #[default]
    InPlace,
    /// One archive's result goes to this file.
    File(PathBuf),
    /// Each result goes to this folder, under its archive's file name.
    Directory(PathBuf),
    /// One archive's result goes to standard output.
    Stdout,
    /// Nothing is written; the report says what would be.
    Nowhere,
}

impl Output {
    /// What `-o PATH` means: `-` is standard output, an existing folder or a trailing slash a folder.
    pub fn from_path(path: PathBuf) -> Self {
        if path == Path::new("-") {
            Self::Stdout
        } else if path.as_os_str().as_encoded_bytes().ends_with(b"/") || path.is_dir() {
            Self::Directory(path)
        } else {
            Self::File(path)
        }
    }

    /// The target of each input.
    ///
    /// # Errors
    /// Usage: several archives for one file, two of one file name for one folder, standard input in place.
    pub(crate) fn targets(&self, inputs: &[Input]) -> Result<Vec<Target>> {
        // The slices of a fat file are one file.
        let is_first =
            |at: usize| !inputs[..at].iter().any(|before| is_beside(before.slice_of(), inputs[at].slice_of()));
        if (0..inputs.len()).filter(|&at| is_first(at)).count() > 1 {
            if matches!(self, Self::File(_) | Self::Stdout) {
                return Err(
                    Error::usage("several archives cannot go to one output").with_help("name a folder: -o DIR/")
                );
            }
            if inputs.iter().any(Input::is_stdin) {
                return Err(Error::usage("standard input goes with no other archive"));
            }
        }
        let targets = inputs.iter().map(|input| self.target(input)).collect::<Result<Vec<_>>>()?;
        for (at, target) in targets.iter().enumerate() {
            let clashes =
                |other: &Target| other.file == target.file && !is_beside(other.slice.as_ref(), target.slice.as_ref());
            if target.path.is_some() && targets[..at].iter().any(clashes) {
                let path = target.path.as_deref().unwrap_or(Path::new(""));
                return Err(Error::usage(format!("two archives would both become {}", path.display())));
            }
        }
        Ok(targets)
    }

    fn target(&self, input: &Input) -> Result<Target> {
        let path = match self {
            Self::Nowhere | Self::Stdout => {
                let slice = input.slice_of().cloned();
                return Ok(Target {
                    path: None,
                    file: PathBuf::new(),
                    folder: None,
                    existing: None,
                    mode: None,
                    slice,
                });
            }
            Self::InPlace | Self::Directory(_) if input.is_stdin() => {
                return Err(
                    Error::usage("standard input has no file to replace").with_help("say where to: -o FILE, or -o -")
                );
            }
            Self::InPlace => input.path.clone(),
            Self::File(path) => path.clone(),
            Self::Directory(folder) => folder.join(input.path.file_name().unwrap_or(input.path.as_os_str())),
        };
        let mut target = Target::resolve(&path).map_err(|error| error.in_archive(&path))?;
        target.slice = input.slice_of().cloned();
        if let Self::Directory(folder) = self {
            target.folder = Some(folder.clone());
        }
        Ok(target)
    }
}

fn is_beside(one: Option<&SliceOf>, other: Option<&SliceOf>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one.is_beside(other))
}

/// A file to be made or replaced; without a path, standard output.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// As it was asked for.
    path: Option<PathBuf>,
    /// With its symbolic links followed.
    file: PathBuf,
    /// The folder to make for it, where one was asked for.
    folder: Option<PathBuf>,
    existing: Option<Metadata>,
    /// The mode that it gets whatever was there before.
    mode: Option<u32>,
    /// The part of a fat file that is to be made; the others go with it.
    slice: Option<SliceOf>,
}

impl Target {
    /// Follows symbolic links, so that the link stays and what it points to is replaced.
    ///
    /// # Errors
    /// I/O; usage, for a folder, and for a file that is read-only.
    pub(crate) fn resolve(path: &Path) -> Result<Self> {
        let file = match fs::canonicalize(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => path.to_path_buf(),
            Err(error) => return Err(Error::io("cannot resolve the output", error)),
        };
        let existing = fs::metadata(&file).ok();
        if let Some(metadata) = &existing {
            if metadata.is_dir() {
                return Err(Error::usage("the output is a folder"));
            }
            // Renaming needs no permission on the file itself; asking for it all the same is what people who
            // protect a file expect, and what tools that write in place do.
            if metadata.permissions().readonly() {
                return Err(Error::usage("the file is read-only").with_help("chmod u+w it, or write elsewhere"));
            }
        }
        Ok(Self { path: Some(path.to_path_buf()), file, folder: None, existing, mode: None, slice: None })
    }

    /// Gives the result the mode of `input`, described by `metadata`, as far as the umask lets new files have it and
    /// without its set-user-ID and set-group-ID bits; where it replaces the input itself, that keeps its mode.
    #[must_use]
    pub(crate) fn mirroring(mut self, metadata: Option<&Metadata>, input: &Input) -> Self {
        let replaces = self.path.as_deref() == Some(&input.path);
        self.mode = metadata.filter(|_| !replaces).map(|metadata| metadata.mode() & 0o1777);
        self
    }

    /// Whether both are one file.
    #[cfg(feature = "manifest")]
    pub fn is_same_file(&self, other: &Self) -> bool {
        // One that is not there yet has no name but what its folder's is.
        let place = |target: &Self| {
            Some((fs::canonicalize(folder_of(&target.file)).ok()?, target.file.file_name()?.to_owned()))
        };
        self.path.is_some() && other.path.is_some() && place(self) == place(other)
    }

    /// Whether it is a device or a pipe, which takes what is written to it and cannot be replaced.
    fn is_special(&self) -> bool {
        self.existing.as_ref().is_some_and(|existing| !existing.is_file())
    }

    /// Whether a folder has to be made for it.
    pub fn makes_folder(&self) -> bool {
        self.folder.as_ref().is_some_and(|folder| !folder.exists())
    }

    /// Where it is, as it was asked for; `None` for standard output.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// A temporary file to write the result to: beside the target, so that the rename stays on one file system.
    ///
    /// # Errors
    /// I/O.
    pub fn stage(self) -> Result<Staged> {
        let mut builder = tempfile::Builder::new();
        let permissions = self.existing.as_ref().map_or(Permissions::from_mode(0o666), Metadata::permissions);
        let permissions = self.mode.map_or(permissions, Permissions::from_mode);
        builder.prefix(".armend-").permissions(permissions);
        if let Some(folder) = &self.folder {
            let failed = |error| Error::io("cannot make the output folder", error).in_archive(folder);
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = match &self.path {
            Some(_) if !self.is_special() => builder.tempfile_in(folder_of(&self.file)),
            _ => builder.tempfile(),
        };
        let file = file.map_err(|error| {
            let folder = folder_of(&self.file);
            let error = match error.kind() == ErrorKind::NotFound && !folder.exists() {
                true => Error::usage("the folder of the output is not there")
                    .with_help(format!("make it, or leave out the file's name: -o {}/ makes it", folder.display())),
                false => Error::io("cannot make a temporary file for the output", error),
            };
            self.path.iter().fold(error, |error, path| error.in_archive(path))
        })?;
        Ok(Staged { target: self, file })
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A result that is not in its place yet. Dropped, it is removed.
#[derive(Debug)]
pub(crate) struct Staged {
    target: Target,
    file: NamedTempFile,
}

impl Staged {
    /// What it is to become.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The temporary file.
    pub fn file(&self) -> &File {
        self.file.as_file()
    }

    /// The temporary file's path.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Gives the result other dates than those of its making.
    ///
    /// # Errors
    /// I/O.
    pub(crate) fn set_times(&self, times: FileTimes) -> Result<()> {
        self.file.as_file().set_times(times).map_err(|error| Error::io("cannot set the output's dates", error))
    }

    /// Puts the result in its place: mode and owner of the file it replaces, then one rename.
    ///
    /// # Errors
    /// I/O; the target is then as it was.
    pub fn commit(self) -> Result<()> {
        let Some(path) = &self.target.path else {
            return self.copy_to(std::io::stdout().lock(), "cannot write to standard output");
        };
        let located = |error: Error| error.in_archive(path);
        if self.target.is_special() {
            let file =
                File::options().write(true).open(path).map_err(|error| Error::io("cannot open the output", error));
            return file.and_then(|file| self.copy_to(file, "cannot write the output")).map_err(located);
        }
        if let Some(existing) = &self.target.existing {
            let file = self.file.as_file();
            // Only root may give files away; anyone else's results are their own, as with every tool that renames.
            let new =
                file.metadata().map_err(|error| located(Error::io("cannot read the output's metadata", error)))?;
            if (new.uid(), new.gid()) != (existing.uid(), existing.gid()) {
                _ = fchown(file, Some(existing.uid()), Some(existing.gid()));
            }
            if self.target.mode.is_none() {
                let kept = file.set_permissions(existing.permissions());
                kept.map_err(|error| located(Error::io("cannot keep the file's mode", error)))?;
            }
            // The original goes away with the rename: what takes its place has to be on disk by then.
            file.sync_data().map_err(|error| located(Error::io("cannot write the output to disk", error)))?;
        }
        self.file
            .persist(&self.target.file)
            .map_err(|error| located(Error::io("cannot replace the file", error.error)))?;
        Ok(())
    }

    /// A reader that has gone away is no error.
    fn copy_to(&self, mut out: impl Write, action: &'static str) -> Result<()> {
        let mut file = self.file.reopen().map_err(|error| Error::io("cannot read the result", error))?;
        match std::io::copy(&mut file, &mut out).and_then(|_| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::io(action, error)),
            _ => Ok(()),
        }
    }
}
