//! A mapping bound to the columns of one file.

use std::path::Path;

use chrono::{DateTime, FixedOffset, Utc};

use crate::content_key::RecordedAt;
use crate::error::{DataError, nearest};
use crate::mapping::{FIELDS, From, Mapping, Rule};

/// Where each field of a row is found.
pub(crate) struct Plan<'m> {
    slots: Vec<Option<Slot<'m>>>,
    pub attributes: Vec<(&'m str, Slot<'m>)>,
    pub absent: &'m [String],
    pub offset: FixedOffset,
    pub recorded: RecordedAt,
    /// When rows that do not say it are recorded.
    pub imported_at: DateTime<Utc>,
    /// SHA-256 of the file.
    pub source: &'m str,
    /// Columns of a row.
    pub width: usize,
}

/// A rule and the position of its column.
#[derive(Clone, Copy)]
pub(crate) struct Slot<'m> {
    /// `None` for a constant.
    pub column: Option<usize>,
    pub rule: &'m Rule,
}

/// The position of a field in [`FIELDS`], known when the program is compiled.
pub(crate) const fn position(name: &str) -> usize {
    let mut index = 0;
    while index < FIELDS.len() {
        if equal(FIELDS[index].name.as_bytes(), name.as_bytes()) {
            return index;
        }
        index += 1;
    }
    unreachable!()
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    let mut index = 0;
    while a.len() == b.len() && index < a.len() && a[index] == b[index] {
        index += 1;
    }
    a.len() == b.len() && index == a.len()
}

impl<'m> Plan<'m> {
    /// Finds the columns that the mapping names.
    ///
    /// Errors: a column that the file lacks or has twice.
    pub fn bind(
        mapping: &'m Mapping,
        header: &[String],
        file: &Path,
        imported_at: DateTime<Utc>,
        source: &'m str,
    ) -> Result<Plan<'m>, DataError> {
        let mut slots: Vec<Option<Slot>> = FIELDS.iter().map(|_| None).collect();
        for (name, rule) in &mapping.fields {
            slots[position(name)] = slot(rule, header, file)?;
        }
        let mut attributes = Vec::new();
        for (name, rule) in &mapping.attributes {
            if let Some(slot) = slot(rule, header, file)? {
                attributes.push((name.as_str(), slot));
            }
        }
        let recorded = match slots[position("recorded_at")] {
            Some(_) => RecordedAt::FromSource,
            None => RecordedAt::FromImport,
        };
        Ok(Plan {
            slots,
            attributes,
            absent: &mapping.absent,
            offset: mapping.utc_offset,
            recorded,
            imported_at,
            source,
            width: header.len(),
        })
    }

    /// Whether any rule reads this column.
    pub fn uses(&self, column: usize) -> bool {
        let attributes = self.attributes.iter().map(|(_, slot)| slot);
        self.slots.iter().flatten().chain(attributes).any(|slot| slot.column == Some(column))
    }

    /// The slot of the field at this position of [`FIELDS`].
    pub fn slot(&self, field: usize) -> Option<Slot<'m>> {
        self.slots[field]
    }
}

fn slot<'m>(rule: &'m Rule, header: &[String], file: &Path) -> Result<Option<Slot<'m>>, DataError> {
    let From::Column(wanted) = &rule.from else { return Ok(Some(Slot { column: None, rule })) };
    let mut found = header.iter().enumerate().filter(|(_, name)| *name == wanted).map(|(index, _)| index);
    match (found.next(), found.next()) {
        (Some(index), None) => Ok(Some(Slot { column: Some(index), rule })),
        (Some(_), Some(_)) => Err(DataError::RepeatedColumn { file: file.to_owned(), column: wanted.clone() }),
        (None, _) if rule.optional => Ok(None),
        (None, _) => Err(DataError::MissingColumn {
            file: file.to_owned(),
            column: wanted.clone(),
            nearest: nearest(wanted, header.iter().map(String::as_str)),
        }),
    }
}
