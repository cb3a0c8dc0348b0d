//! Many large fixed effects and two-way clusters: the same regressions by pyfixest, computed in the test.

use std::collections::BTreeMap;

use pricing_models::covariance::Errors;
use pricing_models::formula::Formula;
use pricing_models::frame::{Column, Frame};
use pricing_models::hedonic::{Fit, FitOptions, fit};
use pricing_models::{LossReason, error::ModelError};
use serde_json::Value;
use tests::program::python_prints;
use valuation::fault::Fault;

/// fixest's own designs (its benchmark of 2021): buyers of ten years each; sellers drawn, or following each other round,
/// which connects them badly. A few buyers and sellers stand alone.
const SCRIPT: &str = r#"
import json, sys, warnings
warnings.simplefilter("ignore")
import numpy as np, pandas as pd, pyfixest as pf
rng = np.random.default_rng(20261124)
n = 40000
out = {}
for design in ["easy", "hard"]:
    buyers = n // 10
    sellers = buyers // 23
    i = np.arange(n)
    d = pd.DataFrame({"buyer": i // 10, "year": i % 10,
        "seller": i % sellers if design == "hard" else rng.integers(0, sellers, n)})
    d.loc[n - 3:, "buyer"] = [900001, 900002, 900003]
    d.loc[17, "seller"] = 700001
    d["x"] = rng.normal(size=n) + .01 * (d.buyer % 41) + .05 * (d.seller % 7)
    d["z"] = rng.uniform(size=n) * (1 + d.year)
    d["w"] = rng.uniform(.3, 3, n)
    d["region"] = d.seller % 37
    d["month"] = rng.integers(0, 60, n)
    d["y"] = .5 * d.x - .2 * d.z + .1 * (d.buyer % 53) + .3 * (d.seller % 11) + .2 * d.year + rng.standard_t(6, n) * (1 + .3 * d.region / 37)
    d.to_csv(sys.argv[1] + "/" + design + ".csv", index=False)
    d = pd.read_csv(sys.argv[1] + "/" + design + ".csv")
    tight = pf.LsmrDemeaner(fixef_atol=1e-13, fixef_btol=1e-13, fixef_maxiter=100000) if design == "hard" else pf.MapDemeaner(fixef_tol=1e-14, fixef_maxiter=100000)
    cases = {
        "two": ("y ~ x + z | buyer + seller", "iid", None),
        "two_hetero": ("y ~ x + z | buyer + seller", "hetero", None),
        "three": ("y ~ x + z | buyer + seller + year", "iid", None),
        "three_hetero": ("y ~ x + z | buyer + seller + year", "hetero", None),
        "weighted": ("y ~ x + z | buyer + seller + year", "iid", "w"),
        "cluster": ("y ~ x + z | buyer + seller + year", {"CRV1": "month"}, None),
        "nested": ("y ~ x + z | buyer + seller + year", {"CRV1": "region"}, None),
        "two_way": ("y ~ x + z | buyer + seller + year", {"CRV1": "region + month"}, None),
        "plain_two_way": ("y ~ x + z", {"CRV1": "region + month"}, None),
        "two_way_weighted": ("y ~ x + z | buyer + seller", {"CRV1": "seller + month"}, "w"),
    }
    res = {}
    for name, (formula, vcov, weights) in cases.items():
        m = pf.feols(formula, d, vcov=vcov, weights=weights, demeaner=tight, fixef_rm="singleton")
        res[name] = dict(names=list(m.coef().index), b=list(m.coef()), se=list(m.se()), t=list(m.tstat()), p=list(m.pvalue()),
            low=list(m.confint().iloc[:, 0]), high=list(m.confint().iloc[:, 1]), n=int(m._N), r2=float(m._r2) if weights is None else 0.0)
    out[design] = res
print(json.dumps(out))
"#;

fn read(folder: &std::path::Path, name: &str) -> Frame {
    crate::textbook::frame(&std::fs::read_to_string(folder.join(format!("{name}.csv"))).unwrap())
}

fn run(frame: &Frame, formula: &str, errors: Errors, weights: Option<&str>) -> Result<Fit, ModelError> {
    let options = FitOptions { errors, weights: weights.map(str::to_owned), level: 0.95, groups: BTreeMap::new() };
    fit(frame, &Formula::parse(formula).unwrap(), &options)
}

fn close(what: &str, ours: f64, theirs: f64, tolerance: f64) {
    let gap = (ours - theirs).abs();
    assert!(
        gap <= tolerance * theirs.abs().max(1e-12),
        "{what}: {ours:e}, elsewhere {theirs:e}, {:e}",
        gap / theirs.abs()
    );
}

#[test]
fn many_effects_and_two_way_clusters_agree_with_pyfixest() {
    let folder = tempfile::tempdir().unwrap();
    let printed = python_prints(SCRIPT, &[folder.path().to_str().unwrap()]);
    let theirs: Value = serde_json::from_str(printed.trim().lines().last().unwrap()).unwrap();
    let two_way = |a: &str, b: &str| Errors::TwoWay(a.into(), b.into());
    for design in ["easy", "hard"] {
        let data = read(folder.path(), design);
        let cases = [
            ("two", "y ~ x + z | buyer + seller", Errors::Iid, None),
            ("two_hetero", "y ~ x + z | buyer + seller", Errors::Hc1, None),
            ("three", "y ~ x + z | buyer + seller + year", Errors::Iid, None),
            ("three_hetero", "y ~ x + z | buyer + seller + year", Errors::Hc1, None),
            ("weighted", "y ~ x + z | buyer + seller + year", Errors::Iid, Some("w")),
            ("cluster", "y ~ x + z | buyer + seller + year", Errors::Cluster("month".into()), None),
            ("nested", "y ~ x + z | buyer + seller + year", Errors::Cluster("region".into()), None),
            ("two_way", "y ~ x + z | buyer + seller + year", two_way("region", "month"), None),
            ("plain_two_way", "y ~ x + z", two_way("region", "month"), None),
            ("two_way_weighted", "y ~ x + z | buyer + seller", two_way("seller", "month"), Some("w")),
        ];
        for (name, formula, errors, weights) in cases {
            let model = run(&data, formula, errors, weights).unwrap();
            let theirs = &theirs[design][name];
            assert_eq!(model.n as u64, theirs["n"].as_u64().unwrap(), "{design} {name}");
            for (at, term) in theirs["names"].as_array().unwrap().iter().enumerate() {
                let term = term.as_str().unwrap().replace("Intercept", "(Intercept)");
                let line = model.coefficient(&term).unwrap();
                let what = |figure: &str| format!("{design} {name} {term} {figure}");
                let number = |figure: &str| theirs[figure][at].as_f64().unwrap();
                close(&what("b"), line.estimate, number("b"), 1e-10);
                close(&what("se"), line.std_error, number("se"), 1e-8);
                close(&what("t"), line.t, number("t"), 1e-8);
                close(&what("low"), line.low, number("low"), 1e-7);
                close(&what("high"), line.high, number("high"), 1e-7);
            }
            if weights.is_none() {
                close(&format!("{design} {name} r2"), model.r2, theirs["r2"].as_f64().unwrap(), 1e-9);
            }
        }
    }
}

#[test]
fn absorbed_and_written_effects_are_one_model() {
    // Above 100 dummies effects are absorbed together; HC3 forces them to be written out.
    let n = 6000u64;
    let draw = |stream: u64, row: u64| {
        let mut z = (stream << 40 ^ row).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    let unit =
        |stream: u64| (0..n).map(|row| (draw(stream, row) >> 11) as f64 / (1u64 << 53) as f64).collect::<Vec<_>>();
    let code = |stream: u64, levels: u64| Column::text((0..n).map(|row| format!("k{}", draw(stream, row) % levels)));
    let frame = Frame::new()
        .with("y", Column::Real(unit(1)))
        .unwrap()
        .with("x", Column::Real(unit(2)))
        .unwrap()
        .with("a", code(3, 150))
        .unwrap()
        .with("b", code(4, 120))
        .unwrap();
    let absorbed = run(&frame, "y ~ x | a + b", Errors::Hc1, None).unwrap();
    let written = run(&frame, "y ~ x | a + b", Errors::Hc3, None).unwrap();
    close("estimate", absorbed.coefficients[0].estimate, written.coefficients[0].estimate, 1e-10);
    assert_eq!(absorbed.parameters, written.parameters);
    let (a, b) = (absorbed.predict(&frame, 0.9).unwrap(), written.predict(&frame, 0.9).unwrap());
    for (row, (a, b)) in a.iter().zip(&b).enumerate() {
        let (a, b) = (a.price().unwrap().value, b.price().unwrap().value);
        assert!((a - b).abs() < 1e-8 && (a - absorbed.fitted[row]).abs() < 1e-8, "{row}: {a} {b}");
    }
}

#[test]
fn one_row_for_each_level_is_refused_and_a_few_are_left_out() {
    let frame = Frame::new()
        .with("y", Column::Real(vec![1.0, 2.0, 4.0, 3.0, 5.0, 9.0, 4.0]))
        .unwrap()
        .with("x", Column::Real(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 9.0]))
        .unwrap()
        .with("id", Column::text(["a", "b", "c", "d", "e", "f", "g"]))
        .unwrap()
        .with("k", Column::text(["a", "a", "a", "d", "d", "d", "g"]))
        .unwrap();
    assert_eq!(run(&frame, "y ~ x | id", Errors::Iid, None).unwrap_err().code(), "only_singletons");
    let model = run(&frame, "y ~ x | k", Errors::Iid, None).unwrap();
    assert_eq!((model.n, model.rows_lost_by(LossReason::Singleton)), (6, 1));
}
