//! The environment, read once.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// What of the environment the command line goes by, beside what flags stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// `CLOUDUP_LIFECYCLE_OVERRIDES`.
    pub(crate) lifecycle_overrides: Option<String>,
    /// `KUBE_EDITOR`, then `EDITOR`, as kOps looks for one.
    pub(crate) editor: Option<OsString>,
    /// `KOPS_STATE_STORE`.
    pub(crate) kops_state_store: Option<String>,
    /// `AWS_ENDPOINT_URL_S3`.
    pub(crate) s3_endpoint: Option<String>,
    /// Where kubeconfigs usually are: the list in `KUBECONFIG`, or `~/.kube/config`.
    pub(crate) kubeconfigs: Vec<PathBuf>,
    /// Who is at work: `USER`, then `LOGNAME`.
    pub(crate) user: String,
}

/// The variable in which kOps is told where its state store is.
pub(crate) const KOPS_STATE_STORE: &str = "KOPS_STATE_STORE";

/// The variable that lifecycle overrides are taken from.
pub(crate) const LIFECYCLE_OVERRIDES: &str = "CLOUDUP_LIFECYCLE_OVERRIDES";

impl Environment {
    /// Reads it.
    pub(crate) fn read() -> Self {
        let given = |name| env::var_os(name).filter(|value| !value.is_empty());
        let text = |name| given(name).map(|value| value.to_string_lossy().into_owned());
        Self {
            lifecycle_overrides: text(LIFECYCLE_OVERRIDES),
            kops_state_store: text(KOPS_STATE_STORE),
            s3_endpoint: text("AWS_ENDPOINT_URL_S3"),
            user: text("USER").or_else(|| text("LOGNAME")).unwrap_or_else(|| "somebody".to_owned()),
            kubeconfigs: kubeconfigs(given("KUBECONFIG").as_ref(), given("HOME").as_ref()),
            editor: given("KUBE_EDITOR").or_else(|| given("EDITOR")),
        }
    }
}

/// The places where kubectl looks for kubeconfigs.
fn kubeconfigs(list: Option<&OsString>, home: Option<&OsString>) -> Vec<PathBuf> {
    let listed = list.into_iter().flat_map(env::split_paths);
    let listed: Vec<_> = listed.filter(|path| !path.as_os_str().is_empty()).collect();
    if !listed.is_empty() {
        return listed;
    }
    home.into_iter().map(|home| Path::new(home).join(".kube/config")).collect()
}
