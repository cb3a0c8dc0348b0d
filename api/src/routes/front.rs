//! The page at `/`.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY};
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Deserialize;
use valuation::words::Language;

use crate::error::Error;
use crate::page;
use crate::routes::answer::query;
use crate::routes::scoped::Scoped;
use crate::work::overview::overview;

/// Which page is asked for.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct Ask {
    /// `zh` (where absent) or `en`.
    #[param(value_type = Option<String>)]
    lang: Option<Lang>,
    /// Where the list of valuations goes on.
    cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Lang {
    Zh,
    En,
}

/// The page for people: recorded valuations with their pictures, price models, market data. It needs no scripts and loads
/// nothing from elsewhere.
#[utoipa::path(
    operation_id = "show_page",
    tag = "service",
    params(Ask),
    responses((status = 200, description = "The page", content_type = "text/html", body = String),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/")]
pub async fn show(app: Scoped, request: HttpRequest) -> Result<HttpResponse, Error> {
    let ask: Ask = query(&request)?;
    let language = match ask.lang {
        Some(Lang::En) => Language::En,
        Some(Lang::Zh) | None => Language::Zh,
    };
    let overview = overview(&app, ask.cursor).await?;
    let html = page::write(&overview, language)?;
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_LANGUAGE, if language == Language::En { "en" } else { "zh-CN" }))
        .insert_header((
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'",
        ))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(html))
}
