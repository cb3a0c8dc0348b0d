//! Textbook hedonic regressions on their published data, and the same numbers from statsmodels.

use std::path::Path;

use pricing_models::frame::{Column, Frame};
use pricing_models::hedonic::Fit;

use crate::nist::ordinary;

/// A CSV text without quotes as a frame: a column whose every cell is a number is numeric; `NA` and blanks are missing.
pub fn frame(text: &str) -> Frame {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().expect("a heading").split(',').collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    names.iter().enumerate().fold(Frame::new(), |frame, (at, name)| {
        let cells: Vec<&str> = rows.iter().map(|row| if row[at] == "NA" { "" } else { row[at] }).collect();
        let numbers: Option<Vec<f64>> =
            cells.iter().map(|cell| if cell.is_empty() { Some(f64::NAN) } else { cell.parse().ok() }).collect();
        let column = numbers.map_or_else(|| Column::text(&cells), Column::Real);
        frame.with(*name, column).expect("columns of one length")
    })
}

/// The columns named, of a file of the reference data.
fn columns(data: &Path, file: &str, names: &[&str]) -> Frame {
    let text = std::fs::read_to_string(data.join("textbook").join(file)).expect("the reference data hold the file");
    let all = frame(&text);
    names.iter().fold(Frame::new(), |few, name| few.with(*name, all.column(name).unwrap().clone()).unwrap())
}

/// The estimates agree with the printed ones to the last printed digit.
fn printed(model: &Fit, expected: &[(&str, f64, f64)]) {
    for (name, value, unit) in expected {
        let found = model.coefficient(name).unwrap().estimate;
        assert!((found - value).abs() <= 0.51 * unit, "{name}: {found} instead of {value}");
    }
}

#[test]
fn windsor_house_prices_are_those_of_verbeek() {
    let Some(data) = tests::reference::folder("verbeek_house_prices") else { return };
    let houses = columns(&data, "AER_HousePrices.csv", &["price", "lotsize", "bedrooms", "bathrooms", "aircon"]);
    let model = ordinary(&houses, "log(price) ~ log(lotsize) + bedrooms + bathrooms + aircon");
    let expected = [
        ("(Intercept)", 7.094, 0.001),
        ("log(lotsize)", 0.400, 0.001),
        ("bedrooms", 0.078, 0.001),
        ("bathrooms", 0.216, 0.001),
        ("airconyes", 0.212, 0.001),
    ];
    printed(&model, &expected);
    assert!((model.r2 - 0.5674).abs() < 0.00006 && (model.residual_sd - 0.2456).abs() < 0.00006);
}

#[test]
fn boston_house_prices_are_those_of_wooldridge() {
    let Some(data) = tests::reference::folder("wooldridge_hprice1") else { return };
    let houses = columns(&data, "wooldridge_hprice1.csv", &["price", "lotsize", "sqrft", "bdrms"]);
    let model = ordinary(&houses, "log(price) ~ log(lotsize) + log(sqrft) + bdrms");
    let expected = [
        ("(Intercept)", -1.297, 0.001),
        ("log(lotsize)", 0.168, 0.001),
        ("log(sqrft)", 0.700, 0.001),
        ("bdrms", 0.037, 0.001),
    ];
    printed(&model, &expected);
    assert!((model.r2 - 0.643).abs() < 0.0006 && model.n == 88);
}

#[test]
fn computer_prices_fall_as_published() {
    let Some(data) = tests::reference::folder("ecdat_computers") else { return };
    let names = ["price", "speed", "hd", "ram", "screen", "cd", "multi", "premium", "ads", "trend"];
    let computers = columns(&data, "Ecdat_Computers.csv", &names);
    let formula = "log(price) ~ log(speed) + log(hd) + log(ram) + log(screen) + cd + multi + premium + ads + trend";
    let model = ordinary(&computers, formula);
    printed(&model, &[("trend", -0.022817, 0.000001)]);
    assert!((model.r2 - 0.791321).abs() < 0.000001);
}
