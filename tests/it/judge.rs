//! Expert judgement through the binary: published weights, the same numbers by NumPy and SciPy, and bad judgements.

use serde_json::{Value, json};
use tests::app::House;
use tests::program::python_prints;

const DRINKS: [&str; 7] = ["coffee", "wine", "tea", "beer", "soda", "milk", "water"];

/// Saaty 2008, relative consumption of drinks in the United States (worked example V13).
fn drinks() -> Vec<Value> {
    let judged = [
        ("coffee", "wine", 9),
        ("coffee", "tea", 5),
        ("coffee", "beer", 2),
        ("coffee", "soda", 1),
        ("coffee", "milk", 1),
        ("water", "coffee", 2),
        ("water", "wine", 9),
        ("water", "tea", 9),
        ("water", "beer", 3),
        ("water", "soda", 2),
        ("water", "milk", 3),
        ("tea", "wine", 3),
        ("beer", "wine", 9),
        ("beer", "tea", 3),
        ("beer", "milk", 1),
        ("soda", "wine", 9),
        ("soda", "tea", 4),
        ("soda", "beer", 2),
        ("soda", "milk", 2),
        ("milk", "wine", 9),
        ("milk", "tea", 3),
    ];
    judged.iter().map(|(first, second, ratio)| json!([first, second, ratio])).collect()
}

fn judge(house: &House, kind: &str, asked: &Value) -> Value {
    let file = house.write("judge.json", asked.to_string());
    house.done(&["judge", kind, &file])
}

fn close(found: &Value, wanted: f64, tolerance: f64, what: &str) {
    let found = found.as_f64().unwrap_or(f64::NAN);
    assert!((found - wanted).abs() <= tolerance, "{what}: {found} instead of {wanted}");
}

#[test]
fn the_published_weights_of_the_drinks() {
    let house = House::new();
    let published = [
        ("eigenvector", [0.1775, 0.0191, 0.0418, 0.1164, 0.1896, 0.1288, 0.3268]),
        ("geometric_mean", [0.1787, 0.0185, 0.0422, 0.1165, 0.1911, 0.1286, 0.3243]),
        ("column_mean", [0.1776, 0.0195, 0.0421, 0.1173, 0.1888, 0.1296, 0.3250]),
    ];
    for (method, weights) in published {
        let asked = json!({"criteria": DRINKS, "comparisons": {"criteria": drinks()}, "method": method});
        let found = judge(&house, "ahp", &asked);
        for (name, weight) in DRINKS.iter().zip(weights) {
            close(&found["weights"][name], weight, 5e-5, &format!("{method} {name}"));
        }
        if method == "eigenvector" {
            let matrix = &found["matrices"]["criteria"];
            close(&matrix["lambda_max"], 7.176629, 5e-7, "λmax");
            close(&matrix["ci"], 0.0294382, 5e-8, "CI");
            close(&matrix["cr"], 0.02230, 5e-6, "CR");
            close(&matrix["ri"], 1.32, 0.0, "RI");
        }
    }
}

const SCRIPT: &str = r#"
import json, sys
import numpy as np
from scipy import stats
rng = np.random.default_rng(8)
def eigen(a):
    values, vectors = np.linalg.eig(a)
    at = np.argmax(values.real)
    w = np.abs(vectors[:, at].real)
    return w / w.sum(), float(values[at].real)
def matrix(n):
    a = np.eye(n); judged = []
    for i in range(n):
        for j in range(i + 1, n):
            a[i, j] = rng.choice([1/9, 1/5, 1/3, 1/2, 1, 2, 3, 5, 7, 9]); a[j, i] = 1 / a[i, j]
            judged.append([i, j, a[i, j]])
    return a, judged
# A hierarchy of three criteria, the second with two sub-criteria, over four alternatives, and a group of two experts.
experts = []
for _ in range(2):
    top, sub = matrix(3), matrix(2)
    leaves = {name: matrix(4) for name in ["c0", "s0", "s1", "c2"]}
    experts.append(dict(criteria=top, c1=sub, **leaves))
mean = {key: np.exp(0.25 * np.log(experts[0][key][0]) + 0.75 * np.log(experts[1][key][0])) for key in experts[0]}
w = {key: eigen(a)[0] for key, a in mean.items()}
top = w["criteria"]
glob = dict(c0=top[0], c1=top[1], c2=top[2], s0=top[1] * w["c1"][0], s1=top[1] * w["c1"][1])
prio = sum(glob[k] * w[k] for k in ["c0", "s0", "s1", "c2"])
lam = {key: eigen(a)[1] for key, a in mean.items()}
ahp = dict(experts=[{k: v[1] for k, v in e.items()} for e in experts], weights=glob, priorities=list(prio), lambda_max=lam)
# An incomplete matrix: Harker's method.
a, judged = matrix(5)
gone = [(0, 3), (2, 4)]
h = a.copy()
for i, j in gone:
    h[i, j] = h[j, i] = 0; h[i, i] += 1; h[j, j] += 1
harker = dict(judged=[q for q in judged if (q[0], q[1]) not in gone], weights=list(eigen(h)[0]), lambda_max=eigen(h)[1])
# Fuzzy sets, each operator.
wt = rng.dirichlet(np.ones(4)); R = rng.dirichlet(np.ones(5), 4)
fuzzy = dict(weights=list(wt), membership=R.tolist(), product_sum=list(wt @ R),
    min_max=list(np.minimum(wt[:, None], R).max(0)), product_max=list((wt[:, None] * R).max(0)),
    min_bounded_sum=list(np.minimum(1, np.minimum(wt[:, None], R).sum(0))))
# Objective weights.
X = rng.uniform(1, 100, (9, 4)); cost = np.array([0, 1, 0, 1])
n01 = np.where(cost, X.max(0) - X, X - X.min(0)) / (X.max(0) - X.min(0))
def entropy(y):
    p = y / y.sum(0); q = np.where(p > 0, p, 1); e = -(p * np.log(q)).sum(0) / np.log(len(y)); return list((1 - e) / (1 - e).sum())
turned = np.where(cost, 1 / X, X)
c = n01.std(0, ddof=1) * (1 - np.corrcoef(n01.T)).sum(0)
weights = dict(rows=X.tolist(), direction=["cost" if k else "benefit" for k in cost], min_max=entropy(n01), sum=entropy(turned),
    critic=list(c / c.sum()))
# Delphi with ties; Friedman's statistic is m (n − 1) W.
D = rng.integers(1, 6, (6, 5)).astype(float)
chi = float(stats.friedmanchisquare(*D.T).statistic)
delphi = dict(answers=D.tolist(), mean=list(D.mean(0)), sd=list(D.std(0, ddof=1)), q1=list(np.quantile(D, .25, axis=0)), chi=chi,
    w=chi / (6 * 4))
print(json.dumps(dict(ahp=ahp, harker=harker, fuzzy=fuzzy, weights=weights, delphi=delphi)))
"#;

fn named(judged: &Value, names: &[&str]) -> Value {
    let pair = |one: &Value| {
        let name = |at: usize| names[one[at].as_u64().expect("an index") as usize];
        json!([name(0), name(1), one[2]])
    };
    judged.as_array().expect("a list").iter().map(pair).collect()
}

#[test]
fn numpy_and_scipy_give_the_same() {
    let peer: Value = serde_json::from_str(&python_prints(SCRIPT, &[])).expect("JSON");
    let house = House::new();
    let number = |value: &Value| value.as_f64().expect("a number");
    let alternatives = ["w", "x", "y", "z"];
    let experts: Vec<Value> = peer["ahp"]["experts"]
        .as_array()
        .expect("experts")
        .iter()
        .enumerate()
        .map(|(at, judged)| {
            let under = |node: &str, names: &[&str]| named(&judged[node], names);
            let weight = if at == 0 { 1 } else { 3 };
            json!({"name": format!("E{at}"), "weight": weight, "comparisons": {
                "criteria": under("criteria", &["c0", "c1", "c2"]), "c1": under("c1", &["s0", "s1"]),
                "c0": under("c0", &alternatives), "s0": under("s0", &alternatives),
                "s1": under("s1", &alternatives), "c2": under("c2", &alternatives)}})
        })
        .collect();
    let asked = json!({"criteria": ["c0", "c1", "c2"], "children": {"c1": ["s0", "s1"]},
        "alternatives": alternatives, "experts": experts});
    let found = judge(&house, "ahp", &asked);
    for (name, weight) in peer["ahp"]["weights"].as_object().expect("weights") {
        close(&found["weights"][name], number(weight), 1e-12, name);
    }
    for (at, name) in alternatives.iter().enumerate() {
        close(&found["priorities"][name], number(&peer["ahp"]["priorities"][at]), 1e-12, name);
    }
    for (node, lambda) in peer["ahp"]["lambda_max"].as_object().expect("eigenvalues") {
        close(&found["matrices"][node]["lambda_max"], number(lambda), 1e-11, node);
    }
    let names = ["a", "b", "c", "d", "e"];
    let asked = json!({"criteria": names, "comparisons": {"criteria": named(&peer["harker"]["judged"], &names)}});
    let found = judge(&house, "ahp", &asked);
    for (at, name) in names.iter().enumerate() {
        close(&found["weights"][name], number(&peer["harker"]["weights"][at]), 1e-12, name);
    }
    assert_eq!(found["matrices"]["criteria"]["missing"], json!([["a", "d"], ["c", "e"]]));
    let fuzzy = &peer["fuzzy"];
    for operator in ["product_sum", "min_max", "product_max", "min_bounded_sum"] {
        let asked = json!({"grades": names, "weights": fuzzy["weights"], "membership": fuzzy["membership"],
            "operator": operator});
        let found = judge(&house, "fuzzy", &asked);
        for at in 0..5 {
            close(&found["result"][at], number(&fuzzy[operator][at]), 1e-12, operator);
        }
    }
    let weights = &peer["weights"];
    let indicators = ["i0", "i1", "i2", "i3"];
    for (kind, normalisation, key) in
        [("entropy", "min_max", "min_max"), ("entropy", "sum", "sum"), ("critic", "min_max", "critic")]
    {
        let asked = json!({"indicators": indicators, "rows": weights["rows"], "direction": weights["direction"],
            "normalisation": normalisation});
        let found = judge(&house, kind, &asked);
        for (at, name) in indicators.iter().enumerate() {
            close(&found["weights"][name], number(&weights[key][at]), 1e-12, &format!("{kind} {name}"));
        }
    }
    let delphi = &peer["delphi"];
    let answers = delphi["answers"].as_array().expect("rows").iter().enumerate();
    let experts: serde_json::Map<String, Value> = answers.map(|(at, row)| (format!("E{at}"), row.clone())).collect();
    let found = judge(&house, "delphi", &json!({"items": names, "rounds": [{"experts": experts}]}));
    let round = &found["rounds"][0];
    close(&round["chi_square"], number(&delphi["chi"]), 1e-10, "Friedman");
    close(&round["kendall_w"], number(&delphi["w"]), 1e-12, "W");
    for (at, name) in names.iter().enumerate() {
        let item = &round["items"][name];
        close(&item["mean"], number(&delphi["mean"][at]), 1e-12, "mean");
        close(&item["standard_deviation"], number(&delphi["sd"][at]), 1e-12, "sd");
        close(&item["lower_quartile"], number(&delphi["q1"][at]), 1e-12, "quartile");
    }
}

#[test]
fn a_maturity_questionnaire_is_scored_as_data() {
    let house = House::new();
    let text = tests::project::read("api/rubrics/dcmm.toml").expect("text");
    let rubric: toml::Value = toml::from_str(&text).expect("TOML");
    let domains = rubric["items"].as_array().expect("domains");
    let leaves: Vec<&str> = domains
        .iter()
        .flat_map(|domain| domain["items"].as_array().expect("items"))
        .map(|item| item["name"].as_str().expect("a name"))
        .collect();
    assert_eq!((domains.len(), leaves.len()), (8, 28), "GB/T 36073-2018 has 8 domains and 28 items");
    let mut scores: serde_json::Map<String, Value> = leaves.iter().map(|name| ((*name).to_owned(), json!(3))).collect();
    scores.remove("数据退役");
    let found = judge(&house, "rubric", &json!({"rubric": "dcmm", "scores": scores}));
    close(&found["score"], 3.0, 1e-12, "all alike");
    assert_eq!((&found["level"], &found["undetermined"]), (&json!("稳健级"), &json!(["数据退役"])));
    assert_eq!(found["equal_weights"].as_array().map(Vec::len), Some(9), "eight domains and the whole");
}

#[test]
fn bad_judgements_are_told_with_their_place() {
    let house = House::new();
    let ahp = |comparisons: Value| json!({"criteria": ["a", "b", "c"], "comparisons": comparisons});
    let full = json!({"criteria": [["a", "b", 2], ["b", "c", 2]]});
    let fuzzy = |weights: Value, membership: Value| json!({"grades": ["x", "y"], "weights": weights, "membership": membership, "operator": "product_sum"});
    let rounds = |answers: Value| json!({"items": ["a", "b"], "rounds": [{"experts": answers}]});
    let cases = [
        ("ahp", ahp(json!({"criteria": [["a", "b", 3], ["b", "a", 2]]})), "judgement_not_reciprocal"),
        ("ahp", ahp(json!({"criteria": [["a", "b", -3], ["b", "c", 2]]})), "judgement_not_positive"),
        ("ahp", ahp(json!({"criteria": [["a", "b", 3]]})), "judgement_not_connected"),
        ("ahp", ahp(json!({"criteria": [["a", "d", 3]]})), "judgement_unknown_name"),
        ("ahp", ahp(json!({})), "judgement_comparisons_missing"),
        ("ahp", json!({"criteria": [], "comparisons": {}}), "judgement_empty"),
        (
            "ahp",
            json!({"criteria": ["a", "b", "c"], "comparisons": full, "method": "column_mean"}),
            "judgement_pair_missing",
        ),
        ("fuzzy", fuzzy(json!([0.5, 0.5]), json!([[0.5, 0.4], [0.5, 0.5]])), "judgement_sum_not_one"),
        ("fuzzy", fuzzy(json!([0.5]), json!([[0.5, 0.5], [0.5, 0.5]])), "judgement_length"),
        ("fuzzy", fuzzy(json!([0.5, 0.5]), json!([[1.5, -0.5], [0.5, 0.5]])), "judgement_range"),
        ("entropy", json!({"indicators": ["a"], "rows": [[1], [1], [1]]}), "judgement_nothing_varies"),
        ("critic", json!({"indicators": ["a", "a"], "rows": [[1, 2], [3, 4]]}), "judgement_stands_twice"),
        ("delphi", rounds(json!({"甲": [1, 2]})), "judgement_too_few_experts"),
        ("rubric", json!({"rubric": "dcmn", "scores": {}}), "judgement_unknown_name"),
    ];
    for (kind, asked, code) in cases {
        let file = house.write("bad.json", asked.to_string());
        let (ended, printed) = house.run(&["judge", kind, &file]);
        assert_eq!((printed["error"]["code"].as_str(), ended), (Some(code), 3), "{kind} {asked}: {printed}");
        assert_eq!(printed["error"]["file"], "bad.json");
        assert!(printed["error"]["field"].is_string() && printed["error"]["remedy"].is_string(), "{printed}");
    }
    // Inconsistent judgements have weights, but the answer says so and names the one to look at again.
    let judged = json!({"criteria": [["a", "b", 9], ["b", "c", 9], ["a", "c", "1/9"]]});
    let found = judge(&house, "ahp", &ahp(judged));
    assert_eq!(found["consistent"], false);
    assert!(found["matrices"]["criteria"]["revisit"]["implied"].is_number(), "{found}");
    // Experts who all say the same have no dispersion, and agree.
    let found = judge(&house, "delphi", &rounds(json!({"甲": [1, 2], "乙": [1, 2]})));
    assert_eq!(
        (&found["rounds"][0]["kendall_w"], &found["rounds"][0]["items"]["a"]["standard_deviation"]),
        (&json!(1.0), &json!(0.0))
    );
}
