//! What in a case contradicts itself; each with the words of its remedy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::method::Method;

/// One contradiction; words `contradiction.<code>` and `contradiction.<code>.remedy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contradiction {
    pub code: String,
    /// Where, such as `methods[0].years`.
    pub field: String,
}

/// Finds what can be seen from the case alone: a forecast beyond the end of every right, a grid with a single comparable.
pub fn contradictions(case: &Case) -> Vec<Contradiction> {
    let mut found = typical(case);
    for (index, method) in case.methods.iter().enumerate() {
        let mut add = |code: &str, member: &str| {
            found.push(Contradiction { code: code.to_owned(), field: format!("methods[{index}].{member}") });
        };
        // Without a reason a forecast beyond the rights is refused; with one it is printed as what it is.
        if let Some((years, perpetual)) = method.forecast()
            && beyond_rights(case, years, perpetual)
        {
            add("life_beyond_right", "years");
        }
        match method {
            Method::MarketComparison(m) => {
                let count = match (&m.comparables, &m.by_model) {
                    (Some(list), _) => list.len(),
                    (None, Some(by_model)) => by_model.comparables.len(),
                    (None, None) => 0,
                };
                if count == 1 {
                    add("single_comparable", "comparables");
                }
            }
            Method::MarketComponents(m) => {
                for (component, _) in m.components.iter().enumerate().filter(|(_, c)| c.comparables.len() == 1) {
                    add("single_comparable", &format!("components[{component}].comparables"));
                }
            }
            _ => {}
        }
    }
    found
}

/// A class that is not known, and attributes that are expected of its assets and missing.
fn typical(case: &Case) -> Vec<Contradiction> {
    let Some(class) = &case.asset.class else { return Vec::new() };
    let contradiction = |code: &str, field: String| Contradiction { code: code.to_owned(), field };
    let Some(class) = class.class() else {
        return vec![contradiction("unknown_class", "asset.class".to_owned())];
    };
    let missing = |name: &String| !case.asset.attributes.contains_key(name);
    let required = class.attributes.iter().filter(|attribute| attribute.required && missing(&attribute.name));
    required.map(|a| contradiction("class_attribute_missing", format!("asset.attributes.{}", a.name))).collect()
}

/// Whether every right of the asset ends before the forecast does.
fn beyond_rights(case: &Case, years: u32, perpetual: bool) -> bool {
    let rights = &case.asset.legal.rights;
    let end = case.valuation_date.checked_add_months(chrono::Months::new(years.saturating_mul(12)));
    let ends_before = |until: &Option<chrono::NaiveDate>| match (until, end) {
        (None, _) => false,
        (Some(until), Some(end)) => perpetual || *until < end,
        (Some(_), None) => true,
    };
    !rights.is_empty() && rights.iter().all(|right| ends_before(&right.until))
}
