//! Prices that a whole title family shares: placeholders, not prices.

use std::collections::HashMap;

use crate::error::ModelError;
use crate::frame::{Frame, Text};

/// Whether each row's price is shared by `share_min` of its family of at least `rows_min` rows, among the rows `left`.
pub(super) fn shared_prices(
    frame: &Frame,
    left: &[usize],
    price: &str,
    family: &str,
    rows_min: usize,
    share_min: f64,
) -> Result<Vec<bool>, ModelError> {
    if rows_min < 2 {
        return Err(ModelError::Parameter { name: "rows_min", value: rows_min.to_string(), range: "2 …" });
    }
    if !(share_min > 0.0 && share_min <= 1.0) {
        return Err(ModelError::Parameter { name: "share_min", value: share_min.to_string(), range: "(0, 1]" });
    }
    let prices = frame.real(price, "shared_family_price")?;
    let families = frame.levels(family)?;
    let mut members = vec![0usize; families.levels.len()];
    let mut alike: HashMap<(u32, u64), usize> = HashMap::new();
    let with_family = |row: &&usize| families.codes[**row] != Text::MISSING;
    for row in left.iter().filter(with_family) {
        members[families.codes[*row] as usize] += 1;
        *alike.entry((families.codes[*row], prices[*row].to_bits())).or_insert(0) += 1;
    }
    let mut shared = vec![false; frame.rows()];
    for row in left.iter().filter(with_family) {
        let family = families.codes[*row];
        let (size, same) = (members[family as usize], alike[&(family, prices[*row].to_bits())]);
        shared[*row] = size >= rows_min && same >= 2 && same as f64 >= share_min * size as f64;
    }
    Ok(shared)
}
