//! What is seen of every request: an id, a line in the log, counts for Prometheus, and the headers that protect browsers.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, get, web};

use crate::error::Error;
use crate::routes::scoped::Scoped;

/// Upper ends of the classes of duration, in seconds.
const CLASSES: [f64; 9] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

/// Counts of requests since the start, by method, route and status.
#[derive(Default)]
pub struct Metrics {
    routes: Mutex<BTreeMap<(String, String, u16), Counts>>,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    requests: u64,
    seconds: f64,
    classes: [u64; CLASSES.len()],
}

impl Metrics {
    fn count(&self, method: &str, route: &str, status: u16, took: Duration) {
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = routes.entry((method.to_owned(), route.to_owned(), status)).or_default();
        counts.requests += 1;
        counts.seconds += took.as_secs_f64();
        for (class, end) in counts.classes.iter_mut().zip(CLASSES) {
            *class += u64::from(took.as_secs_f64() <= end);
        }
    }

    /// The text format of Prometheus, version 0.0.4.
    fn text(&self) -> String {
        let routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut text = String::from("# TYPE hengshu_http_request_seconds histogram\n");
        for ((method, route, status), counts) in &routes {
            let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
            let name = "hengshu_http_request_seconds";
            for (count, end) in counts.classes.iter().zip(CLASSES) {
                let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{end}\"}} {count}");
            }
            let _ = writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {}", counts.requests);
            let _ = writeln!(text, "{name}_sum{{{labels}}} {}", counts.seconds);
            let _ = writeln!(text, "{name}_count{{{labels}}} {}", counts.requests);
        }
        text
    }
}

/// Counts of requests for Prometheus.
#[utoipa::path(
    operation_id = "show_metrics",
    tag = "service",
    responses((status = 200, description = "Text format 0.0.4", content_type = "text/plain", body = String),
              (status = "default", description = "Refused", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"))
)]
#[get("/metrics")]
pub async fn show(app: Scoped, metrics: web::Data<Metrics>) -> Result<HttpResponse, Error> {
    let (waiting, running) = app.jobs.count();
    let jobs = format!(
        "# TYPE hengshu_jobs gauge\nhengshu_jobs{{state=\"waiting\"}} {waiting}\nhengshu_jobs{{state=\"running\"}} {running}\n"
    );
    let up = format!("# TYPE hengshu_info gauge\nhengshu_info{{version=\"{}\"}} 1\n", env!("CARGO_PKG_VERSION"));
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(metrics.text() + &jobs + &up))
}

/// The outermost layer.
pub async fn request(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let began = Instant::now();
    let id = id_of(request.headers());
    let method = request.method().to_string();
    let route = request.match_pattern().unwrap_or_else(|| "none".to_owned());
    let metrics = request.app_data::<web::Data<Metrics>>().cloned();
    let mut response = next.call(request).await?;
    let (status, took) = (response.status().as_u16(), began.elapsed());
    if let Some(metrics) = metrics {
        metrics.count(&method, &route, status, took);
    }
    // The route, not the address: an address may hold what is nobody's business.
    tracing::info!(request = %id, %method, %route, status, micros = took.as_micros() as u64, "answered");
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    protect(headers);
    Ok(response)
}

/// The caller's id where it is harmless, else a new one.
fn id_of(headers: &HeaderMap) -> String {
    let sent = headers.get("x-request-id").and_then(|value| value.to_str().ok());
    let harmless =
        |id: &&str| (1..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    sent.filter(harmless).map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned)
}

fn protect(headers: &mut HeaderMap) {
    const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; \
                          frame-ancestors 'none'; base-uri 'none'";
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (CACHE_CONTROL, "private, no-cache"),
    ] {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}
