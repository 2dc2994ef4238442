//! Tags of roles, of instance profiles and of OpenID Connect providers.

use super::{
    Subject,
    check::{Broken, Kept, refused, same, tags},
};
use crate::cloud::{CloudError, iam::Tags};

super::cases![
    tags_of_a_role_are_added_overwritten_and_removed,
    tags_of_a_profile_are_added_overwritten_and_removed,
    tags_of_an_oidc_provider_are_added_overwritten_and_removed,
    a_tags_key_is_the_same_whatever_its_case,
    tags_keep_to_the_grammar,
    tags_that_start_with_aws_are_refused,
    tags_are_limited_in_one_call,
    tags_are_limited_in_all,
    a_role_with_wrong_tags_is_not_created,
];

/// What has tags.
#[derive(Clone, Copy)]
enum Tagged<'a> {
    Role,
    Profile,
    /// By its ARN.
    OidcProvider(&'a str),
}

impl Tagged<'_> {
    async fn tag(self, subject: &Subject, tags: &Tags) -> Result<(), CloudError> {
        match self {
            Self::Role => subject.writes().tag_role("nodes", tags).await,
            Self::Profile => subject.writes().tag_instance_profile("nodes", tags).await,
            Self::OidcProvider(arn) => subject.writes().tag_oidc_provider(arn, tags).await,
        }
    }

    async fn untag(self, subject: &Subject, keys: &[&str]) -> Result<(), CloudError> {
        let keys: Vec<_> = keys.iter().map(|key| (*key).to_owned()).collect();
        match self {
            Self::Role => subject.writes().untag_role("nodes", &keys).await,
            Self::Profile => subject.writes().untag_instance_profile("nodes", &keys).await,
            Self::OidcProvider(arn) => subject.writes().untag_oidc_provider(arn, &keys).await,
        }
    }

    async fn tags(self, subject: &Subject) -> Result<Tags, Broken> {
        Ok(match self {
            Self::Role => subject.reads().get_role("nodes").await?.tags,
            Self::Profile => subject.reads().get_instance_profile("nodes").await?.tags,
            Self::OidcProvider(arn) => subject.reads().get_oidc_provider(arn).await?.tags,
        })
    }

    async fn come_and_go(self, subject: &Subject) -> Kept {
        self.tag(subject, &tags([("a", "1"), ("b", "2"), ("c", "3")])).await?;
        self.tag(subject, &tags([("b", "zwei"), ("d", "")])).await?;
        let expected = tags([("a", "1"), ("b", "zwei"), ("c", "3"), ("d", "")]);
        same("after two calls", &self.tags(subject).await?, &expected)?;
        self.untag(subject, &["a", "d", "never-there"]).await?;
        same("untagged", &self.tags(subject).await?, &tags([("b", "zwei"), ("c", "3")]))
    }
}

async fn tags_of_a_role_are_added_overwritten_and_removed(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    Tagged::Role.come_and_go(subject).await
}

async fn tags_of_a_profile_are_added_overwritten_and_removed(subject: &Subject) -> Kept {
    subject.profile("nodes").await?;
    Tagged::Profile.come_and_go(subject).await
}

async fn tags_of_an_oidc_provider_are_added_overwritten_and_removed(subject: &Subject) -> Kept {
    let arn = subject.oidc_provider("https://oidc.example.com").await?;
    Tagged::OidcProvider(&arn).come_and_go(subject).await
}

async fn a_tags_key_is_the_same_whatever_its_case(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    Tagged::Role.tag(subject, &tags([("Owner", "me")])).await?;
    Tagged::Role.tag(subject, &tags([("owner", "you")])).await?;
    let values: Vec<_> = Tagged::Role.tags(subject).await?.into_values().collect();
    same("one tag", &values, &["you"])
}

async fn tags_keep_to_the_grammar(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    let (key, value) = ("k".repeat(128), "v".repeat(256));
    let fine = tags([(key.as_str(), value.as_str()), ("k8s.io/role/node", "a b_.:/=+-@ä")]);
    Tagged::Role.tag(subject, &fine).await?;
    same("as tagged", &Tagged::Role.tags(subject).await?, &fine)?;
    let (key, value) = ("k".repeat(129), "v".repeat(257));
    for wrong in [[(key.as_str(), "")], [("k", value.as_str())], [("a#", "")], [("a", "<b>")]] {
        let tagged = Tagged::Role.tag(subject, &tags(wrong)).await;
        refused(&format!("{wrong:?}"), tagged, &["ValidationError"])?;
    }
    Ok(())
}

async fn tags_that_start_with_aws_are_refused(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    let tagged = Tagged::Role.tag(subject, &tags([("aws:owner", "me")])).await;
    refused("aws:owner", tagged, &["InvalidInput", "ValidationError"])
}

fn numbered(count: usize) -> Tags {
    (0..count).map(|number| (format!("key-{number}"), String::new())).collect()
}

async fn tags_are_limited_in_one_call(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    let tagged = Tagged::Role.tag(subject, &numbered(51)).await;
    refused("51 tags", tagged, &["ValidationError", "LimitExceeded"])?;
    Ok(Tagged::Role.tag(subject, &numbered(50)).await?)
}

async fn tags_are_limited_in_all(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    Tagged::Role.tag(subject, &numbered(50)).await?;
    Tagged::Role.tag(subject, &tags([("key-0", "overwritten")])).await?;
    let tagged = Tagged::Role.tag(subject, &tags([("one", "more")])).await;
    refused("one more", tagged, &["LimitExceeded"])
}

async fn a_role_with_wrong_tags_is_not_created(subject: &Subject) -> Kept {
    let role = crate::cloud::iam::NewRole {
        name: "nodes",
        assume_role_policy_document: &super::check::trust(),
        permissions_boundary: None,
        tags: &numbered(51),
    };
    let created = subject.writes().create_role(role).await;
    refused("CreateRole", created, &["ValidationError", "LimitExceeded"])?;
    super::check::missing("GetRole", subject.reads().get_role("nodes").await)
}
