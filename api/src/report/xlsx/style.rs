//! How cells look: inputs blue, engine values on orange, checks green or red, number formats by unit.

use rust_xlsxwriter::{Color, ConditionalFormatCell, ConditionalFormatCellRule, Format, FormatAlign, FormatBorder};
use valuation::unit::Unit;

/// What stands in a value cell; decides its look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A typed number.
    Input,
    /// A live formula.
    Formula,
    /// A number of the engine without a live formula.
    Engine,
    /// 1 where the check holds, else 0.
    Check,
}

const INK: Color = Color::RGB(0x1F2933);
const BLUE: Color = Color::RGB(0x0B3FD9);
const GREEN: Color = Color::RGB(0x0B7A3B);
const RED: Color = Color::RGB(0xC81E1E);
const GREY: Color = Color::RGB(0x6B7280);
const LINE: Color = Color::RGB(0xD5DAE1);
const HEAD: Color = Color::RGB(0xE8EDF5);
const ORANGE: Color = Color::RGB(0xFFE3BF);

fn plain() -> Format {
    Format::new().set_font_name("Microsoft YaHei").set_font_size(10).set_font_color(INK).set_align(FormatAlign::Top)
}

/// The sheet's title.
pub fn title() -> Format {
    plain().set_font_size(14).set_bold()
}

/// The line below the title.
pub fn remark() -> Format {
    plain().set_font_color(GREY)
}

/// Column headings.
pub fn heading() -> Format {
    let format = plain().set_bold().set_background_color(HEAD).set_text_wrap();
    format.set_border_bottom(FormatBorder::Thin).set_border_bottom_color(LINE)
}

/// Headings over numbers.
pub fn number_heading() -> Format {
    heading().set_align(FormatAlign::Right)
}

/// A label or other text.
pub fn label() -> Format {
    plain().set_text_wrap()
}

/// Text of lesser weight: English labels, units, sources.
pub fn quiet() -> Format {
    plain().set_font_color(GREY).set_text_wrap()
}

/// A value cell.
pub fn value(unit: &Unit, kind: Kind) -> Format {
    let format = plain().set_align(FormatAlign::Right);
    match kind {
        Kind::Input => format.set_num_format(number_format(unit)).set_font_color(BLUE),
        Kind::Engine => format.set_num_format(number_format(unit)).set_background_color(ORANGE),
        Kind::Formula => format.set_num_format(number_format(unit)),
        Kind::Check => format.set_num_format("0").set_font_color(GREEN).set_bold(),
    }
}

/// Laid over a check cell that holds 0.
pub fn failed() -> ConditionalFormatCell {
    let loud = Format::new().set_font_color(Color::White).set_background_color(RED);
    ConditionalFormatCell::new().set_rule(ConditionalFormatCellRule::EqualTo(0)).set_format(loud)
}

/// The height of a row, in points, whose texts stand wrapped in columns of the given widths. Spreadsheets do not measure
/// rows of files they did not write; a character of Chinese counts for two.
pub fn height(texts: &[(&str, f64)]) -> f64 {
    let lines = texts.iter().map(|(text, width)| {
        let wrapped = text.lines().map(|line| {
            let units: f64 = line.chars().map(|c| if c.is_ascii() { 1.05 } else { 1.95 }).sum();
            (units / width).ceil().max(1.0)
        });
        wrapped.sum::<f64>().max(1.0)
    });
    (16.0 * lines.fold(1.0, f64::max)).min(400.0)
}

/// The spreadsheet number format of a unit.
pub fn number_format(unit: &Unit) -> String {
    match unit {
        Unit::Money(currency) => match currency.minor_places() {
            0 => "#,##0;[Red]-#,##0".to_owned(),
            places => {
                let zeros = "0".repeat(places as usize);
                format!("#,##0.{zeros};[Red]-#,##0.{zeros}")
            }
        },
        Unit::UnitPrice(..) => "#,##0.00########".to_owned(),
        Unit::Rate(_) => "0.00##%".to_owned(),
        Unit::Ratio => "0.0000####".to_owned(),
        Unit::Years => "0.00##".to_owned(),
        Unit::Months | Unit::Flag => "0".to_owned(),
        Unit::Count => "#,##0".to_owned(),
    }
}
