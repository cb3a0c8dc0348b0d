//! The notes on data resources: tables that foot, lines of the balance sheet, what stands behind them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::money::Currency;
use crate::recognition::account::{Account, Movement};
use crate::recognition::criteria::{Framework, Outcome};
use crate::recognition::error::BookError;
use crate::recognition::event::{Happening, LateClass, Origin};
use crate::recognition::journal::Entry;
use crate::recognition::ledger::Ledger;
use crate::recognition::month::Month;

/// Notes of one book for a span of months.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notes {
    pub entity: String,
    pub book: String,
    pub framework: Framework,
    pub currency: Currency,
    pub from: Month,
    pub through: Month,
    pub lines: BalanceLines,
    pub intangible: Table,
    pub inventory: Table,
    pub development: Table,
    /// 费用化的研发支出 of the span.
    pub research_expensed: Decimal,
    pub assets: Vec<AssetNote>,
    pub unrecognised: Vec<Unrecognised>,
    pub changes: Vec<ChangeNote>,
    pub restrictions: Vec<RestrictionNote>,
    pub valuations: Vec<ValuationNote>,
}

/// 其中：数据资源, included in its parent line; blank where nothing is recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BalanceLines {
    pub inventory: Option<Decimal>,
    pub intangible: Option<Decimal>,
    pub development: Option<Decimal>,
}

/// A table by the way the data was obtained.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Table {
    pub rows: Vec<TableRow>,
}

/// One row; a sum is made of rows above it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableRow {
    /// A word `book.note.<key>`.
    pub key: String,
    /// 0 a block's heading, 1 a row, 2 a row within it.
    pub level: u8,
    /// Bought, made, otherwise obtained.
    pub values: [Decimal; 3],
    pub total: Decimal,
    /// Rows added (+) and taken off (−), by index; empty for what the entries say.
    pub sum: Vec<(usize, bool)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AssetNote {
    pub asset: String,
    pub name: String,
    pub outcome: Outcome,
    pub origin: Origin,
    pub cost: Decimal,
    pub amortised: Decimal,
    pub impaired: Decimal,
    pub carrying: Decimal,
    /// Absent: indefinite, or not yet available.
    pub life_months: Option<u32>,
    pub months_left: Option<u32>,
    pub available_on: Option<NaiveDate>,
    pub method: String,
    pub derecognised: Option<Month>,
}

/// A resource that is owned or controlled and not recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unrecognised {
    pub asset: String,
    pub name: String,
    /// A word `book.rule.<code>`.
    pub rule: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeNote {
    pub asset: String,
    pub event: String,
    pub class: LateClass,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RestrictionNote {
    pub asset: String,
    pub what: String,
    pub carrying: Decimal,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ValuationNote {
    pub asset: String,
    pub event: String,
    pub valuation: String,
}

/// Amounts by account, movement (`None` for the opening balance) and column.
type Sums = BTreeMap<(Account, Option<Movement>, usize), Decimal>;

/// The notes of a book from `from` to the end of `through`.
///
/// Errors: those of following the assets' events.
///
/// Source: 《企业数据资源相关会计处理暂行规定》(财会〔2023〕11号), tables of intangible assets and inventory.
pub fn notes(ledger: &Ledger, book: usize, from: Month, through: Month) -> Result<Notes, BookError> {
    let rules = &ledger.setup().books[book];
    let mut column = BTreeMap::new();
    let mut assets = Vec::new();
    let mut unrecognised = Vec::new();
    let mut carrying = BTreeMap::new();
    for asset in ledger.assets() {
        let holding = ledger.asset(book, asset, through)?.holding;
        let Some(decision) = &holding.decision else { continue };
        column.insert(asset.to_owned(), column_of(holding.origin));
        carrying.insert(asset.to_owned(), holding.carrying());
        if decision.outcome == Outcome::Expense {
            let (asset, name, rule) = (asset.to_owned(), holding.name.clone(), decision.rule.clone());
            unrecognised.push(Unrecognised { asset, name, rule });
            continue;
        }
        assets.push(AssetNote {
            asset: asset.to_owned(),
            name: holding.name.clone(),
            outcome: decision.outcome,
            origin: holding.origin,
            cost: holding.cost + holding.development,
            amortised: holding.amortised,
            impaired: holding.impaired,
            carrying: holding.carrying(),
            life_months: holding.life_months,
            months_left: holding.months_left(),
            available_on: holding.available_on,
            method: method(&holding.method),
            derecognised: holding.gone,
        });
    }
    let entries = ledger.entries(book);
    let sums = sums(entries, &column, from, through);
    let (intangible, inventory, development) = (intangible(&sums), inventory(&sums), development(&sums));
    let blank = |value: Decimal| if value.is_zero() { None } else { Some(value) };
    let closing = |table: &Table, back: usize| table.rows[table.rows.len() - back].total;
    let lines = BalanceLines {
        inventory: blank(closing(&inventory, 2)),
        intangible: blank(closing(&intangible, 2)),
        development: blank(closing(&development, 1)),
    };
    let research = entries.iter().filter(|entry| (from..=through).contains(&entry.period)).flat_map(|e| &e.lines);
    let research_expensed =
        research.filter(|l| l.account == Account::ResearchExpensed).map(|l| l.amount.max(Decimal::ZERO)).sum();
    let mut notes = Notes {
        entity: ledger.setup().entity.clone(),
        book: rules.name.clone(),
        framework: rules.framework,
        currency: ledger.setup().currency,
        from,
        through,
        lines,
        intangible,
        inventory,
        development,
        research_expensed,
        assets,
        unrecognised,
        changes: Vec::new(),
        restrictions: Vec::new(),
        valuations: Vec::new(),
    };
    told_by_events(ledger, &carrying, &mut notes);
    Ok(notes)
}

/// Changes, restrictions and valuations, which events tell and entries do not.
fn told_by_events(ledger: &Ledger, carrying: &BTreeMap<String, Decimal>, notes: &mut Notes) {
    let concerns = |books: &[String]| books.is_empty() || books.contains(&notes.book);
    let within = |on: NaiveDate| Month::of(on) <= notes.through;
    for event in ledger.events().filter(|event| concerns(&event.books) && within(event.on)) {
        let asset = event.asset.clone();
        if let Some(valuation) = &event.valuation {
            let (event, valuation) = (event.id.clone(), valuation.clone());
            notes.valuations.push(ValuationNote { asset: asset.clone(), event, valuation });
        }
        match (&event.event, &event.late) {
            (Happening::Restriction(restriction), _) => {
                let carrying = carrying.get(&asset).copied().unwrap_or_default();
                notes.restrictions.push(RestrictionNote { asset, what: restriction.what.clone(), carrying });
            }
            (Happening::Estimate(terms), _) if Month::of(event.on) >= notes.from => {
                let (event, reason) = (event.id.clone(), terms.reason.clone());
                notes.changes.push(ChangeNote { asset, event, class: LateClass::Estimate, reason });
            }
            (_, Some(late)) => {
                let (event, reason) = (event.id.clone(), late.reason.clone());
                notes.changes.push(ChangeNote { asset, event, class: late.class, reason });
            }
            _ => {}
        }
    }
}

fn method(method: &crate::recognition::event::Method) -> String {
    use crate::recognition::event::Method as M;
    let code = match method {
        M::StraightLine => "straight_line",
        M::Declining => "declining",
        M::SumOfYears => "sum_of_years",
        M::UnitsOfUse(_) => "units_of_use",
        M::ExpectedBenefit(_) => "expected_benefit",
    };
    code.to_owned()
}

fn column_of(origin: Origin) -> usize {
    match origin {
        Origin::Purchased => 0,
        Origin::SelfDeveloped => 1,
        _ => 2,
    }
}

fn sums(entries: &[Entry], column: &BTreeMap<String, usize>, from: Month, through: Month) -> Sums {
    let mut sums = Sums::new();
    for entry in entries.iter().filter(|entry| entry.period <= through) {
        let Some(&column) = column.get(&entry.asset) else { continue };
        // A restatement belongs to the years before, though it is entered in this one.
        let restated = entry.origin_period.is_some_and(|origin| origin < from)
            && entry.lines.iter().any(|line| line.account == Account::Retained);
        let opening = entry.period < from || restated;
        for line in entry.lines.iter().filter(|line| line.account.is_control()) {
            let movement = if opening { None } else { Some(line.movement.unwrap_or(Movement::OtherIncrease)) };
            *sums.entry((line.account, movement, column)).or_insert(Decimal::ZERO) += line.amount;
        }
    }
    sums
}

/// Writes one table from top to bottom.
struct Draft<'s> {
    sums: &'s Sums,
    rows: Vec<TableRow>,
}

impl Draft<'_> {
    fn heading(&mut self, key: &str) {
        let key = key.to_owned();
        self.rows.push(TableRow { key, level: 0, values: [Decimal::ZERO; 3], total: Decimal::ZERO, sum: Vec::new() });
    }

    /// What the entries say of an account; a credit counts as positive where `sign` is −1.
    fn said(&mut self, key: &str, level: u8, account: Account, movement: Option<Movement>, sign: i64) -> usize {
        let of =
            |column| self.sums.get(&(account, movement, column)).copied().unwrap_or_default() * Decimal::from(sign);
        let values = [of(0), of(1), of(2)];
        self.push(key, level, values, Vec::new())
    }

    fn sum(&mut self, key: &str, sum: Vec<(usize, bool)>) -> usize {
        let mut values = [Decimal::ZERO; 3];
        for (row, plus) in &sum {
            for (value, more) in values.iter_mut().zip(self.rows[*row].values) {
                *value += if *plus { more } else { -more };
            }
        }
        self.push(key, 1, values, sum)
    }

    /// A sum that stands above its parts, which are the next rows.
    fn parts(&mut self, key: &str, parts: &[(&str, Movement)], account: Account, sign: i64) -> usize {
        let at = self.push(key, 1, [Decimal::ZERO; 3], Vec::new());
        let mut values = [Decimal::ZERO; 3];
        let mut sum = Vec::new();
        for (key, movement) in parts {
            let row = self.said(key, 2, account, Some(*movement), sign);
            values.iter_mut().zip(self.rows[row].values).for_each(|(value, more)| *value += more);
            sum.push((row, true));
        }
        let row = &mut self.rows[at];
        (row.values, row.total, row.sum) = (values, values.iter().sum(), sum);
        at
    }

    fn push(&mut self, key: &str, level: u8, values: [Decimal; 3], sum: Vec<(usize, bool)>) -> usize {
        self.rows.push(TableRow { key: key.to_owned(), level, values, total: values.iter().sum(), sum });
        self.rows.len() - 1
    }

    /// Opening, increase, decrease, closing of one account; the rows of opening and closing.
    fn block(
        &mut self,
        heading: &str,
        account: Account,
        debit: bool,
        more: &[(&str, Movement)],
        less: &[(&str, Movement)],
    ) -> (usize, usize) {
        let sign = if debit { 1 } else { -1 };
        self.heading(heading);
        let opening = self.said("opening", 1, account, None, sign);
        let increase = self.parts("increase", more, account, sign);
        let decrease = self.parts("decrease", less, account, -sign);
        let closing = self.sum("closing", vec![(opening, true), (increase, true), (decrease, false)]);
        (opening, closing)
    }

    /// The carrying amounts at the end and at the beginning.
    fn carrying(&mut self, cost: (usize, usize), less: &[(usize, usize)]) {
        self.heading("carrying");
        let closing = less.iter().map(|block| (block.1, false));
        self.sum("carrying_closing", std::iter::once((cost.1, true)).chain(closing).collect());
        let opening = less.iter().map(|block| (block.0, false));
        self.sum("carrying_opening", std::iter::once((cost.0, true)).chain(opening).collect());
    }
}

const GONE: [(&str, Movement); 4] = [
    ("disposal", Movement::Disposal),
    ("lapse", Movement::Lapse),
    ("other_decrease", Movement::OtherDecrease),
    ("reversal", Movement::Reversal),
];

fn intangible(sums: &Sums) -> Table {
    let mut draft = Draft { sums, rows: Vec::new() };
    let more = [
        ("purchase", Movement::Purchase),
        ("internal_rd", Movement::Made),
        ("other_increase", Movement::OtherIncrease),
    ];
    let charge = [("charge", Movement::Charge)];
    let cost = draft.block("cost", Account::Intangible, true, &more, &GONE[..3]);
    let amortised = draft.block("amortisation", Account::Amortised, false, &charge, &GONE[..3]);
    let impaired = draft.block("impairment", Account::Impaired, false, &charge, &GONE);
    draft.carrying(cost, &[amortised, impaired]);
    Table { rows: draft.rows }
}

fn inventory(sums: &Sums) -> Table {
    let mut draft = Draft { sums, rows: Vec::new() };
    let more =
        [("purchase", Movement::Purchase), ("processing", Movement::Made), ("other_increase", Movement::OtherIncrease)];
    let sold = [("sold", Movement::Disposal), GONE[1], GONE[2]];
    let released = [("reversal", Movement::Reversal), ("released", Movement::Disposal), GONE[1], GONE[2]];
    let cost = draft.block("cost", Account::Inventory, true, &more, &sold);
    let charge = [("charge", Movement::Charge)];
    let written = draft.block("write_down", Account::InventoryAllowance, false, &charge, &released);
    draft.carrying(cost, &[written]);
    Table { rows: draft.rows }
}

fn development(sums: &Sums) -> Table {
    let mut draft = Draft { sums, rows: Vec::new() };
    let more = [("internal_rd", Movement::Made), ("other_increase", Movement::OtherIncrease)];
    let less = [("to_intangible", Movement::OtherDecrease), GONE[0], GONE[1]];
    draft.block("development", Account::Development, true, &more, &less);
    Table { rows: draft.rows }
}
