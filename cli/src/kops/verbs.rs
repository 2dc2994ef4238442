//! The verbs of kOps that there are not.

const MANIFEST: &str = "write manifests, and put them in the state store: cloudup create -f FILE. kops create cluster \
     --dry-run -o yaml writes one";
const KEYS: &str = "cloudup keeps no keys and no secrets: those of the cluster stay with kops";
const KUBECONFIG: &str = "cloudup makes no credentials: kops export kubeconfig does";

/// What is typed, and what to do instead.
pub(super) const VERBS: &[(&str, &str)] = &[
    (
        "reconcile",
        "update, then replace instances: cloudup update cluster NAME --yes && cloudup rolling-update \
         cluster NAME --yes",
    ),
    (
        "upgrade",
        "say which version: cloudup edit cluster NAME --set spec.kubernetesVersion=VERSION",
    ),
    ("version", "cloudup --version"),
    ("create cluster", MANIFEST),
    ("create instancegroup", MANIFEST),
    ("create instancegroups", MANIFEST),
    ("create ig", MANIFEST),
    ("create secret", KEYS),
    ("create keypair", KEYS),
    ("create sshpublickey", "cloudup update cluster NAME --ssh-public-key FILE --yes"),
    ("delete secret", KEYS),
    ("delete sshpublickey", KEYS),
    ("get assets", "cloudup keeps no inventory of images and files"),
    ("get keypairs", KEYS),
    ("get secrets", KEYS),
    ("get sshpublickeys", "cloudup toolbox dump NAME prints the cluster's key pairs"),
    ("trust", KEYS),
    ("distrust", KEYS),
    ("promote", KEYS),
    ("helpers", KUBECONFIG),
    (
        "toolbox template",
        "Go's templates are not read: kops toolbox template writes manifests, and cloudup create -f takes them",
    ),
    ("toolbox enroll", "machines outside of AWS are not managed"),
    ("toolbox instance-selector", "say which machines in the manifest: spec.machineType"),
    ("toolbox addons", "add-ons are not managed"),
    ("toolbox clusterapi", "Cluster API's objects are not managed"),
];

/// What to do instead of what is typed.
pub(super) fn instead(typed: &str) -> Option<&'static str> {
    VERBS.iter().find(|(verb, _)| *verb == typed).map(|(_, hint)| *hint)
}
