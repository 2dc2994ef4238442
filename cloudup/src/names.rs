//! How things are called in the account: kOps' names, so that what kOps made is found again.

use data_encoding::BASE32HEX_NOPAD;

use crate::{
    group_roles,
    manifest::{InstanceGroup, spec::Role},
};

/// The most characters a role's name may have, and by kOps' custom a profile's.
pub const ROLE_NAME_LIMIT: usize = 64;

/// How many characters of the hash end a truncated name.
const HASH_LENGTH: usize = 6;

/// `name`, cut to `limit` bytes where it is longer.
///
/// A cut name ends in `-` and six characters of the base32hex form of the FNV-1a hash of the
/// whole name: as kOps cuts it, so that both tools give one thing one name. A cut never splits a
/// character: names of roles are ASCII, and where a name is not, the cut moves left.
///
/// ```
/// let name = cloudup::names::truncated(
///     "masters.this-is-a-fairly-long-cluster-name.with-several.labels.example.org",
///     cloudup::names::ROLE_NAME_LIMIT,
/// );
/// assert_eq!(name, "masters.this-is-a-fairly-long-cluster-name.with-several.l-oquu9n");
/// ```
pub fn truncated(name: &str, limit: usize) -> String {
    if name.len() <= limit {
        return name.to_owned();
    }
    let mut hash = BASE32HEX_NOPAD.encode(&fnv1a(name.as_bytes()).to_be_bytes());
    hash.make_ascii_lowercase();
    hash.truncate(HASH_LENGTH);
    let room = limit.saturating_sub(HASH_LENGTH + 1);
    format!("{}-{hash}", &name[..name.floor_char_boundary(room)])
}

/// The 32-bit FNV-1a hash, as its authors define it.
pub(crate) fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The name of the IAM role of a cluster's instances, of its profile and of its inline policy.
pub fn instance_role(role: Role, cluster: &str) -> String {
    truncated(&format!("{}.{cluster}", plural(role)), ROLE_NAME_LIMIT)
}

/// What ends the names of roles that kOps does not know. It takes what is tagged as the cluster's
/// and ends in the cluster's name for a role of its own that no group needs any more, and deletes
/// it.
const NOT_OF_KOPS: &str = ".cloudup";

/// The name of the IAM role that one instance group has for itself, of its profile and of its
/// inline policy.
///
/// ```
/// use cloudup::{manifest::spec::Role, names::{group_role, may_be_of_group}};
///
/// let name = group_role("gpu", Role::Node, "a.org");
/// assert_eq!(name, "gpu.nodes.a.org.cloudup");
/// assert!(may_be_of_group(&name, "a.org") && !may_be_of_group(&name, "org"));
/// ```
pub fn group_role(group: &str, role: Role, cluster: &str) -> String {
    truncated(&format!("{group}.{}.{cluster}{NOT_OF_KOPS}", plural(role)), ROLE_NAME_LIMIT)
}

/// Whether the role that a group of `cluster` has for itself can have this name; of names that were
/// cut, those in which a word for instances is still to be seen, and how the cluster's name starts.
pub fn may_be_of_group(name: &str, cluster: &str) -> bool {
    let whole = format!("{cluster}{NOT_OF_KOPS}");
    Role::ALL.iter().any(|role| {
        let mark = format!(".{}.", plural(*role));
        let Some(head) = head_of_cut(name) else {
            let group = name.strip_suffix(&whole).and_then(|rest| rest.strip_suffix(&mark));
            return group.is_some_and(|group| !group.is_empty());
        };
        head.match_indices(&mark).any(|(at, _)| whole.starts_with(&head[at + mark.len()..]))
    })
}

/// Instances of a role, as their names begin.
fn plural(role: Role) -> &'static str {
    match role {
        Role::ControlPlane => "masters",
        Role::ApiServer => "apiservers",
        Role::Node => "nodes",
        Role::Bastion => "bastions",
    }
}

/// The name of the IAM role of a service account, and of its inline policy.
///
/// ```
/// use cloudup::names::service_account_role;
///
/// assert_eq!(service_account_role("team-*", "app", "a.org"), "app.team-wildcard.sa.a.org");
/// ```
pub fn service_account_role(namespace: &str, name: &str, cluster: &str) -> String {
    let namespace = without_wildcards(namespace);
    truncated(&format!("{name}.{namespace}.sa.{cluster}"), ROLE_NAME_LIMIT)
}

/// Whether the role of a service account of `cluster` can have this name. Of names that were cut,
/// those that say `.sa.` and how the cluster's name starts, or were cut before that and are not
/// those of instances.
///
/// ```
/// use cloudup::names::{may_be_of_service_account, service_account_role};
///
/// assert!(may_be_of_service_account("app.team.sa.a.org", "a.org"));
/// assert!(!may_be_of_service_account("masters.a.org", "a.org"));
/// let long = "this-is-a-fairly-long-cluster-name.with-several.labels.example.org";
/// assert!(may_be_of_service_account(&service_account_role("team", "app", long), long));
/// ```
pub fn may_be_of_service_account(name: &str, cluster: &str) -> bool {
    if name.ends_with(&format!(".sa.{cluster}")) {
        return true;
    }
    let Some(head) = head_of_cut(name) else { return false };
    let mut marks = head.match_indices(".sa.").peekable();
    if marks.peek().is_some() {
        return marks.any(|(at, mark)| cluster.starts_with(&head[at + mark.len()..]));
    }
    let first = head.split('.').next();
    !Role::ALL.iter().any(|role| Some(plural(*role)) == first)
}

/// A pattern with a word in the place of each `*`, which names and tags cannot hold.
pub fn without_wildcards(pattern: &str) -> String {
    pattern.replace('*', "wildcard")
}

/// The name of the inline policy that `spec.additionalPolicies` asks for, in the role of the
/// given name.
pub fn additional_policy(role_name: &str) -> String {
    format!("additional.{role_name}")
}

/// The path of the managed policies that belong to a cluster: all are found below it at once.
pub fn policy_path(cluster: &str) -> String {
    format!("/cloudup/{cluster}/")
}

/// The name of the managed policy, by its number from 1, with what the inline policies of a role
/// have no room for.
///
/// Names of roles are unique in an account, and so are these.
///
/// ```
/// use cloudup::names::{overflow_policy, role_of_overflow_policy};
///
/// let name = overflow_policy("nodes.a.org", 1);
/// assert_eq!(name, "overflow-1.nodes.a.org");
/// assert_eq!(role_of_overflow_policy(&name), Some("nodes.a.org"));
/// ```
pub fn overflow_policy(role_name: &str, number: usize) -> String {
    format!("overflow-{number}.{role_name}")
}

/// The name of the role that a managed policy of this name is for, if it is such a policy's.
pub fn role_of_overflow_policy(name: &str) -> Option<&str> {
    let (number, role) = name.strip_prefix("overflow-")?.split_once('.')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !role.is_empty()).then_some(role)
}

/// The name of the instance profile that a group takes as it is (`spec.iam.profile`).
pub fn existing_profile(group: &InstanceGroup) -> Option<&str> {
    group.spec.iam.profile.as_deref().and_then(profile_name)
}

/// The name of the instance profile that a group's instances have: an existing one, or ours.
pub fn profile(group: &InstanceGroup, cluster: &str) -> String {
    let role = group.spec.role;
    let own = || {
        if group_roles::has_own(group) {
            group_role(group.name(), role, cluster)
        } else {
            instance_role(role, cluster)
        }
    };
    existing_profile(group).map_or_else(own, str::to_owned)
}

/// Whether a thing of `cluster` can have this name: those that are named in full end in the
/// cluster's name, the others in the hash of a name that was cut.
pub fn may_be_of(name: &str, cluster: &str) -> bool {
    let known = name.strip_suffix(NOT_OF_KOPS).unwrap_or(name);
    let is_whole = known.strip_suffix(cluster).is_some_and(|rest| rest.ends_with('.'));
    is_whole || head_of_cut(name).is_some()
}

/// What is left of a name that was cut, if it looks like one: it fills the room, and ends in a
/// hash.
fn head_of_cut(name: &str) -> Option<&str> {
    let (head, hash) = name.rsplit_once('-')?;
    let is_hash =
        hash.len() == HASH_LENGTH && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'v'));
    (is_hash && name.len() == ROLE_NAME_LIMIT).then_some(head)
}

/// The name of an instance group's Auto Scaling group and launch template.
pub fn group(group: &str, role: Role, cluster: &str) -> String {
    match role {
        Role::ControlPlane => format!("{group}.masters.{cluster}"),
        Role::ApiServer => format!("{group}.apiservers.{cluster}"),
        Role::Node | Role::Bastion => format!("{group}.{cluster}"),
    }
}

/// The name of the security group that instances of a role are in.
pub fn security_group(role: Role, cluster: &str) -> String {
    match role {
        Role::ControlPlane | Role::ApiServer => format!("masters.{cluster}"),
        Role::Node => format!("nodes.{cluster}"),
        Role::Bastion => format!("bastion.{cluster}"),
    }
}

/// The name of an instance profile, from its ARN: what follows the last `/`.
///
/// ```
/// use cloudup::names::profile_name;
///
/// let arn = "arn:aws:iam::111122223333:instance-profile/team/nodes";
/// assert_eq!(profile_name(arn), Some("nodes"));
/// assert_eq!(profile_name("arn:aws:iam::111122223333:instance-profile/"), None);
/// ```
pub fn profile_name(arn: &str) -> Option<&str> {
    let (_, name) = arn.rsplit_once('/')?;
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_names_are_cut_as_kops_cuts_them() {
        let table = [
            ("this_string_is_33_characters_long", 64, "this_string_is_33_characters_long"),
            (
                "this_string_is_longer_it_is_46_characters_long",
                32,
                "this_string_is_longer_it_-ha2gug",
            ),
            (
                "this_string_is_even_longer_due_to_extreme_verbosity_it_is_in_fact_84_characters_long",
                64,
                "this_string_is_even_longer_due_to_extreme_verbosity_it_is-7mc0g6",
            ),
            (
                "nodes.this-is-a-fairly-long-cluster-name.with-several.labels.example.org",
                64,
                "nodes.this-is-a-fairly-long-cluster-name.with-several.lab-m3vman",
            ),
            (
                "bastions.this-is-a-fairly-long-cluster-name.with-several.labels.example.org",
                64,
                "bastions.this-is-a-fairly-long-cluster-name.with-several.-c7rjrk",
            ),
            (
                "apiservers.this-is-a-fairly-long-cluster-name.with-several.labels.example.org",
                64,
                "apiservers.this-is-a-fairly-long-cluster-name.with-severa-fbhrde",
            ),
            (
                "aws-cloud-controller-manager.kube-system.sa.a-medium-length-name.example.org",
                64,
                "aws-cloud-controller-manager.kube-system.sa.a-medium-leng-a8m3oh",
            ),
            (
                "aws-load-balancer-controller.kube-system.sa.a-medium-length-name.example.org",
                64,
                "aws-load-balancer-controller.kube-system.sa.a-medium-leng-1u4lac",
            ),
        ];
        for (name, limit, expected) in table {
            assert_eq!(truncated(name, limit), expected, "{name} cut to {limit}");
        }
    }

    proptest! {
        #[test]
        fn what_is_named_for_a_cluster_may_be_the_clusters(cluster in "[a-z][a-z0-9.-]{0,90}") {
            for role in Role::ALL {
                prop_assert!(may_be_of(&instance_role(role, &cluster), &cluster));
            }
            prop_assert!(may_be_of(&service_account_role("a", "b", &cluster), &cluster));
            prop_assert!(!may_be_of("somebody-elses", &cluster));
        }

        #[test]
        fn a_service_accounts_role_is_known_by_its_name_however_it_was_cut(
            account in "[a-z][a-z0-9-]{0,62}",
            namespace in "([a-z][a-z0-9-]{0,62}|[a-z*]{1,9})",
            cluster in "[a-z][a-z0-9-]{0,40}(\\.[a-z]{2,9}){1,4}",
        ) {
            let role = service_account_role(&namespace, &account, &cluster);
            prop_assert!(may_be_of_service_account(&role, &cluster), "{}", role);
            for role in Role::ALL {
                prop_assert!(!may_be_of_service_account(&instance_role(role, &cluster), &cluster));
            }
        }

        #[test]
        fn a_name_that_fits_is_kept_and_a_cut_one_fills_the_room(name in "[a-z.-]{1,120}") {
            let cut = truncated(&name, ROLE_NAME_LIMIT);
            if name.len() <= ROLE_NAME_LIMIT {
                prop_assert_eq!(cut, name);
            } else {
                prop_assert_eq!(cut.len(), ROLE_NAME_LIMIT);
                prop_assert!(name.starts_with(&cut[..57]));
            }
        }

        #[test]
        fn a_cut_never_splits_a_character(name in "\\PC{60,90}") {
            prop_assert!(truncated(&name, ROLE_NAME_LIMIT).len() <= ROLE_NAME_LIMIT.max(name.len()));
        }
    }
}
