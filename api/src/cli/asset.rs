//! `hengshu asset add|show|list`.

use std::path::PathBuf;

use clap::Subcommand;
use valuation::asset::DataAsset;
use valuation::words::{self, Language};

use crate::cli::{Answer, Global};
use crate::error::Error;
use crate::register::Access;
use crate::table::Table;
use crate::work::asset::{self, AssetRecord, AssetRequest};
use crate::work::document;
use crate::work::page::Ask;

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Register the asset that a file (JSON or TOML) describes.
    Add {
        file: PathBuf,
        /// Id; else the asset's code; else made from the content.
        #[arg(long)]
        id: Option<String>,
        /// The record this one replaces.
        #[arg(long, requires = "reason")]
        supersedes: Option<String>,
        /// Why it is replaced.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Show one asset.
    Show { id: String },
    /// List assets that are not superseded.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// `next` of the page before.
        #[arg(long)]
        cursor: Option<String>,
    },
}

impl Verb {
    pub async fn run(self, global: &Global) -> Result<Answer, Error> {
        let language = global.language();
        match self {
            Verb::Add { file, id, supersedes, reason } => {
                let asset: DataAsset = document::read(&file)?;
                let request = AssetRequest { id, asset, supersedes, reason, registration: None };
                let add = async move |app: &crate::app::App| {
                    let (record, _) = asset::add(app, request).await?;
                    Answer::done(&record, table(std::slice::from_ref(&record), language))
                };
                global.with_app(Access::Write, add).await
            }
            Verb::Show { id } => {
                let show = async move |app: &crate::app::App| {
                    let record = asset::show(app, &id).await?;
                    Answer::done(&record, table(std::slice::from_ref(&record), language))
                };
                global.with_app(Access::Read, show).await
            }
            Verb::List { limit, cursor } => {
                let list = async move |app: &crate::app::App| {
                    let page = asset::list(app, &Ask { limit: Some(limit), cursor }).await?;
                    Answer::done(&page, table(&page.items, language))
                };
                global.with_app(Access::Read, list).await
            }
        }
    }
}

fn table(records: &[AssetRecord], language: Language) -> String {
    let head = ["cli.head.id", "cli.head.asset", "cli.head.recorded_at"];
    Table {
        head: head.iter().map(|key| words::text(key, language)).collect(),
        rows: records
            .iter()
            .map(|record| vec![record.asset_id.clone(), record.asset.name.clone(), record.kept.recorded_at.clone()])
            .collect(),
        right: Vec::new(),
    }
    .text()
}
