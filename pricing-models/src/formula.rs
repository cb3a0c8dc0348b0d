//! Formulas in the manner of R and fixest: `log(price) ~ log(records) + i(category) + quality:log(records) | seller`.

mod parse;
mod token;

use valuation::market::price_model::Measure;

use crate::error::ModelError;

/// A model in words: response, terms and fixed effects.
///
/// | written | meaning |
/// | --- | --- |
/// | `x` | a numeric column as it is; a text column as its levels, the first in sorted order left out |
/// | `log(x)` `log1p(x)` `exp(x)` `sqrt(x)` | natural logarithm, `ln(1+x)`, exponential, square root; `x` may be arithmetic |
/// | `I(x/z + 1)` `x^2` | arithmetic on columns |
/// | `i(x)` `i(x, ref = a)` `factor(x)` | the levels of a column, numeric ones too; `a` is the level left out |
/// | `a:b` `a*b` | product of two terms; `a + b + a:b` |
/// | `i(x, z)` | one slope of `z` for each level of `x` |
/// | `- 1` `+ 0` | no intercept |
/// | `\| f + g^h` | fixed effects, here of `f` and of the pairs of `g` and `h` |
///
/// Names with blanks or signs stand in backquotes. Main effects come before interactions, each order as written.
///
/// ```
/// use pricing_models::formula::Formula;
/// let formula = Formula::parse("log(price) ~ log(records) + i(category, ref = weather) | seller")?;
/// assert_eq!(formula.response.name, "log(price)");
/// assert_eq!(formula.terms.len(), 2);
/// assert_eq!(formula.effects, [["seller"]]);
/// assert!(Formula::parse("price ~ lag(records)").unwrap_err().to_string().contains("did you mean `log`"));
/// # Ok::<(), pricing_models::error::ModelError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// As it was written.
    pub text: String,
    pub response: Named,
    pub terms: Vec<Term>,
    pub intercept: bool,
    /// Each a column, or several whose combinations are the levels.
    pub effects: Vec<Vec<String>>,
}

/// A measure and its name in the coefficient table.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    pub name: String,
    pub measure: Measure,
}

/// A product of factors.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    pub factors: Vec<Part>,
}

/// One factor of a term.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// A column by its bare name: a number or levels, as the column is.
    Column(String),
    /// A number computed from columns.
    Value(Named),
    /// The levels of a column. `every` keeps all levels, as `i(x, z)` does.
    Levels { column: String, reference: Option<String>, every: bool },
}

impl Formula {
    /// Reads a formula.
    ///
    /// Errors: [`ModelError::FormulaSyntax`] with the character where reading stopped, or an unknown function.
    pub fn parse(text: &str) -> Result<Formula, ModelError> {
        parse::formula(text)
    }
}

impl Term {
    /// Whether both are products of the same factors, in any order.
    pub fn same(&self, other: &Term) -> bool {
        self.factors.len() == other.factors.len() && self.factors.iter().all(|part| other.factors.contains(part))
    }

    /// The product without the factor at `index`.
    pub fn without(&self, index: usize) -> Term {
        let mut factors = self.factors.clone();
        factors.remove(index);
        Term { factors }
    }
}
