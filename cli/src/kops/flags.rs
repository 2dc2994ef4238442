//! The flags of kOps' verbs.

/// What a flag of kOps' means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    /// The same: there is such a flag, or another spelling of it.
    Same,
    /// What is so in any case, with this value; with another, see the hint.
    Anyway(&'static str, &'static str),
    /// Nothing: what to do instead.
    Otherwise(&'static str),
}

use Means::{Anyway, Otherwise, Same};

type Flags = &'static [(&'static str, Means)];

const WHOLE: Means = Otherwise(
    "an update is of the whole cluster; to keep some of it as it is, use --phase, or \
     --lifecycle-overrides AutoscalingGroup/NAME.*=Ignore",
);
const ADMIN: Means = Otherwise(
    "cloudup makes no credentials: it goes by the kubeconfig's context of the cluster's name, or by \
     --kubeconfig and --context",
);
const API: Means = Otherwise("the kubeconfig says where the API is: --kubeconfig, --context");
const KUBECONFIG: Means =
    Anyway("true", "the kubeconfig is what cloudup goes by; leave the flag out");
const NO_WAIT: Means =
    Otherwise("what is deleted is waited for one by one, at most as long as --wait says");
const NODES: Means = Otherwise("a dump is of what the cloud has; nodes are not asked");

/// By verb: what kOps documents of those that there are here.
pub(super) const FLAGS: &[(&str, Flags)] = &[
    ("", &[("config", Same), ("state", Same), ("v", Otherwise("say -v, or -vv"))]),
    (
        "update cluster",
        &[
            ("name", Same),
            ("yes", Same),
            ("target", Same),
            ("out", Same),
            ("phase", Same),
            ("lifecycle-overrides", Same),
            ("prune", Same),
            ("ssh-public-key", Same),
            ("instance-group", WHOLE),
            ("instance-group-roles", WHOLE),
            (
                "ignore-kubelet-version-skew",
                Anyway("true", "nodes are not asked for their versions; leave the flag out"),
            ),
            ("allow-kops-downgrade", Anyway("true", "no version is compared; leave the flag out")),
            (
                "create-kube-config",
                Anyway("false", "cloudup writes no kubeconfig: kops export kubeconfig makes one"),
            ),
            ("admin", ADMIN),
            ("user", ADMIN),
            ("internal", ADMIN),
            ("api-server", API),
            ("use-kubeconfig", KUBECONFIG),
        ],
    ),
    (
        "rolling-update cluster",
        &[
            ("name", Same),
            ("yes", Same),
            ("force", Same),
            ("cloudonly", Same),
            ("instance-group", Same),
            ("instance-groups", Same),
            ("ig", Same),
            ("instance-group-roles", Same),
            ("instance-group-role", Same),
            ("roles", Same),
            ("role", Same),
            ("control-plane-interval", Same),
            ("master-interval", Same),
            ("node-interval", Same),
            ("bastion-interval", Same),
            ("drain-timeout", Same),
            ("post-drain-delay", Same),
            ("validation-timeout", Same),
            ("validate-count", Same),
            ("fail-on-drain-error", Same),
            ("fail-on-validate-error", Same),
            ("interactive", Same),
            ("admin", ADMIN),
            ("api-server", API),
            ("use-kubeconfig", KUBECONFIG),
        ],
    ),
    (
        "validate cluster",
        &[
            ("name", Same),
            ("output", Same),
            ("wait", Same),
            ("count", Same),
            ("interval", Same),
            ("max-unready-nodes", Same),
            ("kubeconfig", Same),
            ("api-server", API),
            ("use-kubeconfig", KUBECONFIG),
        ],
    ),
    ("create", &[("filename", Same)]),
    ("replace", &[("filename", Same), ("force", Same)]),
    (
        "delete",
        &[
            (
                "filename",
                Otherwise("name what is to go: cloudup delete cluster NAME, or delete ig GROUP"),
            ),
            ("yes", Otherwise("name what is to go: cloudup delete cluster NAME --yes")),
        ],
    ),
    (
        "delete cluster",
        &[
            ("name", Same),
            ("yes", Same),
            ("unregister", Same),
            ("external", Same),
            ("region", Same),
            ("wait", Same),
            ("count", NO_WAIT),
            ("interval", NO_WAIT),
        ],
    ),
    ("delete instancegroup", &[("name", Same), ("yes", Same)]),
    (
        "delete instance",
        &[
            ("name", Same),
            ("yes", Same),
            ("surge", Same),
            ("cloudonly", Same),
            ("drain-timeout", Same),
            ("post-drain-delay", Same),
            ("validation-timeout", Same),
            ("validate-count", Same),
            ("fail-on-drain-error", Same),
            ("fail-on-validate-error", Anyway("true", "to go by the cloud alone, say --cloudonly")),
            ("admin", ADMIN),
            ("api-server", API),
            ("use-kubeconfig", KUBECONFIG),
        ],
    ),
    ("get clusters", &[("name", Same), ("output", Same), ("full", FULL)]),
    ("get instancegroups", &[("name", Same), ("output", Same)]),
    (
        "get instances",
        &[("name", Same), ("output", Same), ("api-server", API), ("use-kubeconfig", KUBECONFIG)],
    ),
    ("get all", &[("name", Same), ("output", Same)]),
    ("edit cluster", &[("name", Same), ("set", Same), ("unset", Same)]),
    ("edit instancegroup", &[("name", Same), ("set", Same), ("unset", Same)]),
    (
        "toolbox dump",
        &[
            ("name", Same),
            ("output", Same),
            ("dir", NODES),
            ("k8s-resources", NODES),
            ("cloud-resources", Anyway("true", "it is of what the cloud has; leave the flag out")),
            ("max-nodes", NODES),
            ("node-dump-timeout", NODES),
            ("private-key", NODES),
            ("ssh-user", NODES),
        ],
    ),
];

const FULL: Means =
    Otherwise("clusters are shown as they are written; what comes of them: cloudup get tasks NAME");

/// Values that kOps takes of flags that there are here as well, and what to do instead.
const VALUES: [(&str, &str, &str); 2] = [
    (
        "target",
        "terraform",
        "cloudup writes no Terraform: it makes the changes itself, with --yes, and leaves to Terraform \
         what the manifest says others keep",
    ),
    ("phase", "assets", "cloudup copies no images and files; leave the phase out"),
];

/// What to do instead of giving a flag a value that kOps takes.
pub(super) fn value(flag: &str, given: &str) -> Option<&'static str> {
    let is_meant = |&&(of, value, _): &&(&str, &str, &str)| of == flag && value == given;
    VALUES.iter().find(is_meant).map(|(_, _, hint)| *hint)
}

/// What a flag of a verb of kOps' means here, if kOps has it.
pub(super) fn meaning(verb: &str, flag: &str) -> Option<Means> {
    let of = |name: &str| FLAGS.iter().find(|(verb, _)| *verb == name).map(|(_, flags)| *flags);
    let flags = of(verb).into_iter().chain(of("")).flatten();
    flags.copied().find(|(name, _)| *name == flag).map(|(_, means)| means)
}
