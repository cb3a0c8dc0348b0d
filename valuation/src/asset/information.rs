//! Information attributes (信息属性).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the data are. Empty members print as not stated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct InformationAttributes {
    /// 数据结构
    pub structure: String,
    /// 数据字典
    pub dictionary: String,
    /// 数据规模
    pub size: String,
    /// 数据周期
    pub period: String,
    /// 产生频率
    pub frequency: String,
    /// 存储方式
    pub storage: String,
}
