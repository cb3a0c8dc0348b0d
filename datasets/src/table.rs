//! Any Parquet table as plain columns of numbers and texts.

use std::fs::File;
use std::path::Path;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::error::DataError;

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers, decimals and truth values; NaN where there is none.
    Real(Vec<f64>),
    /// Texts, dates and times (ISO 8601); empty where there is none.
    Text(Vec<String>),
}

/// Reads the columns of a Parquet file in their order, by name.
///
/// # Errors
/// A file that is missing, truncated or no Parquet; a column that is neither number, text nor time, by name.
pub fn read_parquet(file: &Path) -> Result<Vec<(String, Values)>, DataError> {
    let bad = |reason: String| DataError::BadParquet { file: file.to_owned(), reason };
    let input = File::open(file).map_err(DataError::read(file))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(input).map_err(|cause| bad(cause.to_string()))?;
    let schema = builder.schema().clone();
    let mut columns: Vec<(String, Values)> = schema
        .fields()
        .iter()
        .map(|field| {
            let values = if is_number(field.data_type()) { Values::Real(vec![]) } else { Values::Text(vec![]) };
            (field.name().clone(), values)
        })
        .collect();
    for batch in builder.build().map_err(|cause| bad(cause.to_string()))? {
        let batch = batch.map_err(|cause| bad(cause.to_string()))?;
        for (at, (name, values)) in columns.iter_mut().enumerate() {
            append(&batch, at, values).map_err(|cause| bad(format!("{name}: {cause}")))?;
        }
    }
    Ok(columns)
}

fn is_number(kind: &DataType) -> bool {
    match kind {
        DataType::Boolean | DataType::Decimal128(..) | DataType::Decimal256(..) => true,
        DataType::Dictionary(_, values) => is_number(values),
        other => other.is_numeric(),
    }
}

fn append(batch: &RecordBatch, at: usize, values: &mut Values) -> Result<(), arrow::error::ArrowError> {
    let column = batch.column(at);
    match values {
        Values::Real(values) => {
            let numbers = cast(column, &DataType::Float64)?;
            values.extend(numbers.as_primitive::<Float64Type>().iter().map(|value| value.unwrap_or(f64::NAN)));
        }
        Values::Text(values) => {
            let texts = cast(column, &DataType::Utf8)?;
            let texts = texts.as_string::<i32>();
            values.extend(texts.iter().map(|value| value.unwrap_or_default().to_owned()));
        }
    }
    Ok(())
}
