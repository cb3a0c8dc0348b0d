//! Who contributed how much: cooperative games, their values, and the division of money by them.
//!
//! A [`game::Game`] says what each coalition of owners is worth. [`exact`] gives the Shapley value, the Banzhaf value and the
//! loss without each owner, by subsets or in closed form; [`sampled`] estimates Shapley values with their errors; [`core`]
//! finds the least core and tells whether an allocation is stable; [`nearest`] values single rows of training data under
//! nearest neighbours; [`split`] turns values into payments that sum to the till.
//!
//! A utility is a function argument ([`game::Game::Function`]): what a trained model makes of the owners' data lives in
//! `pricing-models`.
//!
//! ```
//! use valuation::contribution::{exact, game::Game};
//! // Two left shoes, one right shoe: the right one earns two thirds of the pair.
//! let game = Game::glove(2, 1)?;
//! let values = exact::shapley(&game)?.values;
//! assert!((values[2] - 2.0 / 3.0).abs() < 1e-14);
//! # Ok::<(), valuation::contribution::error::ContributionError>(())
//! ```

mod diagonal;

pub mod coalition;
pub mod core;
pub mod departure;
pub mod error;
pub mod exact;
pub mod game;
pub mod nearest;
mod order;
pub mod request;
pub mod sampled;
pub mod split;
pub mod statement;
pub mod terms;
pub mod till;
