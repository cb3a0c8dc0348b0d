//! Price models over HTTP.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};

use crate::error::Error;
use crate::routes::answer::{query, tagged, text};
use crate::routes::scoped::Scoped;
use crate::work::document;
use crate::work::model::{FitRequest, fit_and_keep, record};
use crate::work::page::Ask;

/// Fit a price model over the screened trade store and record it with its card. Sent again over the same trades it is
/// answered with 200 and the model as it stands.
#[utoipa::path(
    operation_id = "fit_model",
    tag = "models",
    request_body(content = ref("#/components/schemas/FitRequest"), content_type = "application/json"),
    responses((status = 201, description = "Fitted and recorded", body = ref("#/components/schemas/ModelRecord"), content_type = "application/json"),
              (status = 200, description = "Was recorded before", body = ref("#/components/schemas/ModelRecord"), content_type = "application/json"),
              (status = 503, description = "All compute places are taken; `Retry-After` says when to come back", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[post("/v1/models")]
pub async fn fit(app: Scoped, request: HttpRequest, body: web::Bytes) -> Result<HttpResponse, Error> {
    let asked: FitRequest = document::parse(text(&body)?, valuation::case::read::Format::Json, None)?;
    let (model, fresh) = fit_and_keep(&app, asked.ask(), None).await?;
    let record = record::show(&app, &model.card.model_id).await?;
    let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
    tagged(&request, status, &record.kept.record_hash, &record)
}

/// Price models that are not superseded, in the order recorded, with their headline figures.
#[utoipa::path(
    operation_id = "list_models",
    tag = "models",
    params(Ask),
    responses((status = 200, description = "A page", body = ref("#/components/schemas/ModelSummaryPage"), content_type = "application/json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/models")]
pub async fn list(app: Scoped, request: HttpRequest) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(record::list(&app, &query(&request)?).await?))
}

/// One price model with its whole card.
#[utoipa::path(
    operation_id = "show_model",
    tag = "models",
    params(("id" = String, Path, description = "Id of the model, `sha256:…`")),
    responses((status = 200, description = "The model", body = ref("#/components/schemas/ModelRecord"), content_type = "application/json"),
              (status = 304, description = "Not changed"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/models/{id}")]
pub async fn show(app: Scoped, request: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let record = record::show(&app, &id).await?;
    tagged(&request, StatusCode::OK, &record.kept.record_hash, &record)
}
