//! The two books of registered assets: the resource book (资源登记簿), every registration in its order, and the asset book
//! (资产登记簿), what stands now.

use rust_xlsxwriter::Workbook;
use serde_json::{Map, Value};
use valuation::words::{self, Language};

use crate::app::App;
use crate::error::Error;
use crate::register::{Kind, Record};
use crate::report::ReportError;
use crate::work::asset::{self, Act};

/// Which book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Book {
    /// Every registration, superseded ones as well.
    Resources,
    /// Assets that are neither superseded nor cancelled.
    Assets,
}

/// The columns, in their order; each has a word `book.<column>`.
const COLUMNS: [&str; 12] = [
    "number",
    "recorded_at",
    "asset_id",
    "code",
    "name",
    "holder",
    "act",
    "to",
    "supersedes",
    "reason",
    "actor",
    "record_hash",
];

impl Book {
    /// The book and the ending of a name such as `assets.csv`.
    pub fn named(name: &str) -> Option<(Book, Ending)> {
        let (book, ending) = name.split_once('.')?;
        let book = match book {
            "resources" => Book::Resources,
            "assets" => Book::Assets,
            _ => return None,
        };
        let ending = match ending {
            "csv" => Ending::Csv,
            "json" => Ending::Json,
            "xlsx" => Ending::Xlsx,
            _ => return None,
        };
        Some((book, ending))
    }
}

/// The kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Csv,
    Json,
    Xlsx,
}

impl Ending {
    pub fn media_type(self) -> &'static str {
        match self {
            Ending::Csv => "text/csv; charset=utf-8",
            Ending::Json => "application/json",
            Ending::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// Writes a book.
pub async fn write(app: &App, book: Book, ending: Ending, language: Language) -> Result<Vec<u8>, Error> {
    let organisation = &app.config.data.organisation;
    let (mut rows, mut after) = (Vec::new(), 0);
    loop {
        let page = match book {
            Book::Resources => app.register.history(organisation, Kind::Asset, after, 256).await?,
            Book::Assets => app.register.list(organisation, Kind::Asset, after, 256, None).await?,
        };
        let Some(last) = page.last() else { break };
        after = last.number;
        for record in page {
            let (row, act) = row(&record)?;
            if book == Book::Resources || act != Act::Cancellation {
                rows.push(row);
            }
        }
    }
    let head: Vec<String> = COLUMNS.iter().map(|column| words::text(&format!("book.{column}"), language)).collect();
    match ending {
        Ending::Csv => csv(&head, &rows),
        Ending::Json => json(&rows),
        Ending::Xlsx => Ok(xlsx(&head, &rows).map_err(ReportError::from)?),
    }
}

fn row(record: &Record) -> Result<(Vec<String>, Act), Error> {
    let (asset, registration) = asset::read(&record.document)?;
    let act = registration.as_ref().map_or(Act::implied(record.supersedes.is_some()), |registration| registration.act);
    let to = registration.and_then(|registration| registration.to).unwrap_or_default();
    let cells = vec![
        record.number.to_string(),
        record.recorded_at.clone(),
        record.id.clone(),
        asset.code.unwrap_or_default(),
        asset.name,
        asset.legal.holder,
        act.key().to_owned(),
        to,
        record.supersedes.clone().unwrap_or_default(),
        record.reason.clone().unwrap_or_default(),
        record.actor.clone(),
        record.hash.clone(),
    ];
    Ok((cells, act))
}

/// A cell that a spreadsheet would take for a formula begins with an apostrophe.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

fn csv(head: &[String], rows: &[Vec<String>]) -> Result<Vec<u8>, Error> {
    // Spreadsheets take the mark for UTF-8.
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(head).map_err(Error::internal)?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| harmless(cell))).map_err(Error::internal)?;
    }
    writer.into_inner().map_err(Error::internal)
}

fn json(rows: &[Vec<String>]) -> Result<Vec<u8>, Error> {
    let item = |row: &Vec<String>| {
        let members = COLUMNS.iter().zip(row).map(|(column, cell)| ((*column).to_owned(), Value::String(cell.clone())));
        Value::Object(members.collect::<Map<_, _>>())
    };
    let items: Vec<Value> = rows.iter().map(item).collect();
    serde_json::to_vec(&serde_json::json!({ "items": items })).map_err(Error::internal)
}

fn xlsx(head: &[String], rows: &[Vec<String>]) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
    let mut workbook = Workbook::new();
    // The same register gives the same bytes.
    let created = rust_xlsxwriter::ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&rust_xlsxwriter::DocProperties::new().set_creation_datetime(&created));
    let sheet = workbook.add_worksheet();
    for (line, row) in std::iter::once(&head.to_vec()).chain(rows).enumerate() {
        for (column, cell) in row.iter().enumerate() {
            // A text, whatever it begins with: never a formula.
            sheet.write_string(line as u32, column as u16, cell)?;
        }
    }
    workbook.save_to_buffer()
}
