//! 1. `valuation` and `pricing-models` do no IO and read no clock.

use tests::source::Source;

const FORBIDDEN: [&str; 10] = [
    "std::fs",
    "std::env",
    "std::io",
    "std::net",
    "std::process",
    "std::time",
    "std::thread",
    "tokio",
    "sqlx",
    "actix_web",
];

#[test]
fn valuation_and_pricing_models_do_no_io_and_read_no_clock() {
    let mut offences = Vec::new();
    for source in Source::all(&["valuation/src", "pricing-models/src"]) {
        for (path, line) in source.paths() {
            let module = FORBIDDEN.iter().any(|module| path == *module || path.starts_with(&format!("{module}::")));
            let clock = path.ends_with("Utc::now") || path.ends_with("Local::now") || path.ends_with("Local::today");
            let clock_type = ["SystemTime", "Instant"].iter().any(|name| path.split("::").any(|part| part == *name));
            let unseeded = path.ends_with("thread_rng") || path.contains("OsRng") || path.ends_with("from_entropy");
            if module || clock || clock_type || unseeded {
                offences.push(format!("{}:{line} {path}", source.path));
            }
        }
        for two in source.tokens().windows(2) {
            let [name, bang] = two else { continue };
            if bang.text == "!" && matches!(name.text.as_str(), "println" | "eprintln" | "print" | "eprint") {
                offences.push(format!("{}:{} {}!", source.path, name.line, name.text));
            }
        }
    }
    assert!(offences.is_empty(), "\n  {}", offences.join("\n  "));
}
