//! The asset with its three groups of attributes and its rights, and the terms of the engagement.

use valuation::asset::{DataAsset, Right, RightKind};

use super::{Source, name_of, section, stated};
use crate::report::document::{Block, Column, Fact, Row, Said, Section, Table};

/// 评估对象和评估范围
pub fn subject(source: &Source) -> Section {
    let asset = &source.valuation.case.asset;
    let mut blocks = vec![Block::Facts(identity(asset))];
    for (key, facts) in [
        ("report.attributes.information", information(asset)),
        ("report.attributes.legal", legal(asset)),
        ("report.attributes.value", value(asset)),
    ] {
        blocks.push(Block::Heading(Said::word(key)));
        blocks.push(Block::Facts(facts));
    }
    blocks.push(Block::Heading(Said::word("report.rights")));
    blocks.push(Block::Table(rights(&asset.legal.rights)));
    section("subject", blocks)
}

fn identity(asset: &DataAsset) -> Vec<Fact> {
    let mut facts = vec![Fact::new("report.asset.name", Said::plain(&asset.name))];
    if let Some(code) = &asset.code {
        facts.push(Fact::new("report.asset.code", Said::plain(code)));
    }
    facts
}

fn information(asset: &DataAsset) -> Vec<Fact> {
    let it = &asset.information;
    vec![
        Fact::new("report.asset.structure", stated(&it.structure)),
        Fact::new("report.asset.dictionary", stated(&it.dictionary)),
        Fact::new("report.asset.size", stated(&it.size)),
        Fact::new("report.asset.period", stated(&it.period)),
        Fact::new("report.asset.frequency", stated(&it.frequency)),
        Fact::new("report.asset.storage", stated(&it.storage)),
    ]
}

fn legal(asset: &DataAsset) -> Vec<Fact> {
    vec![
        Fact::new("report.asset.authorised_by", stated(&asset.legal.authorised_by)),
        Fact::new("report.asset.holder", stated(&asset.legal.holder)),
    ]
}

fn value(asset: &DataAsset) -> Vec<Fact> {
    let it = &asset.value;
    vec![
        Fact::new("report.asset.territory", stated(&it.territory)),
        Fact::new("report.asset.industry", stated(&it.industry)),
        Fact::new("report.asset.cost", stated(&it.cost)),
        Fact::new("report.asset.scenario", stated(&it.scenario)),
        Fact::new("report.asset.quality", stated(&it.quality)),
        Fact::new("report.asset.scarcity", stated(&it.scarcity)),
        Fact::new("report.asset.substitutability", stated(&it.substitutability)),
    ]
}

/// The three rights, each also where it is not held.
fn rights(rights: &[Right]) -> Table {
    let keys = ["kind", "path", "scope", "until", "restriction"];
    let mut rows = Vec::new();
    for kind in [RightKind::Holding, RightKind::Use, RightKind::Operation] {
        let name = Said::word(&format!("right.{}", name_of(&kind)));
        let held: Vec<&Right> = rights.iter().filter(|right| right.kind == kind).collect();
        for right in &held {
            let until = match right.until {
                Some(until) => Said::plain(until.to_string()),
                None => Said::word("report.rights.no_end"),
            };
            let cells =
                vec![name.clone(), stated(&right.path), stated(&right.scope), until, stated(&right.restriction)];
            rows.push(Row { cells, strong: false });
        }
        if held.is_empty() {
            let mut cells = vec![Said::plain("—"); keys.len()];
            cells[0] = name;
            cells[1] = Said::word("report.rights.none");
            rows.push(Row { cells, strong: false });
        }
    }
    let columns = keys.map(|key| Column::text(&format!("report.rights.{key}")));
    Table { columns: columns.to_vec(), rows, ..Table::default() }
}

/// 评估目的、价值类型、评估基准日
pub fn engagement(source: &Source) -> Section {
    let case = &source.valuation.case;
    let facts = vec![
        Fact::new("report.fact.purpose", Said::word(&format!("purpose.{}", name_of(&case.purpose)))),
        Fact::new("report.fact.basis", Said::word(&format!("basis.{}", name_of(&case.basis)))),
        Fact::new("report.fact.valuation_date", Said::plain(case.valuation_date.to_string())),
        Fact::new("report.fact.currency", Said::plain(case.currency.code())),
    ];
    section("engagement", vec![Block::Facts(facts)])
}
