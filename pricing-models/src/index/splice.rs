//! Extending a multilateral index by a new window without revising what was published.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which period, or periods, of the overlap tie a new window to the old.
///
/// Source: M. Krsinich, The FEWS index, 2016 (window); J. de Haan, A framework for large scale use of scanner data, 2015
/// (half); W. E. Diewert, K. J. Fox, Substitution bias in multilateral methods, 2017 (mean); A. G. Chessa, Comparisons of
/// QU-GK indices for different lengths of the time window and updating methods, 2019 (on published levels).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Splice {
    /// The last period of the old window.
    Movement,
    /// The first period of the new window.
    Window,
    /// The middle of the new window.
    Half,
    /// The geometric mean over every overlapping period.
    #[default]
    Mean,
    /// As `window`, on the published level instead of the old window's.
    WindowPublished,
    HalfPublished,
    MeanPublished,
}

impl Splice {
    /// The logarithm of the new window's last level. `published` are the levels so far; `old` and `new` the logarithms
    /// within the windows, the new one a period later.
    pub(crate) fn extend(self, published: &[Option<f64>], old: &[Option<f64>], new: &[Option<f64>]) -> Option<f64> {
        let width = new.len();
        let start = published.len() + 1 - width;
        let last = *published.last()?;
        // Place k of the new window is place k + 1 of the old.
        let tied = |k: usize, on_published: bool| -> Option<f64> {
            let moved = new[width - 1]? - new[k]?;
            match on_published {
                true => Some(published[start + k]? + moved),
                false => Some(last? + moved - (old[width - 1]? - old[k + 1]?)),
            }
        };
        let mean = |on_published: bool| {
            let tied: Vec<f64> = (0..width - 1).filter_map(|k| tied(k, on_published)).collect();
            (!tied.is_empty()).then(|| tied.iter().sum::<f64>() / tied.len() as f64)
        };
        match self {
            Splice::Movement => tied(width - 2, false),
            Splice::Window => tied(0, false),
            Splice::Half => tied(width / 2, false),
            Splice::Mean => mean(false),
            Splice::WindowPublished => tied(0, true),
            Splice::HalfPublished => tied(width / 2, true),
            Splice::MeanPublished => mean(true),
        }
    }
}

/// Levels over all periods from levels within windows: the first window as it is, then one period at a time.
pub(crate) fn spliced(windows: &[Vec<Option<f64>>], splice: Splice) -> Vec<Option<f64>> {
    let Some(first) = windows.first() else { return Vec::new() };
    let mut published = first.clone();
    for pair in windows.windows(2) {
        published.push(splice.extend(&published, &pair[0], &pair[1]));
    }
    published
}
