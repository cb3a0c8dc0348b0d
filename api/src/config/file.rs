//! The configuration file, and the environment over it: `hengshu.toml`, `HENGSHU_*`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::Config;
use crate::error::Error;
use crate::work::document;

/// What can stand in the file; everything may be absent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConfigFile {
    pub data: DataPart,
    pub service: ServicePart,
    pub compute: ComputePart,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataPart {
    pub dir: Option<PathBuf>,
    pub register: Option<String>,
    pub organisation: Option<String>,
    pub actor: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServicePart {
    pub bind: Option<String>,
    pub body_bytes_max: Option<u64>,
    pub upload_bytes_max: Option<u64>,
    pub evidence_bytes_max: Option<u64>,
    pub stop_wait_s_max: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ComputePart {
    pub threads: Option<usize>,
    pub places: Option<u64>,
    pub queue_wait_s_max: Option<u64>,
}

impl ConfigFile {
    /// Reads the file.
    ///
    /// Errors: `file_not_found`; `unknown_field` with the nearest known name; `wrong_value`.
    pub fn read(path: &Path) -> Result<ConfigFile, Error> {
        document::read(path)
    }

    /// The values that options of the command line have as well, by the name of the option.
    pub fn options(&self) -> Vec<(&'static str, String)> {
        let data = &self.data;
        let options = [
            ("data_dir", data.dir.as_ref().map(|dir| dir.display().to_string())),
            ("register", data.register.clone()),
            ("organisation", data.organisation.clone()),
            ("actor", data.actor.clone()),
            ("threads", self.compute.threads.map(|threads| threads.to_string())),
        ];
        options.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Puts the values that no option has into `config`.
    pub fn fill(&self, config: &mut Config) {
        let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let (service, compute) = (&mut config.service, &mut config.compute);
        service.body_bytes_max = self.service.body_bytes_max.map_or(service.body_bytes_max, whole);
        service.upload_bytes_max = self.service.upload_bytes_max.unwrap_or(service.upload_bytes_max);
        service.evidence_bytes_max = self.service.evidence_bytes_max.unwrap_or(service.evidence_bytes_max);
        service.stop_wait_s_max = self.service.stop_wait_s_max.unwrap_or(service.stop_wait_s_max);
        compute.places = self.compute.places.map_or(compute.places, whole).clamp(1, 1 << 10);
        compute.queue_wait_max = self.compute.queue_wait_s_max.map_or(compute.queue_wait_max, Duration::from_secs);
    }

    /// Takes `HENGSHU_SERVICE_BODY_BYTES_MAX` and its kin from the environment, over the file.
    ///
    /// Errors: `wrong_value` where one is no whole number.
    pub fn overlay(&mut self, variable: impl Fn(&str) -> Option<String>) -> Result<(), Error> {
        for (name, to) in [
            ("HENGSHU_SERVICE_BODY_BYTES_MAX", &mut self.service.body_bytes_max),
            ("HENGSHU_SERVICE_UPLOAD_BYTES_MAX", &mut self.service.upload_bytes_max),
            ("HENGSHU_SERVICE_EVIDENCE_BYTES_MAX", &mut self.service.evidence_bytes_max),
            ("HENGSHU_SERVICE_STOP_WAIT_S_MAX", &mut self.service.stop_wait_s_max),
            ("HENGSHU_COMPUTE_PLACES", &mut self.compute.places),
            ("HENGSHU_COMPUTE_QUEUE_WAIT_S_MAX", &mut self.compute.queue_wait_s_max),
        ] {
            let Some(text) = variable(name) else { continue };
            *to = Some(text.trim().parse().map_err(|_| Error::WrongValue {
                file: None,
                line: None,
                field: Some(name.to_owned()),
                said: text,
            })?);
        }
        Ok(())
    }
}
