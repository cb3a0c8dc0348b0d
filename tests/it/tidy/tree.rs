//! The tree: what may stand where, and what no file may say.

use tests::project;

use super::none;

const TOP: [&str; 17] = [
    "Cargo.toml",
    "Cargo.lock",
    "Makefile",
    "README.md",
    "CHANGELOG.md",
    "BENCHMARKS.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "rustfmt.toml",
    "clippy.toml",
    "deny.toml",
    "valuation",
    "pricing-models",
    "datasets",
    "api",
    "tests",
    "notebooks",
];

#[test]
fn the_top_level_holds_only_what_the_house_names() {
    let mut top: Vec<String> =
        project::files().iter().filter_map(|path| path.split('/').next().map(str::to_owned)).collect();
    top.dedup();
    let offences = top.into_iter().filter(|name| !name.starts_with('.') && !TOP.contains(&name.as_str())).collect();
    none("A new thing goes into one of the crates' folders.", offences);
}

#[test]
fn no_file_names_a_machine_or_a_registry() {
    // Written in two halves, so that this file does not offend.
    let forbidden = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("crates", ".io"),
        concat!("pypi", ".org"),
        concat!("npmjs", ".org"),
        concat!("deb.debian", ".org"),
    ];
    let mut offences = Vec::new();
    // Cargo writes the name of its registry into the lock file by itself.
    for path in project::files().into_iter().filter(|path| path != "Cargo.lock") {
        let Some(text) = project::read(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            if let Some(found) = forbidden.iter().find(|word| line.contains(*word)) {
                offences.push(format!("{path}:{} {found}", number + 1));
            }
        }
    }
    none("Committed files hold for every machine.", offences);
}

#[test]
fn text_files_end_with_one_line_break() {
    let text = |path: &String| {
        [".rs", ".toml", ".md", ".csv", ".sh", ".py", ".html", ".sql"].iter().any(|end| path.ends_with(end))
    };
    let offences = project::files()
        .into_iter()
        .filter(text)
        // Reference tables keep the bytes of their publisher.
        .filter(|path| !path.contains("/fixtures/"))
        .filter(|path| project::read(path).is_some_and(|text| !text.ends_with('\n') || text.ends_with("\n\n")))
        .collect();
    none("A text file ends with one line break.", offences);
}
