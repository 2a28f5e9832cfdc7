//! Writes manifests, and reads what they say from files.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{ArchiveRecord, Digest, Manifest};
use crate::error::{Error, Result, printable, printable_path};
use crate::input::{Input, ParsedArchive};
use crate::object::Object;
use crate::object::symbol::{Binding, ObjectSymbols, Visibility};
use crate::output::{Output, Staged, Target};
use crate::parallel;
use crate::report::SCHEMA;

/// A manifest about to be made of a run.
#[derive(Debug)]
pub struct Recorder {
    /// The files as they are before the run: replaced ones stay readable.
    inputs: Vec<Input>,
    outputs: Vec<PathBuf>,
    manifest: Staged,
}

impl Recorder {
    /// Gets ready to write the manifest `file` of a run over these archives: what can fail does so before the run.
    ///
    /// # Errors
    /// I/O; usage, for a run that writes no files, a manifest that would replace one of them, and results of one name.
    pub fn start(file: &Path, archives: &[impl AsRef<Path>], output: &Output) -> Result<Self> {
        let inputs = archives.iter().map(|path| Input::open(path.as_ref())).collect::<Result<Vec<_>>>()?;
        if inputs.iter().any(Input::is_stdin) || matches!(output, Output::Stdout | Output::Nowhere) {
            return Err(Error::usage("a manifest is of files that are read and written"));
        }
        let target = Target::resolve(file).map_err(|error| error.in_archive(file))?;
        let results = output.targets(&inputs)?;
        let originals = inputs.iter().map(|input| Target::resolve(&input.path)).collect::<Result<Vec<_>>>()?;
        if originals.iter().chain(&results).any(|other| other.is_same_file(&target)) {
            return Err(Error::usage("the manifest would replace an archive").in_archive(file));
        }
        let outputs: Vec<_> = results.iter().filter_map(|target| target.path().map(Path::to_path_buf)).collect();
        let mut names = BTreeSet::new();
        if let Some(twice) = outputs.iter().find(|path| !names.insert(path.file_name())) {
            let what = "two archives of this name: a manifest could not tell them apart";
            return Err(Error::usage(what).in_archive(twice));
        }
        Ok(Self { inputs, outputs, manifest: target.stage()? })
    }

    /// Writes the manifest, once the run is over.
    ///
    /// # Errors
    /// I/O, malformed results.
    pub fn finish(self, verb: &str, policy: &impl Serialize, report: Option<&impl Serialize>) -> Result<()> {
        let of = |at: usize| ArchiveRecord::of(&self.inputs[at], &self.outputs[at]);
        let archives = parallel::try_map(self.inputs.len(), of)?;
        let unwritable = |error: serde_json::Error| Error::usage(format!("what the manifest is to say: {error}"));
        let manifest = Manifest {
            schema: SCHEMA,
            armend: env!("CARGO_PKG_VERSION").to_owned(),
            verb: verb.to_owned(),
            policy: serde_json::to_value(policy).map_err(unwritable)?,
            archives,
            report: report.map(serde_json::to_value).transpose().map_err(unwritable)?,
        };
        let text = serde_json::to_string_pretty(&manifest).map_err(unwritable)? + "\n";
        let written = self.manifest.file().write_all(text.as_bytes());
        written.map_err(|error| Error::io("cannot write the manifest", error))?;
        self.manifest.commit()
    }
}

impl ArchiveRecord {
    /// Of a file as it was, and of the result.
    fn of(input: &Input, output: &Path) -> Result<Self> {
        let result = Input::open(output)?;
        let archive = printable_path(Path::new(output.file_name().unwrap_or(output.as_os_str())));
        Ok(Self {
            archive,
            input: Digest::of(input.bytes()),
            output: Digest::of(result.bytes()),
            exports: exports(&result)?,
        })
    }
}

impl Digest {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let (crc32, sha256) = parallel::join(|| crc32fast::hash(bytes), || Sha256::digest(bytes));
        let sha256 = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { bytes: bytes.len() as u64, crc32: format!("{crc32:08x}"), sha256 }
    }
}

/// The names that an archive, or an object, has to offer; a fat file those of all its slices.
pub(super) fn exports(input: &Input) -> Result<Vec<String>> {
    let Some(slices) = input.slices()? else { return exports_of_slice(input) };
    let names = slices.iter().map(exports_of_slice).collect::<Result<Vec<_>>>()?;
    Ok(names.into_iter().flatten().collect::<BTreeSet<_>>().into_iter().collect())
}

fn exports_of_slice(input: &Input) -> Result<Vec<String>> {
    let located = |error: Error| error.in_archive(&input.path);
    let members = if input.bytes().starts_with(b"!<") {
        let parsed = ParsedArchive::parse(input)?;
        parallel::try_map(parsed.objects.len(), |at| {
            let symbols = parsed.objects[at].symbols().map_err(|error| parsed.locate(error, at))?;
            Ok(offered(&symbols))
        })?
    } else {
        vec![offered(&Object::parse(input.bytes()).and_then(|object| object.symbols()).map_err(located)?)]
    };
    let names: BTreeSet<String> = members.into_iter().flatten().collect();
    Ok(names.into_iter().collect())
}

fn offered(symbols: &ObjectSymbols<'_>) -> Vec<String> {
    let offered = symbols.symbols.iter().filter(|symbol| {
        symbol.is_definition()
            && symbol.binding != Binding::Local
            && matches!(symbol.visibility, Visibility::Default | Visibility::Protected)
    });
    offered.map(|symbol| printable(symbol.name)).collect()
}
