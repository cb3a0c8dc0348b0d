//! The data asset: its information, legal and value attributes.
//!
//! Source: 《数据资产评估指导意见》(中评协〔2023〕17号): the three groups of attributes an appraiser collects.

pub mod class;
pub mod information;
pub mod legal;
pub mod lineage;
pub mod value;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use information::InformationAttributes;
pub use legal::{LegalAttributes, Right, RightKind};
pub use value::ValueAttributes;

pub use crate::market::price_model::{Attribute, Attributes};

/// A data asset as its appraiser describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataAsset {
    /// 数据资产名称
    pub name: String,
    /// Registration or catalogue number, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// 信息属性
    pub information: InformationAttributes,
    /// 法律属性
    pub legal: LegalAttributes,
    /// 价值属性
    pub value: ValueAttributes,
    /// 数据来源: each source with its share; what is restricted is cut from the scope.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lineage: Vec<lineage::Source>,
    /// 分类分级
    #[serde(default, skip_serializing_if = "lineage::Classification::is_empty")]
    pub classification: lineage::Classification,
    /// 负面清单: what blocks pricing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub negative_list: Vec<lineage::Blocked>,
    /// The asset class: the name of a shipped one, or a class of the case's own in the same format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<class::ClassOf>,
    /// Measured attributes a price model reads, such as `records` or `quality`.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}
