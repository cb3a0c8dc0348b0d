//! What every use case works with: the settings, the register and the compute lane.

use std::path::{Path, PathBuf};

use crate::compute::Compute;
use crate::config::Config;
use crate::error::Error;
use crate::register::{Access, Entry, Kind, Record, Recorded, Register};

/// The open house.
pub struct App {
    pub config: Config,
    pub register: Register,
    pub compute: Compute,
}

impl App {
    /// Opens the register below the data folder and the compute lane.
    pub async fn open(config: Config, access: Access) -> Result<App, Error> {
        let compute = Compute::new(&config.compute)?;
        let register = Register::open(&config.data.dir, access).await?;
        Ok(App { config, register, compute })
    }

    /// Closes the register, so that its file is whole and sealed.
    pub async fn close(self) -> Result<(), Error> {
        Ok(self.register.close().await?)
    }

    pub fn dir(&self) -> &Path {
        &self.config.data.dir
    }

    /// Where the trade store lives.
    pub fn trades_dir(&self) -> PathBuf {
        self.dir().join("trades")
    }

    /// Where reports and working papers are written.
    pub fn reports_dir(&self) -> PathBuf {
        self.dir().join("reports")
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
