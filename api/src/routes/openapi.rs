//! The OpenAPI 3.1 document, generated from the handlers; its component schemas are those that `hengshu schema` prints.

use actix_web::{HttpResponse, get};
use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::access::{MATRIX, Who};
use crate::error::Error;
use crate::work;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hengshu 衡数",
        description = "Prices data assets: cost, income and market approach, recorded and reported. 数据资产定价服务。"
    ),
    paths(
        crate::routes::front::show,
        crate::routes::health::show,
        crate::routes::error_table::list,
        show,
        crate::routes::assets::add,
        crate::routes::assets::list,
        crate::routes::assets::show,
        crate::routes::trades::import,
        crate::routes::trades::show,
        crate::routes::trades::screen,
        crate::routes::price_models::fit,
        crate::routes::price_models::list,
        crate::routes::price_models::show,
        crate::routes::valuations::value,
        crate::routes::valuations::list,
        crate::routes::valuations::show,
        crate::routes::reports::file,
        crate::routes::reports::record,
        crate::routes::health::ready,
        crate::routes::people::list,
        crate::routes::people::change,
        crate::routes::tokens::list,
        crate::routes::tokens::make,
        crate::routes::tokens::revoke,
        crate::routes::session::sign_in,
        crate::routes::session::show,
        crate::routes::session::sign_out,
        crate::routes::session::sign_in_page,
        crate::routes::session::sign_in_form,
        crate::routes::session::setup_page,
        crate::routes::session::setup_form,
        crate::routes::observe::show,
        crate::routes::jobs::add,
        crate::routes::jobs::list,
        crate::routes::jobs::show,
        crate::routes::jobs::cancel,
        crate::routes::jobs::events,
        crate::routes::evidence::add,
        crate::routes::evidence::show,
        crate::routes::registry::book,
        crate::routes::registry::chain
    ),
    tags(
        (name = "assets", description = "Data assets 数据资产"),
        (name = "trades", description = "Trades 交易"),
        (name = "models", description = "Price models 价格模型"),
        (name = "valuations", description = "Valuations 评估"),
        (name = "people", description = "People, tokens, sessions 人员、令牌、会话"),
        (name = "jobs", description = "Long work 任务"),
        (name = "service", description = "The service itself 服务"),
    )
)]
struct Handlers;

/// Whether `path` is one of the addresses, whatever the method.
pub fn serves(path: &str) -> bool {
    let fits = |known: &str| {
        let (mut known, mut asked) = (known.split('/'), path.split('/'));
        loop {
            match (known.next(), asked.next()) {
                (None, None) => return true,
                (Some(part), Some(name)) if part == name => {}
                (Some(part), Some(name)) if part.starts_with('{') && !name.is_empty() => {}
                (Some(part), Some(name)) if part.starts_with("report.") && name.starts_with("report.") => {}
                _ => return false,
            }
        }
    };
    Handlers::openapi().paths.paths.keys().any(|known| fits(known))
}

/// The whole document.
pub fn document() -> Result<Value, Error> {
    let mut document = serde_json::to_value(Handlers::openapi()).map_err(Error::internal)?;
    if let Some(members) = document.as_object_mut() {
        let components = members.entry("components").or_insert_with(|| Value::Object(Default::default()));
        components["securitySchemes"] = json!({
            "token": { "type": "http", "scheme": "bearer" },
            "session": { "type": "apiKey", "in": "cookie", "name": crate::routes::gate::COOKIE },
        });
        components["schemas"] = Value::Object(work::schema::components());
    }
    secure(&mut document);
    Ok(document)
}

/// Puts the access matrix into the document: who needs to say who they are, and the roles of each operation.
fn secure(document: &mut Value) {
    for rule in MATRIX.iter().filter(|rule| rule.who != Who::Anyone) {
        let method = rule.method.to_lowercase();
        let operation =
            document.get_mut("paths").and_then(|paths| paths.get_mut(rule.path)).and_then(|path| path.get_mut(&method));
        let Some(operation) = operation else { continue };
        operation["security"] = json!([{ "token": [] }, { "session": [] }]);
        if let Who::Roles(roles) = rule.who {
            operation["x-roles"] = roles.iter().map(|role| role.key()).collect();
        }
    }
}

/// This document.
#[utoipa::path(
    operation_id = "show_openapi",
    tag = "service",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json"))
)]
#[get("/openapi.json")]
pub async fn show() -> Result<HttpResponse, Error> {
    Ok(HttpResponse::Ok().json(document()?))
}
