//! Signing in and out over HTTP, and the one-time link of the first administrator.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Role;
use crate::app::{App, OWN};
use crate::error::Error;
use crate::page::door;
use crate::refusal::Refusal;
use crate::routes::answer::{query, text};
use crate::routes::gate::{cookie, set_cookie};
use crate::routes::problem::language;
use crate::routes::scoped::Scoped;
use crate::work::document;
use crate::work::person::{self, PersonRequest};

/// Name and password.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// `local` where absent.
    #[serde(default)]
    pub organisation: Option<String>,
    pub person: String,
    pub password: String,
}

/// Who is signed in.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct SignedIn {
    pub organisation: String,
    pub person: String,
    pub roles: Vec<Role>,
    /// To be sent as `X-CSRF-Token` with every request that changes something; told at sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csrf: Option<String>,
}

/// What the one-time link asks for.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Setup {
    code: String,
    person: String,
    password: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Code {
    code: String,
}

async fn begin(app: &App, asked: SignIn) -> Result<(String, SignedIn), Error> {
    let organisation = asked.organisation.filter(|name| !name.is_empty()).unwrap_or_else(|| OWN.to_owned());
    let within = app.of_organisation(&organisation, &asked.person).map_err(|_| Refusal::NotSignedIn)?;
    let caller = person::sign_in(&within, &asked.person, asked.password).await?;
    let (secret, session) = app.doors.begin(&caller.organisation, &caller.person);
    let signed = SignedIn {
        organisation: caller.organisation,
        person: caller.person,
        roles: caller.roles,
        csrf: Some(session.csrf),
    };
    Ok((secret, signed))
}

/// Sign in with a password; the answer sets the session cookie. Five wrong passwords lock a name for a quarter of an hour.
#[utoipa::path(
    operation_id = "sign_in",
    tag = "people",
    request_body(content = ref("#/components/schemas/SignIn"), content_type = "application/json"),
    responses((status = 201, description = "Signed in", body = ref("#/components/schemas/SignedIn"), content_type = "application/json"),
              (status = 401, description = "Unknown name or wrong password", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
              (status = 429, description = "Locked; `Retry-After` says for how long", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[post("/v1/session")]
pub async fn sign_in(app: web::Data<App>, body: web::Bytes) -> Result<HttpResponse, Error> {
    let asked: SignIn = document::parse(text(&body)?, valuation::case::read::Format::Json, None)?;
    let (secret, signed) = begin(&app, asked).await?;
    Ok(HttpResponse::Created().insert_header(set_cookie(&secret)).json(signed))
}

/// Who sends this request, and with which roles.
#[utoipa::path(
    operation_id = "show_session",
    tag = "people",
    responses((status = 200, description = "Organisation, person and roles", body = ref("#/components/schemas/SignedIn"), content_type = "application/json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/session")]
pub async fn show(app: Scoped) -> Result<HttpResponse, Error> {
    let caller = app.caller.clone();
    let (organisation, person, roles) = (caller.organisation, caller.person, caller.roles);
    Ok(HttpResponse::Ok().json(SignedIn { organisation, person, roles, csrf: None }))
}

/// Sign out.
#[utoipa::path(
    operation_id = "sign_out",
    tag = "people",
    responses((status = 204, description = "Signed out"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[delete("/v1/session")]
pub async fn sign_out(app: Scoped, request: HttpRequest) -> Result<HttpResponse, Error> {
    if let Some(secret) = cookie(request.headers()) {
        app.doors.end(secret);
    }
    Ok(HttpResponse::NoContent().insert_header(set_cookie("")).finish())
}

fn html(status: actix_web::http::StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status).content_type("text/html; charset=utf-8").body(body)
}

/// The page on which people sign in.
#[utoipa::path(
    operation_id = "show_sign_in_page",
    tag = "people",
    responses((status = 200, description = "The page", content_type = "text/html", body = String),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/sign-in")]
pub async fn sign_in_page(request: HttpRequest) -> Result<HttpResponse, Error> {
    Ok(html(actix_web::http::StatusCode::OK, door::sign_in(language(request.headers()))?))
}

/// What the page sends.
#[utoipa::path(
    operation_id = "send_sign_in_page",
    tag = "people",
    request_body(content = ref("#/components/schemas/SignIn"), content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "Signed in: to the page at `/`"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[post("/sign-in")]
pub async fn sign_in_form(app: web::Data<App>, body: web::Bytes) -> Result<HttpResponse, Error> {
    let (secret, _) = begin(&app, form(&body)?).await?;
    Ok(HttpResponse::SeeOther().insert_header(set_cookie(&secret)).insert_header((LOCATION, "/")).finish())
}

/// The page of the one-time link: the first administrator chooses name and password.
#[utoipa::path(
    operation_id = "show_setup_page",
    tag = "people",
    params(("code" = String, Query, description = "The code of the link")),
    responses((status = 200, description = "The page", content_type = "text/html", body = String),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/setup")]
pub async fn setup_page(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let Code { code } = query(&request)?;
    if !app.doors.fits_setup(&code) {
        return Err(Refusal::NotSignedIn.into());
    }
    Ok(html(actix_web::http::StatusCode::OK, door::setup(&code, language(request.headers()))?))
}

/// Record the first administrator; the link serves once.
#[utoipa::path(
    operation_id = "send_setup_page",
    tag = "people",
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "`code`, `person`, `password`"),
    responses((status = 303, description = "Recorded: to the page to sign in"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[post("/setup")]
pub async fn setup_form(app: web::Data<App>, body: web::Bytes) -> Result<HttpResponse, Error> {
    let asked: Setup = form(&body)?;
    if !app.doors.fits_setup(&asked.code) || person::anybody(&app).await? {
        return Err(Refusal::NotSignedIn.into());
    }
    let request = PersonRequest {
        name: asked.person.clone(),
        roles: vec![Role::Administrator],
        password: Some(asked.password),
        disabled: false,
        reason: None,
    };
    let within = app.of_organisation(&app.config.data.organisation, &asked.person)?;
    person::put(&within, &asked.person, request, None).await?;
    app.doors.close_setup();
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, "/sign-in")).finish())
}

fn form<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    match web::Query::<T>::from_query(text(body)?) {
        Ok(form) => Ok(form.into_inner()),
        Err(_) => Err(Refusal::NotSignedIn.into()),
    }
}
