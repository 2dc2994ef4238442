//! `--report FILE`: a page about the run, whatever becomes of it.

use std::{fs, thread, time::Duration};

use serde_json::json;

use crate::{
    shell::{Ran, Shell, UPDATE, small},
    signals::{interrupt, slow_with, wait_for_writes},
};

const REPORT: [&str; 2] = ["--report", "report.html"];

fn update<'a>(shell: &Shell, more: impl IntoIterator<Item = &'a str>) -> Ran {
    shell.run(UPDATE.into_iter().chain(more).chain(REPORT))
}

/// The page, which is all that is left beside what was there.
fn page(shell: &Shell) -> String {
    let folder = fs::read_dir(shell.path(".")).expect("the folder is there");
    let names = folder.map(|file| file.expect("it can be listed").file_name());
    let names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    assert!(!names.iter().any(|name| name.starts_with(".cloudup-")), "{names:?}");
    let page = shell.read("report.html");
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"), "it is whole");
    page
}

/// The section with this id.
fn section<'p>(page: &'p str, id: &str) -> Option<&'p str> {
    let (_, section) = page.split_once(&format!("<section id=\"{id}\""))?;
    section.split("</section>").next()
}

#[test]
fn a_plan_is_recorded_without_a_timeline() {
    let shell = Shell::new().with_file("cluster.yaml", small("", ""));
    let ran = update(&shell, ["--lifecycle-overrides", "IAMRole/nodes.*=Sync"]).expect(0);
    let page = page(&shell);
    assert!(page.contains("Planned. Nothing was changed."));
    assert!(page.contains("demo.example.com in account"), "{ran}");
    let about = section(&page, "run").expect("it says who asked for what");
    let line = "cloudup update cluster -f cluster.yaml --lifecycle-overrides \
                'IAMRole/nodes.*=Sync' --report report.html";
    assert!(about.contains(line), "{about}");
    assert!(about.contains("embedded account .cloudup/account.json"), "{about}");
    let changes = section(&page, "changes").expect("it has changes");
    assert!(changes.contains("<span class=\"name\">nodes.demo.example.com</span>"));
    assert!(section(&page, "access").is_some_and(|it| it.contains("ecr:GetAuthorizationToken")));
    assert!(section(&page, "calls").is_some_and(|it| it.contains("sts:GetCallerIdentity")));
    assert_eq!(section(&page, "timeline"), None);
    assert_eq!(shell.iam()["roles"], json!([]));
}

#[test]
fn an_apply_is_recorded_with_its_timeline_and_its_calls() {
    let shell = Shell::new().with_file("cluster.yaml", small("", ""));
    update(&shell, ["--yes"]).expect(0);
    let page = page(&shell);
    assert!(page.contains("<p class=\"headline is-done\">Done.</p>"));
    let timeline = section(&page, "timeline").expect("it has a timeline");
    let entries = section(&page, "changes").expect("it has changes").matches("<details").count();
    assert_eq!(timeline.matches("<li class=\"row").count(), entries, "all was tried");
    assert!(timeline.contains("<li class=\"row critical\">"));
    let calls = section(&page, "calls").expect("it has calls");
    assert!(calls.contains("iam:CreateRole") && !calls.contains("Tried again"));
    assert_eq!(section(&page, "trouble").map(|it| it.contains("error: ")), Some(false));
}

#[test]
fn json_of_an_apply_has_its_times_and_its_calls() {
    let shell = Shell::new().with_file("cluster.yaml", small("", ""));
    let update = |more: &[&'static str]| shell.run(UPDATE.iter().chain(more)).expect(0).json();
    assert_eq!(update(&["-o", "json"])["calls"], json!(null), "equal plans are equal bytes");
    let applied = update(&["-o", "json", "--yes"]);
    let calls = applied["calls"].as_array().expect("calls");
    let created =
        calls.iter().find(|call| call["operation"] == "CreateRole").expect("a role is made");
    assert_eq!((&created["service"], &created["calls"]), (&json!("iam"), &json!(1)));
    let entries = applied["report"]["entries"].as_array().expect("entries");
    assert!(entries.iter().all(|entry| entry["started_ms"].is_u64()), "{entries:?}");
    assert!(entries.iter().any(|entry| entry["after"] == "IAMRole/nodes.demo.example.com"));
}

#[test]
fn a_failed_apply_is_recorded_with_the_error_and_what_to_try() {
    let fault = json!({ "operation": "CreateRole", "effect": "deny" });
    let shell = Shell::new()
        .with_file("cluster.yaml", small("", ""))
        .with_account(&json!({ "faults": [fault] }));
    update(&shell, ["--yes"]).expect(4);
    let page = page(&shell);
    assert!(page.contains("<p class=\"headline is-failed\">Failed.</p>"));
    let trouble = section(&page, "trouble").expect("something went wrong");
    assert!(trouble.contains("answered AccessDenied: not authorized to perform: iam:CreateRole"));
    assert!(trouble.contains("allow iam:CreateRole to the identity that cloudup runs as"));
    assert!(page.contains("blocked by IAMRole/nodes.demo.example.com"));
    assert!(section(&page, "timeline").is_some());
}

#[test]
fn a_throttled_apply_is_recorded_with_its_rests() {
    let fault = json!({ "operation": "CreateRole", "effect": "throttle", "times": 2 });
    let shell = Shell::new()
        .with_file("cluster.yaml", small("", ""))
        .with_account(&json!({ "faults": [fault] }));
    update(&shell, ["--yes"]).expect(0);
    let page = page(&shell);
    let timeline = section(&page, "timeline").expect("it has a timeline");
    let rests = timeline.matches("<rect class=\"rest\" ").count();
    assert_eq!(rests, 1 + 2, "one in the legend and two in the chart: {timeline}");
    let calls = section(&page, "calls").expect("it has calls");
    assert!(calls.contains("2 throttled, 0 failed"), "{calls}");
    assert!(calls.contains("Tried again"));
    assert_eq!(calls.matches("iam:CreateRole answered Throttling: Rate exceeded").count(), 2);
}

#[test]
fn an_interrupted_apply_is_recorded_as_such() {
    let (shell, child) = slow_with(700, REPORT);
    wait_for_writes(&shell);
    interrupt(&child);
    shell.finish(child).expect(5);
    let page = page(&shell);
    assert!(page.contains("Interrupted before it was through."));
    assert!(page.contains("stopped before"), "what was not tried is there");
}

#[test]
fn an_apply_that_was_left_is_recorded_with_what_is_in_doubt() {
    let (shell, child) = slow_with(20_000, REPORT);
    wait_for_writes(&shell);
    interrupt(&child);
    thread::sleep(Duration::from_millis(200));
    interrupt(&child);
    shell.finish(child).expect(5);
    let page = page(&shell);
    assert!(page.contains("Interrupted, and left at once: what is marked ? is in doubt."));
    assert!(section(&page, "changes").is_some_and(|it| it.contains("data-mark=\"in-doubt\"")));
}

#[test]
fn what_failed_before_a_plan_is_recorded_too() {
    let shell = Shell::new().with_file("cluster.yaml", small("  nonsense: 1\n", ""));
    let ran = update(&shell, []).expect(3);
    let page = page(&shell);
    assert!(page.contains("Failed before anything was planned."));
    assert!(section(&page, "trouble").is_some_and(|it| it.contains("nonsense")), "{ran}");
}

#[test]
fn a_page_that_cannot_be_written_is_told_before_anything_is_changed() {
    let shell = Shell::new().with_file("cluster.yaml", small("", "")).with_file("there/file", "");
    for path in ["nowhere/report.html", "there", "-"] {
        let ran = shell.run(UPDATE.into_iter().chain(["--yes", "--report", path])).expect(3);
        assert!(ran.stderr.starts_with("error: "), "{ran}");
        assert_eq!(ran.stdout, "", "{ran}");
        assert!(!shell.path(".cloudup/account.json").exists(), "{ran}");
    }
}

#[test]
fn a_page_takes_the_place_of_the_last() {
    let shell = Shell::new().with_file("cluster.yaml", small("", ""));
    shell.write("report.html", "the last");
    update(&shell, []).expect(0);
    assert!(!page(&shell).contains("the last"));
}

#[test]
fn every_command_that_plans_or_changes_is_recorded() {
    let shell = Shell::new().with_file("cluster.yaml", small("", ""));
    shell.run(UPDATE.into_iter().chain(["--out", "plan.json"])).expect(0);
    let cases: [(&[&str], i32, &str, &str); 7] = [
        (&["apply", "plan.json"], 0, "apply demo.example.com", "Done."),
        (&["drift", "-f", "cluster.yaml"], 0, "drift demo.example.com", "Nothing has drifted."),
        (
            &["rolling-update", "cluster", "-f", "cluster.yaml", "--cloudonly"],
            0,
            "rolling-update cluster demo.example.com",
            "No rolling update required.",
        ),
        (
            &["delete", "ig", "nodes", "-f", "cluster.yaml"],
            0,
            "delete instancegroup demo.example.com",
            "Planned. Nothing was changed.",
        ),
        (
            &["delete", "cluster", "-f", "cluster.yaml", "demo.example.com"],
            0,
            "delete cluster demo.example.com",
            "Planned. Nothing was changed.",
        ),
        (
            &["delete", "cluster", "-f", "cluster.yaml", "demo.example.com", "--yes"],
            0,
            "delete cluster demo.example.com",
            "Done.",
        ),
        (&["drift", "-f", "cluster.yaml"], 2, "drift demo.example.com", "Something has drifted."),
    ];
    for (command, status, title, headline) in cases {
        shell.run(command.iter().copied().chain(REPORT)).expect(status);
        let page = page(&shell);
        assert!(page.contains(&format!("<h1>{title}</h1>")), "{title}");
        assert!(page.contains(headline), "{title}: {headline}");
        let changes = command.contains(&"--yes") || command[0] == "apply";
        assert_eq!(section(&page, "timeline").is_some(), changes, "{title}");
    }
}
