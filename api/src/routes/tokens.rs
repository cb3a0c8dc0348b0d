//! API tokens over HTTP.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};

use crate::error::Error;
use crate::routes::answer::{query, text};
use crate::routes::scoped::Scoped;
use crate::work::document;
use crate::work::page::Ask;
use crate::work::token::{self, TokenRequest};

/// Tokens of the organisation, without their secrets.
#[utoipa::path(
    operation_id = "list_tokens",
    tag = "people",
    params(Ask),
    responses((status = 200, description = "A page", body = ref("#/components/schemas/TokenRecordPage"), content_type = "application/json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/tokens")]
pub async fn list(app: Scoped, request: HttpRequest) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(token::list(&app, &query(&request)?).await?))
}

/// Make a token for a person of the organisation. Its text is told once.
#[utoipa::path(
    operation_id = "make_token",
    tag = "people",
    request_body(content = ref("#/components/schemas/TokenRequest"), content_type = "application/json"),
    responses((status = 201, description = "Made", body = ref("#/components/schemas/TokenRecord"), content_type = "application/json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[post("/v1/tokens")]
pub async fn make(app: Scoped, body: web::Bytes) -> Result<HttpResponse, Error> {
    let asked: TokenRequest = document::parse(text(&body)?, valuation::case::read::Format::Json, None)?;
    Ok(HttpResponse::Created().json(token::make(&app, asked).await?))
}

/// End a token for good.
#[utoipa::path(
    operation_id = "revoke_token",
    tag = "people",
    params(("id" = String, Path, description = "Id of the token")),
    responses((status = 200, description = "Revoked", body = ref("#/components/schemas/TokenRecord"), content_type = "application/json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[delete("/v1/tokens/{id}")]
pub async fn revoke(app: Scoped, id: web::Path<String>) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(token::revoke(&app, &id).await?))
}
