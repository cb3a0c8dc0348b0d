//! Evidence files over HTTP.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use futures_util::TryStreamExt;
use serde::Deserialize;
use tokio::io::AsyncWriteExt;

use crate::app::App;
use crate::error::Error;
use crate::routes::answer::{bytes, query, tagged};
use crate::routes::scoped::Scoped;
use crate::work::evidence;

/// Name of an uploaded file.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct Named {
    /// Name of the file for people.
    name: Option<String>,
}

/// Keep an evidence file under its hash. PDF, PNG, JPEG, XLSX, DOCX, Parquet, JSON, CSV or plain text, and its content must
/// be of the type in `Content-Type`.
#[utoipa::path(
    operation_id = "add_evidence",
    tag = "assets",
    params(Named),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "Kept", body = ref("#/components/schemas/EvidenceRecord"), content_type = "application/json"),
              (status = 200, description = "Was kept before", body = ref("#/components/schemas/EvidenceRecord"), content_type = "application/json"),
              (status = 415, description = "Of no accepted type", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[post("/v1/evidence")]
pub async fn add(app: Scoped, request: HttpRequest, body: web::Payload) -> Result<HttpResponse, Error> {
    let Named { name } = query(&request)?;
    let sent = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = sent.split(';').next().unwrap_or_default().trim().to_lowercase();
    let folder = app.dir().join("uploads").join(uuid::Uuid::new_v4().simple().to_string());
    let kept = taken(&app, body, &folder, name.unwrap_or_default(), media_type).await;
    let _ = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(folder)).await;
    let (record, fresh) = kept?;
    let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
    tagged(&request, status, &record.kept.record_hash, &record)
}

async fn taken(
    app: &App,
    mut body: web::Payload,
    folder: &std::path::Path,
    name: String,
    media_type: String,
) -> Result<(evidence::EvidenceRecord, bool), Error> {
    let path = folder.join("evidence");
    let refused = |cause: std::io::Error| Error::of_file(&path, &cause);
    std::fs::create_dir_all(folder).map_err(refused)?;
    let mut file = tokio::fs::File::create(&path).await.map_err(refused)?;
    let (limit, mut length) = (app.config.service.evidence_bytes_max, 0_u64);
    let broken =
        |cause: actix_web::error::PayloadError| Error::BrokenFile { file: None, line: None, said: cause.to_string() };
    while let Some(piece) = body.try_next().await.map_err(broken)? {
        length += piece.len() as u64;
        if length > limit {
            return Err(Error::BodyTooLarge { limit });
        }
        file.write_all(&piece).await.map_err(refused)?;
    }
    file.flush().await.map_err(refused)?;
    drop(file);
    let name = if name.chars().count() > 200 { name.chars().take(200).collect() } else { name };
    evidence::keep(app, path.clone(), name, media_type).await
}

/// An evidence file as it was sent.
#[utoipa::path(
    operation_id = "show_evidence",
    tag = "assets",
    params(("id" = String, Path, description = "SHA-256 of the file")),
    responses((status = 200, description = "The file", content_type = "application/octet-stream", body = Vec<u8>),
              (status = 304, description = "Not changed"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/evidence/{id}")]
pub async fn show(app: Scoped, request: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let (record, content) = evidence::bytes(&app, &id).await?;
    let mut answer = bytes(&request, StatusCode::OK, &record.evidence_id, &record.media_type, content)?;
    // Never shown in the page's own origin, whatever it holds.
    let disposition = actix_web::http::header::HeaderValue::from_static("attachment");
    answer.headers_mut().insert(CONTENT_DISPOSITION, disposition);
    Ok(answer)
}
