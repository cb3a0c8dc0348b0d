//! The closed lists that events choose from.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The four kinds of late event. Source: 《企业会计准则第28号》, 《企业会计准则第29号》; IAS 8, IAS 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LateClass {
    /// 前期差错: a material one restates prior years (6901), another goes through the current result.
    Error,
    /// 会计估计变更: prospective, from the first open period.
    Estimate,
    /// 会计政策变更: retrospective, through opening retained earnings.
    Policy,
    /// 资产负债表日后调整事项: entered in the reported period, which must not be locked.
    AdjustingEvent,
}

/// How the asset came in. Source: CAS 6 art. 12–14, CAS 7, 12, 16, 20.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// 外购
    Purchased,
    /// 自行开发; 自行加工 of inventory.
    SelfDeveloped,
    /// 投资者投入
    Contributed,
    /// 非货币性资产交换
    Exchanged,
    /// 债务重组
    Restructured,
    /// 政府补助
    Granted,
    /// 企业合并
    Combined,
}

/// What it is held for: decides between intangible and inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeldFor {
    OwnUse,
    /// Licence, interface, subscription: control is kept.
    Licensing,
    /// Sale in the ordinary course, rights transferred.
    Sale,
}

/// The measure that an entry amount rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryBasis {
    #[default]
    Cost,
    /// 投资合同或协议约定的价值
    AgreedValue,
    FairValue,
    /// 名义金额
    Nominal,
    /// Carrying amount given up or of the party combined.
    CarryingAmount,
    /// An income value: never a cost.
    IncomeValue,
    /// A market value: never a cost.
    MarketValue,
    /// A cost-approach appraisal: never a cost.
    AppraisedValue,
}

/// Stage of a cost line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    #[default]
    Acquisition,
    Research,
    Development,
    /// Refreshing and upkeep: expense.
    Maintenance,
}

/// What was paid for. Source: 《企业数据资源相关会计处理暂行规定》(财会〔2023〕11号).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CostClass {
    /// 购买价款
    Price,
    /// 相关税费
    Tax,
    /// 脱敏、清洗、标注、整合、分析、可视化
    Processing,
    /// 数据权属鉴证
    Authentication,
    /// 质量评估
    QualityEvaluation,
    /// 登记结算
    Registration,
    /// 安全管理
    Security,
    Collection,
    Labour,
    Material,
    Depreciation,
    Insurance,
    Other,
}

/// How the benefits are consumed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// 直线法
    #[default]
    StraightLine,
    /// 双倍余额递减法, straight line over the last two years.
    Declining,
    /// 年数总和法
    SumOfYears,
    /// 产量法: units in all; each month's units are `use` events.
    UnitsOfUse(Decimal),
    /// Expected benefits of each year of the life.
    ExpectedBenefit(Pattern),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// One weight a year of the life.
    pub weights: Vec<Decimal>,
    /// Whether the weights are revenue; then a reason the standard lets count must be given.
    #[serde(default)]
    pub by_revenue: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revenue_reason: Option<RevenueReason>,
}

/// When revenue may set the pattern. Source: IAS 38.98A; 《企业会计准则解释第11号》.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RevenueReason {
    /// The right is expressed as a measure of revenue.
    LimitedByRevenue,
    HighlyCorrelated,
}

/// Which months are charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Convention {
    /// 当月增加当月摊销，当月减少当月不摊销: CAS 6.
    #[default]
    FullMonth,
    /// Nothing in the month of availability, a full month in the month of derecognition.
    NextMonth,
    /// Half a month in each.
    MidMonth,
}

/// Why a residual is above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResidualSupport {
    CommittedBuyer,
    ActiveMarket,
}
