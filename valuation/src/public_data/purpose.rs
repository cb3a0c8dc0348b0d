//! What public data are used for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::terms::vocabulary;
use crate::words::{self, Language};

vocabulary! {
    /// What public data are used for; it decides whether a charge is allowed.
    UsePurpose, "use_purpose" {
        /// 公共治理: free
        PublicGovernance = "public_governance",
        /// 公益事业: free
        PublicWelfare = "public_welfare",
        /// 产业发展
        IndustryDevelopment = "industry_development",
        /// 行业发展
        SectorDevelopment = "sector_development",
    }
}

impl UsePurpose {
    /// Whether the rule allows a charge.
    ///
    /// Source: 发改价格〔2025〕65号: 公共治理、公益事业 free of charge, 产业发展、行业发展 chargeable.
    pub fn chargeable(self) -> bool {
        matches!(self, UsePurpose::IndustryDevelopment | UsePurpose::SectorDevelopment)
    }
}
