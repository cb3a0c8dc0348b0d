//! Data assets: register, show, list.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
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
    /// Where absent: the first registration, or a change where a record is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Registration>,
}

/// What a registration does: 首次登记、变更、更正、转移、注销.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    First,
    Change,
    Correction,
    Transfer,
    Cancellation,
}

impl Act {
    /// What a registration is that does not say it.
    pub fn implied(supersedes: bool) -> Act {
        if supersedes { Act::Change } else { Act::First }
    }

    pub fn key(self) -> &'static str {
        match self {
            Act::First => "first",
            Act::Change => "change",
            Act::Correction => "correction",
            Act::Transfer => "transfer",
            Act::Cancellation => "cancellation",
        }
    }
}

/// What kind of registration it is, and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    pub act: Act,
    /// The new holder of a transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Ids of recorded evidence files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

/// A registered asset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AssetRecord {
    pub asset_id: String,
    pub asset: DataAsset,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Registration>,
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
    let (asset, registration) = read(&record.document)?;
    Ok(AssetRecord { asset_id: record.id, asset, registration, kept })
}

/// The asset of a record's document, and its registration where that was said.
pub fn read(document: &Value) -> Result<(DataAsset, Option<Registration>), Error> {
    let given = |name: &str| document.get(name).cloned();
    match (given("asset"), given("registration")) {
        (Some(asset), Some(registration)) => Ok((
            serde_json::from_value(asset).map_err(Error::internal)?,
            Some(serde_json::from_value(registration).map_err(Error::internal)?),
        )),
        _ => Ok((serde_json::from_value(document.clone()).map_err(Error::internal)?, None)),
    }
}

fn wrong(field: &str, said: impl Into<String>) -> Error {
    Error::WrongValue { file: None, line: None, field: Some(field.to_owned()), said: said.into() }
}

/// Whether the registration can follow what it replaces.
async fn follows(app: &App, request: &AssetRequest) -> Result<(), Error> {
    let implied = Act::implied(request.supersedes.is_some());
    let act = request.registration.as_ref().map_or(implied, |registration| registration.act);
    if (act == Act::First) != request.supersedes.is_none() {
        return Err(wrong("registration.act", act.key()));
    }
    if let Some(registration) = &request.registration {
        let to = registration.to.as_deref().unwrap_or_default().trim();
        if (act == Act::Transfer) == to.is_empty() {
            return Err(wrong("registration.to", to));
        }
        for evidence in &registration.evidence {
            app.find(Kind::Evidence, evidence).await?;
        }
    }
    let Some(replaced) = &request.supersedes else { return Ok(()) };
    let old = app.register.get(&app.config.data.organisation, Kind::Asset, replaced, None).await?;
    match old.map(|old| read(&old.document)).transpose()? {
        // Nothing follows a cancellation.
        Some((_, Some(Registration { act: Act::Cancellation, .. }))) => {
            Err(wrong("supersedes", format!("{replaced}: cancellation")))
        }
        _ => Ok(()),
    }
}

/// Registers an asset; the second member says whether it is new.
///
/// Errors: `wrong_value` (an id that cannot stand in an address); those of [`crate::register::Register::record`].
pub async fn add(app: &App, request: AssetRequest) -> Result<(AssetRecord, bool), Error> {
    follows(app, &request).await?;
    let mut document = serde_json::to_value(&request.asset).map_err(Error::internal)?;
    if let Some(registration) = &request.registration {
        document = serde_json::json!({ "asset": document, "registration": registration });
    }
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

/// Which assets are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct Search {
    /// At most so many, from 1 to 1000; 100 where absent.
    pub limit: Option<u32>,
    /// `next` of the page before; the beginning where absent.
    pub cursor: Option<String>,
    /// Words that must all stand in a name, a text or an attribute.
    pub q: Option<String>,
    /// As it was known at this moment (RFC 3339); now where absent.
    #[param(value_type = Option<String>)]
    pub known_at: Option<DateTime<Utc>>,
}

/// Assets that hold the words, as known at the moment asked for.
///
/// Errors: those of [`list`].
pub async fn search(app: &App, ask: &Search) -> Result<crate::work::page::Page<AssetRecord>, Error> {
    let page = crate::work::page::Ask { limit: ask.limit, cursor: ask.cursor.clone() };
    if ask.q.is_none() && ask.known_at.is_none() {
        return list(app, &page).await;
    }
    let (after, limit) = page.place()?;
    let known = ask.known_at.map_or_else(|| app.register.now_known(), |at| app.register.as_known_at(at));
    let organisation = &app.config.data.organisation;
    let words = ask.q.as_deref().unwrap_or_default();
    let mut records = known.search(organisation, Kind::Asset, words, after, limit + 1).await?;
    let more = records.len() as i64 > limit;
    records.truncate(limit as usize);
    let next = records.last().filter(|_| more).map(|record| format!("n{}", record.number));
    let mut items = Vec::with_capacity(records.len());
    for record in records {
        items.push(answer(app, record).await?);
    }
    Ok(crate::work::page::Page { items, next })
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
