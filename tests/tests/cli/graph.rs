//! The tasks as a picture, drawn by a run that only reads.

use crate::shell::{ACCOUNT, Ran, Shell, UPDATE, small};

fn graph<'a>(shell: &Shell, more: impl IntoIterator<Item = &'a str>) -> Ran {
    shell.run(["graph", "-f", "cluster.yaml"].into_iter().chain(more))
}

/// The labels that start with a sign.
fn signed(dot: &str, sign: char) -> Vec<&str> {
    let start = format!("[label = \"{sign} ");
    let labels = dot.lines().filter_map(|line| line.split_once(start.as_str()));
    labels.filter_map(|(_, rest)| rest.split('"').next()).collect()
}

#[test]
fn the_demo_is_drawn_in_each_language() {
    let shell = Shell::with_demo();
    for format in ["dot", "mermaid", "svg"] {
        let ran = graph(&shell, ["-o", format]).expect(0);
        assert_eq!(ran.stderr, "");
        insta::assert_snapshot!(format!("demo_{format}"), ran.stdout);
        assert_eq!(graph(&shell, ["-o", format]).stdout, ran.stdout, "the same twice");
    }
    let page = graph(&shell, ["-o", "html"]).expect(0).stdout;
    assert!(page.starts_with("<!DOCTYPE html>"), "{}", &page[..200]);
    assert_eq!(graph(&shell, ["-o", "html"]).stdout, page);
    assert!(!shell.path(ACCOUNT).exists(), "to look makes no account");
}

#[test]
fn every_task_of_a_plan_is_in_each_picture() {
    let shell = Shell::with_demo();
    let plan = shell.run(UPDATE.into_iter().chain(["-o", "json"])).expect(0).json();
    let entries = plan["report"]["entries"].as_array().expect("entries");
    for format in ["dot", "mermaid", "svg", "html"] {
        let picture = graph(&shell, ["--all", "-o", format]).expect(0).stdout;
        for entry in entries {
            let (task, name) = (entry["task"].as_str(), entry["name"].as_str());
            // Mermaid has entities for some characters; a box of an image has no room for more.
            let told = match format {
                "mermaid" => task.expect("a task").replace('_', "#95;").replace('*', "#42;"),
                "svg" => format!("<title>{}: ", task.expect("a task")),
                _ => name.expect("a name").to_owned(),
            };
            assert!(picture.contains(&told), "{told} in {format}");
        }
    }
}

#[test]
fn without_a_plan_nobody_is_asked_and_nothing_is_marked() {
    // Nothing could be read from this account.
    let shell = Shell::new().with_file("cluster.yaml", small("", "")).with_file(ACCOUNT, "{");
    graph(&shell, []).expect(3);
    let ran = graph(&shell, ["--no-plan"]).expect(0);
    insta::assert_snapshot!("no_plan", ran);
    assert!(graph(&shell, ["--no-plan", "-o", "svg"]).expect(0).stdout.contains("not planned"));
}

#[test]
fn what_becomes_of_tasks_is_told_by_signs() {
    let shell = Shell::new().with_file("cluster.yaml", small("", ""));
    shell.run(UPDATE.into_iter().chain(["--phase", "network", "--yes"])).expect(0);
    let dot = graph(&shell, []).expect(0).stdout;
    assert!(signed(&dot, '=').contains(&"Subnet/a.demo.example.com"), "{dot}");
    assert!(signed(&dot, '+').contains(&"IAMRole/nodes.demo.example.com"), "{dot}");

    let dot = graph(&shell, ["--phase", "network"]).expect(0).stdout;
    assert!(signed(&dot, '·').contains(&"IAMRole/nodes.demo.example.com"), "{dot}");

    let overrides = ["--lifecycle-overrides", "IAMRole=ExistsAndWarnIfChanges"];
    let dot = graph(&shell, overrides).expect(0).stdout;
    assert_eq!(signed(&dot, '!'), ["IAMRole/nodes.demo.example.com"]);

    // A plan that fails is drawn all the same.
    let overrides = ["--lifecycle-overrides", "IAMRole=ExistsAndValidates"];
    let dot = graph(&shell, overrides).expect(1).stdout;
    assert_eq!(signed(&dot, 'x'), ["IAMRole/nodes.demo.example.com"]);
    assert!(!signed(&dot, '.').is_empty(), "others wait for it: {dot}");
}

#[test]
fn what_is_to_be_deleted_is_drawn_with_what_found_it() {
    let shell = Shell::new().with_file("cluster.yaml", small("", ""));
    shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    let mut account = shell.account();
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]}"#;
    account["roles"][0]["inlinePolicies"]["additional.nodes.demo.example.com"] = document.into();
    let shell = shell.with_account(&account);
    let dot = graph(&shell, []).expect(0).stdout;
    assert_eq!(signed(&dot, '-'), ["IAMRolePolicy/additional.nodes.demo.example.com"]);
    assert!(dot.contains("class = \"stray\""), "{dot}");
}

#[test]
fn what_says_little_is_drawn_when_asked_for() {
    let shell = Shell::with_demo();
    let (some, all) = (graph(&shell, []).stdout, graph(&shell, ["--all"]).stdout);
    let tasks = |dot: &str| dot.matches("[label = ").count();
    let arrows = |dot: &str| dot.matches(" -> ").count();
    assert_eq!((tasks(&some), tasks(&all)), (42, 60));
    // Masters ask for no policy beside their own, and that is so.
    assert_eq!(signed(&some, '='), ["IAMRolePolicy/additional.masters.demo.example.com"]);
    assert!(signed(&all, '=').contains(&"IAMRole/bastions.demo.example.com"), "{all}");
    assert!(arrows(&some) < arrows(&all));
}

#[test]
fn a_saved_plan_is_drawn_without_its_account() {
    let shell = Shell::with_demo();
    shell.run(UPDATE.into_iter().chain(["--out", "plan.json"])).expect(0);
    let dot = graph(&shell, []).expect(0).stdout;
    let shell = shell.with_file(ACCOUNT, "{");
    let saved = shell.run(["graph", "--plan", "plan.json"]).expect(0);
    assert_eq!(saved.stdout, dot);
    shell.run(["graph", "--plan", "plan.json", "--prune"]).expect(3);

    // Also one of a cluster in the state store.
    let shell = Shell::with_demo();
    shell.run(["create", "-f", "cluster.yaml"]).expect(0);
    shell.run(["update", "cluster", "demo.example.com", "--out", "plan.json"]).expect(0);
    let dot = shell.run(["graph", "demo.example.com"]).expect(0).stdout;
    assert_eq!(shell.run(["graph", "--plan", "plan.json"]).expect(0).stdout, dot);
}

#[test]
fn a_picture_goes_to_a_file_whole() {
    let shell = Shell::with_demo();
    let svg = graph(&shell, ["-o", "svg"]).expect(0).stdout;
    let ran = graph(&shell, ["-o", "svg", "--out", "graph.svg"]).expect(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    assert_eq!(shell.read("graph.svg"), svg);
    let ran = graph(&shell, ["--out", "no/such/folder.svg"]).expect(1);
    insta::assert_snapshot!("no_such_folder", ran);
}

#[test]
fn a_format_that_is_none_is_told_with_those_that_are() {
    let shell = Shell::with_demo();
    insta::assert_snapshot!("no_such_format", graph(&shell, ["-o", "graphviz"]).expect(3));
    insta::assert_snapshot!("nearly_a_format", graph(&shell, ["-o", "mermaids"]).expect(3));
}
