//! A matrix of pairwise ratios, the priorities it implies, and how far the judgements contradict each other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::judgement::error::JudgementError;

/// How priorities are derived. The three differ in the third decimal on inconsistent judgements, so it is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Derivation {
    /// Principal right eigenvector. Source: T. L. Saaty, The Analytic Hierarchy Process, 1980.
    #[default]
    Eigenvector,
    /// Normalised geometric means of the rows. Source: G. Crawford, C. Williams, 1985.
    GeometricMean,
    /// Row means of the matrix with normalised columns (和积法).
    ColumnMean,
}

/// Which table of random indices the consistency ratio uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RandomIndex {
    /// T. L. Saaty, The Analytic Hierarchy Process, 1980, up to 15 items.
    #[default]
    Saaty1980,
    /// T. L. Saaty, Decision making with the analytic hierarchy process, 2008, up to 10 items.
    Saaty2008,
    /// J. A. Alonso, M. T. Lamata, Consistency in the analytic hierarchy process, 2006, up to 15 items.
    AlonsoLamata2006,
}

impl RandomIndex {
    /// The random index of a matrix of `size` items; none beyond the table.
    pub fn of(self, size: usize) -> Option<f64> {
        let from_three: &[f64] = match self {
            RandomIndex::Saaty1980 => &[0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59],
            RandomIndex::Saaty2008 => &[0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49],
            RandomIndex::AlonsoLamata2006 => &[
                0.5245, 0.8815, 1.1086, 1.2479, 1.3417, 1.4056, 1.4499, 1.4854, 1.5141, 1.5365, 1.5551, 1.5713, 1.5838,
            ],
        };
        if size < 3 { Some(0.0) } else { from_three.get(size - 3).copied() }
    }
}

/// One judgement: how many times as important, preferred or likely the first is as the second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judgement(pub String, pub String, pub Ratio);

/// A ratio as a number, or as text such as `1/3`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Ratio {
    Number(f64),
    Text(String),
}

impl Ratio {
    fn positive(&self, field: &str) -> Result<f64, JudgementError> {
        let value = match self {
            Ratio::Number(value) => Some(*value),
            Ratio::Text(text) => match text.split_once('/') {
                Some((over, under)) => {
                    over.trim().parse::<f64>().ok().zip(under.trim().parse::<f64>().ok()).map(|(a, b)| a / b)
                }
                None => text.trim().parse().ok(),
            },
        };
        match value {
            Some(value) if value.is_finite() && value > 0.0 => Ok(value),
            _ => {
                let value = match self {
                    Ratio::Number(value) => value.to_string(),
                    Ratio::Text(text) => text.clone(),
                };
                Err(JudgementError::NotPositive { field: field.to_owned(), value })
            }
        }
    }
}

/// The judgements on a list of items; pairs may be missing as long as the others link every item.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairwise {
    field: String,
    names: Vec<String>,
    /// Row by row, the item of the row over that of the column.
    ratios: Vec<Option<f64>>,
}

/// What a matrix says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Consistency {
    /// Largest eigenvalue; for the other derivations the mean of (A·w)ᵢ / wᵢ.
    pub lambda_max: f64,
    /// Consistency index (λmax − n) / (n − 1).
    pub ci: f64,
    /// Consistency ratio CI / RI; absent where the table has no RI for the size.
    pub cr: Option<f64>,
    /// Random index of the table used.
    pub ri: Option<f64>,
    /// Whether CR is at most 0.1.
    pub consistent: bool,
    /// Pairs nobody judged, supplied by the eigenvector itself (Harker 1987).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<[String; 2]>,
    /// The judgement that contradicts the others most, where the matrix is not consistent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revisit: Option<Revisit>,
}

/// A judgement to look at again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Revisit {
    pub first: String,
    pub second: String,
    pub given: f64,
    /// The ratio that all judgements together imply.
    pub implied: f64,
}

impl Pairwise {
    /// Judgements as a matrix; a missing reciprocal is filled.
    ///
    /// # Errors
    /// An unknown name, a ratio that is not positive, two judgements of a pair that are not reciprocal, an item that
    /// nothing links to the others.
    pub fn new(field: &str, names: &[String], judgements: &[Judgement]) -> Result<Pairwise, JudgementError> {
        let size = names.len();
        let mut ratios: Vec<Option<f64>> = vec![None; size * size];
        let at = |name: &str| -> Result<usize, JudgementError> {
            names.iter().position(|known| known == name).ok_or_else(|| JudgementError::UnknownName {
                field: field.to_owned(),
                name: name.to_owned(),
                nearest: crate::case::read::nearest(name, names.iter().map(String::as_str)).unwrap_or_default(),
            })
        };
        for item in 0..size {
            ratios[item * size + item] = Some(1.0);
        }
        for Judgement(first, second, ratio) in judgements {
            let (row, column) = (at(first)?, at(second)?);
            let given = ratio.positive(field)?;
            if let Some(known) = ratios[row * size + column]
                && (known - given).abs() > 1e-9 * given
            {
                let (first, second) = (first.clone(), second.clone());
                let back = 1.0 / known;
                return Err(JudgementError::NotReciprocal { field: field.to_owned(), first, second, given, back });
            }
            if row != column {
                ratios[row * size + column] = Some(given);
                ratios[column * size + row] = Some(1.0 / given);
            }
        }
        let matrix = Pairwise { field: field.to_owned(), names: names.to_vec(), ratios };
        matrix.connected()?;
        Ok(matrix)
    }

    /// The weighted geometric mean of several experts' matrices (aggregation of judgements; the only mean that keeps
    /// reciprocity). A pair counts for those who judged it.
    ///
    /// Source: J. Aczél, T. L. Saaty, Procedures for synthesizing ratio judgements, 1983.
    ///
    /// # Errors
    /// No matrix; together they still leave an item unlinked.
    pub fn mean(matrices: &[(Pairwise, f64)]) -> Result<Pairwise, JudgementError> {
        let Some((first, _)) = matrices.first() else {
            return Err(JudgementError::Empty { field: "experts".to_owned() });
        };
        let ratios = (0..first.ratios.len())
            .map(|cell| {
                let judged = matrices.iter().filter_map(|(matrix, weight)| Some((matrix.ratios[cell]?, *weight)));
                let (mut sum, mut total) = (0.0, 0.0);
                for (ratio, weight) in judged {
                    sum += weight * libm::log(ratio);
                    total += weight;
                }
                (total > 0.0).then(|| libm::exp(sum / total))
            })
            .collect();
        let mean = Pairwise { field: first.field.clone(), names: first.names.clone(), ratios };
        mean.connected()?;
        Ok(mean)
    }

    fn size(&self) -> usize {
        self.names.len()
    }

    fn connected(&self) -> Result<(), JudgementError> {
        let size = self.size();
        let (mut reached, mut open) = (vec![false; size], vec![0]);
        while let Some(item) = open.pop() {
            if item < size && !std::mem::replace(&mut reached[item], true) {
                open.extend((0..size).filter(|other| self.ratios[item * size + other].is_some()));
            }
        }
        match reached.iter().position(|reached| !reached) {
            Some(alone) => {
                Err(JudgementError::NotConnected { field: self.field.clone(), name: self.names[alone].clone() })
            }
            None => Ok(()),
        }
    }

    fn missing(&self) -> Vec<[String; 2]> {
        let size = self.size();
        let pairs = (0..size).flat_map(|row| (row + 1..size).map(move |column| (row, column)));
        pairs
            .filter(|(row, column)| self.ratios[row * size + column].is_none())
            .map(|(row, column)| [self.names[row].clone(), self.names[column].clone()])
            .collect()
    }

    /// The matrix as numbers; an item's missing pairs add to its diagonal instead.
    ///
    /// Source: P. T. Harker, Incomplete pairwise comparisons in the analytic hierarchy process, 1987.
    fn filled(&self) -> Vec<f64> {
        let size = self.size();
        let mut matrix: Vec<f64> = self.ratios.iter().map(|ratio| ratio.unwrap_or(0.0)).collect();
        for row in 0..size {
            let missing = (0..size).filter(|column| self.ratios[row * size + column].is_none()).count();
            matrix[row * size + row] += missing as f64;
        }
        matrix
    }

    /// Priorities (they sum to one) and the consistency of the judgements.
    ///
    /// ```
    /// use valuation::judgement::pairwise::{Derivation, Judgement, Pairwise, RandomIndex, Ratio};
    /// let names = ["a", "b", "c"].map(String::from);
    /// let judged = |x: &str, y: &str, ratio| Judgement(x.into(), y.into(), Ratio::Number(ratio));
    /// let matrix = Pairwise::new("criteria", &names, &[judged("a", "b", 2.0), judged("b", "c", 3.0), judged("a", "c", 6.0)])?;
    /// let (weights, consistency) = matrix.priorities(Derivation::Eigenvector, RandomIndex::Saaty1980)?;
    /// assert!((weights[0] - 0.6).abs() < 1e-12 && consistency.cr.unwrap().abs() < 1e-12);
    /// # Ok::<(), valuation::judgement::error::JudgementError>(())
    /// ```
    ///
    /// # Errors
    /// A pair is missing and the derivation is not the eigenvector.
    pub fn priorities(
        &self,
        derivation: Derivation,
        index: RandomIndex,
    ) -> Result<(Vec<f64>, Consistency), JudgementError> {
        let missing = self.missing();
        if let (Some(pair), true) = (missing.first(), derivation != Derivation::Eigenvector) {
            let missing = format!("{}:{}", pair[0], pair[1]);
            return Err(JudgementError::PairMissing { field: self.field.clone(), missing });
        }
        let (size, matrix) = (self.size(), self.filled());
        let weights = match derivation {
            Derivation::Eigenvector => eigenvector(&matrix, size),
            Derivation::GeometricMean => geometric_means(&matrix, size),
            Derivation::ColumnMean => column_means(&matrix, size),
        };
        let product = times(&matrix, &weights);
        let ratios = product.iter().zip(&weights).map(|(product, weight)| product / weight);
        let lambda_max = ratios.sum::<f64>() / size as f64;
        let ci = if size < 3 { 0.0 } else { (lambda_max - size as f64) / (size - 1) as f64 };
        let ri = index.of(size);
        let cr = ri.map(|ri| if ri > 0.0 { ci / ri } else { 0.0 });
        let consistent = cr.unwrap_or(ci) <= 0.1;
        let revisit = if consistent { None } else { self.most_contradicted(&weights) };
        Ok((weights, Consistency { lambda_max, ci, cr, ri, consistent, missing, revisit }))
    }

    /// The judgement farthest, as a ratio, from what the weights imply.
    fn most_contradicted(&self, weights: &[f64]) -> Option<Revisit> {
        let size = self.size();
        let mut worst: Option<(f64, Revisit)> = None;
        for row in 0..size {
            for column in row + 1..size {
                let Some(given) = self.ratios[row * size + column] else { continue };
                let implied = weights[row] / weights[column];
                let distance = libm::log(given / implied).abs();
                if worst.as_ref().is_none_or(|(most, _)| distance > *most) {
                    let (first, second) = (self.names[row].clone(), self.names[column].clone());
                    worst = Some((distance, Revisit { first, second, given, implied }));
                }
            }
        }
        worst.map(|(_, revisit)| revisit)
    }
}

fn times(matrix: &[f64], vector: &[f64]) -> Vec<f64> {
    matrix.chunks(vector.len().max(1)).map(|row| row.iter().zip(vector).map(|(a, x)| a * x).sum()).collect()
}

fn normalised(mut vector: Vec<f64>) -> Vec<f64> {
    let sum: f64 = vector.iter().sum();
    vector.iter_mut().for_each(|value| *value /= sum);
    vector
}

/// Power iteration; the matrix is primitive (linked items, positive diagonal), so it converges.
fn eigenvector(matrix: &[f64], size: usize) -> Vec<f64> {
    let mut vector = vec![1.0 / size as f64; size];
    for _ in 0..100_000 {
        let next = normalised(times(matrix, &vector));
        let change = next.iter().zip(&vector).map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, f64::max);
        vector = next;
        if change < 1e-15 {
            break;
        }
    }
    vector
}

fn geometric_means(matrix: &[f64], size: usize) -> Vec<f64> {
    let mean = |row: &[f64]| libm::exp(row.iter().map(|ratio| libm::log(*ratio)).sum::<f64>() / size as f64);
    normalised(matrix.chunks(size).map(mean).collect())
}

fn column_means(matrix: &[f64], size: usize) -> Vec<f64> {
    let sums: Vec<f64> = (0..size).map(|column| (0..size).map(|row| matrix[row * size + column]).sum()).collect();
    let mean = |row: &[f64]| row.iter().zip(&sums).map(|(ratio, sum)| ratio / sum).sum::<f64>() / size as f64;
    matrix.chunks(size).map(mean).collect()
}
