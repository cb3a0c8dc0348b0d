//! Pricing models over trades: screening, hedonic regression, evaluation, comparables, and the model card of each run.
//!
//! Pure: columns in, models out. No file, clock or environment is read, and any number of threads gives the same bits.
//!
//! ```
//! use pricing_models::covariance::Errors;
//! use pricing_models::formula::Formula;
//! use pricing_models::frame::{Column, Frame};
//! use pricing_models::hedonic::{FitOptions, fit};
//! use pricing_models::screen::{Rule, screen};
//!
//! let frame = Frame::new()
//!     .with("price", Column::Real(vec![10.0, 22.0, 39.0, 85.0, 30.0, 64.0, 0.0]))?
//!     .with("records", Column::Real(vec![100.0, 200.0, 400.0, 800.0, 100.0, 200.0, 400.0]))?
//!     .with("category", Column::text(["maps", "maps", "maps", "maps", "finance", "finance", "finance"]))?;
//! let screened = screen(&frame, &[Rule::Positive { column: "price".into() }])?;
//! let options = FitOptions { errors: Errors::Hc1, weights: None, level: 0.95, groups: Default::default() };
//! let model = fit(&frame.select(&screened.kept), &Formula::parse("log(price) ~ log(records) + i(category)")?, &options)?;
//! assert_eq!(model.n, 6);
//! assert_eq!(model.terms[2].name, "category::maps"); // `finance`, first in sorted order, is the reference
//! let predicted = model.predict(&frame, 0.90)?;
//! assert!(predicted.iter().all(|row| row.price().is_some_and(|price| price.low < price.value)));
//! # Ok::<(), pricing_models::error::ModelError>(())
//! ```

mod absorb;
pub mod card;
mod collinear;
pub mod comparables;
pub mod covariance;
mod design;
pub mod error;
pub mod evaluate;
pub mod formula;
pub mod frame;
pub mod hedonic;
pub mod index;
pub mod interval;
mod least_squares;
pub mod screen;
pub mod tails;
pub mod utility;
mod wald;

pub use collinear::Collinear;
pub use design::{LossReason, RowLoss};
pub use wald::Wald;
