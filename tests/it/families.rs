//! Poisson and gamma regressions: the same by statsmodels, computed in the test.

use std::collections::BTreeMap;

use pricing_models::LossReason;
use pricing_models::covariance::Errors;
use pricing_models::formula::Formula;
use pricing_models::frame::{Column, Frame};
use pricing_models::hedonic::{Family, Fit, FitOptions, fit_family};
use serde_json::Value;
use tests::program::python_prints;
use valuation::fault::Fault;

const SCRIPT: &str = r#"
import json, sys
import numpy as np, pandas as pd, statsmodels.api as sm, statsmodels.formula.api as smf
rng = np.random.default_rng(5)
n = 3000
d = pd.DataFrame({"x": rng.normal(size=n), "z": rng.uniform(size=n), "w": rng.uniform(.3, 3, n),
    "k": "k" + pd.Series(rng.integers(0, 30, n)).astype(str), "h": "h" + pd.Series(rng.integers(0, 12, n)).astype(str)})
mu = np.exp(.5 + .4 * d.x - .6 * d.z + .05 * d.k.str[1:].astype(int))
d["free"] = np.where(rng.uniform(size=n) < .3, 0, mu * rng.gamma(2, .5, n))
d["price"] = mu * rng.gamma(3, 1 / 3, n)
d.to_csv(sys.argv[1], index=False)
d = pd.read_csv(sys.argv[1])
def out(r):
    ci = r.conf_int()
    return dict(names=list(r.params.index), b=list(r.params), se=list(r.bse), p=list(r.pvalues), low=list(ci[0]), high=list(ci[1]),
        deviance=r.deviance, null=r.null_deviance)
tight = dict(tol=1e-14, maxiter=200)
log = sm.families.links.Log()
res = {}
for name, y, family in [("poisson", "free", sm.families.Poisson()), ("gamma", "price", sm.families.Gamma(log))]:
    m = smf.glm(y + " ~ x + z", d, family=family)
    fe = smf.glm(y + " ~ x + z + C(k) + C(h)", d, family=family)
    res[name] = dict(plain=out(m.fit(**tight)), hc0=out(m.fit(cov_type="HC0", **tight)), effects=out(fe.fit(**tight)),
        weighted=out(smf.glm(y + " ~ x + z", d, family=family, var_weights=d.w).fit(**tight)),
        cluster=out(m.fit(cov_type="cluster", cov_kwds={"groups": d.h.astype("category").cat.codes}, **tight)))
# statsmodels has the observed information as bread; ours is the expected one, which differs for gamma.
m = smf.glm("price ~ x + z", d, family=sm.families.Gamma(log)); r = m.fit(**tight)
score = m.exog * ((d.price - r.mu) / r.mu).to_numpy()[:, None]
bread = np.linalg.inv(m.exog.T @ m.exog)
groups = d.h.astype("category").cat.codes.to_numpy()
sums = np.array([score[groups == g].sum(0) for g in np.unique(groups)])
G, k = len(sums), 3
for name, meat, factor in [("hc0", score.T @ score, 1), ("cluster", sums.T @ sums, G / (G - 1) * (n - 1) / (n - k))]:
    se = np.sqrt(np.diag(bread @ meat @ bread) * factor)
    from scipy import stats
    b = r.params.to_numpy(); q = stats.norm.ppf(.975)
    res["gamma"][name].update(se=list(se), p=list(2 * stats.norm.sf(abs(b / se))), low=list(b - q * se), high=list(b + q * se))
print(json.dumps(res))
"#;

fn run(frame: &Frame, formula: &str, errors: Errors, weights: Option<&str>, family: Family) -> Fit {
    let options = FitOptions { errors, weights: weights.map(str::to_owned), level: 0.95, groups: BTreeMap::new() };
    fit_family(frame, &Formula::parse(formula).unwrap(), &options, family).unwrap()
}

fn same(what: &str, model: &Fit, theirs: &Value) {
    let close = |what: &str, ours: f64, theirs: f64| {
        assert!((ours - theirs).abs() <= 1e-8 * theirs.abs().max(1e-8), "{what}: {ours:e}, elsewhere {theirs:e}");
    };
    for (at, name) in theirs["names"].as_array().unwrap().iter().enumerate() {
        let name = name.as_str().unwrap().replace("Intercept", "(Intercept)");
        let Ok(line) = model.coefficient(&name) else { continue };
        let figures =
            [("b", line.estimate), ("se", line.std_error), ("p", line.p), ("low", line.low), ("high", line.high)];
        for (figure, ours) in figures {
            close(&format!("{what} {name} {figure}"), ours, theirs[figure][at].as_f64().unwrap());
        }
    }
    close(what, model.deviance.unwrap(), theirs["deviance"].as_f64().unwrap());
    close(what, 1.0 - model.r2, theirs["deviance"].as_f64().unwrap() / theirs["null"].as_f64().unwrap());
}

#[test]
fn poisson_and_gamma_agree_with_statsmodels() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.csv");
    let theirs: Value = serde_json::from_str(&python_prints(SCRIPT, &[file.to_str().unwrap()])).unwrap();
    let data = crate::textbook::frame(&std::fs::read_to_string(&file).unwrap());
    for (family, y) in [(Family::Poisson, "free"), (Family::Gamma, "price")] {
        let theirs = &theirs[family.name()];
        let plain = format!("{y} ~ x + z");
        same("plain", &run(&data, &plain, Errors::Iid, None, family), &theirs["plain"]);
        same("hc0", &run(&data, &plain, Errors::Hc0, None, family), &theirs["hc0"]);
        same("weighted", &run(&data, &plain, Errors::Iid, Some("w"), family), &theirs["weighted"]);
        same("cluster", &run(&data, &plain, Errors::Cluster("h".into()), None, family), &theirs["cluster"]);
        same("effects", &run(&data, &format!("{y} ~ x + z | k + h"), Errors::Iid, None, family), &theirs["effects"]);
    }
}

#[test]
fn separated_prices_are_left_out_or_named() {
    let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
    let frame = Frame::new()
        .with("y", Column::Real(vec![3.0, 1.0, 4.0, 0.0, 0.0, 0.0, 2.0, 0.0, 5.0]))
        .unwrap()
        .with("x", Column::Real(x.to_vec()))
        .unwrap()
        .with("k", Column::text(["a", "a", "a", "b", "b", "b", "c", "c", "c"]))
        .unwrap()
        .with("d", Column::Real(vec![0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]))
        .unwrap();
    let model = run(&frame, "y ~ x | k", Errors::Iid, None, Family::Poisson);
    assert_eq!((model.n, model.rows_lost_by(LossReason::Separated)), (6, 3));
    assert_eq!(model.rows, [0, 1, 2, 6, 7, 8]);
    // A number that is 1 for zero prices only: its coefficient runs to minus infinity.
    let options = FitOptions { errors: Errors::Iid, weights: None, level: 0.95, groups: BTreeMap::new() };
    let failed = |formula: &str, family: Family| {
        fit_family(&frame, &Formula::parse(formula).unwrap(), &options, family).err().map(|error| error.code())
    };
    assert_eq!(failed("y ~ x + d", Family::Poisson), Some("separation"));
    assert_eq!(failed("y ~ x", Family::Gamma), Some("price_outside_family"));
}
