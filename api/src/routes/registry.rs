//! The books of registered assets, and the chain, over HTTP.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, web};

use crate::error::Error;
use crate::routes::answer::{bytes, query};
use crate::routes::problem::language;
use crate::routes::scoped::Scoped;
use crate::whole::sha256;
use crate::work::audit;
use crate::work::page::Ask;
use crate::work::registry::{self, Book};

/// The resource book (资源登记簿: every registration) or the asset book (资产登记簿: what stands now).
#[utoipa::path(
    operation_id = "show_book",
    tag = "assets",
    params(("book" = String, Path, description = "`resources` or `assets`, with the ending `.csv`, `.json` or `.xlsx`")),
    responses((status = 200, description = "The book", content((String = "text/csv"), (Value = "application/json"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
              (status = 304, description = "Not changed"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/books/{book}")]
pub async fn book(app: Scoped, request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, Error> {
    let Some((book, ending)) = Book::named(&name) else {
        return Err(Error::RouteNotFound { path: request.path().to_owned() });
    };
    let body = registry::write(&app, book, ending, language(request.headers())).await?;
    bytes(&request, StatusCode::OK, &sha256(&body), ending.media_type(), body)
}

/// The organisation's chain with the hashes of the files its records name.
#[utoipa::path(
    operation_id = "show_chain",
    tag = "service",
    params(Ask),
    responses((status = 200, description = "A page", body = ref("#/components/schemas/ChainLinkPage"), content_type = "application/json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/audit")]
pub async fn chain(app: Scoped, request: HttpRequest) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(audit::list(&app, &query(&request)?).await?))
}
