//! The files to amend, mapped into memory; and their members, parsed in parallel.

mod thin;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::{Mmap, MmapOptions, UncheckedAdvice};

use crate::archive::fat::Fat;
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
    bytes: Arc<Bytes>,
    /// Which part of a fat file it is.
    slice: Option<SliceOf>,
    len: u64,
    /// A thin archive's members.
    externals: Vec<thin::External>,
}

/// A slice of a fat file.
#[derive(Debug, Clone)]
pub struct SliceOf {
    /// The whole file's header.
    pub fat: Arc<Fat>,
    /// Which slice of it.
    pub position: usize,
    /// The whole file.
    whole: Arc<Bytes>,
}

impl SliceOf {
    /// The bytes of a slice of the same file.
    pub fn original(&self, position: usize) -> &[u8] {
        &self.whole.as_slice()[self.fat.slices[position].range.clone()]
    }

    /// Whether both are of one fat file.
    pub fn is_beside(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.whole, &other.whole)
    }

    fn arch(&self) -> String {
        self.fat.slices[self.position].name()
    }
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
        Self::open_from(path, path, &HashMap::new(), Access::Whole)
    }

    /// Opens archives, or objects; of a fat file each slice as one of its own.
    ///
    /// # Errors
    /// As [`Self::open`]; malformed, for a fat file.
    pub fn open_all(paths: &[impl AsRef<Path>]) -> Result<Vec<Self>> {
        Self::open_each(paths, Access::Whole)
    }

    /// The same to read tables here and there: what is between them is not read ahead.
    ///
    /// # Errors
    /// As [`Self::open_all`].
    pub fn scan_all(paths: &[impl AsRef<Path>]) -> Result<Vec<Self>> {
        Self::open_each(paths, Access::Scattered)
    }

    fn open_each(paths: &[impl AsRef<Path>], access: Access) -> Result<Vec<Self>> {
        let mut inputs = Vec::new();
        for path in paths {
            let input = Self::open_from(path.as_ref(), path.as_ref(), &HashMap::new(), access)?;
            match input.slices()? {
                None => inputs.push(input),
                Some(slices) => inputs.extend(slices),
            }
        }
        Ok(inputs)
    }

    /// Each slice of a fat file as an input of its own; `None` where the file is not fat.
    ///
    /// # Errors
    /// Malformed.
    pub fn slices(&self) -> Result<Option<Vec<Self>>> {
        let fat = Fat::parse(self.bytes()).map_err(|error| error.in_archive(&self.path))?;
        let slices = |fat: Arc<Fat>| (0..fat.slices.len()).map(|position| self.slice(&fat, position)).collect();
        Ok(fat.map(Arc::new).map(slices))
    }

    fn slice(&self, fat: &Arc<Fat>, position: usize) -> Self {
        let slice = SliceOf { fat: Arc::clone(fat), position, whole: Arc::clone(&self.bytes) };
        let len = fat.slices[position].range.len() as u64;
        let (path, bytes) = (self.path.clone(), Arc::clone(&self.bytes));
        Self { path, bytes, slice: Some(slice), len, externals: Vec::new() }
    }

    /// Which part of a fat file it is.
    pub fn slice_of(&self) -> Option<&SliceOf> {
        self.slice.as_ref()
    }

    /// What it is called in reports: the path, and of a fat file's slice the machine, as `libfoo.a(arm64)`.
    pub fn label(&self) -> String {
        let path = printable_path(&self.path);
        self.slice.as_ref().map_or_else(|| path.clone(), |slice| format!("{path}({})", slice.arch()))
    }

    /// The machine that a fat file's slice is for: what is for another never meets it in a link.
    pub fn machine(&self) -> Option<String> {
        self.slice.as_ref().map(SliceOf::arch)
    }

    /// What a member is called in messages: its name, in a fat file with the machine, as `arm64:foo.o`.
    fn member_name<'d>(&self, member: &Member<'d>) -> Cow<'d, [u8]> {
        match self.machine() {
            None => Cow::Borrowed(member.name),
            Some(machine) => Cow::Owned([machine.as_bytes(), b":", member.name].concat()),
        }
    }

    /// Opens `path` as what is to be at this input's path: a thin archive's members are looked for from there, those
    /// files excepted that `staged` says are elsewhere for now.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn reopen(&self, path: &Path, staged: &HashMap<PathBuf, PathBuf>) -> Result<Self> {
        Self::open_from(path, &self.path, staged, Access::Whole)
    }

    /// The file that a thin archive's member is in.
    pub fn member_path(&self, member: &Member<'_>) -> PathBuf {
        thin::path_of(member, &self.path)
    }

    fn open_from(path: &Path, base: &Path, staged: &HashMap<PathBuf, PathBuf>, access: Access) -> Result<Self> {
        let bytes = read(path, access).map_err(|error| Error::io("cannot read the file", error).in_archive(path))?;
        let len = bytes.as_slice().len() as u64;
        let externals = thin::open(bytes.as_slice(), base, staged).map_err(|error| error.in_archive(path))?;
        Ok(Self { path: path.to_path_buf(), bytes: Arc::new(bytes), slice: None, len, externals })
    }

    /// Other bytes in place of the file's, as if they had been read from it; not a thin archive's.
    pub(crate) fn with_bytes(&self, bytes: Vec<u8>) -> Self {
        let bytes = Arc::new(Bytes::Read(bytes));
        Self { path: self.path.clone(), bytes, slice: None, len: self.len, externals: Vec::new() }
    }

    /// The length of the file in bytes.
    pub fn file_len(&self) -> u64 {
        self.len
    }

    /// The file that all of it is mapped from; `None` for what was read, and for a slice.
    pub(crate) fn file(&self) -> Option<&File> {
        match &*self.bytes {
            Bytes::Mapped(_, file) if self.slice.is_none() => Some(file),
            _ => None,
        }
    }

    /// Whether this is standard input.
    pub fn is_stdin(&self) -> bool {
        self.path == Path::new("-")
    }

    /// The whole file, or the slice.
    pub fn bytes(&self) -> &[u8] {
        match &self.slice {
            Some(slice) => slice.original(slice.position),
            None => self.bytes.as_slice(),
        }
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

impl Drop for Bytes {
    /// What is mapped of a large file is given back in parallel: that takes as long as it took to map it.
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        const PART: usize = 32 << 20;
        let Self::Mapped(map, _) = self else { return };
        if map.len() < 2 * PART {
            return;
        }
        parallel::map(map.len() / PART, |part| {
            // SAFETY: nothing refers to the bytes any more, and they would still be the file's.
            _ = unsafe { map.unchecked_advise_range(UncheckedAdvice::DontNeed, part * PART, PART) };
        });
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

/// How a file's bytes are going to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Whole,
    Scattered,
}

fn read(path: &Path, access: Access) -> std::io::Result<Bytes> {
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
    let map = map(&file)?;
    if access == Access::Scattered {
        // Advice alone: without it, all is as before and slower. Before the first look at the bytes, which would read
        // megabytes ahead.
        _ = map.advise(memmap2::Advice::Random);
    }
    Ok(Bytes::Mapped(map, file))
}

#[allow(unsafe_code)]
fn map(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: the map is read-only and lives no longer than the process. What cannot be excluded is that another
    // process truncates or overwrites the file meanwhile: reads then see changed bytes, which all parsing tolerates,
    // or end the process with SIGBUS, before the target is replaced. Archives are replaced by renaming, here and by
    // every common tool, which leaves a mapped file as it was.
    unsafe { Mmap::map(file) }
}

/// Maps a part of a file that is being written; what is read of it has to be written already.
///
/// # Errors
/// I/O.
#[allow(unsafe_code)]
pub(crate) fn map_range(file: &File, range: Range<u64>) -> std::io::Result<Mmap> {
    let len = (range.end - range.start) as usize;
    // SAFETY: the file is a temporary one of this process, which nobody else writes to or cuts short.
    unsafe { MmapOptions::new().offset(range.start).len(len).map(file) }
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
        let touch = || parallel::is_parallel().then(|| Archive::touch_headers(input.bytes()));
        let (archive, _) = parallel::join(|| input.archive(), touch);
        let archive = archive.map_err(|error| error.in_archive(&input.path))?;
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

    /// What a member is called beside the archive's name: `bar.o`, in a fat file `arm64:bar.o`.
    pub fn member_name(&self, member: usize) -> String {
        printable(&self.input.member_name(&self.archive.members[member]))
    }

    /// A member as people write it: `libfoo.a(bar.o)`.
    pub fn member_label(&self, member: usize) -> String {
        format!("{}({})", printable_path(&self.input.path), self.member_name(member))
    }
}

fn located(error: Error, input: &Input, member: &Member<'_>) -> Error {
    let start = input.slice.as_ref().map_or(0, |slice| slice.fat.slices[slice.position].range.start as u64);
    error.in_member(&input.member_name(member), start + member.data_offset()).in_archive(&input.path)
}
