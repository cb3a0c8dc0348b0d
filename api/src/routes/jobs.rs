//! Jobs over HTTP.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING};
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use futures_util::stream;

use crate::app::App;
use crate::error::Error;
use crate::routes::answer::{query, tagged, text};
use crate::routes::scoped::Scoped;
use crate::work::job::{self, JobState};
use crate::work::page::Ask;

/// An open stream says something at least so often, so that nobody between takes it for dead.
const QUIET: Duration = Duration::from_secs(15);

/// Queue a job: a valuation, a fit or an import. Sent again it is answered with 200 and the job as it stands.
#[utoipa::path(
    operation_id = "add_job",
    tag = "jobs",
    request_body(content = ref("#/components/schemas/JobRequest"), content_type = "application/json"),
    responses((status = 202, description = "Queued", body = ref("#/components/schemas/JobRecord"), content_type = "application/json"),
              (status = 200, description = "Was queued before", body = ref("#/components/schemas/JobRecord"), content_type = "application/json"),
              (status = 503, description = "Too many wait; `Retry-After` says when to come back", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[post("/v1/jobs")]
pub async fn add(app: Scoped, body: web::Bytes) -> Result<HttpResponse, Error> {
    let (record, fresh) = job::add(&app, job::parse(text(&body)?)?).await?;
    let status = if fresh { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok(HttpResponse::build(status).json(record))
}

/// Jobs of the organisation, in the order of their last change.
#[utoipa::path(
    operation_id = "list_jobs",
    tag = "jobs",
    params(Ask),
    responses((status = 200, description = "A page", body = ref("#/components/schemas/JobRecordPage"), content_type = "application/json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/jobs")]
pub async fn list(app: Scoped, request: HttpRequest) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(job::list(&app, &query(&request)?).await?))
}

/// One job as it stands.
#[utoipa::path(
    operation_id = "show_job",
    tag = "jobs",
    params(("id" = String, Path, description = "Id of the job")),
    responses((status = 200, description = "The job", body = ref("#/components/schemas/JobRecord"), content_type = "application/json"),
              (status = 304, description = "Not changed"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/jobs/{id}")]
pub async fn show(app: Scoped, request: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let record = job::show(&app, &id).await?;
    // While it runs the record stays and the progress moves.
    let tag = format!("{}-{:?}-{}", record.kept.record_hash, record.state, record.done.unwrap_or(0));
    tagged(&request, StatusCode::OK, &tag, &record)
}

/// Cancel a job that waits, or that runs and writes nothing before its end. An import that runs cannot be cancelled.
#[utoipa::path(
    operation_id = "cancel_job",
    tag = "jobs",
    params(("id" = String, Path, description = "Id of the job")),
    responses((status = 200, description = "Cancelled", body = ref("#/components/schemas/JobRecord"), content_type = "application/json"),
              (status = 409, description = "Done already, or writing", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[delete("/v1/jobs/{id}")]
pub async fn cancel(app: Scoped, id: web::Path<String>) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(job::cancel(&app, &id).await?))
}

/// The job as server-sent events: one event `job` for each change, until it is done.
#[utoipa::path(
    operation_id = "watch_job",
    tag = "jobs",
    params(("id" = String, Path, description = "Id of the job")),
    responses((status = 200, description = "Events whose data is the job", content_type = "text/event-stream", body = String),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/v1/jobs/{id}/events")]
pub async fn events(app: Scoped, id: web::Path<String>) -> Result<HttpResponse, Error> {
    let id = id.into_inner();
    job::show(&app, &id).await?;
    let watching = Watching { app: App::clone(&app), id, changed: app.jobs.watch(), last: String::new(), ended: false };
    let stream = stream::unfold(watching, |mut watching| async move {
        let piece = watching.next().await?;
        Some((Ok::<_, actix_web::Error>(web::Bytes::from(piece)), watching))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        // An event must not wait in a compressor.
        .insert_header((CONTENT_ENCODING, "identity"))
        .streaming(stream))
}

struct Watching {
    app: App,
    id: String,
    changed: tokio::sync::watch::Receiver<u64>,
    last: String,
    ended: bool,
}

impl Watching {
    async fn next(&mut self) -> Option<String> {
        if self.ended {
            return None;
        }
        loop {
            let Ok(record) = job::show(&self.app, &self.id).await else { return None };
            self.ended = !matches!(record.state, JobState::Waiting | JobState::Running);
            let data = serde_json::to_string(&record).ok()?;
            if data != self.last {
                self.last.clone_from(&data);
                return Some(format!("event: job\ndata: {data}\n\n"));
            }
            if self.ended {
                return None;
            }
            match tokio::time::timeout(QUIET, self.changed.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return None,
                Err(_) => return Some(": still here\n\n".to_owned()),
            }
        }
    }
}
