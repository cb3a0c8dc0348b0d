//! The notebook runs against the real service, and what it shows is what the interface says.

use serde_json::Value;
use tests::app::{House, TestApp};
use tests::program::{printed, python};
use tests::project;

/// Runs the notebook and prints its outputs: `{"text": [...], "pictures": n}`; a cell that raises ends the program.
const RUN: &str = "\
import json, sys, warnings
warnings.filterwarnings('ignore')
import nbclient, nbformat
from jupyter_client.manager import AsyncKernelManager
notebook = nbformat.read(sys.argv[1], 4)
kernel = AsyncKernelManager(kernel_name='python3', transport='ipc')
nbclient.NotebookClient(notebook, km=kernel, timeout=300).execute()
outputs = [output for cell in notebook.cells for output in cell.get('outputs', [])]
data = [output.get('data', {}) for output in outputs]
print(json.dumps({
    'text': [one['text/plain'] for one in data if 'text/plain' in one],
    'pictures': sum('image/png' in one for one in data),
    'errors': [output.get('text', '') for output in outputs if output.output_type == 'error'],
}))";

/// What the notebook shows of the service at `address`.
fn run(address: &str) -> Value {
    // The sockets of the kernel lie in it, so its name is short.
    let folder = tempfile::Builder::new().prefix("nb").tempdir().expect("a folder");
    let notebook = project::root().join("notebooks/demo.ipynb");
    let output = python()
        .args(["-c", RUN])
        .arg(&notebook)
        .env("HENGSHU_URL", format!("http://{address}"))
        .env("JUPYTER_RUNTIME_DIR", folder.path())
        .env("IPYTHONDIR", folder.path())
        .current_dir(folder.path())
        .output()
        .expect("python runs (make setup)");
    serde_json::from_str(&printed(&output)).expect("the outputs are JSON")
}

#[test]
fn the_notebook_runs_and_shows_the_numbers_of_the_interface() {
    let house = House::new();
    house.done(&["demo", "--trades", "6000"]);
    let app = TestApp::on(house);
    let shown = run(&app.address);
    assert_eq!((shown["pictures"].as_u64(), &shown["errors"]), (Some(2), &serde_json::json!([])));
    let text: Vec<&str> = shown["text"].as_array().expect("outputs").iter().filter_map(Value::as_str).collect();

    let valuations = app.get("/v1/valuations").json();
    let table = text.iter().find(|output| output.contains("评估结论")).expect("the table of estimates");
    let mut amounts = Vec::new();
    for one in valuations["items"].as_array().expect("items") {
        assert!(table.contains(one["asset"].as_str().expect("a name")));
        for said in one["estimates"].as_array().expect("estimates").iter().chain([&one["conclusion"]]) {
            for money in [&said["value"], &said["interval"]["low"], &said["interval"]["high"]] {
                amounts.push(money["amount"].as_str().expect("an amount"));
            }
        }
    }
    assert!(amounts.len() >= 3 * 4 * 3, "three assets, three approaches and the conclusion");
    let in_table: Vec<&str> = table.split_whitespace().filter(|word| word.contains('.') && word.len() > 4).collect();
    assert_eq!(in_table, amounts, "every amount of the table, in the order of the interface");

    let model = app.get("/v1/models").json()["items"][0].clone();
    let card = text.iter().find(|output| output.contains("median_ape")).expect("the model");
    assert!(card.contains(&model["n"].to_string()) && card.contains(model["cut_off"].as_str().expect("a day")));
    let held = app.get("/v1/trades").json();
    let counts = text.iter().find(|output| output.starts_with("kind")).expect("the counts");
    for (kind, count) in held["by_kind"].as_object().expect("counts") {
        let line = counts.lines().find(|line| line.starts_with(kind.as_str())).expect("a line a kind");
        assert_eq!(line.split_whitespace().last(), Some(count.to_string().as_str()));
    }
    months_are_those_of_another_reader(text.last().expect("the months"), &held);
}

/// The notebook reads the files with pandas; DuckDB reads them again.
fn months_are_those_of_another_reader(table: &str, held: &Value) {
    let script = "import duckdb, json, sys\n\
                  rows = duckdb.sql(\"select strftime(traded_on, '%Y-%m') as m, count(*), median(price::double) from \
                  (select *, row_number() over (partition by exchange, trade_id order by recorded_at desc, source_line \
                  desc) as place from read_parquet(?)) where place = 1 and status <> 'cancellation' and kind = 'trade' and \
                  price_state = 'priced' and price_unit = 'one_off' group by m order by m\", params=[sys.argv[1]]).fetchall()\n\
                  print(json.dumps(rows))";
    let pattern = held["parquet"].as_str().expect("a pattern");
    let counted: Value = serde_json::from_str(&tests::program::python_prints(script, &[pattern])).expect("JSON");
    let counted = counted.as_array().expect("months");
    assert_eq!(counted.len(), 36);
    for month in counted {
        let name = month[0].as_str().expect("a month");
        let line = table.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}\n{table}"));
        let shown: Vec<f64> = line.split_whitespace().skip(1).map(|word| word.parse().expect("a number")).collect();
        assert_eq!(shown[0], month[1].as_f64().expect("a count"), "{name}");
        assert!((shown[2] - month[2].as_f64().expect("a median")).abs() <= 0.005, "{name}: {line} {month}");
    }
}
