//! Expert judgement made explicit: what was judged, by whom, by which algorithm, and how consistent it is.
//!
//! Each function takes judgements as written and gives weights or a verdict with everything a reviewer needs to repeat it:
//! the derivation, the index table, the operator and the normalisation are part of the answer, because they change it.

pub mod ahp;
pub mod critic;
pub mod delphi;
pub mod entropy;
pub mod error;
pub mod fuzzy;
pub mod indicators;
pub mod pairwise;
pub mod rubric;
