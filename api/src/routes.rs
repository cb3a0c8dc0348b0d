//! The page at `/` and the HTTP interface under `/v1`: a handler reads the request, calls one use case, answers.

pub mod answer;
pub mod assets;
pub mod error_table;
pub mod evidence;
pub mod front;
pub mod gate;
pub mod health;
pub mod jobs;
pub mod observe;
pub mod openapi;
pub mod people;
pub mod price_models;
pub mod problem;
pub mod registry;
pub mod reports;
pub mod scoped;
pub mod session;
pub mod tokens;
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
        .service(health::ready)
        .service(people::list)
        .service(people::change)
        .service(tokens::list)
        .service(tokens::make)
        .service(tokens::revoke)
        .service(session::sign_in)
        .service(session::show)
        .service(session::sign_out)
        .service(session::sign_in_page)
        .service(session::sign_in_form)
        .service(session::setup_page)
        .service(session::setup_form)
        .service(observe::show)
        .service(jobs::add)
        .service(jobs::list)
        .service(jobs::show)
        .service(jobs::cancel)
        .service(jobs::events)
        .service(evidence::add)
        .service(evidence::show)
        .service(registry::book)
        .service(registry::chain)
        .default_service(web::to(problem::nothing_here));
}
