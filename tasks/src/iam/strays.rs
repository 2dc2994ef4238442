//! Things of ours that go: how they are listed, named and deleted.

use cloudup_engine::{FieldChange, Stray, TaskError};

use super::kind;
use crate::{
    cloud::{
        CloudError, CloudReader, CloudWriter, all_pages,
        iam::{AttachedPolicy, InstanceProfile},
    },
    policy::AnyDocument,
    trouble::{deleted, invalid},
};

/// A managed policy to be detached from `role`.
pub(super) fn attachment(role: &str, arn: &str) -> Stray {
    stray(
        kind::ROLE_POLICY_ATTACHMENT,
        format!("{role}/{arn}"),
        vec![FieldChange::removed("policies", &vec![arn])],
    )
}

/// A role to be taken out of a profile.
pub(crate) fn membership(profile: &str, role: &str) -> Stray {
    stray(
        kind::INSTANCE_PROFILE_ROLE,
        format!("{profile}/{role}"),
        vec![FieldChange::removed("role", &role)],
    )
}

/// An inline policy to be deleted, under the name that its task has.
pub(super) fn inline_policy(name: String, document: &AnyDocument) -> Stray {
    stray(kind::ROLE_POLICY, name, vec![FieldChange::removed("document", document)])
}

fn stray(kind: &'static str, name: String, fields: Vec<FieldChange>) -> Stray {
    Stray { kind, name, fields, deferred: false }
}

/// The ARN in the name of an attachment.
pub(super) fn attached_arn(stray: &Stray) -> Option<&str> {
    stray.name.split_once('/').map(|(_, arn)| arn)
}

/// All that must go before a role can: attachments, inline policies, memberships.
pub(super) async fn of_role(reader: &dyn CloudReader, role: &str) -> Result<Vec<Stray>, TaskError> {
    let mut strays = policies_of(reader, role).await?;
    let profiles = profiles_of(reader, role)
        .await
        .map_err(|error| error.while_doing(format!("list the instance profiles of role {role}")))?;
    strays.extend(profiles.iter().map(|profile| membership(&profile.name, role)));
    Ok(strays)
}

/// A role's attachments and inline policies.
pub(crate) async fn policies_of(
    reader: &dyn CloudReader,
    role: &str,
) -> Result<Vec<Stray>, TaskError> {
    let attached = attached_policies(reader, role)
        .await
        .map_err(|error| error.while_doing(format!("list the policies attached to role {role}")))?;
    let mut strays: Vec<_> = attached.iter().map(|policy| attachment(role, &policy.arn)).collect();
    let policies = inline_policies(reader, role)
        .await
        .map_err(|error| error.while_doing(format!("list the inline policies of role {role}")))?;
    for policy in policies {
        let wire = CloudError::absent(reader.iam().get_role_policy(role, &policy).await).map_err(
            |error| error.while_doing(format!("read inline policy {policy} of role {role}")),
        )?;
        if let Some(wire) = wire {
            let document = AnyDocument::found(&wire, &format!("inline policy {policy}"));
            strays.push(inline_policy(format!("{role}/{policy}"), &document));
        }
    }
    Ok(strays)
}

/// Which of these instance profiles, all in use, holds a role.
pub(super) async fn keeper<'p>(
    reader: &dyn CloudReader,
    role: &str,
    profiles: &'p [String],
) -> Result<Option<&'p str>, TaskError> {
    for profile in profiles {
        let found = CloudError::absent(reader.iam().get_instance_profile(profile).await)
            .map_err(|error| error.while_doing(format!("look into instance profile {profile}")))?;
        let held = found.map(|found| found.roles).unwrap_or_default();
        if held.iter().any(|held| held.eq_ignore_ascii_case(role)) {
            return Ok(Some(profile));
        }
    }
    Ok(None)
}

/// The managed policies that are attached to a role.
pub(super) async fn attached_policies(
    reader: &dyn CloudReader,
    role: &str,
) -> Result<Vec<AttachedPolicy>, CloudError> {
    let iam = reader.iam();
    all_pages(
        |marker| async move { iam.list_attached_role_policies(role, marker.as_deref()).await },
    )
    .await
}

/// The names of a role's inline policies.
pub(super) async fn inline_policies(
    reader: &dyn CloudReader,
    role: &str,
) -> Result<Vec<String>, CloudError> {
    let iam = reader.iam();
    all_pages(|marker| async move { iam.list_role_policies(role, marker.as_deref()).await }).await
}

/// The instance profiles that hold a role.
pub(crate) async fn profiles_of(
    reader: &dyn CloudReader,
    role: &str,
) -> Result<Vec<InstanceProfile>, CloudError> {
    let iam = reader.iam();
    all_pages(
        |marker| async move { iam.list_instance_profiles_for_role(role, marker.as_deref()).await },
    )
    .await
}

/// Deletes what [`of_role`] and its like list. `None` where the stray is none of these.
pub(crate) async fn delete(
    writer: &dyn CloudWriter,
    stray: &Stray,
) -> Option<Result<(), TaskError>> {
    let (first, second) = stray.name.split_once('/')?;
    let iam = writer.iam();
    Some(match stray.kind {
        kind::ROLE_POLICY_ATTACHMENT => {
            let result = iam.detach_role_policy(first, second).await;
            deleted(result, format!("detach {second} from role {first}"))
        }
        kind::ROLE_POLICY => {
            let result = iam.delete_role_policy(first, second).await;
            deleted(result, format!("delete inline policy {second} of role {first}"))
        }
        kind::INSTANCE_PROFILE_ROLE => {
            let result = iam.remove_role_from_instance_profile(first, second).await;
            deleted(result, format!("take role {second} out of instance profile {first}"))
        }
        _ => return None,
    })
}

/// The error for a stray that the task did not list.
pub(crate) fn unknown(stray: &Stray) -> TaskError {
    invalid(format!("delete {}/{}: no task listed it", stray.kind, stray.name))
}
