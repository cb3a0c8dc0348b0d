//! Faults over HTTP: problem details in the caller's language, whatever refused the request.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use valuation::words::Language;

use crate::error::Error;
use crate::problem::Problem;
use crate::refusal::Refusal;
use crate::routes::openapi;

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.table().http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        answer(self, Language::default())
    }
}

/// The language a caller asks for: English where it stands before Chinese, else Chinese.
pub fn language(headers: &HeaderMap) -> Language {
    let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_lowercase();
    match (asked.find("en"), asked.find("zh")) {
        (Some(_), None) => Language::En,
        (Some(en), Some(zh)) if en < zh => Language::En,
        _ => Language::Zh,
    }
}

fn answer(error: &Error, language: Language) -> HttpResponse {
    let problem = Problem::of(error, language);
    let mut response = HttpResponse::build(error.status_code());
    match error {
        Error::Busy { retry_after_s: seconds } | Error::Refused(Refusal::TooManyAttempts { seconds }) => {
            response.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        Error::Refused(Refusal::NotSignedIn) => {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        _ => {}
    }
    response.insert_header((CONTENT_LANGUAGE, if language == Language::En { "en" } else { "zh-CN" }));
    match serde_json::to_vec(&problem) {
        Ok(body) => response.content_type("application/problem+json").body(body),
        Err(_) => response.finish(),
    }
}

/// Puts every refusal, also those of the framework, into problem details in the caller's language.
pub async fn told(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let language = language(request.headers());
    let path = request.path().to_owned();
    let method = request.method().to_string();
    let limit = request.app_data::<actix_web::web::Data<crate::app::App>>();
    let limit = limit.map_or(0, |app| app.config.service.body_bytes_max as u64);
    let response = next.call(request).await?;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return Ok(response.map_into_left_body());
    }
    let fault = response.response().error();
    let answered = match fault.and_then(|fault| fault.as_error::<Error>()) {
        Some(error) => {
            if status.is_server_error() {
                tracing::error!(%method, %path, %error, "failed");
            }
            answer(error, language)
        }
        None => {
            let said = fault.map(ToString::to_string).unwrap_or_default();
            let error = match status {
                StatusCode::NOT_FOUND => Error::RouteNotFound { path },
                StatusCode::METHOD_NOT_ALLOWED => Error::MethodNotAllowed { method, path },
                StatusCode::PAYLOAD_TOO_LARGE => Error::BodyTooLarge { limit },
                status if status.is_client_error() => Error::WrongUsage { said },
                _ => Error::internal(said),
            };
            answer(&error, language)
        }
    };
    Ok(response.into_response(answered).map_into_right_body())
}

/// Why nothing is served: the address is unknown, or served under other methods only.
pub fn unserved(method: &str, path: &str) -> Error {
    if openapi::serves(path) {
        return Error::MethodNotAllowed { method: method.to_owned(), path: path.to_owned() };
    }
    Error::RouteNotFound { path: path.to_owned() }
}

/// Where no route matches.
pub async fn nothing_here(request: HttpRequest) -> Result<HttpResponse, Error> {
    Err(unserved(request.method().as_str(), request.path()))
}
