//! Files of a valuation: the working paper and the report, always written from the record.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::app::App;
use crate::error::Error;
use crate::register::{Entry, Kind};
use crate::report::{self, Format};
use crate::whole::{self, sha256};
use crate::work::valuation;
use crate::work::verify::NamedFile;

/// What `report` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WrittenReport {
    pub file: String,
    pub sha256: String,
}

/// A file of valuation `id`, written anew from the record: the same bytes every time.
///
/// Errors: `record_not_found`.
pub async fn bytes(app: &App, id: &str, format: Format) -> Result<Vec<u8>, Error> {
    let (valuation, _) = valuation::whole(app, id).await?;
    app.compute.run(move || Ok(report::write(&valuation, format)?)).await
}

/// Writes a file of valuation `id` to `path`.
///
/// Errors: `record_not_found`; `read_only` or `disk_full` where it cannot be written.
pub async fn write(app: &App, id: &str, format: Format, path: &Path) -> Result<WrittenReport, Error> {
    let bytes = bytes(app, id, format).await?;
    whole::write(path, &bytes).map_err(|cause| Error::of_file(path, &cause))?;
    Ok(WrittenReport { file: path.display().to_string(), sha256: sha256(&bytes) })
}

/// Writes files of valuation `id` below the data folder and records them, so that `verify` watches over them.
pub async fn keep(app: &App, id: &str, formats: &[Format]) -> Result<Vec<PathBuf>, Error> {
    let mut paths = Vec::new();
    let mut files = Vec::new();
    for format in formats {
        let name = format!("{id}.{}", format.ending());
        let path = app.reports_dir().join(&name);
        let written = write(app, id, *format, &path).await?;
        files.push(NamedFile { file: format!("reports/{name}"), sha256: written.sha256 });
        paths.push(path);
    }
    let document = json!({ "valuation_id": id, "files": files });
    // Files of another build of the program are another record.
    let entry = Entry {
        kind: Kind::Report,
        id: format!("{id}.{}", &sha256(document.to_string().as_bytes())[..16]),
        document,
        supersedes: None,
    };
    app.record(entry).await?;
    Ok(paths)
}
