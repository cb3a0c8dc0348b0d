//! The same regressions by statsmodels, and the same tails by SciPy, computed in the test.

use std::collections::BTreeMap;

use pricing_models::covariance::Errors;
use pricing_models::formula::Formula;
use pricing_models::frame::Frame;
use pricing_models::hedonic::{Fit, FitOptions, fit};
use pricing_models::tails;
use serde_json::Value;
use tests::program::python_prints;

use crate::textbook::frame;

const SCRIPT: &str = r#"
import json, sys
import numpy as np, pandas as pd, statsmodels.api as sm, statsmodels.formula.api as smf
rng = np.random.default_rng(20261124)
n = 9500
d = pd.DataFrame({
    "x": np.round(np.exp(rng.normal(8, 2, n)), 3), "z": rng.normal(size=n), "w": rng.uniform(0.2, 5, n),
    "cat": rng.choice(["weather", "finance", "sport", "maps"], n, p=[.5, .3, .15, .05]),
    "seller": rng.integers(0, 60, n).astype(str), "h": rng.integers(0, 35, n).astype(str)})
d["seller"] = "s" + d["seller"]; d["h"] = "h" + d["h"]
# A level that stands in the last block of rows only.
d.loc[9400:, "cat"] = "rare"
u = rng.normal(size=60)[d["seller"].str[1:].astype(int)]
d["y"] = np.exp(1 + .4 * np.log(d.x) - .2 * d.z + .3 * (d.cat == "finance") + .5 * u + rng.standard_t(5, n) * (1 + (d.cat == "maps")))
d["total"] = 2 * d["x"] - 3 * d["z"]
d.loc[:9, "x"] = 0.0
d.loc[10:14, "z"] = np.nan
d.to_csv(sys.argv[1], index=False, na_rep="NA", float_format=None)
d = pd.read_csv(sys.argv[1], keep_default_na=False, na_values=["NA"])
k = d[(d.x > 0) & d.z.notna()].reset_index(drop=True)
def out(r, extra=None):
    ci = r.conf_int()
    a = dict(names=list(r.params.index), b=list(r.params), se=list(r.bse), t=list(r.tvalues), p=list(r.pvalues),
        low=list(ci[0]), high=list(ci[1]), r2=r.rsquared, r2_adj=r.rsquared_adj, n=int(r.nobs), sd=float(np.sqrt(r.scale)),
        cov=np.asarray(r.cov_params()).tolist())
    a.update(extra or {})
    return a
f = "np.log(y) ~ np.log(x) + z + I(z**2) + C(cat) + C(cat):z"
m = smf.ols(f, k)
res = {}
iid = m.fit()
new = k.iloc[[0, 5, 4000, len(k) - 1]]
pred = iid.get_prediction(new).summary_frame(alpha=0.1)
test = iid.f_test("np.log(x) = 0.4, z = -0.2")
res["iid"] = out(iid, dict(f=iid.fvalue, f_p=iid.f_pvalue, low90=list(np.exp(pred.obs_ci_lower)), high90=list(np.exp(pred.obs_ci_upper)),
    median=list(np.exp(pred["mean"])), smearing=float(np.mean(np.exp(iid.resid))), wald=float(np.squeeze(test.fvalue)), wald_p=float(test.pvalue),
    cond=float(np.linalg.cond(m.exog)), rows=[int(i) for i in new.index]))
for kind in ["HC0", "HC1", "HC2", "HC3"]:
    res[kind.lower()] = out(m.fit(cov_type=kind, use_t=True))
res["cluster"] = out(m.fit(cov_type="cluster", cov_kwds={"groups": k.seller.astype("category").cat.codes}, use_t=True))
w = smf.wls(f, k, weights=k.w)
res["wls"] = out(w.fit())
res["wls_hc1"] = out(w.fit(cov_type="HC1", use_t=True))
res["none"] = out(smf.ols("y ~ 0 + z + x", d[d.z.notna()]).fit())
fe = smf.ols("np.log(y) ~ np.log(x) + z + C(seller) + C(h)", k)
effects = smf.ols("np.log(y) ~ C(seller) + C(h)", k).fit()
r = fe.fit()
p = r.get_prediction(new).summary_frame(alpha=0.1)
res["fe"] = out(r, dict(within=1 - r.ssr / effects.ssr, low90=list(np.exp(p.obs_ci_lower)), high90=list(np.exp(p.obs_ci_upper))))
res["fe_hc1"] = out(fe.fit(cov_type="HC1", use_t=True))
res["fe_hc3"] = out(fe.fit(cov_type="HC3", use_t=True))
fw = smf.wls("np.log(y) ~ np.log(x) + z + C(seller) + C(h)", k, weights=k.w)
res["fe_wls_hc3"] = out(fw.fit(cov_type="HC3", use_t=True))
print(json.dumps(res))
"#;

/// Relative to the larger of the number and the scale of its column.
fn close(what: &str, ours: f64, theirs: f64, tolerance: f64) {
    let gap = (ours - theirs).abs();
    assert!(gap <= tolerance * theirs.abs().max(1e-8), "{what}: {ours:e}, elsewhere {theirs:e}");
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// Compares the coefficients whose statsmodels names `rename` to ours.
fn same(model: &Fit, theirs: &Value, tolerance: f64) {
    let names = theirs["names"].as_array().unwrap();
    let mut compared = 0;
    for (at, name) in names.iter().enumerate() {
        let name = rename(name.as_str().unwrap());
        let Ok(line) = model.coefficient(&name) else {
            assert!(!model.effects.is_empty(), "{name} among {:?}", model.terms);
            continue;
        };
        compared += 1;
        let figures = [
            ("b", line.estimate),
            ("se", line.std_error),
            ("t", line.t),
            ("p", line.p),
            ("low", line.low),
            ("high", line.high),
        ];
        for (figure, ours) in figures {
            close(&format!("{name} {figure}"), ours, number(&theirs[figure][at]), tolerance);
        }
    }
    assert_eq!(compared, model.terms.len());
    close("r2", model.r2, number(&theirs["r2"]), tolerance);
    close("adjusted r2", model.r2_adjusted, number(&theirs["r2_adj"]), tolerance);
    assert_eq!(model.n as u64, theirs["n"].as_u64().unwrap());
    close("residual sd", model.residual_sd, number(&theirs["sd"]), tolerance);
}

/// `C(cat)[T.maps]:z` → `catmaps:z`.
fn rename(name: &str) -> String {
    name.replace("np.log", "log")
        .replace("z ** 2", "z^2")
        .replace("C(cat)[T.", "cat")
        .replace(']', "")
        .replace("Intercept", "(Intercept)")
}

fn run(frame: &Frame, formula: &str, errors: Errors, weights: Option<&str>) -> Fit {
    let options = FitOptions { errors, weights: weights.map(str::to_owned), level: 0.95, groups: BTreeMap::new() };
    fit(frame, &Formula::parse(formula).unwrap(), &options).unwrap()
}

#[test]
fn regressions_agree_with_statsmodels() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.csv");
    let theirs: Value = serde_json::from_str(&python_prints(SCRIPT, &[file.to_str().unwrap()])).unwrap();
    let data = frame(&std::fs::read_to_string(&file).unwrap());
    let formula = "log(y) ~ log(x) + z + x^2 - x^2 + z^2 + cat + cat:z";
    let cases = [
        ("iid", Errors::Iid, None),
        ("hc0", Errors::Hc0, None),
        ("hc1", Errors::Hc1, None),
        ("hc2", Errors::Hc2, None),
        ("hc3", Errors::Hc3, None),
        ("cluster", Errors::Cluster("seller".into()), None),
        ("wls", Errors::Iid, Some("w")),
        ("wls_hc1", Errors::Hc1, Some("w")),
    ];
    for (name, errors, weights) in cases {
        same(&run(&data, formula, errors, weights), &theirs[name], 1e-9);
    }
    same(&run(&data, "y ~ z + x - 1", Errors::Iid, None), &theirs["none"], 1e-9);

    let model = run(&data, formula, Errors::Iid, None);
    assert_eq!((model.n, model.rows_lost_total()), (9485, 15));
    let iid = &theirs["iid"];
    close("f", model.f.unwrap().value, number(&iid["f"]), 1e-9);
    close("smearing", model.smearing, number(&iid["smearing"]), 1e-9);
    close("condition", model.condition_number, number(&iid["cond"]), 1e-6);
    let wald = model.wald(&[("log(x)", 0.4), ("z", -0.2)]).unwrap();
    close("wald", wald.f, number(&iid["wald"]), 1e-9);
    close("wald p", wald.p, number(&iid["wald_p"]), 1e-9);
    predictions(&model, &data, iid);
}

/// The 90 % intervals of four new prices.
fn predictions(model: &Fit, data: &Frame, theirs: &Value) {
    let rows: Vec<u32> = [0, 5, 4000, model.n - 1].iter().map(|at| model.rows[*at]).collect();
    let predicted = model.predict(&data.select(&rows), 0.90).unwrap();
    for (at, predicted) in predicted.iter().enumerate() {
        let ours = predicted.price().unwrap();
        close("low", ours.low, number(&theirs["low90"][at]), 1e-9);
        close("high", ours.high, number(&theirs["high90"][at]), 1e-9);
    }
}

#[test]
fn fixed_effects_agree_with_dummies_in_statsmodels() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.csv");
    let theirs: Value = serde_json::from_str(&python_prints(SCRIPT, &[file.to_str().unwrap()])).unwrap();
    let data = frame(&std::fs::read_to_string(&file).unwrap());
    let formula = "log(y) ~ log(x) + z | h + seller";
    let model = run(&data, formula, Errors::Iid, None);
    same(&model, &theirs["fe"], 1e-9);
    close("within", model.r2_within.unwrap(), number(&theirs["fe"]["within"]), 1e-9);
    predictions(&model, &data, &theirs["fe"]);
    same(&run(&data, formula, Errors::Hc1, None), &theirs["fe_hc1"], 1e-9);
    same(&run(&data, formula, Errors::Hc3, None), &theirs["fe_hc3"], 1e-9);
    same(&run(&data, formula, Errors::Hc3, Some("w")), &theirs["fe_wls_hc3"], 1e-9);

    // `cat` written out or absorbed are the same model.
    let written = run(&data, "log(y) ~ log(x) + z + i(cat)", Errors::Hc1, None);
    let absorbed = run(&data, "log(y) ~ log(x) + z | cat", Errors::Hc1, None);
    for name in ["log(x)", "z"] {
        let (a, b) = (written.coefficient(name).unwrap(), absorbed.coefficient(name).unwrap());
        close(name, a.estimate, b.estimate, 1e-10);
        close(name, a.std_error, b.std_error, 1e-10);
    }
}

#[test]
fn the_later_of_two_collinear_columns_is_dropped_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.csv");
    python_prints(SCRIPT, &[file.to_str().unwrap()]);
    let data = frame(&std::fs::read_to_string(&file).unwrap());
    let model = run(&data, "log(y) ~ x + z + total + log(x) + I(2*x) + cat", Errors::Hc1, None);
    let names: Vec<&str> = model.dropped.iter().map(|dropped| dropped.name.as_str()).collect();
    assert_eq!(names, ["total", "I(2 * x)"]);
    let by: Vec<(&str, f64)> =
        model.dropped[0].determined_by.iter().map(|(name, value)| (name.as_str(), value.round())).collect();
    assert_eq!(by, [("z", -3.0), ("x", 2.0)]);
    let plain = run(&data, "log(y) ~ x + z + log(x) + cat", Errors::Hc1, None);
    for (a, b) in model.coefficients.iter().zip(&plain.coefficients) {
        close("estimate", a.estimate, b.estimate, 1e-9);
        close("std error", a.std_error, b.std_error, 1e-9);
    }
    // What the fixed effects determine is dropped as well.
    let model = run(&data, "log(y) ~ z + i(cat) | cat + seller", Errors::Iid, None);
    assert_eq!((model.terms.len(), model.dropped.len()), (1, 4));
}

#[test]
fn tails_agree_with_scipy() {
    const SCRIPT: &str = r#"
import json
from scipy import stats
out = []
for df in [1, 2.5, 7, 29, 300, 1e4, 1e6, 3e7]:
    for t in [1e-6, 0.01, 0.7, 1.96, 5.0, 30.0]:
        out.append(["t", t, df, 0, 2 * stats.t.sf(t, df)])
    for level in [0.5, 0.9, 0.95, 0.999]:
        out.append(["q", level, df, 0, stats.t.ppf(0.5 + level / 2, df)])
    for df1 in [1, 3, 40, 900]:
        for f in [0.01, 0.8, 1.0, 1.7, 9.0]:
            out.append(["f", f, df1, df, stats.f.sf(f, df1, df)])
for df in [1, 2, 11, 150]:
    for x in [0.02, 1.0, 9.0, 80.0, 400.0]:
        out.append(["c", x, df, 0, stats.chi2.sf(x, df)])
for k, n in [(0, 12), (3, 12), (12, 12), (455, 500)]:
    r = stats.binomtest(k, n).proportion_ci(0.95)
    out.append(["b", k, n, r.low, r.high])
print(json.dumps(out))
"#;
    let rows: Vec<Vec<Value>> = serde_json::from_str(&python_prints(SCRIPT, &[])).unwrap();
    assert!(rows.len() > 200);
    for row in rows {
        let [a, b, c, theirs] = [1, 2, 3, 4].map(|at| number(&row[at]));
        let what = format!("{row:?}");
        match row[0].as_str().unwrap() {
            "t" => close(&what, tails::student_two_sided(a, b), theirs, 1e-10),
            "q" => close(&what, tails::student_multiplier(a, b), theirs, 1e-9),
            "f" if theirs > 1e-280 => close(&what, tails::f_upper(a, b, c), theirs, 1e-9),
            "c" => close(&what, tails::chi_squared_upper(a, b), theirs, 1e-9),
            "b" => {
                let (low, high) = tails::binomial_bounds(a as u64, b as u64, 0.95);
                close(&what, low, c, 1e-9);
                close(&what, high, theirs, 1e-9);
            }
            _ => {}
        }
    }
}
