//! `hengshu schema NAME`.

use clap::Args;
use serde_json::json;

use crate::cli::Answer;
use crate::error::Error;
use crate::work;

#[derive(Debug, Args)]
pub struct Schema {
    /// Name of an input or output, such as `case` or `relief_from_royalty`.
    #[arg(required_unless_present = "list")]
    name: Option<String>,
    /// Print every name.
    #[arg(long)]
    list: bool,
}

impl Schema {
    pub fn run(self) -> Result<Answer, Error> {
        match self.name {
            Some(name) if !self.list => {
                let schema = work::schema::schema(&name)?;
                let text = serde_json::to_string_pretty(&schema).map_err(Error::internal)?;
                Answer::done(&schema, text)
            }
            _ => {
                let names = work::schema::names();
                Answer::done(&json!({ "schemas": names }), names.join("\n"))
            }
        }
    }
}
