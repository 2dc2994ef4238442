//! The buckets that the cluster's configuration and etcd's backups are in.

use std::collections::BTreeMap;

use cloudup_tasks::policy::Condition;

use super::{PolicyError, permissions::Permissions};
use crate::{
    because::{Asked, Because},
    manifest::spec::ClusterSpec,
};

/// What stands for the bucket where the store is not S3 but kept in memory or in files, as kOps'
/// own tests have it.
const PLACEHOLDER_READ: &str = "placeholder-read-bucket";
const PLACEHOLDER_WRITE: &str = "placeholder-write-bucket";

/// Reads the cluster's configuration, keys and secrets.
pub(super) fn read(to: &mut Permissions<'_>, spec: &ClusterSpec) -> Result<(), PolicyError> {
    for (location, asked) in configuration(spec)? {
        let place = Place::read(location)?;
        to.because(&asked, |to| {
            let purpose = "Nodeup reads the cluster's configuration, keys and secrets";
            allow(to, "StateStoreRead", purpose, &["s3:Get*"], &place);
            list_bucket(to, &place);
        });
    }
    Ok(())
}

/// Writes etcd's backups.
pub(super) fn write_backups(
    to: &mut Permissions<'_>,
    spec: &ClusterSpec,
) -> Result<(), PolicyError> {
    for (location, asked) in backups(spec)? {
        let place = Place::write(&location)?;
        to.because(&asked, |to| {
            allow(
                to,
                "EtcdBackups",
                "etcd-manager writes, reads and clears away backups of etcd",
                &["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObject"],
                &place,
            );
            list_bucket(to, &place);
        });
    }
    Ok(())
}

/// Where the configuration, the key pairs and the secrets are, but for what lies below another.
fn configuration(spec: &ClusterSpec) -> Result<BTreeMap<&str, Asked>, PolicyError> {
    let mut all: BTreeMap<&str, Asked> = BTreeMap::new();
    for (location, path) in [
        (Some(base(spec)?), BASE),
        (spec.key_store.as_deref(), "spec.keyStore"),
        (spec.secret_store.as_deref(), "spec.secretStore"),
    ] {
        let Some(location) = location else { continue };
        all.entry(location.trim_end_matches('/')).or_default().push(Because::field(path));
    }
    let is_below = |below: &str, above: &str| {
        below.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
    };
    let locations: Vec<_> = all.keys().copied().collect();
    all.retain(|below, _| !locations.iter().any(|above| is_below(below, above)));
    Ok(all)
}

/// Where each etcd cluster's backups go.
fn backups(spec: &ClusterSpec) -> Result<BTreeMap<String, Asked>, PolicyError> {
    let mut all: BTreeMap<String, Asked> = BTreeMap::new();
    for (index, etcd) in spec.etcd_clusters.iter().enumerate() {
        let path = format!("spec.etcdClusters[{index}].backups.backupStore");
        let (store, because) = if let Some(store) = &etcd.backups.backup_store {
            (store.clone(), Because::field(path))
        } else {
            let base = base(spec)?.trim_end_matches('/');
            let store = format!("{base}/backups/etcd/{}", etcd.name);
            (store.clone(), Because::by_default(path, store).and(Because::field(BASE)))
        };
        all.entry(store).or_default().push(because);
    }
    Ok(all)
}

const BASE: &str = "spec.configBase";

fn base(spec: &ClusterSpec) -> Result<&str, PolicyError> {
    spec.config_base.as_deref().ok_or(PolicyError::NoConfigBase)
}

/// A part of a bucket.
struct Place {
    bucket: String,
    key: String,
}

impl Place {
    fn read(location: &str) -> Result<Self, PolicyError> {
        Self::parse(location, PLACEHOLDER_READ)
    }

    fn write(location: &str) -> Result<Self, PolicyError> {
        Self::parse(location, PLACEHOLDER_WRITE)
    }

    fn parse(location: &str, placeholder: &str) -> Result<Self, PolicyError> {
        let refused = || PolicyError::UnreadableStore { location: location.to_owned() };
        let (scheme, path) = location.split_once("://").ok_or_else(refused)?;
        let path = path.trim_end_matches('/');
        let (bucket, key) = match scheme {
            "s3" => path.split_once('/').unwrap_or((path, "")),
            "memfs" => (placeholder, path.trim_start_matches('/')),
            // kOps has files read and written under one name.
            "file" => (PLACEHOLDER_READ, path),
            _ => return Err(refused()),
        };
        if bucket.is_empty() {
            return Err(refused());
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }
}

fn allow(
    to: &mut Permissions<'_>,
    sid: &'static str,
    purpose: &str,
    actions: &[&str],
    place: &Place,
) {
    let Place { bucket, key } = place;
    let below = if key.is_empty() { format!("{bucket}/*") } else { format!("{bucket}/{key}/*") };
    let below = to.scope.global_arn("s3", &below);
    to.allow(sid, purpose, actions, [below], Condition::new());
}

fn list_bucket(to: &mut Permissions<'_>, place: &Place) {
    let bucket = to.scope.global_arn("s3", &place.bucket);
    to.allow(
        "StateStoreBuckets",
        "Whoever reads or writes in a bucket looks at what is in it, and how it is encrypted",
        &[
            "s3:GetBucketLocation",
            "s3:GetEncryptionConfiguration",
            "s3:ListBucket",
            "s3:ListBucketVersions",
        ],
        [bucket],
        Condition::new(),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::spec::{EtcdBackups, EtcdCluster};

    fn spec(base: &str) -> ClusterSpec {
        ClusterSpec { config_base: Some(base.to_owned()), ..ClusterSpec::default() }
    }

    #[test]
    fn what_lies_below_another_location_needs_no_permission_of_its_own() {
        type Case =
            (&'static str, Option<&'static str>, Option<&'static str>, &'static [&'static str]);
        let cases: [Case; 6] = [
            ("s3://b/c", None, None, &["s3://b/c"]),
            ("s3://b/c/", Some("s3://b/c/pki"), Some("s3://b/c/secrets"), &["s3://b/c"]),
            ("s3://b/c", Some("s3://b/c2"), None, &["s3://b/c", "s3://b/c2"]),
            ("s3://b/c", Some("s3://b/c"), None, &["s3://b/c"]),
            ("s3://b/c", Some("s3://k/p"), Some("s3://k/p/"), &["s3://b/c", "s3://k/p"]),
            ("s3://b/c/d", Some("s3://b"), None, &["s3://b"]),
        ];
        for (base, keys, secrets, expected) in cases {
            let spec = ClusterSpec {
                key_store: keys.map(str::to_owned),
                secret_store: secrets.map(str::to_owned),
                ..spec(base)
            };
            let found: Vec<_> = configuration(&spec).unwrap().into_keys().collect();
            assert_eq!(found, expected, "{base}, {keys:?}, {secrets:?}");
        }
    }

    #[test]
    fn backups_go_below_the_base_unless_the_manifest_says_otherwise() {
        let mut spec = spec("memfs://clusters/a/");
        spec.etcd_clusters = vec![
            EtcdCluster { name: "main".to_owned(), ..EtcdCluster::default() },
            EtcdCluster {
                name: "events".to_owned(),
                backups: EtcdBackups { backup_store: Some("s3://elsewhere/e".to_owned()) },
                ..EtcdCluster::default()
            },
        ];
        let found: Vec<_> = backups(&spec).unwrap().into_keys().collect();
        assert_eq!(found, ["memfs://clusters/a/backups/etcd/main", "s3://elsewhere/e"]);
    }

    #[test]
    fn a_location_is_a_bucket_and_a_key() {
        let table = [
            ("s3://bucket/a/b/", PLACEHOLDER_READ, Some(("bucket", "a/b"))),
            ("s3://bucket", PLACEHOLDER_READ, Some(("bucket", ""))),
            ("memfs://tests/a", PLACEHOLDER_READ, Some((PLACEHOLDER_READ, "tests/a"))),
            ("memfs://tests/a", PLACEHOLDER_WRITE, Some((PLACEHOLDER_WRITE, "tests/a"))),
            ("file:///tmp/a", PLACEHOLDER_WRITE, Some((PLACEHOLDER_READ, "/tmp/a"))),
            ("gs://bucket/a", PLACEHOLDER_READ, None),
            ("s3:///a", PLACEHOLDER_READ, None),
            ("/tmp/a", PLACEHOLDER_READ, None),
        ];
        for (location, placeholder, expected) in table {
            let place = Place::parse(location, placeholder).ok();
            let place = place.as_ref().map(|p| (p.bucket.as_str(), p.key.as_str()));
            assert_eq!(place, expected, "{location}");
        }
    }
}
