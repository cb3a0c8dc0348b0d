//! Plain columns by name: what every model of this crate reads.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::error::{ModelError, nearest};

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Numbers; NaN is missing.
    Real(Vec<f64>),
    /// Text held as codes into its levels.
    Text(Text),
}

/// Text held as codes into its levels.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Indices into `levels`, or [`Text::MISSING`].
    pub codes: Vec<u32>,
    pub levels: Vec<String>,
}

impl Text {
    /// The code of a missing text.
    pub const MISSING: u32 = u32::MAX;

    /// The text of `row`; `None` where it is missing.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.levels.get(self.codes[row] as usize).map(String::as_str)
    }
}

impl Column {
    /// A text column; blank text is missing.
    pub fn text<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> Column {
        let mut levels: Vec<String> = Vec::new();
        let mut known: HashMap<String, u32> = HashMap::new();
        let codes = values
            .into_iter()
            .map(|value| {
                let value = value.as_ref().trim();
                if value.is_empty() {
                    return Text::MISSING;
                }
                if let Some(code) = known.get(value) {
                    return *code;
                }
                let code = levels.len() as u32;
                levels.push(value.to_owned());
                known.insert(value.to_owned(), code);
                code
            })
            .collect();
        Column::Text(Text { codes, levels })
    }

    pub fn len(&self) -> usize {
        match self {
            Column::Real(values) => values.len(),
            Column::Text(text) => text.codes.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn select(&self, rows: &[u32]) -> Column {
        match self {
            Column::Real(values) => Column::Real(rows.iter().map(|row| values[*row as usize]).collect()),
            Column::Text(text) => Column::Text(Text {
                codes: rows.iter().map(|row| text.codes[*row as usize]).collect(),
                levels: text.levels.clone(),
            }),
        }
    }
}

/// Named columns of one length.
///
/// ```
/// use pricing_models::frame::{Column, Frame};
/// let frame = Frame::new()
///     .with("price", Column::Real(vec![1000.0, 250.0, f64::NAN]))?
///     .with("category", Column::text(["finance", "", "weather"]))?;
/// assert_eq!(frame.rows(), 3);
/// assert!(frame.column("prise").unwrap_err().to_string().contains("did you mean `price`"));
/// # Ok::<(), pricing_models::error::ModelError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    names: Vec<String>,
    columns: Vec<Column>,
}

impl Frame {
    pub fn new() -> Self {
        Frame::default()
    }

    /// The frame with one more column.
    ///
    /// Errors: a second column of that name, or another number of rows.
    pub fn with(mut self, name: impl Into<String>, column: Column) -> Result<Self, ModelError> {
        let name = name.into();
        if self.names.contains(&name) {
            return Err(ModelError::ColumnTwice { column: name });
        }
        if let Some(first) = self.columns.first()
            && first.len() != column.len()
        {
            return Err(ModelError::ColumnLength { column: name, rows: column.len(), expected: first.len() });
        }
        self.names.push(name);
        self.columns.push(column);
        Ok(self)
    }

    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// The column called `name`.
    ///
    /// Errors: [`ModelError::UnknownColumn`] with the nearest known name.
    pub fn column(&self, name: &str) -> Result<&Column, ModelError> {
        match self.names.iter().position(|known| known == name) {
            Some(index) => Ok(&self.columns[index]),
            None => Err(ModelError::UnknownColumn {
                column: name.to_owned(),
                nearest: nearest(name, self.names.iter().map(String::as_str)),
            }),
        }
    }

    /// The numbers of the column called `name`, which `used_in` needs.
    ///
    /// Errors: an unknown column, or a text column.
    pub fn real(&self, name: &str, used_in: &str) -> Result<&[f64], ModelError> {
        match self.column(name)? {
            Column::Real(values) => Ok(values),
            Column::Text(_) => Err(ModelError::NotNumeric { column: name.to_owned(), used_in: used_in.to_owned() }),
        }
    }

    /// The column called `name` as levels: text as it is, each distinct number as its shortest decimal text.
    ///
    /// Errors: an unknown column.
    pub fn levels(&self, name: &str) -> Result<Text, ModelError> {
        match self.column(name)? {
            Column::Text(text) => Ok(text.clone()),
            Column::Real(values) => {
                if let Some(text) = small_integers(values) {
                    return Ok(text);
                }
                let mut known: HashMap<u64, u32> = HashMap::new();
                let mut levels: Vec<String> = Vec::new();
                let codes = values
                    .iter()
                    .map(|value| {
                        if value.is_nan() {
                            return Text::MISSING;
                        }
                        *known.entry((value + 0.0).to_bits()).or_insert_with(|| {
                            levels.push((value + 0.0).to_string());
                            levels.len() as u32 - 1
                        })
                    })
                    .collect();
                Ok(Text { codes, levels })
            }
        }
    }

    /// The rows given, in the order given.
    pub fn select(&self, rows: &[u32]) -> Frame {
        Frame { names: self.names.clone(), columns: self.columns.iter().map(|column| column.select(rows)).collect() }
    }

    /// SHA-256 over names, lengths and every bit of every cell, as `sha256:…`: the data hash of a model card.
    pub fn content_hash(&self) -> String {
        let mut hash = Sha256::new();
        for (name, column) in self.names.iter().zip(&self.columns) {
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name.as_bytes());
            hash.update((column.len() as u64).to_le_bytes());
            match column {
                Column::Real(values) => values.iter().for_each(|value| hash.update(value.to_bits().to_le_bytes())),
                Column::Text(text) => (0..text.codes.len()).for_each(|row| match text.get(row) {
                    Some(value) => {
                        hash.update((value.len() as u64).to_le_bytes());
                        hash.update(value.as_bytes());
                    }
                    None => hash.update(u64::MAX.to_le_bytes()),
                }),
            }
        }
        hex("sha256:", &hash.finalize())
    }
}

/// Levels of whole numbers in a range not much wider than the column is long, by a table instead of a hash.
fn small_integers(values: &[f64]) -> Option<Text> {
    let mut range: Option<(f64, f64)> = None;
    for value in values.iter().filter(|value| !value.is_nan()) {
        if value.fract() != 0.0 || value.abs() > 9e15 {
            return None;
        }
        range = Some(range.map_or((*value, *value), |(low, high)| (value.min(low), value.max(high))));
    }
    let (low, high) = range?;
    if high - low > 4.0 * values.len() as f64 + 1000.0 {
        return None;
    }
    let mut known = vec![Text::MISSING; (high - low) as usize + 1];
    let mut levels = Vec::new();
    let codes = values.iter().map(|value| {
        if value.is_nan() {
            return Text::MISSING;
        }
        let code = &mut known[(value - low) as usize];
        if *code == Text::MISSING {
            *code = levels.len() as u32;
            levels.push((value + 0.0).to_string());
        }
        *code
    });
    Some(Text { codes: codes.collect(), levels })
}

/// `prefix` followed by the bytes in hexadecimal.
pub(crate) fn hex(prefix: &str, bytes: &[u8]) -> String {
    bytes.iter().fold(prefix.to_owned(), |text, byte| format!("{text}{byte:02x}"))
}
