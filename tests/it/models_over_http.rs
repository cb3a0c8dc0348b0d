//! Price models and the trade store over HTTP and on the command line: the same lines behind both.

use serde_json::{Value, json};
use tests::app::{House, TestApp};

/// A house with a small sample market in its store.
fn market() -> House {
    let house = House::new();
    let trades = datasets::synthetic::market(5, 3_000);
    let mut csv = Vec::new();
    datasets::trades_csv::write(&mut csv, &trades).expect("written");
    let file = house.write("trades.csv", csv);
    house.done(&["trades", "import", &file, "--mapping", "hengshu"]);
    house
}

const FORMULA: &str = "log(price) ~ log(records) + i(category) + i(price_unit)";

#[test]
fn a_model_is_fitted_listed_and_shown_over_http_as_on_the_command_line() {
    let house = market();
    let by_command = house.done(&["model", "fit", "--formula", FORMULA, "--vcov", "hc1", "--split", "title_family"]);
    let id = by_command["model_id"].as_str().expect("an id").to_owned();
    let app = TestApp::on(house);

    let request = json!({"formula": FORMULA, "vcov": "hc1", "split": "title_family"});
    let same = app.post("/v1/models", &request);
    assert_eq!(same.status, 200, "the command recorded it: {}", same.text());
    let shown = app.get(&format!("/v1/models/{id}"));
    assert_eq!((shown.status, shown.json()), (200, same.json()));
    for (member, value) in by_command.as_object().expect("a card") {
        assert_eq!(shown.json()[member], *value, "{member}");
    }
    let same = app.call("GET", &format!("/v1/models/{id}"), &[("If-None-Match", shown.header("etag"))], b"");
    assert_eq!(same.status, 304);

    let fresh = app.post("/v1/models", &json!({"formula": "log(price) ~ i(price_unit) | seller", "cluster": "seller"}));
    assert_eq!((fresh.status, fresh.json()["prices_assets"].clone()), (201, json!(false)), "{}", fresh.text());
    let listed = app.get("/v1/models").json();
    let ids: Vec<&Value> = listed["items"].as_array().expect("items").iter().map(|model| &model["model_id"]).collect();
    assert_eq!(ids, [&json!(id), &fresh.json()["model_id"]]);
    for member in ["n", "r2", "rmse", "formula", "record_hash"] {
        assert_eq!(listed["items"][0][member], shown.json()[member], "{member}");
    }
    assert_eq!(app.get("/v1/models?limit=1").json()["items"].as_array().map(Vec::len), Some(1));
    let house = app.stop();
    assert_eq!(house.done(&["model", "list"]), listed);
}

#[test]
fn a_refused_fit_records_nothing() {
    let app = TestApp::on(market());
    for (body, code) in [
        (json!({"formula": "log(price) ~"}), "formula_syntax"),
        (json!({"formula": "log(price) ~ recrds"}), "unknown_column"),
        (json!({"formula": "log(price) ~ records", "vcov": "hc7"}), "unknown_field"),
        (json!({"formula": "log(price) ~ records", "spilt": "seller"}), "unknown_field"),
        (json!({"formula": "log(price) ~ records", "seed": -1}), "wrong_value"),
        (json!({}), "wrong_value"),
        (json!([]), "wrong_value"),
    ] {
        let refused = app.post("/v1/models", &body);
        assert_eq!(refused.json()["code"], code, "{body}");
        assert!((400..500).contains(&refused.status), "{body}");
    }
    assert_eq!(app.get("/v1/models").json()["items"], json!([]));
    assert_eq!(app.get("/v1/models/sha256:00").json()["code"], "record_not_found");
    let empty = TestApp::start();
    let refused = empty.post("/v1/models", &json!({"formula": FORMULA}));
    assert_eq!((refused.status, refused.json()["code"].clone()), (422, json!("too_few_rows")));
}

#[test]
fn the_store_and_its_screening_account_for_every_trade() {
    let house = market();
    let dropped = house.path().join("dropped.csv");
    let screened = house.done(&["trades", "screen", "--dropped", &dropped.to_string_lossy()]);
    let number = |value: &Value| value.as_u64().expect("a count");
    let reasons: u64 = screened["reasons"].as_array().expect("reasons").iter().map(|one| number(&one["rows"])).sum();
    assert_eq!(number(&screened["read"]), number(&screened["kept"]) + number(&screened["dropped"]));
    assert_eq!(number(&screened["dropped"]), reasons);
    assert!(reasons > 0 && number(&screened["kept"]) > 0);
    let lines = std::fs::read_to_string(&dropped).expect("written").lines().count() as u64;
    assert_eq!(lines, reasons + 1, "a heading and a line a trade");

    let app = TestApp::on(house);
    assert_eq!(app.get("/v1/trades/screening").json(), screened);
    let held = app.get("/v1/trades").json();
    let total = |member: &str| held[member].as_object().expect("counts").values().map(number).sum::<u64>();
    assert_eq!(number(&held["trades"]), number(&screened["read"]));
    assert_eq!((total("by_kind"), total("by_price_state")), (number(&held["trades"]), number(&held["trades"])));
    // A reader of Parquet counts the same.
    let script = "import duckdb, json, sys\n\
                  rows = duckdb.sql(\"select kind, count(*) from (select kind, status, row_number() over (partition by \
                  exchange, trade_id order by recorded_at desc, source_line desc) as place from read_parquet(?)) \
                  where place = 1 and status <> 'cancellation' group by kind\", params=[sys.argv[1]]).fetchall()\n\
                  print(json.dumps(dict(rows)))";
    let parquet = held["parquet"].as_str().expect("a pattern");
    let counted: Value = serde_json::from_str(&tests::program::python_prints(script, &[parquet])).expect("JSON");
    assert_eq!(counted, held["by_kind"]);
}
