//! Statement, special matters, use and validity, and how to verify.

use chrono::Months;
use valuation::words::has;

use super::{Source, section};
use crate::report::document::{Block, Fact, Said, Section};

/// 声明
pub fn statement() -> Section {
    let lines = (1..=5).map(|number| Block::Text(Said::word(&format!("report.statement.{number}"))));
    section("statement", lines.collect())
}

/// 特别事项说明
pub fn special_matters(source: &Source) -> Section {
    let valuation = source.valuation;
    let mut blocks = Vec::new();
    for found in &valuation.contradictions {
        let (code, field) = (Said::word(&format!("contradiction.{}", found.code)), Said::plain(&found.field));
        let remedy = Said::word(&format!("contradiction.{}.remedy", found.code));
        let places = [("what", &code), ("field", &field), ("remedy", &remedy)];
        blocks.push(Block::Text(Said::filled("report.special.contradiction", &places)));
    }
    for (code, draws) in &valuation.failed_checks {
        let key = format!("check.{code}");
        let what = if has(&key) { Said::word(&key) } else { Said::plain(code) };
        let draws = Said::plain(draws.to_string());
        blocks.push(Block::Text(Said::filled("report.special.check", &[("what", &what), ("draws", &draws)])));
    }
    if valuation.not_finite > 0 {
        let draws = Said::plain(valuation.not_finite.to_string());
        blocks.push(Block::Text(Said::filled("report.special.not_finite", &[("draws", &draws)])));
    }
    let quality = &valuation.case.asset.value.quality;
    if quality.trim().is_empty() {
        blocks.push(Block::Text(Said::word("report.special.no_quality")));
    } else {
        blocks.push(Block::Text(Said::filled("report.special.quality", &[("quality", &Said::plain(quality))])));
    }
    let restricted = valuation.case.asset.legal.rights.iter().filter(|right| !right.restriction.trim().is_empty());
    for right in restricted {
        let kind = Said::word(&format!("right.{}", super::name_of(&right.kind)));
        let places = [("right", &kind), ("restriction", &Said::plain(&right.restriction))];
        blocks.push(Block::Text(Said::filled("report.special.restriction", &places)));
    }
    section("special", blocks)
}

/// 评估报告使用限制和有效期
pub fn use_and_validity(source: &Source) -> Section {
    let date = source.valuation.case.valuation_date;
    // The standard lets a conclusion be used within one year from the valuation date.
    let until = date.checked_add_months(Months::new(12)).and_then(|end| end.pred_opt()).unwrap_or(date);
    let places = [("from", &Said::plain(date.to_string())), ("until", &Said::plain(until.to_string()))];
    section(
        "validity",
        vec![
            Block::Text(Said::filled("report.validity.until", &places)),
            Block::Text(Said::word("report.validity.use")),
            Block::Text(Said::word("report.validity.books")),
            Block::Text(Said::word("report.validity.interval")),
            Block::Signatures(vec![
                Said::word("report.sign.appraiser"),
                Said::word("report.sign.appraiser"),
                Said::word("report.sign.firm"),
                Said::word("report.sign.date"),
            ]),
        ],
    )
}

/// 底稿、哈希与验证
pub fn verification(source: &Source) -> Section {
    let valuation = source.valuation;
    let plan = &valuation.case.simulation;
    let sampling = Said::word(&format!("report.sampling.{}", super::name_of(&plan.sampling)));
    let command = Said::plain(format!("hengshu verify {}", valuation.valuation_id));
    let facts = vec![
        Fact::new("report.fact.valuation_id", Said::plain(&valuation.valuation_id)),
        Fact::new("report.fact.hash", Said::plain(&valuation.hash)),
        Fact::new("report.fact.engine", Said::plain(&valuation.engine_version)),
        Fact::new("report.fact.draws", Said::plain(plan.draws.to_string())),
        Fact::new("report.fact.seed", Said::plain(plan.seed.to_string())),
        Fact::new("report.fact.sampling", sampling),
        Fact::new("report.fact.verify", Said::filled("report.verify.how", &[("command", &command)])),
    ];
    section("verification", vec![Block::Facts(facts), Block::Text(Said::word("report.verify.paper"))])
}
