//! Jobs: long work that is asked for now and done later. A job is a record; its outcome supersedes it.

use std::sync::atomic::Ordering;

use ::valuation::case::read::Format;
use ::valuation::fault::Fault;
use ::valuation::words::Language;
use datasets::mapping::Mapping;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::app::App;
use crate::error::Error;
use crate::jobs::{Name, Running};
use crate::problem::Told;
use crate::refusal::Refusal;
use crate::register::{Entry, Kind, Record, Superseded};
use crate::work::asset::{Kept, id_fits};
use crate::work::model::{FitRequest, fit_and_keep};
use crate::work::page::{self, Ask, Page};
use crate::work::person::{first_id, newest, next_id};
use crate::work::trades::{ImportRequest, import_file};
use crate::work::{document, evidence, valuation};

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Task {
    /// Value a case.
    Valuation { case: Value },
    /// Fit a price model over the trade store.
    Fit { fit: FitRequest },
    /// Import an evidence file into the trade store through a shipped mapping.
    Import { mapping: String, evidence: String },
}

/// What is sent to queue a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobRequest {
    /// Made by the caller, so that a retry is harmless.
    pub id: String,
    pub task: Task,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Waiting,
    Running,
    Finished,
    Failed,
    Cancelled,
}

/// What is recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Job {
    task: Task,
    state: JobState,
    result: Option<Value>,
    error: Option<Told>,
}

/// A job as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobRecord {
    pub job_id: String,
    pub task: Task,
    pub state: JobState,
    /// Parts done while it runs, where they are known.
    pub done: Option<u64>,
    pub total: Option<u64>,
    /// Ids of what was made, or the counts of the import.
    pub result: Option<Value>,
    pub error: Option<Told>,
    #[serde(flatten)]
    pub kept: Kept,
}

pub type JobPage = Page<JobRecord>;

fn read(record: &Record) -> Result<Job, Error> {
    serde_json::from_value(record.document.clone()).map_err(Error::internal)
}

fn name(app: &App, id: &str) -> Name {
    Name { organisation: app.config.data.organisation.clone(), id: id.to_owned() }
}

async fn answer(app: &App, record: &Record) -> Result<JobRecord, Error> {
    let job = read(record)?;
    let id = first_id(&record.id);
    let running = app.jobs.running(&name(app, id)).filter(|_| job.state == JobState::Waiting);
    let progress = running.as_ref().and_then(Running::progress);
    Ok(JobRecord {
        job_id: id.to_owned(),
        task: job.task,
        state: if running.is_some() { JobState::Running } else { job.state },
        done: progress.map(|(done, _)| done),
        total: progress.map(|(_, total)| total),
        result: job.result,
        error: job.error,
        kept: Kept::of(app, Kind::Job, record).await?,
    })
}

/// Queues a job; the second member says whether it is new.
///
/// Errors: `busy` where too many wait; `id_conflict`.
pub async fn add(app: &App, request: JobRequest) -> Result<(JobRecord, bool), Error> {
    id_fits(&request.id)?;
    app.jobs.room()?;
    let job = Job { task: request.task, state: JobState::Waiting, result: None, error: None };
    let document = serde_json::to_value(&job).map_err(Error::internal)?;
    let id = request.id;
    let recorded = app.record(Entry { kind: Kind::Job, id: id.clone(), document, supersedes: None }).await?;
    if recorded.fresh {
        app.jobs.push(name(app, &id));
    }
    Ok((show(app, &id).await?, recorded.fresh))
}

/// The job `id` as it stands.
///
/// Errors: `record_not_found`.
pub async fn show(app: &App, id: &str) -> Result<JobRecord, Error> {
    answer(app, &find(app, id).await?).await
}

async fn find(app: &App, id: &str) -> Result<Record, Error> {
    let found = newest(app, Kind::Job, id).await?;
    found.ok_or_else(|| Error::RecordNotFound { kind: Kind::Job.key(), id: id.to_owned() })
}

/// Jobs of the organisation.
pub async fn list(app: &App, ask: &Ask) -> Result<JobPage, Error> {
    let (records, next) = page::records(app, Kind::Job, ask).await?;
    let mut items = Vec::with_capacity(records.len());
    for record in &records {
        items.push(answer(app, record).await?);
    }
    Ok(Page { items, next })
}

/// Cancels a job that waits or can be stopped; cancelling it again is harmless.
///
/// Errors: `record_not_found`; `job_not_waiting`.
pub async fn cancel(app: &App, id: &str) -> Result<JobRecord, Error> {
    let record = find(app, id).await?;
    let job = answer(app, &record).await?;
    let id = &job.job_id;
    let refused = || Refusal::JobNotWaiting { id: id.clone(), state: format!("{:?}", job.state).to_lowercase() };
    match job.state {
        JobState::Cancelled => return Ok(job),
        JobState::Finished | JobState::Failed => return Err(refused().into()),
        JobState::Waiting | JobState::Running => {}
    }
    let name = name(app, id);
    if !app.jobs.remove(&name) {
        let Some(running) = app.jobs.running(&name) else { return Err(refused().into()) };
        if !running.stops {
            return Err(refused().into());
        }
        running.cancelled.notify_one();
    }
    conclude(app, &record, JobState::Cancelled, None, None).await?;
    show(app, id).await
}

/// Records the outcome, unless another was recorded before.
async fn conclude(
    app: &App,
    record: &Record,
    state: JobState,
    result: Option<Value>,
    error: Option<Told>,
) -> Result<(), Error> {
    let job = Job { state, result, error, ..read(record)? };
    let reason = format!("{state:?}").to_lowercase();
    let document = serde_json::to_value(&job).map_err(Error::internal)?;
    let supersedes = Some(Superseded { id: record.id.clone(), reason });
    let recorded = app.record(Entry { kind: Kind::Job, id: next_id(&record.id), document, supersedes }).await;
    app.jobs.tell();
    match recorded {
        Err(Error::Register(fault)) if ["id_conflict", "already_superseded"].contains(&fault_code(&fault)) => Ok(()),
        recorded => recorded.map(|_| ()),
    }
}

fn fault_code(fault: &crate::register::RegisterError) -> &'static str {
    Fault::code(fault)
}

/// Queues again what was recorded and not done when the service stopped.
pub async fn resume(app: &App) -> Result<(), Error> {
    for organisation in app.register.organisations().await? {
        let within = app.of_organisation(&organisation, &app.config.data.actor)?;
        let mut after = 0;
        loop {
            let records = app.register.list(&organisation, Kind::Job, after, 256, None).await?;
            let Some(last) = records.last() else { break };
            after = last.number;
            for record in records.iter().filter(|record| read(record).is_ok_and(|j| j.state == JobState::Waiting)) {
                app.jobs.push(name(&within, &record.id));
            }
        }
    }
    Ok(())
}

/// Does the jobs of the queue, one after another, until it is dropped.
pub async fn work_off(app: App) {
    loop {
        let running = app.jobs.next().await;
        if let Err(error) = one(&app, &running).await {
            tracing::error!(job = %running.name.id, %error, "the outcome of a job is not recorded; it runs again after a restart");
        }
        app.jobs.finished();
    }
}

async fn one(app: &App, running: &Running) -> Result<(), Error> {
    let within = app.of_organisation(&running.name.organisation, &app.config.data.actor)?;
    let record = find(&within, &running.name.id).await?;
    let job = read(&record)?;
    if job.state != JobState::Waiting {
        return Ok(());
    }
    // Whoever asked for it is the writer of what it makes.
    let within = app.of_organisation(&running.name.organisation, &record.actor)?;
    app.jobs.tell();
    let done = tokio::select! {
        done = patient(&within, &job.task, running) => done,
        // What was calculated is dropped before it is recorded; `cancel` has recorded the outcome.
        () = running.cancelled.notified() => return Ok(()),
    };
    match done {
        Ok(result) => conclude(&within, &record, JobState::Finished, Some(result), None).await,
        Err(error) => {
            let told = Told::of(&error, Language::default());
            conclude(&within, &record, JobState::Failed, None, Some(told)).await
        }
    }
}

/// A job waits for a place in the lane as long as it takes.
async fn patient(app: &App, task: &Task, running: &Running) -> Result<Value, Error> {
    loop {
        match perform(app, task, running).await {
            Err(Error::Busy { .. }) => tokio::time::sleep(std::time::Duration::from_millis(200)).await,
            done => return done,
        }
    }
}

async fn perform(app: &App, task: &Task, running: &Running) -> Result<Value, Error> {
    match task {
        Task::Valuation { case } => {
            let case = valuation::parse_case(case.to_string().as_bytes())?;
            let (valued, _) = valuation::value(app, case, None).await?;
            Ok(json!({ "valuation_id": valued.valuation_id }))
        }
        Task::Fit { fit } => {
            let (model, _) = fit_and_keep(app, fit.clone().ask(), None).await?;
            Ok(json!({ "model_id": model.card.model_id }))
        }
        Task::Import { mapping, evidence } => {
            let unknown = || Error::WrongValue {
                file: None,
                line: None,
                field: Some("mapping".to_owned()),
                said: mapping.clone(),
            };
            let known = Mapping::shipped().any(|name| name == *mapping);
            let request = ImportRequest {
                file: evidence::path(app, evidence).await?,
                mapping: if known { Mapping::find(mapping)? } else { return Err(unknown()) },
                recorded_at: None,
                dry_run: false,
                rejects_file: None,
            };
            app.jobs.is_writing();
            let (done, total, jobs) = (running.done.clone(), running.total.clone(), app.jobs.clone());
            let imported = import_file(app, request, move |progress| {
                done.store(progress.bytes, Ordering::Relaxed);
                total.store(progress.bytes_total, Ordering::Relaxed);
                jobs.tell();
            });
            serde_json::to_value(imported.await?).map_err(Error::internal)
        }
    }
}

/// Reads a request.
pub fn parse(text: &str) -> Result<JobRequest, Error> {
    document::parse(text, Format::Json, None)
}
