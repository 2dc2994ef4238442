//! Reading a state or a seed: all mistakes at once, then what it leaves out.

use std::{collections::BTreeMap, sync::LazyLock};

use schemars::Schema;
use serde_json::Value;

use super::{
    document,
    error::{Problem, Refusal, StateError},
    grammar, managed, schema,
    state::{DocumentText, InstanceProfile, OidcProvider, Role, SCHEMA_VERSION, State},
};
use crate::arn::{IamKind, iam_arn};

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| schemars::schema_for!(State));

impl State {
    /// Reads a seed or an account's file.
    ///
    /// # Errors
    ///
    /// [`StateError`], with every mistake there is: what is not JSON, what a later version
    /// wrote, unknown keys, wrong types, and whatever AWS would not have let come about.
    pub fn parse(text: &str) -> Result<Self, StateError> {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default().to_owned();
            StateError::Syntax { line: error.line(), column: error.column(), message }
        })?;
        Self::from_value(&value)
    }

    /// Reads a seed that is JSON already.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn from_value(value: &Value) -> Result<Self, StateError> {
        if let Some(found) = value.get("schemaVersion").and_then(Value::as_u64)
            && found > u64::from(SCHEMA_VERSION)
        {
            return Err(StateError::Newer { found, known: SCHEMA_VERSION });
        }
        let mut problems = schema::problems(&SCHEMA, value);
        if problems.is_empty() {
            problems = duplicates(value);
        }
        if !problems.is_empty() {
            return Err(StateError::Problems(problems));
        }
        let mut state: Self = serde_json::from_value(value.clone()).map_err(|error| {
            let problem = Problem { path: String::new(), message: error.to_string() };
            StateError::Problems(vec![problem])
        })?;
        state.complete();
        let problems = state.problems();
        if problems.is_empty() { Ok(state) } else { Err(StateError::Problems(problems)) }
    }

    /// Fills in ids, ARNs, and the roles that only a profile names.
    fn complete(&mut self) {
        let named: Vec<_> = self.instance_profiles.iter().filter_map(|p| p.role.clone()).collect();
        for role in named {
            if self.roles.get(&role.name).is_none() {
                self.roles.insert(Role::named(&role.name));
            }
        }
        let mut roles = std::mem::take(&mut self.roles);
        for role in roles.iter_mut() {
            if role.id.is_empty() {
                role.id = self.next_iam_id("AROA");
            }
            if role.arn.is_empty() {
                role.arn = self.iam_arn("role", &role.path, &role.name);
            }
        }
        self.roles = roles;
        let mut profiles = std::mem::take(&mut self.instance_profiles);
        for profile in profiles.iter_mut() {
            if profile.id.is_empty() {
                profile.id = self.next_iam_id("AIPA");
            }
            if profile.arn.is_empty() {
                profile.arn = self.iam_arn("instance-profile", &profile.path, &profile.name);
            }
            // As the role itself spells it.
            if let Some(named) = &mut profile.role
                && let Some(role) = self.roles.get(&named.name)
            {
                named.name.clone_from(&role.name);
            }
        }
        self.instance_profiles = profiles;
        let mut templates = std::mem::take(&mut self.launch_templates);
        for template in templates.iter_mut().filter(|template| template.id.is_empty()) {
            template.id = self.next_ec2_id("lt");
        }
        self.launch_templates = templates;
        let mut pairs = std::mem::take(&mut self.key_pairs);
        for pair in pairs.iter_mut().filter(|pair| pair.id.is_empty()) {
            pair.id = self.next_ec2_id("key");
        }
        self.key_pairs = pairs;
        self.complete_network();
        for policy in &mut self.managed_policies {
            if policy.versions.is_empty() {
                let document = policy.document.take().unwrap_or_else(managed::default_document);
                policy.versions.insert(policy.default_version_id.clone(), document);
            }
        }
    }

    /// Whatever AWS would not have let come about.
    fn problems(&self) -> Vec<Problem> {
        let mut found = Found::default();
        if !grammar::is_account_id(&self.account_id) {
            found.tell("accountId", format!("must be twelve digits, not `{}`", self.account_id));
        }
        for (key, value) in [("partition", &self.partition), ("region", &self.region)] {
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if value.is_empty() || !value.chars().all(fits) {
                found.tell(key, format!("must be lower-case letters, digits and `-`: `{value}`"));
            }
        }
        if self.page_size == 0 {
            found.tell("pageSize", "must be at least 1".into());
        }
        for role in self.roles.iter() {
            self.role_problems(role, &mut found);
        }
        for profile in self.instance_profiles.iter() {
            self.profile_problems(profile, &mut found);
        }
        for provider in self.oidc_providers.iter() {
            self.oidc_problems(provider, &mut found);
        }
        let mut arns = BTreeMap::new();
        for (index, policy) in self.managed_policies.iter().enumerate() {
            let at = format!("managedPolicies[{index}]");
            found.refused(&format!("{at}.arn"), grammar::policy_arn(&policy.arn).map(drop));
            if let Some(first) = arns.insert(&policy.arn, index) {
                found.tell(&at, format!("the same ARN as managedPolicies[{first}]"));
            }
            if policy.document.is_some() {
                found.tell(&at, "has both `document` and `versions`; keep one of them".into());
            }
            if !policy.versions.contains_key(&policy.default_version_id) {
                let version = &policy.default_version_id;
                found.tell(&at, format!("there is no version `{version}` among `versions`"));
            }
            let tags = grammar::tags(&policy.tags, &BTreeMap::new(), &self.quotas);
            found.refused(&format!("{at}.tags"), tags);
            for (version, DocumentText(text)) in &policy.versions {
                found.refused(&format!("{at}.versions.{version}"), document::identity(text));
            }
        }
        for template in self.launch_templates.iter() {
            let default = usize::try_from(template.default_version).ok();
            let place = default.and_then(|number| number.checked_sub(1));
            if place.and_then(|place| template.versions.get(place)?.as_ref()).is_none() {
                let at = format!("launchTemplates.{}.defaultVersion", template.name);
                found.tell(&at, format!("there is no version {}", template.default_version));
            }
        }
        self.network_problems(&mut found);
        for (index, fault) in self.faults.iter().enumerate() {
            if !(0.0..=1.0).contains(&fault.probability) {
                found.tell(&format!("faults[{index}].probability"), "must be 0 to 1".into());
            }
        }
        found.0
    }

    fn role_problems(&self, role: &Role, found: &mut Found) {
        let at = format!("roles.{}", role.name);
        found.refused(&format!("{at}.name"), grammar::role_name(&role.name));
        found.refused(&format!("{at}.path"), grammar::path(&role.path));
        let DocumentText(trust) = &role.assume_role_policy_document;
        found
            .refused(&format!("{at}.assumeRolePolicyDocument"), document::trust_found(self, trust));
        // AWS tags some things by itself; a seed may have what nobody may write.
        let ours = role.tags.iter().filter(|(key, _)| !key.starts_with("aws:"));
        let ours = ours.map(|(key, value)| (key.clone(), value.clone())).collect();
        let tags = grammar::tags(&ours, &BTreeMap::new(), &self.quotas);
        found.refused(&format!("{at}.tags"), tags);
        for (name, DocumentText(text)) in &role.inline_policies {
            let at = format!("{at}.inlinePolicies.{name}");
            found.refused(&at, grammar::policy_name(name));
            found.refused(&at, document::identity(text));
        }
        let total: usize =
            role.inline_policies.values().map(|DocumentText(text)| document::size(text)).sum();
        if total > self.quotas.role_policy_size {
            let quota = self.quotas.role_policy_size;
            let at = format!("{at}.inlinePolicies");
            found.tell(&at, format!("{total} characters in all; the quota is {quota}"));
        }
        let quota = self.quotas.attached_policies_per_role;
        if role.attached_policies.len() > quota {
            found.tell(&format!("{at}.attachedPolicies"), format!("more than the quota, {quota}"));
        }
        let bounded = role.permissions_boundary.iter().map(|arn| ("permissionsBoundary", arn));
        let attached = role.attached_policies.iter().map(|arn| ("attachedPolicies", arn));
        for (key, arn) in bounded.chain(attached) {
            let at = format!("{at}.{key}");
            if let Err(refusal) = grammar::policy_arn(arn) {
                let hint = iam_arn(arn, IamKind::Policy).err().and_then(|error| error.hint());
                let hint = hint.map(|hint| format!(" {hint}")).unwrap_or_default();
                found.tell(&at, format!("{}{hint}", refusal.message));
            } else if managed::find(self, arn).is_none() {
                found.tell(
                    &at,
                    format!(
                        "there is no policy {arn}; add it to managedPolicies, as in \
                         {{\"arn\": \"{arn}\"}}"
                    ),
                );
            }
        }
    }

    fn profile_problems(&self, profile: &InstanceProfile, found: &mut Found) {
        let at = format!("instanceProfiles.{}", profile.name);
        found.refused(&format!("{at}.name"), grammar::instance_profile_name(&profile.name));
        found.refused(&format!("{at}.path"), grammar::path(&profile.path));
        let tags = grammar::tags(&profile.tags, &BTreeMap::new(), &self.quotas);
        found.refused(&format!("{at}.tags"), tags);
    }

    fn oidc_problems(&self, provider: &OidcProvider, found: &mut Found) {
        let at = format!("oidcProviders.{}", provider.url);
        found.refused(&format!("{at}.url"), grammar::oidc_url(&provider.url));
        found.refused(&format!("{at}.clientIds"), grammar::client_ids(&provider.client_ids));
        found.refused(&format!("{at}.thumbprints"), grammar::thumbprints(&provider.thumbprints));
        let tags = grammar::tags(&provider.tags, &BTreeMap::new(), &self.quotas);
        found.refused(&format!("{at}.tags"), tags);
    }
}

/// The mistakes that were found so far.
#[derive(Default)]
pub(super) struct Found(Vec<Problem>);

impl Found {
    pub(super) fn tell(&mut self, path: &str, message: String) {
        self.0.push(Problem { path: path.to_owned(), message });
    }

    pub(super) fn refused(&mut self, path: &str, result: Result<(), Refusal>) {
        if let Err(refusal) = result {
            self.tell(path, refusal.message);
        }
    }
}

/// Names given twice, which the deserialised state could no longer tell.
fn duplicates(value: &Value) -> Vec<Problem> {
    // Each list, what its things are told apart by, and whether the case of its letters counts.
    const LISTS: [(&str, &str, bool); 15] = [
        ("roles", "name", false),
        ("instanceProfiles", "name", false),
        ("oidcProviders", "url", true),
        ("launchTemplates", "name", true),
        ("keyPairs", "name", true),
        ("autoScalingGroups", "name", true),
        ("vpcs", "id", true),
        ("dhcpOptions", "id", true),
        ("subnets", "id", true),
        ("internetGateways", "id", true),
        ("egressOnlyInternetGateways", "id", true),
        ("routeTables", "id", true),
        ("elasticIps", "id", true),
        ("natGateways", "id", true),
        ("securityGroups", "id", true),
    ];
    let mut problems = Vec::new();
    for (list, member, case_counts) in LISTS {
        let mut first = BTreeMap::new();
        for (index, thing) in
            value.get(list).and_then(Value::as_array).into_iter().flatten().enumerate()
        {
            let Some(name) = thing.get(member).and_then(Value::as_str) else { continue };
            let key = if case_counts { name.to_owned() } else { name.to_lowercase() };
            if let Some(earlier) = first.insert(key, index) {
                let message = format!("`{name}` is the {member} of {list}[{earlier}] already");
                problems.push(Problem { path: format!("{list}[{index}].{member}"), message });
            }
        }
    }
    problems
}
