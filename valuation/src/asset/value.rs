//! Value attributes (价值属性).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the data are good for. Empty members print as not stated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ValueAttributes {
    /// 数据覆盖地域
    pub territory: String,
    /// 所属行业
    pub industry: String,
    /// 数据成本信息
    pub cost: String,
    /// 应用场景
    pub scenario: String,
    /// 数据质量
    pub quality: String,
    /// 稀缺性
    pub scarcity: String,
    /// 可替代性
    pub substitutability: String,
}
