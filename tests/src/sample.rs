//! The sample case of the documentation, and ways to break it.

use serde_json::Value;
use valuation::case::{Case, PriceModels};
use valuation::error::ValuationError;
use valuation::fault::Fault;
use valuation::value::{Draft, draft};

use crate::project;

/// `valuation/examples/weather.json`: cost, income and market, with evidence, assumptions and distributions.
pub fn weather() -> Value {
    let text = project::read("valuation/examples/weather.json").expect("text");
    serde_json::from_str(&text).expect("the sample case is JSON")
}

/// The workbook of a case, or what is wrong with it.
pub fn written(case: &Value) -> Result<Draft, ValuationError> {
    draft(&Case::from_value(case)?, &PriceModels::new())
}

/// The code of what is wrong with a case; `None` where it is accepted.
pub fn refusal(case: &Value) -> Option<&'static str> {
    written(case).err().map(|error| error.code())
}

/// Every object member of `case` called `name`, as JSON pointers to the object that holds it.
pub fn holders(case: &Value, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    walk(case, String::new(), &mut |pointer, value| {
        if value.get(name).is_some() {
            found.push(pointer.to_owned());
        }
    });
    found
}

fn walk(value: &Value, pointer: String, visit: &mut impl FnMut(&str, &Value)) {
    visit(&pointer, value);
    match value {
        Value::Object(members) => members.iter().for_each(|(name, v)| walk(v, format!("{pointer}/{name}"), visit)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| walk(v, format!("{pointer}/{i}"), visit)),
        _ => {}
    }
}

/// `case` without the member `name` of the object at `holder`.
pub fn without(case: &Value, holder: &str, name: &str) -> Value {
    let mut case = case.clone();
    let object = case.pointer_mut(holder).and_then(Value::as_object_mut).expect("an object");
    object.shift_remove(name);
    case
}

/// `case` with the member `name` of the object at `holder` set to `value`.
pub fn with(case: &Value, holder: &str, name: &str, value: Value) -> Value {
    let mut case = case.clone();
    case.pointer_mut(holder).expect("an object")[name] = value;
    case
}
