//! Price indices through the binary: published series, the same numbers by NumPy and statsmodels, real tables, bad input.

use serde_json::{Value, json};
use tests::app::House;
use tests::program::python_prints;

/// CES demand with elasticity 2 (worked example M6; construction of Diewert and Fox 2017): the true index is known.
const CES: &str = r#"
import sys
a = [.2, .2, .2, .4]
e = [10, 13, 11, 12, 15, 13, 14, 17, 15, 18, 16, 17]
p = [[2,1.75,1.6,1.5,1.45,1.4,1.35,1.3,1.25,1.2,1.15,1.1], [1,.5,1.05,1.1,1.12,1.15,1.18,.6,1.2,1.25,1.28,1.3],
     [1,.95,.9,.85,.4,.8,.75,.72,.7,.4,.7,.65], [.5,.55,.6,.65,.7,.75,.7,.65,.7,.75,.75,.8]]
print("t,id,p,q")
for t in range(12):
    total = sum(a[j] / p[j][t] for j in range(4))
    for j in range(4):
        share = a[j] / p[j][t] / total
        print(f"{t + 1},{j},{p[j][t]!r},{share * e[t] / p[j][t]!r}")
"#;

fn compute(house: &House, file: &str, method: &str, more: &[&str]) -> Value {
    let arguments = ["index", "compute", "--data", file, "--method", method];
    house.done(&[&arguments, more].concat())
}

fn at(index: &Value, place: usize) -> f64 {
    index["index"][place].as_f64().unwrap_or_else(|| panic!("no level at {place}: {index}"))
}

fn close(found: f64, wanted: f64, tolerance: f64, what: &str) {
    assert!((found - wanted).abs() <= tolerance, "{what}: {found} instead of {wanted}");
}

#[test]
fn the_published_indices_of_the_ces_example() {
    let house = House::new();
    let file = house.write("ces.csv", python_prints(CES, &[]));
    let columns = ["--time", "t", "--product", "id", "--price", "p", "--quantity", "q"];
    let last = [
        ("laspeyres", true, 2.2000474),
        ("laspeyres", false, 1.3269231),
        ("paasche", true, 0.5745408),
        ("paasche", false, 0.9259489),
        ("fisher", true, 1.1242851),
        ("fisher", false, 1.1084507),
        ("tornqvist", true, 1.1346166),
        ("tornqvist", false, 1.1315498),
        ("walsh", true, 1.1370031),
        ("walsh", false, 1.1370031),
        ("sato_vartia", false, 1.1370031),
        ("jevons", false, 0.9286132),
        ("carli", true, 1.3173066),
        ("carli", false, 1.025),
        ("dutot", false, 0.8555556),
    ];
    for (method, chained, value) in last {
        let chained: &[&str] = if chained { &["--chained"] } else { &[] };
        let index = compute(&house, &file, method, &[&columns, chained].concat());
        close(at(&index, 11), value, 6e-8, method);
        assert!(index["std_error"].as_array().is_some_and(|errors| errors.iter().all(Value::is_number)), "{method}");
    }
    let index =
        compute(&house, &file, "geks_tornqvist", &[&columns[..], &["--window", "11", "--splice", "mean"]].concat());
    let series = [
        1., 0.8927314, 1.0776386, 1.1127724, 0.9310834, 1.1785361, 1.1219447, 0.9380228, 1.0951667, 0.9501914,
        1.1277725, 1.1330748,
    ];
    series.iter().enumerate().for_each(|(place, value)| close(at(&index, place), *value, 6e-8, "GEKS-Törnqvist"));
}

#[test]
fn shillers_smallest_example() {
    let house = House::new();
    let file = house.write("sales.csv", "id,t,p\n1,1,1\n1,2,3\n1,3,2\n2,1,1\n2,3,1\n");
    let columns = ["--time", "t", "--product", "id", "--price", "p"];
    let geometric = compute(&house, &file, "repeat_sales", &columns);
    close(at(&geometric, 1), 238.1102, 5e-5, "GRS");
    close(at(&geometric, 2), 125.9921, 5e-5, "GRS");
    let arithmetic = compute(&house, &file, "repeat_sales_arithmetic", &columns);
    close(at(&arithmetic, 1), 240.0, 1e-9, "ARS");
    close(at(&arithmetic, 2), 400.0 / 3.0, 1e-9, "ARS");
}

#[test]
fn real_tables_give_their_known_indices() {
    let Some(data) = tests::reference::folder("price indices") else { return };
    let house = House::new();
    let path = |name: &str| data.join(name).display().to_string();
    let milk = path("priceindices/milk.csv");
    let columns = ["--time", "time", "--product", "prodID", "--price", "prices", "--quantity", "quantities"];
    let over = |method: &str, from: &str, to: &str, more: &[&str]| {
        compute(
            &house,
            &milk,
            method,
            &[&columns[..], &["--bucket", "month", "--from", from, "--to", to], more].concat(),
        )
    };
    close(at(&over("jevons", "2018-12", "2020-01", &[]), 13), 1.028223, 5e-7, "milk, Jevons");
    close(at(&over("fisher", "2018-12", "2020-01", &[]), 13), 0.9615501, 5e-8, "milk, Fisher");
    close(at(&over("geks", "2019-01", "2019-10", &[]), 3), 0.9912305, 5e-8, "milk, GEKS");
    let homes = path("hpir_ex_sales/ex_sales.csv");
    let columns = ["--time", "sale_date", "--product", "pinx", "--price", "sale_price"];
    let index =
        compute(&house, &homes, "repeat_sales", &[&columns[..], &["--bucket", "month", "--pairs", "all"]].concat());
    close(at(&index, 1), 94.32403, 5e-6, "homes, second month");
    close(at(&index, 5), 93.33960, 5e-6, "homes, sixth month");
    let sold = std::fs::read_to_string(path("textbook/gt_pizzaplace.csv")).expect("text");
    let mut pizza = String::from("date,product,price\n");
    for line in sold.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        pizza += &format!("{},{}-{},{}\n", cells[2], cells[4], cells[5], cells[7]);
    }
    let pizza = house.write("pizza.csv", pizza);
    let columns = ["--time", "date", "--product", "product", "--price", "price", "--bucket", "month"];
    for method in ["jevons", "dutot", "carli", "geks_jevons"] {
        let index = compute(&house, &pizza, method, &columns);
        (0..12).for_each(|place| close(at(&index, place), 1.0, 1e-12, method));
    }
}

const PEERS: &str = r#"
import json, sys
import numpy as np, pandas as pd, statsmodels.formula.api as smf
rng = np.random.default_rng(5)
T, P = 8, 60
size = np.exp(rng.normal(0, 1, P)); kind = rng.choice(["a", "b", "c"], P)
rows = []
for t in range(T):
    for i in range(P):
        if rng.uniform() < 0.7:
            p = np.exp(0.6 * np.log(size[i]) + 0.4 * (kind[i] == "b") + 0.05 * t + 0.2 * rng.normal())
            rows.append((f"2024-{t + 1:02d}", f"i{i:02d}", p, float(rng.integers(1, 50)), size[i], kind[i]))
d = pd.DataFrame(rows, columns=["t", "id", "p", "q", "size", "kind"])
d.to_csv(sys.argv[1], index=False)
d = pd.read_csv(sys.argv[1])
p = d.pivot(index="id", columns="t", values="p"); q = d.pivot(index="id", columns="t", values="q")
v = p * q
# Weighted time product dummy by weighted least squares with all dummies.
d["w"] = d.p * d.q / (d.p * d.q).groupby(d.t).transform("sum")
m = smf.wls("np.log(p) ~ C(t) + C(id)", d, weights=d.w).fit()
wtpd = [1.0] + [float(np.exp(m.params[f"C(t)[T.{t}]"])) for t in p.columns[1:]]
def fisher(a, b):
    k = p[a].notna() & p[b].notna()
    return np.sqrt((p[b][k] @ q[a][k]) / (p[a][k] @ q[a][k]) * (p[b][k] @ q[b][k]) / (p[a][k] @ q[b][k]))
def geks(cols):
    return [float(np.exp(np.mean([np.log(fisher(cols[0], k) * fisher(k, t)) for k in cols]))) for t in cols]
cols = list(p.columns)
# Rolling windows of five, movement splice and window splice.
w1 = [geks(cols[s:s + 5]) for s in range(T - 4)]
move = list(w1[0]); wind = list(w1[0])
for s in range(1, T - 4):
    move.append(move[-1] * w1[s][4] / w1[s][3])
    wind.append(wind[-1] * (w1[s][4] / w1[s][0]) / (w1[s - 1][4] / w1[s - 1][1]))
# Delete-a-group jackknife of a fixed-base Jevons index: groups by place in the order of names, modulo 32.
ids = sorted(d.id.unique())
def jevons(keep, b):
    k = p[cols[0]].notna() & p[b].notna() & keep
    return float(np.mean(np.log(p[b][k] / p[cols[0]][k])))
group = pd.Series([i % 32 for i in range(len(ids))], index=ids)
rep = np.array([[jevons(group != g, b) for b in cols[1:]] for g in range(32)])
se = np.sqrt(31 / 32 * ((rep - rep.mean(0)) ** 2).sum(0)) * np.exp([jevons(group >= 0, b) for b in cols[1:]])
# Time dummy and double imputation.
f = "np.log(p) ~ np.log(size) + C(kind)"
td = smf.ols(f + " + C(t)", d).fit(cov_type="HC1", use_t=True)
time_dummy = [1.0] + [float(np.exp(td.params[f"C(t)[T.{t}]"])) for t in cols[1:]]
time_dummy_se = [float(np.exp(td.params[f"C(t)[T.{t}]"]) * td.bse[f"C(t)[T.{t}]"]) for t in cols[1:]]
fits = {t: smf.ols(f, d[d.t == t]).fit() for t in cols}
def impute(a, b):
    one = lambda s: float(np.mean(fits[b].predict(d[d.t == s]) - fits[a].predict(d[d.t == s])))
    return float(np.exp(0.5 * (one(a) + one(b))))
# Repeat sales, consecutive pairs, ordinary and Case–Shiller.
pairs = []
for i, own in d.sort_values(["id", "t"]).groupby("id"):
    rows = own.to_dict("records")
    pairs += [(cols.index(x["t"]), cols.index(y["t"]), np.log(y["p"] / x["p"])) for x, y in zip(rows, rows[1:])]
Z = np.zeros((len(pairs), T)); y = np.array([r[2] for r in pairs])
for r, (a, b, _) in enumerate(pairs):
    Z[r, a] -= 1; Z[r, b] += 1
Z = Z[:, 1:]
import statsmodels.api as sm
rs = sm.OLS(y, Z).fit()
gap = np.array([b - a for a, b, _ in pairs])
fit2 = sm.OLS(rs.resid ** 2, sm.add_constant(gap)).fit().fittedvalues
fit2 = np.maximum(fit2, fit2[fit2 > 0].min())
cs = sm.WLS(y, Z, weights=1 / fit2).fit()
print(json.dumps(dict(wtpd=wtpd, geks=geks(cols), movement=move, window=wind, jevons_se=list(se), time_dummy=time_dummy,
    time_dummy_se=time_dummy_se, imputation=[impute(cols[0], b) for b in cols],
    rs=list(100 * np.exp(rs.params)), rs_se=list(100 * np.exp(rs.params) * rs.bse), cs=list(100 * np.exp(cs.params)),
    cs_se=list(100 * np.exp(cs.params) * cs.bse))))
"#;

#[test]
fn numpy_and_statsmodels_give_the_same() {
    let house = House::new();
    let path = house.path().join("market.csv");
    let peer: Value = serde_json::from_str(&python_prints(PEERS, &[&path.display().to_string()])).expect("JSON");
    let columns = ["--time", "t", "--product", "id", "--price", "p", "--quantity", "q"];
    let ours = |method: &str, more: &[&str]| compute(&house, "market.csv", method, &[&columns[..], more].concat());
    let same = |found: &Value, wanted: &Value, skip: usize, what: &str| {
        let wanted = wanted.as_array().expect("a series");
        for (place, value) in wanted.iter().enumerate() {
            let value = value.as_f64().expect("a number");
            close(found[place + skip].as_f64().unwrap_or(f64::NAN), value, 1e-9 * value.abs(), what);
        }
    };
    same(&ours("wtpd", &[])["index"], &peer["wtpd"], 0, "WTPD");
    same(&ours("geks", &[])["index"], &peer["geks"], 0, "GEKS");
    let window = ["--window", "5", "--splice"];
    same(&ours("geks", &[&window[..], &["movement"]].concat())["index"], &peer["movement"], 0, "movement splice");
    same(&ours("geks", &[&window[..], &["window"]].concat())["index"], &peer["window"], 0, "window splice");
    same(&ours("jevons", &[])["std_error"], &peer["jevons_se"], 1, "jackknife");
    let formula = ["--formula", "log(p) ~ log(size) + i(kind)", "--vcov", "hc1"];
    let dummy = ours("time_dummy", &formula);
    same(&dummy["index"], &peer["time_dummy"], 0, "time dummy");
    same(&dummy["std_error"], &peer["time_dummy_se"], 1, "time dummy error");
    same(&ours("double_imputation", &formula)["index"], &peer["imputation"], 0, "imputation");
    let pairs = ours("repeat_sales", &[]);
    same(&pairs["index"], &peer["rs"], 1, "repeat sales");
    same(&pairs["std_error"], &peer["rs_se"], 1, "repeat sales error");
    let weighted = ours("case_shiller", &[]);
    same(&weighted["index"], &peer["cs"], 1, "Case–Shiller");
    same(&weighted["std_error"], &peer["cs_se"], 1, "Case–Shiller error");
    // Any number of threads gives the same bytes.
    for method in ["geks", "wtpd", "double_imputation"] {
        let on = |threads: &str| ours(method, &[&formula[..2], &["--threads", threads]].concat()).to_string();
        assert_eq!(on("1"), on("8"), "{method}");
    }
}

#[test]
fn what_cannot_be_an_index_is_told() {
    let house = House::new();
    house.write("t.csv", "t,id,p,q\n2024-01-05,a,1,1\n2024-03-05,a,2,1\n2024-03-06,b,-1,1\n2024-03-07,,3,1\n");
    house.write("once.csv", "t,id,p\n1,a,1\n1,b,1\n");
    let columns = ["--time", "t", "--product", "id", "--price", "p"];
    let cases: [(&str, &str, &[&str], &str); 9] = [
        ("t.csv", "fisher", &[], "index_quantity_needed"),
        ("t.csv", "time_dummy", &[], "index_formula_needed"),
        ("t.csv", "time_dummy", &["--formula", "p ~ q"], "response_not_price"),
        ("t.csv", "jevons", &["--base", "2024-01-06"], "index_unknown_period"),
        ("t.csv", "geks_jevons", &["--window", "1"], "index_window_too_short"),
        ("once.csv", "jevons", &["--bucket", "month"], "index_not_a_date"),
        ("once.csv", "repeat_sales", &[], "index_no_pairs"),
        ("once.csv", "jevons", &["--price", "pp"], "unknown_column"),
        ("once.csv", "jevons", &["--price", "id"], "column_not_numeric"),
    ];
    for (file, method, more, code) in cases {
        let mut arguments = vec!["index", "compute", "--data", file, "--method", method];
        // A repeated option would be a usage error: what a case says replaces the usual columns.
        let given: Vec<&str> = more.iter().copied().filter(|word| word.starts_with("--")).collect();
        for pair in columns.chunks(2).filter(|pair| !given.contains(&pair[0])) {
            arguments.extend(pair);
        }
        arguments.extend(more);
        let (ended, printed) = house.run(&arguments);
        assert_eq!((printed["error"]["code"].as_str(), ended), (Some(code), 3), "{arguments:?}: {printed}");
    }
    // A month without trades is a period without a level; rows left out are counted by reason.
    let index = compute(&house, "t.csv", "jevons", &[&columns[..], &["--bucket", "month"]].concat());
    assert_eq!(index["index"], json!([1.0, null, 2.0]));
    assert_eq!(index["excluded"], json!({"price_not_positive": 1, "product_missing": 1}));
    assert_eq!(index["notes"], json!(["index.note.no_common_product"]));
}
