//! Owners' data for games: training and test rows from CSV or Parquet.

use std::collections::BTreeMap;
use std::path::Path;

use pricing_models::frame::{Column, Frame, Text};
use pricing_models::utility::OwnersData;
use valuation::contribution::error::ContributionError;
use valuation::contribution::nearest::{Neighbourhood, shapley};
use valuation::contribution::request::{DataFile, KnnTerms, LearnedTerms, ShareMethod, ShareRequest};

use super::{Said, ShareValues, of_rows};
use crate::error::Error;
use crate::work::model::table;

fn game(field: &str, what: impl ToString) -> ContributionError {
    ContributionError::Game { field: field.to_owned(), what: what.to_string() }
}

/// The training files one below the other: the rows of each with the owner of each row.
struct Train {
    frames: Vec<Frame>,
    /// Owners in the order in which they first appear.
    owners: Vec<String>,
    owner: Vec<u32>,
}

/// Reads the training files; every row has an owner where the files or a column say so.
fn train(files: &[DataFile], column: Option<&str>, folder: &Path, said: &Said) -> Result<Train, Error> {
    let mut train = Train { frames: Vec::new(), owners: Vec::new(), owner: Vec::new() };
    let mut known: BTreeMap<String, u32> = BTreeMap::new();
    for (index, file) in files.iter().enumerate() {
        let frame = table::read(&folder.join(&file.file))?;
        let names: Text = match (&file.owner, column) {
            (Some(owner), _) => Text { codes: vec![0; frame.rows()], levels: vec![owner.clone()] },
            (None, Some(column)) => frame.levels(column)?,
            (None, None) => Text { codes: vec![0; frame.rows()], levels: vec![(index + 1).to_string()] },
        };
        for row in 0..frame.rows() {
            let name = names
                .get(row)
                .ok_or_else(|| said(game(&format!("game.train[{index}]"), format!("row {}: no owner", row + 1))))?;
            let code = *known.entry(name.to_owned()).or_insert_with(|| {
                train.owners.push(name.to_owned());
                train.owners.len() as u32 - 1
            });
            train.owner.push(code);
        }
        train.frames.push(frame);
    }
    if train.owner.is_empty() {
        return Err(said(game("game.train", "0 rows")));
    }
    Ok(train)
}

/// The features: those named, or every numeric column but the excluded ones.
fn features(named: &[String], frame: &Frame, excluded: &[&str]) -> Result<Vec<String>, Error> {
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    let mut found = Vec::new();
    for name in frame.names().iter().filter(|name| !excluded.contains(&name.as_str())) {
        if matches!(frame.column(name)?, Column::Real(_)) {
            found.push(name.clone());
        }
    }
    Ok(found)
}

/// Features of all rows, row by row.
fn flat(frame: &Frame, features: &[String], to: &mut Vec<f64>) -> Result<(), Error> {
    let columns: Vec<&[f64]> = features.iter().map(|name| frame.real(name, "knn")).collect::<Result<_, _>>()?;
    for row in 0..frame.rows() {
        to.extend(columns.iter().map(|column| column[row]));
    }
    Ok(())
}

/// Classes as numbers that mean the same in every file.
fn classes(frame: &Frame, label: &str, known: &mut BTreeMap<String, u32>, to: &mut Vec<u32>) -> Result<(), Error> {
    let text = frame.levels(label)?;
    for row in 0..frame.rows() {
        let next = known.len() as u32;
        to.push(*known.entry(text.get(row).unwrap_or_default().to_owned()).or_insert(next));
    }
    Ok(())
}

/// Values of training rows or their owners under nearest neighbours.
pub fn nearest(terms: &KnnTerms, request: &ShareRequest, folder: &Path, said: &Said) -> Result<ShareValues, Error> {
    if request.method != ShareMethod::Shapley || !request.exact || !request.leaving.is_empty() {
        return Err(said(game("method", "knn: exact Shapley values of rows")));
    }
    let owned = terms.owner.is_some() || terms.train.iter().any(|file| file.owner.is_some());
    let all = train(&terms.train, terms.owner.as_deref(), folder, said)?;
    let test = table::read(&folder.join(&terms.test))?;
    let excluded = [terms.label.as_str(), terms.owner.as_deref().unwrap_or_default()];
    let features = features(&terms.features, &all.frames[0], &excluded)?;
    let (mut rows, mut row_class, mut known) = (Vec::new(), Vec::new(), BTreeMap::new());
    for frame in &all.frames {
        flat(frame, &features, &mut rows)?;
        classes(frame, &terms.label, &mut known, &mut row_class)?;
    }
    let (mut tests, mut test_class) = (Vec::new(), Vec::new());
    flat(&test, &features, &mut tests)?;
    classes(&test, &terms.label, &mut known, &mut test_class)?;
    let neighbourhood = Neighbourhood {
        features: features.len(),
        train: &rows,
        train_class: &row_class,
        test: &tests,
        test_class: &test_class,
        k: terms.k,
    };
    let found = shapley(&neighbourhood).map_err(said)?;
    let names = if owned { all.owners } else { (1..=all.owner.len()).map(|row| row.to_string()).collect() };
    Ok(of_rows(names, found, owned.then_some(all.owner.as_slice())))
}

/// The owners, the utility of their data, and the hash of all data.
pub fn learned(terms: &LearnedTerms, folder: &Path, said: &Said) -> Result<(Vec<String>, OwnersData, String), Error> {
    let empty = terms.empty.filter(|worth| worth.is_finite());
    let undefined = ContributionError::EmptyUndefined { field: "game.empty".to_owned() };
    let empty = empty.ok_or_else(|| said(undefined))?;
    let all = train(&terms.train, terms.owner.as_deref(), folder, said)?;
    let test = table::read(&folder.join(&terms.test))?;
    let excluded = [terms.target.as_str(), terms.owner.as_deref().unwrap_or_default()];
    let features = features(&terms.features, &all.frames[0], &excluded)?;
    // One table of the columns that count: files may differ in the others.
    let mut whole = Frame::new();
    for name in features.iter().chain([&terms.target]) {
        let mut values = Vec::new();
        for frame in &all.frames {
            values.extend_from_slice(frame.real(name, "utility")?);
        }
        whole = whole.with(name.clone(), Column::Real(values))?;
    }
    let hash = format!("{} {}", whole.content_hash(), test.content_hash());
    let data = OwnersData::new(&whole, &all.owner, all.owners.len(), &test, &terms.target, &features, empty)?;
    Ok((all.owners, data, hash))
}
