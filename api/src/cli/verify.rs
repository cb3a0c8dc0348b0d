//! `hengshu verify [ID|--all]`.

use clap::Args;
use valuation::words::{self, Language};

use crate::app::App;
use crate::cli::{Answer, Global};
use crate::error::Error;
use crate::register::{Access, Finding};
use crate::table::Table;
use crate::work::verify::{self, Verified};

#[derive(Debug, Args)]
pub struct Verify {
    /// A valuation; everything where absent.
    id: Option<String>,
    /// Everything.
    #[arg(long, conflicts_with = "id")]
    all: bool,
}

/// Exit code where something is not as it was recorded.
const DAMAGED: u8 = 6;

impl Verify {
    pub async fn run(self, global: &Global) -> Result<Answer, Error> {
        let language = global.language();
        let sealed = verify::seal(&global.data_dir);
        let told = sealed.clone();
        let id = self.id.filter(|_| !self.all);
        let work = async move |app: &App| {
            let verified = match &id {
                Some(id) => verify::one(app, id, sealed).await?,
                None => verify::all(app, sealed).await?,
            };
            answer(&verified, language)
        };
        match global.with_app(Access::Read, work).await {
            // A register that cannot be read at all is what this command is asked to find.
            Err(Error::Register(fault)) if valuation::fault::Fault::code(&fault) == "register_damaged" => {
                let mut failures = told;
                failures.push(Finding::new("not_readable", crate::register::FILE, fault.to_string()));
                answer(&Verified::begun(failures), language)
            }
            answered => answered,
        }
    }
}

fn answer(verified: &Verified, language: Language) -> Result<Answer, Error> {
    let counts = [
        ("checked", verified.checked.to_string()),
        ("recalculated", verified.recalculated.to_string()),
        ("files", verified.files.to_string()),
    ];
    let counts: Vec<(&str, &str)> = counts.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let text = words::format("cli.verify.counts", language, &counts);
    let answer = told(verified, &verified.failures, language)?;
    Ok(Answer { text: format!("{text}\n{}", answer.text), ..answer })
}

/// What was found, as a table; exit code 6 where anything was.
pub fn told(json: &impl serde::Serialize, failures: &[Finding], language: Language) -> Result<Answer, Error> {
    let mut text = words::format("cli.findings", language, &[("failures", &failures.len().to_string())]);
    if !failures.is_empty() {
        let head = ["cli.head.finding", "cli.head.subject", "cli.head.detail"];
        let table = Table {
            head: head.iter().map(|key| words::text(key, language)).collect(),
            rows: failures.iter().map(|finding| row(finding, language)).collect(),
            right: Vec::new(),
        };
        text = format!("{text}\n\n{}", table.text());
    }
    let mut answer = Answer::done(json, text)?;
    answer.exit = if failures.is_empty() { 0 } else { DAMAGED };
    Ok(answer)
}

fn row(finding: &Finding, language: Language) -> Vec<String> {
    let what = words::text(&format!("finding.{}", finding.code), language);
    vec![what, finding.subject.clone(), finding.detail.clone()]
}
