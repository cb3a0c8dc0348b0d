//! The program `hengshu`: register, HTTP service, command line, reports.
//!
//! This is the only crate with HTTP, SQL, a clock, the environment and document formats.

pub mod app;
pub mod certificate;
pub mod cli;
pub mod compute;
pub mod config;
pub mod error;
pub mod page;
pub mod problem;
pub mod progress;
pub mod register;
pub mod report;
pub mod routes;
pub mod service;
pub mod table;
pub mod whole;
pub mod work;

/// The runtime that waits for requests, files and the register; engines run on threads of their own.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}
