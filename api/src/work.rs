//! The use cases, one function each; the command line and the HTTP handlers call the same ones.

pub mod asset;
pub mod certificate;
pub mod demo;
pub mod document;
pub mod evaluate;
pub mod holdings;
pub mod index;
pub mod judge;
pub mod market;
pub mod model;
pub mod option;
pub mod overview;
pub mod page;
pub mod public_data;
pub mod report;
pub mod schema;
pub mod screening;
pub mod share;
pub mod trades;
pub mod valuation;
pub mod verify;
