//! Everything that a report says is on its page, and nothing in it is taken for markup.

use std::collections::BTreeMap;

use cloudup_engine::{
    ChangeKind, Entry, ErrorKind, Failure, FieldChange, Finding, Mode, Outcome, Report, Ruling,
    SCHEMA_VERSION, Source, StopLevel, TaskId, Timing, Verdict, Wait, Warning,
};
use cloudup_tasks::{
    cloud::CallCount,
    policy::{AccessDiff, Document, Statement},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::environment::Environment;

/// Text that would do harm, each in its own way, with something that tells it from all others.
fn text() -> impl Strategy<Value = String> {
    let hostile = prop::sample::select(vec![
        "plain",
        "<b>",
        "</details>",
        "\"'",
        "&amp;",
        "<script>alert(1)</script>",
        "a  b",
        "é→",
    ]);
    (hostile, 0u32..1_000_000).prop_map(|(text, nth)| format!("{text}{nth}"))
}

fn failure() -> impl Strategy<Value = Failure> {
    (text(), prop::collection::vec(text(), 0..3), prop::option::of(text())).prop_map(
        |(message, causes, hint)| Failure { kind: ErrorKind::Throttled, message, causes, hint },
    )
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        text().prop_map(Value::String),
        any::<u32>().prop_map(|number| json!(number)),
        prop::collection::vec(text(), 1..4).prop_map(|items| json!(items)),
        prop::collection::btree_map(text(), text(), 2..4).prop_map(|members| json!(members)),
    ]
}

fn changes() -> impl Strategy<Value = Vec<FieldChange>> {
    let change = (text(), prop::option::of(value()), value()).prop_map(|(field, from, to)| {
        FieldChange { field: field.into(), from, to: Some(to), immutable: false }
    });
    prop::collection::vec(change, 1..4)
}

fn finding() -> impl Strategy<Value = Finding> {
    prop_oneof![
        Just(Finding::NotLooked),
        Just(Finding::Same),
        changes().prop_map(|fields| Finding::Missing { fields }),
        changes().prop_map(|changes| Finding::Different { changes }),
        changes().prop_map(|fields| Finding::Stray { fields }),
        failure().prop_map(|error| Finding::Unreadable { error }),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Kept),
        Just(Outcome::Warned),
        Just(Outcome::Done),
        Just(Outcome::Failed),
        text().prop_map(|name| Outcome::Blocked { by: TaskId::new("IAMRole", name) }),
        Just(Outcome::NotTried),
        Just(Outcome::InDoubt),
        Just(Outcome::Deferred),
    ]
}

fn timing() -> impl Strategy<Value = Timing> {
    let wait = (failure(), 0u64..10_000, 0u64..10_000, any::<bool>());
    let wait = wait.prop_map(|(error, started_ms, delay_ms, resumed)| Wait {
        attempt: 1,
        error,
        started_ms,
        delay_ms,
        resumed_ms: resumed.then_some(started_ms + delay_ms),
    });
    let times = prop::option::of((0u64..10_000, 0u64..10_000, 0u64..10_000));
    (times, prop::collection::vec(wait, 0..3)).prop_map(|(times, waits)| match times {
        None => Timing { attempts: Some(0), duration_ms: Some(0), ..Timing::default() },
        Some((ready, queued, took)) => Timing {
            attempts: Some(1),
            after: None,
            ready_ms: Some(ready),
            started_ms: Some(ready + queued),
            duration_ms: Some(took),
            waits,
        },
    })
}

fn entry() -> impl Strategy<Value = Entry> {
    let kind = prop::sample::select(vec!["IAMRole", "VPC", "LaunchTemplate", "Unheard"]);
    let notes = prop::collection::vec(text(), 0..3);
    let told = (finding(), outcome(), prop::option::of(failure()), notes);
    (kind, text(), told, timing()).prop_map(
        |(kind, name, (finding, outcome, error, notes), timing)| Entry {
            task: TaskId::new(kind, name),
            found_by: None,
            lifecycle: "Sync".into(),
            rule: Ruling { selector: None, source: Source::Default },
            finding,
            verdict: Some(Verdict::Render),
            change: ChangeKind::Create,
            outcome,
            error,
            notes,
            timing,
            look: None,
        },
    )
}

fn report() -> impl Strategy<Value = Report> {
    let warning = text().prop_map(|message| Warning { task: None, message });
    let parts = (prop::collection::vec(entry(), 0..12), prop::collection::vec(warning, 0..3));
    parts.prop_map(|(entries, warnings)| Report {
        schema_version: SCHEMA_VERSION,
        mode: Mode::Apply,
        entries,
        warnings,
        stopped: None,
        duration_ms: Some(30_000),
    })
}

fn update(report: Report) -> UpdateReport {
    UpdateReport {
        cluster: "demo.example.com".to_owned(),
        environment: Environment {
            account: "123456789012".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
            ..Environment::default()
        },
        phase: None,
        notices: Vec::new(),
        access: BTreeMap::new(),
        report,
        calls: Vec::new(),
    }
}

fn run() -> Run<'static> {
    Run {
        command: "update cluster",
        line: "cloudup update cluster --yes",
        cloud: "AWS",
        user: "ann",
        host: "laptop",
        version: "1.2.3",
        began: "2026-11-26T12:00:00.4Z".parse().expect("a moment"),
        ended: "2026-11-26T12:01:05Z".parse().expect("a moment"),
    }
}

fn page(update: &UpdateReport) -> String {
    let ending = Ending { status: Status::Done, told: Vec::new() };
    let calls = update.calls.clone();
    Record { run: run(), ending, subject: Subject::Update(update), calls }.to_html()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Every text that a failure tells.
fn told(failure: &Failure) -> impl Iterator<Item = &String> {
    [&failure.message].into_iter().chain(&failure.causes).chain(&failure.hint)
}

/// Every text in a value, as JSON writes it where it does not stand alone.
fn texts(value: &Value, alone: bool, into: &mut Vec<String>) {
    match value {
        Value::String(text) if alone => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, false, into)),
        Value::Object(members) => {
            for (key, member) in members {
                into.push(json!(key).to_string());
                texts(member, false, into);
            }
        }
        other => into.push(other.to_string()),
    }
}

fn fields(finding: &Finding) -> &[FieldChange] {
    match finding {
        Finding::Missing { fields: changes }
        | Finding::Different { changes }
        | Finding::Stray { fields: changes } => changes,
        _ => &[],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn everything_of_a_report_is_on_its_page_and_escaped(report in report()) {
        let update = update(report);
        let page = page(&update);
        let (_, page) = page.split_once("<main").expect("the page has a main part");
        let mut expected = Vec::new();
        for entry in &update.report.entries {
            expected.push(entry.task.to_string());
            expected.extend(entry.notes.iter().cloned());
            expected.extend(entry.error.iter().flat_map(told).cloned());
            if let (Finding::Unreadable { error }, None) = (&entry.finding, &entry.error) {
                expected.extend(told(error).cloned());
            }
            for wait in &entry.timing.waits {
                expected.push(wait.error.to_string());
            }
            if let Outcome::Blocked { by } = &entry.outcome {
                expected.push(by.to_string());
            }
            for change in fields(&entry.finding) {
                expected.push(change.field.to_string());
                let to = change.to.as_ref().expect("generated so");
                texts(to, true, &mut expected);
            }
        }
        expected.extend(update.report.warnings.iter().map(|warning| warning.message.clone()));
        for text in expected {
            // A task's kind and name stand apart among the entries.
            let text = escaped(&text);
            let is_there = page.contains(&text)
                || text.split_once('/').is_some_and(|(kind, name)| {
                    page.contains(&format!("<h4>{kind}</h4>"))
                        && page.contains(&format!("<span class=\"name\">{name}</span>"))
                });
            prop_assert!(is_there, "{} is not there", text);
        }
        prop_assert!(!page.contains("alert(1)</script>"));
        prop_assert!(!page.contains("<b>"));
        // A shape that is not closed has the next inside it, where it is not drawn.
        for element in ["details", "svg", "rect", "line", "text", "li", "dd"] {
            let count = |text: String| page.matches(&text).count();
            let opened = count(format!("<{element}>")) + count(format!("<{element} "));
            prop_assert_eq!(count(format!("</{element}>")), opened, "{}", element);
        }
    }

    /// A link leads to an element that is there, and to one alone.
    #[test]
    fn every_link_leads_somewhere(report in report()) {
        let page = page(&update(report));
        for (_, rest) in page.match_indices("href=\"#").map(|(at, found)| page.split_at(at + found.len())) {
            let id = rest.split('"').next().expect("an end");
            let found = page.matches(&format!(" id=\"{id}\"")).count();
            prop_assert_eq!(found, 1, "{}", id);
        }
        for asks in ["http://", "https://", "src=\"", "@import"] {
            prop_assert!(!page.contains(asks), "{}", asks);
        }
    }
}

fn small() -> UpdateReport {
    let grant =
        |action: &str| Document::new([Statement::allow("A").actions(action).resources("*")]);
    let error = Failure {
        kind: ErrorKind::Throttled,
        message: "create the role".into(),
        causes: vec!["iam:CreateRole answered Throttling: Rate exceeded".into()],
        hint: None,
    };
    let done = |name: &str, timing| Entry {
        task: TaskId::new("IAMRole", name),
        found_by: None,
        lifecycle: "Sync".into(),
        rule: Ruling { selector: None, source: Source::Default },
        finding: Finding::Missing { fields: vec![FieldChange::added("path", &"/")] },
        verdict: Some(Verdict::Render),
        change: ChangeKind::Create,
        outcome: Outcome::Done,
        error: None,
        notes: Vec::new(),
        timing,
        look: None,
    };
    let timing = |after: Option<&str>, ready, started, took, waits| Timing {
        attempts: Some(1),
        after: after.map(|name| TaskId::new("IAMRole", name)),
        ready_ms: Some(ready),
        started_ms: Some(started),
        duration_ms: Some(took),
        waits,
    };
    let wait = Wait { attempt: 1, error, started_ms: 60, delay_ms: 300, resumed_ms: Some(400) };
    let report = Report {
        schema_version: SCHEMA_VERSION,
        mode: Mode::Apply,
        entries: vec![
            done("first", timing(None, 0, 0, 500, vec![wait])),
            done("aside", timing(None, 0, 10, 200, Vec::new())),
            done("second", timing(Some("first"), 500, 540, 460, Vec::new())),
        ],
        warnings: Vec::new(),
        stopped: None,
        duration_ms: Some(1000),
    };
    let calls = vec![CallCount {
        service: "iam".into(),
        operation: "CreateRole".into(),
        calls: 4,
        not_found: 0,
        throttled: 1,
        failed: 0,
        total_ms: 900,
        slowest_ms: 400,
    }];
    let access = AccessDiff::between([&grant("s3:GetObject")], [&grant("s3:PutObject")]);
    let access = [("first".to_owned(), access)].into();
    UpdateReport { access, calls, ..update(report) }
}

/// The page without what all pages have.
fn body(page: &str) -> String {
    let (_, body) = page.split_once("<main").expect("the page has a main part");
    let (body, _) = body.split_once("</main>").expect("the main part ends");
    body.replace("><", ">\n<")
}

#[test]
fn a_page_has_the_timeline_the_changes_the_access_and_the_calls() {
    insta::assert_snapshot!(body(&page(&small())));
}

#[test]
fn the_critical_path_is_marked_and_rests_are_hatched() {
    let page = page(&small());
    let rows: Vec<_> = page.split("<li class=\"row").skip(1).collect();
    let has = |row: &str, class: &str| row.split("</li>").next().expect("a row").contains(class);
    let marks: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row.starts_with(" critical\""),
                has(row, "class=\"rest\""),
                has(row, "class=\"queue\""),
            )
        })
        .collect();
    assert_eq!(marks, [(true, true, false), (false, false, true), (true, false, true)]);
    assert!(page.contains("was 620 ms at work, 340 ms at rest between tries, and 40 ms waiting"));
    assert!(page.contains("4 calls, 1 throttled, 0 failed"));
}

#[test]
fn a_plan_has_no_timeline_and_says_that_nothing_was_changed() {
    let mut planned = small();
    planned.report.mode = Mode::Plan;
    planned.report.duration_ms = None;
    for entry in &mut planned.report.entries {
        entry.timing = Timing::default();
        entry.outcome = Outcome::Planned;
    }
    let page = page(&planned);
    assert!(!page.contains("id=\"timeline\"") && !page.contains("class=\"rows\""));
    assert!(page.contains("Planned. Nothing was changed."));
}

#[test]
fn a_run_that_did_not_come_to_its_end_says_so() {
    let told = |message: &str| Told { message: message.into(), hints: vec!["look <there>".into()] };
    let mut left = small();
    left.report.stopped = Some(StopLevel::Leave);
    let cases = [
        (Status::Failed, Subject::Nothing, "Failed before anything was planned."),
        (Status::Failed, Subject::Update(&left), "Failed."),
        (Status::Interrupted, Subject::Nothing, "Interrupted before it was through."),
        (Status::Interrupted, Subject::Update(&left), "Interrupted, and left at once"),
    ];
    for (status, subject, headline) in cases {
        let ending = Ending { status, told: vec![told("read the <file>\n  because: no")] };
        let page = Record { run: run(), ending, subject, calls: Vec::new() }.to_html();
        assert!(page.contains(headline), "{headline}");
        assert!(page.contains("read the &lt;file&gt;\n  because: no"));
        assert!(page.contains("look &lt;there&gt;"));
    }
}

#[test]
fn a_page_says_who_asked_for_what_and_when() {
    let page = page(&small());
    for fact in [
        "demo.example.com",
        "123456789012",
        "eu-west-1",
        "AWS",
        "ann on laptop",
        "cloudup update cluster --yes",
        "1.2.3",
        "2026-11-26 12:00:00 UTC",
        "2026-11-26 12:01:05 UTC",
        "after 1 min 4 s",
        "3 created",
    ] {
        assert!(page.contains(fact), "{fact}");
    }
}

/// Where an svg has nothing to show for it, nobody would know that it was tried.
#[test]
fn what_took_no_time_is_drawn_too() {
    let mut quick = small();
    quick.report.entries[1].timing.duration_ms = Some(0);
    let page = page(&quick);
    let row = page.split("<li class=\"row").nth(2).expect("it has a row");
    let row = row.split("</li>").next().expect("the row ends");
    assert!(row.contains("<line class=\"work bar-create\" x1=\"1.000%\" x2=\"1.000%\""), "{row}");
}

/// As a large cluster has them: the page stays one that a browser can show.
#[test]
fn a_page_of_5000_tasks_is_not_too_large() {
    let mut many = small();
    let entry = many.report.entries[1].clone();
    many.report.entries = (0..5000)
        .map(|nth| Entry { task: TaskId::new("IAMRole", format!("role-{nth}")), ..entry.clone() })
        .collect();
    let page = page(&many);
    assert_eq!(page.matches("<li class=\"row").count(), 5000);
    assert!(page.len() < 10_000_000, "{} bytes", page.len());
}
