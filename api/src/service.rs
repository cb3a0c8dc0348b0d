//! The HTTP service: bound first, then served until a stop signal, then stopped when running requests are done.

use std::io;
use std::time::Duration;

use actix_web::middleware::{Compress, from_fn};
use actix_web::{App as Web, HttpServer, web};

use crate::app::App;
use crate::error::Error;
use crate::routes::observe::Metrics;
use crate::routes::{self, gate};
use crate::work::{job, person};

/// Serves `app` until the process is told to stop; `bound` hears the address once connections are accepted.
///
/// Errors: `port_in_use`; `wrong_usage` where the address is none.
pub async fn serve(app: App, bound: impl FnOnce(&str, Option<&str>)) -> Result<(), Error> {
    let closing = app.clone();
    // Nobody is known yet and others could reach us: whoever has the link becomes the administrator.
    let setup = match gate::is_loopback(&app.config.service.bind) || person::anybody(&app).await? {
        true => None,
        false => Some(app.doors.offer_setup()),
    };
    job::resume(&app).await?;
    let jobs = tokio::spawn(job::work_off(app.clone()));
    let metrics = web::Data::new(Metrics::default());
    let app = web::Data::new(app);
    let config = app.config.service.clone();
    let shared = app.clone();
    let server = HttpServer::new(move || {
        Web::new()
            .app_data(shared.clone())
            .app_data(metrics.clone())
            .app_data(web::PayloadConfig::new(shared.config.service.body_bytes_max))
            .wrap(from_fn(routes::gate::keep))
            .wrap(from_fn(routes::problem::told))
            .wrap(Compress::default())
            .wrap(from_fn(routes::observe::request))
            .configure(routes::all)
    })
    .workers(2)
    // Our own handler below: an interrupt is to finish running requests, too.
    .disable_signals()
    .shutdown_timeout(config.stop_wait_s_max)
    .client_request_timeout(Duration::from_secs(30))
    .bind(&config.bind)
    .map_err(|cause| refused(&config.bind, &cause))?;
    let address = server.addrs().first().map_or_else(|| config.bind.clone(), ToString::to_string);
    let running = server.run();
    let handle = running.handle();
    let url = format!("http://{address}");
    bound(&url, setup.map(|code| format!("{url}/setup?code={code}")).as_deref());
    let watch = tokio::spawn(async move {
        stop_signal().await;
        tracing::info!("stopping: running requests are finished first");
        handle.stop(true).await;
    });
    let served = running.await.map_err(Error::internal);
    watch.abort();
    served?;
    // A job that is interrupted stays recorded and runs again after the next start.
    jobs.abort();
    let _ = jobs.await;
    closing.close().await
}

/// Whether `bind` can be served at, asked before long work whose result is to be served.
///
/// Errors: as [`serve`].
pub fn free(bind: &str) -> Result<(), Error> {
    std::net::TcpListener::bind(bind).map(drop).map_err(|cause| refused(bind, &cause))
}

fn refused(bind: &str, cause: &io::Error) -> Error {
    match cause.kind() {
        io::ErrorKind::AddrInUse => Error::PortInUse { address: bind.to_owned() },
        _ => Error::WrongUsage { said: format!("--bind {bind}: {cause}") },
    }
}

async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}
