//! The JSON Schemas of every input and output, from one list: `hengshu schema NAME` and the OpenAPI document read it.

use pricing_models::card::ModelCard;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};

use datasets::quality::Quality;
use pricing_models::evaluate::study::RatioStudy;
use pricing_models::index::Index;
use valuation::asset::DataAsset;
use valuation::asset::class::AssetClass;
use valuation::case::Case;
use valuation::contribution::request::ShareRequest;
use valuation::contribution::statement::Split;
use valuation::contribution::till::SplitRequest;
use valuation::judgement::ahp::{Hierarchy, Priorities};
use valuation::judgement::delphi::{Delphi, DelphiRounds};
use valuation::judgement::fuzzy::{FuzzyEvaluation, Verdict};
use valuation::judgement::indicators::{IndicatorWeights, Indicators};
use valuation::judgement::rubric::{Rubric, Scored};
use valuation::method::MethodName;
use valuation::option::{OptionContract, OptionPrice};
use valuation::public_data::operation::Operation;
use valuation::public_data::tariff::Tariff;
use valuation::record::Valuation;

use crate::error::Error;
use crate::problem::{Failure, Problem};
use crate::routes::session::{SignIn, SignedIn};
use crate::routes::trades::TradesForm;
use crate::work::asset::{AssetRecord, AssetRequest};
use crate::work::audit::{ChainLink, ChainPage};
use crate::work::backup::Backup;
use crate::work::certificate::Certificate;
use crate::work::demo::Demo;
use crate::work::evidence::EvidenceRecord;
use crate::work::holdings::Holdings;
use crate::work::job::{JobPage, JobRecord, JobRequest};
use crate::work::judge::Questionnaire;
use crate::work::model::FitRequest;
use crate::work::model::record::ModelRecord;
use crate::work::page::{AssetPage, ModelPage, ValuationPage};
use crate::work::person::{PersonPage, PersonRecord, PersonRequest};
use crate::work::public_data::{Bills, Ceilings, Revenue};
use crate::work::report::WrittenReport;
use crate::work::screening::Screening;
use crate::work::share::ShareValues;
use crate::work::token::{TokenPage, TokenRecord, TokenRequest};
use crate::work::valuation::{ValuationRecord, ValuationSummary};
use crate::work::verify::Verified;

/// One schema: the name that commands and documents use, and how it is generated.
struct Named {
    name: &'static str,
    generate: Generate,
}

/// A type of ours, or the inputs of a valuation method.
enum Generate {
    Type(fn(&mut SchemaGenerator) -> Schema),
    Method(MethodName),
}

impl Named {
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        match self.generate {
            Generate::Type(generate) => generate(generator),
            Generate::Method(name) => name.schema(generator),
        }
    }
}

const fn named<T: JsonSchema>(name: &'static str) -> Named {
    Named { name, generate: Generate::Type(|generator| generator.subschema_for::<T>()) }
}

/// Every schema, by name.
fn list() -> Vec<Named> {
    let mut list = vec![
        named::<Case>("case"),
        named::<DataAsset>("asset"),
        named::<AssetClass>("asset_class"),
        named::<AssetRequest>("asset_request"),
        named::<AssetRecord>("asset_record"),
        named::<AssetPage>("asset_page"),
        named::<ValuationSummary>("value"),
        named::<ValuationRecord>("valuation_record"),
        named::<ValuationPage>("valuation_page"),
        named::<Valuation>("valuation"),
        named::<WrittenReport>("report"),
        named::<FitRequest>("fit_request"),
        named::<ModelCard>("model"),
        named::<ModelRecord>("model_record"),
        named::<ModelPage>("model_page"),
        named::<Holdings>("holdings"),
        named::<Screening>("screening"),
        named::<Demo>("demo"),
        named::<Verified>("verify"),
        named::<Index>("index"),
        named::<Quality>("quality"),
        named::<RatioStudy>("evaluate_ratios"),
        named::<Hierarchy>("judge_ahp"),
        named::<Priorities>("judge_ahp_result"),
        named::<FuzzyEvaluation>("judge_fuzzy"),
        named::<Verdict>("judge_fuzzy_result"),
        named::<Indicators>("judge_entropy"),
        named::<Indicators>("judge_critic"),
        named::<IndicatorWeights>("judge_indicator_weights"),
        named::<DelphiRounds>("judge_delphi"),
        named::<Delphi>("judge_delphi_result"),
        named::<Questionnaire>("judge_rubric"),
        named::<Rubric>("rubric"),
        named::<Scored>("judge_rubric_result"),
        named::<TradesForm>("trades_form"),
        named::<ShareRequest>("share_value"),
        named::<ShareValues>("share_value_result"),
        named::<SplitRequest>("share_split"),
        named::<Split>("share_split_result"),
        named::<Operation>("public_data_operation"),
        named::<Tariff>("public_data_tariff"),
        named::<Revenue>("public_data_revenue_result"),
        named::<Ceilings>("public_data_ceilings_result"),
        named::<Bills>("public_data_tariff_result"),
        named::<Certificate>("certificate"),
        named::<Failure>("failure"),
        named::<Problem>("problem"),
        named::<OptionContract>("option"),
        named::<OptionPrice>("option_price"),
    ];
    let methods = MethodName::ALL.iter();
    list.extend(methods.map(|method| Named { name: method.text(), generate: Generate::Method(*method) }));
    list.extend(of_service());
    list
}

/// Those of people, jobs, evidence and the chain.
fn of_service() -> Vec<Named> {
    vec![
        named::<PersonRequest>("person_request"),
        named::<PersonRecord>("person_record"),
        named::<PersonPage>("person_page"),
        named::<TokenRequest>("token_request"),
        named::<TokenRecord>("token_record"),
        named::<TokenPage>("token_page"),
        named::<SignIn>("sign_in"),
        named::<SignedIn>("signed_in"),
        named::<JobRequest>("job_request"),
        named::<JobRecord>("job_record"),
        named::<JobPage>("job_page"),
        named::<EvidenceRecord>("evidence_record"),
        named::<ChainLink>("chain_link"),
        named::<ChainPage>("chain_page"),
        named::<Backup>("backup"),
    ]
}

/// The names that [`schema`] knows.
pub fn names() -> Vec<&'static str> {
    list().iter().map(|named| named.name).collect()
}

/// The JSON Schema (draft 2020-12) called `name`.
///
/// Errors: `schema_not_found` with the nearest name.
pub fn schema(name: &str) -> Result<Value, Error> {
    let list = list();
    let found = list.iter().find(|named| named.name == name).ok_or_else(|| {
        let nearest = valuation::case::read::nearest(name, list.iter().map(|named| named.name));
        Error::SchemaNotFound { name: name.to_owned(), nearest: nearest.unwrap_or_else(|| "case".to_owned()) }
    })?;
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut root = found.schema(&mut generator).to_value();
    let definitions = generator.take_definitions(true);
    if let Some(members) = root.as_object_mut() {
        members.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
        members.insert("title".to_owned(), name.into());
        members.insert("$defs".to_owned(), Value::Object(definitions));
    }
    Ok(root)
}

/// The component schemas of the OpenAPI document: OpenAPI 3.1 speaks the same draft, only the references differ.
pub fn components() -> Map<String, Value> {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    let mut generator = settings.into_generator();
    for named in list() {
        named.schema(&mut generator);
    }
    generator.take_definitions(true).into_iter().collect()
}
