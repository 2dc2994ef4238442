//! Instance profiles.

use super::{
    Subject,
    check::{Kept, holds, in_parts, missing, names, refused, same, tags},
};
use crate::cloud::iam::InstanceProfile;

super::cases![
    a_profile_is_answered_as_it_was_created,
    a_profiles_id_starts_with_aipa,
    a_profile_that_is_not_there_is_no_such_entity,
    a_profiles_name_is_taken_once_it_is_used,
    a_profiles_name_is_taken_whatever_its_case,
    a_profiles_name_keeps_to_the_grammar,
    a_profile_holds_one_role,
    a_profile_takes_no_role_that_is_not_there,
    a_role_that_is_not_in_the_profile_is_not_removed,
    a_profile_with_a_role_is_not_deleted,
    a_role_may_be_in_several_profiles,
    profiles_are_listed_in_parts_in_order,
    a_made_up_marker_of_profiles_is_refused,
];

async fn a_profile_is_answered_as_it_was_created(subject: &Subject) -> Kept {
    let wanted = tags([("owner", "me")]);
    let created = subject.writes().create_instance_profile("nodes.example.com", &wanted).await?;
    let found = subject.reads().get_instance_profile("nodes.example.com").await?;
    same("id", &created.id, &found.id)?;
    let account = subject.reader().sts().get_caller_identity().await?.account;
    for profile in [created, found] {
        same("name", &profile.name, "nodes.example.com")?;
        same("path", &profile.path, "/")?;
        let end = format!(":iam::{account}:instance-profile/nodes.example.com");
        holds("an ARN of the account", profile.arn.ends_with(&end))?;
        same("roles", &profile.roles, &[""; 0])?;
        same("tags", &profile.tags, &wanted)?;
    }
    Ok(())
}

async fn a_profiles_id_starts_with_aipa(subject: &Subject) -> Kept {
    let profile = subject.profile("nodes").await?;
    holds(&format!("an id that starts with AIPA: {}", profile.id), profile.id.starts_with("AIPA"))
}

async fn a_profile_that_is_not_there_is_no_such_entity(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reads(), subject.writes());
    subject.role("role").await?;
    missing("GetInstanceProfile", reads.get_instance_profile("none").await)?;
    let tagged = writes.tag_instance_profile("none", &tags([("a", "b")])).await;
    missing("TagInstanceProfile", tagged)?;
    let untagged = writes.untag_instance_profile("none", &["a".into()]).await;
    missing("UntagInstanceProfile", untagged)?;
    let added = writes.add_role_to_instance_profile("none", "role").await;
    missing("AddRoleToInstanceProfile", added)?;
    let removed = writes.remove_role_from_instance_profile("none", "role").await;
    missing("RemoveRoleFromInstanceProfile", removed)?;
    missing("DeleteInstanceProfile", writes.delete_instance_profile("none").await)
}

async fn a_profiles_name_is_taken_once_it_is_used(subject: &Subject) -> Kept {
    subject.profile("nodes").await?;
    refused("the same again", subject.profile("nodes").await, &["EntityAlreadyExists"])
}

async fn a_profiles_name_is_taken_whatever_its_case(subject: &Subject) -> Kept {
    subject.profile("nodes").await?;
    refused("in another case", subject.profile("Nodes").await, &["EntityAlreadyExists"])
}

async fn a_profiles_name_keeps_to_the_grammar(subject: &Subject) -> Kept {
    let (longest, longer) = ("x".repeat(128), "x".repeat(129));
    subject.profile(&longest).await?;
    for name in ["", &longer, "a b", "a/b"] {
        refused(name, subject.profile(name).await, &["ValidationError"])?;
    }
    Ok(())
}

async fn a_profile_holds_one_role(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reads(), subject.writes());
    subject.profile("nodes").await?;
    for role in ["one", "other"] {
        subject.role(role).await?;
    }
    writes.add_role_to_instance_profile("nodes", "one").await?;
    same("one", &reads.get_instance_profile("nodes").await?.roles, &["one"])?;
    for role in ["other", "one"] {
        let added = writes.add_role_to_instance_profile("nodes", role).await;
        refused(role, added, &["LimitExceeded"])?;
    }
    writes.remove_role_from_instance_profile("nodes", "one").await?;
    same("none", &reads.get_instance_profile("nodes").await?.roles, &[""; 0])?;
    writes.add_role_to_instance_profile("nodes", "other").await?;
    same("the other", &reads.get_instance_profile("nodes").await?.roles, &["other"])
}

async fn a_profile_takes_no_role_that_is_not_there(subject: &Subject) -> Kept {
    subject.profile("nodes").await?;
    missing("none", subject.writes().add_role_to_instance_profile("nodes", "none").await)
}

async fn a_role_that_is_not_in_the_profile_is_not_removed(subject: &Subject) -> Kept {
    let writes = subject.writes();
    subject.profile("nodes").await?;
    subject.role("one").await?;
    subject.role("other").await?;
    let removed = writes.remove_role_from_instance_profile("nodes", "one").await;
    missing("from none", removed)?;
    writes.add_role_to_instance_profile("nodes", "one").await?;
    let removed = writes.remove_role_from_instance_profile("nodes", "other").await;
    missing("the other", removed)
}

async fn a_profile_with_a_role_is_not_deleted(subject: &Subject) -> Kept {
    let writes = subject.writes();
    subject.profile("nodes").await?;
    subject.role("one").await?;
    writes.add_role_to_instance_profile("nodes", "one").await?;
    let deleted = writes.delete_instance_profile("nodes").await;
    refused("DeleteInstanceProfile", deleted, &["DeleteConflict"])?;
    writes.remove_role_from_instance_profile("nodes", "one").await?;
    writes.delete_instance_profile("nodes").await?;
    missing("GetInstanceProfile", subject.reads().get_instance_profile("nodes").await)
}

async fn a_role_may_be_in_several_profiles(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reads(), subject.writes());
    subject.role("one").await?;
    let found = reads.list_instance_profiles_for_role("one", None).await?;
    holds("none at first", found.items.is_empty())?;
    for profile in ["a", "b", "c"] {
        subject.profile(profile).await?;
    }
    for profile in ["b", "a"] {
        writes.add_role_to_instance_profile(profile, "one").await?;
    }
    let found = reads.list_instance_profiles_for_role("one", None).await?;
    let mut found: Vec<_> = found.items.into_iter().map(|profile| profile.name).collect();
    found.sort();
    same("both", &found, &["a", "b"])
}

async fn profiles_are_listed_in_parts_in_order(subject: &Subject) -> Kept {
    let (shuffled, sorted) = names(subject, "profile");
    for name in &shuffled {
        subject.profile(name).await?;
    }
    let reads = subject.reads();
    let list = async |marker: Option<String>| reads.list_instance_profiles(marker.as_deref()).await;
    in_parts("profiles", &sorted, |profile: InstanceProfile| profile.name, list).await
}

async fn a_made_up_marker_of_profiles_is_refused(subject: &Subject) -> Kept {
    let listed = subject.reads().list_instance_profiles(Some("made-up")).await;
    refused("ListInstanceProfiles", listed, &["ValidationError", "InvalidInput"])
}
