//! Lines of cost: by class and stage, indexed to the valuation date, shared out where one pipeline serves several assets.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desk::{Allowed, Desk};
use crate::error::ValuationError;
use crate::given::{Given, GivenMoney};
use crate::unit::Unit;
use crate::workbook::draft::SheetDraft;
use crate::workbook::{Expr, RowRef};

/// One line of cost: a `cost`, or a `quantity` at a `unit_price`; then indexed and shared out where that is stated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostLine {
    pub name: String,
    pub class: CostClass,
    /// The stage of the data's life in which the cost arose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<GivenMoney>,
    /// Physical quantity (hours, terabyte-months, stations), with `unit_price`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Given>,
    /// Price of one unit at the valuation date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<GivenMoney>,
    /// Carries a historical cost to the valuation date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<PriceIndex>,
    /// The part of a joint cost that belongs to the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocation: Option<Allocation>,
}

/// cost × `at_valuation` / `at_cost` (物价指数).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceIndex {
    /// Index when the cost was incurred.
    pub at_cost: Given,
    /// Index at the valuation date.
    pub at_valuation: Given,
}

/// One pipeline serves several assets: by a `driver` (own of total), or by the Shapley value of the cost that each group of
/// assets would cause by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allocation {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<Driver>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shapley: Option<Vec<GroupCost>>,
}

/// What the cost follows: records, calls, hours, gigabytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Driver {
    pub name: String,
    pub own: Given,
    pub total: Given,
}

/// The cost of a group of assets by themselves; the subject is called `subject`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupCost {
    pub group: Vec<String>,
    pub cost: GivenMoney,
}

/// The guidance's parts of replacement cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CostClass {
    /// 前期费用
    Preliminary,
    /// 直接成本
    Direct,
    /// 间接成本
    Indirect,
    /// 机会成本; for appraisal only, it never reaches the books.
    Opportunity,
    /// 相关税费
    Tax,
}

/// The stages of the data's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 规划
    Plan,
    /// 采集
    Collect,
    /// 存储
    Store,
    /// 加工
    Process,
    /// 标注
    Label,
    /// 运营
    Operate,
}

impl Stage {
    const ALL: [Stage; 6] = [Stage::Plan, Stage::Collect, Stage::Store, Stage::Process, Stage::Label, Stage::Operate];

    fn row(self) -> &'static str {
        match self {
            Stage::Plan => "stage_plan",
            Stage::Collect => "stage_collect",
            Stage::Store => "stage_store",
            Stage::Process => "stage_process",
            Stage::Label => "stage_label",
            Stage::Operate => "stage_operate",
        }
    }
}

impl CostClass {
    pub(crate) fn row(self) -> &'static str {
        match self {
            CostClass::Preliminary => "preliminary_cost",
            CostClass::Direct => "direct_cost",
            CostClass::Indirect => "indirect_cost",
            CostClass::Opportunity => "opportunity_cost",
            CostClass::Tax => "related_tax",
        }
    }

    /// Whether the class stands in an appraisal only and never reaches the books.
    pub fn appraisal_only(self) -> bool {
        self == CostClass::Opportunity
    }
}

/// A line as it counts, with its class and stage.
pub(crate) struct LineRow {
    pub class: CostClass,
    pub stage: Option<Stage>,
    pub row: RowRef,
}

/// Writes every line into the block at hand (an `Axis::One` block), then the sums by stage where stages are stated.
pub(crate) fn lines(
    desk: &mut Desk,
    sheet: &mut SheetDraft,
    lines: &[CostLine],
) -> Result<Vec<LineRow>, ValuationError> {
    if lines.is_empty() {
        return Err(ValuationError::Missing { field: desk.field("lines"), line: None, name: "lines".to_owned() });
    }
    let mut rows = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let row = line.write(desk, sheet, &format!("lines[{index}]"))?;
        rows.push(LineRow { class: line.class, stage: line.stage, row });
    }
    let money = desk.money();
    for stage in Stage::ALL {
        if let Some(sum) = sum(rows.iter().filter(|row| row.stage == Some(stage))) {
            sheet.formula(stage.row(), money, sum);
        }
    }
    Ok(rows)
}

/// The sum of lines; nothing where there are none.
pub(crate) fn sum<'a>(lines: impl Iterator<Item = &'a LineRow>) -> Option<Expr> {
    lines.map(|line| Expr::from(line.row)).reduce(|sum, line| sum + line)
}

impl CostLine {
    fn write(&self, desk: &mut Desk, sheet: &mut SheetDraft, at: &str) -> Result<RowRef, ValuationError> {
        let money = desk.money();
        let adjusted = self.index.is_some() || self.allocation.is_some();
        let key = if adjusted { "stated_cost" } else { self.class.row() };
        let mut row = match (&self.cost, &self.quantity, &self.unit_price) {
            (Some(cost), None, None) => {
                let id = desk.amount(&format!("{at}.cost"), cost)?;
                sheet.input(key, money, id)
            }
            (None, Some(quantity), Some(price)) => {
                let id = desk.given(&format!("{at}.quantity"), quantity, Allowed::NotNegative)?;
                let quantity = sheet.input("quantity", Unit::Count, id);
                sheet.about(&self.name);
                let id = desk.amount(&format!("{at}.unit_price"), price)?;
                let price = sheet.input("unit_price", money, id);
                sheet.about(&self.name);
                sheet.formula(key, money, Expr::from(quantity) * Expr::from(price))
            }
            _ => {
                let said = "either `cost`, or `quantity` with `unit_price`, is expected".to_owned();
                return Err(ValuationError::Malformed { field: desk.field(at), line: None, said });
            }
        };
        sheet.about(&self.name);
        if let Some(index) = &self.index {
            let id = desk.given(&format!("{at}.index.at_cost"), &index.at_cost, Allowed::Positive)?;
            let then = sheet.input("index_at_cost", Unit::Ratio, id);
            sheet.about(&self.name);
            let id = desk.given(&format!("{at}.index.at_valuation"), &index.at_valuation, Allowed::Positive)?;
            let now = sheet.input("index_at_valuation", Unit::Ratio, id);
            sheet.about(&self.name);
            let key = if self.allocation.is_some() { "indexed_cost" } else { self.class.row() };
            row = sheet.formula(key, money, Expr::from(row) * Expr::from(now) / Expr::from(then));
            sheet.about(&self.name);
        }
        if let Some(allocation) = &self.allocation {
            let share = allocation.share(desk, sheet, at, &self.name)?;
            row = sheet.formula(self.class.row(), money, Expr::from(row) * share);
            sheet.about(&self.name);
        }
        Ok(row)
    }
}

impl Allocation {
    /// The subject's share of the joint cost.
    fn share(&self, desk: &mut Desk, sheet: &mut SheetDraft, at: &str, line: &str) -> Result<Expr, ValuationError> {
        match (&self.driver, &self.shapley) {
            (Some(driver), None) => {
                let id = desk.given(&format!("{at}.allocation.driver.own"), &driver.own, Allowed::NotNegative)?;
                let own = sheet.input("driver_own", Unit::Count, id);
                sheet.about(&driver.name);
                let id = desk.given(&format!("{at}.allocation.driver.total"), &driver.total, Allowed::Positive)?;
                let total = sheet.input("driver_total", Unit::Count, id);
                sheet.about(&driver.name);
                let share = sheet.formula("allocation_share", Unit::Ratio, Expr::from(own) / Expr::from(total));
                sheet.about(line);
                Ok(share.into())
            }
            (None, Some(groups)) => shapley(desk, sheet, at, line, groups),
            _ => {
                let said = "exactly one of `driver` and `shapley` is expected".to_owned();
                let field = desk.field(&format!("{at}.allocation"));
                Err(ValuationError::Malformed { field, line: None, said })
            }
        }
    }
}

/// The name of the subject among the assets of a pipeline.
const SUBJECT: &str = "subject";

/// The Shapley value of the subject over the cost of all: `Σ_S |S|!(n−|S|−1)!/n!·[c(S ∪ subject) − c(S)] / c(all)`.
fn shapley(
    desk: &mut Desk,
    sheet: &mut SheetDraft,
    at: &str,
    line: &str,
    groups: &[GroupCost],
) -> Result<Expr, ValuationError> {
    let field = |desk: &Desk| desk.field(&format!("{at}.allocation.shapley"));
    let mut names: Vec<&String> = groups.iter().flat_map(|group| &group.group).collect();
    names.sort();
    names.dedup();
    let malformed = |desk: &Desk, said: String| ValuationError::Malformed { field: field(desk), line: None, said };
    if !(2..=8).contains(&names.len()) || !names.iter().any(|name| *name == SUBJECT) {
        return Err(malformed(desk, format!("2 to 8 assets are expected, one of them called `{SUBJECT}`")));
    }
    let money = desk.money();
    let mut costs: Vec<Option<RowRef>> = vec![None; 1 << names.len()];
    for (index, group) in groups.iter().enumerate() {
        let members = group.group.iter().filter_map(|name| names.iter().position(|known| *known == name));
        let key = members.fold(0usize, |key, member| key | 1 << member);
        if key == 0 || costs[key].is_some() {
            return Err(malformed(desk, format!("the group {:?} is empty or stands twice", group.group)));
        }
        let id = desk.amount(&format!("{at}.allocation.shapley[{index}].cost"), &group.cost)?;
        costs[key] = Some(sheet.input("group_cost", money, id));
        sheet.about(&group.group.join("+"));
    }
    let own = names.iter().position(|name| *name == SUBJECT).map_or(0, |position| 1usize << position);
    let n = names.len() as u32;
    let mut value: Option<Expr> = None;
    for without in (0..costs.len()).filter(|group| group & own == 0) {
        let Some(with) = costs[without | own] else {
            return Err(malformed(desk, "a cost for every group of assets is expected".to_owned()));
        };
        let mut added = Expr::from(with);
        if without != 0 {
            let Some(before) = costs[without] else {
                return Err(malformed(desk, "a cost for every group of assets is expected".to_owned()));
            };
            added = added - before.into();
        }
        let size = without.count_ones();
        let weight = Decimal::from(factorial(size) * factorial(n - size - 1));
        let part = added * Expr::Number(weight) / Expr::Number(Decimal::from(factorial(n)));
        value = Some(value.map_or(part.clone(), |sum| sum + part));
    }
    let all = costs.last().copied().flatten().map_or(Expr::number(1), Expr::from);
    let value = sheet.formula("shapley_cost", money, value.unwrap_or(Expr::number(0)));
    sheet.about(line);
    let share = sheet.formula("allocation_share", Unit::Ratio, Expr::from(value) / all);
    sheet.about(line);
    Ok(share.into())
}

fn factorial(n: u32) -> u64 {
    (1..=u64::from(n)).product()
}
