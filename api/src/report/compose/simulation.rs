//! The simulation: how many draws, what they gave, what failed in them.

use valuation::case::Dependence;
use valuation::money::Money;
use valuation::workbook::InputId;

use super::conclusion::axis_unit;
use super::support::labelled;
use super::{Source, name_of, section};
use crate::report::charts;
use crate::report::document::{Block, Column, Fact, Figure, Row, Said, Section, Table};
use crate::report::simulation::{Output, PROBABILITIES, Summary};
use crate::report::{numerals, words};

/// 模拟结果
pub fn simulation(source: &Source, summary: &Summary) -> Section {
    let facts = vec![
        Fact::new("report.fact.draws", Said::plain(count(u64::from(summary.draws)))),
        Fact::new("report.fact.sampling", Said::word(&format!("report.sampling.{}", name_of(&summary.sampling)))),
        Fact::new("report.fact.seed", Said::plain(summary.seed.to_string())),
        Fact::new("report.heading.not_finite", Said::plain(count(summary.not_finite))),
        Fact::new("report.fact.failed_checks", failed_checks(summary)),
    ];
    let mut blocks = vec![
        Block::Text(Said::word("report.simulation.rule")),
        Block::Facts(facts),
        Block::Table(moments(source, summary)),
        Block::Table(quantiles(source, summary)),
    ];
    blocks.extend(histogram(source, summary));
    if !summary.dependence.is_empty() {
        blocks.push(Block::Heading(Said::word("report.simulation.dependence")));
        blocks.push(Block::Table(dependence(source, &summary.dependence)));
    }
    section("simulation", blocks)
}

fn count(number: u64) -> String {
    numerals::decimals(number.into(), 0, 0)
}

/// Each failed check with its draws; in words where none failed.
fn failed_checks(summary: &Summary) -> Said {
    let mut said: Option<Said> = None;
    for (code, draws) in &summary.failed_checks {
        let one = |language| format!("{}: {}", words::check(code, language), count(*draws));
        let one = Said { zh: one(valuation::words::Language::Zh), en: one(valuation::words::Language::En) };
        said = Some(match said {
            None => one,
            Some(all) => Said { zh: format!("{}；{}", all.zh, one.zh), en: format!("{}; {}", all.en, one.en) },
        });
    }
    said.unwrap_or_else(|| Said::word("report.simulation.no_failed_check"))
}

/// The method of an estimate, or the conclusion.
fn name(source: &Source, index: usize) -> Said {
    match source.valuation.estimates.get(index) {
        Some(estimate) => Said::word(&format!("method.{}", estimate.method.text())),
        None => Said::word("report.simulation.conclusion"),
    }
}

fn money(source: &Source, value: f64) -> Said {
    let money = Money::from_model(value, source.valuation.case.currency);
    Said::plain(money.map_or_else(|_| "—".to_owned(), |money| numerals::amount(&money)))
}

fn table(source: &Source, summary: &Summary, heads: Vec<Said>, cells: impl Fn(&Output) -> Vec<Said>) -> Table {
    let mut columns = vec![Column::text("report.heading.simulated")];
    columns.extend(heads.into_iter().map(Column::number));
    let rows = summary.outputs.iter().enumerate().map(|(index, output)| {
        let mut all = vec![name(source, index)];
        all.extend(cells(output));
        Row { cells: all, strong: index == source.valuation.estimates.len() }
    });
    Table { columns, rows: rows.collect(), ..Table::default() }
}

fn moments(source: &Source, summary: &Summary) -> Table {
    let heads = ["mean", "sd", "std_error", "not_finite"].map(|key| Said::word(&format!("report.heading.{key}")));
    table(source, summary, heads.to_vec(), |output| {
        let mut cells = [output.mean, output.sd, output.std_error].map(|value| money(source, value)).to_vec();
        cells.push(Said::plain(count(output.not_finite)));
        cells
    })
}

fn quantiles(source: &Source, summary: &Summary) -> Table {
    let heads = PROBABILITIES.map(|p| Said::plain(format!("{}%", (p * 100.0).round()))).to_vec();
    table(source, summary, heads, |output| output.quantiles.iter().map(|q| money(source, q.value)).collect())
}

fn histogram(source: &Source, summary: &Summary) -> Option<Block> {
    if summary.histogram.is_empty() {
        return None;
    }
    let conclusion = &source.valuation.conclusion;
    let marks = [&conclusion.interval.low, &conclusion.value, &conclusion.interval.high];
    let marks = marks.map(super::conclusion::scaled);
    let bins: Vec<charts::Bar> = summary
        .histogram
        .iter()
        .map(|bin| charts::Bar { low: bin.low / 1e4, high: bin.high / 1e4, count: bin.count })
        .collect();
    let caption = Said::word("report.figure.histogram");
    let svg = charts::histogram(&caption.zh, &axis_unit(source), &bins, &marks);
    Some(Block::Figure(Figure { caption, svg }))
}

fn dependence(source: &Source, all: &[Dependence]) -> Table {
    let keys = ["dependent", "correlation", "support"];
    let columns = keys.map(|key| Column::text(&format!("report.heading.{key}"))).to_vec();
    let rows = all.iter().map(|one| {
        let support = match (&one.evidence, &one.assumption) {
            (Some(evidence), _) => Said::plain(evidence),
            (None, Some(assumption)) => {
                Said::filled("report.simulation.assumed", &[("reason", &Said::plain(&assumption.reason))])
            }
            (None, None) => Said::word("report.not_stated"),
        };
        Row { cells: vec![pair(source, one), Said::plain(one.correlation.to_string()), support], strong: false }
    });
    Table { columns, rows: rows.collect(), ..Table::default() }
}

/// The two inputs that are drawn together, by their labels.
pub(super) fn pair(source: &Source, dependence: &Dependence) -> Said {
    let [a, b] = [0, 1].map(|index| labelled(source, &InputId(dependence.inputs[index].clone())));
    Said { zh: format!("{}；{}", a.zh, b.zh), en: format!("{}; {}", a.english(), b.english()) }
}
