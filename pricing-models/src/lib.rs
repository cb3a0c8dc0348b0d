//! pricing-models
