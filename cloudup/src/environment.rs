//! What the manifest does not say: whose account this is, and where in AWS the cluster runs.

use std::{collections::BTreeSet, fmt, time::Duration};

use cloudup_engine::ErrorKind;
use cloudup_tasks::cloud::{
    CloudError, CloudReader, all_pages,
    iam::Quotas,
    route53::HostedZone,
    vpc::{Which, all_security_groups},
};
use futures::future::{join, join3, join4};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    manifest::{
        Cluster, InstanceGroup,
        spec::{Containerd, DnsType, Role, Subnet},
    },
    names,
    service_accounts::AddOn,
};

/// What documents are made of beside the manifest. Found once, before anything is planned; all
/// that follows is a function of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// The account's twelve digits.
    pub account: String,
    /// The partition of whoever runs this: `aws`, `aws-cn`.
    pub partition: String,
    /// The region that the subnets are in.
    pub region: String,
    /// The account's limits.
    #[serde(skip)]
    pub quotas: Quotas,
    /// The id of the hosted zone with the cluster's records, where a document needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosted_zone_id: Option<String>,
    /// The names of roles in the account that can be those of the cluster's service accounts,
    /// also of accounts that the manifest no longer names. Empty where we may not list roles.
    #[serde(skip)]
    pub account_roles: BTreeSet<String>,
    /// The names of roles in the account that can be those which instance groups have for
    /// themselves, or of their profiles, also of groups that are gone. Empty where we may not list them.
    #[serde(skip)]
    pub group_roles: BTreeSet<String>,
    /// The names of the managed policies below the cluster's [path](names::policy_path), also of
    /// those that nothing needs any more. Empty where we may not list policies.
    #[serde(skip)]
    pub own_policies: BTreeSet<String>,
    /// The instance types of groups with support for GPUs that have some.
    #[serde(skip)]
    pub gpu_types: BTreeSet<String>,
    /// What we may not list, a sentence each: what is left over there is not found.
    #[serde(skip)]
    pub unlisted: Vec<String>,
    /// The ids of the security groups that instance groups name and that are not there. Empty
    /// where we may not ask.
    #[serde(skip)]
    pub missing_security_groups: BTreeSet<String>,
}

/// Why the environment cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// AWS did not answer.
    #[error("could not {doing}")]
    Cloud {
        /// What was asked, as it follows "could not".
        doing: &'static str,
        /// The answer.
        source: CloudError,
    },
    /// The caller's ARN has no partition or account.
    #[error("the caller's ARN {arn:?} names no partition and account")]
    Caller {
        /// The ARN.
        arn: String,
    },
    /// No subnet has a zone.
    #[error(
        "no subnet says which zone it is in, so the cluster's region is not known; give spec.subnets[].zone"
    )]
    NoRegion,
    /// The subnets are in more than one region.
    #[error("the subnets are in several regions: {}", regions.join(", "))]
    Regions {
        /// The regions, sorted.
        regions: Vec<String>,
    },
    /// No hosted zone fits.
    #[error("there is no {kind} hosted zone for {name:?}; create it, or name another in spec.dnsZone, or set spec.topology.dns.type to None", kind = visibility(*private))]
    NoZone {
        /// The zone's or the cluster's name.
        name: String,
        /// Whether a private zone was looked for.
        private: bool,
    },
    /// Several hosted zones fit equally well.
    #[error("there are several {kind} hosted zones for {name:?}: {}; give one of these ids as spec.dnsZone", ids.join(", "), kind = visibility(*private))]
    Zones {
        /// The zone's or the cluster's name.
        name: String,
        /// Whether private zones were looked for.
        private: bool,
        /// Their ids, sorted.
        ids: Vec<String>,
    },
}

fn visibility(private: bool) -> &'static str {
    if private { "private" } else { "public" }
}

impl EnvironmentError {
    /// What kind of trouble it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Cloud { source, .. } => source.kind(),
            Self::Caller { .. } => ErrorKind::Other,
            Self::NoZone { .. } => ErrorKind::NotFound,
            Self::NoRegion | Self::Regions { .. } | Self::Zones { .. } => ErrorKind::Invalid,
        }
    }
}

impl Environment {
    /// What can be told without asking anybody.
    ///
    /// # Errors
    ///
    /// Where the region cannot be told.
    pub fn sketch(cluster: &Cluster) -> Result<Self, EnvironmentError> {
        let region = region(&cluster.spec.subnets)?;
        // Nothing is too large for limits that are not known yet.
        let quotas = Quotas { role_policy_size: usize::MAX, ..Quotas::default() };
        Ok(Self { region, quotas, ..Self::default() })
    }

    /// Asks STS who is calling, IAM for the account's limits, its roles and profiles and the cluster's policies;
    /// where some role writes DNS records, Route 53 for the zone; and EC2 for the security groups
    /// that the manifest names. What is throttled is asked for again, a few times.
    ///
    /// # Errors
    ///
    /// Where the region or the zone cannot be told, or the cloud does not answer.
    pub async fn discover(
        reader: &dyn CloudReader,
        cluster: &Cluster,
    ) -> Result<Self, EnvironmentError> {
        let place = Self::place(reader, region(&cluster.spec.subnets)?).await?;
        // None of these needs another's answer. What is wrong is told in the same order every time.
        let of_iam = join4(
            role_names(reader),
            profile_names(reader),
            own_policies(reader, cluster.name()),
            quotas(reader),
        );
        let of_others = join3(
            hosted_zone(reader, cluster),
            gpu_types(reader, cluster),
            missing_security_groups(reader, cluster),
        );
        let ((roles, profiles, policies, quotas), (zone, gpu_types, missing)) =
            join(of_iam, of_others).await;
        let hosted_zone_id = zone?;
        let (roles, profiles, policies) = (roles?, profiles?, policies?);
        let unlisted = [&roles, &profiles, &policies];
        let unlisted = unlisted.into_iter().filter_map(|list| list.denied.clone()).collect();
        let name = cluster.name();
        let (of_groups, others): (Vec<_>, Vec<_>) =
            roles.names.into_iter().partition(|role| names::may_be_of_group(role, name));
        let accounts = others.into_iter();
        // A role goes before its profile does, and a run may end between the two.
        let profiles =
            profiles.names.into_iter().filter(|profile| names::may_be_of_group(profile, name));
        Ok(Self {
            quotas: quotas?,
            hosted_zone_id,
            account_roles: accounts
                .filter(|role| names::may_be_of_service_account(role, name))
                .collect(),
            group_roles: of_groups.into_iter().chain(profiles).collect(),
            own_policies: policies.names,
            unlisted,
            gpu_types: gpu_types?,
            missing_security_groups: missing?,
            ..place
        })
    }

    /// Asks STS who is calling: which account and partition this is. Nothing else is found out.
    ///
    /// # Errors
    ///
    /// Where the cloud does not answer.
    pub(crate) async fn place(
        reader: &dyn CloudReader,
        region: String,
    ) -> Result<Self, EnvironmentError> {
        let caller = patiently("ask STS which account this is", async || {
            reader.sts().get_caller_identity().await
        })
        .await?;
        let partition = partition(&caller.arn)
            .ok_or_else(|| EnvironmentError::Caller { arn: caller.arn.clone() })?;
        let partition = partition.to_owned();
        Ok(Self { partition, account: caller.account, region, ..Self::default() })
    }
}

impl fmt::Display for Environment {
    /// `account 111122223333 (aws), region eu-west-1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, partition, region, .. } = self;
        write!(f, "account {account} ({partition}), region {region}")
    }
}

/// Asks until the answer is something else than to come back later, a few times at most.
pub(crate) async fn patiently<T>(
    doing: &'static str,
    ask: impl AsyncFn() -> Result<T, CloudError>,
) -> Result<T, EnvironmentError> {
    const TRIES: u32 = 6;
    let mut pause = Duration::from_millis(250);
    for _ in 1..TRIES {
        match ask().await {
            Err(error) if matches!(error.kind(), ErrorKind::Throttled | ErrorKind::NotReady) => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            answer => return answer.map_err(|source| EnvironmentError::Cloud { doing, source }),
        }
    }
    ask().await.map_err(|source| EnvironmentError::Cloud { doing, source })
}

/// The account's limits, or AWS's defaults where we may not ask for them.
async fn quotas(reader: &dyn CloudReader) -> Result<Quotas, EnvironmentError> {
    let doing = "ask IAM for the account's limits";
    match patiently(doing, async || reader.iam().get_account_summary().await).await {
        Err(EnvironmentError::Cloud { source, .. }) if source.kind() == ErrorKind::Denied => {
            Ok(Quotas::default())
        }
        answer => answer,
    }
}

/// The names of what there is of one kind, as far as we may ask.
#[derive(Default)]
struct Listed {
    names: BTreeSet<String>,
    /// What it means that we may not.
    denied: Option<String>,
}

impl Listed {
    /// `what`: roles, and whose are not found where they may not be listed.
    fn of(
        what: (&str, &str),
        answer: Result<impl Iterator<Item = String>, EnvironmentError>,
    ) -> Result<Self, EnvironmentError> {
        match answer {
            Err(EnvironmentError::Cloud { source, .. }) if source.kind() == ErrorKind::Denied => {
                let (kind, lost) = what;
                let denied =
                    format!("{kind} may not be listed, so those of {lost} are not found: {source}");
                Ok(Self { denied: Some(denied), ..Self::default() })
            }
            answer => Ok(Self { names: answer?.collect(), denied: None }),
        }
    }
}

async fn role_names(reader: &dyn CloudReader) -> Result<Listed, EnvironmentError> {
    let iam = reader.iam();
    let roles = patiently("list the roles", async || {
        all_pages(async |marker: Option<String>| iam.list_roles(marker.as_deref()).await).await
    });
    let roles = roles.await.map(|roles| roles.into_iter().map(|role| role.name));
    Listed::of(("roles", "service accounts that the manifest no longer names"), roles)
}

async fn profile_names(reader: &dyn CloudReader) -> Result<Listed, EnvironmentError> {
    let iam = reader.iam();
    let profiles = patiently("list the instance profiles", async || {
        all_pages(async |marker: Option<String>| {
            iam.list_instance_profiles(marker.as_deref()).await
        })
        .await
    });
    let profiles = profiles.await.map(|list| list.into_iter().map(|profile| profile.name));
    Listed::of(("instance profiles", "groups that are gone"), profiles)
}

/// The managed policies of the cluster's own.
async fn own_policies(reader: &dyn CloudReader, cluster: &str) -> Result<Listed, EnvironmentError> {
    let (iam, path) = (reader.iam(), names::policy_path(cluster));
    let policies = patiently("list the cluster's managed policies", async || {
        all_pages(async |marker: Option<String>| iam.list_policies(&path, marker.as_deref()).await)
            .await
    });
    let policies = policies.await.map(|policies| {
        policies.into_iter().filter(|policy| policy.path == path).map(|policy| policy.name)
    });
    Listed::of(("managed policies", "the cluster that nothing needs any more"), policies)
}

/// Those of the groups' instance types that have GPUs, where nodes are to use them.
async fn gpu_types(
    reader: &dyn CloudReader,
    cluster: &Cluster,
) -> Result<BTreeSet<String>, EnvironmentError> {
    let enabled = |containerd: &Containerd| containerd.nvidia_gpu.enabled == Some(true);
    let everywhere = enabled(&cluster.spec.containerd);
    let with_gpus = cluster.groups.iter().filter(|group| {
        group.spec.role != Role::Bastion && (everywhere || enabled(&group.spec.containerd))
    });
    let names: BTreeSet<_> = with_gpus.filter_map(InstanceGroup::first_machine_type).collect();
    let mut found = BTreeSet::new();
    for name in names {
        let info = patiently("look at instance types", async || {
            CloudError::absent(reader.ec2().describe_instance_type(name).await)
        });
        match info.await {
            Err(EnvironmentError::Cloud { source, .. })
                if matches!(source.kind(), ErrorKind::Denied | ErrorKind::Invalid) => {}
            answer => {
                found.extend(answer?.filter(|info| info.gpu).map(|_| name.to_owned()));
            }
        }
    }
    Ok(found)
}

/// The security groups that instance groups name and that are not there, as far as we may ask.
async fn missing_security_groups(
    reader: &dyn CloudReader,
    cluster: &Cluster,
) -> Result<BTreeSet<String>, EnvironmentError> {
    let named = cluster.groups.iter().filter_map(|it| it.spec.security_group_override.as_ref());
    let mut missing = BTreeSet::new();
    for id in named.collect::<BTreeSet<_>>() {
        let found = patiently("look for the security groups that the manifest names", async || {
            all_security_groups(reader.vpc(), Which::Id(id)).await
        });
        match found.await {
            Err(EnvironmentError::Cloud { source, .. }) if source.kind() == ErrorKind::Denied => {}
            answer => {
                if answer?.is_empty() {
                    missing.insert(id.clone());
                }
            }
        }
    }
    Ok(missing)
}

/// The partition in an ARN.
fn partition(arn: &str) -> Option<&str> {
    let rest = arn.strip_prefix("arn:")?;
    let (partition, _) = rest.split_once(':')?;
    (!partition.is_empty()).then_some(partition)
}

/// The one region that the subnets are in: what their zones name.
///
/// # Errors
///
/// Where no subnet has a zone, or they are in several regions.
pub fn region(subnets: &[Subnet]) -> Result<String, EnvironmentError> {
    let mut regions: Vec<_> = subnets
        .iter()
        .filter_map(|subnet| {
            subnet.zone.as_deref().map(region_of_zone).or(subnet.region.as_deref())
        })
        .map(str::to_owned)
        .collect();
    regions.sort();
    regions.dedup();
    match regions.as_slice() {
        [] => Err(EnvironmentError::NoRegion),
        [_] => Ok(regions.remove(0)),
        _ => Err(EnvironmentError::Regions { regions }),
    }
}

/// The region of a zone: its name up to and with the first number. That is also right for Local
/// and Wavelength Zones, such as `us-west-2-lax-1a`.
pub(crate) fn region_of_zone(zone: &str) -> &str {
    let Some(start) = zone.find(|c: char| c.is_ascii_digit()) else { return zone };
    let digits = zone[start..].bytes().take_while(u8::is_ascii_digit).count();
    &zone[..start + digits]
}

/// Whether some document names the hosted zone: that of an add-on which writes records, or that
/// of a control plane under whose role it does.
fn needs_zone(cluster: &Cluster) -> bool {
    let spec = &cluster.spec;
    if spec.topology.dns.kind == DnsType::None {
        return false;
    }
    if spec.iam.uses_service_accounts() {
        return [AddOn::DnsController, AddOn::ExternalDns].iter().any(|it| it.has_role(spec));
    }
    cluster.groups.iter().any(|group| group.spec.role == Role::ControlPlane)
}

/// The id of the hosted zone, where a document names it.
async fn hosted_zone(
    reader: &dyn CloudReader,
    cluster: &Cluster,
) -> Result<Option<String>, EnvironmentError> {
    if !needs_zone(cluster) {
        return Ok(None);
    }
    let spec = &cluster.spec;
    if let Some(id) = spec.dns_zone.as_deref().filter(|zone| !zone.contains('.')) {
        return Ok(Some(bare_id(id).to_owned()));
    }
    let route53 = reader.route53();
    let zones = patiently("list the hosted zones", async || {
        all_pages(async |marker: Option<String>| route53.list_hosted_zones(marker.as_deref()).await)
            .await
    })
    .await?;
    let private = spec.topology.dns.kind == DnsType::Private;
    choose_zone(&zones, spec.dns_zone.as_deref(), cluster.name(), private).map(Some)
}

/// The id of the zone called `zone`, or else of the one with the longest name that `cluster` is
/// below.
fn choose_zone(
    zones: &[HostedZone],
    zone: Option<&str>,
    cluster: &str,
    private: bool,
) -> Result<String, EnvironmentError> {
    let seen = zones.iter().filter(|candidate| candidate.private == private);
    let name_of = |candidate: &HostedZone| candidate.name.trim_end_matches('.').to_lowercase();
    let fitting: Vec<&HostedZone> = if let Some(zone) = zone {
        let zone = zone.trim_end_matches('.').to_lowercase();
        seen.filter(|candidate| name_of(candidate) == zone).collect()
    } else {
        let cluster = cluster.trim_end_matches('.').to_lowercase();
        let above = |name: &str| {
            cluster.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let above: Vec<_> = seen.filter(|candidate| above(&name_of(candidate))).collect();
        let longest = above.iter().map(|candidate| name_of(candidate).len()).max();
        above.into_iter().filter(|c| Some(name_of(c).len()) == longest).collect()
    };
    let name = zone.unwrap_or(cluster).to_owned();
    match fitting.as_slice() {
        [] => Err(EnvironmentError::NoZone { name, private }),
        [one] => Ok(bare_id(&one.id).to_owned()),
        several => {
            let mut ids: Vec<_> = several.iter().map(|zone| bare_id(&zone.id).to_owned()).collect();
            ids.sort();
            Err(EnvironmentError::Zones { name, private, ids })
        }
    }
}

/// A zone's id without what Route 53 puts in front of it.
fn bare_id(id: &str) -> &str {
    let id = id.strip_prefix('/').unwrap_or(id);
    id.strip_prefix("hostedzone/").unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(id: &str, name: &str, private: bool) -> HostedZone {
        HostedZone { id: id.to_owned(), name: name.to_owned(), private }
    }

    #[test]
    fn the_region_is_where_every_subnet_is() {
        let table: [(&[&str], Result<&str, &str>); 6] = [
            (&["us-test-1a", "us-test-1b"], Ok("us-test-1")),
            (&["us-gov-west-1a"], Ok("us-gov-west-1")),
            (&["us-west-2-lax-1a", "us-west-2b"], Ok("us-west-2")),
            (&["us-east-1-wl1-bos-wlz-1"], Ok("us-east-1")),
            (&[], Err("no subnet says which zone")),
            (&["eu-west-1a", "eu-central-1a"], Err("eu-central-1, eu-west-1")),
        ];
        for (zones, expected) in table {
            let subnets: Vec<_> = zones
                .iter()
                .map(|zone| Subnet { zone: Some((*zone).to_owned()), ..Subnet::default() })
                .collect();
            match (region(&subnets), expected) {
                (Ok(region), Ok(expected)) => assert_eq!(region, expected, "{zones:?}"),
                (Err(error), Err(part)) => {
                    assert!(error.to_string().contains(part), "{zones:?}: {error}");
                }
                (found, expected) => panic!("{zones:?}: {found:?}, not {expected:?}"),
            }
        }
    }

    type ZoneCase = (Option<&'static str>, &'static str, bool, Result<&'static str, &'static str>);

    #[test]
    fn the_hosted_zone_is_the_named_one_or_the_nearest_above_the_cluster() {
        let zones = [
            zone("/hostedzone/Z1", "example.com.", false),
            zone("Z2", "example.com.", true),
            zone("Z3", "dev.example.com.", false),
            zone("Z4", "twice.org.", false),
            zone("Z5", "twice.org.", false),
            zone("Z6", "ample.com.", false),
        ];
        let table: [ZoneCase; 9] = [
            (None, "a.example.com", false, Ok("Z1")),
            (None, "a.example.com", true, Ok("Z2")),
            (None, "a.dev.example.com", false, Ok("Z3")),
            (None, "dev.example.com", false, Ok("Z3")),
            (Some("example.com"), "a.dev.example.com", false, Ok("Z1")),
            (Some("Example.com."), "a.dev.example.com", false, Ok("Z1")),
            (None, "a.other.org", false, Err("no public hosted zone for \"a.other.org\"")),
            (
                Some("other.org"),
                "a.example.com",
                true,
                Err("no private hosted zone for \"other.org\""),
            ),
            (None, "a.twice.org", false, Err("Z4, Z5")),
        ];
        for (named, cluster, private, expected) in table {
            match (choose_zone(&zones, named, cluster, private), expected) {
                (Ok(id), Ok(expected)) => assert_eq!(id, expected, "{named:?}, {cluster}"),
                (Err(error), Err(part)) => {
                    assert!(error.to_string().contains(part), "{named:?}, {cluster}: {error}");
                }
                (found, expected) => panic!("{named:?}, {cluster}: {found:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn the_partition_is_in_the_callers_arn() {
        let table = [
            ("arn:aws-cn:sts::111122223333:assumed-role/a/b", Some("aws-cn")),
            ("arn:aws-test:iam::123456789012:user/a", Some("aws-test")),
            ("arn::iam::1:user/a", None),
            ("user/a", None),
        ];
        for (arn, expected) in table {
            assert_eq!(partition(arn), expected, "{arn}");
        }
    }
}
