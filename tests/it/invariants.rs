//! The nine invariants of the house, one module each, named after what must stay true.

mod eight_terms_of_a_price;
mod five_superseded;
mod four_currency_and_basis;
mod nine_known_by_then;
mod one_pure_crates;
mod seven_cost_is_not_value;
mod six_one_door;
mod three_assumptions;
mod two_same_bytes;
