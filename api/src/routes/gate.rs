//! The gate: who sends the request, and may they? It reads the access matrix; a route that is not in it is not served.

use std::net::{SocketAddr, ToSocketAddrs};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, AUTHORIZATION, HOST, HeaderMap, ORIGIN};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};

use crate::access::{Caller, Role, Who, rule_for};
use crate::app::App;
use crate::error::Error;
use crate::refusal::Refusal;
use crate::routes::problem;
use crate::work::{person, token};

/// Name of the session cookie; the prefix binds it to this host and to a secure connection.
pub const COOKIE: &str = "__Host-hengshu";

/// Lets a request through, or answers for it.
pub async fn keep(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, actix_web::Error> {
    match admitted(&request).await {
        Ok(caller) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            Ok(next.call(request).await?.map_into_left_body())
        }
        Err(refused) => Ok(request.error_response(refused).map_into_right_body()),
    }
}

async fn admitted(request: &ServiceRequest) -> Result<Option<Caller>, Error> {
    let app = request.app_data::<web::Data<App>>().ok_or_else(|| Error::internal("no house"))?;
    let pattern = request.match_pattern().unwrap_or_default();
    let Some(rule) = rule_for(request.method().as_str(), &pattern) else {
        return Err(problem::unserved(request.method().as_str(), request.path()));
    };
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if changes && !same_site(request) {
        return Err(Refusal::OtherSite.into());
    }
    if rule.who == Who::Anyone {
        return Ok(None);
    }
    let caller = caller(app, request, changes).await?;
    if !rule.who.admits(&caller.roles) {
        let roles: Vec<&str> = caller.roles.iter().map(|role| role.key()).collect();
        let (method, path) = (request.method().to_string(), request.path().to_owned());
        return Err(Refusal::NotAllowed { method, path, roles: roles.join(", ") }.into());
    }
    Ok(Some(caller))
}

/// Who sends the request: by token, by session, or, while the house is open, whoever can reach it.
async fn caller(app: &App, request: &ServiceRequest, changes: bool) -> Result<Caller, Error> {
    if let Some(header) = request.headers().get(AUTHORIZATION) {
        let told = header.to_str().ok().and_then(|text| text.split_once(' '));
        return match told {
            Some((scheme, told)) if scheme.eq_ignore_ascii_case("bearer") => {
                token::bearer(app, told.trim()).await.map_err(unknown)
            }
            _ => Err(Refusal::NotSignedIn.into()),
        };
    }
    if let Some(cookie) = cookie(request.headers()) {
        let session = app.doors.session(cookie).ok_or(Refusal::NotSignedIn)?;
        let sent = request.headers().get("x-csrf-token").and_then(|value| value.to_str().ok());
        if changes && sent != Some(session.csrf.as_str()) {
            return Err(Refusal::OtherSite.into());
        }
        let within = app.of_organisation(&session.organisation, &session.person)?;
        return person::caller(&within, &session.person).await?.ok_or_else(|| Refusal::NotSignedIn.into());
    }
    if is_open(app).await? && names_loopback(request) {
        let data = &app.config.data;
        let (organisation, person) = (data.organisation.clone(), data.actor.clone());
        return Ok(Caller { organisation, person, roles: Role::ALL.to_vec() });
    }
    Err(Refusal::NotSignedIn.into())
}

/// The secret of the session cookie.
pub fn cookie(headers: &HeaderMap) -> Option<&str> {
    let sent = headers.get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    sent.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// The header that sets it, or takes it away where the secret is empty.
pub fn set_cookie(secret: &str) -> (header::HeaderName, String) {
    let age = if secret.is_empty() { "; Max-Age=0" } else { "" };
    (header::SET_COOKIE, format!("{COOKIE}={secret}; Path=/; Secure; HttpOnly; SameSite=Strict{age}"))
}

/// A token that names an impossible organisation is as unknown as any other.
fn unknown(error: Error) -> Error {
    match error {
        Error::WrongValue { .. } => Refusal::NotSignedIn.into(),
        error => error,
    }
}

/// Whether the house is open: served on this machine only, and nobody is recorded yet.
pub async fn is_open(app: &App) -> Result<bool, Error> {
    Ok(is_loopback(&app.config.service.bind) && !person::anybody(app).await?)
}

/// Whether an address to serve at can be reached from this machine only.
pub fn is_loopback(bind: &str) -> bool {
    let addresses: Vec<SocketAddr> = bind.to_socket_addrs().map(Iterator::collect).unwrap_or_default();
    !addresses.is_empty() && addresses.iter().all(|address| address.ip().is_loopback())
}

/// Whether the request names this machine as its host: a name of elsewhere that leads here is a trick on a browser.
fn names_loopback(request: &ServiceRequest) -> bool {
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
    name == "localhost" || name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A browser says which site a changing request comes from; other programs say nothing.
fn same_site(request: &ServiceRequest) -> bool {
    let sent = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    match sent(ORIGIN) {
        None => true,
        Some(origin) => origin.split_once("://").map(|(_, host)| host) == sent(HOST),
    }
}
