//! Cells that look like personal information, by the check digits their kinds carry.

/// The kind of personal information a text looks like.
pub(super) fn kind(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let digits = text.len() > 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.len() {
        11 if digits && is_mobile(text) => Some("phone"),
        18 if is_identity_number(text) => Some("identity_number"),
        16..=19 if digits && luhn(text) && text.starts_with(['3', '4', '5', '6', '9']) => Some("bank_card"),
        _ if is_email(text) => Some("email"),
        _ => None,
    }
}

/// Mainland mobile numbers begin with 13 to 19.
fn is_mobile(text: &str) -> bool {
    text.starts_with('1') && text.as_bytes()[1] >= b'3'
}

/// 公民身份号码: 17 digits with a date of birth and a check character.
///
/// Source: GB 11643-1999 with the check of ISO 7064 MOD 11-2.
fn is_identity_number(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let bytes = text.as_bytes();
    if !bytes[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = bytes.iter().zip(WEIGHTS).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    let born = &text[6..14];
    let date = chrono::NaiveDate::parse_from_str(born, "%Y%m%d");
    bytes[17].to_ascii_uppercase() == CHECKS[(sum % 11) as usize]
        && date.is_ok_and(|date| (1900..2100).contains(&chrono::Datelike::year(&date)))
}

/// Source: H. P. Luhn, ISO/IEC 7812-1, annex B.
fn luhn(text: &str) -> bool {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let digits = text.bytes().rev().map(|byte| u32::from(byte - b'0'));
    digits.enumerate().map(|(at, digit)| if at % 2 == 1 { doubled(digit) } else { digit }).sum::<u32>() % 10 == 0
}

fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else { return false };
    let plain = |part: &str| part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+'));
    !name.is_empty()
        && plain(name)
        && plain(host)
        && host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_decide() {
        // The specimen of GB 11643, and of ISO/IEC 7812.
        assert_eq!(kind("11010519491231002X"), Some("identity_number"));
        assert_eq!(kind("110105194912310021"), None);
        assert_eq!(kind("4111111111111111"), Some("bank_card"));
        assert_eq!(kind("4111111111111112"), None);
        assert_eq!(kind("13800138000"), Some("phone"));
        assert_eq!(kind("someone@example.com"), Some("email"));
        assert_eq!(kind("2024-05-20"), None);
    }
}
