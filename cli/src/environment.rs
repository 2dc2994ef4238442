//! The environment, read once.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

use crate::{complete, config::Configuration, kops, tell::Terminal};

/// What of the environment the command line goes by, beside what flags stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// What is set, there and in files.
    pub(crate) configuration: Configuration,
    /// What is set of `CLOUDUP_…`, `KOPS_…` and the other variables that kOps knows. One that is set
    /// to nothing is as good as unset.
    pub(crate) variables: BTreeMap<String, String>,
    /// `HOME`.
    pub(crate) home: Option<PathBuf>,
    /// The working directory.
    pub(crate) folder: PathBuf,
    /// Where the user's settings are: `XDG_CONFIG_HOME`, or `~/.config`.
    pub(crate) config_home: Option<PathBuf>,
    /// `KUBE_EDITOR`, then `EDITOR`, as kOps looks for one.
    pub(crate) editor: Option<OsString>,
    /// `AWS_ENDPOINT_URL_S3`.
    pub(crate) s3_endpoint: Option<String>,
    /// `CLOUDUP_COMPLETE`: the shell that asks what a word may become.
    pub(crate) completing: Option<String>,
    /// Where kubeconfigs usually are: the list in `KUBECONFIG`, or `~/.kube/config`.
    pub(crate) kubeconfigs: Vec<PathBuf>,
    /// Who is at work: `USER`, then `LOGNAME`.
    pub(crate) user: String,
    /// What the process was started with, as text.
    pub(crate) command_line: Vec<String>,
    /// What is printed on.
    pub(crate) terminal: Terminal,
}

impl Environment {
    /// Reads it.
    pub(crate) fn read() -> Self {
        let given = |name| env::var_os(name).filter(|value| !value.is_empty());
        let text = |name| given(name).map(|value| value.to_string_lossy().into_owned());
        let command_line = env::args_os().map(|argument| argument.to_string_lossy().into_owned());
        Self {
            configuration: Configuration::default(),
            variables: variables(),
            home: given("HOME").map(PathBuf::from),
            folder: env::current_dir().unwrap_or_default(),
            config_home: config_home(given("XDG_CONFIG_HOME"), given("HOME")),
            command_line: command_line.collect(),
            s3_endpoint: text("AWS_ENDPOINT_URL_S3"),
            user: text("USER").or_else(|| text("LOGNAME")).unwrap_or_else(|| "somebody".to_owned()),
            completing: text(complete::VARIABLE),
            kubeconfigs: kubeconfigs(given("KUBECONFIG").as_ref(), given("HOME").as_ref()),
            terminal: Terminal {
                columns: text("COLUMNS")
                    .and_then(|columns| columns.parse().ok())
                    .or_else(terminal_columns)
                    .filter(|&columns| columns >= NARROWEST),
                // Terminals that cannot take lines back say so; what CI keeps is read later.
                is_live: io::stderr().is_terminal()
                    && text("TERM").is_some_and(|name| name != "dumb")
                    && given("CI").is_none(),
            },
            editor: given("KUBE_EDITOR").or_else(|| given("EDITOR")),
        }
    }
}

fn variables() -> BTreeMap<String, String> {
    let counts = |name: &str| name.starts_with("CLOUDUP_") || kops::is_variable(name);
    let all = env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| counts(name) && !value.is_empty())?;
        Some((name, value.to_string_lossy().into_owned()))
    });
    all.collect()
}

/// Where settings of users are. A relative path counts for nothing, as the convention has it.
fn config_home(xdg: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let xdg = xdg.map(PathBuf::from).filter(|path| path.is_absolute());
    xdg.or_else(|| home.map(|home| Path::new(&home).join(".config")))
}

/// What is narrower is no width that anything could be read in.
const NARROWEST: usize = 20;

/// The width of the terminal that standard output is, if it is one.
fn terminal_columns() -> Option<usize> {
    let (columns, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(columns.0.into())
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
