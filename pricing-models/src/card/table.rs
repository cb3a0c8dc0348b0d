//! The coefficient table: in JSON an object by coefficient name, in the order of the formula.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hedonic::Coefficient;

/// Coefficients by name, in the order of the formula.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CoefficientTable(pub Vec<(String, Coefficient)>);

impl CoefficientTable {
    pub fn get(&self, name: &str) -> Option<&Coefficient> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, coefficient)| coefficient)
    }
}

impl Serialize for CoefficientTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, coefficient) in &self.0 {
            map.serialize_entry(name, coefficient)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for CoefficientTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = CoefficientTable;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("coefficients by name")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CoefficientTable, A::Error> {
                let mut lines = Vec::new();
                while let Some(line) = map.next_entry()? {
                    lines.push(line);
                }
                Ok(CoefficientTable(lines))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

impl JsonSchema for CoefficientTable {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CoefficientTable".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        std::collections::BTreeMap::<String, Coefficient>::json_schema(generator)
    }
}

/// JSON has no infinity and no NaN; both are written as null and read as NaN.
pub(crate) fn null_as_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
}
