//! The books: opened from a setup, fed with events, run, closed; every step is a record that is never changed.

pub mod entries;
pub mod files;
pub mod memo;

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use valuation::recognition::error::BookError;
use valuation::recognition::event::BookEvent;
use valuation::recognition::ledger::{Act, BookSetup, Ledger};
use valuation::recognition::month::Month;

use crate::app::App;
use crate::error::Error;
use crate::register::{Entry as Record, Finding, Kind};
use crate::work::asset::id_fits;
use crate::work::document;
use entries::{Posted, posted};

/// What `book open` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BookOpened {
    pub book_id: String,
    pub setup: BookSetup,
    pub fresh: bool,
}

/// What `book record` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BookRecorded {
    pub book_id: String,
    /// Events of the file.
    pub read: u64,
    pub recorded: u64,
    /// Events that were there already, word for word.
    pub already: u64,
}

/// What `book run` and `book close` answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BookRun {
    pub book_id: String,
    pub through: Option<Month>,
    pub closed: Option<Month>,
    pub locked: Option<Month>,
    /// Entries added, by book.
    pub posted: BTreeMap<String, u64>,
    pub entries: Vec<Posted>,
}

/// What `book verify` answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BookVerified {
    /// Steps that were replayed.
    pub checked: u64,
    /// Entries that were compared.
    pub entries: u64,
    pub failures: Vec<Finding>,
}

/// A step as it is recorded: the act and the entries that followed from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Step {
    book: String,
    act: Act,
    entries: Vec<valuation::recognition::journal::Entry>,
}

/// The error of a book, with the file and the line it stands in.
pub(crate) fn in_file(file: Option<String>, line: Option<u64>) -> impl Fn(BookError) -> Error {
    move |fault| Error::Book { file: file.clone(), line, fault }
}

fn refused(fault: BookError) -> Error {
    Error::Book { file: None, line: None, fault }
}

/// Opens books.
///
/// Errors: `id_conflict` where other books have this id.
pub async fn open(app: &App, setup: BookSetup) -> Result<BookOpened, Error> {
    id_fits(&setup.id)?;
    Ledger::open(setup.clone()).map_err(refused)?;
    let document = serde_json::to_value(&setup).map_err(Error::internal)?;
    let entry = Record { kind: Kind::Book, id: setup.id.clone(), document, supersedes: None };
    let recorded = app.record(entry).await?;
    Ok(BookOpened { book_id: setup.id.clone(), setup, fresh: recorded.fresh })
}

/// The steps of a book as known at a moment.
async fn steps(app: &App, id: &str, known_at: Option<DateTime<Utc>>) -> Result<(BookSetup, Vec<Step>), Error> {
    let organisation = &app.config.data.organisation;
    let found = app.register.get(organisation, Kind::Book, id, known_at).await?;
    let found = found.ok_or_else(|| Error::RecordNotFound { kind: Kind::Book.key(), id: id.to_owned() })?;
    let setup: BookSetup = serde_json::from_value(found.document).map_err(Error::internal)?;
    let (mut steps, mut after) = (Vec::new(), found.number);
    loop {
        let records = app.register.list(organisation, Kind::BookAct, after, 1000, known_at).await?;
        let Some(last) = records.last() else { return Ok((setup, steps)) };
        after = last.number;
        for record in records {
            if record.document["book"] == id {
                steps.push(serde_json::from_value(record.document).map_err(Error::internal)?);
            }
        }
    }
}

/// The ledger as known at a moment (now where it is `None`), and the number of its steps.
///
/// Errors: `record_not_found`.
pub async fn ledger(app: &App, id: &str, known_at: Option<DateTime<Utc>>) -> Result<(Ledger, usize), Error> {
    let (setup, steps) = steps(app, id, known_at).await?;
    let count = steps.len();
    let replay = move || Ledger::replay(setup, steps.iter().map(|step| &step.act)).map_err(refused);
    Ok((app.compute.run(replay).await?, count))
}

/// Reads events, one JSON object a line.
///
/// Errors: `broken_file`, `unknown_field`, `wrong_value`, each with the line.
pub fn read_events(path: &Path) -> Result<Vec<(u64, BookEvent)>, Error> {
    let (text, _) = document::text(path)?;
    let mut events = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let (file, number) = (document::name(path), Some(index as u64 + 1));
        let event = serde_json::from_str(line).map_err(|error: serde_json::Error| match error.classify() {
            serde_json::error::Category::Data => document::refused(&error.to_string(), file, number),
            _ => Error::BrokenFile { file, line: number, said: error.to_string() },
        })?;
        events.push((index as u64 + 1, event));
    }
    Ok(events)
}

/// Records events: all of the file or none.
///
/// Errors: those of the events, with file and line.
pub async fn record(app: &App, id: &str, path: &Path) -> Result<BookRecorded, Error> {
    let events = read_events(path)?;
    let (mut ledger, _) = ledger(app, id, None).await?;
    let (read, mut fresh) = (events.len() as u64, Vec::new());
    for (line, event) in events {
        let known = ledger.event(&event.id).is_some();
        let act = Act::Record(Box::new(event));
        ledger.apply(&act).map_err(in_file(document::name(path), Some(line)))?;
        let Act::Record(event) = &act else { continue };
        if !known {
            fresh.push((format!("{id}/event/{}", event.id), act));
        }
    }
    let recorded = fresh.len() as u64;
    let records: Vec<Record> = fresh.into_iter().map(|(name, act)| step(name, id, act, Vec::new())).collect();
    let data = &app.config.data;
    app.register.record(&data.organisation, &data.actor, &records).await?;
    Ok(BookRecorded { book_id: id.to_owned(), read, recorded, already: read - recorded })
}

fn step(name: String, book: &str, act: Act, entries: Vec<valuation::recognition::journal::Entry>) -> Record {
    let document = json!({ "book": book, "act": act, "entries": entries });
    Record { kind: Kind::BookAct, id: name, document, supersedes: None }
}

/// Takes steps that post, one after the other, and records each with its entries.
async fn take(app: &App, id: &str, acts: impl Fn(&Ledger) -> Vec<Act> + Send + 'static) -> Result<BookRun, Error> {
    let (mut ledger, count) = ledger(app, id, None).await?;
    let book = id.to_owned();
    let work = move || {
        let mut records = Vec::new();
        let mut all = Vec::new();
        let mut sums: BTreeMap<String, u64> = BTreeMap::new();
        for act in acts(&ledger) {
            let (before, through) = (ledger.through(), ledger.closed().max(ledger.locked()));
            let added = ledger.apply(&act).map_err(refused)?;
            let mut entries = Vec::new();
            for (index, added) in added.iter().enumerate() {
                let journal = ledger.entries(index);
                entries.extend_from_slice(&journal[journal.len() - *added as usize..]);
                *sums.entry(ledger.setup().books[index].name.clone()).or_insert(0) += added;
            }
            all.extend(entries.iter().map(|entry| posted(&ledger, entry)));
            let still = matches!(act, Act::Run(_)) && before == ledger.through() && entries.is_empty();
            if !still || through != ledger.closed().max(ledger.locked()) {
                let name = format!("{book}/step/{:06}", count + records.len() + 1);
                records.push(step(name, &book, act, entries));
            }
        }
        let (through, closed, locked) = (ledger.through(), ledger.closed(), ledger.locked());
        Ok((records, BookRun { book_id: book, through, closed, locked, posted: sums, entries: all }))
    };
    let (records, answer) = app.compute.run(work).await?;
    let data = &app.config.data;
    app.register.record(&data.organisation, &data.actor, &records).await?;
    Ok(answer)
}

/// Posts every period up to `through`.
pub async fn run(app: &App, id: &str, through: Month) -> Result<BookRun, Error> {
    take(app, id, move |_| vec![Act::Run(through)]).await
}

/// Posts and closes the periods up to `period`; `lock` bars them from adjusting events as well.
///
/// Errors: `book_period_order` where the period is closed already.
pub async fn close(app: &App, id: &str, period: Month, lock: bool) -> Result<BookRun, Error> {
    let acts = move |ledger: &Ledger| {
        let mut next = ledger.closed().map_or(ledger.setup().first_period, Month::next);
        let mut acts = Vec::new();
        while next < period {
            acts.push(Act::Close(next));
            next = next.next();
        }
        if !lock || ledger.closed().is_none_or(|closed| closed < period) {
            acts.push(Act::Close(period));
        }
        if lock {
            acts.push(Act::Lock(period));
        }
        acts
    };
    take(app, id, acts).await
}

/// Replays every step: the entries that follow are those recorded, they balance, and accounts tie with assets.
///
/// Errors: `record_not_found`.
pub async fn verify(app: &App, id: &str) -> Result<BookVerified, Error> {
    let (setup, steps) = steps(app, id, None).await?;
    app.compute.run(move || Ok(replayed(setup, steps))).await
}

fn replayed(setup: BookSetup, steps: Vec<Step>) -> BookVerified {
    let mut answer = BookVerified::default();
    let id = setup.id.clone();
    let mut ledger = match Ledger::open(setup) {
        Ok(ledger) => ledger,
        Err(fault) => {
            answer.failures.push(Finding::new("refused_now", id, fault.to_string()));
            return answer;
        }
    };
    for step in steps {
        answer.checked += 1;
        let subject = format!("{id} {}", answer.checked);
        let added = match ledger.apply(&step.act) {
            Ok(added) => added,
            Err(fault) => {
                answer.failures.push(Finding::new("refused_now", subject, fault.to_string()));
                return answer;
            }
        };
        let mut found = Vec::new();
        for (index, added) in added.iter().enumerate() {
            let journal = ledger.entries(index);
            found.extend_from_slice(&journal[journal.len() - *added as usize..]);
        }
        answer.entries += found.len() as u64;
        if found != step.entries {
            let detail = format!("{} → {}", step.entries.len(), found.len());
            answer.failures.push(Finding::new("other_entries", &subject, detail));
        }
        for entry in step.entries.iter().filter(|entry| !entry.balances()) {
            answer.failures.push(Finding::new("unbalanced", &subject, format!("{} {}", entry.book, entry.number)));
        }
    }
    answer.failures.extend(untied(&ledger));
    answer
}

/// Accounts that do not agree with the assets they stand for, in what is posted.
fn untied(ledger: &Ledger) -> Vec<Finding> {
    use valuation::recognition::account::Account as A;
    let mut failures = Vec::new();
    let Some(through) = ledger.through() else { return failures };
    for (index, book) in ledger.setup().books.iter().enumerate() {
        let balances = ledger.balances(index, through.max(ledger.closed().map_or(through, Month::next)));
        let accounts = [A::Inventory, A::InventoryAllowance, A::Intangible, A::Amortised, A::Impaired, A::Development];
        let said: rust_decimal::Decimal = accounts.iter().filter_map(|account| balances.get(account)).sum();
        let assets = ledger.assets().map(|asset| ledger.asset(index, asset, through));
        let carried: Result<rust_decimal::Decimal, BookError> =
            assets.map(|trace| trace.map(|trace| trace.holding.carrying())).sum();
        match carried {
            Ok(carried) if carried == said => {}
            Ok(carried) => failures.push(Finding::new("not_tied", &book.name, format!("{said} → {carried}"))),
            Err(fault) => failures.push(Finding::new("refused_now", &book.name, fault.to_string())),
        }
    }
    failures
}
