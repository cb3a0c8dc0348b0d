//! The products of the sample market.

use valuation::terms::UpdateFrequency;
use valuation::unit::PriceUnit;

use super::params::Params;
use super::random::Random;
use crate::title_family::title_family;

const PLACES: &[&str] = &[
    "浙江省",
    "杭州市",
    "宁波市",
    "上海市",
    "江苏省",
    "南京市",
    "苏州市",
    "广东省",
    "广州市",
    "深圳市",
    "贵州省",
    "贵阳市",
    "四川省",
    "成都市",
    "山东省",
    "济南市",
    "青岛市",
    "福建省",
    "厦门市",
    "湖北省",
    "武汉市",
    "湖南省",
    "长沙市",
    "河南省",
    "郑州市",
    "陕西省",
    "西安市",
    "重庆市",
    "北京市",
    "天津市",
];

/// Subjects by category, in the order of the categories of `params.toml`.
const SUBJECTS: &[&[&str]] = &[
    &["企业信用", "小微贷款", "供应链金融", "保险理赔", "票据贴现", "个人征信"],
    &["设备运行", "产业链", "原料行情", "能耗", "专利", "质检"],
    &["社保缴存", "不动产登记", "行政处罚", "招投标", "用水用电", "人口流动"],
    &["货运轨迹", "道路拥堵", "航班准点", "港口吞吐", "充电桩", "公交客流"],
    &["药品流通", "门诊量", "医疗器械", "慢病管理", "医保结算", "体检"],
    &["气象观测", "空气质量", "水文", "卫星云图", "灾害预警", "光照辐射"],
];

const FORMS: &[&str] = &[
    "查询",
    "核验",
    "评分",
    "指数",
    "分析报告",
    "明细数据集",
    "标签",
    "画像",
    "监测数据",
    "预测数据",
    "名录",
    "统计数据",
];

/// One product with what does not change from listing to listing.
pub(super) struct Product {
    pub id: String,
    pub title: String,
    pub family: String,
    pub category: usize,
    pub exchange: usize,
    pub unit: usize,
    pub update: usize,
    pub seller: String,
    pub records: f64,
    pub fields: f64,
    pub quality: f64,
    pub history_months: f64,
    pub size_mb: f64,
    /// The price of a product whose whole family stands at one price.
    pub placeholder: Option<i64>,
}

impl Product {
    pub fn draw(params: &Params, random: &mut Random, number: u32) -> Product {
        let category = params.draw("category", random.uniform());
        let pick = |list: &'static [&'static str], random: &mut Random| list[random.below(list.len() as u64) as usize];
        let subject = pick(SUBJECTS[category % SUBJECTS.len()], random);
        let title = format!("{}{subject}{}", pick(PLACES, random), pick(FORMS, random));
        let records = libm::round(libm::exp(11.0 + 1.8 * random.normal())).max(20.0);
        let fields = libm::round(libm::exp(2.9 + 0.7 * random.normal())).max(1.0);
        let bytes = records * fields * (6.0 + 10.0 * random.uniform());
        Product {
            id: format!("P{number:05}"),
            family: title_family(&title),
            title,
            category,
            exchange: params.draw("exchange", random.uniform()),
            unit: params.draw("price_unit", random.uniform()),
            update: params.draw("update_frequency", random.uniform()),
            seller: format!("卖方{:03}", random.below(params.sellers as u64) + 1),
            records,
            fields,
            quality: libm::round((0.5 + 0.5 * random.uniform()) * 1000.0) / 1000.0,
            history_months: 1.0 + random.below(120) as f64,
            size_mb: libm::ceil(bytes / 1_048_576.0 * 100.0) / 100.0,
            placeholder: None,
        }
    }

    /// A product of a yearly series that its seller lists at one price throughout.
    pub fn placeholder(params: &Params, random: &mut Random, number: u32) -> Product {
        const GOODS: &[&str] =
            &["铝", "铜", "螺纹钢", "木浆", "PTA", "甲醇", "玻璃", "小麦", "鸡蛋", "尿素", "氧化锂", "橡胶"];
        let mut product = Product::draw(params, random, number);
        let (form, price) = if number.is_multiple_of(2) { ("行情数据", 1000) } else { ("指数数据", 5000) };
        let year = 2011 + random.below(13);
        product.title = format!("{}{year}年度{form}", GOODS[random.below(GOODS.len() as u64) as usize]);
        product.family = title_family(&product.title);
        product.unit = params.levels("price_unit").iter().position(|l| l.level == "one_off").unwrap_or_default();
        product.placeholder = Some(price);
        product
    }

    pub fn price_unit(&self, params: &Params) -> Option<PriceUnit> {
        params.levels("price_unit").get(self.unit).and_then(|level| PriceUnit::from_code(&level.level))
    }

    pub fn update_frequency(&self, params: &Params) -> UpdateFrequency {
        let level = params.levels("update_frequency").get(self.update);
        level.and_then(|level| UpdateFrequency::from_code(&level.level)).unwrap_or(UpdateFrequency::NotStated)
    }
}
