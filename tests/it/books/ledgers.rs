//! Exported journals read by programs that we did not write: hledger and Beancount accept them and find our balances.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;
use tests::app::House;
use tests::program::{printed, python_prints};

use super::sample_company;

/// Balance by account code, from our trial balance: a debit is positive.
pub fn ours(house: &House, id: &str, book: &str) -> BTreeMap<String, String> {
    let trial = house.done(&["book", "trial", id, "--book", book]);
    let mut balances = BTreeMap::new();
    for line in trial["accounts"].as_array().expect("accounts") {
        let amount = |side: &str| line[side]["amount"].as_str().map(str::to_owned);
        let amount = amount("debit").unwrap_or_else(|| format!("-{}", amount("credit").expect("a side")));
        balances.insert(line["account"].as_str().expect("a code").to_owned(), amount);
    }
    balances
}

fn hledger(house: &House, file: &str) -> BTreeMap<String, String> {
    let run = |arguments: &[&str]| {
        let mut hledger = Command::new("hledger");
        hledger.arg("-f").arg(house.path().join(file)).args(arguments).env("LANG", "C.UTF-8");
        let output = hledger.output().unwrap_or_else(|error| panic!("hledger (tests/setup.sh installs it): {error}"));
        printed(&output)
    };
    run(&["check", "--strict"]);
    run(&["check", "accounts", "commodities", "ordereddates"]);
    let csv = run(&["balance", "--flat", "--no-total", "-O", "csv"]);
    let mut balances = BTreeMap::new();
    for line in csv.lines().skip(1) {
        let cells: Vec<&str> = line.trim_matches('"').split("\",\"").collect();
        let code = cells[0].split(':').nth(1).and_then(|name| name.split(' ').next()).expect("a code");
        let amount = cells[1].split(' ').find(|part| part.chars().any(|c| c.is_ascii_digit())).expect("an amount");
        balances.insert(code.to_owned(), amount.replace(',', ""));
    }
    balances
}

/// The ledger is checked by `bean-check` and summed by Beancount's own library.
fn beancount(house: &House, file: &str) -> BTreeMap<String, String> {
    let path = house.path().join(file);
    let output = Command::new("bean-check").arg(&path).output();
    let output = output.unwrap_or_else(|error| panic!("bean-check (tests/setup.sh installs it): {error}"));
    printed(&output);
    let script = "import sys, collections\n\
        from beancount import loader\n\
        from beancount.core import data\n\
        entries, errors, _ = loader.load_file(sys.argv[1])\n\
        assert not errors, errors\n\
        sums = collections.defaultdict(int)\n\
        for entry in entries:\n\
        \x20   if isinstance(entry, data.Transaction):\n\
        \x20       for posting in entry.postings:\n\
        \x20           sums[posting.account.split(':')[1].replace('-', '.')] += posting.units.number\n\
        print('\\n'.join(f'{k} {v}' for k, v in sums.items() if v))";
    // Debian's program and its library belong to the system's interpreter.
    let output = Command::new("/usr/bin/python3").arg("-c").arg(script).arg(&path).output().expect("python3 runs");
    let lines = printed(&output);
    let pairs = lines.lines().filter_map(|line| line.split_once(' '));
    pairs.map(|(code, amount)| (code.to_owned(), amount.to_owned())).collect()
}

#[test]
fn hledger_and_beancount_accept_the_journals_and_find_our_balances() {
    let house = sample_company::year();
    for book in ["cas", "ifrs", "tax"] {
        for (to, file) in [("hledger", "b.journal"), ("beancount", "b.beancount")] {
            house.done(&["book", "export", sample_company::ID, "--book", book, "--to", to, "-o", file]);
        }
        let ours = ours(&house, sample_company::ID, book);
        assert!(ours.len() > 10, "{ours:?}");
        assert_eq!(hledger(&house, "b.journal"), ours, "{book}");
        assert_eq!(beancount(&house, "b.beancount"), ours, "{book}");
    }
}

#[test]
fn voucher_files_balance_and_their_columns_follow_the_template() {
    let house = sample_company::year();
    for to in ["kingdee", "yonyou"] {
        house.done(&["book", "export", sample_company::ID, "--book", "cas", "--to", to, "-o", "v.csv"]);
        let script = "import sys, pandas as pd\n\
            t = pd.read_csv(sys.argv[1], dtype=str)\n\
            debit = t['借方' if '借方' in t else '借方金额'].astype(float)\n\
            credit = t['贷方' if '贷方' in t else '贷方金额'].astype(float)\n\
            number = t['凭证号' if '凭证号' in t else '凭证编号'].astype(int)\n\
            month = pd.to_datetime(t['凭证日期' if '凭证日期' in t else '制单日期']).dt.month\n\
            assert ((debit > 0) ^ (credit > 0)).all()\n\
            assert (pd.DataFrame({'m': month, 'n': number, 'd': debit - credit}).groupby(['m', 'n'])['d'].sum().abs() < 1e-9).all()\n\
            assert all(sorted(set(g)) == list(range(1, g.max() + 1)) for _, g in number.groupby(month))\n\
            print(len(t))";
        let rows = python_prints(script, &[&house.path().join("v.csv").to_string_lossy()]);
        assert!(rows.trim().parse::<usize>().expect("a count") > 200, "{rows}");
    }
    let template = "name = \"own\"\nsummary_length = 3\n[[columns]]\nhead = \"S\"\nsaid = \"summary\"\n";
    let file = house.write("own.toml", template);
    let id = sample_company::ID;
    let (exit, printed) = house.run(&["book", "export", id, "--to", "kingdee", "--template", &file, "-o", "x.csv"]);
    assert_eq!((exit, &printed["error"]["code"]), (3, &Value::from("book_export")), "{printed}");
}
