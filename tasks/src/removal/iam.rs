//! Roles, instance profiles, managed policies and OpenID Connect providers.

use cloudup_engine::{ErrorKind, Stray, Task as _, TaskError};

use super::{
    compute::{foreign_instance, instances_using},
    refusal::gone,
    thing::{Removable, Thing, Whose},
};
use crate::{
    arn::oidc_issuer,
    cloud::{
        CloudError, CloudReader, CloudWriter, all_pages,
        ec2::Using,
        iam::{InstanceProfile, ManagedPolicy, Role},
    },
    iam::{IamManagedPolicy, kind, owner::Ownership, strays},
    trouble::{conflict, deleted},
};

/// What a role of that name is called in [`Thing::needs`].
fn role_id(name: &str) -> String {
    format!("role/{name}")
}

/// What an instance profile of that name is called in [`Thing::needs`].
pub(super) fn profile_id(name: &str) -> String {
    format!("instance-profile/{name}")
}

/// Roles, with their policies. They leave instance profiles when these go.
#[derive(Clone, Copy, Debug)]
pub struct Roles;

impl Roles {
    fn thing(role: Role) -> Thing {
        Thing {
            id: role_id(&role.name),
            name: role.name,
            tags: None,
            needs: Vec::new(),
            told: vec![("arn", role.arn)],
        }
    }
}

impl Removable for Roles {
    const KIND: &'static str = kind::ROLE;
    const WORD: &'static str = "role";

    async fn list(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Thing>, CloudError> {
        let roles = all_pages(async |marker: Option<String>| {
            reader.iam().list_roles(marker.as_deref()).await
        });
        let roles = roles.await?.into_iter().filter(|role| whose.may_be_named(&role.name));
        Ok(roles.map(Self::thing).collect())
    }

    async fn look(
        reader: &dyn CloudReader,
        _: &Whose,
        thing: &Thing,
    ) -> Result<Option<Thing>, CloudError> {
        let found = CloudError::absent(reader.iam().get_role(&thing.name).await)?;
        Ok(found.map(|role| {
            let tags = Some(role.tags.clone());
            Thing { tags, ..Self::thing(role) }
        }))
    }

    async fn user(
        reader: &dyn CloudReader,
        whose: &Whose,
        thing: &Thing,
    ) -> Result<Option<String>, TaskError> {
        let failed = |error: CloudError| {
            error.while_doing(format!("look which instance profiles hold role {thing}"))
        };
        for listed in strays::profiles_of(reader, &thing.name).await.map_err(failed)? {
            let found = reader.iam().get_instance_profile(&listed.name).await;
            let found = CloudError::absent(found).map_err(failed)?;
            if found.is_some_and(|profile| whose.owner.of(&profile.tags) != Ownership::Ours) {
                let name = listed.name;
                return Ok(Some(format!(
                    "instance profile {name}, which is not the cluster's, holds it"
                )));
            }
        }
        Ok(None)
    }

    async fn parts(reader: &dyn CloudReader, thing: &Thing) -> Result<Vec<Stray>, TaskError> {
        strays::policies_of(reader, &thing.name).await
    }

    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        _: &Whose,
        thing: &Thing,
        doing: String,
    ) -> Result<(), TaskError> {
        gone(writer.iam().delete_role(&thing.name).await, doing)
    }

    async fn delete_part(
        writer: &(dyn CloudWriter + 'static),
        part: &Stray,
    ) -> Result<(), TaskError> {
        let result = strays::delete(writer, part).await;
        result.unwrap_or_else(|| Err(strays::unknown(part)))
    }
}

/// Instance profiles. They go once no instance uses them any more, and before the roles in them.
#[derive(Clone, Copy, Debug)]
pub struct InstanceProfiles;

impl InstanceProfiles {
    fn thing(profile: InstanceProfile) -> Thing {
        Thing {
            id: profile_id(&profile.name),
            name: profile.name,
            tags: None,
            needs: profile.roles.iter().map(|role| role_id(role)).collect(),
            told: vec![("arn", profile.arn)],
        }
    }

    /// Instances that are on their way out still have its role.
    async fn check_unused(
        reader: &dyn CloudReader,
        name: &str,
        doing: &str,
    ) -> Result<(), TaskError> {
        let found = CloudError::absent(reader.iam().get_instance_profile(name).await)
            .map_err(|error| error.while_doing(doing))?;
        let Some(profile) = found else { return Ok(()) };
        let using = instances_using(reader, &Using::Profile(profile.arn)).await?;
        match using.iter().find(|instance| !instance.is_ending()) {
            Some(instance) => {
                Err(conflict(format!("{doing}: instance {} runs with it", instance.id))
                    .hint("terminate it, or have its lifecycle let this run do so"))
            }
            None if using.is_empty() => Ok(()),
            None => Err(TaskError::new(
                ErrorKind::NotReady,
                format!("{doing}: instance {} is on its way out with it", using[0].id),
            )),
        }
    }
}

impl Removable for InstanceProfiles {
    const KIND: &'static str = kind::INSTANCE_PROFILE;
    const WORD: &'static str = "instance profile";

    async fn list(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Thing>, CloudError> {
        let profiles = all_pages(async |marker: Option<String>| {
            reader.iam().list_instance_profiles(marker.as_deref()).await
        });
        let profiles = profiles.await?.into_iter().filter(|it| whose.may_be_named(&it.name));
        Ok(profiles.map(Self::thing).collect())
    }

    async fn look(
        reader: &dyn CloudReader,
        _: &Whose,
        thing: &Thing,
    ) -> Result<Option<Thing>, CloudError> {
        let found = CloudError::absent(reader.iam().get_instance_profile(&thing.name).await)?;
        Ok(found.map(|profile| {
            let tags = Some(profile.tags.clone());
            Thing { tags, ..Self::thing(profile) }
        }))
    }

    async fn user(
        reader: &dyn CloudReader,
        whose: &Whose,
        thing: &Thing,
    ) -> Result<Option<String>, TaskError> {
        let arn = thing.told.iter().find(|(field, _)| *field == "arn");
        let arn = arn.map(|(_, arn)| arn.clone()).unwrap_or_default();
        foreign_instance(reader, whose, &Using::Profile(arn)).await
    }

    /// The roles in it, whosever they are.
    async fn parts(_: &dyn CloudReader, thing: &Thing) -> Result<Vec<Stray>, TaskError> {
        let roles = thing.needs.iter().filter_map(|id| id.strip_prefix("role/"));
        Ok(roles.map(|role| strays::membership(&thing.name, role)).collect())
    }

    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        _: &Whose,
        thing: &Thing,
        doing: String,
    ) -> Result<(), TaskError> {
        Self::check_unused(writer.reader(), &thing.name, &doing).await?;
        gone(writer.iam().delete_instance_profile(&thing.name).await, doing)
    }

    async fn delete_part(
        writer: &(dyn CloudWriter + 'static),
        part: &Stray,
    ) -> Result<(), TaskError> {
        if let Some((profile, role)) = part.name.split_once('/') {
            let doing = format!("take role {role} out of instance profile {profile}");
            Self::check_unused(writer.reader(), profile, &doing).await?;
        }
        let result = strays::delete(writer, part).await;
        result.unwrap_or_else(|| Err(strays::unknown(part)))
    }
}

/// Managed policies of the cluster's own, with all their versions.
#[derive(Clone, Copy, Debug)]
pub struct ManagedPolicies;

impl ManagedPolicies {
    fn thing(policy: ManagedPolicy) -> Thing {
        Thing {
            told: vec![("arn", policy.arn.clone())],
            id: policy.arn,
            name: policy.name,
            tags: None,
            needs: Vec::new(),
        }
    }
}

impl Removable for ManagedPolicies {
    const KIND: &'static str = kind::MANAGED_POLICY;
    const FOLLOWS: Option<&'static str> = IamManagedPolicy::FOLLOWS;
    const WORD: &'static str = "managed policy";

    async fn list(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Thing>, CloudError> {
        let policies = all_pages(async |marker: Option<String>| {
            reader.iam().list_policies(&whose.policy_path, marker.as_deref()).await
        });
        Ok(policies.await?.into_iter().map(Self::thing).collect())
    }

    async fn look(
        reader: &dyn CloudReader,
        _: &Whose,
        thing: &Thing,
    ) -> Result<Option<Thing>, CloudError> {
        let found = CloudError::absent(reader.iam().get_policy(&thing.id).await)?;
        Ok(found.map(|policy| {
            let tags = Some(policy.tags.clone());
            Thing { tags, ..Self::thing(policy) }
        }))
    }

    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        _: &Whose,
        thing: &Thing,
        _: String,
    ) -> Result<(), TaskError> {
        IamManagedPolicy::delete_with_versions(writer, &thing.id).await
    }
}

/// OpenID Connect providers.
#[derive(Clone, Copy, Debug)]
pub struct OidcProviders;

impl Removable for OidcProviders {
    const KIND: &'static str = kind::OIDC_PROVIDER;
    const WORD: &'static str = "OpenID Connect provider";

    async fn list(reader: &dyn CloudReader, _: &Whose) -> Result<Vec<Thing>, CloudError> {
        let thing = |arn: String| Thing {
            name: oidc_issuer(&arn).to_owned(),
            told: vec![("arn", arn.clone())],
            id: arn,
            tags: None,
            needs: Vec::new(),
        };
        Ok(reader.iam().list_oidc_providers().await?.into_iter().map(thing).collect())
    }

    async fn look(
        reader: &dyn CloudReader,
        _: &Whose,
        thing: &Thing,
    ) -> Result<Option<Thing>, CloudError> {
        let found = CloudError::absent(reader.iam().get_oidc_provider(&thing.id).await)?;
        Ok(found.map(|provider| Thing { tags: Some(provider.tags), ..thing.clone() }))
    }

    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        _: &Whose,
        thing: &Thing,
        doing: String,
    ) -> Result<(), TaskError> {
        deleted(writer.iam().delete_oidc_provider(&thing.id).await, doing)
    }
}
