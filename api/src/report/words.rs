//! Report words in both languages, and the words of units, supports and distributions.

use valuation::assumption::Assumption;
use valuation::evidence::Support;
use valuation::rate::{PriceLevel, RateBasis, TaxBasis, Timing};
use valuation::unit::Unit;
use valuation::words::{Language, format, has, text};
use valuation::workbook::{Distribution, Kernel, Quantity, Row, kernel::OptionKind};

/// The Chinese word with the English one beside it.
pub fn both(key: &str) -> String {
    format!("{} {}", text(key, Language::Zh), text(key, Language::En))
}

/// The label of a row: its word, and its subject where it has one.
pub fn row_label(row: &Row, language: Language) -> String {
    let key = format!("row.{}", row.key);
    let label = if has(&key) { text(&key, language) } else { row.key.clone() };
    // A row about a method names it by its key.
    let subject = row.subject.as_ref().map(|subject| {
        let key = format!("method.{subject}");
        if has(&key) { text(&key, language) } else { subject.clone() }
    });
    match (subject, language) {
        (Some(subject), Language::Zh) => format!("{label}：{subject}"),
        (Some(subject), Language::En) => format!("{label}: {subject}"),
        (None, _) => label,
    }
}

/// What a row counts.
pub fn unit(unit: &Unit, language: Language) -> String {
    match unit {
        Unit::Money(currency) => money_unit(currency.code(), language),
        Unit::UnitPrice(currency, per) => {
            format!(
                "{} {}",
                money_unit(currency.code(), language),
                text(&format!("terms.price_unit.{}", per.code()), language)
            )
        }
        Unit::Rate(basis) => rate(basis, language),
        Unit::Ratio => text("unit.ratio", language),
        Unit::Years => text("unit.years", language),
        Unit::Months => text("unit.months", language),
        Unit::Count => text("unit.count", language),
        Unit::Flag => text("unit.flag", language),
    }
}

fn money_unit(code: &str, language: Language) -> String {
    let key = format!("unit.money.{code}");
    if has(&key) { text(&key, language) } else { code.to_owned() }
}

/// A rate's basis in words.
pub fn rate(basis: &RateBasis, language: Language) -> String {
    let level = match basis.price_level {
        PriceLevel::Nominal => "rate.nominal",
        PriceLevel::Real => "rate.real",
    };
    let tax = match basis.tax {
        TaxBasis::PreTax => "rate.pre_tax",
        TaxBasis::PostTax => "rate.post_tax",
    };
    let timing = match basis.timing {
        Timing::EndOfPeriod => "rate.end_of_period",
        Timing::MidPeriod => "rate.mid_period",
    };
    let (level, tax, timing) = (text(level, language), text(tax, language), text(timing, language));
    format("unit.rate", language, &[("level", &level), ("tax", &tax), ("timing", &timing)])
}

/// What an input rests on: the id of its evidence, or the assumption with author, reason and reviewer; where the columns of
/// a series differ, each with its number.
pub fn support(support: &Support, language: Language) -> String {
    match support {
        Support::Evidence(id) => format("report.source.evidence", language, &[("id", id)]),
        Support::Assumption(a) => {
            let places =
                [("reason", a.reason.as_str()), ("author", a.author.as_str()), ("reviewer", a.reviewer.as_str())];
            format("report.source.assumption", language, &places)
        }
        Support::Each(each) => match each.split_first() {
            Some((first, rest)) if rest.iter().all(|other| other == first) => self::support(first, language),
            _ => {
                let numbered = each.iter().enumerate();
                let said: Vec<_> =
                    numbered.map(|(i, s)| format!("({}) {}", i + 1, self::support(s, language))).collect();
                said.join("；")
            }
        },
    }
}

/// The assumptions an input rests on, each once.
pub fn assumptions(support: &Support) -> Vec<&Assumption> {
    match support {
        Support::Evidence(_) => Vec::new(),
        Support::Assumption(assumption) => vec![assumption],
        Support::Each(each) => {
            let mut found: Vec<&Assumption> = Vec::new();
            for assumption in each.iter().flat_map(assumptions) {
                if !found.contains(&assumption) {
                    found.push(assumption);
                }
            }
            found
        }
    }
}

/// The distribution of an uncertain quantity; nothing where it is certain.
pub fn distribution(quantity: &Quantity, language: Language) -> Option<String> {
    let Quantity::Uncertain { distribution, .. } = quantity else { return None };
    let (key, parameters) = match distribution {
        Distribution::Normal { mean, sd } => ("normal", vec![*mean, *sd]),
        Distribution::Lognormal { mu, sigma } => ("lognormal", vec![*mu, *sigma]),
        Distribution::Triangular { low, mode, high } => ("triangular", vec![*low, *mode, *high]),
        Distribution::Pert { low, mode, high, shape } => ("pert", vec![*low, *mode, *high, *shape]),
        Distribution::Uniform { low, high } => ("uniform", vec![*low, *high]),
        Distribution::Beta { alpha, beta, low, high } => ("beta", vec![*alpha, *beta, *low, *high]),
        Distribution::Discrete { values, probabilities } => {
            ("discrete", values.iter().chain(probabilities).copied().collect())
        }
    };
    let parameters: Vec<String> = parameters.iter().map(f64::to_string).collect();
    Some(format!("{}({})", text(&format!("distribution.{key}"), language), parameters.join(", ")))
}

/// A kernel in words.
pub fn kernel(kernel: &Kernel, language: Language) -> String {
    let (key, kind) = match kernel {
        Kernel::AmericanOption { kind, .. } => ("kernel.american_option", kind),
        Kernel::EuropeanOption { kind, .. } => ("kernel.european_option", kind),
    };
    let kind = match kind {
        OptionKind::Call => "kernel.call",
        OptionKind::Put => "kernel.put",
    };
    let (kind, steps) = (text(kind, language), kernel.steps().to_string());
    format(key, language, &[("kind", &kind), ("steps", &steps)])
}

/// The Chinese word.
pub fn text_zh(key: &str) -> String {
    text(key, Language::Zh)
}

/// A column heading in both languages.
pub fn heading(key: &str) -> String {
    both(&format!("report.heading.{key}"))
}

/// What a check asserts.
pub fn check(code: &str, language: Language) -> String {
    let key = format!("check.{code}");
    if has(&key) { text(&key, language) } else { code.to_owned() }
}
