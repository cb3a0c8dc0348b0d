//! Trades over HTTP.

use actix_multipart::Multipart;
use actix_web::{HttpResponse, get, post};
use futures_util::TryStreamExt;
use tokio::io::AsyncWriteExt;

use datasets::mapping::Mapping;

use crate::app::App;
use crate::error::Error;
use crate::routes::scoped::Scoped;
use crate::work::holdings::holdings;
use crate::work::screening::screening;
use crate::work::trades::{ImportRequest, import_file};

/// Import a CSV or Parquet file: a form with the parts `mapping` (name of a shipped mapping) and `file`, in this order or
/// the other. Rows that are in the store already are counted as duplicates, so a retry is harmless.
#[utoipa::path(
    operation_id = "import_trades",
    tag = "trades",
    request_body(content = ref("#/components/schemas/TradesForm"), content_type = "multipart/form-data"),
    responses((status = 200, description = "What was imported: `imported + rejected + duplicates = read`", content_type = "application/json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[post("/v1/trades")]
pub async fn import(app: Scoped, form: Multipart) -> Result<HttpResponse, Error> {
    let folder = app.dir().join("uploads").join(uuid::Uuid::new_v4().simple().to_string());
    let done = taken(&app, form, &folder).await;
    let _ = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(folder)).await;
    Ok(HttpResponse::Ok().json(done?))
}

/// What the trade store holds, and where its Parquet files are.
#[utoipa::path(
    operation_id = "show_trades",
    tag = "trades",
    responses((status = 200, description = "Counts by kind and by price state", body = ref("#/components/schemas/Holdings"), content_type = "application/json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/trades")]
pub async fn show(app: Scoped) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(holdings(&app).await?))
}

/// Which trades a fit may use, and why not the others.
#[utoipa::path(
    operation_id = "screen_trades",
    tag = "trades",
    responses((status = 200, description = "`read = kept + dropped`", body = ref("#/components/schemas/Screening"), content_type = "application/json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/trades/screening")]
pub async fn screen(app: Scoped) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(screening(&app, None).await?))
}

async fn taken(app: &App, mut form: Multipart, folder: &std::path::Path) -> Result<datasets::import::Imported, Error> {
    let broken =
        |cause: actix_multipart::MultipartError| Error::BrokenFile { file: None, line: None, said: cause.to_string() };
    let refused = |path: &std::path::Path, cause: std::io::Error| Error::of_file(path, &cause);
    let missing = |field: &str| Error::WrongValue {
        file: None,
        line: None,
        field: Some(field.to_owned()),
        said: "multipart/form-data".to_owned(),
    };
    let (mut mapping, mut file) = (None, None);
    while let Some(mut part) = form.try_next().await.map_err(broken)? {
        match part.name() {
            Some("mapping") => {
                let mut name = Vec::new();
                while let Some(piece) = part.try_next().await.map_err(broken)? {
                    name.extend_from_slice(&piece);
                    if name.len() > 100 {
                        return Err(missing("mapping"));
                    }
                }
                let name = String::from_utf8_lossy(&name).into_owned();
                // A name only: a caller must not make the service read files of its own.
                mapping = match Mapping::shipped().any(|known| known == name) {
                    true => Some(Mapping::find(&name)?),
                    false => return Err(missing("mapping")),
                };
            }
            Some("file") => {
                std::fs::create_dir_all(folder).map_err(|cause| refused(folder, cause))?;
                let path = folder.join("trades");
                let mut kept = tokio::fs::File::create(&path).await.map_err(|cause| refused(&path, cause))?;
                let mut bytes = 0_u64;
                while let Some(piece) = part.try_next().await.map_err(broken)? {
                    bytes += piece.len() as u64;
                    if bytes > app.config.service.upload_bytes_max {
                        return Err(Error::BodyTooLarge { limit: app.config.service.upload_bytes_max });
                    }
                    kept.write_all(&piece).await.map_err(|cause| refused(&path, cause))?;
                }
                kept.flush().await.map_err(|cause| refused(&path, cause))?;
                file = Some(path);
            }
            _ => return Err(missing(part.name().unwrap_or_default())),
        }
    }
    let request = ImportRequest {
        file: file.ok_or_else(|| missing("file"))?,
        mapping: mapping.ok_or_else(|| missing("mapping"))?,
        recorded_at: None,
        dry_run: false,
        rejects_file: None,
    };
    import_file(app, request, |_| ()).await
}

/// The form of an import.
#[derive(schemars::JsonSchema)]
#[allow(dead_code)]
pub struct TradesForm {
    /// Name of a shipped mapping.
    mapping: String,
    /// The CSV or Parquet file.
    file: String,
}
