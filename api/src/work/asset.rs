//! Data assets: register, show, list.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::asset::DataAsset;

use crate::app::App;
use crate::error::Error;
use crate::register::{Entry, Kind, Record, Superseded};
use crate::whole::sha256;

/// What is sent to register an asset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssetRequest {
    /// Made by the caller, so that a retry is harmless; else made from the content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub asset: DataAsset,
    /// The record this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<String>,
    /// Why it is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A registered asset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AssetRecord {
    pub asset_id: String,
    pub asset: DataAsset,
    #[serde(flatten)]
    pub kept: Kept,
}

/// What every record says about how it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Kept {
    /// Its place in the organisation's chain, counted from 1.
    pub number: i64,
    pub recorded_at: String,
    pub actor: String,
    pub supersedes: Option<String>,
    pub reason: Option<String>,
    pub superseded_by: Option<String>,
    /// SHA-256 of the record's content.
    pub record_hash: String,
}

impl Kept {
    /// How `record` is kept.
    pub async fn of(app: &App, kind: Kind, record: &Record) -> Result<Kept, Error> {
        let superseded_by = app.register.superseded_by(&app.config.data.organisation, kind, &record.id, None).await?;
        Ok(Kept {
            number: record.number,
            recorded_at: record.recorded_at.clone(),
            actor: record.actor.clone(),
            supersedes: record.supersedes.clone(),
            reason: record.reason.clone(),
            superseded_by,
            record_hash: record.hash.clone(),
        })
    }
}

async fn answer(app: &App, record: Record) -> Result<AssetRecord, Error> {
    let kept = Kept::of(app, Kind::Asset, &record).await?;
    let asset = serde_json::from_value(record.document).map_err(Error::internal)?;
    Ok(AssetRecord { asset_id: record.id, asset, kept })
}

/// Registers an asset; the second member says whether it is new.
///
/// Errors: `wrong_value` (an id that cannot stand in an address); those of [`crate::register::Register::record`].
pub async fn add(app: &App, request: AssetRequest) -> Result<(AssetRecord, bool), Error> {
    let document = serde_json::to_value(&request.asset).map_err(Error::internal)?;
    let id = match request.id.or_else(|| request.asset.code.clone()) {
        Some(id) => id,
        None => format!("A-{}", &sha256(document.to_string().as_bytes())[..16]),
    };
    id_fits(&id)?;
    let supersedes = request
        .supersedes
        .map(|replaced| Superseded { id: replaced, reason: request.reason.clone().unwrap_or_default() });
    let recorded = app.record(Entry { kind: Kind::Asset, id, document, supersedes }).await?;
    Ok((answer(app, recorded.record).await?, recorded.fresh))
}

/// The asset `id`.
pub async fn show(app: &App, id: &str) -> Result<AssetRecord, Error> {
    let record = app.find(Kind::Asset, id).await?;
    answer(app, record).await
}

/// Assets that are not superseded.
pub async fn list(app: &App, page: &crate::work::page::Ask) -> Result<crate::work::page::Page<AssetRecord>, Error> {
    let (records, next) = crate::work::page::records(app, Kind::Asset, page).await?;
    let mut items = Vec::with_capacity(records.len());
    for record in records {
        items.push(answer(app, record).await?);
    }
    Ok(crate::work::page::Page { items, next })
}

/// An id of the caller's making stands in addresses and file names.
pub fn id_fits(id: &str) -> Result<(), Error> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !id.is_empty() && id.chars().count() <= 100 && id.chars().all(allowed) && !id.starts_with('.') {
        return Ok(());
    }
    let said = format!("{id}: a–z 0–9 - _ . , 1–100");
    Err(Error::WrongValue { file: None, line: None, field: Some("id".to_owned()), said })
}
