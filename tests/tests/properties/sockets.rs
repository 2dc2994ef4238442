//! The same over sockets: an AWS endpoint that is not of our making.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use cloudup::{
    dump::dump,
    manifest::spec::Role,
    update::{Update, UpdateReport},
};
use cloudup_engine::{ErrorKind, Options, Retry};
use cloudup_tasks::{aws::AwsCloud, cloud::CloudWriter, snapshot::Snapshot};
use cloudup_tests::moto::{self, Account, Moto};
use serde_json::{Map, Value, json};

use crate::{
    manifests::{Groups, Networking, Sketch},
    runs::{apply, changes, options, plan, troubles, try_apply},
};

pub(crate) fn connect(account: &Account) -> Arc<AwsCloud> {
    Arc::new(AwsCloud::new(&account.sdk_config()))
}

const POLICIES: [&str; 3] = [
    "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
    "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy",
    "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
];

/// Nodes with something of everything. The policies are AWS's, which every account has.
pub(crate) fn nodes() -> Sketch {
    Sketch {
        groups: [(Role::Node, Groups::Managed)].into(),
        registry: true,
        boundary: Some("arn:aws:iam::aws:policy/PowerUserAccess"),
        external: [(Role::Node, [POLICIES[0], POLICIES[1]].into())].into(),
        additional: [(Role::Node, [0, 2].into())].into(),
        labels: [("team", "red")].into(),
        ..Sketch::plain()
    }
}

fn nodes_edited() -> Sketch {
    Sketch {
        boundary: Some("arn:aws:iam::aws:policy/ReadOnlyAccess"),
        external: [(Role::Node, [POLICIES[1], POLICIES[2]].into())].into(),
        additional: [(Role::Node, [0, 1].into())].into(),
        labels: [("team", "blue")].into(),
        networking: Networking::AmazonVpc,
        ..nodes()
    }
}

fn nothing() -> Sketch {
    Sketch { groups: BTreeMap::new(), ..nodes() }
}

/// One call after the other, so that the nth is the same every time, and short waits.
fn in_turn() -> Options {
    let retry = Retry { base: Duration::from_millis(5), ..Retry::default() };
    Options { concurrency: 1, retry, ..Options::default() }
}

/// What the cluster owns, without the account's id.
pub(crate) async fn owned(account: &Account) -> Value {
    let cloud = connect(account);
    let owned = dump(cloud.reader(), nodes().name, &[]).await.expect("it can be read");
    let text = json!(owned).to_string().replace(account.id(), "ACCOUNT");
    serde_json::from_str(&text).expect("still JSON")
}

pub(crate) async fn must_apply(account: &Account, sketch: &Sketch) -> UpdateReport {
    let report = try_apply(&connect(account), sketch, options(), &in_turn()).await;
    let report = report.expect("it begins");
    assert!(report.report.succeeded(), "{}", troubles(&report));
    report
}

#[tokio::test]
async fn a_cluster_comes_changes_and_goes_as_its_plans_say() {
    let Some(moto) = moto::server() else { return };
    let account = moto.account();
    let cloud = connect(&account);
    for (sketch, roles) in [(nodes(), 1), (nodes_edited(), 1), (nothing(), 0)] {
        account.forget_calls();
        let before = plan(&cloud, &sketch, options()).await;
        assert!(before.report.succeeded(), "{}", troubles(&before));
        assert_eq!(account.writes(), []);

        let done = apply(&cloud, &sketch, options()).await;
        assert!(done.report.succeeded(), "{}", troubles(&done));
        assert!(!changes(&done).is_empty());
        assert_eq!(changes(&before), changes(&done));

        account.forget_calls();
        let after = plan(&cloud, &sketch, options()).await;
        assert_eq!(changes(&after), Vec::<String>::new());
        let again = apply(&cloud, &sketch, options()).await;
        assert!(again.report.is_settled(), "{}", troubles(&again));
        assert_eq!(account.writes(), []);
        assert_eq!(owned(&account).await["roles"].as_object().map_or(0, Map::len), roles);
    }
}

/// Trouble at each call of an update that changes something.
///
/// `befall` is put upon the nth call of an action; `gets_over_it` says whether the update must.
async fn sweep(
    moto: &Moto,
    before: Option<&Sketch>,
    sketch: &Sketch,
    befall: &Value,
    gets_over_it: bool,
) {
    let prepared = async || {
        let account = moto.account();
        if let Some(before) = before {
            must_apply(&account, before).await;
        }
        account.forget_calls();
        account
    };
    let account = prepared().await;
    must_apply(&account, sketch).await;
    let (calls, expected) = (account.writes(), owned(&account).await);
    assert!(calls.len() >= 6, "{} calls are hardly a sweep", calls.len());

    let mut earlier = BTreeMap::<&str, u32>::new();
    for call in &calls {
        let skip = earlier.entry(&call.action).or_default();
        // The network has many calls of a sort, which the embedded account has swept one by one.
        if call.service == "ec2" && *skip > 0 {
            continue;
        }
        let mut fault = befall.clone();
        fault["action"] = json!(call.action);
        fault["skip"] = json!(skip);
        *skip += 1;

        let account = prepared().await;
        account.faults(json!([fault]));
        let report = try_apply(&connect(&account), sketch, options(), &in_turn()).await;
        let report = report.expect("it begins");
        assert_eq!(report.report.succeeded(), gets_over_it, "{fault}: {}", troubles(&report));
        let met = account.calls().iter().filter(|call| call.fault.is_some()).count();
        assert_eq!(met, 1, "{fault}");

        account.clear_faults();
        must_apply(&account, sketch).await;
        assert_eq!(owned(&account).await, expected, "{fault}");
        account.forget_calls();
        must_apply(&account, sketch).await;
        assert_eq!(account.writes(), [], "{fault}");
    }
}

fn error() -> Value {
    json!({ "status": 400, "code": "MalformedPolicyDocument", "message": "told to" })
}

fn lost_reply() -> Value {
    json!({ "status": 500, "code": "ServiceFailure", "message": "told to", "after": true })
}

#[tokio::test]
async fn making_nodes_survives_an_error_at_every_call() {
    let Some(moto) = moto::server() else { return };
    sweep(moto, None, &nodes(), &error(), false).await;
}

#[tokio::test]
async fn making_nodes_survives_a_lost_reply_at_every_call() {
    let Some(moto) = moto::server() else { return };
    sweep(moto, None, &nodes(), &lost_reply(), true).await;
}

#[tokio::test]
async fn editing_nodes_survives_an_error_at_every_call() {
    let Some(moto) = moto::server() else { return };
    sweep(moto, Some(&nodes()), &nodes_edited(), &error(), false).await;
}

#[tokio::test]
async fn editing_nodes_survives_a_lost_reply_at_every_call() {
    let Some(moto) = moto::server() else { return };
    sweep(moto, Some(&nodes()), &nodes_edited(), &lost_reply(), true).await;
}

#[tokio::test]
async fn removing_nodes_survives_a_lost_reply_at_every_call() {
    let Some(moto) = moto::server() else { return };
    sweep(moto, Some(&nodes()), &nothing(), &lost_reply(), true).await;
}

#[tokio::test]
async fn a_limit_of_the_account_is_met_once_and_not_again() {
    let Some(moto) = moto::server() else { return };
    let account = moto.account();
    account.faults(json!([{
        "action": "CreateRole", "status": 409, "code": "LimitExceeded", "message": "told to", "times": 9,
    }]));
    let cloud = Snapshot::of_writer(connect(&account) as Arc<dyn CloudWriter>);
    let update = Update::prepare(nodes().cluster(), options(), cloud.reader()).await.unwrap();
    let report = update.apply(&cloud, &in_turn(), |_| ()).await.unwrap();
    let failed: Vec<_> = report.report.failures().collect();
    let kinds: Vec<_> = failed.iter().map(|entry| entry.error.as_ref().map(|e| e.kind)).collect();
    assert_eq!(kinds, [Some(ErrorKind::Quota)], "{}", troubles(&report));
    assert_eq!(failed[0].timing.attempts, Some(1));
    let of_iam = account.writes().into_iter().filter(|call| call.service == "iam");
    let actions: Vec<_> = of_iam.map(|call| call.action).collect();
    assert_eq!(actions, ["CreateRole", "CreateInstanceProfile"]);
}
