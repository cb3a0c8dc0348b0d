//! Which approaches were used, and why the others were not.

use valuation::method::Approach;

use super::{Source, section};
use crate::report::document::{Block, Column, Row, Said, Section, Table};

/// 评估方法的选择
pub fn choice(source: &Source) -> Section {
    let case = &source.valuation.case;
    let mut rows = Vec::new();
    for approach in [Approach::Cost, Approach::Income, Approach::Market] {
        let used: Vec<&valuation::estimate::Estimate> =
            source.valuation.estimates.iter().filter(|estimate| estimate.approach == approach).collect();
        let reasons: Vec<&str> =
            case.not_used.iter().filter(|not| not.approach == approach).map(|not| not.reason.as_str()).collect();
        let methods = used.iter().map(|estimate| Said::word(&format!("method.{}", estimate.method.text())));
        let methods = methods.reduce(|all, next| Said {
            zh: format!("{}、{}", all.zh, next.zh),
            en: format!("{}, {}", all.en, next.en),
        });
        let state = match (used.is_empty(), reasons.is_empty()) {
            (false, _) => Said::word("report.method.used"),
            (true, false) => Said::plain(reasons.join("；")),
            (true, true) => Said::word("report.method.no_reason"),
        };
        let methods = methods.unwrap_or_else(|| Said::word("report.method.not_used"));
        rows.push(Row { cells: vec![Said::word(approach.word()), methods, state], strong: !used.is_empty() });
    }
    let columns = ["approach", "methods", "reason"].map(|key| Column::text(&format!("report.method.{key}")));
    let mut blocks = vec![
        Block::Text(Said::word("report.method.rule")),
        Block::Table(Table { columns: columns.to_vec(), rows, ..Table::default() }),
    ];
    if source.valuation.estimates.len() == 1 {
        blocks.push(Block::Text(Said::word("report.method.single")));
    }
    section("method", blocks)
}
