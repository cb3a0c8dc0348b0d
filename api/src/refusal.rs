//! Why the service refused a request that was well formed.

use thiserror::Error;
use valuation::fault::{Fault, Place};

/// Why the service refused a request that was well formed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// No token or session, or one that is expired, revoked, changed or unknown.
    #[error("not signed in")]
    NotSignedIn,
    #[error("{method} {path} is not for {roles}")]
    NotAllowed { method: String, path: String, roles: String },
    #[error("sent from another site")]
    OtherSite,
    #[error("too many attempts; again in {seconds} s")]
    TooManyAttempts { seconds: u64 },
    /// `If-Match` names another state than the present one.
    #[error("changed meanwhile: the tag is {tag}")]
    ChangedMeanwhile { tag: String },
    #[error("job {id} is {state}")]
    JobNotWaiting { id: String, state: String },
    #[error("{said} is no type of evidence")]
    EvidenceType { said: String },
    #[error("the target {path} is not empty")]
    NotEmpty { path: String },
    #[error("the backup is damaged: {what}")]
    BackupDamaged { what: String },
}

impl Fault for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::NotSignedIn => "not_signed_in",
            Refusal::NotAllowed { .. } => "not_allowed",
            Refusal::OtherSite => "other_site",
            Refusal::TooManyAttempts { .. } => "too_many_attempts",
            Refusal::ChangedMeanwhile { .. } => "changed_meanwhile",
            Refusal::JobNotWaiting { .. } => "job_not_waiting",
            Refusal::EvidenceType { .. } => "evidence_type",
            Refusal::NotEmpty { .. } => "not_empty",
            Refusal::BackupDamaged { .. } => "backup_damaged",
        }
    }

    fn place(&self) -> Place {
        Place::default()
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        match self {
            Refusal::NotSignedIn | Refusal::OtherSite => Vec::new(),
            Refusal::NotAllowed { method, path, roles } => {
                vec![("method", method.clone()), ("path", path.clone()), ("roles", roles.clone())]
            }
            Refusal::TooManyAttempts { seconds } => vec![("seconds", seconds.to_string())],
            Refusal::ChangedMeanwhile { tag } => vec![("tag", tag.clone())],
            Refusal::JobNotWaiting { id, state } => vec![("id", id.clone()), ("state", state.clone())],
            Refusal::EvidenceType { said } => vec![("said", said.clone())],
            Refusal::NotEmpty { path } => vec![("path", path.clone())],
            Refusal::BackupDamaged { what } => vec![("what", what.clone())],
        }
    }
}
