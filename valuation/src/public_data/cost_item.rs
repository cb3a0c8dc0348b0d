//! The items of the cost book.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::terms::vocabulary;
use crate::words::{self, Language};

vocabulary! {
    /// The items of operating cost (经营成本).
    CostItemKind, "cost_item" {
        /// 平台建设与运行
        Platform = "platform",
        /// 数据传输、汇聚
        Transmission = "transmission",
        /// 存储
        Storage = "storage",
        /// 加工处理
        Processing = "processing",
        /// 人工
        Labour = "labour",
        /// 财务费用
        Finance = "finance",
        Other = "other",
    }
}
