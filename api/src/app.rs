//! What every use case works with: the settings, the register and the compute lane, for one organisation.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::compute::Compute;
use crate::config::Config;
use crate::doors::Doors;
use crate::error::Error;
use crate::jobs::Jobs;
use crate::register::{Access, Entry, Kind, Record, Recorded, Register};

/// The open house as one organisation sees it; clones share register, lane and doors.
#[derive(Clone)]
pub struct App {
    pub config: Config,
    pub register: Register,
    pub compute: Compute,
    pub doors: Arc<Doors>,
    pub jobs: Arc<Jobs>,
}

/// The organisation whose files lie directly in the data folder; those of another lie in `organisations/NAME` there.
pub const OWN: &str = "local";

impl App {
    /// Opens the register below the data folder and the compute lane.
    pub async fn open(config: Config, access: Access) -> Result<App, Error> {
        let compute = Compute::new(&config.compute)?;
        let register = match &config.data.register {
            Some(url) => Register::connect_to(url, &config.data.dir).await?,
            None => Register::open(&config.data.dir, access).await?,
        };
        let app = App { config, register, compute, doors: Arc::default(), jobs: Arc::default() };
        app.of_organisation(&app.config.data.organisation, &app.config.data.actor)
    }

    /// The same house as `organisation` sees it, with `actor` as the writer.
    ///
    /// Errors: `wrong_value` for a name that cannot stand in a folder name or a token.
    pub fn of_organisation(&self, organisation: &str, actor: &str) -> Result<App, Error> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if organisation.is_empty() || organisation.len() > 100 || !organisation.chars().all(allowed) {
            let said = format!("{organisation}: a–z A–Z 0–9 - _, 1–100");
            return Err(Error::WrongValue { file: None, line: None, field: Some("organisation".to_owned()), said });
        }
        let mut app = self.clone();
        app.config.data.organisation = organisation.to_owned();
        app.config.data.actor = actor.to_owned();
        Ok(app)
    }

    /// Closes the register, so that its file is whole and sealed.
    pub async fn close(self) -> Result<(), Error> {
        Ok(self.register.close().await?)
    }

    pub fn dir(&self) -> &Path {
        &self.config.data.dir
    }

    /// Where the organisation's files lie; names of files in records start here.
    pub fn home(&self) -> PathBuf {
        home_of(self.dir(), &self.config.data.organisation)
    }

    /// Where the trade store lives.
    pub fn trades_dir(&self) -> PathBuf {
        self.home().join("trades")
    }

    /// Where evidence files live, each under its hash.
    pub fn evidence_dir(&self) -> PathBuf {
        self.home().join("evidence")
    }

    /// Where reports and working papers are written.
    pub fn reports_dir(&self) -> PathBuf {
        self.home().join("reports")
    }

    /// Records one entry under this house's organisation and actor.
    pub async fn record(&self, entry: Entry) -> Result<Recorded, Error> {
        let data = &self.config.data;
        let mut answers = self.register.record(&data.organisation, &data.actor, &[entry]).await?;
        answers.pop().ok_or_else(|| Error::internal("one entry has one answer"))
    }

    /// The record `id`.
    ///
    /// Errors: `record_not_found`.
    pub async fn find(&self, kind: Kind, id: &str) -> Result<Record, Error> {
        let found = self.register.get(&self.config.data.organisation, kind, id, None).await?;
        found.ok_or_else(|| Error::RecordNotFound { kind: kind.key(), id: id.to_owned() })
    }
}

/// Where the files of `organisation` lie below the data folder.
pub fn home_of(dir: &Path, organisation: &str) -> PathBuf {
    if organisation == OWN { dir.to_owned() } else { dir.join("organisations").join(organisation) }
}
