//! A ledger for Beancount: every account opened on the day of the first entry.

use std::collections::BTreeSet;
use std::fmt::Write;

use valuation::money::Currency;
use valuation::recognition::account::{Account, Side};
use valuation::words::Language;

use super::{behind, summary};
use crate::work::book::entries::Posted;

/// A component takes letters, digits and `-`.
fn account(account: Account) -> String {
    let side = match account.side() {
        Side::Assets => "Assets",
        Side::Liabilities => "Liabilities",
        Side::Equity => "Equity",
        Side::Income => "Income",
        Side::Expenses => "Expenses",
    };
    format!("{side}:{}", account.code().replace('.', "-"))
}

fn quoted(text: &str) -> String {
    let escaped: String = text.chars().filter(|c| !c.is_control()).collect();
    format!("\"{}\"", escaped.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Writes the entries.
pub fn write(entries: &[Posted], currency: Currency) -> String {
    let mut text = format!("option \"operating_currency\" \"{currency}\"\n\n");
    let accounts: BTreeSet<Account> = entries.iter().flat_map(|e| &e.lines).map(|line| line.account).collect();
    if let Some(first) = entries.iter().map(|entry| entry.date).min() {
        for code in accounts {
            let _ = writeln!(text, "{first} open {} {currency}", account(code));
            let _ = writeln!(text, "  name: {}", quoted(&code.label(Language::Zh)));
        }
    }
    for entry in entries {
        let _ = writeln!(text, "\n{} * {}", entry.date, quoted(&summary(entry)));
        let _ = writeln!(text, "  entry: {}", quoted(&format!("{}-{}", entry.book, entry.number)));
        let _ = writeln!(text, "  asset: {}", quoted(&entry.asset));
        for (name, value) in behind(entry) {
            let _ = writeln!(text, "  {name}: {}", quoted(&value));
        }
        for line in &entry.lines {
            let amount = match (&line.debit, &line.credit) {
                (Some(debit), _) => debit.amount(),
                (None, Some(credit)) => -credit.amount(),
                (None, None) => continue,
            };
            let _ = writeln!(text, "  {}  {amount} {currency}", account(line.account));
        }
    }
    text
}
