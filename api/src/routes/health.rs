//! Whether the service is up, and whether it can do its work.

use actix_web::{HttpResponse, get, web};
use serde_json::json;

use crate::app::App;
use crate::error::Error;
use crate::register::Kind;

/// Whether the service is up and reads its register.
#[utoipa::path(
    operation_id = "show_health",
    tag = "service",
    responses((status = 200, description = "Up: `status` is `ok`, `version` is that of the engine.", content_type = "application/json"),
              (status = "default", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json", description = "Refused"))
)]
#[get("/v1/health")]
pub async fn show(app: web::Data<App>) -> Result<HttpResponse, Error> {
    app.register.list(&app.config.data.organisation, Kind::Asset, 0, 1, None).await?;
    Ok(HttpResponse::Ok().json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") })))
}

/// Whether the service can do its work now: the register answers, and a place to compute becomes free in time.
#[utoipa::path(
    operation_id = "show_readiness",
    tag = "service",
    responses((status = 200, description = "Ready", content_type = "application/json"),
              (status = 503, description = "Not now", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
              (status = "default", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json", description = "Refused"))
)]
#[get("/v1/ready")]
pub async fn ready(app: web::Data<App>) -> Result<HttpResponse, Error> {
    app.register.list(&app.config.data.organisation, Kind::Asset, 0, 1, None).await?;
    app.compute.run(|| Ok(())).await?;
    Ok(HttpResponse::Ok().json(json!({ "status": "ready" })))
}
