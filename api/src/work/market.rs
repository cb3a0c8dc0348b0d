//! The trade store as columns that a price model reads.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use datasets::schema::Trade;
use pricing_models::error::ModelError;
use pricing_models::frame::{Column, Frame};
use pricing_models::screen::Rule;
use rust_decimal::prelude::ToPrimitive;
use valuation::market::price_model::{Attribute, Attributes, PriceModel};

/// `month_index` counts months from this one (January 2023), so that two fits mean the same by it.
const MONTH_ZERO: i32 = 2023 * 12;

/// Months from January 2023 to the month of `date`.
pub fn month_index(date: NaiveDate) -> i32 {
    date.year() * 12 + date.month0() as i32 - MONTH_ZERO
}

/// The columns of `trades`, one row a trade.
///
/// Errors: none that these columns can give, but the frame checks them.
pub fn frame(trades: &[Trade]) -> Result<Frame, ModelError> {
    let real = |of: &dyn Fn(&Trade) -> Option<f64>| {
        Column::Real(trades.iter().map(|trade| of(trade).unwrap_or(f64::NAN)).collect())
    };
    let text = |of: &dyn Fn(&Trade) -> String| Column::text(trades.iter().map(of));
    let columns = [
        ("trade_id", text(&|t| t.trade_id.clone())),
        ("price", real(&|t| t.price.and_then(|price| price.to_f64()))),
        ("price_state", text(&|t| t.price_state.code().to_owned())),
        ("price_origin", text(&|t| t.price_origin.code().to_owned())),
        ("traded_on", text(&|t| t.traded_on.to_string())),
        ("month_index", real(&|t| Some(f64::from(month_index(t.traded_on))))),
        ("title_family", text(&|t| t.title_family.clone())),
        ("seller", text(&|t| t.seller.clone().unwrap_or_default())),
        ("records", real(&|t| t.records)),
        ("fields", real(&|t| t.fields)),
        ("size_mb", real(&|t| t.size_mb)),
        ("quality", real(&|t| t.quality)),
        ("history_months", real(&|t| t.history_months)),
        ("category", text(&|t| t.category.clone().unwrap_or_default())),
        ("exchange", text(&|t| t.exchange.clone())),
        ("price_unit", text(&|t| t.price_unit.map_or("", |unit| unit.code()).to_owned())),
        ("update_frequency", text(&|t| t.update_frequency.code().to_owned())),
        ("licence_scope", text(&|t| t.licence_scope.code().to_owned())),
        ("exclusivity", text(&|t| t.exclusivity.code().to_owned())),
        ("vat_status", text(&|t| t.vat_status.code().to_owned())),
        ("kind", text(&|t| t.kind.code().to_owned())),
    ];
    columns.into_iter().try_fold(Frame::new(), |frame, (name, column)| frame.with(name, column))
}

/// The screening of a fit over the store, written out: exactly priced, positive, not suggested by our own tool, no price that
/// most of a title family shares, no log price beyond three interquartile ranges of its price unit and category.
pub fn rules() -> Vec<Rule> {
    let text = |name: &str| name.to_owned();
    vec![
        Rule::IsPrice { column: text("price_state"), accepted: vec![text("priced")] },
        Rule::Positive { column: text("price") },
        Rule::Origin { column: text("price_origin"), ours: vec![text("tool_suggested")], share_max: 0.0 },
        Rule::SharedFamilyPrice { price: text("price"), family: text("title_family"), rows_min: 10, share_min: 0.8 },
        Rule::Outlier {
            price: text("price"),
            strata: vec![text("price_unit"), text("category")],
            iqr_multiple: 3.0,
            rows_min: 30,
        },
    ]
}

/// Which coefficient of the market comparison each column belongs to.
pub fn groups() -> BTreeMap<String, valuation::market::price_model::AdjustmentGroup> {
    use valuation::market::price_model::AdjustmentGroup as G;
    [
        ("quality", G::Quality),
        ("update_frequency", G::Quality),
        ("month_index", G::Date),
        ("exchange", G::SupplyDemand),
        ("kind", G::SupplyDemand),
        ("records", G::Capacity),
        ("fields", G::Capacity),
        ("size_mb", G::Capacity),
        ("history_months", G::Capacity),
    ]
    .into_iter()
    .map(|(name, group)| (name.to_owned(), group))
    .collect()
}

/// What `model` reads of one row.
///
/// Errors: a column the frame lacks.
pub fn attributes(model: &PriceModel, frame: &Frame, row: usize) -> Result<Attributes, ModelError> {
    let mut attributes = Attributes::new();
    for name in model.attributes() {
        let attribute = match frame.column(name)? {
            Column::Real(values) => Attribute::Number(values[row]),
            Column::Text(text) => Attribute::Text(text.get(row).unwrap_or_default().to_owned()),
        };
        attributes.insert(name.to_owned(), attribute);
    }
    Ok(attributes)
}
