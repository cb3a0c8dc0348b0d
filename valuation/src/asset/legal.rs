//! Legal attributes (法律属性) and the three rights.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who holds which right, by which path, within which limits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LegalAttributes {
    /// 授权主体信息
    pub authorised_by: String,
    /// 产权持有人信息
    pub holder: String,
    /// 权利类型、范围、期限与限制
    pub rights: Vec<Right>,
}

/// One right over the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Right {
    pub kind: RightKind,
    /// 权利路径
    #[serde(default)]
    pub path: String,
    /// 权利范围
    #[serde(default)]
    pub scope: String,
    /// 权利期限: the last day of the right; absent where it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    /// 权利限制
    #[serde(default)]
    pub restriction: String,
    /// Ids of the evidence of the case that the right rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

/// The three rights (三权分置); their printed names are dated words (持有、使用、经营 since the 2025 glossary).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RightKind {
    /// 数据资源持有权
    Holding,
    /// 数据加工使用权
    Use,
    /// 数据产品经营权
    Operation,
}
