//! API tokens: random, kept as a hash, for one person, with roles of their own, ending on a day, revocable.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::{Caller, Role};
use crate::app::App;
use crate::doors;
use crate::error::Error;
use crate::refusal::Refusal;
use crate::register::{Entry, Kind, Record, Superseded};
use crate::whole::sha256;
use crate::work::asset::Kept;
use crate::work::page::{self, Ask, Page};
use crate::work::person;

/// What every token begins with, so that scanners for leaked secrets find it.
const MARK: &str = "hengshu";

/// A token as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Token {
    person: String,
    roles: Vec<Role>,
    /// SHA-256 of the secret.
    sha256: String,
    expires_at: DateTime<Utc>,
    revoked: bool,
}

/// What is sent to make a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// Whose token it is.
    pub person: String,
    /// Roles of the person that the token has as well.
    pub roles: Vec<Role>,
    /// Days until it ends, from 1 to 366.
    pub days: u32,
}

/// A recorded token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenRecord {
    pub token_id: String,
    pub person: String,
    pub roles: Vec<Role>,
    pub expires_at: String,
    pub revoked: bool,
    /// The token itself; told once, when it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    #[serde(flatten)]
    pub kept: Kept,
}

pub type TokenPage = Page<TokenRecord>;

fn read(record: &Record) -> Result<Token, Error> {
    serde_json::from_value(record.document.clone()).map_err(Error::internal)
}

async fn answer(app: &App, record: &Record, secret: Option<String>) -> Result<TokenRecord, Error> {
    let token = read(record)?;
    Ok(TokenRecord {
        token_id: person::first_id(&record.id).to_owned(),
        person: token.person,
        roles: token.roles,
        expires_at: token.expires_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        revoked: token.revoked,
        token: secret,
        kept: Kept::of(app, Kind::Token, record).await?,
    })
}

/// Makes a token for a person of the organisation.
///
/// Errors: `wrong_value` (no such person, a role they do not have, other days).
pub async fn make(app: &App, request: TokenRequest) -> Result<TokenRecord, Error> {
    let wrong =
        |field: &str, said: String| Error::WrongValue { file: None, line: None, field: Some(field.to_owned()), said };
    let Some(caller) = person::caller(app, &request.person).await? else {
        return Err(wrong("person", request.person));
    };
    if let Some(role) = request.roles.iter().find(|role| !caller.roles.contains(role)) {
        return Err(wrong("roles", role.key().to_owned()));
    }
    if !(1..=366).contains(&request.days) {
        return Err(wrong("days", "1–366".to_owned()));
    }
    let (id, secret) = (format!("K-{}", &doors::secret()[..16]), doors::secret());
    let token = Token {
        person: caller.person,
        roles: request.roles,
        sha256: sha256(secret.as_bytes()),
        expires_at: Utc::now() + Duration::days(i64::from(request.days)),
        revoked: false,
    };
    let document = serde_json::to_value(&token).map_err(Error::internal)?;
    let recorded = app.record(Entry { kind: Kind::Token, id: id.clone(), document, supersedes: None }).await?;
    let told = format!("{MARK}~{}~{id}~{secret}", app.config.data.organisation);
    answer(app, &recorded.record, Some(told)).await
}

/// Ends a token for good; ending it again is harmless.
///
/// Errors: `record_not_found`.
pub async fn revoke(app: &App, id: &str) -> Result<TokenRecord, Error> {
    let found = person::newest(app, Kind::Token, id).await?;
    let record = found.ok_or_else(|| Error::RecordNotFound { kind: Kind::Token.key(), id: id.to_owned() })?;
    let token = read(&record)?;
    if token.revoked {
        return answer(app, &record, None).await;
    }
    let document = serde_json::to_value(Token { revoked: true, ..token }).map_err(Error::internal)?;
    let supersedes = Some(Superseded { id: record.id.clone(), reason: "revoked".to_owned() });
    let entry = Entry { kind: Kind::Token, id: person::next_id(&record.id), document, supersedes };
    let recorded = app.record(entry).await?;
    answer(app, &recorded.record, None).await
}

/// Tokens of the organisation, without their secrets.
pub async fn list(app: &App, ask: &Ask) -> Result<TokenPage, Error> {
    let (records, next) = page::records(app, Kind::Token, ask).await?;
    let mut items = Vec::with_capacity(records.len());
    for record in &records {
        items.push(answer(app, record, None).await?);
    }
    Ok(Page { items, next })
}

/// Who sends `told`: the organisation stands in the token and is proven by its secret.
///
/// Errors: `not_signed_in` where it is changed, unknown, expired or revoked, or its person is disabled.
pub async fn bearer(app: &App, told: &str) -> Result<Caller, Error> {
    let refused = || Error::from(Refusal::NotSignedIn);
    let parts: Vec<&str> = told.split('~').collect();
    let [MARK, organisation, id, secret] = parts[..] else { return Err(refused()) };
    let app = app.of_organisation(organisation, "gate")?;
    let record = person::newest(&app, Kind::Token, id).await?.ok_or_else(refused)?;
    let token = read(&record)?;
    // Both sides are hashes: the time a comparison takes tells nothing of the secret.
    if token.sha256 != sha256(secret.as_bytes()) || token.revoked || token.expires_at <= Utc::now() {
        return Err(refused());
    }
    let mut caller = person::caller(&app, &token.person).await?.ok_or_else(refused)?;
    caller.roles.retain(|role| token.roles.contains(role));
    Ok(caller)
}
