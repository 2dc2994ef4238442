//! Clusters in a state store.

use std::fs;

use crate::shell::{DEMO, Ran, Shell, small};

const STORE: &str = ".cloudup/state";

/// A shell whose default store holds the small cluster, as kOps would have put it there.
pub(crate) fn stored() -> Shell {
    let manifest = small("", "");
    let (cluster, group) = manifest.split_once("---\n").expect("there are two documents");
    Shell::new()
        .with_file(".cloudup/state/demo.example.com/config", cluster)
        .with_file(".cloudup/state/demo.example.com/instancegroup/nodes", group)
}

/// Every file below a folder, with what is in it.
pub(crate) fn contents(shell: &Shell, folder: &str) -> Vec<(String, Vec<u8>)> {
    let (mut found, mut folders) = (Vec::new(), vec![shell.path(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).expect("it can be read");
                found.push((path.display().to_string(), bytes));
            }
        }
    }
    found.sort();
    found
}

fn update<'a>(shell: &Shell, more: impl IntoIterator<Item = &'a str>) -> Ran {
    shell.run(["update", "cluster"].into_iter().chain(more))
}

#[test]
fn a_cluster_without_files_is_read_from_the_store() {
    let shell = stored().with_file("cluster.yaml", small("", ""));
    let from_file = update(&shell, ["demo.example.com", "-f", "cluster.yaml"]).expect(0);
    let by_name = update(&shell, ["demo.example.com"]).expect(0);
    let the_only_one = update(&shell, []).expect(0);
    let elsewhere = update(&shell, ["--state", ".cloudup/state"]).expect(0);
    let url = format!("file://{}", shell.path(STORE).display());
    let by_url = update(&shell, ["--state", &url]).expect(0);
    for ran in [&by_name, &the_only_one, &elsewhere, &by_url] {
        // What is noted about a manifest says where.
        let without_places = |text: &str| -> Vec<String> {
            let lines = text.lines().filter(|line| !line.starts_with("note:"));
            lines.map(str::to_owned).collect()
        };
        assert_eq!(without_places(&ran.stdout), without_places(&from_file.stdout));
    }
    for verb in
        [&["get", "tasks", "demo.example.com"][..], &["toolbox", "dump", "demo.example.com"]]
    {
        let from_file = shell.run(verb.iter().chain(&["-f", "cluster.yaml"])).expect(0);
        assert_eq!(shell.run(verb).expect(0).stdout, from_file.stdout);
    }
}

#[test]
fn a_preview_writes_nothing_and_an_update_leaves_the_cluster_as_it_is() {
    let shell = stored();
    let before = contents(&shell, STORE);
    update(&shell, []).expect(0);
    update(&shell, ["--yes", "--target", "dryrun"]).expect(0);
    shell.run(["get", "tasks", "demo.example.com"]).expect(0);
    shell.run(["lock", "show"]).expect(0);
    assert_eq!(contents(&shell, STORE), before);

    update(&shell, ["--yes"]).expect(0);
    update(&shell, ["--detailed-exitcode"]).expect(0);
    assert_eq!(contents(&shell, ".cloudup/state/demo.example.com"), before);
    assert_eq!(shell.read(".cloudup/state/.cloudup/demo.example.com/lease"), "null\n");
    // With files, the store is nobody's business.
    let shell = Shell::with_demo();
    shell.run(["update", "-f", "cluster.yaml", "--yes"]).expect(0);
    assert!(!shell.path(STORE).exists());
}

#[test]
fn stores_are_named_by_flag_or_environment_and_kops_variable_counts_last() {
    let shell = stored().with_variable("KOPS_STATE_STORE", "elsewhere");
    let ran = update(&shell, ["demo.example.com"]).expect(3);
    assert!(
        ran.stderr.contains("note: the state store is elsewhere, from KOPS_STATE_STORE"),
        "{ran}"
    );
    let shell = shell.with_variable("CLOUDUP_STATE_STORE", STORE);
    let ran = update(&shell, ["demo.example.com"]).expect(0);
    assert_eq!(ran.stderr, "");
    let shell = shell.with_variable("CLOUDUP_STATE_STORE", "nowhere");
    update(&shell, ["--state", STORE]).expect(0);
    update(&shell, []).expect(3);
}

#[test]
fn what_is_wrong_with_a_store_is_told() {
    let lease = ".cloudup/state/.cloudup/demo.example.com/lease";
    let cases: &[(&str, Shell, &[&str])] = &[
        ("there is no store", Shell::new(), &["update", "cluster"]),
        ("there is no such store", Shell::new(), &["update", "cluster", "--state", "swift://a"]),
        ("a bucket has no name", Shell::new(), &["update", "cluster", "--state", "s3:///a"]),
        ("the store is a file", Shell::new().with_file("a", ""), &["update", "--state", "a"]),
        ("no cluster has the name", Shell::new(), &["update", "cluster", "demo.example.com"]),
        ("one has a name like it", stored(), &["update", "cluster", "demo.exmple.com"]),
        (
            "there are several",
            stored().with_file(".cloudup/state/other.example.com/config", DEMO),
            &["update", "cluster"],
        ),
        (
            "what is stored is wrong",
            stored().with_file(
                ".cloudup/state/demo.example.com/instancegroup/nodes",
                "apiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nmetadata: { name: node }\nspec:\n  role: Node\n  subnets: [b]\n  minsize: 1\n",
            ),
            &["update", "cluster"],
        ),
        (
            "what is stored is no text",
            stored().with_file(".cloudup/state/demo.example.com/config", [b'a', b'\n', 0xff]),
            &["update", "cluster"],
        ),
        ("a lease is no lease", stored().with_file(lease, "{"), &["update", "cluster", "--yes"]),
        (
            "the name is wrong, and more is",
            stored(),
            &["update", "cluster", "demo.exmple.com", "--phase", "secrity", "--yes"],
        ),
    ];
    let told: Vec<_> =
        cases.iter().map(|(name, shell, args)| format!("# {name}\n{}", shell.run(*args))).collect();
    insta::assert_snapshot!(told.join("\n"));
}
