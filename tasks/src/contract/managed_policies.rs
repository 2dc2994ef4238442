//! Managed policies of the account: made, changed in versions, deleted.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    Subject,
    check::{Broken, Kept, holds, missing, policy, refused, same, tags},
};
use crate::cloud::{
    CloudError, all_pages,
    iam::{ManagedPolicy, NewPolicy, Tags},
};

super::cases![
    a_managed_policy_is_answered_as_it_was_created,
    a_managed_policys_name_is_taken_whatever_its_case_and_path,
    a_managed_policys_name_and_path_keep_to_the_grammar,
    a_managed_policy_with_wrong_tags_is_not_created,
    a_managed_policys_document_is_one_and_limited,
    a_new_version_of_a_managed_policy_is_in_force_at_once,
    a_managed_policy_has_five_versions_at_most,
    the_version_in_force_is_not_deleted,
    tags_of_a_managed_policy_are_added_overwritten_and_removed,
    a_managed_policy_that_is_attached_or_bounds_a_role_is_not_deleted,
    a_managed_policy_with_several_versions_is_not_deleted,
    managed_policies_are_listed_below_their_path_in_parts,
    what_is_done_to_no_managed_policy_is_no_such_entity,
];

const PATH: &str = "/cloudup/demo.example.com/";

impl Subject {
    /// Creates a managed policy of that name below a path of ours, with nothing else to it.
    async fn managed_policy(&self, name: &str) -> Result<ManagedPolicy, CloudError> {
        create(self, name, PATH, &policy(0), &Tags::new()).await
    }
}

async fn create(
    subject: &Subject,
    name: &str,
    path: &str,
    document: &str,
    tags: &Tags,
) -> Result<ManagedPolicy, CloudError> {
    subject.writes().create_policy(NewPolicy { name, path, document, tags }).await
}

/// The text of the version in force.
async fn in_force(subject: &Subject, arn: &str) -> Result<String, Broken> {
    let version = subject.reads().get_policy(arn).await?.default_version_id;
    Ok(subject.reads().get_policy_version(arn, &version).await?.text())
}

/// The ids of all versions, and of those in force.
async fn versions(subject: &Subject, arn: &str) -> Result<(BTreeSet<String>, Vec<String>), Broken> {
    let reads = subject.reads();
    let list =
        async |marker: Option<String>| reads.list_policy_versions(arn, marker.as_deref()).await;
    let versions = all_pages(list).await?;
    let default = versions.iter().filter(|version| version.is_default);
    let default = default.map(|version| version.id.clone()).collect();
    Ok((versions.into_iter().map(|version| version.id).collect(), default))
}

fn ids<const N: usize>(ids: [&str; N]) -> BTreeSet<String> {
    ids.map(str::to_owned).into()
}

async fn a_managed_policy_is_answered_as_it_was_created(subject: &Subject) -> Kept {
    let (document, wanted) = (policy(7), tags([("owner", "me"), ("Name", "a")]));
    let created = create(subject, "p", PATH, &document, &wanted).await?;
    holds("its ARN has its path and name", created.arn.ends_with(&format!(":policy{PATH}p")))?;
    let found = subject.reads().get_policy(&created.arn).await?;
    same("ARN", &found.arn, &created.arn)?;
    same("name", &found.name, "p")?;
    same("path", &found.path, PATH)?;
    same("tags", &found.tags, &wanted)?;
    same("version", &found.default_version_id, "v1")?;
    same("document", &in_force(subject, &created.arn).await?, &document)?;
    same("versions", &versions(subject, &created.arn).await?.0, &ids(["v1"]))
}

async fn a_managed_policys_name_is_taken_whatever_its_case_and_path(subject: &Subject) -> Kept {
    let first = subject.managed_policy("Policy").await?;
    for (name, path) in [("Policy", PATH), ("policy", PATH), ("Policy", "/"), ("POLICY", "/x/")] {
        let again = create(subject, name, path, &policy(1), &Tags::new()).await;
        refused(&format!("{path}{name}"), again, &["EntityAlreadyExists"])?;
    }
    same("the first", &in_force(subject, &first.arn).await?, &policy(0))
}

async fn a_managed_policys_name_and_path_keep_to_the_grammar(subject: &Subject) -> Kept {
    let (longest, longer) = ("x".repeat(128), "x".repeat(129));
    create(subject, &longest, "/a.b/c_d,e+f=g@h-1/", &policy(0), &Tags::new()).await?;
    for (name, path) in [
        ("", PATH),
        (longer.as_str(), PATH),
        ("a b", PATH),
        ("a/b", PATH),
        ("a", "cloudup/"),
        ("a", "/cloudup"),
        ("a", "/a b/"),
        ("a", "/a//b/"),
    ] {
        let put = create(subject, name, path, &policy(0), &Tags::new()).await;
        refused(&format!("{path} {name}"), put, &["ValidationError"])?;
    }
    Ok(())
}

async fn a_managed_policy_with_wrong_tags_is_not_created(subject: &Subject) -> Kept {
    let wrong = tags([("aws:owner", "me")]);
    let put = create(subject, "p", PATH, &policy(0), &wrong).await;
    refused("a tag of AWS", put, &["InvalidInput", "ValidationError"])?;
    subject.managed_policy("p").await.map(drop).map_err(Into::into)
}

async fn a_managed_policys_document_is_one_and_limited(subject: &Subject) -> Kept {
    let (writes, wrong) = (subject.writes(), ["MalformedPolicyDocument"]);
    let quota = subject.reads().get_account_summary().await?.policy_size;
    let fitting = policy(quota - policy(0).len()).replace(',', ",\n    ");
    let larger = policy(quota - policy(0).len() + 1);
    let with_principal = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": { "AWS": "*" },
        }],
    })
    .to_string();
    let arn = create(subject, "p", PATH, &fitting, &Tags::new()).await?.arn;
    for (what, document, codes) in [
        ("not JSON", "{", &wrong),
        ("a principal", &with_principal, &wrong),
        ("too large", &larger, &["LimitExceeded"]),
    ] {
        let created = create(subject, "q", PATH, document, &Tags::new()).await;
        refused(what, created, codes)?;
        refused(what, writes.create_policy_version(&arn, document).await, codes)?;
    }
    same("the first", &in_force(subject, &arn).await?, &fitting)?;
    Ok(writes.create_policy_version(&arn, &fitting).await.map(drop)?)
}

async fn a_new_version_of_a_managed_policy_is_in_force_at_once(subject: &Subject) -> Kept {
    let arn = subject.managed_policy("p").await?.arn;
    let version = subject.writes().create_policy_version(&arn, &policy(1)).await?;
    same("its id", &version, "v2")?;
    same("in force", &in_force(subject, &arn).await?, &policy(1))?;
    let before = subject.reads().get_policy_version(&arn, "v1").await?.text();
    same("the one before", &before, &policy(0))?;
    let (all, default) = versions(subject, &arn).await?;
    same("all", &all, &ids(["v1", "v2"]))?;
    same("in force", &default, &["v2"])
}

async fn a_managed_policy_has_five_versions_at_most(subject: &Subject) -> Kept {
    let writes = subject.writes();
    let arn = subject.managed_policy("p").await?.arn;
    for padding in 1..5 {
        writes.create_policy_version(&arn, &policy(padding)).await?;
    }
    let sixth = writes.create_policy_version(&arn, &policy(5)).await;
    refused("a sixth", sixth, &["LimitExceeded"])?;
    writes.delete_policy_version(&arn, "v1").await?;
    same("a new number", &writes.create_policy_version(&arn, &policy(5)).await?, "v6")?;
    same("all", &versions(subject, &arn).await?.0, &ids(["v2", "v3", "v4", "v5", "v6"]))
}

async fn the_version_in_force_is_not_deleted(subject: &Subject) -> Kept {
    let writes = subject.writes();
    let arn = subject.managed_policy("p").await?.arn;
    writes.create_policy_version(&arn, &policy(1)).await?;
    refused("v2", writes.delete_policy_version(&arn, "v2").await, &["DeleteConflict"])?;
    writes.delete_policy_version(&arn, "v1").await?;
    missing("v1", writes.delete_policy_version(&arn, "v1").await)?;
    missing("v1", subject.reads().get_policy_version(&arn, "v1").await)
}

async fn tags_of_a_managed_policy_are_added_overwritten_and_removed(subject: &Subject) -> Kept {
    let writes = subject.writes();
    let arn = create(subject, "p", PATH, &policy(0), &tags([("a", "1"), ("b", "2")])).await?.arn;
    writes.tag_policy(&arn, &tags([("A", "3"), ("c", "4")])).await?;
    let found = async || Ok::<_, Broken>(subject.reads().get_policy(&arn).await?.tags);
    same("over it", &found().await?, &tags([("A", "3"), ("b", "2"), ("c", "4")]))?;
    writes.untag_policy(&arn, &["b".to_owned(), "never there".to_owned()]).await?;
    same("without", &found().await?, &tags([("A", "3"), ("c", "4")]))?;
    let many: Tags = (0..49).map(|n| (format!("k{n}"), String::new())).collect();
    refused("51 in all", writes.tag_policy(&arn, &many).await, &["LimitExceeded", "InvalidInput"])
}

async fn a_managed_policy_that_is_attached_or_bounds_a_role_is_not_deleted(
    subject: &Subject,
) -> Kept {
    let writes = subject.writes();
    let arn = subject.managed_policy("p").await?.arn;
    subject.role("nodes").await?;
    writes.attach_role_policy("nodes", &arn).await?;
    refused("attached", writes.delete_policy(&arn).await, &["DeleteConflict"])?;
    writes.detach_role_policy("nodes", &arn).await?;
    writes.put_role_permissions_boundary("nodes", &arn).await?;
    refused("a boundary", writes.delete_policy(&arn).await, &["DeleteConflict"])?;
    writes.delete_role_permissions_boundary("nodes").await?;
    writes.delete_policy(&arn).await?;
    missing("GetPolicy", subject.reads().get_policy(&arn).await)
}

async fn a_managed_policy_with_several_versions_is_not_deleted(subject: &Subject) -> Kept {
    let writes = subject.writes();
    let arn = subject.managed_policy("p").await?.arn;
    writes.create_policy_version(&arn, &policy(1)).await?;
    refused("two versions", writes.delete_policy(&arn).await, &["DeleteConflict"])?;
    writes.delete_policy_version(&arn, "v1").await?;
    Ok(writes.delete_policy(&arn).await?)
}

async fn managed_policies_are_listed_below_their_path_in_parts(subject: &Subject) -> Kept {
    let mut created = BTreeSet::new();
    for number in 0..subject.more_than_a_part {
        let name = format!("p-{number}");
        let tags = tags([("owner", "me")]);
        created.insert(create(subject, &name, PATH, &policy(0), &tags).await?.arn);
    }
    create(subject, "of-another", "/cloudup/other.example.com/", &policy(0), &Tags::new()).await?;
    let reads = subject.reads();
    let list = async |marker: Option<String>| reads.list_policies(PATH, marker.as_deref()).await;
    holds("more than one part", list(None).await?.next.is_some())?;
    let listed = all_pages(list).await?;
    holds("without tags", listed.iter().all(|policy| policy.tags.is_empty()))?;
    same("with their versions", &listed[0].default_version_id, "v1")?;
    let arns: Vec<_> = listed.into_iter().map(|policy| policy.arn).collect();
    same("each once", &arns.len(), &created.len())?;
    same("all of them", &arns.into_iter().collect::<BTreeSet<_>>(), &created)?;
    let none = reads.list_policies("/cloudup/none/", None).await?;
    same("none elsewhere", &none.items, &[])?;
    let everywhere =
        all_pages(async |marker: Option<String>| reads.list_policies("/", marker.as_deref()).await)
            .await?;
    holds("none of AWS", everywhere.iter().all(|policy| !policy.arn.contains("::aws:")))?;
    holds(
        "the others",
        subject.policies.iter().all(|arn| everywhere.iter().any(|policy| policy.arn == *arn)),
    )
}

async fn what_is_done_to_no_managed_policy_is_no_such_entity(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reads(), subject.writes());
    let none = format!("{}-none", subject.policies[0]);
    missing("ListPolicyVersions", reads.list_policy_versions(&none, None).await)?;
    missing("CreatePolicyVersion", writes.create_policy_version(&none, &policy(0)).await)?;
    missing("DeletePolicyVersion", writes.delete_policy_version(&none, "v1").await)?;
    missing("TagPolicy", writes.tag_policy(&none, &tags([("a", "b")])).await)?;
    missing("UntagPolicy", writes.untag_policy(&none, &["a".to_owned()]).await)?;
    missing("DeletePolicy", writes.delete_policy(&none).await)
}
