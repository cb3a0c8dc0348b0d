//! Which approaches were used, and why the others were not.

use valuation::method::Approach;

use super::{Source, section};
use crate::report::document::{Block, Column, Row, Said, Section, Table};

/// 评估方法的选择
pub fn choice(source: &Source) -> Section {
    let case = &source.valuation.case;
    let mut rows = Vec::new();
    for approach in [Approach::Cost, Approach::Income, Approach::Market] {
        let not_used = || case.not_used.iter().filter(|not| not.approach == approach);
        let used: Vec<&valuation::estimate::Estimate> =
            source.valuation.estimates.iter().filter(|estimate| estimate.approach == approach).collect();
        let reasons: Vec<&str> = not_used().filter(|not| not.method.is_none()).map(|not| not.reason.as_str()).collect();
        let methods = used.iter().map(|estimate| Said::word(&format!("method.{}", estimate.method.text())));
        let methods = methods.reduce(|all, next| Said {
            zh: format!("{}、{}", all.zh, next.zh),
            en: format!("{}, {}", all.en, next.en),
        });
        // Reasons of single methods stand in rows of their own below; they answer for the approach where it has no other.
        let answered = !reasons.is_empty() || not_used().next().is_some();
        let state = match (used.is_empty(), answered) {
            (false, _) => Said::word("report.method.used"),
            (true, true) => Said::plain(reasons.join("；")),
            (true, false) => Said::word("report.method.no_reason"),
        };
        let methods = methods.unwrap_or_else(|| Said::word("report.method.not_used"));
        rows.push(Row { cells: vec![Said::word(approach.word()), methods, state], strong: !used.is_empty() });
        for (method, not) in not_used().filter_map(|not| Some((not.method?, not))) {
            let name = Said::word(&format!("method.{}", method.text()));
            let state = Said::word("report.method.not_used");
            let name = Said { zh: format!("{}：{}", name.zh, state.zh), en: format!("{}: {}", name.en, state.en) };
            rows.push(Row { cells: vec![Said::word(approach.word()), name, Said::plain(&not.reason)], strong: false });
        }
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
