//! The files to amend, mapped into memory; and their members, parsed in parallel.

mod thin;

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use crate::archive::{Archive, Member};
use crate::error::{Error, Result, printable, printable_path};
use crate::object::Object;
use crate::object::capabilities::Operation;
use crate::parallel;

/// What an archive's bytes are read from.
#[derive(Debug)]
pub struct Input {
    /// The path as given; `-` for standard input.
    pub path: PathBuf,
    bytes: Bytes,
    len: u64,
    /// A thin archive's members.
    externals: Vec<thin::External>,
}

#[derive(Debug)]
enum Bytes {
    Mapped(Mmap, File),
    Read(Vec<u8>),
}

impl Input {
    /// Opens `path`, and the files that a thin archive's members are in; `-` reads standard input to its end.
    ///
    /// # Errors
    /// I/O, with the path; malformed, for a thin archive.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_from(path, path, &HashMap::new())
    }

    /// Opens `path` to read tables here and there: what is between them is not read ahead.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_scattered(path: &Path) -> Result<Self> {
        let input = Self::open(path)?;
        if let Bytes::Mapped(map, _) = &input.bytes {
            // Advice alone: without it, all is as before and slower.
            _ = map.advise(memmap2::Advice::Random);
        }
        Ok(input)
    }

    /// Opens `path` as what is to be at this input's path: a thin archive's members are looked for from there, those
    /// files excepted that `staged` says are elsewhere for now.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn reopen(&self, path: &Path, staged: &HashMap<PathBuf, PathBuf>) -> Result<Self> {
        Self::open_from(path, &self.path, staged)
    }

    /// The file that a thin archive's member is in.
    pub fn member_path(&self, member: &Member<'_>) -> PathBuf {
        thin::path_of(member, &self.path)
    }

    fn open_from(path: &Path, base: &Path, staged: &HashMap<PathBuf, PathBuf>) -> Result<Self> {
        let bytes = read(path).map_err(|error| Error::io("cannot read the file", error).in_archive(path))?;
        let len = bytes.as_slice().len() as u64;
        let externals = thin::open(bytes.as_slice(), base, staged).map_err(|error| error.in_archive(path))?;
        Ok(Self { path: path.to_path_buf(), bytes, len, externals })
    }

    /// Other bytes in place of the file's, as if they had been read from it; not a thin archive's.
    pub(crate) fn with_bytes(&self, bytes: Vec<u8>) -> Self {
        Self { path: self.path.clone(), bytes: Bytes::Read(bytes), len: self.len, externals: Vec::new() }
    }

    /// The length of the file in bytes.
    pub fn file_len(&self) -> u64 {
        self.len
    }

    /// The file that the bytes are mapped from; `None` for what was read.
    pub(crate) fn file(&self) -> Option<&File> {
        match &self.bytes {
            Bytes::Mapped(_, file) => Some(file),
            Bytes::Read(_) => None,
        }
    }

    /// Whether this is standard input.
    pub fn is_stdin(&self) -> bool {
        self.path == Path::new("-")
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// The archive in it, every member with its data.
    ///
    /// # Errors
    /// Malformed or unsupported, with the offset.
    pub fn archive(&self) -> Result<Archive<'_>> {
        let mut archive = Archive::parse(self.bytes())?;
        for (member, external) in archive.members.iter_mut().zip(&self.externals) {
            member.data = external.data();
        }
        Ok(archive)
    }
}

impl Bytes {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Mapped(map, _) => map,
            Self::Read(bytes) => bytes,
        }
    }
}

fn read(path: &Path) -> std::io::Result<Bytes> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(Bytes::Read(bytes));
    }
    let mut file = File::open(path)?;
    if !file.metadata()?.is_file() {
        // A pipe or a device has no length to map.
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        return Ok(Bytes::Read(bytes));
    }
    Ok(Bytes::Mapped(map(&file)?, file))
}

#[allow(unsafe_code)]
fn map(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: the map is read-only and lives no longer than the process. What cannot be excluded is that another
    // process truncates or overwrites the file meanwhile: reads then see changed bytes, which all parsing tolerates,
    // or end the process with SIGBUS, before the target is replaced. Archives are replaced by renaming, here and by
    // every common tool, which leaves a mapped file as it was.
    unsafe { Mmap::map(file) }
}

/// An input with its archive, its members recognised.
#[derive(Debug)]
pub struct ParsedArchive<'d> {
    /// Where the bytes are from.
    pub input: &'d Input,
    /// The archive.
    pub archive: Archive<'d>,
    /// What each member is.
    pub objects: Vec<Object<'d>>,
}

impl<'d> ParsedArchive<'d> {
    /// Parses an input and, in parallel, its members.
    ///
    /// # Errors
    /// Malformed or unsupported, with file, member and offset.
    pub fn parse(input: &'d Input) -> Result<Self> {
        let archive = input.archive().map_err(|error| error.in_archive(&input.path))?;
        let members = &archive.members;
        let parse = |at: usize| Object::parse(members[at].data).map_err(|error| located(error, input, &members[at]));
        let objects = parallel::try_map(members.len(), parse)?;
        Ok(Self { input, archive, objects })
    }

    /// That the archive was not cut short, as far as its index can tell.
    ///
    /// # Errors
    /// Malformed.
    pub fn check_whole(&self) -> Result<()> {
        let len = self.input.bytes().len() as u64;
        self.archive.check_index_bounds(len).map_err(|error| error.in_archive(&self.input.path))
    }

    /// That the formats of all members can express an operation.
    ///
    /// # Errors
    /// Unsupported, with the reason, for the first member whose cannot.
    pub fn check(&self, operation: Operation) -> Result<()> {
        let mut objects = self.objects.iter().enumerate();
        objects
            .try_for_each(|(at, object)| object.capabilities().check(operation).map_err(|error| self.locate(error, at)))
    }

    /// Gives an error the place of a member of this archive.
    pub fn locate(&self, error: Error, member: usize) -> Error {
        located(error, self.input, &self.archive.members[member])
    }

    /// A member as people write it: `libfoo.a(bar.o)`.
    pub fn member_label(&self, member: usize) -> String {
        let name = self.archive.members[member].name;
        format!("{}({})", printable_path(&self.input.path), printable(name))
    }
}

fn located(error: Error, input: &Input, member: &Member<'_>) -> Error {
    error.in_member(member.name, member.data_offset()).in_archive(&input.path)
}
