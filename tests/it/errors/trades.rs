//! Bad files of trades: as a whole they are refused, by row they are rejected by name, and every row is accounted for.

use serde_json::{Value, json};
use tests::app::House;
use tests::program::python_prints;

use super::{house, refused};

const HEADER: &str = "exchange,kind,traded_on,product_id,price,currency,price_unit\n";

fn import<'a>(file: &'a str, mapping: &'a str) -> [&'a str; 5] {
    ["trades", "import", file, "--mapping", mapping]
}

#[test]
fn a_bad_file_of_trades_changes_nothing() {
    let house = house();
    let parquet = house.state().into_iter().map(|(name, _)| name).find(|name| name.ends_with(".parquet"));
    let parquet = std::fs::read(parquet.expect("a trade file")).expect("read");
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty.csv", Vec::new(), "file_empty"),
        ("header.csv", HEADER.as_bytes().to_vec(), "file_without_rows"),
        ("broken.csv", b"exchange,kind\na,\xff\xff\xff\n".to_vec(), "broken_text"),
        ("other.csv", b"a,b\n1,2\n".to_vec(), "missing_column"),
        ("twice.csv", HEADER.replace("kind", "exchange").into_bytes(), "repeated_column"),
        // One of our own files, cut at three places: within the rows, within the footer, and within the closing mark.
        ("rows.parquet", parquet[..parquet.len() / 3].to_vec(), "bad_parquet"),
        ("footer.parquet", parquet[..parquet.len() - 100].to_vec(), "bad_parquet"),
        ("mark.parquet", parquet[..parquet.len() - 1].to_vec(), "bad_parquet"),
        ("none.parquet", b"PAR1\x00\x00PAR1".to_vec(), "bad_parquet"),
    ];
    for (name, bytes, code) in cases {
        let file = house.write(name, bytes);
        let error = refused(&house, &import(&file, "hengshu"), code, 3);
        assert!(error["file"].as_str().is_some_and(|named| named.ends_with(name)), "{code} names the file");
        let line = error["line"].as_u64();
        match code {
            "broken_text" => assert_eq!(line, Some(2)),
            "missing_column" | "repeated_column" => assert!(line == Some(1) && error["field"].is_string(), "{error}"),
            _ => assert_eq!(line, None),
        }
    }
    refused(&house, &import("none.csv", "hengshu"), "file_not_found", 5);
    let error = refused(&house, &import("good.csv", "hengshv"), "unknown_mapping", 5);
    assert!(error["remedy"].as_str().is_some_and(|said| said.contains("hengshu")), "{error}");
}

#[test]
fn a_bad_mapping_is_refused_with_its_line() {
    let house = house();
    let mapping = tests::project::read("datasets/mappings/hengshu.toml").expect("text");
    let misspelt = mapping.replacen("[fields]", "[feilds]", 1);
    assert_ne!(misspelt, mapping);
    let line = misspelt.lines().position(|line| line == "[feilds]").expect("there") as u64 + 1;
    let file = house.write("misspelt.toml", misspelt);
    let error = refused(&house, &import("good.csv", &file), "unknown_field", 3);
    assert_eq!(error["line"].as_u64(), Some(line), "{error}");
    assert!(error["remedy"].as_str().is_some_and(|said| said.contains("fields")), "{error}");
    let file = house.write("syntax.toml", "[fields\n");
    assert_eq!(refused(&house, &import("good.csv", &file), "mapping_syntax", 3)["line"], 1);
}

/// Rows that are wrong in themselves: each is rejected with its line, field and reason; the good row beside them comes in.
#[test]
fn a_bad_row_is_rejected_by_name_and_the_others_are_taken() {
    let house = house();
    let header = format!("{},recorded_at,term_start,term_end,quality\n", HEADER.trim_end());
    let late = "2024-06-01T00:00:00Z";
    let rows = [
        (format!("demo,trade,2024-05-21,P2,-0.50,CNY,call,{late},,,"), "price"),
        (format!("demo,trade,2024-05-21,P3,NaN,CNY,call,{late},,,"), "price"),
        (format!("demo,trade,2024-13-21,P4,0.50,CNY,call,{late},,,"), "traded_on"),
        ("demo,trade,2024-05-21,P5,0.50,CNY,call,2024-05-01T00:00:00Z,,,".to_owned(), "recorded_at"),
        (format!("demo,trade,2024-05-21,P6,0.50,CNY,call,{late},2024-06-01,2024-05-01,"), "term_end"),
        (format!("demo,trade,2024-05-21,P7,0.50,C1Y,call,{late},,,"), "currency"),
        (format!("demo,trade,2024-05-21,P8,0.50,CNY,fortnight,{late},,,"), "price_unit"),
        (format!("demo,trade,2024-05-21,P9,0.50,CNY,call,{late},,,1.5"), "quality"),
        ("demo,trade".to_owned(), ""),
    ];
    let mut text = header;
    for (row, _) in &rows {
        text += &format!("{row}\n");
    }
    text += &format!("demo,trade,2024-05-21,P1,0.60,CNY,call,{late},,,0.9\n");
    let file = house.write("rows.csv", &text);
    let done = house.done(&import(&file, "hengshu"));
    let count = |name: &str| done[name].as_u64().expect("a count");
    assert_eq!((count("read"), count("imported"), count("duplicates")), (rows.len() as u64 + 1, 1, 0), "{done}");
    assert_eq!(count("rejected"), rows.len() as u64);
    let rejects = done["rejects"].as_array().expect("rejects");
    for (index, ((row, field), reject)) in rows.iter().zip(rejects).enumerate() {
        assert_eq!(
            (reject["line"].as_u64(), reject["field"].as_str()),
            (Some(index as u64 + 2), Some(*field)),
            "{row}"
        );
        assert!(reject["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{reject}");
    }
    assert_eq!(rejects.last().map(|reject| reject["reason"].clone()), Some(json!("ragged_row")));
    assert_eq!(house.done(&["verify"])["failures"], json!([]));
}

/// Titles of the store as Parquet says them, by a reader we did not write.
fn titles(house: &House) -> String {
    let script = "import sys, pyarrow.dataset as d\n\
        print(sorted(d.dataset(sys.argv[1], partitioning='hive').to_table()['product_title'].to_pylist()))";
    python_prints(script, &[&house.data_file("trades/trades").to_string_lossy()])
}

#[test]
fn text_in_gb18030_is_read_and_broken_text_is_refused_with_its_line() {
    let house = House::new();
    // Four-byte characters tell GB18030 from GBK. Python writes the bytes.
    let script = "import sys\n\
        text = 'exchange,kind,traded_on,product_id,product_title,price,currency,price_unit\\n' \\\n\
        'demo,trade,2024-05-20,P1,企业信用 𠮷 评分,0.50,CNY,call\\n' \\\n\
        'demo,trade,2024-05-20,P2,㐂气象,0.60,CNY,call\\n'\n\
        open(sys.argv[1], 'wb').write(text.encode('gb18030'))\n\
        open(sys.argv[2], 'wb').write(text.encode('gb18030')[:-30] + b'\\x81\\x20\\xff,CNY,call\\n')";
    let [good, broken] = ["gb.csv", "broken.csv"].map(|name| house.path().join(name).display().to_string());
    python_prints(script, &[&good, &broken]);
    let done = house.done(&import("gb.csv", "hengshu"));
    assert_eq!((&done["imported"], &done["encoding"]), (&json!(2), &json!("gb18030")));
    assert_eq!(titles(&house).trim(), "['㐂气象', '企业信用 𠮷 评分']");
    let error = refused(&house, &import("broken.csv", "hengshu"), "broken_text", 3);
    assert_eq!(error["line"].as_u64(), Some(3), "{error}");
}

#[test]
fn a_table_to_fit_on_is_refused_with_its_line() {
    let house = house();
    let fit = |file: &str| ["model", "fit", "--formula", "log(price) ~ size", "--data", file].map(str::to_owned);
    let cases: [(&str, &[u8], &str, Option<u64>); 4] = [
        ("ragged.csv", b"price,size\n1,2\n3\n", "broken_file", Some(3)),
        ("text.csv", b"price,size\n1,\xff\xff\n", "broken_file", None),
        ("few.csv", b"price,size\n1,2\n", "too_few_rows", None),
        ("column.csv", b"price,sise\n1,2\n2,3\n3,5\n", "unknown_column", None),
    ];
    for (name, bytes, code, line) in cases {
        let file = house.write(name, bytes);
        let arguments = fit(&file);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let error = refused(&house, &arguments, code, 3);
        assert_eq!(error["line"].as_u64(), line, "{error}");
    }
}

#[test]
fn a_fit_over_two_currencies_is_refused() {
    let house = house();
    let rows: String = (0..40)
        .map(|n| {
            let currency = if n % 2 == 0 { "CNY" } else { "USD" };
            format!("demo,trade,2024-05-{:02},P{n},{}.50,{currency},call\n", n % 28 + 1, n + 1)
        })
        .collect();
    let file = house.write("two.csv", format!("{HEADER}{rows}"));
    assert_eq!(house.done(&import(&file, "hengshu"))["imported"], json!(40));
    let error: Value = refused(&house, &["model", "fit", "--formula", "log(price) ~ month_index"], "wrong_value", 3);
    assert_eq!(error["field"], "currency");
    assert!(error["message"].as_str().is_some_and(|said| said.contains("USD") && said.contains("CNY")), "{error}");
}
