//! `hengshu public-data revenue | ceilings | tariff | report`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use valuation::money::Money;
use valuation::words;

use crate::cli::value::amount;
use crate::cli::{Answer, Global};
use crate::error::Error;
use crate::report::Format;
use crate::table::Table;
use crate::work::public_data::{self as work, Bills, Ceilings, Revenue, Working};

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Maximum permitted revenue over the periods, ceilings checked, excess clawed back. 最高准许收入
    Revenue(File),
    /// Ceiling rates of one period by cost drivers, within the maximum. 上限收费标准
    Ceilings(File),
    /// Bills of a progressive tariff, tier by tier, free uses free. 阶梯收费
    Tariff(File),
    /// The yearly operating report with the fee schedule. 年度运营情况报告
    Report(Report),
}

#[derive(Debug, Args)]
pub struct File {
    /// JSON or TOML; `hengshu schema public_data_operation` or `public_data_tariff` shows the format.
    file: PathBuf,
    /// Writes the working paper (XLSX) here.
    #[arg(long)]
    paper: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Report {
    file: PathBuf,
    /// What to write.
    #[arg(long, value_enum, default_value = "html")]
    to: Form,
    #[arg(short, long)]
    output: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The report.
    Html,
    /// The working paper with live formulas.
    Xlsx,
    /// The report for programs.
    Json,
}

impl From<Form> for Format {
    fn from(form: Form) -> Format {
        match form {
            Form::Html => Format::Html,
            Form::Xlsx => Format::Xlsx,
            Form::Json => Format::Json,
        }
    }
}

impl Verb {
    pub fn run(self, global: &Global) -> Result<Answer, Error> {
        let word = |key: &str| words::text(key, global.language());
        match self {
            Verb::Revenue(asked) => {
                let (found, paper) = work::revenue(&asked.file)?;
                answered(&found, revenue(&found, word), &paper, asked.paper)
            }
            Verb::Ceilings(asked) => {
                let (found, paper) = work::ceilings(&asked.file)?;
                answered(&found, ceilings(&found, word), &paper, asked.paper)
            }
            Verb::Tariff(asked) => {
                let (found, paper) = work::tariff(&asked.file)?;
                answered(&found, bills(&found, word), &paper, asked.paper)
            }
            Verb::Report(asked) => {
                let written = work::yearly(&asked.file, asked.to.into(), &asked.output)?;
                let text = format!("{}  {}", written.file, written.sha256);
                Answer::done(&written, text)
            }
        }
    }
}

fn answered(found: &impl Serialize, text: String, paper: &Working, to: Option<PathBuf>) -> Result<Answer, Error> {
    let mut answer = Answer::done(found, text)?;
    if let Some(to) = to {
        let written = paper.write(&to)?;
        if let Some(members) = answer.json.as_object_mut() {
            members.insert("paper".to_owned(), serde_json::to_value(&written).map_err(Error::internal)?);
        }
        answer.text += &format!("\n{}", written.file);
    }
    Ok(answer)
}

fn revenue(found: &Revenue, word: impl Fn(&str) -> String) -> String {
    let mut head = vec![word("report.heading.item")];
    head.extend(found.periods.iter().cloned());
    let line = |key: &str, amounts: &[Money]| {
        let mut row = vec![word(&format!("row.{key}"))];
        row.extend(amounts.iter().map(amount));
        row
    };
    let rows = vec![
        line("eligible_cost", &found.eligible_cost),
        line("before_clawback", &found.before_clawback),
        line("clawback_applied", &found.clawback),
        line("maximum_permitted_revenue", &found.maximum_permitted_revenue),
        line("ceiling_revenue", &found.ceiling_revenue),
        line("revenue_earned", &found.revenue),
        line("excess_revenue", &found.excess),
        line("clawback_due_after", std::slice::from_ref(&found.clawback_due_after)),
    ];
    let right = (1..=found.periods.len()).collect();
    Table { head, rows, right }.text()
}

fn ceilings(found: &Ceilings, word: impl Fn(&str) -> String) -> String {
    let mut rows: Vec<Vec<String>> =
        found.ceilings.iter().map(|(name, price)| vec![name.clone(), price.amount.normalize().to_string()]).collect();
    rows.push(vec![word("row.ceiling_revenue"), amount(&found.ceiling_revenue)]);
    rows.push(vec![word("row.maximum_permitted_revenue"), amount(&found.maximum_permitted_revenue)]);
    Table { head: vec![word("public_data.product"), word("row.ceiling_rate")], rows, right: vec![1] }.text()
}

fn bills(found: &Bills, word: impl Fn(&str) -> String) -> String {
    let head = ["public_data.customer", "row.used_quantity", "row.gross_charge", "row.charge"].map(&word).to_vec();
    let bill = |bill: &valuation::public_data::tariff::Bill| {
        vec![bill.customer.clone(), bill.quantity.to_string(), amount(&bill.gross), amount(&bill.amount)]
    };
    let mut rows: Vec<Vec<String>> = found.bills.iter().map(bill).collect();
    rows.push(vec![word("cli.head.total"), String::new(), String::new(), amount(&found.total)]);
    Table { head, rows, right: vec![1, 2, 3] }.text()
}
