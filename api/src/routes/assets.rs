//! Data assets over HTTP.

use actix_web::http::StatusCode;
use actix_web::http::header::IF_MATCH;
use actix_web::{HttpRequest, HttpResponse, get, post, web};

use crate::error::Error;
use crate::routes::answer::{expected, query, tagged, text};
use crate::routes::scoped::Scoped;
use crate::work::asset::{self, AssetRequest, Search};
use crate::work::document;

/// Register a data asset: first registration, change, correction, transfer or cancellation. Sent again it is answered with
/// 200 and the record as it stands. With `If-Match` a change is refused where the record to be replaced has another tag.
#[utoipa::path(
    operation_id = "add_asset",
    tag = "assets",
    params(("If-Match" = Option<String>, Header, description = "Tag of the record to be replaced")),
    request_body(content = ref("#/components/schemas/AssetRequest"), content_type = "application/json"),
    responses((status = 201, description = "Registered", body = ref("#/components/schemas/AssetRecord"), content_type = "application/json"),
              (status = 200, description = "Was registered before", body = ref("#/components/schemas/AssetRecord"), content_type = "application/json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[post("/v1/assets")]
pub async fn add(app: Scoped, request: HttpRequest, body: web::Bytes) -> Result<HttpResponse, Error> {
    let asked: AssetRequest = document::parse(text(&body)?, valuation::case::read::Format::Json, None)?;
    if let Some(replaced) = &asked.supersedes
        && request.headers().contains_key(IF_MATCH)
    {
        expected(&request, &asset::show(&app, replaced).await?.kept.record_hash)?;
    }
    let (record, fresh) = asset::add(&app, asked).await?;
    let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
    tagged(&request, status, &record.kept.record_hash, &record)
}

/// Data assets that are not superseded, in the order registered; with `q` those that hold its words, with `known_at` as it
/// was known then.
#[utoipa::path(
    operation_id = "list_assets",
    tag = "assets",
    params(Search),
    responses((status = 200, description = "A page", body = ref("#/components/schemas/AssetRecordPage"), content_type = "application/json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/assets")]
pub async fn list(app: Scoped, request: HttpRequest) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(asset::search(&app, &query::<Search>(&request)?).await?))
}

/// One data asset.
#[utoipa::path(
    operation_id = "show_asset",
    tag = "assets",
    params(("id" = String, Path, description = "Id of the asset")),
    responses((status = 200, description = "The asset", body = ref("#/components/schemas/AssetRecord"), content_type = "application/json"),
              (status = 304, description = "Not changed"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/assets/{id}")]
pub async fn show(app: Scoped, request: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let record = asset::show(&app, &id).await?;
    tagged(&request, StatusCode::OK, &record.kept.record_hash, &record)
}
