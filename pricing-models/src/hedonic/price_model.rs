//! What a fit gives a valuation.

use chrono::NaiveDate;
use valuation::market::price_model::{Measure, PriceModel};
use valuation::money::Currency;
use valuation::unit::PriceUnit;

use super::Fit;
use crate::error::ModelError;

/// What the fitted prices are: the model itself cannot know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceBasis {
    pub currency: Currency,
    /// `None` where the price unit is itself a regressor.
    pub price_unit: Option<PriceUnit>,
    /// Last day whose prices were used.
    pub cut_off: NaiveDate,
}

impl Fit {
    /// The model as evidence of a valuation; `model_id` is that of its card.
    ///
    /// Errors: absorbed fixed effects, whose levels have no covariance with the coefficients here (write them as
    /// `i(column)`); a response that is neither a column nor the logarithm of one.
    pub fn price_model(&self, model_id: &str, basis: &PriceBasis) -> Result<PriceModel, ModelError> {
        if !self.effects.is_empty() {
            let names: Vec<&str> = self.effects.iter().map(|(name, _)| name.as_str()).collect();
            return Err(ModelError::AbsorbedEffects { effects: names.join(", ") });
        }
        let is_price = match &self.formula.response.measure {
            Measure::Attribute(_) => true,
            Measure::Log(inner) => matches!(**inner, Measure::Attribute(_)),
            _ => false,
        };
        if !is_price {
            return Err(ModelError::ResponseNotPrice { response: self.formula.response.name.clone() });
        }
        let model = PriceModel {
            model_id: model_id.to_owned(),
            formula: self.formula.text.clone(),
            response: self.response(),
            terms: self.terms.clone(),
            coefficients: self.coefficients.iter().map(|line| line.estimate).collect(),
            covariance: self.covariance.clone(),
            residual_sd: self.residual_sd,
            residual_df: self.df_residual,
            smearing: self.smearing,
            levels: self.levels.clone(),
            n: self.n as u64,
            cut_off: basis.cut_off,
            currency: basis.currency,
            price_unit: basis.price_unit,
        };
        model.check()?;
        Ok(model)
    }
}
