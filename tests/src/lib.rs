//! What the tests of all crates stand on: where the project is, the reference data, Python, the built binary.

pub mod acceptance;
pub mod app;
pub mod disk;
pub mod journey;
pub mod market;
pub mod program;
pub mod project;
pub mod recalculate;
pub mod reference;
pub mod sample;
pub mod soak;
pub mod source;
