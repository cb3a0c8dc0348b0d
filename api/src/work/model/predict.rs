//! A recorded model put to rows it has not seen.

use std::path::PathBuf;

use pricing_models::error::ModelError;
use pricing_models::hedonic::{Explained, Predicted, Prediction, Predictor};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Model, table};
use crate::app::App;
use crate::error::Error;
use crate::register::Kind;

/// What is asked of a recorded model.
#[derive(Clone, Debug)]
pub struct Question {
    pub model: String,
    /// A CSV or Parquet table.
    pub data: PathBuf,
    /// Level of the intervals.
    pub level: f64,
    /// Whether the contributions are wanted.
    pub explain: bool,
    /// Whether a row with a number outside the rows of the fit is refused rather than marked.
    pub refuse_outside: bool,
}

/// Predictions in the order of the rows.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Predictions {
    pub model_id: String,
    pub level: f64,
    /// `null` where the row was refused.
    pub predictions: Vec<Option<Prediction>>,
    /// Term or fixed effect and its part of the linear predictor, which they sum to; `null` where the row was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contributions: Option<Vec<Option<Map<String, Value>>>>,
    /// The linear predictor of each row: the logarithm of the price for a log model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linear: Option<Vec<Option<f64>>>,
    /// Rows without a prediction, and why.
    pub refused: Vec<Refused>,
    /// Rows with a number outside the rows of the fit: extrapolations.
    pub outside: Vec<Outside>,
}

/// A row that cannot be priced.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Refused {
    /// Counted from 1.
    pub row: u64,
    pub column: String,
    /// `unusable`: missing, undefined or a level the model has not seen; `outside`: beyond the rows of the fit.
    pub reason: String,
}

/// A row with numbers beyond those of the fit.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Outside {
    /// Counted from 1.
    pub row: u64,
    pub columns: Vec<String>,
}

/// Puts a recorded model to the rows of a table.
///
/// Errors: `record_not_found`, those of the table, an unknown column, a model recorded without its predictor.
pub async fn predict(app: &App, question: Question) -> Result<Predictions, Error> {
    let record = app.find(Kind::Model, &question.model).await?;
    let model: Model = serde_json::from_value(record.document).map_err(Error::internal)?;
    let model_id = model.card.model_id;
    let kept = model.predictor.or_else(|| model.price_model.as_ref().map(Predictor::of_price_model));
    let Some(predictor) = kept else {
        return Err(ModelError::NoPredictor { model: model_id }.into());
    };
    app.compute
        .run(move || {
            let frame = table::read(&question.data)?;
            let rows = predictor.explain(&frame, question.level)?;
            Ok(gathered(model_id, rows, &question))
        })
        .await
}

fn gathered(model_id: String, rows: Vec<Explained>, question: &Question) -> Predictions {
    let mut answer = Predictions {
        model_id,
        level: question.level,
        predictions: Vec::with_capacity(rows.len()),
        contributions: question.explain.then(Vec::new),
        linear: question.explain.then(Vec::new),
        refused: Vec::new(),
        outside: Vec::new(),
    };
    for (at, explained) in rows.into_iter().enumerate() {
        let row = at as u64 + 1;
        let Explained { predicted, linear, contributions, outside } = explained;
        let mut refuse = |column: &str, reason: &str| {
            answer.refused.push(Refused { row, column: column.to_owned(), reason: reason.to_owned() });
            None
        };
        let prediction = match (predicted, outside.first()) {
            (Predicted::Unusable { column }, _) => refuse(&column, "unusable"),
            (Predicted::Price(_), Some(column)) if question.refuse_outside => refuse(column, "outside"),
            (Predicted::Price(prediction), _) => Some(prediction),
        };
        if let Some(all) = &mut answer.contributions {
            let parts = || contributions.into_iter().map(|(name, part)| (name, Value::from(part))).collect();
            all.push(prediction.map(|_| parts()));
        }
        if let Some(all) = &mut answer.linear {
            all.push(prediction.map(|_| linear));
        }
        if !outside.is_empty() {
            answer.outside.push(Outside { row, columns: outside });
        }
        answer.predictions.push(prediction);
    }
    answer
}
