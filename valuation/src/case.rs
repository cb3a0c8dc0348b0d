//! The request: one data asset, its purpose and date, the methods with their inputs, and how they are reconciled.

pub mod read;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::asset::DataAsset;
use crate::evidence::Evidence;
use crate::method::{Approach, Method, MethodName};
use crate::money::Currency;
use crate::reconcile::Reconcile;
use crate::uncertainty::plan::UncertaintyPlan;
use crate::workbook::Sampling;

/// A valuation case, as a case file (JSON or TOML) holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub asset: DataAsset,
    pub purpose: Purpose,
    pub basis: Basis,
    /// 评估基准日
    pub valuation_date: NaiveDate,
    pub currency: Currency,
    /// Who prepared the case; printed in report and working paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepared_by: Option<String>,
    /// What inputs rest on, referred to by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    pub methods: Vec<Method>,
    /// Approaches that were not used, each with its reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_used: Vec<NotUsed>,
    /// Uncertain inputs that move together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependence: Vec<Dependence>,
    pub reconcile: Reconcile,
    #[serde(default)]
    pub simulation: SimulationPlan,
    /// What is asked about the uncertainty beside the intervals.
    #[serde(default, skip_serializing_if = "UncertaintyPlan::is_usual")]
    pub uncertainty: UncertaintyPlan,
}

/// 评估目的
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// 转让
    Transfer,
    /// 许可
    Licensing,
    /// 作价入股
    ContributionInKind,
    /// 质押
    Pledge,
    /// 保险
    Insurance,
    /// 减值测试
    Impairment,
    /// 诉讼
    Litigation,
    /// 入表支持
    BalanceSheetSupport,
    /// 挂牌
    Listing,
}

/// 价值类型
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// 市场价值
    Market,
    /// 投资价值
    Investment,
    /// 在用价值
    InUse,
    /// 清算价值
    Liquidation,
    /// 残余价值
    Residual,
    /// 公允价值
    FairValue,
    /// 可收回金额
    RecoverableAmount,
}

/// An approach, or one method, that was not used, with the reason: documented inapplicability is a result. At least one of
/// `approach` and `method` is given; the approach of a method is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "NotUsedWritten")]
pub struct NotUsed {
    pub approach: Approach,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<MethodName>,
    pub reason: String,
}

/// As a case file writes it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NotUsedWritten {
    approach: Option<Approach>,
    method: Option<MethodName>,
    reason: String,
}

impl TryFrom<NotUsedWritten> for NotUsed {
    type Error = &'static str;

    fn try_from(written: NotUsedWritten) -> Result<NotUsed, &'static str> {
        let NotUsedWritten { approach, method, reason } = written;
        let known = method.map(MethodName::approach);
        if let (Some(said), Some(known)) = (approach, known)
            && said != known
        {
            return Err("the method belongs to another approach");
        }
        let approach = approach.or(known).ok_or("`approach` or `method` is expected")?;
        Ok(NotUsed { approach, method, reason })
    }
}

/// Two uncertain inputs that move together (Gaussian copula).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dependence {
    /// Names of two inputs such as `relief_from_royalty.royalty_rate`.
    pub inputs: [String; 2],
    /// Correlation of their normal scores, between −1 and 1.
    pub correlation: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumption: Option<crate::assumption::Assumption>,
}

/// How the workbook is simulated; recorded with the result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SimulationPlan {
    /// Number of draws, at least 100.
    pub draws: u32,
    pub seed: u64,
    pub sampling: Sampling,
    /// Probability covered by the intervals.
    pub level: f64,
}

impl Default for SimulationPlan {
    fn default() -> Self {
        SimulationPlan { draws: 20_000, seed: 20_260_101, sampling: Sampling::LatinHypercube, level: 0.9 }
    }
}

/// Fitted price models by their id, gathered before the engines run: engines look nothing up.
pub type PriceModels = BTreeMap<String, crate::market::price_model::PriceModel>;
