//! One term of a fitted model over the rows of any frame.

use valuation::market::price_model::{Factor, ModelTerm};

use super::gather::evaluate;
use crate::error::ModelError;
use crate::frame::Frame;

/// The regressor of `term` for each row. A row it cannot be computed for gets a fault, the column or term to blame: a
/// missing or undefined value, or a level that is not among the `known` ones of its column.
pub(crate) fn term_column<'a>(
    frame: &Frame,
    term: &ModelTerm,
    known: &dyn Fn(&str) -> Option<&'a [String]>,
    fault: &mut [Option<String>],
) -> Result<Vec<f64>, ModelError> {
    let mut product = vec![1.0; frame.rows()];
    for factor in &term.factors {
        match factor {
            Factor::Value(measure) => {
                let values = evaluate(measure, frame, &term.name)?;
                product.iter_mut().zip(&values).for_each(|(x, value)| *x *= value);
            }
            Factor::Level { attribute, level } => {
                let text = frame.levels(attribute)?;
                let known = known(attribute);
                let usable: Vec<bool> =
                    text.levels.iter().map(|found| known.is_none_or(|known| known.contains(found))).collect();
                let wanted = text.levels.iter().position(|found| found == level);
                for (row, x) in product.iter_mut().enumerate() {
                    let code = text.codes[row] as usize;
                    if !usable.get(code).copied().unwrap_or(false) {
                        fault[row].get_or_insert_with(|| attribute.clone());
                    } else if Some(code) != wanted {
                        *x = 0.0;
                    }
                }
            }
        }
    }
    for (x, fault) in product.iter().zip(fault) {
        if !x.is_finite() {
            fault.get_or_insert_with(|| term.name.clone());
        }
    }
    Ok(product)
}
