//! The vocabulary and the valuation engines of Hengshu (衡数).
//!
//! A calculation is a [`workbook::Workbook`]: named rows over one column per period or per item, each row an input or a
//! formula. An engine returns a workbook and its bindings; the point value, the distribution, the working paper, the
//! derivation in a report and the replay all read that one workbook.
//!
//! This crate does no IO and reads no clock and no environment.

pub mod assumption;
pub mod evidence;
pub mod fault;
pub mod market;
pub mod money;
pub mod period;
pub mod rate;
pub mod unit;
pub mod words;
pub mod workbook;
