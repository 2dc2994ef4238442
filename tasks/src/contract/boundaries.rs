//! Permissions boundaries.

use super::{
    Subject,
    check::{Kept, missing, refused, same, trust},
};
use crate::cloud::iam::{NewRole, Tags};

super::cases![
    a_boundary_is_set_changed_and_removed,
    a_boundary_is_a_policy_that_is_there,
    a_boundary_is_the_arn_of_a_policy,
    a_boundary_that_is_not_set_is_not_removed,
];

async fn bound(subject: &Subject) -> Result<Option<String>, super::check::Broken> {
    Ok(subject.reads().get_role("nodes").await?.permissions_boundary)
}

async fn a_boundary_is_set_changed_and_removed(subject: &Subject) -> Kept {
    let writes = subject.writes();
    subject.role("nodes").await?;
    same("none at first", &bound(subject).await?, &None::<String>)?;
    for arn in &subject.policies[..2] {
        writes.put_role_permissions_boundary("nodes", arn).await?;
        same("as put", &bound(subject).await?.as_ref(), &Some(arn))?;
    }
    writes.put_role_permissions_boundary("nodes", &subject.policies[1]).await?;
    writes.delete_role_permissions_boundary("nodes").await?;
    same("none again", &bound(subject).await?, &None::<String>)
}

async fn a_boundary_is_a_policy_that_is_there(subject: &Subject) -> Kept {
    let none = format!("{}-none", subject.policies[0]);
    subject.role("nodes").await?;
    let put = subject.writes().put_role_permissions_boundary("nodes", &none).await;
    missing("PutRolePermissionsBoundary", put)?;
    let role = NewRole {
        name: "other",
        assume_role_policy_document: &trust(),
        permissions_boundary: Some(&none),
        tags: &Tags::new(),
    };
    missing("CreateRole", subject.writes().create_role(role).await)?;
    missing("GetRole", subject.reads().get_role("other").await)
}

async fn a_boundary_is_the_arn_of_a_policy(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    for arn in ["aws:arn:iam:123456789000:policy:test-boundary", "arn:aws:iam::123456789012:role/x"]
    {
        let put = subject.writes().put_role_permissions_boundary("nodes", arn).await;
        refused(arn, put, &["InvalidInput", "ValidationError", "InvalidParameterValue"])?;
    }
    Ok(())
}

async fn a_boundary_that_is_not_set_is_not_removed(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    missing("none", subject.writes().delete_role_permissions_boundary("nodes").await)
}
