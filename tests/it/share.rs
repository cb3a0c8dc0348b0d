//! Contribution and its division, through the binary and against what others published.

use std::collections::BTreeMap;

use pricing_models::frame::{Column, Frame};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tests::app::House;
use tests::{program, project};
use valuation::contribution::core::{least_core, stability};
use valuation::contribution::exact::{banzhaf, shapley};
use valuation::contribution::nearest::{self, Neighbourhood};
use valuation::contribution::request::ShareRequest;
use valuation::contribution::terms::Names;

/// The values of a published game by all methods, players counted from 1.
pub fn cooperative_game(inputs: &toml::Table) -> BTreeMap<String, f64> {
    let mut game = serde_json::to_value(inputs).expect("plain values");
    let players = game.as_object_mut().and_then(|game| game.remove("players")).expect("players");
    let request = json!({"players": players, "game": game});
    let request = ShareRequest::from_value(request).expect("a request");
    let names = request.players.expect("players").names();
    let known = Names::new(&names).expect("names");
    let (game, sense) = request.game.game(&known).expect("a game").expect("no data files");
    let mut figures = BTreeMap::new();
    let mut take = |method: &str, values: &[f64]| {
        for (name, value) in names.iter().zip(values) {
            figures.insert(format!("{method} {name}"), *value);
        }
    };
    let exact = shapley(&game).expect("exact").values;
    take("shapley", &exact);
    take("banzhaf", &banzhaf(&game).expect("exact").values);
    if names.len() <= 10 {
        let least = least_core(&game, sense).expect("solved");
        take("least_core", &least.values);
        let excess = stability(&game, &least.values, sense).expect("few").excess;
        assert!((excess - least.excess).abs() < 1e-9, "the least core has the excess it says");
        figures.insert("least_core excess".to_owned(), least.excess);
    }
    figures.insert("total".to_owned(), exact.iter().sum());
    figures
}

fn rows(frame: &Frame, half: &str) -> (Vec<f64>, Vec<u32>) {
    let halves = frame.levels("half").expect("halves");
    let Column::Text(species) = frame.column("species").expect("species") else { panic!("species is text") };
    let names = ["sepal_length", "sepal_width", "petal_length", "petal_width"];
    let features: Vec<&[f64]> = names.iter().map(|name| frame.real(name, "iris").expect("numbers")).collect();
    let rows: Vec<usize> = (0..frame.rows()).filter(|row| halves.get(*row) == Some(half)).collect();
    let flat = rows.iter().flat_map(|row| features.iter().map(|column| column[*row])).collect();
    (flat, rows.iter().map(|row| species.codes[*row]).collect())
}

fn iris(frame: &Frame, k: usize) -> nearest::RowValues {
    let ((train, train_class), (test, test_class)) = (rows(frame, "train"), rows(frame, "test"));
    let rows = Neighbourhood {
        features: 4,
        train: &train,
        train_class: &train_class,
        test: &test,
        test_class: &test_class,
        k,
    };
    nearest::shapley(&rows).expect("rows")
}

/// The sum of the values of single rows.
pub fn nearest_neighbours(frame: &Frame, inputs: &toml::Table) -> BTreeMap<String, f64> {
    let k = inputs["k"].as_integer().expect("whole") as usize;
    BTreeMap::from([("total".to_owned(), iris(frame, k).total)])
}

#[test]
fn iris_rows_have_the_values_of_two_other_programs() {
    let Some(data) = tests::reference::folder("knn_shapley_iris") else { return };
    let text = std::fs::read_to_string(data.join("shapley/knn_shapley_iris_k5.json")).expect("the reference data");
    let published: Value = serde_json::from_str(&text).expect("JSON");
    let table = project::read("tests/fixtures/reference/iris_halves.csv").expect("text");
    let found = iris(&crate::textbook::frame(&table), 5).values;
    let differences = |program: &str| {
        let values = published["iris"][program].as_array().expect("values");
        assert_eq!(values.len(), found.len());
        let apart = values.iter().zip(&found).map(|(value, found)| (value.as_f64().expect("a number") - found).abs());
        apart.fold(0.0, f64::max)
    };
    // The two programs differ by up to 4.7e-5 where distances are tied; both must be met to that.
    assert!(
        differences("own") < 4.8e-5 && differences("pydvl") < 4.8e-5,
        "{} {}",
        differences("own"),
        differences("pydvl")
    );
}

/// Exact binomial probabilities of at most, and of at least, `k` of `n`.
fn tails(n: u32, k: u32, p: f64) -> (f64, f64) {
    let mut logs = vec![0.0; n as usize + 1];
    for i in 1..=n as usize {
        logs[i] = logs[i - 1] + (i as f64).ln();
    }
    let at = |i: u32| {
        let choose = logs[n as usize] - logs[i as usize] - logs[(n - i) as usize];
        (choose + f64::from(i) * p.ln() + f64::from(n - i) * (1.0 - p).ln()).exp()
    };
    ((0..=k).map(at).sum(), (k..=n).map(at).sum())
}

/// 95 % intervals cover the exact value as often as they say, for every scheme.
fn coverage(seeds: u32) {
    use valuation::contribution::sampled::{Plan, Running, Scheme};
    let values: Vec<f64> =
        (0..64_u32).map(|mask| f64::from(mask.count_ones()).powf(1.5) + f64::from(mask * 37 % 11) / 4.0).collect();
    let game = valuation::contribution::game::Game::table(6, values).expect("a table");
    let exact = shapley(&game).expect("exact").values;
    for scheme in [Scheme::Permutation, Scheme::Antithetic, Scheme::Stratified, Scheme::Truncated { tolerance: 0.0 }] {
        let mut covered = [0_u32; 6];
        for seed in 0..seeds {
            let plan =
                Plan { scheme, seed: u64::from(seed) + 1_000, draws_max: 512, std_error: None, departures: false };
            let mut running = Running::new(6, &plan);
            while running.stopped(&plan).is_none() {
                running.advance(&game, &plan).expect("drawn");
            }
            for ((bounds, exact), covered) in running.intervals(0.95).iter().zip(&exact).zip(&mut covered) {
                *covered += u32::from(bounds.0 <= *exact && *exact <= bounds.1);
            }
        }
        for (player, covered) in covered.into_iter().enumerate() {
            let (low, high) = tails(seeds, covered, 0.95);
            // Two sides, six players, four schemes: 1 % for all of them together.
            let level = 0.01 / 2.0 / 24.0;
            assert!(low > level && high > level, "{scheme:?}, player {player}: {covered} of {seeds}");
        }
    }
}

#[test]
fn intervals_cover_the_exact_value_as_often_as_they_say() {
    coverage(100);
}

mod soak {
    #[test]
    fn intervals_cover_the_exact_value_as_often_as_they_say_over_many_seeds() {
        super::coverage(tests::soak::rounds(20).max(100));
    }
}

fn voting() -> Value {
    json!({
        "players": ["a", "b", "c", "d", "e", "f", "g"],
        "game": {"type": "weighted_voting", "weights": [9, 7, 5, 4, 3, 2, 1], "quota": 17},
        "exact": false,
        "sampling": {"scheme": "antithetic", "draws": 3000, "seed": 5},
    })
}

#[test]
fn one_two_and_eight_threads_give_the_same_bytes() {
    let house = House::new();
    let pooled = project::root().join("api/demo/pooled/value.json").display().to_string();
    let sampled = house.write("voting.json", voting().to_string());
    let table: Vec<f64> = (0..1_u32 << 14).map(|mask| f64::from(mask.wrapping_mul(2_654_435_761) >> 8) / 1e6).collect();
    let table = json!({"players": 14, "game": {"type": "table", "values": table}});
    let table = house.write("table.json", table.to_string());
    for file in [pooled.as_str(), &sampled, &table] {
        let printed = ["1", "2", "8"].map(|threads| {
            house.command(&["share", "value", file, "--threads", threads]).output().expect("runs").stdout
        });
        assert!(!printed[0].is_empty() && printed.iter().all(|bytes| *bytes == printed[0]), "{file}");
    }
}

#[test]
fn an_interrupted_sampling_goes_on_to_the_same_bytes() {
    let house = House::new();
    let file = house.write("voting.json", voting().to_string());
    let whole = house.done(&["share", "value", &file]);
    // A run that was cut short at 1,024 draws leaves the state that the long one takes up.
    let mut short = voting();
    short["sampling"]["draws"] = json!(1024);
    let short = house.write("short.json", short.to_string());
    house.done(&["share", "value", &short, "--state", "state.json"]);
    assert_eq!(house.done(&["share", "value", &file, "--state", "state.json"]), whole);
    let other = house.run(&["share", "value", &file, "--state", "state.json", "--seed", "6"]);
    assert_eq!((other.0, other.1["error"]["code"].as_str()), (3, Some("state_of_another_run")));
    let seeded = house.done(&["share", "value", &file, "--seed", "6"]);
    assert_eq!(seeded["sampling"]["seed"], 6);
}

#[test]
fn bad_games_and_splits_are_refused_with_their_place() {
    let house = House::new();
    let table = |values: Value| json!({"players": ["a", "b"], "game": {"type": "table", "values": values}});
    let yuan = json!({"amount": "10.00", "currency": "CNY"});
    let many = json!({"players": 1_000_000, "game": {"type": "table", "values": {"": 0}}});
    let cases: Vec<(&str, Value, &str)> = vec![
        ("value", table(json!({"": 0, "a": 1})), "coalitions_missing"),
        ("value", table(json!({"a": 1, "b": 1, "a,b": 3})), "utility_of_nobody_undefined"),
        ("value", table(json!({"": 0, "a": 1, "b": null, "a,b": 3})), "utility_not_finite"),
        ("value", table(json!({"": 0, "a": 1, "c": 1})), "unknown_player"),
        ("value", json!({"players": 3, "game": {"type": "airprt", "costs": [1, 2, 3]}}), "unknown_field"),
        ("value", json!({"players": 3, "game": {"type": "airport", "costs": [1, 2]}}), "game_malformed"),
        ("value", many, "too_many_players"),
        ("split", json!({"till": yuan, "values": {"a": 1, "b": -1}}), "negative_without_rule"),
        ("split", json!({"till": yuan, "values": {"a": 1}, "floors": {"a": 11}}), "split_infeasible"),
        ("split", json!({"till": yuan, "values": {"a": 0}}), "nothing_to_split_by"),
        ("split", json!({"till": yuan, "values": {"a": 1}, "flors": {"a": 11}}), "unknown_field"),
    ];
    for (verb, request, code) in cases {
        let file = house.write("request.json", request.to_string());
        let (exit, printed) = house.run(&["share", verb, &file]);
        let error = &printed["error"];
        assert_eq!((exit, error["code"].as_str()), (3, Some(code)), "{printed}");
        assert!(
            error["field"].is_string() && error["remedy"].as_str().is_some_and(|said| !said.is_empty()),
            "{printed}"
        );
    }
    // What is refused exactly is offered sampled, and works.
    let million = json!({
        "players": 1_000_000, "game": {"type": "airport", "costs": vec![1; 1_000_000]},
        "exact": false, "sampling": {"scheme": "permutation", "draws": 2},
    });
    let file = house.write("million.json", million.to_string());
    assert!((house.done(&["share", "value", &file])["total"].as_f64().expect("a number") - 1.0).abs() < 1e-9);
    let one = house
        .write("one.json", json!({"players": ["a"], "game": {"type": "table", "values": {"": 0, "a": 4}}}).to_string());
    assert_eq!(house.done(&["share", "value", &one])["values"], json!({"a": 4.0}));
}

/// Five owners' data from Parquet to statements.
#[test]
fn five_owners_share_the_income_of_their_pooled_data() {
    let house = House::new();
    let folder = project::root().join("api/demo/pooled");
    let request = folder.join("value.json").display().to_string();
    let found = house.done(&["share", "value", &request]);
    let script = r#"
import json, itertools, math, sys
import numpy, pyarrow.parquet
folder, owners = sys.argv[1], 5
read = lambda name: pyarrow.parquet.read_table(f"{folder}/{name}.parquet").to_pandas()
train, test = [read(f"owner-{i + 1}") for i in range(owners)], read("test")
features = ["temperature", "humidity", "traffic", "events"]
design = lambda frame: numpy.column_stack([frame[features], numpy.ones(len(frame))])
def worth(some):
    if not some: return 0.0
    x = numpy.vstack([design(train[i]) for i in some]); y = numpy.concatenate([train[i]["load"] for i in some])
    b = numpy.linalg.lstsq(x, y, rcond=None)[0]
    t = test["load"].to_numpy()
    return 1 - ((t - design(test) @ b) ** 2).sum() / ((t - t.mean()) ** 2).sum()
def shapley(players):
    n = len(players); v = {}
    for k in range(n + 1):
        for s in itertools.combinations(players, k): v[s] = worth(s)
    out = {}
    for i in players:
        out[i] = sum(math.factorial(len(s)) * math.factorial(n - 1 - len(s)) / math.factorial(n) *
            (v[tuple(sorted(s + (i,)))] - v[s]) for s in v if i not in s)
    return out
print(json.dumps([list(shapley(range(5)).values()), list(shapley([0, 1, 2, 4]).values())]))
"#;
    let printed = program::python_prints(script, &[&folder.display().to_string()]);
    let expected: Vec<Vec<f64>> = serde_json::from_str(&printed).expect("JSON");
    let owners = ["气象服务中心", "电网公司", "交通集团", "商业数据公司", "旧表计公司"];
    for (owner, expected) in owners.iter().zip(&expected[0]) {
        let value = found["values"][owner].as_f64().expect("a number");
        assert!((value - expected).abs() < 1e-9, "{owner}: {value} instead of {expected}");
    }
    let staying = ["气象服务中心", "电网公司", "交通集团", "旧表计公司"];
    for (owner, expected) in staying.iter().zip(&expected[1]) {
        let value = found["staying"]["values"][owner].as_f64().expect("a number");
        assert!((value - expected).abs() < 1e-9, "{owner} without the one who left");
    }
    assert_eq!(found["evaluations"], 32);
    let mut stay: Value = found.clone();
    stay.as_object_mut().expect("an object").remove("staying");
    let values = house.write("values.json", stay.to_string());
    let terms = folder.join("split.json").display().to_string();
    let done = house.done(&["share", "split", &terms, "--values", &values]);
    let amount = |money: &Value| -> Decimal { money["amount"].as_str().expect("text").parse().expect("a number") };
    let payments = done["payments"].as_object().expect("payments");
    assert_eq!(payments.values().map(amount).sum::<Decimal>(), Decimal::new(128_000_000, 2));
    assert_eq!(
        (amount(&payments["财政专户"]), amount(&payments["旧表计公司"])),
        (Decimal::from(192_000), Decimal::from(20_000))
    );
    assert!(
        amount(&payments["电网公司"]) <= Decimal::from(280_000)
            && amount(&payments["交通集团"]) >= Decimal::from(150_000)
    );
    for statement in done["statements"].as_array().expect("statements") {
        assert!(!statement["reasons"].as_array().expect("reasons").is_empty(), "{statement}");
    }
}

#[test]
fn row_values_are_summed_by_owner_and_banzhaf_is_normalised_beside_its_values() {
    let house = House::new();
    let mut text = "x,y,class,owner\n".to_owned();
    for row in 0..20 {
        text +=
            &format!("{},{},{},{}\n", row % 5, row / 5, if row % 3 == 0 { "p" } else { "q" }, ["a", "b", "c"][row % 3]);
    }
    house.write("train.csv", &text);
    house.write("test.csv", "x,y,class\n1,1,p\n2,2,q\n4,0,q\n");
    let knn = json!({"game": {"type": "knn", "k": 3, "train": [{"file": "train.csv"}], "test": "test.csv",
        "label": "class", "features": ["x", "y"], "owner": "owner"}});
    let file = house.write("knn.json", knn.to_string());
    let found = house.done(&["share", "value", &file]);
    let sum: f64 = found["rows"].as_array().expect("rows").iter().map(|row| row.as_f64().expect("a number")).sum();
    let owners = found["values"].as_object().expect("values");
    assert_eq!(owners.len(), 3);
    let by_owner: f64 = owners.values().map(|value| value.as_f64().expect("a number")).sum();
    let total = found["total"].as_f64().expect("a number");
    assert!((sum - total).abs() < 1e-12 && (by_owner - total).abs() < 1e-12);
    assert_eq!(found["tie_rule"], "file_order");
    let gloves = json!({"players": ["a", "b", "c"], "game": {"type": "glove", "left": ["a", "c"], "right": ["b"]}, "method": "banzhaf"});
    let file = house.write("gloves.json", gloves.to_string());
    let found = house.done(&["share", "value", &file]);
    assert_eq!(found["values"], json!({"a": 0.25, "b": 0.75, "c": 0.25}));
    assert_eq!(found["normalised"], json!({"a": 0.2, "b": 0.6, "c": 0.2}));
    assert_eq!(found["total"], 1.25);
}
