//! Files of a valuation over HTTP.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, web};

use crate::error::Error;
use crate::report::Format;
use crate::routes::answer::{bytes, tagged};
use crate::routes::scoped::Scoped;
use crate::whole::sha256;
use crate::work;

/// The report (`html`), the working paper with live formulas (`xlsx`) or the report for programs (`json`), written from the
/// record: the same bytes every time.
#[utoipa::path(
    operation_id = "show_report",
    tag = "valuations",
    params(("id" = String, Path, description = "Id of the valuation"),
           ("format" = String, Path, description = "`html`, `xlsx` or `json`")),
    responses((status = 200, description = "The file", content((String = "text/html"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (Value = "application/json"))),
              (status = 304, description = "Not changed"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/valuations/{id}/report.{format}")]
pub async fn file(app: Scoped, request: HttpRequest, path: web::Path<(String, String)>) -> Result<HttpResponse, Error> {
    let (id, ending) = path.into_inner();
    let Some(format) = Format::ALL.into_iter().find(|format| format.ending() == ending) else {
        return Err(Error::RouteNotFound { path: request.path().to_owned() });
    };
    let body = work::report::bytes(&app, &id, format).await?;
    bytes(&request, StatusCode::OK, &sha256(&body), format.media_type(), body)
}

/// The whole valuation: case, evidence, workbook, bindings and results, enough to calculate it again.
#[utoipa::path(
    operation_id = "show_record",
    tag = "valuations",
    params(("id" = String, Path, description = "Id of the valuation")),
    responses((status = 200, description = "The record", body = ref("#/components/schemas/Valuation"), content_type = "application/json"),
              (status = 304, description = "Not changed"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/valuations/{id}/record")]
pub async fn record(app: Scoped, request: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let (valuation, kept) = work::valuation::whole(&app, &id).await?;
    tagged(&request, StatusCode::OK, &kept.record_hash, &valuation)
}
