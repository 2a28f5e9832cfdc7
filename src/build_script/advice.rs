//! Why the script fails, with what may help.

use std::path::Path;

use super::directives;
use crate::audit::Audit;
use crate::error::Error;

/// Prints `error`, and what `audit` finds wrong with the archive that it is about.
pub(super) fn print(error: &Error, archive: Option<&Path>) {
    directives::error(&error.to_string());
    error.help().iter().for_each(|help| directives::error(&format!("help: {help}")));
    // An archive that cannot be read was the error already.
    let audited = archive.and_then(|archive| Audit::default().run(&[archive]).ok());
    for finding in audited.iter().flat_map(|report| &report.archives).flat_map(|archive| &archive.findings) {
        if finding.counts {
            directives::error(&format!("audit: {} [{}]", finding.what, finding.lint));
            finding.mend.iter().for_each(|mend| directives::error(&format!("help: {mend}")));
        }
    }
}
