//! `hengshu judge ahp | fuzzy | entropy | critic | delphi | rubric`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use valuation::words;

use crate::cli::{Answer, Global};
use crate::error::Error;
use crate::table::Table;
use crate::work::judge::{self as work, Judged};

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Analytic hierarchy process: weights, priorities and consistency from pairwise judgements. 层次分析法
    Ahp(File),
    /// Fuzzy comprehensive evaluation: grade of greatest membership. 模糊综合评价法
    Fuzzy(File),
    /// Entropy weights of a table of indicators. 熵权法
    Entropy(File),
    /// CRITIC weights of a table of indicators.
    Critic(File),
    /// Delphi rounds: means, dispersion, concordance. 德尔菲法
    Delphi(File),
    /// Score of a weighted rubric such as DCMM. 加权评分（如 DCMM）
    Rubric(File),
}

#[derive(Debug, Args)]
pub struct File {
    /// JSON or TOML; `hengshu schema judge_ahp` (and so on) shows the format.
    file: PathBuf,
}

impl Verb {
    pub fn run(self, global: &Global) -> Result<Answer, Error> {
        let word = |key: &str| words::text(key, global.language());
        let judged = match &self {
            Verb::Ahp(asked) => work::ahp(&asked.file)?,
            Verb::Fuzzy(asked) => work::fuzzy(&asked.file)?,
            Verb::Entropy(asked) => work::entropy(&asked.file)?,
            Verb::Critic(asked) => work::critic(&asked.file)?,
            Verb::Delphi(asked) => work::delphi(&asked.file)?,
            Verb::Rubric(asked) => work::rubric(&asked.file)?,
        };
        match judged {
            Judged::Ahp(found) => {
                let mut text = shares(word, "cli.judge.criterion", &found.weights);
                if !found.priorities.is_empty() {
                    text += &format!("\n\n{}", shares(word, "cli.judge.alternative", &found.priorities));
                }
                let number = |value: Option<f64>| value.map_or_else(|| "—".to_owned(), |value| format!("{value:.4}"));
                let rows = found.matrices.iter().map(|(name, matrix)| {
                    let own = &matrix.consistency;
                    let revisit = own.revisit.as_ref().map_or_else(String::new, |look| {
                        format!("{}:{} {} → {:.2}", look.first, look.second, look.given, look.implied)
                    });
                    vec![name.clone(), format!("{:.4}", own.lambda_max), number(own.cr), revisit]
                });
                let head = ["cli.judge.matrix", "cli.judge.lambda_max", "cli.judge.cr", "cli.judge.revisit"].map(word);
                let table = Table { head: head.to_vec(), rows: rows.collect(), right: vec![1, 2] };
                done(&found, format!("{text}\n\n{}", table.text()))
            }
            Judged::Fuzzy { grades, found } => {
                let values: Vec<(&String, &f64)> = grades.iter().zip(&found.result).collect();
                done(&found, format!("{}\n\n{}", shares(word, "cli.judge.grade", values), found.verdict))
            }
            Judged::Indicators(found) => done(&found, shares(word, "cli.judge.indicator", &found.weights)),
            Judged::Delphi(found) => done(&found, shares(word, "cli.judge.item", &found.result)),
            Judged::Rubric(found) => {
                let text = shares(word, "cli.judge.item", &found.groups);
                let level = found.level.clone().unwrap_or_default();
                done(&found, format!("{text}\n\n{:.4} {level}", found.score))
            }
        }
    }
}

fn done(found: &impl Serialize, text: String) -> Result<Answer, Error> {
    Answer::done(found, text)
}

fn shares<'v>(
    word: impl Fn(&str) -> String,
    what: &str,
    values: impl IntoIterator<Item = (&'v String, &'v f64)>,
) -> String {
    let rows = values.into_iter().map(|(name, value)| vec![name.clone(), format!("{value:.4}")]).collect();
    Table { head: vec![word(what), word("cli.judge.value")], rows, right: vec![1] }.text()
}
