//! The error table for callers.

use actix_web::{HttpRequest, HttpResponse, get};
use serde_json::{Value, json};
use valuation::words;

use crate::error::{CODES, Error};
use crate::routes::problem::language;

/// Every error code with its HTTP status, its exit code on the command line, and its words, in order of precedence.
#[utoipa::path(
    operation_id = "list_errors",
    tag = "service",
    responses((status = 200, description = "The error table", content_type = "application/json"))
)]
#[get("/v1/errors")]
pub async fn list(request: HttpRequest) -> Result<HttpResponse, Error> {
    let language = language(request.headers());
    let lines: Vec<Value> = CODES
        .iter()
        .map(|code| {
            json!({
                "code": code.name,
                "status": code.http,
                "exit": code.exit,
                "message": words::text(&format!("error.{}.message", code.name), language),
                "remedy": words::text(&format!("error.{}.remedy", code.name), language),
            })
        })
        .collect();
    Ok(HttpResponse::Ok().json(json!({ "items": lines })))
}
