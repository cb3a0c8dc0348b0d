//! A disk that is really full and a folder that is really read-only: nothing is half written, and everything is as it was.

use serde_json::{Value, json};
use tests::disk::with_mounts;
use tests::journey::Journey;
use tests::program;

/// Commands that write, each after `hengshu`; run in the folder of the journey.
const WRITES: [&str; 5] = [
    "asset add asset.json --id A-1",
    "trades import more.csv --mapping hengshu",
    "model fit --formula log(price)~quality",
    "value other.json",
    "demo --trades 1000",
];

/// A journey with the files that the commands read.
fn prepared() -> Journey {
    let journey = Journey::take(600, 2);
    let house = &journey.house;
    house.write("asset.json", r#"{"name": "气象", "information": {}, "legal": {}, "value": {}}"#);
    let mut case = journey.case.clone();
    case["simulation"] = json!({"seed": 3});
    house.write("other.json", case.to_string());
    house.write("more.csv", tests::journey::trade_file(&datasets::synthetic::market(23, 2_000)));
    journey
}

/// Runs each command line on a copy of the data that a mount has changed; prints a line of JSON for each: exit code, answer,
/// whether every file is as it was, and what `verify` says when the disk is well again.
///
/// `$1` the program, `$2` the folder, `$3` a bash function `broken` that makes the disk bad and `mended` that makes it good.
const SCRIPT: &str = r#"
hengshu=$1; cd "$2"; eval "$3"; shift 3
export TMPDIR="$PWD/scratch"; mkdir -p "$TMPDIR"
sums() { (cd "$disk" && find . -type f ! -name filler ! -name register.lock ! -name '*-wal' ! -name '*-shm' ! -path '*/trades/lock' \
    -exec sha256sum {} + | sort -k 2); }
for line in "$@"; do
  disk=$(mktemp -d)
  before=$(mktemp); after=$(mktemp)
  prepare
  sums > "$before"
  broken
  set +e
  answer=$("$hengshu" $line --format json --data-dir "$disk" 2> /dev/null); exit=$?
  set -e
  mended
  sums > "$after"
  same=$(cmp -s "$before" "$after" && echo true || echo false)
  set +e
  verified=$("$hengshu" verify --format json --data-dir "$disk" 2> /dev/null)
  set -e
  # One line each: the answers hold no line breaks.
  printf '{"line": "%s", "exit": %d, "same": %s, "answer": %s, "verified": %s}\n' \
    "$line" "$exit" "$same" "${answer:-null}" "${verified:-null}"
  umount "$disk"
done
"#;

fn outcomes(journey: &Journey, disk: &str, lines: &[&str]) -> Vec<Value> {
    let program = program::hengshu().display().to_string();
    let folder = journey.house.path().display().to_string();
    let mut arguments = vec![program.as_str(), &folder, disk];
    arguments.extend(lines);
    let output = with_mounts(SCRIPT, &arguments);
    let printed = program::printed(&output);
    printed.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|cause| panic!("{cause}: {line}"))).collect()
}

fn assert_untouched(outcome: &Value, code: &str, exit: u64) {
    assert_eq!(outcome["answer"]["error"]["code"], json!(code), "{outcome}");
    assert_eq!(outcome["exit"].as_u64(), Some(exit), "{outcome}");
    assert_eq!(outcome["same"], json!(true), "files came, went or changed: {outcome}");
    assert_eq!(outcome["verified"]["failures"], json!([]), "{outcome}");
    let error = &outcome["answer"]["error"];
    assert!(error["file"].is_string() && error["remedy"].is_string(), "{outcome}");
}

#[test]
fn a_full_disk_is_told_and_everything_is_as_it_was() {
    let journey = prepared();
    // A small memory disk, filled to the last block.
    let disk = r#"
      prepare() { mount -t tmpfs -o size=8m tmpfs "$disk"; cp -a data/. "$disk/"; }
      broken() { dd if=/dev/zero of="$disk/filler" bs=4096 status=none 2> /dev/null || true; }
      mended() { rm "$disk/filler"; }
    "#;
    let found = outcomes(&journey, disk, &WRITES);
    assert_eq!(found.len(), WRITES.len());
    for outcome in &found {
        assert_untouched(outcome, "disk_full", 1);
    }
    // A report for a device without room, reached by a link: a device is never replaced by a file.
    let link = journey.house.path().join("full.xlsx");
    std::os::unix::fs::symlink("/dev/full", &link).expect("linked");
    let error =
        super::refused(&journey.house, &["report", journey.id(), "--to", "xlsx", "-o", "full.xlsx"], "disk_full", 1);
    assert_eq!(error["file"], "full.xlsx");
    assert!(std::fs::symlink_metadata(&link).is_ok_and(|still| still.is_symlink()));
}

/// Room for a part of what a command writes: wherever it runs out, the command is done whole or not at all.
#[test]
fn a_disk_that_fills_on_the_way_leaves_all_or_nothing() {
    let journey = prepared();
    let mut ends = std::collections::BTreeMap::new();
    for room in [4, 16, 40, 72, 104, 136, 200, 264, 296, 328, 400, 600, 1200] {
        let disk = format!(
            r#"
            prepare() {{ mount -t tmpfs -o size=8m tmpfs "$disk"; cp -a data/. "$disk/"; }}
            broken() {{
              dd if=/dev/zero of="$disk/filler" bs=4096 status=none 2> /dev/null || true
              truncate -s -{room}K "$disk/filler"
            }}
            mended() {{ rm "$disk/filler"; }}
            "#
        );
        for outcome in outcomes(&journey, &disk, &WRITES[..4]) {
            let line = outcome["line"].as_str().expect("text").to_owned();
            if outcome["exit"].as_u64() == Some(0) {
                assert_eq!(outcome["verified"]["failures"], json!([]), "{room} KiB: {outcome}");
            } else {
                assert_untouched(&outcome, "disk_full", 1);
            }
            ends.entry(line).or_insert_with(Vec::new).push(outcome["exit"].as_u64().unwrap_or(9));
        }
    }
    // The sweep means something only where each command meets both ends.
    for (line, exits) in &ends {
        assert!(exits.contains(&0) && exits.contains(&1), "{line}: {exits:?}");
    }
}

#[test]
fn a_read_only_disk_is_told_and_can_still_be_read() {
    let journey = prepared();
    let disk = r#"
      prepare() { mount -t tmpfs -o size=8m tmpfs "$disk"; cp -a data/. "$disk/"; }
      broken() { mount -o remount,ro "$disk"; }
      mended() { mount -o remount,rw "$disk"; }
    "#;
    for outcome in &outcomes(&journey, disk, &WRITES) {
        assert_untouched(outcome, "read_only", 2);
    }
    let id = journey.id();
    let reads = [format!("verify {id}"), format!("report {id} --to html -o out.html"), "asset list".to_owned()];
    let reads: Vec<&str> = reads.iter().map(String::as_str).collect();
    for outcome in outcomes(&journey, disk, &reads) {
        assert_eq!(outcome["exit"], json!(0), "an archive on a read-only disk can be read: {outcome}");
        assert_eq!((&outcome["same"], &outcome["verified"]["failures"]), (&json!(true), &json!([])), "{outcome}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let house = super::house();
    house.write("a-file", "no folder");
    let mut command = std::process::Command::new(program::hengshu());
    command.args(["asset", "add", "asset.json", "--format", "json", "--data-dir"]).arg(house.path().join("a-file/x"));
    let output = command.current_dir(house.path()).output().expect("hengshu runs");
    let printed = tests::app::json(&output);
    assert_eq!((printed["error"]["code"].as_str(), output.status.code()), (Some("read_only"), Some(2)), "{printed}");
}
