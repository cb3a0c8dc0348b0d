//! Dates, moments, numbers and sizes as files write them.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Utc};

use crate::price_text::grouped;

/// A date: `2024-05-31`, `2024/5/31`, `20240531`, `2024年5月31日`, or the date of a moment; or one of `formats` (the
/// patterns of chrono, such as `%d.%m.%Y`), which then are the only ones.
///
/// ```
/// use datasets::value_text::date;
/// assert_eq!(date("2024年5月31日", &[]), date("2024-05-31T08:00:00+08:00", &[]));
/// assert_eq!(date("2024-02-30", &[]), None);
/// ```
pub fn date(text: &str, formats: &[String]) -> Option<NaiveDate> {
    if !formats.is_empty() {
        return formats.iter().find_map(|format| {
            NaiveDate::parse_from_str(text, format)
                .ok()
                .or_else(|| NaiveDateTime::parse_from_str(text, format).ok().map(|moment| moment.date()))
        });
    }
    if let Some(date) = iso_date(text.as_bytes()) {
        return Some(date);
    }
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return NaiveDate::parse_from_str(text, "%Y%m%d").ok();
    }
    let day = text.split(['T', ' ']).next().unwrap_or_default();
    let mut parts = day.split(['-', '/', '.', '年', '月']);
    let (year, month, rest) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    NaiveDate::from_ymd_opt(whole(year)?, whole(month)? as u32, whole(rest.trim_end_matches('日'))? as u32)
}

/// `2024-05-31` and nothing else, the form that large files use.
fn iso_date(text: &[u8]) -> Option<NaiveDate> {
    let digits = |range: std::ops::Range<usize>| {
        text.get(range)?.iter().try_fold(0_u32, |n, b| b.is_ascii_digit().then(|| n * 10 + (b - b'0') as u32))
    };
    if text.len() != 10 || text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    NaiveDate::from_ymd_opt(digits(0..4)? as i32, digits(5..7)?, digits(8..10)?)
}

fn whole(text: &str) -> Option<i32> {
    (!text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// A moment: RFC 3339, or date and time without a zone, then taken at `offset`; or a date, then its first moment there.
pub fn instant(text: &str, formats: &[String], offset: FixedOffset) -> Option<DateTime<Utc>> {
    let local = |moment: NaiveDateTime| moment.and_local_timezone(offset).single().map(|m| m.with_timezone(&Utc));
    if !formats.is_empty() {
        return formats.iter().find_map(|format| {
            DateTime::parse_from_str(text, format)
                .map(|moment| moment.with_timezone(&Utc))
                .ok()
                .or_else(|| local(NaiveDateTime::parse_from_str(text, format).ok()?))
                .or_else(|| local(NaiveDate::parse_from_str(text, format).ok()?.and_time(chrono::NaiveTime::MIN)))
        });
    }
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.with_timezone(&Utc));
    }
    for format in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y/%m/%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"] {
        if let Ok(moment) = NaiveDateTime::parse_from_str(text, format) {
            return local(moment);
        }
    }
    local(date(text, &[])?.and_time(chrono::NaiveTime::MIN))
}

/// Why a number cannot be read, as a key of `reject.<code>`.
pub type NumberFault = &'static str;

/// A number, thousands commas allowed; never NaN, infinite or negative.
///
/// # Errors
/// `not_a_number`, `unreadable_number` or `negative_number`.
pub fn number(text: &str) -> Result<f64, NumberFault> {
    let value: f64 = match text.parse() {
        Ok(value) => value,
        Err(_) if text.contains(',') && grouped(text) => {
            text.replace(',', "").parse().map_err(|_| "unreadable_number")?
        }
        Err(_) => return Err("unreadable_number"),
    };
    match value {
        value if !value.is_finite() => Err("not_a_number"),
        value if value < 0.0 => Err("negative_number"),
        value => Ok(value),
    }
}

/// A number with a word of measure after it (`24笔`, `10 条`, `1.2万次`); the word is not looked at, except 万 and 亿.
///
/// # Errors
/// As [`number`].
pub fn count(text: &str) -> Result<f64, NumberFault> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+'))).unwrap_or(text.len());
    let (digits, word) = text.split_at(end);
    let scale = match word.trim_start().chars().next() {
        Some('万') => 1e4,
        Some('亿') => 1e8,
        Some(c) if c.is_ascii_alphabetic() && digits.is_empty() => return number(text),
        _ => 1.0,
    };
    Ok(number(digits)? * scale)
}

/// A size with its unit, in MB of 1024 × 1024 bytes: `100 TB`, `1.22 MB`, `10,240 MB`.
///
/// # Errors
/// As [`number`], or `unknown_size_unit`.
pub fn size_mb(text: &str) -> Result<f64, NumberFault> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+'))).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let scale = match unit.trim().to_ascii_uppercase().as_str() {
        "B" | "BYTE" | "BYTES" | "字节" => 1.0 / 1_048_576.0,
        "K" | "KB" => 1.0 / 1024.0,
        "M" | "MB" | "兆" => 1.0,
        "G" | "GB" => 1024.0,
        "T" | "TB" => 1_048_576.0,
        "P" | "PB" => 1_073_741_824.0,
        _ => return Err("unknown_size_unit"),
    };
    Ok(number(digits)? * scale)
}

/// The identity in an address: the value of its parameter `id`, else its last part.
pub fn url_id(url: &str) -> &str {
    let parameter = url.split(['?', '&']).skip(1).find_map(|pair| pair.strip_prefix("id="));
    parameter.or_else(|| url.rsplit('/').next()).unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_of_every_usual_form() {
        let day = NaiveDate::from_ymd_opt(2024, 5, 1);
        for text in ["2024-05-01", "2024/5/1", "2024.05.01", "20240501", "2024年5月1日", "2024-05-01 08:00:00"] {
            assert_eq!(date(text, &[]), day, "{text}");
        }
        for text in ["", "2024-13-01", "01/05/2024", "2024", "5月1日", "２０２４-05-01"] {
            assert_eq!(date(text, &[]), None, "{text}");
        }
        assert_eq!(date("01.05.2024", &["%d.%m.%Y".to_owned()]), day);
    }

    #[test]
    fn moments_take_the_offset_where_they_name_none() {
        let china = FixedOffset::east_opt(8 * 3600).unwrap();
        let expected = "2024-05-01T00:00:00Z".parse().ok();
        for text in
            ["2024-05-01T08:00:00+08:00", "2024-05-01 08:00:00", "2024-05-01T00:00:00Z", "2024/05/01 08:00:00.0"]
        {
            assert_eq!(instant(text, &[], china), expected, "{text}");
        }
        assert_eq!(instant("2024-05-01", &[], china), "2024-04-30T16:00:00Z".parse().ok());
        assert_eq!(instant("yesterday", &[], china), None);
    }

    #[test]
    fn numbers_with_their_measures() {
        assert_eq!(number("10,817.0"), Ok(10_817.0));
        assert_eq!(number("1,5"), Err("unreadable_number"));
        assert_eq!(number("nan"), Err("not_a_number"));
        assert_eq!(number("-1"), Err("negative_number"));
        assert_eq!(number("ten"), Err("unreadable_number"));
        assert_eq!(count("24笔"), Ok(24.0));
        assert_eq!(count("1.5万次"), Ok(15_000.0));
        assert_eq!(size_mb("100 TB"), Ok(104_857_600.0));
        assert_eq!(size_mb("1.22 MB"), Ok(1.22));
        assert_eq!(size_mb("10,240 MB"), Ok(10_240.0));
        assert_eq!(size_mb("10 条"), Err("unknown_size_unit"));
        assert_eq!(url_id("https://a.example/p?id=14587&x=2"), "14587");
        assert_eq!(url_id("https://a.example/p.html#/detail?id=334"), "334");
        assert_eq!(url_id("https://a.example/market/detail/1427"), "1427");
    }

    proptest! {
        #[test]
        fn every_day_is_read_back(days in -300_000_i32..300_000) {
            let day = NaiveDate::from_epoch_days(days).unwrap();
            prop_assume!((1000..=9999).contains(&chrono::Datelike::year(&day)));
            prop_assert_eq!(date(&day.to_string(), &[]), Some(day));
            prop_assert_eq!(date(&day.format("%Y年%-m月%-d日").to_string(), &[]), Some(day));
        }

        #[test]
        fn no_text_is_fatal(text in ".{0,24}") {
            let _ = (date(&text, &[]), number(&text), count(&text), size_mb(&text), url_id(&text).len());
        }
    }
}
