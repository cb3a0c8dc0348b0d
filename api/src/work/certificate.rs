//! Certificates of data assets (公共数据资产凭证): issued from a record, verified against the register, revoked with a reason.

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use valuation::words::{self, Language};

use crate::app::App;
use crate::certificate::{self, Algorithm, CertificateError};
use crate::error::Error;
use crate::register::{Entry, Kind, Record, RegisterError, Superseded};
use crate::whole::{self, sha256};
use crate::work::asset::id_fits;

/// What is certified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Certified {
    Registration,
    Valuation,
}

/// What a certificate says; the payload of the token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// The record that is certified.
    pub sub: String,
    /// The certificate's own id.
    pub jti: String,
    /// Seconds since 1970, UTC, like every time of a token.
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
    pub kind: Certified,
    /// The data asset.
    pub asset: String,
    pub holder: String,
    /// SHA-256 of the record's content.
    pub record_hash: String,
    /// Of a valuation: purpose, date, amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valuation: Option<Value>,
    /// That this is a seal of integrity and no legal signature, in both languages.
    pub notice: Vec<String>,
}

/// What is asked of `issue`.
#[derive(Clone, Debug)]
pub struct Ask {
    pub kind: Certified,
    /// The asset or valuation.
    pub of: String,
    pub id: Option<String>,
    pub issuer: String,
    pub holder: Option<String>,
    /// The last day on which it is valid.
    pub valid_until: NaiveDate,
    pub key: PathBuf,
    pub algorithm: Algorithm,
}

/// What `certificate issue | verify | revoke` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Certificate {
    pub certificate_id: String,
    pub jwt: String,
    /// Whether the seal holds, the time has not run out, and nobody revoked it.
    pub valid: bool,
    pub status: Status,
    /// Why and when it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
    pub claims: Claims,
    /// That this is a seal of integrity and no legal signature.
    pub notice: String,
}

/// What the register says of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Issued,
    Revoked,
    /// This register did not issue it; only the seal was checked.
    Unknown,
}

/// What `certificate key` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyPair {
    pub private_key: String,
    pub public_key: String,
}

fn notice(language: Language) -> String {
    words::text("certificate.notice", language)
}

/// Writes a new key pair: the private key to `path`, the public one beside it with the ending `pub.pem`.
///
/// # Errors
/// A file that is there already or cannot be written.
pub fn key(path: &Path) -> Result<KeyPair, Error> {
    let public = path.with_extension("pub.pem");
    if path.exists() || public.exists() {
        let said = words::text("certificate.key_exists", Language::Zh);
        return Err(Error::WrongUsage { said: format!("{}: {said}", path.display()) });
    }
    let (private_pem, public_pem) = certificate::new_key().map_err(Error::internal)?;
    private(path, &private_pem)?;
    whole::write(&public, public_pem.as_bytes()).map_err(|cause| Error::of_file(&public, &cause))?;
    Ok(KeyPair { private_key: path.display().to_string(), public_key: public.display().to_string() })
}

/// Writes a file that only its owner may read.
fn private(path: &Path, text: &str) -> Result<(), Error> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written =
        options.open(path).and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(|cause| Error::of_file(path, &cause))
}

fn text(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|cause| Error::of_file(path, &cause))
}

/// Issues a certificate of a record and records it; a certificate with this id that is there already is answered as it stands.
///
/// # Errors
/// `record_not_found`; a key that is none; a date that has passed.
pub async fn issue(app: &App, ask: Ask) -> Result<Certificate, Error> {
    let kind = match ask.kind {
        Certified::Registration => Kind::Asset,
        Certified::Valuation => Kind::Valuation,
    };
    let record = app.find(kind, &ask.of).await?;
    let id = match &ask.id {
        Some(id) => id.clone(),
        None => {
            let named = json!([record.hash, ask.issuer, ask.holder, ask.valid_until.to_string()]);
            format!("C-{}", &sha256(named.to_string().as_bytes())[..16])
        }
    };
    id_fits(&id)?;
    let organisation = &app.config.data.organisation;
    if app.register.get(organisation, Kind::Certificate, &id, None).await?.is_some() {
        return show(app, &id).await;
    }
    let now = Utc::now();
    let last = ask.valid_until.and_time(NaiveTime::MIN).and_utc() + chrono::Duration::days(1);
    if last <= now {
        return Err(CertificateError::Expired { expired: ask.valid_until.to_string() }.into());
    }
    let claims = claims(&ask, &id, &record, now, last);
    let jwt = certificate::seal(&claims, &text(&ask.key)?, &ask.key, ask.algorithm)?;
    let document = json!({ "jwt": jwt, "claims": claims });
    app.record(Entry { kind: Kind::Certificate, id: id.clone(), document, supersedes: None }).await?;
    show(app, &id).await
}

fn claims(ask: &Ask, id: &str, record: &Record, now: DateTime<Utc>, last: DateTime<Utc>) -> Claims {
    let said = |pointer: &str| record.document.pointer(pointer).cloned().unwrap_or_default();
    let named = |pointer: &str| said(pointer).as_str().unwrap_or_default().to_owned();
    let (asset, valuation) = match ask.kind {
        Certified::Registration => ("", None),
        Certified::Valuation => {
            let figures = json!({
                "purpose": said("/case/purpose"),
                "basis": said("/case/basis"),
                "valuation_date": said("/case/valuation_date"),
                "value": said("/conclusion/value"),
                "hash": said("/hash"),
            });
            ("/case/asset", Some(figures))
        }
    };
    Claims {
        iss: ask.issuer.clone(),
        sub: ask.of.clone(),
        jti: id.to_owned(),
        iat: now.timestamp(),
        nbf: now.timestamp(),
        // The last second of the last day.
        exp: last.timestamp() - 1,
        kind: ask.kind,
        asset: named(&format!("{asset}/name")),
        holder: ask.holder.clone().unwrap_or_else(|| named(&format!("{asset}/legal/holder"))),
        record_hash: record.hash.clone(),
        valuation,
        notice: vec![notice(Language::Zh), notice(Language::En)],
    }
}

/// The recorded certificate `id` with its status; its seal is not checked.
async fn show(app: &App, id: &str) -> Result<Certificate, Error> {
    let record = app.find(Kind::Certificate, id).await?;
    let jwt = record.document["jwt"].as_str().unwrap_or_default().to_owned();
    let claims: Claims = serde_json::from_value(record.document["claims"].clone()).map_err(Error::internal)?;
    let (status, reason, revoked_at) = status(app, &claims.jti, &jwt).await?;
    let valid = status == Status::Issued && claims.exp >= Utc::now().timestamp();
    let notice = claims.notice.join(" ");
    Ok(Certificate { certificate_id: claims.jti.clone(), jwt, valid, status, reason, revoked_at, claims, notice })
}

async fn status(app: &App, id: &str, jwt: &str) -> Result<(Status, Option<String>, Option<String>), Error> {
    let organisation = &app.config.data.organisation;
    let known = app.register.get(organisation, Kind::Certificate, id, None).await?;
    // A token with a known id and another text is not the one that was issued.
    if !known.is_some_and(|record| record.document["jwt"] == jwt.trim()) {
        return Ok((Status::Unknown, None, None));
    }
    match app.register.superseded_by(organisation, Kind::Certificate, id, None).await? {
        None => Ok((Status::Issued, None, None)),
        Some(by) => {
            let revocation = app.find(Kind::Certificate, &by).await?;
            Ok((Status::Revoked, revocation.reason, Some(revocation.recorded_at)))
        }
    }
}

/// Checks the seal with the public key in `key`, the time (on the day `on`, now where absent), and the register.
///
/// # Errors
/// `certificate_foreign`, `certificate_malformed`, `certificate_expired`; a key that is none. A revoked certificate is answered,
/// as not valid.
pub async fn verify(app: &App, jwt: &str, key: &Path, on: Option<NaiveDate>) -> Result<Certificate, Error> {
    // A token or the file that holds it; the dots of a token make no name of a file here.
    let jwt = if Path::new(jwt).is_file() { text(Path::new(jwt))? } else { jwt.to_owned() };
    let claims: Claims = certificate::open(&jwt, &text(key)?, key)?;
    let now = on.map_or_else(Utc::now, |day| day.and_time(NaiveTime::MIN).and_utc());
    if claims.exp < now.timestamp() {
        let expired =
            DateTime::from_timestamp(claims.exp, 0).map_or_else(String::new, |at| at.date_naive().to_string());
        return Err(CertificateError::Expired { expired }.into());
    }
    let (status, reason, revoked_at) = status(app, &claims.jti, &jwt).await?;
    let valid = status != Status::Revoked;
    let (id, notice) = (claims.jti.clone(), claims.notice.join(" "));
    let jwt = jwt.trim().to_owned();
    Ok(Certificate { certificate_id: id, jwt, valid, status, reason, revoked_at, claims, notice })
}

/// Revokes certificate `id` for a reason; the register keeps both.
///
/// # Errors
/// `record_not_found`; `already_superseded`; `reason_missing`.
pub async fn revoke(app: &App, id: &str, reason: &str) -> Result<Certificate, Error> {
    let record = app.find(Kind::Certificate, id).await?;
    let organisation = &app.config.data.organisation;
    if let Some(by) = app.register.superseded_by(organisation, Kind::Certificate, id, None).await? {
        return Err(RegisterError::AlreadySuperseded { id: id.to_owned(), by }.into());
    }
    let document = json!({ "revokes": id, "record_hash": record.hash });
    let supersedes = Some(Superseded { id: id.to_owned(), reason: reason.to_owned() });
    app.record(Entry { kind: Kind::Certificate, id: format!("{id}.revoked"), document, supersedes }).await?;
    show(app, id).await
}
