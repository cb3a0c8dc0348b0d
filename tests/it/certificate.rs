//! Certificates: sealed, verified by a library we did not write, expired, foreign, revoked.

use serde_json::{Value, json};
use tests::app::House;
use tests::program;

const ASSET: &str = r#"{"name": "气象历史数据", "information": {}, "legal": {"holder": "某省气象局"}, "value": {}}"#;

fn house() -> House {
    let house = House::new();
    let file = house.write("asset.json", ASSET);
    house.done(&["asset", "add", &file, "--id", "A-1"]);
    house.done(&["certificate", "key", "issuer.pem"]);
    house.done(&["certificate", "key", "other.pem"]);
    house
}

fn issue(house: &House, until: &str) -> Value {
    let arguments = ["certificate", "issue", "--asset", "A-1", "--issuer", "某省数据局", "--key", "issuer.pem"];
    house.done(&[&arguments[..], &["--valid-until", until]].concat())
}

fn refused(house: &House, arguments: &[&str], code: &str) -> Value {
    let (exit, printed) = house.run(arguments);
    assert_eq!((exit, printed["error"]["code"].as_str()), (3, Some(code)), "{printed}");
    assert!(printed["error"]["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()));
    printed
}

#[test]
fn a_certificate_is_verified_by_an_independent_library() {
    let house = house();
    let issued = issue(&house, "2099-12-31");
    assert_eq!((&issued["valid"], &issued["status"]), (&json!(true), &json!("issued")));
    assert!(issued["notice"].as_str().is_some_and(|said| said.contains("不是法律意义上的电子签名")));
    let jwt = issued["jwt"].as_str().expect("a token");
    // PyJWT with the cryptography library: the seal holds, the claims are those that were printed, another key is refused.
    let script = r#"
import json, sys, jwt
token, public, other = sys.argv[1], open(sys.argv[2]).read(), open(sys.argv[3]).read()
claims = jwt.decode(token, public, algorithms=["EdDSA"], issuer="某省数据局", options={"require": ["exp", "nbf", "iat", "sub"]})
try:
    jwt.decode(token, other, algorithms=["EdDSA"]); foreign = "accepted"
except jwt.InvalidSignatureError: foreign = "refused"
head, body, seal = token.split(".")
try:
    jwt.decode(".".join([head, body[:-2] + ("A" if body[-2] != "A" else "B") + body[-1], seal]), public, algorithms=["EdDSA"]); changed = "accepted"
except jwt.PyJWTError: changed = "refused"
print(json.dumps([claims, jwt.get_unverified_header(token), foreign, changed]))
"#;
    let path = |name: &str| house.path().join(name).display().to_string();
    let printed = program::python_prints(script, &[jwt, &path("issuer.pub.pem"), &path("other.pub.pem")]);
    let (claims, header, foreign, changed): (Value, Value, String, String) =
        serde_json::from_str(&printed).expect("JSON");
    assert_eq!(claims, issued["claims"]);
    assert_eq!((claims["sub"].as_str(), claims["holder"].as_str()), (Some("A-1"), Some("某省气象局")));
    assert_eq!((header["alg"].as_str(), header["typ"].as_str()), (Some("EdDSA"), Some("JWT")));
    assert_eq!((foreign.as_str(), changed.as_str()), ("refused", "refused"));
    // And the other way round: a token of that library is opened here.
    let script = r#"
import sys, jwt, json
print(jwt.encode(json.loads(sys.argv[2]), open(sys.argv[1]).read(), algorithm="EdDSA"))
"#;
    let theirs = program::python_prints(script, &[&path("issuer.pem"), &claims.to_string()]);
    let file = house.write("theirs.jwt", &theirs);
    let opened = house.done(&["certificate", "verify", &file, "--key", "issuer.pub.pem"]);
    assert_eq!(opened["claims"], claims);
    // The seal holds, but it is not the text that this register issued (the header names no key).
    assert_eq!(opened["status"], "unknown");
}

#[test]
fn expired_foreign_changed_and_revoked_certificates_are_told_apart() {
    let house = house();
    let issued = issue(&house, "2099-12-31");
    let jwt = issued["jwt"].as_str().expect("a token").to_owned();
    let id = issued["certificate_id"].as_str().expect("an id").to_owned();
    let verify = |key: &str, more: &[&str]| {
        house.run(&[&["certificate", "verify", jwt.as_str(), "--key", key][..], more].concat())
    };
    assert_eq!(verify("issuer.pub.pem", &[]).1["valid"], true);
    refused(&house, &["certificate", "verify", &jwt, "--key", "other.pub.pem"], "certificate_foreign");
    let late = ["certificate", "verify", &jwt, "--key", "issuer.pub.pem", "--on", "2100-01-02"];
    let expired = refused(&house, &late, "certificate_expired");
    assert!(expired["error"]["message"].as_str().is_some_and(|said| said.contains("2099-12-31")));
    refused(&house, &["certificate", "verify", "no-token", "--key", "issuer.pub.pem"], "certificate_malformed");
    refused(&house, &["certificate", "verify", &jwt, "--key", "asset.json"], "certificate_key");
    let old = [
        "certificate",
        "issue",
        "--asset",
        "A-1",
        "--issuer",
        "局",
        "--key",
        "issuer.pem",
        "--valid-until",
        "2020-01-01",
    ];
    refused(&house, &old, "certificate_expired");
    assert_eq!(house.run(&["certificate", "revoke", &id, "--reason", " "]).1["error"]["code"], "reason_missing");
    let revoked = house.done(&["certificate", "revoke", &id, "--reason", "授权终止"]);
    assert_eq!((revoked["status"].as_str(), revoked["valid"].as_bool()), (Some("revoked"), Some(false)));
    let (exit, answered) = verify("issuer.pub.pem", &[]);
    assert_eq!(
        (exit, answered["status"].as_str(), answered["reason"].as_str()),
        (4, Some("revoked"), Some("授权终止"))
    );
    assert_eq!(house.run(&["certificate", "revoke", &id, "--reason", "再次"]).1["error"]["code"], "already_superseded");
    assert_eq!(house.done(&["verify", "--all"])["failures"], json!([]));
    // A key is never overwritten.
    assert_eq!(house.run(&["certificate", "key", "issuer.pem"]).0, 2);
}

#[test]
fn a_valuation_is_certified_with_its_amount() {
    let house = house();
    let text = tests::project::read("valuation/examples/weather.json").expect("text");
    let case = house.write("case.json", text);
    let valued = house.done(&["value", &case]);
    let id = valued["valuation_id"].as_str().expect("an id");
    let arguments = ["certificate", "issue", "--valuation", id, "--issuer", "评估机构", "--key", "issuer.pem"];
    let issued = house.done(&[&arguments[..], &["--valid-until", "2099-12-31"]].concat());
    assert_eq!(issued["claims"]["valuation"]["value"], valued["conclusion"]["value"]);
    assert_eq!(issued["claims"]["kind"], "valuation");
    // Asked again, the certificate that is there is answered.
    let again = house.done(&[&arguments[..], &["--valid-until", "2099-12-31"]].concat());
    assert_eq!(again["jwt"], issued["jwt"]);
}
