//! Lists in pages: a cursor names the last record seen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::Error;
use crate::register::{Kind, Record};

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct Ask {
    /// At most so many, from 1 to 1000; 100 where absent.
    pub limit: Option<u32>,
    /// `next` of the page before; the beginning where absent.
    pub cursor: Option<String>,
}

/// Part of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
}

impl Ask {
    /// The place in the chain after which the page begins, and how many records it has at most.
    ///
    /// Errors: `wrong_value` for a cursor that is none of ours or a limit out of range.
    pub fn place(&self) -> Result<(i64, i64), Error> {
        let wrong = |field: &str, said: &str| Error::WrongValue {
            file: None,
            line: None,
            field: Some(field.to_owned()),
            said: said.to_owned(),
        };
        let limit = i64::from(self.limit.unwrap_or(100));
        if !(1..=1000).contains(&limit) {
            return Err(wrong("limit", "1–1000"));
        }
        let after = match &self.cursor {
            None => 0,
            Some(cursor) => {
                let number = cursor.strip_prefix('n').and_then(|number| number.parse::<i64>().ok());
                number.ok_or_else(|| wrong("cursor", cursor))?
            }
        };
        Ok((after, limit))
    }
}

/// The records of `kind` that are not superseded, in the order recorded, and the cursor of the next page.
///
/// Errors: `wrong_value` for a cursor that is none of ours or a limit out of range.
pub async fn records(app: &App, kind: Kind, ask: &Ask) -> Result<(Vec<Record>, Option<String>), Error> {
    let (after, limit) = ask.place()?;
    let organisation = &app.config.data.organisation;
    let mut records = app.register.list(organisation, kind, after, limit + 1, None).await?;
    let more = records.len() as i64 > limit;
    records.truncate(limit as usize);
    let next = records.last().filter(|_| more).map(|record| format!("n{}", record.number));
    Ok((records, next))
}

/// Data assets.
pub type AssetPage = Page<crate::work::asset::AssetRecord>;
/// Valuations.
pub type ValuationPage = Page<crate::work::valuation::ValuationRecord>;
/// Price models.
pub type ModelPage = Page<crate::work::model::record::ModelSummary>;
