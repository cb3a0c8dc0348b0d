//! People of the organisation over HTTP.

use actix_web::http::StatusCode;
use actix_web::http::header::IF_MATCH;
use actix_web::{HttpRequest, HttpResponse, get, put, web};

use crate::error::Error;
use crate::routes::answer::{query, tagged, text};
use crate::routes::scoped::Scoped;
use crate::work::document;
use crate::work::page::Ask;
use crate::work::person::{self, PersonRequest};

/// People of the organisation, without their passwords.
#[utoipa::path(
    operation_id = "list_people",
    tag = "people",
    params(Ask),
    responses((status = 200, description = "A page", body = ref("#/components/schemas/PersonRecordPage"), content_type = "application/json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/people")]
pub async fn list(app: Scoped, request: HttpRequest) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(person::list(&app, &query(&request)?).await?))
}

/// Record a person, or change one with a reason. With `If-Match` the change is refused where someone else was first.
#[utoipa::path(
    operation_id = "put_person",
    tag = "people",
    params(("id" = String, Path, description = "Id the person signs in with"),
           ("If-Match" = Option<String>, Header, description = "Tag of the record to be changed")),
    request_body(content = ref("#/components/schemas/PersonRequest"), content_type = "application/json"),
    responses((status = 201, description = "Recorded", body = ref("#/components/schemas/PersonRecord"), content_type = "application/json"),
              (status = 200, description = "Changed, or the same as before", body = ref("#/components/schemas/PersonRecord"), content_type = "application/json"),
              (status = 412, description = "Changed meanwhile", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[put("/v1/people/{id}")]
pub async fn change(
    app: Scoped,
    request: HttpRequest,
    id: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Error> {
    let asked: PersonRequest = document::parse(text(&body)?, valuation::case::read::Format::Json, None)?;
    let tag = request.headers().get(IF_MATCH).and_then(|value| value.to_str().ok()).map(|tag| tag.trim_matches('"'));
    let (record, fresh) = person::put(&app, &id, asked, tag).await?;
    let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
    tagged(&request, status, &record.kept.record_hash, &record)
}
