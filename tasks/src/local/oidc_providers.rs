//! OpenID Connect providers: whose tokens roles may be assumed with.

use std::collections::BTreeSet;

use super::{
    error::Refusal,
    grammar,
    roles::{overwrite, remove},
    state::{OidcProvider, State},
};
use crate::{
    arn::{oidc_issuer, oidc_provider_arn},
    cloud::iam::{self, Tags},
};

/// How many an account may have.
const MOST: usize = 100;

impl State {
    fn oidc_arn(&self, url: &str) -> String {
        oidc_provider_arn(&self.partition, &self.account_id, url)
    }

    /// The URL of the provider with that ARN, which is there.
    fn oidc_url(&self, arn: &str) -> Result<String, Refusal> {
        grammar::oidc_provider_arn(arn)?;
        let url = format!("https://{}", oidc_issuer(arn));
        if self.oidc_arn(&url) != arn || self.oidc_providers.get(&url).is_none() {
            return Err(no_provider(arn));
        }
        Ok(url)
    }

    fn oidc_mut(&mut self, arn: &str) -> Result<&mut OidcProvider, Refusal> {
        let url = self.oidc_url(arn)?;
        self.oidc_providers.get_mut(&url).ok_or_else(|| no_provider(arn))
    }

    pub(super) fn list_oidc_providers(&self) -> Vec<String> {
        self.oidc_providers.iter().map(|provider| self.oidc_arn(&provider.url)).collect()
    }

    pub(super) fn get_oidc_provider(&self, arn: &str) -> Result<iam::OidcProvider, Refusal> {
        let url = self.oidc_url(arn)?;
        self.oidc_providers.get(&url).map(wire).ok_or_else(|| no_provider(arn))
    }

    /// Creates one. AWS fetches a thumbprint where none is given; here there is then none.
    pub(super) fn create_oidc_provider(
        &mut self,
        new: &iam::NewOidcProvider<'_>,
    ) -> Result<String, Refusal> {
        grammar::oidc_url(new.url)?;
        grammar::client_ids(new.client_ids)?;
        grammar::thumbprints(new.thumbprints)?;
        grammar::tags(new.tags, &Tags::new(), &self.quotas)?;
        if self.oidc_providers.get(new.url).is_some() {
            return Err(Refusal::new(
                "EntityAlreadyExists",
                format!("Provider with url {} already exists.", new.url),
            ));
        }
        if self.oidc_providers.len() >= MOST {
            return Err(Refusal::limit(format!(
                "Cannot exceed quota for OpenIdConnectProvidersPerAccount: {MOST}"
            )));
        }
        self.oidc_providers.insert(OidcProvider {
            url: new.url.to_owned(),
            client_ids: new.client_ids.clone(),
            thumbprints: new.thumbprints.clone(),
            tags: new.tags.clone(),
        });
        Ok(self.oidc_arn(new.url))
    }

    pub(super) fn update_thumbprints(
        &mut self,
        arn: &str,
        thumbprints: &BTreeSet<String>,
    ) -> Result<(), Refusal> {
        let provider = self.oidc_mut(arn)?;
        grammar::thumbprints(thumbprints)?;
        provider.thumbprints.clone_from(thumbprints);
        Ok(())
    }

    pub(super) fn add_client_id(&mut self, arn: &str, client_id: &str) -> Result<(), Refusal> {
        let provider = self.oidc_mut(arn)?;
        let mut client_ids = provider.client_ids.clone();
        client_ids.insert(client_id.to_owned());
        grammar::client_ids(&client_ids)?;
        provider.client_ids = client_ids;
        Ok(())
    }

    pub(super) fn remove_client_id(&mut self, arn: &str, client_id: &str) -> Result<(), Refusal> {
        self.oidc_mut(arn)?.client_ids.remove(client_id);
        Ok(())
    }

    pub(super) fn tag_oidc_provider(&mut self, arn: &str, tags: &Tags) -> Result<(), Refusal> {
        let limits = self.quotas.clone();
        let provider = self.oidc_mut(arn)?;
        grammar::tags(tags, &provider.tags, &limits)?;
        overwrite(&mut provider.tags, tags);
        Ok(())
    }

    pub(super) fn untag_oidc_provider(
        &mut self,
        arn: &str,
        keys: &[String],
    ) -> Result<(), Refusal> {
        remove(&mut self.oidc_mut(arn)?.tags, keys);
        Ok(())
    }

    pub(super) fn delete_oidc_provider(&mut self, arn: &str) -> Result<(), Refusal> {
        grammar::oidc_provider_arn(arn)?;
        if let Ok(url) = self.oidc_url(arn) {
            self.oidc_providers.remove(&url);
        }
        Ok(())
    }
}

fn no_provider(arn: &str) -> Refusal {
    Refusal::no_such_entity(format!("OpenIDConnect Provider not found for arn {arn}"))
}

fn wire(provider: &OidcProvider) -> iam::OidcProvider {
    iam::OidcProvider {
        url: oidc_issuer(&provider.url).to_owned(),
        client_ids: provider.client_ids.clone(),
        thumbprints: provider.thumbprints.clone(),
        tags: provider.tags.clone(),
    }
}
