//! What can be set, in files and in the environment: each is a flag's default.

/// A setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// What files call it: the flag's name, after the verb's where only one verb has it.
    pub(crate) key: &'static str,
    /// What files write.
    pub(crate) form: Form,
    /// The variable in which kOps is told the same.
    pub(crate) kops: Option<&'static str>,
}

/// What a setting's value is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A text.
    Text,
    /// A text: `aws`, `local` or `local:PATH`.
    Cloud,
    /// A text: a URL, or a folder's path.
    Store,
    /// A text: a file's path.
    Path,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Switch,
    /// A list of texts.
    List,
    /// A table: lifecycles by selector.
    Lifecycles,
}

/// All of them, in the order in which they are shown.
pub(crate) const SETTINGS: [Setting; 24] = [
    setting("cloud", Form::Cloud),
    Setting { kops: Some("KOPS_STATE_STORE"), ..setting(STATE, Form::Store) },
    Setting { kops: Some("KOPS_CLUSTER_NAME"), ..setting(CLUSTER, Form::Text) },
    setting("color", Form::Text),
    setting("output", Form::Text),
    setting(PHASE, Form::Text),
    Setting { kops: Some("KOPS_LIFECYCLE_OVERRIDES"), ..setting(LIFECYCLES, Form::Lifecycles) },
    setting("parallelism", Form::Number),
    setting("detailed-exitcode", Form::Switch),
    setting("ssh-public-key", Form::Path),
    setting("drift.ignore", Form::List),
    setting("validate.wait", Form::Text),
    setting("validate.count", Form::Number),
    setting("validate.interval", Form::Text),
    setting("validate.max-unready-nodes", Form::Number),
    setting("rolling-update.control-plane-interval", Form::Text),
    setting("rolling-update.node-interval", Form::Text),
    setting("rolling-update.bastion-interval", Form::Text),
    setting("rolling-update.drain-timeout", Form::Text),
    setting("rolling-update.post-drain-delay", Form::Text),
    setting("rolling-update.validation-timeout", Form::Text),
    setting("rolling-update.validate-count", Form::Number),
    setting("rolling-update.fail-on-drain-error", Form::Switch),
    setting("rolling-update.fail-on-validate-error", Form::Switch),
];

/// The state store.
pub(crate) const STATE: &str = "state";
/// The cluster that is meant where several could be.
pub(crate) const CLUSTER: &str = "cluster";
/// The phase that a run is restricted to.
pub(crate) const PHASE: &str = "phase";
/// The overrides of lifecycles.
pub(crate) const LIFECYCLES: &str = "lifecycle-overrides";

/// What looks like a setting and is none, with the reason.
pub(crate) const REFUSED: [(&str, &str); 10] = [
    ("yes", "changes are asked for where they are made, with --yes, and nowhere else"),
    ("prune", "what is deleted for good is asked for where it is done, with --prune"),
    ("force", "it is asked for where it is done, with --force"),
    ("editor", "a file must not choose programs to run: set KUBE_EDITOR or EDITOR"),
    ("kubeconfig", "a kubeconfig may name programs to run: set KUBECONFIG, or say --kubeconfig"),
    ("context", "which cluster is worked on is said where it is done, with --context"),
    ("endpoint", "a file must not say where credentials go: set AWS_ENDPOINT_URL"),
    ("profile", "a file must not choose credentials: set AWS_PROFILE"),
    ("region", "the manifest's zones say it"),
    ("filename", "manifests are named where they are used, with -f"),
];

const fn setting(key: &'static str, form: Form) -> Setting {
    Setting { key, form, kops: None }
}

impl Setting {
    /// The setting of this key.
    pub(crate) fn of(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// The verb that it is about; none, if every one that has such a flag.
    pub(crate) fn section(&self) -> Option<&'static str> {
        self.key.split_once('.').map(|(section, _)| section)
    }

    /// The flag, without its dashes.
    pub(crate) fn flag(&self) -> &'static str {
        self.key.split_once('.').map_or(self.key, |(_, flag)| flag)
    }

    /// Its variable.
    pub(crate) fn variable(&self) -> String {
        if self.key == STATE {
            return "CLOUDUP_STATE_STORE".to_owned();
        }
        format!("CLOUDUP_{}", self.key.to_uppercase().replace(['-', '.'], "_"))
    }

    /// Whether the verb of this path goes by it. A deleted instance is a rolling update of one.
    pub(crate) fn is_of(&self, path: &[&str]) -> bool {
        match self.section() {
            None => true,
            // It shows what all of them come to.
            _ if path == ["config", "show"] => true,
            Some("rolling-update") => {
                matches!(path, ["rolling-update", ..] | ["delete", "instance"])
            }
            Some(section) => path.first() == Some(&section),
        }
    }
}
