//! The vocabulary and the valuation engines of Hengshu (衡数).
//!
//! A calculation is a [`workbook::Workbook`]: named rows over one column per period or per item, each row an input or a
//! formula. An engine returns a workbook and its bindings; the point value, the distribution, the working paper, the
//! derivation in a report and the replay all read that one workbook.
//!
//! ```
//! use valuation::case::{Case, PriceModels, read::Format};
//! use valuation::estimate::IntervalSource;
//!
//! let text = include_str!("../examples/weather.json");
//! let case = Case::from_text(text, Format::Json)?;
//! let valuation = valuation::value::value(&case, &PriceModels::new())?;
//! // Three approaches, each with its interval, from one evidence set.
//! assert_eq!(valuation.estimates.len(), 3);
//! assert!(valuation.estimates.iter().all(|e| e.interval.low.amount() <= e.value.amount()));
//! assert_eq!(valuation.estimates[1].interval.how, IntervalSource::Simulation);
//! // One definite conclusion, rounded as the case says, and a record that anyone can verify.
//! assert!(valuation.is_intact());
//! assert!(valuation::verify::verify(&valuation).is_empty());
//! # Ok::<(), valuation::error::ValuationError>(())
//! ```
//!
//! This crate does no IO and reads no clock and no environment.

pub mod asset;
pub mod assumption;
pub mod case;
pub mod conclusion;
pub mod contradiction;
pub mod contribution;
pub mod cost;
mod desk;
pub mod discount;
pub mod error;
pub mod estimate;
pub mod evidence;
pub mod fault;
pub mod given;
pub mod income;
pub mod judgement;
pub mod life;
pub mod market;
pub mod method;
pub mod money;
pub mod option;
pub mod period;
pub mod public_data;
pub mod rate;
pub mod recognition;
pub mod reconcile;
pub mod record;
mod scope;
pub mod terms;
pub mod uncertainty;
pub mod unit;
pub mod value;
pub mod verify;
pub mod words;
pub mod workbook;
