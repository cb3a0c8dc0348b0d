//! Voucher files by a column template, which is data: an accounting suite's import layout differs by product and version.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use valuation::case::read::Format;

use super::{refused, summary};
use crate::error::Error;
use crate::work::book::entries::{Posted, PostedLine};
use crate::work::document;

/// The layout of a voucher file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VoucherTemplate {
    pub name: String,
    /// The longest summary, in characters.
    pub summary_length: usize,
    pub columns: Vec<Column>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    pub head: String,
    #[serde(flatten)]
    pub value: ColumnValue,
}

/// What stands in a column: what the entry says, or a fixed text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnValue {
    Said(Said),
    Fixed(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    Date,
    Year,
    Month,
    /// Number of the voucher within its month.
    Voucher,
    /// Row within the voucher, from 1.
    Row,
    /// Row within the voucher, from 0.
    RowFromZero,
    Summary,
    Account,
    AccountName,
    /// The amount, whichever side it stands on.
    Amount,
    /// 0 where the amount stands on the other side.
    Debit,
    Credit,
    Currency,
    Asset,
    Event,
    Author,
    Attachments,
}

impl VoucherTemplate {
    /// The shipped layout for 金蝶.
    pub fn kingdee() -> Result<VoucherTemplate, Error> {
        document::parse(include_str!("../../../vouchers/kingdee.toml"), Format::Toml, None)
    }

    /// The shipped layout for 用友.
    pub fn yonyou() -> Result<VoucherTemplate, Error> {
        document::parse(include_str!("../../../vouchers/yonyou.toml"), Format::Toml, None)
    }

    /// Writes vouchers: rows of one voucher follow each other, vouchers of a month are numbered without a gap.
    ///
    /// Errors: `book_export` where a summary is too long or an entry has no rows.
    pub fn write(&self, entries: &[Posted]) -> Result<Vec<u8>, Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.columns.iter().map(|column| &column.head)).map_err(Error::internal)?;
        let mut ordered: Vec<&Posted> = entries.iter().collect();
        ordered.sort_by_key(|entry| (entry.period, entry.number));
        let mut last = None;
        let mut voucher = 0;
        for entry in ordered {
            voucher = if last == Some(entry.period) { voucher + 1 } else { 1 };
            last = Some(entry.period);
            let summary = summary(entry);
            let length = summary.chars().count();
            if length > self.summary_length {
                return Err(refused(entry, "summary", format!("{length} > {}", self.summary_length)));
            }
            if entry.lines.len() < 2 {
                return Err(refused(entry, "rows", entry.lines.len().to_string()));
            }
            for (row, line) in entry.lines.iter().enumerate() {
                let cell = |column: &Column| match &column.value {
                    ColumnValue::Fixed(text) => text.clone(),
                    ColumnValue::Said(said) => said.of(entry, line, (voucher, row), &summary),
                };
                writer.write_record(self.columns.iter().map(cell)).map_err(Error::internal)?;
            }
        }
        writer.into_inner().map_err(Error::internal)
    }
}

impl Said {
    fn of(self, entry: &Posted, line: &PostedLine, (voucher, row): (u64, usize), summary: &str) -> String {
        let side = |money: &Option<valuation::money::Money>| money.map_or("0".to_owned(), |m| m.amount().to_string());
        match self {
            Said::Date => entry.date.to_string(),
            Said::Year => entry.period.year().to_string(),
            Said::Month => entry.period.number().to_string(),
            Said::Voucher => voucher.to_string(),
            Said::Row => (row + 1).to_string(),
            Said::RowFromZero => row.to_string(),
            Said::Summary => summary.to_owned(),
            Said::Account => line.account.code().to_owned(),
            Said::AccountName => line.name.clone(),
            Said::Amount => side(&line.debit.or(line.credit)),
            Said::Debit => side(&line.debit),
            Said::Credit => side(&line.credit),
            Said::Currency => line.debit.or(line.credit).map(|m| m.currency().to_string()).unwrap_or_default(),
            Said::Asset => entry.asset.clone(),
            Said::Event => entry.event.clone().unwrap_or_default(),
            Said::Author => entry.author.clone().unwrap_or_default(),
            Said::Attachments => entry.evidence.len().to_string(),
        }
    }
}
