//! People: recorded with their roles, changed by superseding records, signing in with a password.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::{Caller, Role};
use crate::app::App;
use crate::error::Error;
use crate::refusal::Refusal;
use crate::register::{Entry, Kind, Record, Superseded};
use crate::work::asset::{Kept, id_fits};
use crate::work::page::{self, Ask, Page};

/// A person as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Person {
    name: String,
    roles: Vec<Role>,
    /// Argon2id in PHC form; who has none cannot sign in and works with tokens.
    password: Option<String>,
    disabled: bool,
}

/// What is sent to record a person or to change one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonRequest {
    /// Name as it is printed.
    pub name: String,
    pub roles: Vec<Role>,
    /// At least 12 characters; where absent the old one stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Whoever is disabled has no access; their records stay.
    #[serde(default)]
    pub disabled: bool,
    /// Why a recorded person is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A recorded person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonRecord {
    pub person_id: String,
    pub name: String,
    pub roles: Vec<Role>,
    pub has_password: bool,
    pub disabled: bool,
    #[serde(flatten)]
    pub kept: Kept,
}

pub type PersonPage = Page<PersonRecord>;

/// Shortest password, in characters.
const SHORTEST: usize = 12;

fn wrong(field: &str, said: &str) -> Error {
    Error::WrongValue { file: None, line: None, field: Some(field.to_owned()), said: said.to_owned() }
}

/// The newest record of what was first recorded under `id`: a change stands under `id~2`, `id~3` and so on.
pub async fn newest(app: &App, kind: Kind, id: &str) -> Result<Option<Record>, Error> {
    let organisation = &app.config.data.organisation;
    let mut id = id.to_owned();
    while let Some(later) = app.register.superseded_by(organisation, kind, &id, None).await? {
        id = later;
    }
    Ok(app.register.get(organisation, kind, &id, None).await?)
}

/// The id of the record after `record`.
pub fn next_id(record: &str) -> String {
    let (first, number) = record.rsplit_once('~').unwrap_or((record, "1"));
    format!("{first}~{}", number.parse::<u64>().unwrap_or(1) + 1)
}

/// What a record was first recorded under.
pub fn first_id(record: &str) -> &str {
    record.split('~').next().unwrap_or(record)
}

async fn answer(app: &App, record: &Record) -> Result<PersonRecord, Error> {
    let person = read(record)?;
    Ok(PersonRecord {
        person_id: first_id(&record.id).to_owned(),
        name: person.name,
        roles: person.roles,
        has_password: person.password.is_some(),
        disabled: person.disabled,
        kept: Kept::of(app, Kind::Person, record).await?,
    })
}

fn read(record: &Record) -> Result<Person, Error> {
    serde_json::from_value(record.document.clone()).map_err(Error::internal)
}

/// Records a person or a change; the second member says whether the person is new. `tag` is what the caller believes to be
/// the hash of the present record.
///
/// Errors: `wrong_value`; `reason_missing`; `changed_meanwhile`; those of the register.
pub async fn put(
    app: &App,
    id: &str,
    request: PersonRequest,
    tag: Option<&str>,
) -> Result<(PersonRecord, bool), Error> {
    id_fits(id)?;
    if request.name.trim().is_empty() {
        return Err(wrong("name", "1–"));
    }
    let before = newest(app, Kind::Person, id).await?;
    if let Some(tag) = tag {
        let present = before.as_ref().map_or("", |record| record.hash.as_str());
        if tag != present {
            return Err(Refusal::ChangedMeanwhile { tag: present.to_owned() }.into());
        }
    }
    let old = before.as_ref().map(read).transpose()?;
    let password = match request.password {
        Some(password) => Some(hashed(app, password).await?),
        None => old.as_ref().and_then(|old| old.password.clone()),
    };
    let mut roles = request.roles;
    roles.sort_unstable();
    roles.dedup();
    let person = Person { name: request.name, roles, password, disabled: request.disabled };
    if let (Some(before), true) = (&before, old.as_ref() == Some(&person)) {
        return Ok((answer(app, before).await?, false));
    }
    let document = serde_json::to_value(&person).map_err(Error::internal)?;
    let supersedes =
        before.as_ref().map(|before| Superseded { id: before.id.clone(), reason: request.reason.unwrap_or_default() });
    let id = before.as_ref().map_or_else(|| id.to_owned(), |before| next_id(&before.id));
    let recorded = app.record(Entry { kind: Kind::Person, id, document, supersedes }).await?;
    Ok((answer(app, &recorded.record).await?, before.is_none()))
}

/// People of the organisation.
pub async fn list(app: &App, ask: &Ask) -> Result<PersonPage, Error> {
    let (records, next) = page::records(app, Kind::Person, ask).await?;
    let mut items = Vec::with_capacity(records.len());
    for record in &records {
        items.push(answer(app, record).await?);
    }
    Ok(Page { items, next })
}

/// The caller that `id` is, with the roles they have now; none where they are unknown or disabled.
pub async fn caller(app: &App, id: &str) -> Result<Option<Caller>, Error> {
    let Some(record) = newest(app, Kind::Person, id).await? else { return Ok(None) };
    let person = read(&record)?;
    Ok((!person.disabled).then(|| Caller {
        organisation: app.config.data.organisation.clone(),
        person: first_id(&record.id).to_owned(),
        roles: person.roles,
    }))
}

/// Whether anybody is recorded, in any organisation.
pub async fn anybody(app: &App) -> Result<bool, Error> {
    for organisation in app.register.organisations().await? {
        if !app.register.list(&organisation, Kind::Person, 0, 1, None).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Asks for the password of `id`. An unknown name takes as long as a wrong password.
///
/// Errors: `not_signed_in`; `too_many_attempts` after five failures in a row.
pub async fn sign_in(app: &App, id: &str, password: String) -> Result<Caller, Error> {
    let name = format!("{}~{id}", app.config.data.organisation);
    app.doors.may_try(&name)?;
    let record = match id_fits(id) {
        Ok(()) => newest(app, Kind::Person, id).await?,
        Err(_) => None,
    };
    let person = record.as_ref().map(read).transpose()?;
    let hash = person.as_ref().and_then(|person| person.password.clone());
    let known = hash.is_some();
    let fits = app
        .compute
        .run(move || {
            let hash = match hash {
                Some(hash) => hash,
                None => hash_of("nobody has this password")?,
            };
            let parsed = PasswordHash::new(&hash).map_err(Error::internal)?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
        })
        .await?;
    match (fits && known, caller(app, id).await?) {
        (true, Some(caller)) => {
            app.doors.succeeded(&name);
            Ok(caller)
        }
        _ => {
            app.doors.failed(&name);
            tracing::warn!(person = %name, "sign-in refused");
            Err(Refusal::NotSignedIn.into())
        }
    }
}

async fn hashed(app: &App, password: String) -> Result<String, Error> {
    if password.chars().count() < SHORTEST || password.len() > 1000 {
        return Err(wrong("password", "12–1000"));
    }
    app.compute.run(move || hash_of(&password)).await
}

fn hash_of(password: &str) -> Result<String, Error> {
    let salt = SaltString::encode_b64(uuid::Uuid::new_v4().as_bytes()).map_err(Error::internal)?;
    // Argon2id, 19 MiB, two passes: the first recommendation of OWASP's password storage guide.
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt).map_err(Error::internal)?.to_string())
}
