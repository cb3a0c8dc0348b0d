//! The vocabulary of a market observation: what kind of price it is, on which terms, and why a price may be absent.
//!
//! Each word has a stable code (its JSON and CSV form) and a label in both languages under `terms.<list>.<code>`.
//!
//! Source: 《数据资产评估指导意见》(中评协〔2023〕17号) for the rights and terms that a comparison must adjust for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::words::{self, Language};

/// Defines a closed list of words, each with its stable code.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident, $list:literal { $($(#[$word_doc:meta])* $word:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $($(#[$word_doc])* #[serde(rename = $code)] $word,)+ }

        impl $name {
            /// The name of the list, as in `terms.<list>.<code>` and in the schema of trades.
            pub const LIST: &'static str = $list;
            /// Every word, in the order of the list.
            pub const ALL: &'static [$name] = &[$($name::$word),+];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self { $($name::$word => $code),+ }
            }

            /// The word with this code.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some($name::$word),)+ _ => None }
            }

            /// The label for a reader.
            pub fn label(self, language: Language) -> String {
                words::text(&format!("terms.{}.{}", $list, self.code()), language)
            }
        }
    };
}

pub(crate) use vocabulary;

vocabulary! {
    /// What a price is: money changed hands, or somebody only named it.
    TradeKind, "kind" {
        /// 成交
        Trade = "trade",
        /// 求购报价
        Bid = "bid",
        /// 卖方报价
        Ask = "ask",
        /// 挂牌
        Listing = "listing",
    }
}

vocabulary! {
    /// Whether a row is the first word on its trade, or replaces or withdraws an earlier one.
    RecordStatus, "status" {
        Original = "original",
        Correction = "correction",
        Cancellation = "cancellation",
    }
}

vocabulary! {
    /// Whether there is a price, and if not, which kind of absence it is. The kinds are never mixed: a fit treats each
    /// differently (a censored price is a bound, a negotiable one is missing not at random, a free one is a true zero).
    PriceState, "price_state" {
        /// An exact price is stated.
        Priced = "priced",
        /// Only a printed bound is stated (起, 以上, 以内, or a range).
        Censored = "censored",
        /// 面议: missing, not at random.
        Negotiable = "negotiable",
        /// 免费: a true zero.
        Free = "free",
        /// A figure typed because the form wanted one; it says nothing about the product.
        Placeholder = "placeholder",
        /// The source has no price for this product.
        NotStated = "not_stated",
    }
}

vocabulary! {
    /// Whether a price contains value-added tax.
    VatStatus, "vat_status" {
        Included = "included",
        Excluded = "excluded",
        Exempt = "exempt",
        NotStated = "not_stated",
    }
}

vocabulary! {
    /// What the buyer may do with the data, after the three separated rights (三权分置).
    LicenceScope, "licence_scope" {
        /// Own use within the buyer's organisation.
        InternalUse = "internal_use",
        /// 加工使用权: processing into the buyer's own products.
        ProcessingUse = "processing_use",
        /// 产品经营权: selling on what was made of it.
        ProductOperation = "product_operation",
        /// 持有权转让 or buy-out: all rights of the seller.
        Transfer = "transfer",
        NotStated = "not_stated",
    }
}

vocabulary! {
    /// Who else may have the same licence.
    Exclusivity, "exclusivity" {
        /// 普通许可
        NonExclusive = "non_exclusive",
        /// 排他许可: the seller itself may still use it.
        Sole = "sole",
        /// 独占许可
        Exclusive = "exclusive",
        NotStated = "not_stated",
    }
}

vocabulary! {
    /// How long the licence lasts.
    Term, "term" {
        Fixed = "fixed",
        Perpetual = "perpetual",
        NotStated = "not_stated",
    }
}

vocabulary! {
    /// Who or what set the price. A price that our own tool suggested must not feed the next model unnoticed.
    PriceOrigin, "price_origin" {
        Negotiated = "negotiated",
        /// Set by the seller for everybody.
        Posted = "posted",
        Auction = "auction",
        Appraised = "appraised",
        /// 政府定价、政府指导价
        Regulated = "regulated",
        /// Suggested by Hengshu: excluded or capped in fits and prints.
        ToolSuggested = "tool_suggested",
        NotStated = "not_stated",
    }
}

vocabulary! {
    /// How often the data behind a product change.
    UpdateFrequency, "update_frequency" {
        RealTime = "real_time",
        Hourly = "hourly",
        Daily = "daily",
        Weekly = "weekly",
        Monthly = "monthly",
        Quarterly = "quarterly",
        HalfYearly = "half_yearly",
        Yearly = "yearly",
        OnDemand = "on_demand",
        Irregular = "irregular",
        /// Delivered once, never updated.
        Never = "never",
        NotStated = "not_stated",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_labels(list: &str, codes: impl Iterator<Item = &'static str>) {
        for code in codes {
            let key = format!("terms.{list}.{code}");
            assert!(words::has(&key), "no words for {key}");
        }
    }

    #[test]
    fn every_word_has_a_label_in_both_languages() {
        check_labels(TradeKind::LIST, TradeKind::ALL.iter().map(|w| w.code()));
        check_labels(RecordStatus::LIST, RecordStatus::ALL.iter().map(|w| w.code()));
        check_labels(PriceState::LIST, PriceState::ALL.iter().map(|w| w.code()));
        check_labels(VatStatus::LIST, VatStatus::ALL.iter().map(|w| w.code()));
        check_labels(LicenceScope::LIST, LicenceScope::ALL.iter().map(|w| w.code()));
        check_labels(Exclusivity::LIST, Exclusivity::ALL.iter().map(|w| w.code()));
        check_labels(Term::LIST, Term::ALL.iter().map(|w| w.code()));
        check_labels(PriceOrigin::LIST, PriceOrigin::ALL.iter().map(|w| w.code()));
        check_labels(crate::unit::PriceUnit::LIST, crate::unit::PriceUnit::ALL.iter().map(|w| w.code()));
        check_labels(UpdateFrequency::LIST, UpdateFrequency::ALL.iter().map(|w| w.code()));
    }

    #[test]
    fn a_code_reads_back_as_its_word() {
        for word in UpdateFrequency::ALL {
            assert_eq!(UpdateFrequency::from_code(word.code()), Some(*word));
            assert_eq!(serde_json::to_string(word).unwrap(), format!("\"{}\"", word.code()));
        }
        assert_eq!(TradeKind::from_code("offer"), None);
    }
}
