//! `hengshu report ID --to html|xlsx|json -o FILE`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::app::App;
use crate::cli::{Answer, Global};
use crate::error::Error;
use crate::register::Access;
use crate::report::Format;
use crate::work;

#[derive(Debug, Args)]
pub struct Report {
    /// A recorded valuation.
    id: String,
    /// Kind of file.
    #[arg(long, value_enum)]
    to: To,
    /// Where to write it; `ID.html` and so on where absent.
    #[arg(short, long)]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum To {
    /// The report.
    Html,
    /// The working paper with live formulas.
    Xlsx,
    /// The report for programs.
    Json,
}

impl Report {
    pub async fn run(self, global: &Global) -> Result<Answer, Error> {
        let format = match self.to {
            To::Html => Format::Html,
            To::Xlsx => Format::Xlsx,
            To::Json => Format::Json,
        };
        let path = self.output.unwrap_or_else(|| PathBuf::from(format!("{}.{}", self.id, format.ending())));
        let id = self.id;
        let write = async move |app: &App| {
            let written = work::report::write(app, &id, format, &path).await?;
            Answer::done(&written, format!("{}  {}", written.file, written.sha256))
        };
        global.with_app(Access::Read, write).await
    }
}
