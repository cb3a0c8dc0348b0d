//! Valuations over HTTP.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};

use crate::error::Error;
use crate::routes::answer::{query, tagged};
use crate::routes::scoped::Scoped;
use crate::work::page::Ask;
use crate::work::valuation;

/// Value a case and record the result. Sent again it is answered with 200 and the valuation as it stands.
#[utoipa::path(
    operation_id = "value",
    tag = "valuations",
    request_body(content = ref("#/components/schemas/Case"), content_type = "application/json"),
    responses((status = 201, description = "Valued and recorded", body = ref("#/components/schemas/ValuationRecord"), content_type = "application/json"),
              (status = 200, description = "Was recorded before", body = ref("#/components/schemas/ValuationRecord"), content_type = "application/json"),
              (status = 503, description = "All compute places are taken; `Retry-After` says when to come back", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[post("/v1/valuations")]
pub async fn value(app: Scoped, request: HttpRequest, body: web::Bytes) -> Result<HttpResponse, Error> {
    let case = valuation::parse_case(&body)?;
    let (valued, fresh) = valuation::value(&app, case, None).await?;
    let record = valuation::show(&app, &valued.valuation_id).await?;
    let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
    tagged(&request, status, &record.kept.record_hash, &record)
}

/// Valuations that are not superseded, in the order recorded.
#[utoipa::path(
    operation_id = "list_valuations",
    tag = "valuations",
    params(Ask),
    responses((status = 200, description = "A page", body = ref("#/components/schemas/ValuationRecordPage"), content_type = "application/json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/valuations")]
pub async fn list(app: Scoped, request: HttpRequest) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(valuation::list(&app, &query(&request)?).await?))
}

/// One valuation.
#[utoipa::path(
    operation_id = "show_valuation",
    tag = "valuations",
    params(("id" = String, Path, description = "Id of the valuation")),
    responses((status = 200, description = "The valuation", body = ref("#/components/schemas/ValuationRecord"), content_type = "application/json"),
              (status = 304, description = "Not changed"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/valuations/{id}")]
pub async fn show(app: Scoped, request: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let record = valuation::show(&app, &id).await?;
    tagged(&request, StatusCode::OK, &record.kept.record_hash, &record)
}
