//! OpenID Connect providers.

use std::collections::BTreeSet;

use super::{
    Subject,
    check::{Broken, Kept, missing, refused, same, tags},
};
use crate::{
    arn::oidc_provider_arn,
    cloud::{
        CloudError,
        iam::{NewOidcProvider, Tags},
    },
};

super::cases![
    a_provider_is_answered_as_it_was_created,
    a_provider_that_is_not_there_is_no_such_entity,
    a_provider_that_is_not_there_is_deleted_all_the_same,
    a_providers_url_is_taken_once_it_is_used,
    a_providers_url_starts_with_https,
    thumbprints_are_replaced_all_at_once,
    thumbprints_are_up_to_five_of_forty_digits,
    client_ids_come_and_go_and_coming_or_going_twice_is_fine,
    client_ids_are_limited,
    a_provider_with_wrong_tags_is_not_created,
    providers_are_listed_by_arn,
];

const URL: &str = "https://oidc.example.com/clusters/Prod";

impl Subject {
    /// Creates a provider of that URL, for one client.
    pub(super) async fn oidc_provider(&self, url: &str) -> Result<String, CloudError> {
        create(self, url, &set(["sts"]), &set([print(1)])).await
    }
}

async fn create(
    subject: &Subject,
    url: &str,
    client_ids: &BTreeSet<String>,
    thumbprints: &BTreeSet<String>,
) -> Result<String, CloudError> {
    let tags = Tags::new();
    let provider = NewOidcProvider { url, client_ids, thumbprints, tags: &tags };
    subject.writes().create_oidc_provider(provider).await
}

fn set<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    texts.into_iter().map(Into::into).collect()
}

/// A thumbprint.
fn print(number: usize) -> String {
    format!("{number:040x}")
}

/// The ARN that a provider of that URL must have.
async fn arn_of(subject: &Subject, url: &str) -> Result<String, Broken> {
    let caller = subject.reader().sts().get_caller_identity().await?;
    let partition = caller.arn.split(':').nth(1).unwrap_or_default();
    Ok(oidc_provider_arn(partition, &caller.account, url))
}

async fn a_provider_is_answered_as_it_was_created(subject: &Subject) -> Kept {
    let (client_ids, thumbprints) = (set(["sts", "amazonaws.com"]), set([print(10), print(11)]));
    let wanted = tags([("owner", "me")]);
    let provider = NewOidcProvider {
        url: URL,
        client_ids: &client_ids,
        thumbprints: &thumbprints,
        tags: &wanted,
    };
    let arn = subject.writes().create_oidc_provider(provider).await?;
    same("ARN", &arn, &arn_of(subject, URL).await?)?;
    let found = subject.reads().get_oidc_provider(&arn).await?;
    same("URL", &found.url, "oidc.example.com/clusters/Prod")?;
    same("client ids", &found.client_ids, &client_ids)?;
    same("thumbprints", &found.thumbprints, &thumbprints)?;
    same("tags", &found.tags, &wanted)
}

async fn a_provider_that_is_not_there_is_no_such_entity(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reads(), subject.writes());
    let arn = arn_of(subject, URL).await?;
    missing("Get", reads.get_oidc_provider(&arn).await)?;
    let updated = writes.update_oidc_provider_thumbprints(&arn, &set([print(1)])).await;
    missing("UpdateThumbprint", updated)?;
    missing("AddClientID", writes.add_client_id(&arn, "sts").await)?;
    missing("RemoveClientID", writes.remove_client_id(&arn, "sts").await)?;
    missing("Tag", writes.tag_oidc_provider(&arn, &tags([("a", "b")])).await)?;
    missing("Untag", writes.untag_oidc_provider(&arn, &["a".into()]).await)
}

async fn a_provider_that_is_not_there_is_deleted_all_the_same(subject: &Subject) -> Kept {
    let arn = subject.oidc_provider(URL).await?;
    for _ in 0..2 {
        subject.writes().delete_oidc_provider(&arn).await?;
        missing("Get", subject.reads().get_oidc_provider(&arn).await)?;
    }
    Ok(())
}

async fn a_providers_url_is_taken_once_it_is_used(subject: &Subject) -> Kept {
    subject.oidc_provider(URL).await?;
    refused("the same again", subject.oidc_provider(URL).await, &["EntityAlreadyExists"])
}

async fn a_providers_url_starts_with_https(subject: &Subject) -> Kept {
    let longer = format!("https://{}", "x".repeat(248));
    subject.oidc_provider(&longer[..255]).await?;
    for url in ["http://oidc.example.com", "oidc.example.com", "https://", &longer] {
        let created = subject.oidc_provider(url).await;
        refused(url, created, &["ValidationError", "InvalidInput"])?;
    }
    Ok(())
}

async fn thumbprints_are_replaced_all_at_once(subject: &Subject) -> Kept {
    let arn = subject.oidc_provider(URL).await?;
    let prints = set([print(2), print(3)]);
    subject.writes().update_oidc_provider_thumbprints(&arn, &prints).await?;
    same("thumbprints", &subject.reads().get_oidc_provider(&arn).await?.thumbprints, &prints)
}

async fn thumbprints_are_up_to_five_of_forty_digits(subject: &Subject) -> Kept {
    let codes = ["ValidationError", "InvalidInput"];
    let arn = create(subject, URL, &set(["sts"]), &set((0..5).map(print))).await?;
    let (short, long) = ("a".repeat(39), "a".repeat(41));
    for (what, wrong) in
        [("six", set((0..6).map(print))), ("39 digits", set([short])), ("41 digits", set([long]))]
    {
        let created = create(subject, "https://other.example.com", &set(["sts"]), &wrong).await;
        refused(what, created, &codes)?;
        let updated = subject.writes().update_oidc_provider_thumbprints(&arn, &wrong).await;
        refused(what, updated, &codes)?;
    }
    let found = subject.reads().get_oidc_provider(&arn).await?;
    same("as created", &found.thumbprints, &set((0..5).map(print)))
}

async fn client_ids_come_and_go_and_coming_or_going_twice_is_fine(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reads(), subject.writes());
    let arn = subject.oidc_provider(URL).await?;
    for _ in 0..2 {
        writes.add_client_id(&arn, "amazonaws.com").await?;
        same(
            "two",
            &reads.get_oidc_provider(&arn).await?.client_ids,
            &set(["amazonaws.com", "sts"]),
        )?;
    }
    for _ in 0..2 {
        writes.remove_client_id(&arn, "sts").await?;
        same("one", &reads.get_oidc_provider(&arn).await?.client_ids, &set(["amazonaws.com"]))?;
    }
    Ok(())
}

async fn client_ids_are_limited(subject: &Subject) -> Kept {
    let many = |count: usize| set((0..count).map(|number| format!("client-{number}")));
    let created = create(subject, URL, &many(101), &set([print(1)])).await;
    refused("101", created, &["LimitExceeded"])?;
    let longer = set(["x".repeat(256)]);
    refused(
        "256 characters",
        create(subject, URL, &longer, &set([print(1)])).await,
        &["ValidationError"],
    )?;
    let arn = create(subject, URL, &many(100), &set([print(1)])).await?;
    let writes = subject.writes();
    refused("one more", writes.add_client_id(&arn, "more").await, &["LimitExceeded"])?;
    Ok(writes.add_client_id(&arn, "client-7").await?)
}

async fn a_provider_with_wrong_tags_is_not_created(subject: &Subject) -> Kept {
    let (client_ids, thumbprints) = (set(["sts"]), set([print(1)]));
    let wrong = tags([("aws:owner", "me")]);
    let provider = NewOidcProvider {
        url: URL,
        client_ids: &client_ids,
        thumbprints: &thumbprints,
        tags: &wrong,
    };
    let created = subject.writes().create_oidc_provider(provider).await;
    refused("aws:owner", created, &["InvalidInput", "ValidationError"])?;
    missing("Get", subject.reads().get_oidc_provider(&arn_of(subject, URL).await?).await)
}

async fn providers_are_listed_by_arn(subject: &Subject) -> Kept {
    same("none at first", &subject.reads().list_oidc_providers().await?, &[""; 0])?;
    let mut created = BTreeSet::new();
    for number in 0..subject.more_than_a_part {
        created.insert(subject.oidc_provider(&format!("https://{number}.example.com")).await?);
    }
    let listed: BTreeSet<_> = subject.reads().list_oidc_providers().await?.into_iter().collect();
    same("all of them", &listed, &created)
}
