//! Whether a data resource is recognised, and as what: one decision per framework, with evidence per criterion.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::recognition::event::{Acquire, HeldFor, Origin};

/// The rules a book follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Framework {
    /// 企业会计准则
    Cas,
    Ifrs,
    /// Tax basis: recognised as under CAS, own lives, no impairment before it is realised.
    Tax,
}

impl Framework {
    /// The code used in files and words.
    pub fn code(self) -> &'static str {
        match self {
            Framework::Cas => "cas",
            Framework::Ifrs => "ifrs",
            Framework::Tax => "tax",
        }
    }
}

/// One criterion. CAS 6 art. 9 counts five, with resources and ability as one; IAS 38.57 counts six.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// 拥有或控制
    Control,
    /// 可辨认
    Identifiable,
    /// 经济利益很可能流入
    ProbableBenefit,
    /// 成本能够可靠计量
    ReliableCost,
    /// 技术可行性: formal approval, feasibility report, available technology.
    TechnicalFeasibility,
    /// 完成并使用或出售的意图
    Intention,
    /// 使用或出售的能力
    Ability,
    /// 产生经济利益的方式
    WayOfBenefit,
    /// 足够的技术、财务和其他资源
    Resources,
    /// 开发支出能够可靠计量
    ReliableExpenditure,
}

const GENERAL: [Criterion; 4] =
    [Criterion::Control, Criterion::Identifiable, Criterion::ProbableBenefit, Criterion::ReliableCost];

/// The conditions of development expenditure; each inner list counts as one condition.
fn development(framework: Framework) -> Vec<Vec<Criterion>> {
    use Criterion as C;
    match framework {
        Framework::Cas | Framework::Tax => vec![
            vec![C::TechnicalFeasibility],
            vec![C::Intention],
            vec![C::WayOfBenefit],
            vec![C::Resources, C::Ability],
            vec![C::ReliableExpenditure],
        ],
        Framework::Ifrs => vec![
            vec![C::TechnicalFeasibility],
            vec![C::Intention],
            vec![C::Ability],
            vec![C::WayOfBenefit],
            vec![C::Resources],
            vec![C::ReliableExpenditure],
        ],
    }
}

/// What an asset is in a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Intangible,
    Inventory,
    /// Expense, with voluntary disclosure.
    Expense,
}

/// One condition of the decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// More than one where the standard merges them.
    pub criteria: Vec<Criterion>,
    pub met: bool,
    pub evidence: Vec<String>,
}

/// A decision with the way that led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    pub framework: Framework,
    pub outcome: Outcome,
    /// General recognition criteria.
    pub general: Vec<Finding>,
    /// Conditions of development expenditure; empty where they do not govern.
    pub development: Vec<Finding>,
    /// The rule that decided, a word `book.rule.<code>`.
    pub rule: String,
}

fn finding(criteria: &[Criterion], given: &BTreeMap<Criterion, Vec<String>>) -> Finding {
    let of = |c: &Criterion| given.get(c).cloned().unwrap_or_default();
    Finding {
        criteria: criteria.to_vec(),
        met: criteria.iter().all(|c| !of(c).is_empty()),
        evidence: criteria.iter().flat_map(of).collect(),
    }
}

/// Decides what `asset` is under `framework`; a criterion without evidence is not met.
///
/// Source: 《企业会计准则第6号——无形资产》 art. 9 (five conditions), 《企业会计准则第1号——存货》, IAS 38.57 (six conditions),
/// IAS 38.63 (customer lists and items similar in substance), 财会〔2023〕11号.
///
/// ```
/// use std::collections::BTreeMap;
/// use valuation::recognition::criteria::{Criterion, Framework, Outcome, decide};
/// use valuation::recognition::event::{Acquire, EntryBasis, HeldFor, Origin};
/// let all = [Criterion::Control, Criterion::Identifiable, Criterion::ProbableBenefit, Criterion::ReliableCost];
/// let asset = Acquire {
///     name: "天气数据".into(), origin: Origin::Purchased, held_for: HeldFor::Licensing,
///     criteria: all.into_iter().map(|c| (c, vec!["E1".to_owned()])).collect::<BTreeMap<_, _>>(),
///     basis: EntryBasis::Cost, lines: vec![], amount: None, against: None, agreement: None, report: None,
///     capitalise_from: None, similar_to_customer_list: false, quantity: None,
/// };
/// assert_eq!(decide(&asset, Framework::Cas).outcome, Outcome::Intangible);
/// ```
pub fn decide(asset: &Acquire, framework: Framework) -> Decision {
    let general: Vec<Finding> = GENERAL.iter().map(|c| finding(&[*c], &asset.criteria)).collect();
    let answer = |outcome, rule: &str, development| Decision {
        framework,
        outcome,
        general: general.clone(),
        development,
        rule: rule.to_owned(),
    };
    if !general.iter().all(|finding| finding.met) {
        return answer(Outcome::Expense, "general_unmet", Vec::new());
    }
    if asset.held_for == HeldFor::Sale {
        // The conditions of development expenditure do not govern inventory.
        return answer(Outcome::Inventory, "held_for_sale", Vec::new());
    }
    if asset.origin != Origin::SelfDeveloped {
        return answer(Outcome::Intangible, "held_for_use", Vec::new());
    }
    let conditions: Vec<Finding> =
        development(framework).iter().map(|criteria| finding(criteria, &asset.criteria)).collect();
    if framework == Framework::Ifrs && asset.similar_to_customer_list {
        return answer(Outcome::Expense, "customer_list", conditions);
    }
    match conditions.iter().all(|finding| finding.met) {
        true => answer(Outcome::Intangible, "development_met", conditions),
        false => answer(Outcome::Expense, "development_unmet", conditions),
    }
}
