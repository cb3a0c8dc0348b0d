//! A journal for hledger: accounts and commodity declared, so that its strict checks pass.

use std::collections::BTreeSet;
use std::fmt::Write;

use valuation::money::Currency;
use valuation::recognition::account::{Account, Side};

use super::{behind, summary};
use crate::work::book::entries::Posted;
use valuation::words::Language;

/// Two spaces would end the name.
fn account(account: Account) -> String {
    let side = match account.side() {
        Side::Assets => "assets",
        Side::Liabilities => "liabilities",
        Side::Equity => "equity",
        Side::Income => "revenues",
        Side::Expenses => "expenses",
    };
    format!("{side}:{} {}", account.code(), account.label(Language::Zh))
}

/// Text that cannot end a line, a description or a comment.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || ";|,:".contains(c) { ' ' } else { c }).collect()
}

/// Writes the entries.
pub fn write(entries: &[Posted], currency: Currency) -> String {
    let mut text = String::new();
    let accounts: BTreeSet<Account> = entries.iter().flat_map(|e| &e.lines).map(|line| line.account).collect();
    let zero = "0".repeat(currency.minor_places() as usize);
    let _ = writeln!(text, "commodity 1000.{zero} {currency}\n");
    for code in accounts {
        let _ = writeln!(text, "account {}", account(code));
    }
    for entry in entries {
        let _ = writeln!(text, "\n{} ({}-{}) {}", entry.date, entry.book, entry.number, plain(&summary(entry)));
        for (name, value) in behind(entry) {
            let _ = writeln!(text, "    ; {name}: {}", plain(&value));
        }
        for line in &entry.lines {
            let amount = match (&line.debit, &line.credit) {
                (Some(debit), _) => debit.amount(),
                (None, Some(credit)) => -credit.amount(),
                (None, None) => continue,
            };
            let _ = writeln!(text, "    {}  {amount} {currency}", account(line.account));
        }
    }
    text
}
