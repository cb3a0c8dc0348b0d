//! 5. Stored records are never updated; they are superseded, with a reason.

use tests::project;
use tests::source::Source;

/// Whether a text is SQL that changes or removes a stored row.
fn changes_rows(text: &str) -> bool {
    let words: Vec<String> = text.split_whitespace().map(str::to_ascii_lowercase).collect();
    words.windows(3).any(|three| three[0] == "update" && three[2] == "set")
        || words.windows(2).any(|two| {
            matches!((two[0].as_str(), two[1].as_str()), ("delete", "from") | ("do", "update") | ("or", "replace"))
                || (two[0] == "replace" && two[1] == "into")
                || (two[0] == "drop" && two[1] == "table")
        })
}

#[test]
fn the_rule_knows_sql() {
    assert!(changes_rows("UPDATE records SET body = $1"));
    assert!(changes_rows("delete from records"));
    assert!(changes_rows("INSERT INTO r VALUES ($1) ON CONFLICT (id) DO UPDATE SET body = $2"));
    assert!(!changes_rows("INSERT INTO r VALUES ($1) ON CONFLICT DO NOTHING"));
    assert!(!changes_rows("CREATE TRIGGER fixed BEFORE UPDATE ON records BEGIN SELECT RAISE(ABORT, 'fixed'); END"));
}

#[test]
fn no_sql_changes_or_removes_a_stored_row() {
    let mut offences = Vec::new();
    for source in Source::all(&[]) {
        for (literal, line) in source.strings() {
            if changes_rows(&literal) {
                offences.push(format!("{}:{line} {literal}", source.path));
            }
        }
    }
    for path in project::files().into_iter().filter(|path| path.ends_with(".sql")) {
        let text = project::read(&path).expect("SQL is text");
        offences.extend(text.split(';').filter(|s| changes_rows(s)).map(|s| format!("{path}: {}", s.trim())));
    }
    assert!(offences.is_empty(), "\n  {}", offences.join("\n  "));
}
