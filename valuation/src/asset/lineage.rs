//! Where the data come from, how they are graded, and what must not be priced.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::given::Given;

/// A source of the data and the share of them that it makes up. The shares add up to 1; the restricted share is cut from the
/// scope of every value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub name: String,
    pub kind: SourceKind,
    pub share: Given,
    /// The agreement or authorisation the source rests on.
    #[serde(default)]
    pub basis: String,
    /// Last day of the authorisation; absent where it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
}

/// How the holder came by a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// 自有
    Own,
    /// 授权许可
    Licensed,
    /// 受限: may not be used or passed on.
    Restricted,
}

/// Classification and grade (分类分级).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Classification {
    /// 数据类别, such as public, enterprise, personal.
    pub category: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
    /// The rule the grade follows.
    pub rule: String,
}

impl Classification {
    /// Whether nothing is stated.
    pub fn is_empty(&self) -> bool {
        *self == Classification::default()
    }
}

/// 一般、重要、核心 (《中华人民共和国数据安全法》).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    General,
    Important,
    /// Core data are not priced.
    Core,
}

/// Something on the negative list that was found in the asset; it blocks pricing until it is cut out or cured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Blocked {
    pub item: NegativeItem,
    /// What was found, and where.
    pub reason: String,
    /// The id of the evidence that it was cut out or cured; only with it pricing goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cured_by: Option<String>,
}

/// The negative list (负面清单).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NegativeItem {
    /// 危害国家安全、公共利益
    NationalSecurity,
    /// 国家秘密
    StateSecret,
    /// 核心数据
    CoreData,
    /// 未经同意的个人信息
    PersonalWithoutConsent,
    /// 侵犯他人商业秘密或知识产权
    ThirdPartySecret,
    /// 来源不合法
    UnlawfulSource,
    /// 权属争议、查封
    Disputed,
    /// 法律法规禁止交易
    ProhibitedByLaw,
}

impl NegativeItem {
    /// The code that stands in files.
    pub fn code(self) -> &'static str {
        match self {
            NegativeItem::NationalSecurity => "national_security",
            NegativeItem::StateSecret => "state_secret",
            NegativeItem::CoreData => "core_data",
            NegativeItem::PersonalWithoutConsent => "personal_without_consent",
            NegativeItem::ThirdPartySecret => "third_party_secret",
            NegativeItem::UnlawfulSource => "unlawful_source",
            NegativeItem::Disputed => "disputed",
            NegativeItem::ProhibitedByLaw => "prohibited_by_law",
        }
    }
}

/// The share of the data that may not be used.
pub fn restricted(lineage: &[Source]) -> Decimal {
    lineage.iter().filter(|source| source.kind == SourceKind::Restricted).map(|source| source.share.value).sum()
}
