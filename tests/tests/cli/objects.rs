//! Manifests into the state store, out of it, and changed in it.

use serde_json::json;

use crate::{
    shell::{Ran, Shell, small},
    state::{contents, stored},
};

const CONFIG: &str = ".cloudup/state/demo.example.com/config";
const NODES: &str = ".cloudup/state/demo.example.com/instancegroup/nodes";

const SPARE: &str = "# For rainy days.
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata:
  name: spare
  labels: { kops.k8s.io/cluster: demo.example.com }
spec:
  role: Node  # as the others
  machineType: t3.large
  minSize: 1
  maxSize: 3
  subnets: [a]
";

fn told(cases: &[(&str, Ran)]) -> String {
    let told: Vec<_> = cases.iter().map(|(name, ran)| format!("# {name}\n{ran}")).collect();
    told.join("\n")
}

#[test]
fn what_is_created_is_there_as_it_was_written() {
    let shell =
        Shell::new().with_file("cluster.yaml", small("", "")).with_file("spare.yaml", SPARE);
    let made = shell.run(["create", "-f", "cluster.yaml"]).expect(0);
    let more = shell.run(["create", "-f", "spare.yaml"]).expect(0);
    let again = shell.run(["create", "-f", "cluster.yaml", "-f", "spare.yaml"]).expect(3);
    let spare = shell.read(".cloudup/state/demo.example.com/instancegroup/spare");
    assert_eq!(spare, SPARE, "comments and all");
    let yaml = shell.run(["get", "all", "-o", "yaml"]).expect(0);
    let joined = small("", "");
    let (cluster, nodes) = joined.split_once("---\n").expect("there are two");
    assert_eq!(yaml.stdout, format!("{cluster}---\n{nodes}---\n{SPARE}"));
    insta::assert_snapshot!(told(&[("made", made), ("more", more), ("again", again)]));
    // What is printed can be put there again.
    shell.write("all.yaml", &yaml.stdout);
    let same = shell.run(["replace", "-f", "all.yaml"]).expect(0);
    assert!(same.stdout.contains("nothing differs"), "{same}");
    shell.run(["diff", "-f", "all.yaml", "--detailed-exitcode"]).expect(0);
}

#[test]
fn what_is_there_is_shown_in_several_forms() {
    let shell = stored().with_file("spare.yaml", SPARE);
    shell.run(["create", "-f", "spare.yaml"]).expect(0);
    let cases: [(&str, &[&str]); 8] = [
        ("clusters", &["get", "clusters"]),
        ("clusters with more", &["get", "cluster", "demo.example.com", "-o", "wide"]),
        ("groups", &["get", "ig"]),
        (
            "groups with more",
            &["get", "instancegroups", "--name", "demo.example.com", "-o", "wide"],
        ),
        ("one group", &["get", "ig", "spare", "-o", "yaml"]),
        ("everything", &["get", "all", "-o", "table"]),
        ("no such group", &["get", "ig", "spar", "node"]),
        ("no such cluster", &["get", "clusters", "demo.exmple.com", "b.example.com"]),
    ];
    let cases = cases.map(|(name, args)| (name, shell.run(args)));
    insta::assert_snapshot!(told(&cases));
    let groups = shell.run(["get", "ig", "-o", "json"]).expect(0).json();
    assert_eq!(groups[1]["spec"]["maxSize"], 3);
    assert_eq!(shell.run(["get", "ig", "spare", "-o", "json"]).expect(0).json()[0], groups[1]);
    assert_eq!(Shell::new().run(["get", "clusters", "-o", "json"]).expect(0).json(), json!([]));
    shell.run(["update", "cluster", "-o", "yaml"]).expect(3);
    // What is wrong can still be shown as it is written.
    shell.write(NODES, "kind: InstanceGrup\n");
    shell.run(["get", "ig", "-o", "yaml"]).expect(0);
    shell.run(["get", "ig"]).expect(3);
}

#[test]
fn replacing_says_what_changes_and_is_all_or_nothing() {
    let shell = stored().with_file("spare.yaml", SPARE);
    shell.write("cluster.yaml", small("  kubernetesVersion: 1.32.0\n", "  maxSize: 4\n"));
    let before = contents(&shell, ".cloudup");
    let differs =
        shell.run(["diff", "-f", "cluster.yaml", "-f", "spare.yaml", "--detailed-exitcode"]);
    let missing = shell.run(["replace", "-f", "cluster.yaml", "-f", "spare.yaml"]).expect(3);
    let wrong = small("", "").replace("subnets: [a]", "subnets: [b]");
    let group = wrong.split_once("---\n").expect("there are two").1;
    shell.write("wrong.yaml", group);
    let wrong = shell.run(["replace", "-f", "wrong.yaml"]).expect(3);
    assert_eq!(contents(&shell, ".cloudup"), before, "nothing was written");
    let forced =
        shell.run(["replace", "--force", "-f", "cluster.yaml", "-f", "spare.yaml"]).expect(0);
    insta::assert_snapshot!(told(&[
        ("differs", differs.expect(2)),
        ("missing", missing),
        ("wrong", wrong),
        ("forced", forced),
    ]));
    assert!(shell.read(CONFIG).contains("kubernetesVersion: 1.32.0"));
    let as_json = shell.run(["diff", "-f", "wrong.yaml", "-o", "json"]).expect(0).json();
    let fields = &as_json[0]["documents"][0]["fields"];
    assert_eq!(fields[0]["path"], "spec.maxSize");
    assert_eq!(fields[1], json!({ "path": "spec.subnets[0]", "from": "a", "to": "b" }));
}

#[test]
fn manifests_are_checked_without_asking_anybody() {
    let shell = stored().with_file("cluster.yaml", small("", "  maxsize: 1\n"));
    let wrong = shell.run(["check", "-f", "cluster.yaml"]).expect(3);
    let right = shell.run(["check"]).expect(0);
    insta::assert_snapshot!(told(&[("wrong", wrong), ("right", right)]));
}

fn edited(shell: Shell, what: &[&str], script: &str) -> (Shell, Ran) {
    shell.write("edit.sh", script);
    let shell = shell
        .with_variable("EDITOR", "sh edit.sh")
        .with_variable("TMPDIR", ".") // Files to edit are made beside the test's own.
        .with_variable("CLOUDUP", env!("CARGO_BIN_EXE_cloudup-under-test"));
    let ran = shell.run(["edit"].iter().chain(what));
    (shell, ran)
}

const KEPT: &str = "cloudup-edit-demo.example.com-instancegroup-nodes.yaml";

#[test]
fn an_edit_is_put_in_force_and_leaves_nothing_behind() {
    let (shell, ran) = edited(
        stored(),
        &["ig", "nodes"],
        r#"cp "$1" seen; sed -i.bak 's/role: Node/role: Node # mine/; $a\  maxSize: 4' "$1""#,
    );
    insta::assert_snapshot!(ran.expect(0).to_string() + &shell.read("seen"));
    assert!(shell.read(NODES).contains("role: Node # mine"));
    assert!(!shell.read(NODES).contains("#:"));
    assert!(!shell.path(KEPT).exists());

    let before = contents(&shell, ".cloudup");
    for nothing in ["exit 0", r#": > "$1""#, r#"sed -i.bak '/^[^#]/d' "$1""#] {
        let (_, ran) = edited(stored(), &["ig", "nodes"], nothing);
        insta::allow_duplicates! { insta::assert_snapshot!(ran.expect(0).stdout, @"Nothing was changed.") };
    }
    let (_, ran) = edited(stored(), &["ig", "node"], "exit 9");
    assert!(ran.expect(3).stderr.contains("did you mean nodes?"));
    assert_eq!(contents(&shell, ".cloudup"), before);
}

#[test]
fn a_mistake_is_told_at_the_top_until_it_is_mended_or_given_up() {
    let script = r#"if grep -q '^#: error: there is no field "maxsize"' "$1"
        then cp "$1" seen; sed -i.bak 's/maxsize/maxSize/' "$1"
        else sed -i.bak '$a\  maxsize: 4' "$1"
        fi"#;
    let (shell, ran) = edited(stored(), &["ig", "nodes"], script);
    ran.expect(0);
    insta::assert_snapshot!(shell.read("seen"));
    assert!(shell.read(NODES).contains("maxSize: 4"));

    let script = r#"grep -q '^#: error' "$1" || sed -i.bak 's/subnets: \[a\]/subnets: [b/' "$1""#;
    let (shell, ran) = edited(stored(), &["ig", "nodes"], script);
    insta::assert_snapshot!("given_up", ran.expect(3));
    assert!(shell.read(KEPT).contains("subnets: [b"));
    assert!(!shell.read(NODES).contains("[b"));
}

#[test]
fn another_document_or_name_is_refused() {
    for (what, script) in [
        (
            "two",
            r#"grep -q '^#: error' "$1" || printf -- '---\nkind: A\napiVersion: b/c\n' >> "$1""#,
        ),
        ("another_name", r#"sed -i.bak 's/name: nodes/name: workers/' "$1""#),
        ("another_kind", r#"sed -i.bak 's/kind: InstanceGroup/kind: Cluster/' "$1""#),
    ] {
        let (shell, ran) = edited(stored(), &["ig", "nodes"], script);
        assert_eq!(ran.status, 3, "{what}: {ran}");
        assert!(ran.stderr.contains("what was typed is kept in"), "{what}: {ran}");
        assert!(
            shell.read(NODES).contains("kind: InstanceGroup")
                && shell.read(NODES).contains("name: nodes")
        );
        assert!(!shell.path(".cloudup/state/.cloudup").exists(), "nothing was written");
    }
}

/// `/dev/full` is a disk that is full.
#[test]
#[cfg(target_os = "linux")]
fn what_was_typed_outlives_its_editor_and_a_full_disk() {
    let typing = r#"sed -i.bak '$a\  maxsize: 4' "$1""#;
    let killed = format!("{typing}; kill -9 $$");
    let full = format!(r#"{typing}; ln -s /dev/full "$1.new""#);
    let cases = [("killed", killed), ("full", full)].map(|(name, script)| {
        let (shell, ran) = edited(stored(), &["ig", "nodes"], &script);
        assert!(shell.read(KEPT).contains("maxsize: 4"), "{ran}");
        assert!(!shell.path(".cloudup/state/.cloudup").exists(), "nothing was written");
        (name, ran.expect(1))
    });
    // Some shells tell of it, some do not.
    insta::assert_snapshot!(told(&cases).replace("Killed\n", ""));
}

/// An editor: the first time somebody else does something meanwhile, and then `typing` is done; again,
/// with what was seen kept in a file, `settling` is.
fn meanwhile(others: &str, typing: &str, settling: &str) -> String {
    format!(
        r#"if test -e log; then cp "$1" "seen$(ls seen* | wc -l)"; {settling}; exit; fi
        export KUBE_EDITOR=
        {others} >log 2>&1 || exit 9
        touch seen; {typing}"#
    )
}

const LARGER: &str = r#"EDITOR='sed -i.bak s/t3.medium/t3.large/' "$CLOUDUP" edit ig nodes"#;
const TYPING: &str = r#"sed -i.bak 's/t3.medium/t3.small # mine/; $a\  maxSize: 4' "$1""#;

#[test]
fn what_somebody_else_changed_in_other_lines_meanwhile_is_kept() {
    let script = meanwhile(
        LARGER,
        r#"sed -i.bak 's|^spec:|& # mine|' "$1"; echo '  maxSize: 4' >>"$1""#,
        ":",
    );
    let (shell, ran) = edited(stored(), &["ig", "nodes"], &script);
    insta::assert_snapshot!(ran.expect(0).to_string() + &shell.read(NODES));
    assert!(!shell.path(KEPT).exists() && !shell.path("seen1").exists());

    // Both are right, and together they are not.
    let others = r#"EDITOR="sed -i.bak 's/^  image/  maxSize: 2\n&/'" "$CLOUDUP" edit ig nodes"#;
    let typing = r#"echo '  minSize: 3' >>"$1""#;
    let script = meanwhile(others, typing, r#"sed -i.bak 's/minSize: 3/minSize: 1/' "$1""#);
    let (shell, ran) = edited(stored(), &["ig", "nodes"], &script);
    ran.expect(0);
    insta::assert_snapshot!("merged_and_wrong", shell.read("seen1"));
    assert!(shell.read(NODES).contains("maxSize: 2") && shell.read(NODES).contains("minSize: 1"));
}

#[test]
fn a_conflict_with_what_somebody_else_changed_meanwhile_is_settled() {
    let settling = r#"if grep -q '^<<<<<<<' "$1"
        then sed -i.bak '/^<<<<<<</d; /^|||||||/,/^=======/d' "$1"
        else sed -i.bak '/^#:/d; /^>>>>>>>/d; /t3.large/d' "$1"
        fi"#;
    let (shell, ran) = edited(stored(), &["ig", "nodes"], &meanwhile(LARGER, TYPING, settling));
    let seen = [shell.read("seen1"), shell.read("seen2")].join("\n# then\n");
    insta::assert_snapshot!(format!("{seen}\n# at last\n{}", ran.expect(0)));
    assert!(shell.read(NODES).contains("t3.small # mine") && !shell.read(NODES).contains(">>>"));
    assert!(!shell.path(KEPT).exists());

    // Theirs alone, after all.
    let settling = r#"cp .cloudup/state/demo.example.com/instancegroup/nodes "$1""#;
    let (shell, ran) = edited(stored(), &["ig", "nodes"], &meanwhile(LARGER, TYPING, settling));
    assert_eq!(ran.expect(0).stdout.trim(), "Nothing was changed.");
    assert!(shell.read(NODES).contains("t3.large") && !shell.path(KEPT).exists());
}

#[test]
fn a_conflict_that_nobody_settles_leaves_what_is_in_force_and_keeps_what_was_typed() {
    let (shell, ran) = edited(stored(), &["ig", "nodes"], &meanwhile(LARGER, TYPING, ":"));
    insta::assert_snapshot!(ran.expect(1));
    assert!(shell.read(NODES).contains("t3.large") && !shell.read(NODES).contains("maxSize"));
    let kept = shell.read(KEPT);
    assert!(kept.contains("t3.small # mine") && kept.contains("maxSize: 4"), "{kept}");

    let gone = r#""$CLOUDUP" delete ig nodes --unregister --yes"#;
    let shell = stored().with_file("spare.yaml", SPARE);
    shell.run(["create", "-f", "spare.yaml"]).expect(0);
    let (shell, ran) = edited(shell, &["ig", "nodes"], &meanwhile(gone, TYPING, ":"));
    insta::assert_snapshot!("deleted_meanwhile", ran.expect(1));
    assert!(shell.read(KEPT).contains("t3.small # mine") && !shell.path(NODES).exists());
}

#[test]
fn fields_are_set_without_an_editor() {
    let shell = stored();
    let cases: [(&str, &[&str]); 7] = [
        (
            "cluster",
            &[
                "edit",
                "cluster",
                "--set",
                "spec.kubernetesVersion=1.32.0",
                "--set",
                "spec.cloudLabels[a.b/c]=7",
            ],
        ),
        (
            "group",
            &[
                "edit",
                "ig",
                "nodes",
                "--set",
                "spec.maxSize=4",
                "--set",
                "spec.taints=a=b:NoSchedule",
            ],
        ),
        ("unset", &["edit", "ig", "nodes", "--unset", "spec.taints", "--name", "demo.example.com"]),
        ("the same", &["edit", "ig", "nodes", "--set", "spec.maxSize=4"]),
        (
            "no such field",
            &["edit", "ig", "nodes", "--set", "spec.maxsize=4", "--unset", "spec.maxPrice"],
        ),
        ("no such value", &["edit", "ig", "nodes", "--set", "spec.maxSize=many"]),
        ("it makes no sense", &["edit", "ig", "nodes", "--set", "spec.minSize=9"]),
    ];
    let cases = cases.map(|(name, args)| (name, shell.run(args)));
    insta::assert_snapshot!(told(&cases));
    insta::assert_snapshot!("nodes", shell.read(NODES));
    // Comments stay as they are; where they cannot, whoever wrote them is told.
    let shell = shell.with_file("spare.yaml", SPARE);
    shell.run(["create", "-f", "spare.yaml"]).expect(0);
    let set = ["edit", "ig", "spare", "--set", "spec.maxSize=5"];
    shell.run(set).expect(0);
    let changed = SPARE.replace("maxSize: 3", "maxSize: 5");
    assert_eq!(shell.read(".cloudup/state/demo.example.com/instancegroup/spare"), changed);
    // What others refer to cannot be changed by itself.
    let aliased =
        SPARE.replace("minSize: 1", "minSize: &size 3").replace("maxSize: 3", "maxSize: *size");
    let shell = shell.with_file("spare.yaml", aliased);
    shell.run(["replace", "-f", "spare.yaml"]).expect(0);
    let ran = shell.run(["edit", "ig", "spare", "--set", "spec.minSize=2"]).expect(0);
    assert!(ran.stderr.contains("without the comments that it had"), "{ran}");
}

#[test]
fn what_is_deleted_leaves_the_store_and_nothing_else() {
    let shell = Shell::with_demo();
    shell.run(["create", "-f", "cluster.yaml"]).expect(0);
    shell.run(["update", "cluster", "--yes"]).expect(0);
    let (iam, before) = (shell.iam(), contents(&shell, ".cloudup/state"));
    let refused: [(&str, &[&str]); 5] = [
        ("no such group", &["delete", "ig", "nodes-eu-west-1b", "--unregister"]),
        ("the last control plane", &["delete", "ig", "control-plane-eu-west-1a", "--unregister"]),
        ("no such cluster", &["delete", "cluster", "demo.exmple.com", "--unregister", "--yes"]),
        ("a preview of a group", &["delete", "ig", "nodes-eu-west-1a", "--unregister"]),
        ("a preview of all", &["delete", "cluster", "demo.example.com", "--unregister"]),
    ];
    let shown = refused.map(|(name, args)| (name, shell.run(args)));
    assert_eq!(contents(&shell, ".cloudup/state"), before, "nothing was written");
    let group = shell.run(["delete", "ig", "nodes-eu-west-1a", "--unregister", "--yes"]).expect(0);
    assert_eq!(
        shell.run(["get", "ig", "-o", "json"]).expect(0).json().as_array().map(Vec::len),
        Some(1)
    );
    let cluster = ["delete", "cluster", "demo.example.com", "--unregister", "--yes"];
    let cluster = shell.run(cluster).expect(0);
    assert_eq!(shell.run(["get", "clusters", "-o", "json"]).expect(0).json(), json!([]));
    assert_eq!(shell.iam(), iam, "the cloud is as it was");
    insta::assert_snapshot!(told(&shown) + &told(&[("group", group), ("cluster", cluster)]));
    // What was taken out can be put there again.
    shell.run(["create", "-f", "cluster.yaml"]).expect(0);
    assert_eq!(shell.run(["update", "cluster", "--detailed-exitcode"]).status, 0);
}
