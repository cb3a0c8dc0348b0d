//! What can be wrong with the terms of an authorised operation.

use thiserror::Error;

use crate::fault::{Fault, Place};

/// Why permitted revenue, ceilings or a tariff were refused; `field` is a path such as `products[2].ceiling`.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum PublicDataError {
    #[error("{field}: permitted revenue of {period} is {value}")]
    NegativeRevenue { field: String, period: String, value: String },
    #[error("{field}: {constraint} in {period}: {found} against {allowed}, {difference} too much")]
    CeilingsInfeasible {
        field: String,
        constraint: String,
        period: String,
        found: String,
        allowed: String,
        difference: String,
    },
    #[error("{field}: tier bound {bound} does not come after {before}")]
    TiersUnordered { field: String, bound: String, before: String },
    #[error("{field}: the last tier has a bound, so usage above {bound} has no price")]
    TiersBounded { field: String, bound: String },
    #[error("{field}: a charge for {purpose}, which is free")]
    ChargedButFree { field: String, purpose: String },
}

impl Fault for PublicDataError {
    fn code(&self) -> &'static str {
        match self {
            PublicDataError::NegativeRevenue { .. } => "permitted_revenue_negative",
            PublicDataError::CeilingsInfeasible { .. } => "ceilings_infeasible",
            PublicDataError::TiersUnordered { .. } => "tiers_unordered",
            PublicDataError::TiersBounded { .. } => "tiers_bounded",
            PublicDataError::ChargedButFree { .. } => "charged_but_free",
        }
    }

    fn place(&self) -> Place {
        use PublicDataError as E;
        let (E::NegativeRevenue { field, .. }
        | E::CeilingsInfeasible { field, .. }
        | E::TiersUnordered { field, .. }
        | E::TiersBounded { field, .. }
        | E::ChargedButFree { field, .. }) = self;
        Place { file: None, line: None, field: Some(field.clone()) }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        use PublicDataError as E;
        let mut places = vec![("field", self.place().field.unwrap_or_default())];
        places.extend(match self {
            E::NegativeRevenue { period, value, .. } => vec![("period", period.clone()), ("value", value.clone())],
            E::CeilingsInfeasible { constraint, period, found, allowed, difference, .. } => vec![
                ("constraint", constraint.clone()),
                ("period", period.clone()),
                ("found", found.clone()),
                ("allowed", allowed.clone()),
                ("difference", difference.clone()),
            ],
            E::TiersUnordered { bound, before, .. } => vec![("bound", bound.clone()), ("before", before.clone())],
            E::TiersBounded { bound, .. } => vec![("bound", bound.clone())],
            E::ChargedButFree { purpose, .. } => vec![("purpose", purpose.clone())],
        });
        places
    }
}
