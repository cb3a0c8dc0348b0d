//! Prices and quantities by period and product, as matched indices read them.

use std::collections::BTreeMap;

use crate::error::ModelError;
use crate::frame::{Frame, Text};
use crate::index::calendar::Periods;
use crate::index::error::IndexError;

/// Groups of products that the delete-a-group jackknife leaves out one at a time; with fewer products, one each.
const GROUPS: usize = 32;

/// One price and quantity per period and product: the unit value of the period's rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    pub periods: Vec<String>,
    pub products: usize,
    /// Period by period, one number per product; NaN where it was not traded.
    price: Vec<f64>,
    quantity: Vec<f64>,
    pub has_quantity: bool,
    pub excluded: BTreeMap<String, u64>,
}

/// One period of a panel.
#[derive(Clone, Copy)]
pub(crate) struct Column<'p> {
    pub price: &'p [f64],
    pub quantity: &'p [f64],
}

/// The names of the columns.
#[derive(Clone, Copy, Debug)]
pub struct Names<'n> {
    pub product: &'n str,
    pub price: &'n str,
    pub quantity: Option<&'n str>,
}

impl Panel {
    /// Reads a table. Several rows of a product in a period become their unit value Σpq / Σq with quantity Σq; without
    /// quantities every row counts as one.
    ///
    /// Rows without period or product, and those whose price or quantity is missing, zero or negative, are left out and
    /// counted by reason.
    ///
    /// # Errors
    /// An unknown column; text where numbers are needed; no row left.
    pub fn read(frame: &Frame, periods: &Periods, names: Names) -> Result<Panel, ModelError> {
        let products = frame.levels(names.product)?;
        let prices = frame.real(names.price, "price")?;
        let quantities = names.quantity.map(|name| frame.real(name, "quantity")).transpose()?;
        let mut order: Vec<usize> = (0..products.levels.len()).collect();
        order.sort_by(|a, b| products.levels[*a].cmp(&products.levels[*b]));
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, level)| place[*level] = at);
        let (width, length) = (order.len(), periods.labels.len());
        let (mut spent, mut sold) = (vec![0.0; width * length], vec![0.0; width * length]);
        let mut excluded: BTreeMap<String, u64> = BTreeMap::new();
        let mut leave = |reason: &str| *excluded.entry(reason.to_owned()).or_default() += 1;
        for row in 0..frame.rows() {
            let (period, product) = (periods.of_row[row], products.codes[row]);
            let quantity = quantities.map_or(1.0, |values| values[row]);
            let price = prices[row];
            match () {
                () if period == Text::MISSING => leave("outside_the_periods"),
                () if product == Text::MISSING => leave("product_missing"),
                () if price.is_nan() || quantity.is_nan() => leave("price_or_quantity_missing"),
                () if price <= 0.0 || price.is_infinite() => leave("price_not_positive"),
                () if quantity <= 0.0 || quantity.is_infinite() => leave("quantity_not_positive"),
                () => {
                    let at = period as usize * width + place[product as usize];
                    spent[at] += price * quantity;
                    sold[at] += quantity;
                }
            }
        }
        if sold.iter().all(|quantity| *quantity == 0.0) {
            return Err(IndexError::NoRows.into());
        }
        let price = spent.iter().zip(&sold).map(|(spent, sold)| spent / sold).collect();
        let periods = periods.labels.clone();
        Ok(Panel { periods, products: width, price, quantity: sold, has_quantity: quantities.is_some(), excluded })
    }

    pub(crate) fn column(&self, period: usize) -> Column<'_> {
        let range = period * self.products..(period + 1) * self.products;
        Column { price: &self.price[range.clone()], quantity: &self.quantity[range] }
    }

    pub(crate) fn groups(&self) -> usize {
        self.products.clamp(1, GROUPS)
    }

    /// The group of a product: products next to each other by name stand in different groups.
    pub(crate) fn group(&self, product: usize) -> usize {
        product % self.groups()
    }

    /// Products traded in the period and in another one of `window`.
    pub(crate) fn matched(&self, period: usize, window: std::ops::Range<usize>) -> u64 {
        let there = |period: usize, product: usize| !self.price[period * self.products + product].is_nan();
        let elsewhere = |product: usize| window.clone().any(|other| other != period && there(other, product));
        (0..self.products).filter(|product| there(period, *product) && elsewhere(*product)).count() as u64
    }
}

/// The standard error of a logarithm from its values with each group left out.
///
/// Source: J. Shao, D. Tu, The jackknife and bootstrap, 1995, delete-a-group: (G − 1)/G · Σ(θ₍g₎ − θ̄)².
pub(crate) fn jackknife(replicates: &[Option<f64>]) -> Option<f64> {
    let known: Vec<f64> = replicates.iter().copied().collect::<Option<_>>()?;
    let count = known.len() as f64;
    if known.len() < 2 {
        return None;
    }
    let mean = known.iter().sum::<f64>() / count;
    let squares: f64 = known.iter().map(|value| (value - mean) * (value - mean)).sum();
    Some(((count - 1.0) / count * squares).sqrt())
}
