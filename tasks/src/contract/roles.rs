//! Roles.

use super::{
    Subject,
    check::{Kept, holds, in_parts, missing, names, policy, refused, same, tags, trust},
};
use crate::cloud::iam::{NewRole, Role};

super::cases![
    a_role_is_answered_as_it_was_created,
    a_role_that_is_not_there_is_no_such_entity,
    the_profiles_of_a_role_that_is_not_there_are_no_such_entity,
    a_roles_name_is_taken_once_it_is_used,
    a_roles_name_is_taken_whatever_its_case,
    a_roles_name_keeps_to_the_grammar,
    roles_are_listed_in_parts_in_order_without_tags,
    a_made_up_marker_of_roles_is_refused,
    a_role_in_a_profile_is_not_deleted,
    a_role_with_an_attachment_is_not_deleted,
    a_role_with_an_inline_policy_is_not_deleted,
    a_role_that_was_deleted_may_be_created_again_with_another_id,
];

async fn a_role_is_answered_as_it_was_created(subject: &Subject) -> Kept {
    let boundary = &subject.policies[0];
    let wanted = tags([("owner", "me"), ("KubernetesCluster", "minimal.example.com")]);
    let new = NewRole {
        name: "nodes.minimal.example.com",
        assume_role_policy_document: &trust(),
        permissions_boundary: Some(boundary),
        tags: &wanted,
    };
    let created = subject.writes().create_role(new).await?;
    let found = subject.reads().get_role("nodes.minimal.example.com").await?;
    let account = subject.reader().sts().get_caller_identity().await?.account;
    for role in [created, found] {
        same("name", &role.name, "nodes.minimal.example.com")?;
        same("path", &role.path, "/")?;
        holds("an id that starts with AROA", role.id.starts_with("AROA"))?;
        let end = format!(":iam::{account}:role/nodes.minimal.example.com");
        holds("an ARN of the account", role.arn.starts_with("arn:") && role.arn.ends_with(&end))?;
        same("trust", &role.assume_role_policy_document.text(), &trust())?;
        same("boundary", &role.permissions_boundary.as_ref(), &Some(boundary))?;
        same("tags", &role.tags, &wanted)?;
    }
    Ok(())
}

async fn a_role_that_is_not_there_is_no_such_entity(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reads(), subject.writes());
    let (arn, none) = (&subject.policies[0], "none");
    let tag = tags([("a", "b")]);
    missing("GetRole", reads.get_role(none).await)?;
    missing("GetRolePolicy", reads.get_role_policy(none, "p").await)?;
    missing("ListRolePolicies", reads.list_role_policies(none, None).await)?;
    missing("ListAttachedRolePolicies", reads.list_attached_role_policies(none, None).await)?;
    let updated = writes.update_assume_role_policy(none, &trust()).await;
    missing("UpdateAssumeRolePolicy", updated)?;
    let bounded = writes.put_role_permissions_boundary(none, arn).await;
    missing("PutRolePermissionsBoundary", bounded)?;
    let unbounded = writes.delete_role_permissions_boundary(none).await;
    missing("DeleteRolePermissionsBoundary", unbounded)?;
    missing("TagRole", writes.tag_role(none, &tag).await)?;
    missing("UntagRole", writes.untag_role(none, &["a".into()]).await)?;
    missing("PutRolePolicy", writes.put_role_policy(none, "p", &policy(0)).await)?;
    missing("DeleteRolePolicy", writes.delete_role_policy(none, "p").await)?;
    missing("AttachRolePolicy", writes.attach_role_policy(none, arn).await)?;
    missing("DetachRolePolicy", writes.detach_role_policy(none, arn).await)?;
    missing("DeleteRole", writes.delete_role(none).await)
}

async fn the_profiles_of_a_role_that_is_not_there_are_no_such_entity(subject: &Subject) -> Kept {
    let listed = subject.reads().list_instance_profiles_for_role("none", None).await;
    missing("ListInstanceProfilesForRole", listed)
}

async fn a_roles_name_is_taken_once_it_is_used(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    refused("the same again", subject.role("nodes").await, &["EntityAlreadyExists"])
}

async fn a_roles_name_is_taken_whatever_its_case(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    refused("in another case", subject.role("Nodes").await, &["EntityAlreadyExists"])
}

async fn a_roles_name_keeps_to_the_grammar(subject: &Subject) -> Kept {
    let (longest, longer) = ("x".repeat(64), "x".repeat(65));
    for name in [longest.as_str(), "a", "A0_+=,.@-"] {
        subject.role(name).await?;
    }
    for name in ["", &longer, "a b", "a/b", "ä", "a:b"] {
        refused(name, subject.role(name).await, &["ValidationError"])?;
    }
    Ok(())
}

async fn roles_are_listed_in_parts_in_order_without_tags(subject: &Subject) -> Kept {
    let (shuffled, sorted) = names(subject, "role");
    for name in &shuffled {
        subject.role(name).await?;
        subject.writes().tag_role(name, &tags([("a", "b")])).await?;
    }
    let reads = subject.reads();
    let list = async |marker: Option<String>| reads.list_roles(marker.as_deref()).await;
    in_parts("roles", &sorted, |role: Role| role.name, list).await?;
    let first = reads.list_roles(None).await?;
    holds("no tags", first.items.iter().all(|role| role.tags.is_empty()))?;
    let trusts = first.items.iter().map(|role| role.assume_role_policy_document.text());
    holds("trust documents", trusts.into_iter().all(|text| text == trust()))
}

async fn a_made_up_marker_of_roles_is_refused(subject: &Subject) -> Kept {
    let listed = subject.reads().list_roles(Some("made-up")).await;
    refused("ListRoles", listed, &["ValidationError", "InvalidInput"])
}

async fn a_role_in_a_profile_is_not_deleted(subject: &Subject) -> Kept {
    let writes = subject.writes();
    subject.role("nodes").await?;
    subject.profile("profile").await?;
    writes.add_role_to_instance_profile("profile", "nodes").await?;
    refused("DeleteRole", writes.delete_role("nodes").await, &["DeleteConflict"])?;
    writes.remove_role_from_instance_profile("profile", "nodes").await?;
    Ok(writes.delete_role("nodes").await?)
}

async fn a_role_with_an_attachment_is_not_deleted(subject: &Subject) -> Kept {
    let writes = subject.writes();
    subject.role("nodes").await?;
    writes.attach_role_policy("nodes", &subject.policies[0]).await?;
    refused("DeleteRole", writes.delete_role("nodes").await, &["DeleteConflict"])?;
    writes.detach_role_policy("nodes", &subject.policies[0]).await?;
    Ok(writes.delete_role("nodes").await?)
}

async fn a_role_with_an_inline_policy_is_not_deleted(subject: &Subject) -> Kept {
    let writes = subject.writes();
    subject.role("nodes").await?;
    writes.put_role_policy("nodes", "p", &policy(0)).await?;
    refused("DeleteRole", writes.delete_role("nodes").await, &["DeleteConflict"])?;
    writes.delete_role_policy("nodes", "p").await?;
    Ok(writes.delete_role("nodes").await?)
}

async fn a_role_that_was_deleted_may_be_created_again_with_another_id(subject: &Subject) -> Kept {
    let first = subject.role("nodes").await?;
    subject.writes().delete_role("nodes").await?;
    missing("GetRole", subject.reads().get_role("nodes").await)?;
    missing("DeleteRole", subject.writes().delete_role("nodes").await)?;
    let second = subject.role("nodes").await?;
    holds("another id", first.id != second.id)
}
