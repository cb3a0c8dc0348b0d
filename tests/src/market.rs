//! The sample market as a frame of columns, and the rows of it that a fit may use.

use std::collections::BTreeMap;

use datasets::schema::Trade;
use datasets::synthetic::{Params, law, market, month_index};
use pricing_models::frame::{Column, Frame};
use pricing_models::screen::{Rule, screen};
use rust_decimal::prelude::ToPrimitive;
use valuation::terms::RecordStatus;

/// The newest version of every observation, without cancelled ones.
fn observations(seed: u64, rows: usize) -> Vec<Trade> {
    let mut newest: BTreeMap<(String, String), Trade> = BTreeMap::new();
    for trade in market(seed, rows) {
        newest.insert((trade.exchange.clone(), trade.trade_id.clone()), trade);
    }
    newest.into_values().filter(|trade| trade.status != RecordStatus::Cancellation).collect()
}

/// The rows of the sample market that follow its law, as the screening finds them.
pub fn screened(seed: u64, rows: usize) -> Frame {
    let frame = frame(seed, rows);
    let rules = [
        Rule::IsPrice { column: "price_state".into(), accepted: vec!["priced".into()] },
        Rule::Positive { column: "price".into() },
        Rule::Origin { column: "price_origin".into(), ours: vec!["tool_suggested".into()], share_max: 0.0 },
        Rule::SharedFamilyPrice { price: "price".into(), family: "title_family".into(), rows_min: 3, share_min: 0.5 },
    ];
    let screened = screen(&frame, &rules).expect("the rules name columns of the frame");
    frame.select(&screened.kept)
}

/// The columns that the law's formula and the screening name.
fn frame(seed: u64, rows: usize) -> Frame {
    let trades = observations(seed, rows);
    let first = law(Params::shipped()).first_month;
    let real = |of: &dyn Fn(&Trade) -> Option<f64>| {
        Column::Real(trades.iter().map(|trade| of(trade).unwrap_or(f64::NAN)).collect())
    };
    let text = |of: &dyn Fn(&Trade) -> String| Column::text(trades.iter().map(of));
    [
        ("price", real(&|t| t.price.and_then(|price| price.to_f64()))),
        ("records", real(&|t| t.records)),
        ("fields", real(&|t| t.fields)),
        ("quality", real(&|t| t.quality)),
        ("history_months", real(&|t| t.history_months)),
        ("month_index", real(&|t| Some(f64::from(month_index(first, t.traded_on))))),
        ("category", text(&|t| t.category.clone().unwrap_or_default())),
        ("exchange", text(&|t| t.exchange.clone())),
        ("price_unit", text(&|t| t.price_unit.map_or("", |unit| unit.code()).to_owned())),
        ("update_frequency", text(&|t| t.update_frequency.code().to_owned())),
        ("licence_scope", text(&|t| t.licence_scope.code().to_owned())),
        ("exclusivity", text(&|t| t.exclusivity.code().to_owned())),
        ("vat_status", text(&|t| t.vat_status.code().to_owned())),
        ("kind", text(&|t| t.kind.code().to_owned())),
        ("price_state", text(&|t| t.price_state.code().to_owned())),
        ("price_origin", text(&|t| t.price_origin.code().to_owned())),
        ("title_family", text(&|t| t.title_family.clone())),
    ]
    .into_iter()
    .try_fold(Frame::new(), |frame, (name, column)| frame.with(name, column))
    .expect("the columns are of one length")
}
