//! Clusters that go, over sockets: an AWS endpoint that is not of our making.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use cloudup::{
    removal::{Removal, Target, is_clean},
    update::UpdateReport,
};
use cloudup_engine::{Options, Retry};
use cloudup_tasks::{
    aws::AwsCloud,
    cloud::{
        CloudReader, CloudWriter,
        iam::NewRole,
        vpc::{Which, all_security_groups, all_subnets, all_vpcs},
    },
    snapshot::Snapshot,
};
use cloudup_tests::moto::{self, Account, Moto};
use serde_json::{Value, json};

use crate::{
    runs::{options, troubles},
    sockets::{connect, must_apply, nodes, owned},
};

fn patient() -> Options {
    let retry = Retry { base: Duration::from_millis(5), ..Retry::default() };
    Options { retry, ..Options::default() }
}

async fn prepared(cloud: &(dyn CloudReader + 'static)) -> Removal {
    let sketch = nodes();
    let target = Target::Named { name: sketch.name, region: "eu-west-1" };
    let removal = Removal::prepare(target, &options(), cloud).await;
    removal.unwrap_or_else(|error| panic!("{error}"))
}

async fn remove(account: &Account) -> UpdateReport {
    let cloud = Snapshot::of_writer(connect(account) as Arc<dyn CloudWriter>);
    let removal = prepared(cloud.reader()).await;
    removal.apply(&cloud, &patient(), |_| ()).await.expect("a sound graph")
}

/// What there is that is nobody's of ours.
async fn others(aws: &AwsCloud) -> Value {
    let vpc = CloudReader::vpc(aws);
    let subnets = all_subnets(vpc, Which::All).await.expect("it can be read");
    let groups = all_security_groups(vpc, Which::All).await.expect("it can be read");
    let roles = CloudReader::iam(aws).list_roles(None).await.expect("it can be read");
    json!({
        "vpcs": all_vpcs(vpc, Which::All).await.expect("it can be read").len(),
        "subnets": subnets.iter().map(|subnet| &subnet.id).collect::<BTreeSet<_>>(),
        "groups": groups.iter().map(|group| &group.id).collect::<BTreeSet<_>>(),
        "roles": roles.items.iter().map(|role| &role.name).collect::<Vec<_>>(),
    })
}

/// An account with the cluster in it, and what was there before.
async fn made(moto: &Moto) -> (Account, Value, Value) {
    let account = moto.account();
    let aws = connect(&account);
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let tags = [("Name".to_owned(), "kept".to_owned())].into();
    let role = NewRole {
        name: "kept.demo.example.com",
        assume_role_policy_document: trust,
        permissions_boundary: None,
        tags: &tags,
    };
    CloudWriter::iam(&*aws).create_role(role).await.expect("it can be made");
    let (before, ours) = (others(&aws).await, owned(&account).await);
    must_apply(&account, &nodes()).await;
    account.forget_calls();
    (account, before, ours)
}

#[tokio::test]
async fn a_cluster_goes_with_all_that_it_owns_and_nothing_else() {
    let Some(moto) = moto::server() else { return };
    let (account, before, ours) = made(moto).await;
    let cloud = Snapshot::of_reader(connect(&account) as Arc<dyn CloudReader>);
    let planned = prepared(&cloud).await.plan(&cloud, &patient(), |_| ()).await;
    let planned = planned.expect("a sound graph");
    assert!(planned.report.succeeded(), "{}", troubles(&planned));
    assert!(planned.report.counts().deleted > 15, "{}", troubles(&planned));
    assert_eq!(account.writes(), []);

    let done = remove(&account).await;
    assert!(is_clean(&done), "{}", troubles(&done));
    assert_eq!(done.report.counts().deleted, planned.report.counts().deleted);
    assert_eq!(owned(&account).await, ours);
    assert_eq!(others(&connect(&account)).await, before);

    account.forget_calls();
    let again = remove(&account).await;
    assert!(is_clean(&again) && again.report.is_settled(), "{}", troubles(&again));
    assert_eq!(account.writes(), []);
}

/// One lost answer for each sort of call: its first of the run.
#[tokio::test]
async fn a_deletion_survives_a_lost_answer_to_every_sort_of_call() {
    let Some(moto) = moto::server() else { return };
    let (account, ..) = made(moto).await;
    remove(&account).await;
    let actions: BTreeSet<_> = account.writes().into_iter().map(|call| call.action).collect();
    assert!(actions.len() > 15, "{actions:?}");
    for action in actions {
        let (account, before, ours) = made(moto).await;
        account.faults(json!([{
            "action": action, "status": 500, "code": "ServiceFailure", "message": "told to", "after": true,
        }]));
        let done = remove(&account).await;
        assert!(is_clean(&done), "{action}: {}", troubles(&done));
        assert_eq!(owned(&account).await, ours, "{action}");
        assert_eq!(others(&connect(&account)).await, before, "{action}");
    }
}
