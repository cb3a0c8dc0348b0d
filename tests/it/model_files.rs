//! Models of any table through the binary: textbook figures, predictions against statsmodels, contributions, bad input.

use serde_json::Value;
use tests::app::House;
use tests::program::python_prints;

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn close(what: &str, ours: f64, theirs: f64, tolerance: f64) {
    assert!((ours - theirs).abs() <= tolerance * theirs.abs().max(1e-12), "{what}: {ours:e}, elsewhere {theirs:e}");
}

#[test]
fn textbook_tables_give_the_printed_figures() {
    let Some(data) = tests::reference::folder("textbook_by_the_binary") else { return };
    let house = House::new();
    let fit = |file: &str, formula: &str| {
        let table = data.join("textbook").join(file);
        house.done(&["model", "fit", "--data", table.to_str().unwrap(), "--formula", formula])
    };
    let verbeek = fit("AER_HousePrices.csv", "log(price) ~ log(lotsize) + bedrooms + bathrooms + aircon");
    for (name, printed) in
        [("(Intercept)", 7.094), ("log(lotsize)", 0.4), ("bedrooms", 0.078), ("bathrooms", 0.216), ("airconyes", 0.212)]
    {
        let found = number(&verbeek["coefficients"][name]["estimate"]);
        assert!((found - printed).abs() < 0.0005001, "{name}: {found}");
    }
    assert!((number(&verbeek["r2"]) - 0.5674).abs() < 0.00005 && verbeek["n"] == 546);
    let wooldridge = fit("wooldridge_hprice1.csv", "log(price) ~ log(lotsize) + log(sqrft) + bdrms");
    for (name, printed) in [("(Intercept)", -1.297), ("log(lotsize)", 0.168), ("log(sqrft)", 0.7), ("bdrms", 0.037)] {
        let found = number(&wooldridge["coefficients"][name]["estimate"]);
        assert!((found - printed).abs() < 0.0005001, "{name}: {found}");
    }
    for member in ["dropped", "r2_within", "rmse", "condition_number", "model_id"] {
        assert!(wooldridge.get(member).is_some(), "{member}");
    }
}

const SCRIPT: &str = r#"
import json, sys
import numpy as np, pandas as pd, statsmodels.formula.api as smf
rng = np.random.default_rng(8)
n = 400
d = pd.DataFrame({"records": np.exp(rng.normal(8, 1, n)), "fields": rng.integers(3, 40, n).astype(float),
    "seller": "s" + pd.Series(rng.integers(0, 12, n)).astype(str), "month": "m" + pd.Series(rng.integers(0, 9, n)).astype(str)})
d["price"] = np.exp(1 + .4 * np.log(d.records) + .02 * d.fields + .3 * (d.seller == "s3") + rng.normal(0, .3, n))
d.to_csv(sys.argv[1] + "/fit.csv", index=False)
d.to_parquet(sys.argv[1] + "/fit.parquet", index=False)
d = pd.read_csv(sys.argv[1] + "/fit.csv")
new = d.iloc[[3, 50, 200]].drop(columns="price").reset_index(drop=True)
new.to_csv(sys.argv[1] + "/new.csv", index=False)
r = smf.ols("np.log(price) ~ np.log(records) + fields + C(seller) + C(month)", d).fit()
p = r.get_prediction(new).summary_frame(alpha=.1)
smearing = float(np.mean(np.exp(r.resid)))
print(json.dumps(dict(value=list(np.exp(p["mean"])), low=list(np.exp(p.obs_ci_lower)), high=list(np.exp(p.obs_ci_upper)), smearing=smearing,
    b=[r.params["np.log(records)"], r.params["fields"]], records=list(np.log(new.records)), fields=list(new.fields))))
"#;

#[test]
fn a_recorded_model_predicts_and_explains_new_rows() {
    let house = House::new();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let theirs: Value = serde_json::from_str(&python_prints(SCRIPT, &[folder.path().to_str().unwrap()])).unwrap();
    let formula = "log(price) ~ log(records) + fields | seller + month";
    let fit = house.done(&["model", "fit", "--data", &path("fit.csv"), "--formula", formula]);
    let parquet = house.done(&["model", "fit", "--data", &path("fit.parquet"), "--formula", formula]);
    assert_eq!(fit["coefficients"], parquet["coefficients"]);
    let id = fit["model_id"].as_str().unwrap();
    let said = house.done(&["model", "explain", id, "--data", &path("new.csv")]);
    for row in 0..3 {
        let prediction = &said["predictions"][row];
        for figure in ["value", "low", "high"] {
            close(figure, number(&prediction[figure]), number(&theirs[figure][row]), 1e-9);
        }
        close("mean", number(&prediction["mean"]), number(&theirs["value"][row]) * number(&theirs["smearing"]), 1e-9);
        let parts = said["contributions"][row].as_object().unwrap();
        assert_eq!(parts.keys().collect::<Vec<_>>(), ["log(records)", "fields", "seller", "month"]);
        let records = number(&theirs["b"][0]) * number(&theirs["records"][row]);
        close("log(records)", number(&parts["log(records)"]), records, 1e-9);
        let sum: f64 = parts.values().map(number).sum();
        assert!((sum - number(&prediction["value"]).ln()).abs() < 1e-12, "{sum}");
    }
    let plain = house.done(&["model", "predict", id, "--data", &path("new.csv")]);
    assert_eq!(plain["predictions"], said["predictions"]);
    assert!(plain.get("contributions").is_none());
}

#[test]
fn rows_the_model_cannot_price_are_named() {
    let house = House::new();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    python_prints(SCRIPT, &[folder.path().to_str().unwrap()]);
    let fit = house.done(&[
        "model",
        "fit",
        "--data",
        &path("fit.csv"),
        "--formula",
        "log(price) ~ log(records) + fields | seller",
    ]);
    let id = fit["model_id"].as_str().unwrap();
    let rows = "records,fields,seller\n100,5,s1\n-1,5,s1\n100,5,nobody\n100,500,s1\n";
    let table = house.write("rows.csv", rows);
    let said = house.done(&["model", "predict", id, "--data", &table]);
    let refused: Vec<(u64, &str)> = said["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["row"].as_u64().unwrap(), r["column"].as_str().unwrap()))
        .collect();
    assert_eq!(refused, [(2, "log(records)"), (3, "seller")]);
    assert!(said["predictions"][1].is_null() && said["predictions"][3].is_object());
    let outside = said["outside"].as_array().unwrap();
    assert!(outside.iter().any(|row| row["row"] == 4 && row["columns"][0] == "fields"));
    let strict = house.done(&["model", "predict", id, "--data", &table, "--refuse-outside"]);
    assert!(strict["predictions"][3].is_null());
}
