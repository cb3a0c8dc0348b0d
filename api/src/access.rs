//! Who may do what: roles, and the access matrix of route × role as data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a person does in an organisation.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
pub enum Role {
    /// 评估师
    Appraiser,
    /// 复核人
    Reviewer,
    /// 质量控制
    QualityControl,
    /// 委托人
    Client,
    /// 财务
    Finance,
    /// 交易所经办
    ExchangeOperator,
    /// 监管
    Oversight,
    /// 审计: reads everything, writes nothing.
    Auditor,
    /// 管理员: people, tokens and the chain.
    Administrator,
}

impl Role {
    pub const ALL: [Role; 9] = [
        Role::Appraiser,
        Role::Reviewer,
        Role::QualityControl,
        Role::Client,
        Role::Finance,
        Role::ExchangeOperator,
        Role::Oversight,
        Role::Auditor,
        Role::Administrator,
    ];

    /// The name in documents and messages.
    pub fn key(self) -> &'static str {
        match self {
            Role::Appraiser => "appraiser",
            Role::Reviewer => "reviewer",
            Role::QualityControl => "quality_control",
            Role::Client => "client",
            Role::Finance => "finance",
            Role::ExchangeOperator => "exchange_operator",
            Role::Oversight => "oversight",
            Role::Auditor => "auditor",
            Role::Administrator => "administrator",
        }
    }
}

/// Who sends a request, as the gate found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub organisation: String,
    pub person: String,
    pub roles: Vec<Role>,
}

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Nobody has to say who they are.
    Anyone,
    /// Everyone who has signed in or sends a token.
    Known,
    Roles(&'static [Role]),
}

/// One line of the access matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    pub method: &'static str,
    /// As in the OpenAPI document.
    pub path: &'static str,
    pub who: Who,
}

const fn rule(method: &'static str, path: &'static str, who: Who) -> Rule {
    Rule { method, path, who }
}

use Role::{Administrator, Appraiser, Auditor, Client, ExchangeOperator, Finance, Oversight, QualityControl, Reviewer};

const APPRAISER: Who = Who::Roles(&[Appraiser]);
const ADMINISTRATOR: Who = Who::Roles(&[Administrator]);
const REGISTRAR: Who = Who::Roles(&[Appraiser, Finance, ExchangeOperator]);
const MARKET: Who = Who::Roles(&[Appraiser, ExchangeOperator]);
const WORKERS: Who = Who::Roles(&[Appraiser, Finance, ExchangeOperator, Auditor, Administrator]);
const READ_ASSETS: Who =
    Who::Roles(&[Appraiser, Reviewer, QualityControl, Client, Finance, ExchangeOperator, Oversight, Auditor]);
const READ_MARKET: Who =
    Who::Roles(&[Appraiser, Reviewer, QualityControl, Finance, ExchangeOperator, Oversight, Auditor]);
const READ_VALUATIONS: Who = Who::Roles(&[Appraiser, Reviewer, QualityControl, Client, Finance, Auditor]);
/// Working papers and archives stay inside the firm.
const READ_PAPERS: Who = Who::Roles(&[Appraiser, Reviewer, QualityControl, Auditor]);
const READ_CHAIN: Who = Who::Roles(&[Auditor, Administrator]);

/// The access matrix: a route that does not stand here is not served.
#[rustfmt::skip]
pub const MATRIX: &[Rule] = &[
    rule("GET",    "/v1/health",                              Who::Anyone),
    rule("GET",    "/v1/ready",                               Who::Anyone),
    rule("GET",    "/v1/errors",                              Who::Anyone),
    rule("GET",    "/openapi.json",                           Who::Anyone),
    rule("GET",    "/setup",                                  Who::Anyone),
    rule("POST",   "/setup",                                  Who::Anyone),
    rule("GET",    "/sign-in",                                Who::Anyone),
    rule("POST",   "/sign-in",                                Who::Anyone),
    rule("POST",   "/v1/session",                             Who::Anyone),
    rule("GET",    "/v1/session",                             Who::Known),
    rule("DELETE", "/v1/session",                             Who::Known),
    rule("GET",    "/metrics",                                READ_CHAIN),
    rule("GET",    "/",                                       READ_PAPERS),
    rule("GET",    "/v1/assets",                              READ_ASSETS),
    rule("POST",   "/v1/assets",                              REGISTRAR),
    rule("GET",    "/v1/assets/{id}",                         READ_ASSETS),
    rule("GET",    "/v1/books/{book}",                        READ_ASSETS),
    rule("POST",   "/v1/evidence",                            REGISTRAR),
    rule("GET",    "/v1/evidence/{id}",                       READ_ASSETS),
    rule("GET",    "/v1/trades",                              READ_MARKET),
    rule("POST",   "/v1/trades",                              MARKET),
    rule("GET",    "/v1/trades/screening",                    READ_MARKET),
    rule("GET",    "/v1/models",                              READ_MARKET),
    rule("POST",   "/v1/models",                              MARKET),
    rule("GET",    "/v1/models/{id}",                         READ_MARKET),
    rule("GET",    "/v1/valuations",                          READ_VALUATIONS),
    rule("POST",   "/v1/valuations",                          APPRAISER),
    rule("GET",    "/v1/valuations/{id}",                     READ_VALUATIONS),
    rule("GET",    "/v1/valuations/{id}/record",              READ_PAPERS),
    rule("GET",    "/v1/valuations/{id}/report.{format}",     READ_VALUATIONS),
    rule("GET",    "/v1/jobs",                                WORKERS),
    rule("POST",   "/v1/jobs",                                MARKET),
    rule("GET",    "/v1/jobs/{id}",                           WORKERS),
    rule("DELETE", "/v1/jobs/{id}",                           MARKET),
    rule("GET",    "/v1/jobs/{id}/events",                    WORKERS),
    rule("GET",    "/v1/people",                              READ_CHAIN),
    rule("PUT",    "/v1/people/{id}",                         ADMINISTRATOR),
    rule("GET",    "/v1/tokens",                              READ_CHAIN),
    rule("POST",   "/v1/tokens",                              ADMINISTRATOR),
    rule("DELETE", "/v1/tokens/{id}",                         ADMINISTRATOR),
    rule("GET",    "/v1/audit",                               READ_CHAIN),
];

/// The line for a method and a path of the OpenAPI document.
pub fn rule_for(method: &str, path: &str) -> Option<&'static Rule> {
    MATRIX.iter().find(|rule| rule.method == method && rule.path == path)
}

impl Who {
    /// Whether a caller with `roles` may.
    pub fn admits(self, roles: &[Role]) -> bool {
        match self {
            Who::Anyone | Who::Known => true,
            Who::Roles(admitted) => roles.iter().any(|role| admitted.contains(role)),
        }
    }
}
