//! Forecast amounts over the periods of a life.

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::{GivenStream, real};
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Expr, InputId, Quantity, RowRef};

/// A forecast after its scalar inputs are written and before its row over time is.
pub(crate) enum Stream {
    Amounts(InputId),
    Growing { first: RowRef, growth: Option<RowRef> },
}

impl Stream {
    /// Checks the forecast and writes the scalar rows it needs into the block at hand (an `Axis::One` block).
    pub fn begin(
        desk: &mut Desk,
        sheet: &mut SheetDraft,
        member: &str,
        given: &GivenStream,
        periods: u32,
    ) -> Result<Stream, ValuationError> {
        desk.same_currency(member, given.currency)?;
        let support = desk.support(member, &given.evidence, &given.assumption)?;
        let money = desk.money();
        match (&given.amounts, given.first) {
            (Some(amounts), None) => {
                if amounts.len() != periods as usize {
                    let said = format!("{} amounts for {periods} periods", amounts.len());
                    return Err(ValuationError::Malformed { field: desk.field(member), line: None, said });
                }
                for (index, amount) in amounts.iter().enumerate() {
                    desk.allowed(&format!("{member}.amounts[{index}]"), *amount, Allowed::NotNegative)?;
                }
                Ok(Stream::Amounts(desk.bind(member, Quantity::ExactSeries(amounts.clone()), support)))
            }
            (None, Some(first)) => {
                desk.allowed(&format!("{member}.first"), first, Allowed::NotNegative)?;
                let quantity = match &given.distribution {
                    None => Quantity::Exact(first),
                    Some(d) => Quantity::Uncertain { central: real(first), distribution: d.clone() },
                };
                let id = desk.bind(&format!("{member}.first"), quantity, support);
                let first = sheet.input(&format!("first_{member}"), money, id);
                let growth = match &given.growth {
                    None => None,
                    Some(growth) => {
                        let id = desk.given(&format!("{member}.growth"), growth, Allowed::Rate)?;
                        Some(sheet.input("growth", Unit::Ratio, id))
                    }
                };
                Ok(Stream::Growing { first, growth })
            }
            _ => {
                let said = "either `amounts` or `first` is expected".to_owned();
                Err(ValuationError::Malformed { field: desk.field(member), line: None, said })
            }
        }
    }

    /// Writes the row over time into the block at hand.
    pub fn row(&self, sheet: &mut SheetDraft, key: &str, unit: Unit) -> RowRef {
        let own = sheet.next_row(0);
        match self {
            Stream::Amounts(id) => sheet.input(key, unit, id.clone()),
            Stream::Growing { first, growth: None } => sheet.formula(key, unit, Expr::from(*first)),
            Stream::Growing { first, growth: Some(growth) } => {
                let grown = Expr::Prev(own) * (Expr::number(1) + Expr::from(*growth));
                sheet.recurrence(key, unit, Expr::from(*first), grown)
            }
        }
    }
}
