//! `hengshu certificate key | issue | verify | revoke`.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use valuation::words::{self, Language};

use crate::app::App;
use crate::certificate::Algorithm;
use crate::cli::{Answer, Global};
use crate::error::Error;
use crate::register::Access;
use crate::work::certificate::{self as work, Ask, Certificate, Certified, Status};

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make a key pair; the private key stays with the issuer.
    Key {
        /// Where the private key goes; the public one is written beside it.
        output: PathBuf,
    },
    /// Seal a certificate of a registered asset or a recorded valuation.
    Issue(Issue),
    /// Check seal, time and status of a certificate.
    Verify {
        /// The token, or the file that holds it.
        jwt: String,
        /// The issuer's public key (PEM).
        #[arg(long)]
        key: PathBuf,
        /// The day to judge by; today where absent.
        #[arg(long)]
        on: Option<NaiveDate>,
    },
    /// Revoke a certificate.
    Revoke {
        id: String,
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Args)]
pub struct Issue {
    /// The asset whose registration is certified.
    #[arg(long, required_unless_present = "valuation", conflicts_with = "valuation")]
    asset: Option<String>,
    /// The valuation that is certified.
    #[arg(long)]
    valuation: Option<String>,
    /// Who certifies.
    #[arg(long)]
    issuer: String,
    /// Whom it is issued to; the asset's holder where absent.
    #[arg(long)]
    holder: Option<String>,
    /// The last day on which it is valid.
    #[arg(long)]
    valid_until: NaiveDate,
    /// The issuer's private key (PEM).
    #[arg(long)]
    key: PathBuf,
    #[arg(long, value_enum, default_value_t)]
    algorithm: Algorithm,
    /// The certificate's id; made from its content where absent.
    #[arg(long)]
    id: Option<String>,
}

impl Verb {
    pub async fn run(self, global: &Global) -> Result<Answer, Error> {
        let language = global.language();
        match self {
            Verb::Key { output } => {
                let pair = work::key(&output)?;
                Answer::done(&pair, format!("{}\n{}", pair.private_key, pair.public_key))
            }
            Verb::Issue(asked) => {
                let ask = asked.ask()?;
                let issue = async move |app: &App| answer(&work::issue(app, ask).await?, language);
                global.with_app(Access::Write, issue).await
            }
            Verb::Verify { jwt, key, on } => {
                let verify = async move |app: &App| answer(&work::verify(app, &jwt, &key, on).await?, language);
                global.with_app(Access::Read, verify).await
            }
            Verb::Revoke { id, reason } => {
                let revoke = async move |app: &App| {
                    let mut answered = answer(&work::revoke(app, &id, &reason).await?, language)?;
                    answered.exit = 0;
                    Ok(answered)
                };
                global.with_app(Access::Write, revoke).await
            }
        }
    }
}

impl Issue {
    fn ask(self) -> Result<Ask, Error> {
        let (kind, of) = match (self.asset, self.valuation) {
            (Some(asset), _) => (Certified::Registration, asset),
            (None, Some(valuation)) => (Certified::Valuation, valuation),
            (None, None) => return Err(Error::WrongUsage { said: "--asset | --valuation".to_owned() }),
        };
        Ok(Ask {
            kind,
            of,
            id: self.id,
            issuer: self.issuer,
            holder: self.holder,
            valid_until: self.valid_until,
            key: self.key,
            algorithm: self.algorithm,
        })
    }
}

/// A revoked certificate is refused by a rule, and answered all the same.
fn answer(found: &Certificate, language: Language) -> Result<Answer, Error> {
    let status = match found.status {
        Status::Issued => "certificate.status.issued",
        Status::Revoked => "certificate.status.revoked",
        Status::Unknown => "certificate.status.unknown",
    };
    let notice = words::text("certificate.notice", language);
    let reason = found.reason.clone().unwrap_or_default();
    let lines = [
        format!("{}  {}  {reason}", found.certificate_id, words::text(status, language)),
        format!("{}  {}", found.claims.asset, found.claims.holder),
        found.jwt.clone(),
        notice,
    ];
    let mut answer = Answer::done(found, lines.join("\n"))?;
    answer.exit = if found.status == Status::Revoked { 4 } else { 0 };
    Ok(answer)
}
