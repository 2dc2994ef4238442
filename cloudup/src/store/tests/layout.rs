//! Where things are, in a folder.

use std::{fs, path::Path};

use super::{CLUSTER, block_on, texts, write};
use crate::store::Store;

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found.sort();
    found
}

fn names(folder: &Path) -> Vec<String> {
    let prefix = format!("{}/", folder.display());
    files(folder).iter().map(|file| file.replace(&prefix, "")).collect()
}

#[test]
fn a_folder_is_made_by_the_first_write_and_not_by_reading() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b");
    let store = Store::folder(&path);
    block_on(async {
        assert_eq!(store.clusters().await.unwrap(), [""; 0]);
        assert!(!store.read(CLUSTER).await.unwrap().exists());
        assert_eq!(store.holder(CLUSTER).await.unwrap(), None);
        assert!(!path.exists(), "nothing is written unasked");

        write(&store, &[("config", Some("a")), ("instancegroup/nodes", Some("b"))]).await;
        assert_eq!(
            names(&path),
            [
                ".cloudup/demo.example.com/commit",
                ".cloudup/demo.example.com/lease",
                ".cloudup/writers",
                "demo.example.com/config",
                "demo.example.com/instancegroup/nodes",
            ]
        );
        assert_eq!(store.clusters().await.unwrap(), [CLUSTER]);
        let before = fs::read(path.join(".cloudup/demo.example.com/lease")).unwrap();
        texts(&store).await;
        assert_eq!(fs::read(path.join(".cloudup/demo.example.com/lease")).unwrap(), before);

        write(&store, &[("instancegroup/nodes", None)]).await;
        assert!(!path.join("demo.example.com/instancegroup/nodes").exists());
    });
}

/// A store as kOps leaves one: beside what is read here, there are keys, secrets and add-ons.
#[test]
fn a_store_of_kops_opens_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = folder.path().join(CLUSTER);
    for (file, text) in [
        (
            "config",
            "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata:\n  creationTimestamp: \"2020-01-01T00:00:00Z\"\n  name: demo.example.com\nspec:\n  cloudProvider: aws\n  configBase: s3://state/demo.example.com\n  subnets: [{ name: a, zone: us-east-1a }]\n",
        ),
        (
            "instancegroup/nodes",
            "apiVersion: kops/v1alpha2\nkind: InstanceGroup\nmetadata:\n  name: nodes\nspec:\n  role: Node\n  subnets: [a]\n",
        ),
        ("cluster-completed.spec", "kind: Cluster\n"),
        ("kops-version.txt", "1.32.0"),
        ("pki/private/ca/keyset.yaml", "secret"),
        ("secrets/dockerconfig", "secret"),
        ("igconfig/node/nodes/nodeupconfig.yaml", "a: 1"),
    ] {
        fs::create_dir_all(cluster.join(file).parent().unwrap()).unwrap();
        fs::write(cluster.join(file), text).unwrap();
    }
    fs::write(folder.path().join("note.txt"), "no cluster").unwrap();
    fs::create_dir_all(folder.path().join("other")).unwrap();
    let before = names(folder.path());
    let store = Store::folder(folder.path());
    block_on(async {
        assert_eq!(store.clusters().await.unwrap(), [CLUSTER]);
        let stored = store.read(CLUSTER).await.unwrap();
        assert_eq!(stored.groups().collect::<Vec<_>>(), ["nodes"]);
        let manifest = stored.manifest().unwrap();
        let cluster = &manifest.clusters[0];
        assert_eq!(cluster.groups[0].cluster_name(), Some(CLUSTER), "as kOps, without a label");
        assert_eq!(
            cluster.source.file,
            folder.path().join("demo.example.com/config").display().to_string()
        );
    });
    assert_eq!(names(folder.path()), before, "reading writes nothing");
}

#[test]
fn what_is_wrong_in_a_store_is_told_with_the_object_that_it_is_in() {
    block_on(async {
        let store = Store::memory();
        write(
            &store,
            &[
                ("config", Some("apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata: { name: demo.example.com }\nspec:\n  cloudProvider: aws\n  subnet: []\n")),
                ("instancegroup/nodes", Some("apiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nmetadata: { name: node }\nspec: { role: Nod }\n")),
            ],
        )
        .await;
        let errors = store.read(CLUSTER).await.unwrap().manifest().unwrap_err();
        insta::assert_snapshot!(errors);
    });
}

#[test]
fn a_document_under_the_name_of_another_is_a_mistake() {
    block_on(async {
        let store = Store::memory();
        write(
            &store,
            &[
                ("config", Some("apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata: { name: a.example.com }\nspec:\n  cloudProvider: aws\n  subnets: [{ name: a, zone: us-east-1a }]\n")),
                ("instancegroup/nodes", Some("apiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nmetadata: { name: workers, labels: { kops.k8s.io/cluster: a.example.com } }\nspec: { role: Node, subnets: [a] }\n")),
            ],
        )
        .await;
        let errors = store.read(CLUSTER).await.unwrap().manifest().unwrap_err();
        insta::assert_snapshot!(errors);
    });
}
