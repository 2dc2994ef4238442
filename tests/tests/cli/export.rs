//! What is in the store becomes files, and comes back as it was.

use std::collections::BTreeMap;

use crate::shell::{DEMO, Shell};

const STORE: &str = ".cloudup/state/demo.example.com";

/// A store as somebody else may have written it: without a last line break, with a marker at the
/// top, with empty lines at the end.
fn odd() -> (Shell, BTreeMap<String, String>) {
    let mut documents = DEMO.split("---\n").filter(|text| text.contains("kind:"));
    let cluster = documents.next().expect("there is a cluster");
    let groups: Vec<_> = documents.collect();
    assert_eq!(groups.len(), 2);
    let texts = BTreeMap::from([
        (format!("{STORE}/config"), cluster.trim_end().to_owned()),
        (
            format!("{STORE}/instancegroup/control-plane-eu-west-1a"),
            format!("# ours\n---\n{}", groups[0]),
        ),
        (
            format!("{STORE}/instancegroup/nodes-eu-west-1a"),
            format!("{}\n\n# the end\n\n", groups[1]),
        ),
        (
            format!("{STORE}/clusteraddons/default"),
            "---\nkind: A\napiVersion: b/c\n\n---\n# second\nkind: A\napiVersion: b/c\n".to_owned(),
        ),
    ]);
    let mut shell = Shell::new();
    for (path, text) in &texts {
        shell = shell.with_file(path, text);
    }
    (shell, texts)
}

fn stored(shell: &Shell, texts: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    texts.keys().map(|path| (path.clone(), shell.read(path))).collect()
}

#[test]
fn what_is_exported_comes_back_byte_for_byte() {
    let (shell, texts) = odd();
    let exported = shell.run(["export", "cluster", "--out", "manifests"]).expect(0);
    assert_eq!(
        exported.stdout,
        "manifests/objects.yaml\nmanifests/cluster.yaml\n\
         manifests/instancegroup-control-plane-eu-west-1a.yaml\n\
         manifests/instancegroup-nodes-eu-west-1a.yaml\n"
    );
    assert_eq!(stored(&shell, &texts), texts, "the store is only read");
    shell.run(["replace", "-f", "manifests"]).expect(0);
    assert_eq!(stored(&shell, &texts), texts, "in place of what is there");
    shell.run(["--state", "other", "create", "-f", "manifests"]).expect(0);
    let other: BTreeMap<_, _> = texts
        .keys()
        .map(|path| (path.clone(), shell.read(&path.replace(".cloudup/state", "other"))))
        .collect();
    assert_eq!(other, texts, "and into a store that has nothing");
    let same = shell.run(["diff", "-f", "manifests", "--detailed-exitcode"]);
    same.expect(0);
}

#[test]
fn files_of_others_are_not_written_over() {
    let (shell, _) = odd();
    let out = ["export", "cluster", "demo.example.com", "--out", "out"];
    shell.run(out).expect(0);
    shell.run(out).expect(0);
    shell.write("out/cluster.yaml", "mine");
    let refused = shell.run(out).expect(3);
    assert!(refused.stderr.contains("out/cluster.yaml"), "{refused}");
    assert_eq!(shell.read("out/cluster.yaml"), "mine");
    shell.run(out.into_iter().chain(["--force"])).expect(0);
    assert!(shell.read("out/cluster.yaml").contains("kind: Cluster"));

    shell.write("out/other.yml", "kind: Other");
    let refused = shell.run(out).expect(3);
    assert!(refused.stderr.contains("other manifests in the folder: out/other.yml"), "{refused}");
    let told = shell.run(out.into_iter().chain(["--force"])).expect(0);
    assert!(told.stderr.contains("left as they are: out/other.yml"), "{told}");
}

#[test]
fn credentials_are_not_exported_and_it_is_said_what_to_do() {
    let refused = Shell::new().run(["export", "kubeconfig", "a.example.com", "--admin"]).expect(3);
    assert!(refused.stderr.contains("hint: make one with `kops export kubeconfig"), "{refused}");
}

#[test]
fn a_folder_is_as_good_as_its_files() {
    let shell = Shell::new()
        .with_file("in/b.yaml", DEMO)
        .with_file("in/README.md", "not a manifest")
        .with_file("in/below/c.yaml", "not: read");
    shell.run(["check", "-f", "in"]).expect(0);
    shell.write("in/a.yml", "not: right");
    let wrong = shell.run(["check", "-f", "in"]).expect(3);
    assert!(wrong.stderr.contains("in/a.yml"), "{wrong}");
    let empty = Shell::new().with_file("in/README.md", "");
    let none = empty.run(["check", "-f", "in"]).expect(3);
    assert!(none.stderr.contains("there is no .yaml, .yml or .json in it"), "{none}");
}

#[test]
fn manifests_are_validated_by_themselves_as_check_does_it() {
    let shell = Shell::with_demo().with_file("wrong.yaml", "kind: Cluster");
    for file in ["cluster.yaml", "wrong.yaml"] {
        let [checked, validated] = ["check", "validate"].map(|verb| shell.run([verb, "-f", file]));
        assert_eq!(validated.to_string(), checked.to_string());
    }
    shell.run(["validate"]).expect(3);
    // With `cluster` it is the cluster that is asked, which needs a way to it.
    let asked = shell.run(["validate", "cluster", "-f", "cluster.yaml"]);
    assert_ne!(asked.status, 0);
}
