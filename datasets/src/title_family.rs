//! The family of a product title: what is left when numbers, versions and places are taken out.
//!
//! Sellers list one product a hundred times over (铝2014年度指数数据, 铝2016年度指数数据, …), often at one price. A random split
//! then meets the same product on both sides and flatters any model, so splits and placeholder checks go by family.
//!
//! The rule, in this order:
//! 1. full-width letters and digits become half-width, letters small; blanks and punctuation go;
//! 2. where a year stands before 年 or 年度 inside a title, what precedes it (the subject of a yearly series) goes, if at
//!    least two letters follow;
//! 3. words of measure after a number (年, 年度, 月, 日, 季度, 期, 版, 号, 批) go with the number; so do `v` and `p` before one;
//! 4. digits go;
//! 5. names of provinces and larger cities go, with 省, 市, 自治区 and the like after them;
//! 6. where nothing is left, the family is the title of step 1.
//!
//! Two titles of one family may still be different products: a family is coarse on purpose.

use std::collections::HashMap;
use std::sync::OnceLock;

/// Provinces, autonomous regions, municipalities and larger cities, as they stand in titles.
const PLACES: &[&str] = &[
    "内蒙古",
    "黑龙江",
    "全国",
    "全省",
    "全市",
    "中国",
    "北京",
    "天津",
    "上海",
    "重庆",
    "河北",
    "山西",
    "辽宁",
    "吉林",
    "江苏",
    "浙江",
    "安徽",
    "福建",
    "江西",
    "山东",
    "河南",
    "湖北",
    "湖南",
    "广东",
    "海南",
    "四川",
    "贵州",
    "云南",
    "陕西",
    "甘肃",
    "青海",
    "台湾",
    "广西",
    "西藏",
    "宁夏",
    "新疆",
    "香港",
    "澳门",
    "广州",
    "深圳",
    "珠海",
    "佛山",
    "东莞",
    "惠州",
    "中山",
    "杭州",
    "宁波",
    "温州",
    "绍兴",
    "嘉兴",
    "湖州",
    "金华",
    "义乌",
    "台州",
    "南京",
    "苏州",
    "无锡",
    "常州",
    "南通",
    "徐州",
    "扬州",
    "济南",
    "青岛",
    "烟台",
    "潍坊",
    "武汉",
    "宜昌",
    "长沙",
    "株洲",
    "郑州",
    "洛阳",
    "合肥",
    "芜湖",
    "福州",
    "厦门",
    "泉州",
    "南昌",
    "赣州",
    "南宁",
    "柳州",
    "桂林",
    "海口",
    "三亚",
    "成都",
    "绵阳",
    "贵阳",
    "遵义",
    "昆明",
    "大理",
    "西安",
    "咸阳",
    "兰州",
    "西宁",
    "银川",
    "乌鲁木齐",
    "拉萨",
    "呼和浩特",
    "包头",
    "沈阳",
    "大连",
    "鞍山",
    "长春",
    "哈尔滨",
    "石家庄",
    "唐山",
    "保定",
    "太原",
    "大同",
];

/// The places whose name begins with `c`, in the order of the list; titles are many, places begin with few characters.
fn places(c: char) -> &'static [&'static str] {
    static BY_FIRST: OnceLock<HashMap<char, Vec<&'static str>>> = OnceLock::new();
    let table = BY_FIRST.get_or_init(|| {
        let mut table: HashMap<char, Vec<&'static str>> = HashMap::new();
        for place in PLACES {
            table.entry(place.chars().next().unwrap_or_default()).or_default().push(place);
        }
        table
    });
    table.get(&c).map_or(&[], Vec::as_slice)
}

/// What may follow a place and belongs to its name.
const PLACE_SUFFIXES: &[&str] = &["壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "特别行政区", "省", "市"];

/// Words of measure that go with the number before them, longest first.
const MEASURES: &[&str] = &["年度", "季度", "年", "月", "日", "期", "版", "号", "批"];

/// The family of `title`.
///
/// ```
/// use datasets::title_family::title_family;
/// assert_eq!(title_family("铝2014年度指数数据"), title_family("木浆2022年度指数数据"));
/// assert_eq!(title_family("浙江省企业信用评分 V2.0"), "企业信用评分");
/// assert_eq!(title_family("2024"), "2024");
/// ```
pub fn title_family(title: &str) -> String {
    let plain = plain(title);
    let stripped = without_places(&without_numbers(after_year(&plain)));
    if stripped.is_empty() { plain } else { stripped }
}

/// Step 1: one form for each letter, nothing but letters and digits.
fn plain(title: &str) -> String {
    title.chars().map(half_width).filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The half-width form of a full-width character; the ideographic blank becomes a blank.
pub(crate) fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// Step 2: from the year on, where a year marks a yearly series.
fn after_year(title: &str) -> &str {
    for (at, _) in title.match_indices('年') {
        let before = &title[..at];
        let year = before.len().checked_sub(4).and_then(|start| before.get(start..));
        let is_year =
            year.is_some_and(|y| y.bytes().all(|b| b.is_ascii_digit()) && (y.starts_with("19") || y.starts_with("20")));
        let after = &title[at..];
        let follows = after.trim_start_matches('年').trim_start_matches('度').chars().count();
        if is_year && follows >= 2 {
            return &title[at - 4..];
        }
    }
    title
}

/// Steps 3 and 4.
fn without_numbers(title: &str) -> String {
    let mut kept = String::with_capacity(title.len());
    let mut rest = title;
    while let Some(c) = rest.chars().next() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits > 0 {
            if kept.ends_with(['v', 'p']) && !kept[..kept.len() - 1].ends_with(|c: char| c.is_ascii_alphabetic()) {
                kept.pop();
            }
            rest = &rest[digits..];
            rest = MEASURES.iter().find_map(|word| rest.strip_prefix(word)).unwrap_or(rest);
        } else {
            kept.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    kept
}

/// Step 5.
fn without_places(title: &str) -> String {
    let mut kept = String::with_capacity(title.len());
    let mut rest = title;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = places(c).iter().find_map(|place| rest.strip_prefix(place)) {
            rest = PLACE_SUFFIXES.iter().find_map(|suffix| after.strip_prefix(suffix)).unwrap_or(after);
        } else {
            kept.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(titles: &[&str], family: &str) {
        for title in titles {
            assert_eq!(title_family(title), family, "{title}");
        }
    }

    #[test]
    fn titles_of_one_series_have_one_family() {
        check(&["铝2014年度指数数据", "PA662021年度指数数据", "硝酸钾2022年度指数数据"], "指数数据");
        check(&["螺纹钢2022年度行情数据", "PTA2011年度行情数据"], "行情数据");
        check(&["天道分 V2-银行综合场景分", "天道分 V1-银行综合场景分"], "天道分银行综合场景分");
        check(&["企业评价指标V2.0", "企业评价指标 ｖ１.０"], "企业评价指标");
        check(&["贵州省企业用电信息查询", "广西壮族自治区企业用电信息查询"], "企业用电信息查询");
        check(&["PPI2021", "ppi 2022"], "ppi");
    }

    #[test]
    fn a_title_of_nothing_else_keeps_itself() {
        check(&["浙江省"], "浙江省");
        check(&["2023年"], "2023年");
        check(&[""], "");
    }

    proptest! {
        #[test]
        fn a_year_more_or_less_never_changes_the_family(subject in "[a-z铝钢铜锌]{1,4}", a in 1990u32..2040, b in 1990u32..2040) {
            let of = |year: u32| title_family(&format!("{subject}{year}年度行情数据"));
            prop_assert_eq!(of(a), of(b));
        }

        #[test]
        fn any_text_has_a_family(title in ".{0,40}") {
            let family = title_family(&title);
            prop_assert!(family.len() <= title.len() * 3);
        }
    }
}
