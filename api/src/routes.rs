//! The page at `/` and the HTTP interface under `/v1`: a handler reads the request, calls one use case, answers.

pub mod answer;
pub mod assets;
pub mod error_table;
pub mod front;
pub mod health;
pub mod openapi;
pub mod price_models;
pub mod problem;
pub mod reports;
pub mod trades;
pub mod valuations;

use actix_web::web;

/// Registers every route.
pub fn all(config: &mut web::ServiceConfig) {
    config
        .service(front::show)
        .service(health::show)
        .service(error_table::list)
        .service(openapi::show)
        .service(assets::add)
        .service(assets::list)
        .service(assets::show)
        .service(trades::import)
        .service(trades::show)
        .service(trades::screen)
        .service(price_models::fit)
        .service(price_models::list)
        .service(price_models::show)
        .service(valuations::value)
        .service(valuations::list)
        .service(valuations::show)
        .service(reports::file)
        .service(reports::record)
        .default_service(web::to(problem::nothing_here));
}
