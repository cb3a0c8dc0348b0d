//! The accounts that data resources touch, and the movements that the notes tell apart.
//!
//! Codes follow the chart of accounts of 《企业会计准则——应用指南》 (2006); they are labels and can be mapped on export.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::words::{self, Language};

/// Which of the five sides of an accounting equation an account belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    Assets,
    Liabilities,
    Equity,
    Income,
    Expenses,
}

macro_rules! accounts {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $side:ident;)+) => {
        /// An account, by its code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum Account { $($(#[$doc])* #[serde(rename = $code)] $name,)+ }

        impl Account {
            /// Every account, by code.
            pub const ALL: &'static [Account] = &[$(Account::$name),+];

            /// The code.
            pub fn code(self) -> &'static str {
                match self { $(Account::$name => $code),+ }
            }

            /// The account with this code.
            pub fn from_code(code: &str) -> Option<Account> {
                match code { $($code => Some(Account::$name),)+ _ => None }
            }

            pub fn side(self) -> Side {
                match self { $(Account::$name => Side::$side),+ }
            }
        }
    };
}

accounts! {
    /// 银行存款
    Bank = "1002", Assets;
    /// 应收账款
    Receivable = "1122", Assets;
    /// 库存商品——数据资源
    Inventory = "1405", Assets;
    /// 存货跌价准备——数据资源
    InventoryAllowance = "1471", Assets;
    /// 长期股权投资
    Investment = "1511", Assets;
    /// 累计折旧
    Depreciation = "1602", Assets;
    /// 无形资产——数据资源
    Intangible = "1701", Assets;
    /// 累计摊销——数据资源
    Amortised = "1702", Assets;
    /// 无形资产减值准备——数据资源
    Impaired = "1703", Assets;
    /// 应付账款
    Payable = "2202", Liabilities;
    /// 应付职工薪酬
    Payroll = "2211", Liabilities;
    /// 应交税费——应交增值税（进项税额）
    InputTax = "2221.01", Liabilities;
    /// 应交税费——应交增值税（销项税额）
    OutputTax = "2221.02", Liabilities;
    /// 递延收益
    DeferredIncome = "2401", Liabilities;
    /// 实收资本
    Capital = "4001", Equity;
    /// 资本公积
    CapitalReserve = "4002", Equity;
    /// 利润分配——未分配利润
    Retained = "4104", Equity;
    /// 研发支出——费用化支出
    ResearchExpensed = "5301.01", Expenses;
    /// 研发支出——资本化支出: 开发支出 of the balance sheet.
    Development = "5301.02", Assets;
    /// 主营业务收入
    Revenue = "6001", Income;
    /// 其他业务收入
    OtherRevenue = "6051", Income;
    /// 资产处置损益
    DisposalResult = "6115", Income;
    /// 其他收益
    OtherIncome = "6117", Income;
    /// 主营业务成本
    CostOfSales = "6401", Expenses;
    /// 其他业务成本
    OtherCost = "6402", Expenses;
    /// 管理费用
    Administration = "6602", Expenses;
    /// 资产减值损失
    ImpairmentLoss = "6701", Expenses;
    /// 营业外支出
    NonOperating = "6711", Expenses;
    /// 以前年度损益调整
    PriorYears = "6901", Income;
}

impl Account {
    /// The name for a reader.
    pub fn label(self, language: Language) -> String {
        words::text(&format!("book.account.{}", self.code()), language)
    }

    /// Whether only events about assets write to it, so that books and assets tie.
    pub fn is_control(self) -> bool {
        use Account as A;
        matches!(
            self,
            A::Inventory | A::InventoryAllowance | A::Intangible | A::Amortised | A::Impaired | A::Development
        )
    }

    /// Whether the account is closed to profit or loss.
    pub fn of_result(self) -> bool {
        matches!(self.side(), Side::Income | Side::Expenses)
    }
}

/// How an amount moved an account of a data resource: the rows of the notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Movement {
    /// 购入
    Purchase,
    /// 内部研发; 采集加工 of inventory.
    Made,
    /// 其他增加
    OtherIncrease,
    /// 处置; 出售 of inventory.
    Disposal,
    /// 失效且终止确认
    Lapse,
    /// 其他减少
    OtherDecrease,
    /// 计提: amortisation, impairment or write-down.
    Charge,
    /// 转回
    Reversal,
}
