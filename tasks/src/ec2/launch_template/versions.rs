//! Old versions of launch templates.

use cloudup_engine::{FieldChange, Stray, Task as _, TaskError};

use super::LaunchTemplate;
use crate::{
    cloud::{
        CloudReader, CloudWriter, all_pages,
        autoscaling::AutoScalingGroup,
        ec2::{LaunchTemplateVersion, Versions},
    },
    ec2::lookup,
    trouble::{deleted, invalid},
};

/// How many versions are kept, the newest of them.
const KEPT: usize = 10;

/// How many versions one call deletes at most.
const AT_ONCE: usize = 200;

const FIELD: &str = "versions";

/// The versions beyond those that are kept, as one stray. The default is kept in any case, and what
/// a group of the cluster starts instances from.
pub(super) async fn too_old(
    reader: &dyn CloudReader,
    cluster: &str,
    name: &str,
) -> Result<Option<Stray>, TaskError> {
    let which = Versions::AllOf(name.to_owned());
    let versions = all_pages(async |marker: Option<String>| {
        reader.ec2().describe_launch_template_versions(&which, marker.as_deref()).await
    });
    let mut versions = versions.await.map_err(|error| {
        error.while_doing(format!("list the versions of launch template {name}"))
    })?;
    let groups = lookup::groups(reader, cluster).await?;
    let is_used = |version: &LaunchTemplateVersion| {
        groups.iter().filter_map(AutoScalingGroup::template).any(|used| {
            used.id == version.template_id && used.version == version.number.to_string()
        })
    };
    versions.sort_by_key(|version| std::cmp::Reverse(version.number));
    let mut old: Vec<_> = versions
        .into_iter()
        .skip(KEPT)
        .filter(|version| !version.is_default && !is_used(version))
        .map(|version| version.number)
        .collect();
    old.sort_unstable();
    Ok((!old.is_empty()).then(|| Stray {
        kind: LaunchTemplate::KIND,
        name: format!("{name} (old versions)"),
        fields: vec![FieldChange::removed(FIELD, &old)],
        deferred: true,
    }))
}

pub(super) async fn delete(
    writer: &dyn CloudWriter,
    name: &str,
    stray: &Stray,
) -> Result<(), TaskError> {
    let field = stray.fields.iter().find(|field| field.field == FIELD);
    let old = field.and_then(|field| serde_json::from_value(field.from.clone()?).ok());
    let old: Vec<i64> = old.ok_or_else(|| {
        invalid(format!("tell which versions of launch template {name} are to go"))
    })?;
    for some in old.chunks(AT_ONCE) {
        let result = writer.ec2().delete_launch_template_versions(name, some).await;
        deleted(result, format!("delete old versions of launch template {name}"))?;
    }
    Ok(())
}
