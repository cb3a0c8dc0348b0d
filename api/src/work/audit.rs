//! The organisation's chain as a proof: every link with the hashes of the files its record names. Whoever keeps the hash of
//! its last line can show later that nothing before it was changed; the recipe is in `api/DESIGN.md`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::App;
use crate::error::Error;
use crate::register::{Kept, Link};
use crate::work::page::{Ask, Page};
use crate::work::verify::NamedFile;

/// One link, as exported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChainLink {
    pub organisation: String,
    pub number: i64,
    pub recorded_at: String,
    pub actor: String,
    pub kind: String,
    pub id: String,
    /// SHA-256 of the record's content.
    pub record_hash: String,
    /// Hash of the link before; 64 zeros for the first.
    pub previous: String,
    /// SHA-256 of the JSON array of the eight members above, in this order.
    pub hash: String,
    /// Files the record names, with their hashes.
    pub files: Vec<NamedFile>,
}

pub type ChainPage = Page<ChainLink>;

impl ChainLink {
    fn of(organisation: &str, kept: Kept) -> ChainLink {
        let Link { number, recorded_at, actor, kind, id, record_hash, previous, hash } = kept.link;
        let document: Value = serde_json::from_str(&kept.row.document).unwrap_or_default();
        let named = document.get("files").and_then(Value::as_array).into_iter().flatten();
        let files = named.filter_map(|file| serde_json::from_value(file.clone()).ok()).collect();
        let organisation = organisation.to_owned();
        ChainLink { organisation, number, recorded_at, actor, kind, id, record_hash, previous, hash, files }
    }
}

/// Part of the organisation's chain.
///
/// Errors: `wrong_value`; `register_damaged`.
pub async fn list(app: &App, ask: &Ask) -> Result<ChainPage, Error> {
    let (after, limit) = ask.place()?;
    let organisation = &app.config.data.organisation;
    let places = app.register.places(organisation, after, limit).await?;
    let more = places.len() as i64 == limit;
    let items: Vec<ChainLink> = places.into_iter().map(|kept| ChainLink::of(organisation, kept)).collect();
    let next = items.last().filter(|_| more).map(|link| format!("n{}", link.number));
    Ok(Page { items, next })
}

/// The whole chain, one JSON object a line.
pub async fn export(app: &App) -> Result<Vec<u8>, Error> {
    let mut lines = Vec::new();
    let mut ask = Ask { limit: Some(1000), cursor: None };
    loop {
        let page = list(app, &ask).await?;
        for link in &page.items {
            serde_json::to_writer(&mut lines, link).map_err(Error::internal)?;
            lines.push(b'\n');
        }
        ask.cursor = page.next;
        if ask.cursor.is_none() {
            return Ok(lines);
        }
    }
}
