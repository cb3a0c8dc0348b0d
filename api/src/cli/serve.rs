//! `hengshu serve`.

use clap::Args;
use serde_json::json;
use valuation::words;

use crate::app::App;
use crate::cli::{Answer, Format, Global};
use crate::error::Error;
use crate::register::Access;
use crate::service;

#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// Address and port; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:8080", env = "HENGSHU_BIND")]
    pub bind: String,
}

impl Serve {
    pub async fn run(&self, global: &Global) -> Result<Answer, Error> {
        let mut config = global.config();
        config.service.bind.clone_from(&self.bind);
        let app = App::open(config, Access::Write).await?;
        let language = global.language();
        let format = global.format;
        let said = |url: &str, setup: Option<&str>| match format {
            Format::Json => {
                println!("{}", json!({ "url": url, "openapi": format!("{url}/openapi.json"), "setup": setup }));
            }
            Format::Table => {
                println!("{}", words::format("cli.serve.at", language, &[("url", url)]));
                if let Some(setup) = setup {
                    println!("{}", words::format("cli.serve.setup", language, &[("url", setup)]));
                }
            }
        };
        service::serve(app, said).await?;
        Ok(Answer { json: serde_json::Value::Null, text: String::new(), exit: 0 })
    }
}
