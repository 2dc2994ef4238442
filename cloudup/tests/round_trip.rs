//! What is put in the store, changed in one field and read again is the same but for that field.

#![expect(clippy::print_stderr, reason = "a test says that it has nothing to read")]

use std::path::PathBuf;

use cloudup::{
    manifest::{Difference, Excerpt, Fielded},
    store::{CLUSTER, Claim, Placed, Store},
};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

async fn put(store: &Store, cluster: &str, key: &str, text: &str) {
    let claim = Claim {
        owner: "alice".into(),
        host: "laptop".into(),
        reason: "tests".into(),
        id: "1".into(),
    };
    let lease = store.acquire(cluster, &claim, now()).await.unwrap();
    let mut change = store.read(cluster).await.unwrap().change();
    change.put(key, text);
    store.commit(&lease, &change, &now).await.unwrap();
    store.release(lease).await.unwrap();
}

async fn raw(store: &Store, cluster: &str, key: &str) -> Vec<Value> {
    Excerpt::values(&store.read(cluster).await.unwrap().documents()[key].text)
}

/// Puts all documents of a file in a store, sets one field of each there is, and says what differs.
async fn trip(name: &str, text: &str) {
    let placed = Placed::read(&[(name.to_owned(), text.to_owned())]).unwrap();
    let store = Store::memory();
    for (cluster, documents) in &placed.clusters {
        for (key, excerpt) in documents {
            put(&store, cluster, key, &excerpt.text).await;
        }
        let stored = store.read(cluster).await.unwrap();
        assert!(stored.manifest().is_ok(), "{name}: it can be read from the store");
        for (key, excerpt) in documents {
            let given = Excerpt::values(&excerpt.text);
            assert_eq!(raw(&store, cluster, key).await, given, "{name}: {key}");
            if key.contains("clusteraddons") {
                continue;
            }
            let mut document = if key == CLUSTER {
                Fielded::cluster(given[0].clone())
            } else {
                Fielded::group(given[0].clone())
            };
            document.set("metadata.annotations[example.com/edited]=yes").unwrap();
            put(&store, cluster, key, &document.to_yaml()).await;
            let read = raw(&store, cluster, key).await;
            let differences: Vec<_> = Difference::between(&given[0], &read[0]);
            let [Difference { path, .. }] = differences.as_slice() else {
                panic!("{name}: {key}: {differences:?}");
            };
            assert!(path.starts_with("metadata.annotations"), "{name}: {key}: {path}");
            // Nulls and all.
            document.unset("metadata.annotations[example.com/edited]").unwrap();
            let mut back = document.value().clone();
            if given[0].pointer("/metadata/annotations").is_none() {
                back["metadata"].as_object_mut().unwrap().remove("annotations");
            }
            assert_eq!(back, given[0], "{name}: {key}");
            put(&store, cluster, key, &document.to_yaml()).await;
            assert_eq!(
                raw(&store, cluster, key).await,
                [document.value().clone()],
                "{name}: {key}"
            );
        }
        assert!(store.read(cluster).await.unwrap().manifest().is_ok(), "{name}: and again");
    }
}

/// The manifests of kOps' own test clusters.
#[expect(clippy::disallowed_methods, reason = "a test has no command line to take it from")]
fn public_manifests() -> Vec<PathBuf> {
    let Ok(folder) = std::env::var("CLOUDUP_CONFORMANCE") else {
        eprintln!("not run: CLOUDUP_CONFORMANCE does not name a folder of cases");
        return Vec::new();
    };
    let cases = PathBuf::from(folder).join("cases").read_dir().unwrap();
    let files = ["cluster.yaml", "completed-cluster.yaml"];
    let cases = cases.map(|case| case.unwrap().path());
    let mut found: Vec<_> = cases
        .flat_map(|case| files.map(|file| case.join(file)))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    assert!(!found.is_empty(), "there are none");
    found
}

#[test]
fn nothing_of_public_manifests_is_lost() {
    for path in public_manifests() {
        let text = std::fs::read_to_string(&path).unwrap();
        block_on(trip(&path.display().to_string(), &text));
    }
}

/// Texts that are easily mistaken for something else.
fn text() -> impl Strategy<Value = String> {
    let odd = [
        "yes",
        "off",
        "010",
        "1e3",
        "1.10",
        "null",
        "~",
        "a: b",
        "a #b",
        " a",
        "a ",
        "- a",
        "{a}",
        "é\u{301}",
        "1_000",
        "2020-01-01",
        ".inf",
        "line\nline\n",
        "line\n\n",
        "\ttab",
        "'",
        "\"",
        "0x1F",
    ];
    prop_oneof![proptest::sample::select(odd.to_vec()).prop_map(str::to_owned), "[ -~]{1,20}"]
}

fn labels() -> impl Strategy<Value = Value> {
    proptest::collection::btree_map("[a-z]{1,8}", text(), 0..5)
        .prop_map(|map| map.into_iter().map(|(key, value)| (key, Value::from(value))).collect())
}

/// A cluster and a group with much that nobody here acts on.
fn manifest() -> impl Strategy<Value = (Value, Value)> {
    (labels(), labels(), labels(), text(), any::<i32>(), proptest::bool::ANY, text()).prop_map(
        |(annotations, environment, nodes, message, pods, flag, data)| {
            let cluster = json!({
                "apiVersion": "kops.k8s.io/v1alpha2",
                "kind": "Cluster",
                "metadata": { "name": "demo.example.com", "annotations": annotations,
                    "creationTimestamp": null },
                "spec": {
                    "cloudProvider": "aws", "configBase": "s3://state/demo.example.com",
                    "subnets": [{ "name": "a", "zone": "us-east-1a", "type": "Public" }],
                    "kubelet": { "maxPods": pods, "anonymousAuth": flag, "evictionHard": message },
                    "kubeAPIServer": { "featureGates": environment, "runtimeConfig": {} },
                    "hooks": [{ "name": data, "manifest": message, "before": [data] }, {}],
                },
            });
            let group = json!({
                "apiVersion": "kops.k8s.io/v1alpha2",
                "kind": "InstanceGroup",
                "metadata": { "name": "nodes", "labels": { "kops.k8s.io/cluster": "demo.example.com" } },
                "spec": { "role": "Node", "subnets": ["a"], "nodeLabels": nodes,
                    "additionalUserData": [{ "name": "a", "type": data, "content": message }] },
            });
            (cluster, group)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_of_generated_manifests_is_lost((cluster, group) in manifest()) {
        block_on(trip("generated", &format!("{cluster}\n---\n{group}\n")));
        // And as people would write them.
        let cluster = Fielded::cluster(cluster).to_yaml();
        let group = Fielded::group(group).to_yaml();
        block_on(trip("generated", &format!("{cluster}---\n{group}")));
    }
}
