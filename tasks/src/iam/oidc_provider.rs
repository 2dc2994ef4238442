//! OpenID Connect providers: whose tokens an account takes for those of service accounts.

use std::collections::BTreeSet;

use cloudup_engine::{Change, Delta, Diff, Found, Reader, Stray, Task, TaskError, Writer, note};

use super::{
    Owner, kind,
    owner::{Ownership, TagChanges, check_tags},
    strays,
};
use crate::{
    arn::oidc_provider_arn,
    aside::{Aside, Seen},
    cloud::{
        Aws, CloudError,
        iam::{NewOidcProvider, OidcProvider, Tags},
    },
    trouble::{conflict, deleted, invalid, is_taken, taken_unseen, write_error},
};

/// The most client ids that a provider may have: IAM quotas.
const MOST_CLIENT_IDS: usize = 100;
/// The longest client id: IAM API reference.
const LONGEST_CLIENT_ID: usize = 255;
/// The most thumbprints that a provider may have: IAM API reference.
const MOST_THUMBPRINTS: usize = 5;
/// The longest URL: IAM API reference.
const LONGEST_URL: usize = 255;

/// The OpenID Connect provider of a cluster's service accounts.
///
/// It is found by its ARN, which follows from the account and the URL: a provider with another URL
/// is another provider. One that exists and is nobody's is taken over, as roles are.
#[derive(Clone, Debug, Diff)]
pub struct IamOidcProvider {
    #[diff(skip)]
    name: String,
    /// Its URL: `https://…`.
    url: String,
    /// Its client ids.
    client_ids: BTreeSet<String>,
    /// The thumbprints of its server's certificates, in lower case.
    thumbprints: BTreeSet<String>,
    /// Its tags, as far as they are ours.
    tags: Tags,
    #[diff(skip)]
    about: Aside<About>,
}

#[derive(Clone, Debug)]
struct About {
    arn: String,
    owner: Owner,
    is_wanted: bool,
    seen: Seen<Option<SeenProvider>>,
}

#[derive(Clone, Debug)]
struct SeenProvider {
    ownership: Ownership,
    tags: Tags,
}

/// What others may know about an OpenID Connect provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcProviderOutput {
    /// Its ARN, which trust policies name.
    pub arn: String,
}

impl IamOidcProvider {
    /// The provider `name` of `owner` in an account of a partition, at `url`, with the tags that
    /// every object of ours has. kOps names it after the cluster.
    ///
    /// It has no client ids and thumbprints yet, and needs some of each: see
    /// [`for_clients`](Self::for_clients) and [`trusting`](Self::trusting).
    pub fn new(
        name: impl Into<String>,
        url: impl Into<String>,
        partition: &str,
        account: &str,
        owner: Owner,
    ) -> Self {
        let (name, url) = (name.into(), url.into());
        let arn = oidc_provider_arn(partition, account, &url);
        Self {
            client_ids: BTreeSet::new(),
            thumbprints: BTreeSet::new(),
            tags: owner.tags(&name),
            name,
            url,
            about: Aside(About { arn, owner, is_wanted: true, seen: Seen::default() }),
        }
    }

    /// A provider of `owner` that is no longer wanted, for
    /// [`unwanted`](cloudup_engine::Adder::unwanted). It is found only if its tags say that it is
    /// the owner's.
    pub fn unwanted(
        name: impl Into<String>,
        url: impl Into<String>,
        partition: &str,
        account: &str,
        owner: Owner,
    ) -> Self {
        let mut provider = Self::new(name, url, partition, account, owner);
        provider.about.0.is_wanted = false;
        provider
    }

    /// Adds client ids: whom tokens are for, which kOps calls audiences.
    #[must_use]
    pub fn for_clients(mut self, client_ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.client_ids.extend(client_ids.into_iter().map(Into::into));
        self
    }

    /// Adds SHA-1 thumbprints of certificates that the provider's server may show: each 40
    /// hexadecimal digits, in whatever case.
    #[must_use]
    pub fn trusting(mut self, thumbprints: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.thumbprints.extend(lower_case(thumbprints));
        self
    }

    /// Adds tags, over those that every object of ours has.
    #[must_use]
    pub fn tagged(mut self, tags: Tags) -> Self {
        self.tags.extend(tags);
        self
    }

    fn arn(&self) -> &str {
        &self.about.0.arn
    }

    fn output(&self) -> OidcProviderOutput {
        OidcProviderOutput { arn: self.about.0.arn.clone() }
    }

    fn found(&self, provider: OidcProvider) -> Option<Found<Self>> {
        let About { owner, is_wanted, seen, .. } = &self.about.0;
        let ownership = owner.of(&provider.tags);
        if !is_wanted && ownership != Ownership::Ours {
            return None;
        }
        let state = Self {
            name: self.name.clone(),
            url: format!("https://{}", provider.url),
            client_ids: provider.client_ids,
            thumbprints: lower_case(provider.thumbprints).collect(),
            tags: owner.comparable(&provider.tags, &self.tags),
            about: self.about.clone(),
        };
        seen.set(Some(SeenProvider { ownership, tags: provider.tags }));
        Some(Found { state, output: self.output() })
    }

    /// Creates the provider with everything in one call, so that it is never without an owner.
    async fn create(&self, writer: &Writer<Self>) -> Result<OidcProviderOutput, TaskError> {
        let Self { name: _, url, client_ids, thumbprints, tags, about: _ } = self;
        let new = NewOidcProvider { url, client_ids, thumbprints, tags };
        match writer.iam().create_oidc_provider(new).await {
            Ok(arn) => Ok(OidcProviderOutput { arn }),
            Err(error) if is_taken(&error) => self.take(writer, error).await,
            Err(error) => Err(error.while_doing(format!("create OIDC provider {url}"))),
        }
    }

    /// The URL is taken: by ourselves, if the answer to an earlier call was lost.
    async fn take(
        &self,
        writer: &Writer<Self>,
        error: CloudError,
    ) -> Result<OidcProviderOutput, TaskError> {
        let doing = format!("create OIDC provider {}", self.url);
        let Some(found) = self.find(writer.reader()).await? else {
            return Err(taken_unseen(&self.url, Ok(Vec::new()), doing, error));
        };
        if self.about.0.seen.get().is_none_or(|seen| seen.ownership != Ownership::Ours) {
            return Err(conflict(format!("{doing}: there is one that is not this cluster's"))
                .because(error));
        }
        self.update(writer, Self::diff(&found.state, self)).await?;
        Ok(found.output)
    }

    async fn update(
        &self,
        writer: &Writer<Self>,
        changes: IamOidcProviderChanges<'_>,
    ) -> Result<(), TaskError> {
        let IamOidcProviderChanges { url: _, client_ids, thumbprints, tags } = changes;
        let (arn, iam) = (self.arn(), writer.iam());
        let failed = |error, what| write_error(error, true, format!("{what} {arn}"));
        // Tags first: what follows is then done to a provider that says whose it is.
        let tags = tags.map(|Delta { from, to }| TagChanges::between(from, to));
        if let Some(TagChanges { set, .. }) = tags.as_ref().filter(|tags| !tags.set.is_empty()) {
            iam.tag_oidc_provider(arn, set).await.map_err(|error| failed(error, "tag"))?;
        }
        if let Some(Delta { to, .. }) = thumbprints {
            let result = iam.update_oidc_provider_thumbprints(arn, to).await;
            result.map_err(|error| failed(error, "set the thumbprints of"))?;
        }
        if let Some(Delta { from, to }) = client_ids {
            self.update_client_ids(writer, from, to).await?;
        }
        if let Some(TagChanges { remove, .. }) = tags.filter(|tags| !tags.remove.is_empty()) {
            iam.untag_oidc_provider(arn, &remove).await.map_err(|error| failed(error, "untag"))?;
        }
        Ok(())
    }

    /// Adds client ids before it removes others, but for those that room must be made for.
    async fn update_client_ids(
        &self,
        writer: &Writer<Self>,
        from: &BTreeSet<String>,
        to: &BTreeSet<String>,
    ) -> Result<(), TaskError> {
        let (arn, iam) = (self.arn(), writer.iam());
        let remove = async |client_id: &String| {
            let result = iam.remove_client_id(arn, client_id).await;
            let doing = || format!("remove client id {client_id} from {arn}");
            result.map_err(|error| write_error(error, true, doing()))
        };
        let (mut count, mut unwanted) = (from.len(), from.difference(to));
        for client_id in to.difference(from) {
            if count >= MOST_CLIENT_IDS
                && let Some(old) = unwanted.next()
            {
                remove(old).await?;
                count -= 1;
            }
            let result = iam.add_client_id(arn, client_id).await;
            let doing = || format!("add client id {client_id} to {arn}");
            result.map_err(|error| write_error(error, true, doing()))?;
            count += 1;
        }
        for old in unwanted {
            remove(old).await?;
        }
        Ok(())
    }

    /// Refuses what IAM refuses, all of it at once.
    fn check(&self) -> Result<(), TaskError> {
        let Self { name: _, url, client_ids, thumbprints, tags, about } = self;
        let mut mistakes: Vec<String> = url_mistake(url).into_iter().collect();
        if client_ids.is_empty() {
            mistakes.push("it has no client ids, so that it would take nobody's tokens".to_owned());
        }
        if client_ids.len() > MOST_CLIENT_IDS {
            let count = client_ids.len();
            mistakes.push(format!("it has {count} client ids, and IAM allows {MOST_CLIENT_IDS}"));
        }
        for client_id in client_ids {
            let length = client_id.chars().count();
            if length == 0 {
                mistakes.push("one of its client ids is empty".to_owned());
            }
            if length > LONGEST_CLIENT_ID {
                mistakes.push(format!(
                    "client id {client_id} has {length} characters, and IAM allows \
                     {LONGEST_CLIENT_ID}"
                ));
            }
        }
        if thumbprints.is_empty() {
            // IAM would look for one by itself, and we would remove it.
            mistakes.push("it has no thumbprints".to_owned());
        }
        if thumbprints.len() > MOST_THUMBPRINTS {
            let count = thumbprints.len();
            mistakes.push(format!("it has {count} thumbprints, and IAM allows {MOST_THUMBPRINTS}"));
        }
        for thumbprint in thumbprints {
            if thumbprint.len() != 40 || !thumbprint.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                mistakes.push(format!("thumbprint `{thumbprint}` is not 40 hexadecimal digits"));
            }
        }
        if !mistakes.is_empty() {
            let message = format!("have an OIDC provider {url}: {}", mistakes.join("; "));
            return Err(invalid(message));
        }
        let found = about.0.seen.get().map(|seen| seen.tags).unwrap_or_default();
        check_tags(tags, &found)
    }
}

fn lower_case(
    thumbprints: impl IntoIterator<Item = impl Into<String>>,
) -> impl Iterator<Item = String> {
    thumbprints.into_iter().map(|thumbprint| thumbprint.into().to_lowercase())
}

/// Why a URL is none for a provider. From the IAM API reference, and the OpenID Connect Discovery
/// specification on issuers.
fn url_mistake(url: &str) -> Option<String> {
    let Some(issuer) = url.strip_prefix("https://") else {
        return Some("its URL does not start with `https://`".to_owned());
    };
    if issuer.is_empty() || issuer.starts_with('/') {
        return Some("its URL names no host".to_owned());
    }
    if let Some(bad) = issuer.chars().find(|c| !c.is_ascii_graphic() || "?#@".contains(*c)) {
        return Some(format!(
            "its URL contains {bad:?}; it has a host and perhaps a path, no more"
        ));
    }
    (url.len() > LONGEST_URL)
        .then(|| format!("its URL has {} characters, and IAM allows {LONGEST_URL}", url.len()))
}

impl Task for IamOidcProvider {
    const KIND: &'static str = kind::OIDC_PROVIDER;
    type Provider = Aws;
    type Output = OidcProviderOutput;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        self.about.0.seen.set(None);
        if url_mistake(&self.url).is_some() {
            // IAM refuses to look there. Nothing can be there.
            return Ok(None);
        }
        let provider = CloudError::absent(reader.iam().get_oidc_provider(self.arn()).await)
            .map_err(|error| error.while_doing(format!("look for {}", self.arn())))?;
        Ok(provider.and_then(|provider| self.found(provider)))
    }

    fn check_changes(&self, change: &Change<'_, Self>) -> Result<(), TaskError> {
        if let (Change::Update { changes, .. }, Some(seen)) = (change, self.about.0.seen.get()) {
            let arn = self.arn();
            if let Some(Delta { from, .. }) = &changes.url {
                let message = format!("have {arn} at {}: it is at {from}", self.url);
                return Err(conflict(message).hint("the URL of a provider cannot be changed"));
            }
            self.about.0.owner.check(&seen.ownership, arn)?;
            if seen.ownership == Ownership::Nobody {
                note(format!("{arn} exists and its tags name no owner: it is taken over"));
            }
        }
        self.check()
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<OidcProviderOutput, TaskError> {
        match change {
            Change::Create => self.create(writer).await,
            Change::Update { found, changes, .. } => {
                self.update(writer, changes).await?;
                Ok(found.output.clone())
            }
        }
    }

    async fn delete(&self, writer: &Writer<Self>, stray: &Stray) -> Result<(), TaskError> {
        if stray.kind != Self::KIND || stray.name != self.name {
            return Err(strays::unknown(stray));
        }
        let result = writer.iam().delete_oidc_provider(self.arn()).await;
        deleted(result, format!("delete {}", self.arn()))
    }
}
