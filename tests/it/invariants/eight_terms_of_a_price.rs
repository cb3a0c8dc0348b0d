//! 8. Every price carries VAT status and rate, licence scope, exclusivity, term and territory; price units are strata.

use datasets::schema::column;
use datasets::synthetic::market;
use valuation::terms::PriceState;

#[test]
fn the_schema_of_trades_has_a_place_for_every_term_of_a_price() {
    for name in ["currency", "vat_status", "licence_scope", "exclusivity", "term", "price_state", "price_origin"] {
        assert!(column(name).is_some_and(|column| !column.nullable), "{name} is stated in every row");
    }
    for name in ["price_unit", "vat_rate", "territory", "term_start", "term_end", "term_months"] {
        assert!(column(name).is_some(), "{name}");
    }
}

#[test]
fn a_price_has_a_unit_and_an_absent_price_has_a_name() {
    for trade in market(11, 20_000) {
        let id = &trade.trade_id;
        let stated = matches!(trade.price_state, PriceState::Priced | PriceState::Free | PriceState::Placeholder);
        assert_eq!(trade.price.is_some(), stated, "{id}: {:?}", trade.price_state);
        assert!(trade.price.is_none() || trade.price_unit.is_some(), "{id}: a price without unit");
        let bounded = trade.price_low.is_some() || trade.price_high.is_some();
        assert_eq!(bounded, trade.price_state == PriceState::Censored, "{id}: {:?}", trade.price_state);
    }
}
