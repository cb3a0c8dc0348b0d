//! Rows that stand alone in a level of a fixed effect.

use super::{LossReason, RowLoss};
use crate::frame::Text;

/// The rows without those that are alone in a level of an effect, again and again until none is; the others counted under
/// the effect that caught them first. Such a row fits itself: without it no slope changes, and the numbers of rows and
/// clusters are honest.
///
/// Source: Correia 2015, “Singletons, cluster-robust standard errors and fixed effects: a bad mix”.
pub(super) fn without<'a>(
    mut rows: Vec<u32>,
    effects: impl Iterator<Item = &'a (String, Text)>,
) -> (Vec<u32>, Vec<RowLoss>) {
    let effects: Vec<&(String, Text)> = effects.collect();
    let mut counts: Vec<Vec<u32>> = effects.iter().map(|(_, text)| vec![0; text.levels.len()]).collect();
    for (count, (_, text)) in counts.iter_mut().zip(&effects) {
        rows.iter().for_each(|row| count[text.codes[*row as usize] as usize] += 1);
    }
    let mut lost = vec![0u64; effects.len()];
    loop {
        let before = rows.len();
        rows.retain(|row| {
            let code = |at: usize| effects[at].1.codes[*row as usize] as usize;
            let Some(first) = (0..effects.len()).find(|at| counts[*at][code(*at)] == 1) else { return true };
            lost[first] += 1;
            (0..effects.len()).for_each(|at| counts[at][code(at)] -= 1);
            false
        });
        if rows.len() == before {
            break;
        }
    }
    let losses = effects.iter().zip(lost).filter(|(_, rows)| *rows > 0);
    let losses = losses
        .map(|((column, _), rows)| RowLoss { column: column.clone(), reason: LossReason::Singleton, rows })
        .collect();
    (rows, losses)
}
