//! Charts as SVG text: small, deterministic, readable in print.

use std::fmt::Write;

const INK: &str = "#1f2933";
const GREY: &str = "#6b7280";
const LINE: &str = "#d5dae1";
const FILL: &str = "#5b7fa6";
const STRONG: &str = "#b4432f";

/// One bar of a football field.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    pub label: String,
    /// A second, smaller label below the first.
    pub sublabel: String,
    pub low: f64,
    pub value: f64,
    pub high: f64,
    /// The conclusion stands out.
    pub strong: bool,
}

/// A point of a chart over periods or items.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub label: String,
    pub value: f64,
}

/// Escapes text for SVG and HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Round numbers that cover `low … high` in about `count` steps.
pub fn ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let span = high - low;
    if !(span.is_finite() && span > 0.0) {
        return vec![low];
    }
    let raw = span / count.max(1) as f64;
    let power = 10_f64.powi(raw.log10().floor() as i32);
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= raw).unwrap_or(raw);
    let (first, last) = ((low / step).floor() as i64, (high / step).ceil() as i64);
    (first..=last).map(|index| index as f64 * step).collect()
}

/// A tick's label: no more decimals than its step needs, thousands apart.
fn tick_label(value: f64, step: f64) -> String {
    let places = if step >= 1.0 { 0 } else { (-step.log10().floor()).clamp(0.0, 6.0) as u32 };
    let exact = valuation::money::exact_decimal(value).unwrap_or_default();
    super::numerals::decimals(exact, places, places)
}

struct Canvas {
    text: String,
    width: f64,
    height: f64,
}

impl Canvas {
    fn new(width: f64, height: f64) -> Canvas {
        Canvas { text: String::new(), width, height }
    }

    fn line(&mut self, x1: f64, y1: f64, x2: f64, y2: f64, colour: &str, width: f64) {
        // Writing to a String cannot fail.
        let _ = write!(
            self.text,
            r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" stroke="{colour}" stroke-width="{width:.1}"/>"#
        );
    }

    fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, colour: &str, opacity: f64) {
        let _ = write!(
            self.text,
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="{colour}" fill-opacity="{opacity:.2}"/>"#
        );
    }

    fn text(&mut self, x: f64, y: f64, size: f64, anchor: &str, colour: &str, said: &str) {
        let said = escape(said);
        let _ = write!(
            self.text,
            r#"<text x="{x:.1}" y="{y:.1}" font-size="{size:.1}" text-anchor="{anchor}" fill="{colour}">{said}</text>"#
        );
    }

    fn finish(self, title: &str) -> String {
        let (width, height) = (self.width, self.height);
        format!(
            concat!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {:.0} {:.0}" role="img" class="chart" "#,
                r#"font-family="inherit"><title>{}</title>{}</svg>"#
            ),
            width,
            height,
            escape(title),
            self.text
        )
    }
}

/// A linear scale from numbers to places.
struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    fn of(ticks: &[f64], from: f64, to: f64) -> Scale {
        let low = ticks.first().copied().unwrap_or(0.0);
        let high = ticks.last().copied().filter(|high| *high > low).unwrap_or(low + 1.0);
        Scale { low, high, from, to }
    }

    fn at(&self, value: f64) -> f64 {
        self.from + (value - self.low) / (self.high - self.low) * (self.to - self.from)
    }
}

/// The least and the greatest finite value; 0 and 1 where there is none.
fn finite(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let span = |span: Option<(f64, f64)>, value: f64| match span {
        Some((low, high)) => Some((low.min(value), high.max(value))),
        None => Some((value, value)),
    };
    values.filter(|value| value.is_finite()).fold(None, span).unwrap_or((0.0, 1.0))
}

/// How much room a football field has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    pub width: f64,
    /// Of it, left of the bars, for the labels.
    pub labels: f64,
    /// Steps of the axis, about.
    pub steps: usize,
}

impl Room {
    /// The width of a printed page.
    pub const PAGE: Room = Room { width: 760.0, labels: 262.0, steps: 6 };
    /// A card among others, or the screen of a telephone.
    pub const CARD: Room = Room { width: 350.0, labels: 90.0, steps: 4 };
}

/// The football field: one bar from `low` to `high` a method with its value marked; `unit` says what the axis counts.
pub fn football_field(title: &str, unit: &str, ranges: &[Range], room: Room) -> String {
    const RIGHT: f64 = 24.0;
    const ROW: f64 = 44.0;
    let (width, height) = (room.width, 56.0 + ROW * ranges.len() as f64);
    let mut canvas = Canvas::new(width, height);
    let (low, high) = finite(ranges.iter().flat_map(|r| [r.low, r.value, r.high]));
    let pad = if high > low { (high - low) * 0.06 } else { high.abs() * 0.1 + 1.0 };
    let ticks = ticks(low - pad, high + pad, room.steps);
    let scale = Scale::of(&ticks, room.labels, width - RIGHT);
    let bottom = height - 40.0;
    let step = ticks.get(1).map_or(1.0, |second| second - ticks[0]);
    for tick in &ticks {
        canvas.line(scale.at(*tick), 8.0, scale.at(*tick), bottom, LINE, 1.0);
        canvas.text(scale.at(*tick), bottom + 16.0, 11.0, "middle", GREY, &tick_label(*tick, step));
    }
    canvas.text(width - RIGHT, bottom + 33.0, 11.0, "end", GREY, unit);
    for (index, range) in ranges.iter().enumerate() {
        let middle = 10.0 + ROW * (index as f64 + 0.5);
        let colour = if range.strong { STRONG } else { FILL };
        canvas.text(room.labels - 12.0, middle - 2.0, 13.0, "end", INK, &range.label);
        canvas.text(room.labels - 12.0, middle + 12.0, 10.0, "end", GREY, &range.sublabel);
        let (from, to) = (scale.at(range.low), scale.at(range.high));
        canvas.rect(from, middle - 9.0, (to - from).max(2.0), 18.0, colour, 0.55);
        let at = scale.at(range.value);
        canvas.line(at, middle - 13.0, at, middle + 13.0, colour, 3.0);
    }
    canvas.finish(title)
}

/// The frame of an upright chart; returns the scale of its numbers.
fn frame(canvas: &mut Canvas, unit: &str, low: f64, high: f64) -> Scale {
    let ticks = ticks(low, high, 5);
    let scale = Scale::of(&ticks, canvas.height - 34.0, 24.0);
    let step = ticks.get(1).map_or(1.0, |second| second - ticks[0]);
    for tick in &ticks {
        let y = scale.at(*tick);
        canvas.line(AXIS, y, canvas.width - 12.0, y, LINE, 1.0);
        canvas.text(AXIS - 6.0, y + 4.0, 11.0, "end", GREY, &tick_label(*tick, step));
    }
    canvas.text(AXIS, 14.0, 11.0, "start", GREY, unit);
    scale
}

const AXIS: f64 = 84.0;

fn place(canvas: &Canvas, index: usize, count: usize) -> (f64, f64) {
    let slot = (canvas.width - 12.0 - AXIS) / count.max(1) as f64;
    (AXIS + slot * (index as f64 + 0.5), slot)
}

fn labels(canvas: &mut Canvas, points: &[Point]) {
    // At most about twelve labels fit.
    let every = points.len().div_ceil(12).max(1);
    for (index, point) in points.iter().enumerate().filter(|(index, _)| index % every == 0) {
        let (x, _) = place(canvas, index, points.len());
        let y = canvas.height - 16.0;
        canvas.text(x, y, 11.0, "middle", GREY, &point.label);
    }
}

/// Upright bars from zero.
pub fn bars(title: &str, unit: &str, points: &[Point]) -> String {
    let mut canvas = Canvas::new(760.0, 240.0);
    let (low, high) = finite(points.iter().map(|point| point.value));
    let scale = frame(&mut canvas, unit, low.min(0.0), high.max(0.0));
    for (index, point) in points.iter().enumerate().filter(|(_, point)| point.value.is_finite()) {
        let (x, slot) = place(&canvas, index, points.len());
        let (zero, top) = (scale.at(0.0), scale.at(point.value));
        let width = (slot * 0.62).min(64.0);
        canvas.rect(x - width / 2.0, zero.min(top), width, (zero - top).abs(), FILL, 0.85);
    }
    labels(&mut canvas, points);
    canvas.finish(title)
}

/// A line through points in their order.
pub fn line(title: &str, unit: &str, points: &[Point]) -> String {
    let mut canvas = Canvas::new(760.0, 240.0);
    let (low, high) = finite(points.iter().map(|point| point.value));
    let scale = frame(&mut canvas, unit, low, high);
    let mut previous: Option<(f64, f64)> = None;
    for (index, point) in points.iter().enumerate() {
        let (x, _) = place(&canvas, index, points.len());
        let here = point.value.is_finite().then(|| (x, scale.at(point.value)));
        if let (Some((x1, y1)), Some((x2, y2))) = (previous, here) {
            canvas.line(x1, y1, x2, y2, FILL, 2.0);
        }
        previous = here;
    }
    labels(&mut canvas, points);
    canvas.finish(title)
}

/// One class of a histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    pub low: f64,
    pub high: f64,
    pub count: u64,
}

/// How often values fall into classes, with marks at `marks` (for example value and interval).
pub fn histogram(title: &str, unit: &str, bars: &[Bar], marks: &[f64]) -> String {
    let mut canvas = Canvas::new(760.0, 220.0);
    let (Some(first), Some(last)) = (bars.first(), bars.last()) else { return canvas.finish(title) };
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(1).max(1) as f64;
    let scale = Scale::of(&[first.low, last.high], 24.0, canvas.width - 24.0);
    let bottom = canvas.height - 40.0;
    for bar in bars {
        let (from, to) = (scale.at(bar.low), scale.at(bar.high));
        let tall = bar.count as f64 / most * (bottom - 16.0);
        canvas.rect(from + 0.5, bottom - tall, (to - from - 1.0).max(0.5), tall, FILL, 0.7);
    }
    canvas.line(24.0, bottom, canvas.width - 24.0, bottom, GREY, 1.0);
    let axis = ticks(first.low, last.high, 6);
    let step = axis.get(1).map_or(1.0, |second| second - axis[0]);
    for tick in axis.iter().filter(|tick| **tick >= scale.low && **tick <= scale.high) {
        canvas.text(scale.at(*tick), bottom + 16.0, 11.0, "middle", GREY, &tick_label(*tick, step));
    }
    for mark in marks.iter().filter(|mark| **mark >= scale.low && **mark <= scale.high) {
        canvas.line(scale.at(*mark), 8.0, scale.at(*mark), bottom, STRONG, 1.5);
    }
    let right = canvas.width - 24.0;
    canvas.text(right, bottom + 33.0, 11.0, "end", GREY, unit);
    canvas.finish(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_cover_the_span() {
        assert_eq!(ticks(0.0, 10.0, 5), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(ticks(-3.0, 17.0, 4), [-5.0, 0.0, 5.0, 10.0, 15.0, 20.0]);
        assert_eq!(ticks(5.0, 5.0, 4), [5.0]);
    }

    #[test]
    fn names_from_users_cannot_write_markup() {
        let range = Range {
            label: "<script>\"&".into(),
            sublabel: String::new(),
            low: 1.0,
            value: 2.0,
            high: 3.0,
            strong: false,
        };
        let svg = football_field("t", "元", &[range], Room::PAGE);
        assert!(svg.contains("&lt;script&gt;&quot;&amp;") && !svg.contains("<script>"));
    }

    #[test]
    fn charts_of_nothing_and_of_one_point_are_drawn() {
        for svg in [
            football_field("t", "元", &[], Room::CARD),
            bars("t", "元", &[]),
            line("t", "元", &[Point { label: "1".into(), value: 3.0 }]),
            histogram("t", "元", &[], &[1.0]),
            histogram("t", "元", &[Bar { low: 1.0, high: 2.0, count: 0 }], &[f64::NAN]),
            bars("t", "元", &[Point { label: "1".into(), value: f64::NAN }]),
        ] {
            assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"));
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
