//! How a handler answers: JSON with an entity tag, and 304 where the caller has it already.

use actix_web::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::error::Error;
use crate::refusal::Refusal;

/// `body` as JSON under the tag `hash`.
pub fn tagged(
    request: &HttpRequest,
    status: StatusCode,
    hash: &str,
    body: &impl Serialize,
) -> Result<HttpResponse, Error> {
    let json = serde_json::to_vec(body).map_err(Error::internal)?;
    bytes(request, status, hash, "application/json", json)
}

/// `body` under the tag `hash`; 304 without a body where the caller has it.
///
/// Errors: `changed_meanwhile` where the caller reads on condition of another tag.
pub fn bytes(
    request: &HttpRequest,
    status: StatusCode,
    hash: &str,
    content_type: &str,
    body: Vec<u8>,
) -> Result<HttpResponse, Error> {
    let tag = format!("\"{hash}\"");
    if request.method() == Method::GET {
        expected(request, hash)?;
    }
    let has = request.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    // A compressed body carries the same tag: it is the same thing in another coding.
    let has = has.flat_map(|value| value.split(',')).any(|given| given.trim().trim_start_matches("W/") == tag);
    if has && status == StatusCode::OK {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, tag)).finish());
    }
    Ok(HttpResponse::build(status).insert_header((ETAG, tag)).content_type(content_type).body(body))
}

/// Whether `If-Match`, where it is sent, names `hash`.
///
/// Errors: `changed_meanwhile`.
pub fn expected(request: &HttpRequest, hash: &str) -> Result<(), Error> {
    let mut sent = request.headers().get_all(IF_MATCH).filter_map(|value| value.to_str().ok()).peekable();
    let fits = |value: &str| value.split(',').any(|tag| tag.trim() == "*" || tag.trim().trim_matches('"') == hash);
    if sent.peek().is_none() || sent.any(fits) {
        return Ok(());
    }
    Err(Refusal::ChangedMeanwhile { tag: format!("\"{hash}\"") }.into())
}

/// The body as text.
///
/// Errors: `broken_file` where it is not UTF-8.
pub fn text(body: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(body).map_err(|broken| Error::BrokenFile { file: None, line: None, said: broken.to_string() })
}

/// The parameters after `?`.
///
/// Errors: `unknown_field` or `wrong_value` where one is not understood.
pub fn query<T: serde::de::DeserializeOwned>(request: &HttpRequest) -> Result<T, Error> {
    match actix_web::web::Query::<T>::from_query(request.query_string()) {
        Ok(query) => Ok(query.into_inner()),
        Err(cause) => {
            let said = cause.to_string();
            let said = said.strip_prefix("Query deserialize error: ").unwrap_or(&said);
            Err(crate::work::document::refused(said, None, None))
        }
    }
}
