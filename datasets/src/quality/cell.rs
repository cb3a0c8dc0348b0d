//! What one cell looks like.

use chrono::NaiveDate;

/// The lexical kind of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Integer,
    Decimal,
    Date,
    Boolean,
    /// A date whose day and month cannot be told apart, such as `4/2/15`.
    AmbiguousDate,
    /// A number with its unit in the cell, such as `12.0 oz` or `5 %`.
    Quantity,
    Text,
}

pub(super) const KINDS: usize = Kind::Text as usize + 1;

/// Texts that stand for no value.
const MISSING: &[&str] = &[
    "",
    "na",
    "n/a",
    "nan",
    "null",
    "none",
    "nil",
    "-",
    "--",
    "—",
    "?",
    "无",
    "空",
    "未知",
    "不详",
    "缺失",
    "暂无",
    "待完善",
];

pub(super) fn is_missing(text: &str) -> bool {
    let text = text.trim();
    text.len() <= 9 && MISSING.iter().any(|missing| text.eq_ignore_ascii_case(missing))
}

pub(super) fn kind(text: &str) -> Kind {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Kind::Integer;
    }
    if digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        if date(text).is_some() {
            return Kind::Date;
        }
        if number(text).is_some() {
            return Kind::Decimal;
        }
    }
    match text.to_ascii_lowercase().as_str() {
        "true" | "false" | "yes" | "no" | "是" | "否" => Kind::Boolean,
        _ if is_ambiguous_date(text) => Kind::AmbiguousDate,
        _ if is_quantity(digits) => Kind::Quantity,
        _ => Kind::Text,
    }
}

/// Three short numbers between slashes, dots or dashes, the last a year.
fn is_ambiguous_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['/', '.', '-']).collect();
    let of_length =
        |part: &str, lengths: &[usize]| lengths.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    matches!(parts[..], [day, month, year] if of_length(day, &[1, 2]) && of_length(month, &[1, 2]) && of_length(year, &[2, 4]))
}

/// A number, then at most one blank, then a short unit without digits.
fn is_quantity(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','));
    let number_length = text.len() - unit.len();
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let short = (1..=6).contains(&unit.chars().count());
    number_length > 0
        && short
        && number(&text[..number_length]).is_some()
        && unit.chars().all(|c| c.is_alphabetic() || matches!(c, '%' | '.' | '°' | '/' | '²' | '³'))
}

/// The number a text is, with separators of thousands.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = if text.contains(',') { text.replace(',', "") } else { text.to_owned() };
    plain.parse().ok().filter(|value: &f64| value.is_finite())
}

/// The day a text is: `2024-05-20`, `2024/5/20`, `2024.5.20`, `2024年5月20日`, with or without a time of day.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    let mut parts = text.splitn(4, |c: char| !c.is_ascii_digit());
    let year = parts.next().filter(|year| year.len() == 4)?;
    let separator = text[4..].chars().next()?;
    let closes = if separator == '年' { Some("日") } else { None };
    if !matches!(separator, '-' | '/' | '.' | '年') {
        return None;
    }
    let month = parts.next().filter(|month| (1..=2).contains(&month.len()))?;
    let after_month = text[4 + separator.len_utf8() + month.len()..].chars().next()?;
    if after_month != separator && !(separator == '年' && after_month == '月') {
        return None;
    }
    let day = parts.next().filter(|day| (1..=2).contains(&day.len()))?;
    let rest = &text[4 + separator.len_utf8() + month.len() + after_month.len_utf8() + day.len()..];
    let rest = closes.and_then(|closing| rest.strip_prefix(closing)).unwrap_or(rest);
    let time = |c: char| c.is_ascii_digit() || matches!(c, ':' | '.' | 'T' | 'Z' | '+' | '-' | ' ');
    if !rest.chars().all(time) || (!rest.is_empty() && !rest.starts_with(['T', ' '])) {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// The shape of a text: runs of digits, capitals, small letters and Chinese characters become one sign each.
pub(super) fn shape(text: &str) -> String {
    let mut shape = String::new();
    let mut last = '\0';
    for c in text.chars() {
        let sign = match c {
            '0'..='9' => '9',
            'A'..='Z' => 'A',
            'a'..='z' => 'a',
            '\u{4e00}'..='\u{9fff}' => '字',
            other if other.is_alphabetic() => 'a',
            other => other,
        };
        if sign != last {
            shape.push(sign);
            last = sign;
        }
        if shape.len() > 48 {
            shape.push('…');
            break;
        }
    }
    shape
}

/// A word that says there is no value, where an empty cell would.
pub(super) fn is_missing_word(text: &str) -> bool {
    !text.trim().is_empty() && is_missing(text)
}

/// Control and replacement characters, or blanks around the value: signs of a broken transfer.
pub(super) fn is_dirty(text: &str) -> bool {
    text.trim() != text
        || text.chars().any(|c| c == '\u{fffd}' || (c.is_control() && c != '\n' && c != '\t' && c != '\r'))
}

/// FNV-1a with a final mixing, so that its high bits can count (HyperLogLog).
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let folded = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    mixed(folded)
}

/// Source: S. Vigna, SplitMix64.
pub(super) fn mixed(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        let cases = [
            ("12", Kind::Integer),
            ("-0.5", Kind::Decimal),
            ("1,234.5", Kind::Decimal),
            ("2024-05-20", Kind::Date),
            ("2024/5/2 10:00:00", Kind::Date),
            ("2024年5月20日", Kind::Date),
            ("2024-13-01", Kind::Text),
            ("12.0 oz.", Kind::Quantity),
            ("5%", Kind::Quantity),
            ("3 days ago", Kind::Text),
            ("4/2/15", Kind::AmbiguousDate),
            ("是", Kind::Boolean),
            ("贵阳", Kind::Text),
        ];
        cases.iter().for_each(|(text, wanted)| assert_eq!(kind(text), *wanted, "{text}"));
    }

    #[test]
    fn shapes_fold_runs() {
        assert_eq!(shape("12.0 oz"), "9.9 a");
        assert_eq!(shape("贵A12345"), "字A9");
    }
}
