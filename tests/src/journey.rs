//! A user's own input from end to end: a trade file, a price model fitted on it, a case that uses the model.

use datasets::schema::Trade;
use datasets::synthetic::{Params, law, market, month_index};
use datasets::trades_csv;
use serde_json::{Value, json};

use crate::app::House;
use crate::project;

/// A house into which a user brought trades, fitted a model and valued a case, with what each command answered.
pub struct Journey {
    pub house: House,
    pub imported: Value,
    pub fitted: Value,
    pub case: Value,
    pub valued: Value,
}

/// Comparables the case names.
const COMPARABLES: usize = 4;

/// The user's trade file: `rows` of the sample market, one line repeated and one line cut short.
pub fn trade_file(trades: &[Trade]) -> Vec<u8> {
    let mut csv = Vec::new();
    trades_csv::write(&mut csv, trades).expect("memory takes all");
    let text = String::from_utf8(csv.clone()).expect("text");
    let line = text.lines().nth(1).expect("a trade");
    csv.extend_from_slice(format!("{line}\n{}\n", &line[..line.find(',').expect("columns")]).as_bytes());
    csv
}

/// The arguments of the model that the journey fits.
pub fn fit_arguments() -> Vec<String> {
    let formula = law(Params::shipped()).formula;
    ["model", "fit", "--formula", &formula, "--vcov", "hc1", "--split", "title_family", "--seed", "5"]
        .map(str::to_owned)
        .to_vec()
}

/// The shipped case of a credit score, its market comparison filled with comparables from `trades` under `model`.
pub fn case(model: &str, trades: &[Trade]) -> Value {
    let text = project::read("api/demo/credit.json").expect("the shipped case");
    let mut case: Value = serde_json::from_str(&text).expect("JSON");
    let last = case["valuation_date"].as_str().expect("a date").parse().expect("a date");
    let usable = |trade: &&Trade| {
        trade.kind.code() == "trade"
            && trade.price_unit.is_some_and(|unit| unit.code() == "one_off")
            && trade.price_state.code() == "priced"
            && trade.traded_on <= last
    };
    let chosen: Vec<&Trade> = trades.iter().filter(usable).take(COMPARABLES).collect();
    assert_eq!(chosen.len(), COMPARABLES, "the market has enough one-off trades");
    let names: Vec<String> = case["asset"]["attributes"].as_object().expect("attributes").keys().cloned().collect();
    let equal =
        json!({"value": "0.25", "assumption": {"author": "王敏", "reason": "四个案例等权", "reviewer": "李强"}});
    let comparables: Vec<Value> = chosen
        .iter()
        .map(|trade| {
            let attributes: serde_json::Map<String, Value> =
                names.iter().map(|name| (name.clone(), attribute(trade, name))).collect();
            json!({
                "name": trade.product_title,
                "price": {
                    "amount": trade.price.expect("priced").round_dp(2).to_string(),
                    "currency": trade.currency.code(),
                    "evidence": "EM"
                },
                "traded_on": trade.traded_on,
                "weight": equal,
                "attributes": attributes,
            })
        })
        .collect();
    let known = chosen.iter().map(|trade| trade.traded_on).max();
    let evidence = json!({"id": "EM", "title": "自有成交清单", "source": "委托人", "known_on": known});
    case["evidence"].as_array_mut().expect("evidence").push(evidence);
    case["methods"][2]["by_model"] = json!({"model": model, "comparables": comparables});
    case
}

/// What a column of the model holds for one trade.
fn attribute(trade: &Trade, name: &str) -> Value {
    let number = |value: Option<f64>| json!(value.expect("the sample market states it"));
    match name {
        "month_index" => json!(month_index(law(Params::shipped()).first_month, trade.traded_on)),
        "records" => number(trade.records),
        "fields" => number(trade.fields),
        "quality" => number(trade.quality),
        "history_months" => number(trade.history_months),
        "category" => json!(trade.category),
        "exchange" => json!(trade.exchange),
        "price_unit" => json!(trade.price_unit.expect("priced").code()),
        "licence_scope" => json!(trade.licence_scope.code()),
        "exclusivity" => json!(trade.exclusivity.code()),
        "vat_status" => json!(trade.vat_status.code()),
        "update_frequency" => json!(trade.update_frequency.code()),
        "kind" => json!(trade.kind.code()),
        other => panic!("no column {other}"),
    }
}

impl Journey {
    /// Takes the whole way on `threads` threads.
    pub fn take(rows: usize, threads: usize) -> Journey {
        let house = House::new();
        let threads = threads.to_string();
        let run = |arguments: &[&str]| {
            let all: Vec<&str> = arguments.iter().copied().chain(["--threads", &threads]).collect();
            house.done(&all)
        };
        let trades = market(17, rows);
        let file = house.write("trades.csv", trade_file(&trades));
        let imported =
            run(&["trades", "import", &file, "--mapping", "hengshu", "--recorded-at", "2026-01-05T08:00:00Z"]);
        let fit = fit_arguments();
        let fitted = run(&fit.iter().map(String::as_str).collect::<Vec<_>>());
        let case = case(fitted["model_id"].as_str().expect("an id"), &trades);
        let file = house.write("case.json", serde_json::to_string_pretty(&case).expect("JSON"));
        let valued = run(&["value", &file]);
        Journey { house, imported, fitted, case, valued }
    }

    pub fn id(&self) -> &str {
        self.valued["valuation_id"].as_str().expect("an id")
    }

    /// A report of the valuation, as bytes.
    pub fn report(&self, format: &str, threads: usize) -> Vec<u8> {
        let name = format!("out.{format}");
        let said =
            self.house.done(&["report", self.id(), "--to", format, "-o", &name, "--threads", &threads.to_string()]);
        let bytes = std::fs::read(self.house.path().join(&name)).expect("written");
        assert_eq!(said["sha256"], api::whole::sha256(&bytes), "{name} is the file that was named");
        bytes
    }
}
