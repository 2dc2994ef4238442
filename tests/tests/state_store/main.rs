//! The state store in a bucket, over sockets: conditional writes as S3 makes them.

mod interleavings;
mod turns;

use std::{
    process::{Command, Output},
    sync::Arc,
    time::Duration,
};

use cloudup::store::{Change, Claim, Store, StoreError};
use cloudup_tasks::aws::objects;
use cloudup_tests::moto::{self, Account};
use jiff::Timestamp;
use serde_json::json;

const CLUSTER: &str = "demo.example.com";
const DEMO: &str = include_str!("../../../examples/demo.example.com.yaml");

async fn connect(account: &Account, bucket: &str) -> Store {
    let objects =
        objects::s3_with(&account.sdk_config(), bucket, None).await.expect("it can be opened");
    Store::objects(objects, "state".into(), format!("s3://{bucket}/state"))
}

/// Who asks for the lease.
fn claim(who: &str) -> Claim {
    Claim { owner: who.into(), host: "tests".into(), reason: "tests".into(), id: who.into() }
}

/// The change that adds a word to both documents.
async fn adding(store: &Store, word: &str) -> Change {
    let stored = store.read(CLUSTER).await.expect("it can be read");
    let mut change = stored.change();
    for key in ["config", "instancegroup/nodes"] {
        let text = stored.documents().get(key).map_or("", |document| &document.text);
        change.put(key, format!("{text}{word}\n"));
    }
    change
}

/// Adds a word to both documents, as often as it takes.
async fn add(store: &Store, word: &str) {
    let claim = claim(word);
    loop {
        let lease = match store.acquire(CLUSTER, &claim, Timestamp::now()).await {
            Ok(lease) => lease,
            Err(StoreError::Held(_) | StoreError::Changed { .. }) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        let change = adding(store, word).await;
        store.commit(&lease, &change, &Timestamp::now).await.expect("nobody else is at work");
        store.release(lease).await.expect("it can be given back");
        return;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_update_of_32_writers_at_once_is_lost() {
    let Some(moto) = moto::server() else { return };
    let account = Arc::new(moto.account());
    account.create_bucket("many-writers");
    let writers = (0..32).map(|nth| {
        let account = account.clone();
        tokio::spawn(async move {
            // Each has connections of its own, as processes have.
            let store = connect(&account, "many-writers").await;
            add(&store, &nth.to_string()).await;
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("it does not panic");
    }
    let stored = connect(&account, "many-writers").await.read(CLUSTER).await.expect("it is there");
    let texts: Vec<_> = stored.documents().values().map(|document| &document.text).collect();
    let mut words: Vec<u32> =
        texts[0].lines().map(|line| line.parse().expect("it is a number")).collect();
    words.sort_unstable();
    assert_eq!(words, (0..32).collect::<Vec<_>>());
    assert_eq!(texts[0], texts[1]);
}

/// Of those who write over the same version at the same time, one does.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_32_gets_the_lease() {
    let Some(moto) = moto::server() else { return };
    let account = Arc::new(moto.account());
    account.create_bucket("one-lease");
    let claims = (0..32).map(|nth: u32| {
        let account = account.clone();
        tokio::spawn(async move {
            let store = connect(&account, "one-lease").await;
            let claim = claim(&nth.to_string());
            match store.acquire(CLUSTER, &claim, Timestamp::now()).await {
                Ok(lease) => Some(lease.held().clone()),
                Err(StoreError::Held(_)) => None,
                Err(error) => panic!("{error}"),
            }
        })
    });
    let mut winners = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        winners.extend(claim.await.expect("it does not panic"));
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    let holder = connect(&account, "one-lease").await.holder(CLUSTER).await.expect("it is read");
    assert_eq!(holder.as_ref(), winners.first());
}

fn cloudup(account: &Account, folder: &std::path::Path, args: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cloudup-under-test"));
    command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", folder).current_dir(folder);
    let Output { status, stdout, stderr } =
        account.enter(&mut command).args(args).output().expect("it starts");
    let text = [stdout, stderr].map(|bytes| String::from_utf8(bytes).expect("it speaks UTF-8"));
    (status.code().unwrap_or(-1), text.concat())
}

#[test]
fn the_command_line_keeps_clusters_in_a_bucket() {
    let Some(moto) = moto::server() else { return };
    let account = moto.account();
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::write(folder.path().join("cluster.yaml"), DEMO).expect("it can be written");
    let run = |args: &[&str]| cloudup(&account, folder.path(), args);
    let at = ["--state", "s3://clusters/team/a/"];
    let with = |args: &[&str]| run(&[&at[..], args].concat());

    let (status, told) = with(&["get", "clusters"]);
    assert_eq!(status, 1, "{told}");
    assert!(told.contains("hint: make the bucket first"), "{told}");

    account.create_bucket("clusters");
    let (status, told) = with(&["create", "-f", "cluster.yaml"]);
    assert_eq!(status, 0, "{told}");
    let (status, told) = with(&["get", "all", "-o", "yaml"]);
    assert_eq!((status, told.matches("kind: InstanceGroup").count()), (0, 2), "{told}");
    let (status, told) = with(&["update", "cluster", "--yes"]);
    assert_eq!(status, 0, "{told}");
    assert!(told.contains("Done: 41 created"), "{told}");
    let edit = ["edit", "ig", "nodes-eu-west-1a", "--set", "spec.maxSize=many"];
    let (status, told) = with(&edit);
    assert_eq!(status, 3, "{told}");
    assert!(
        told.contains("--> s3://clusters/team/a/demo.example.com/instancegroup/nodes-eu-west-1a:"),
        "{told}"
    );
    let (status, told) = with(&["edit", "ig", "nodes-eu-west-1a", "--set", "spec.maxSize=5"]);
    assert_eq!(status, 0, "{told}");
    let (status, told) = with(&["get", "ig", "nodes-eu-west-1a", "-o", "json"]);
    assert!(status == 0 && told.contains("\"maxSize\": 5"), "{told}");

    // Previews write nothing, and what is denied is told as such.
    account.forget_calls();
    assert_eq!(with(&["update", "cluster"]).0, 0);
    assert_eq!(with(&["diff", "-f", "cluster.yaml"]).0, 0);
    assert_eq!(account.writes(), []);
    account.faults(json!([
        { "service": "s3", "action": "*", "times": 100, "status": 403, "code": "AccessDenied" }
    ]));
    let (status, told) = with(&["update", "cluster", "demo.example.com"]);
    assert_eq!(status, 4, "{told}");
    assert!(told.contains("hint: allow s3:"), "{told}");
}
