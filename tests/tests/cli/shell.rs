//! A folder with nothing in it but what a test puts there, to run the binary in.

use std::{
    collections::BTreeMap,
    fmt, fs,
    io::Write,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// The cluster of the examples.
pub(crate) const DEMO: &str = include_str!("../../../examples/demo.example.com.yaml");

/// What an update of a cluster in `cluster.yaml` is called with.
pub(crate) const UPDATE: [&str; 4] = ["update", "cluster", "-f", "cluster.yaml"];

/// The account's file, where nobody says otherwise.
pub(crate) const ACCOUNT: &str = ".cloudup/account.json";

/// An empty folder, which is also home, and an empty environment.
pub(crate) struct Shell {
    folder: TempDir,
    variables: BTreeMap<&'static str, String>,
}

impl Shell {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        Self { folder, variables: BTreeMap::new() }
    }

    /// With the examples' cluster in `cluster.yaml`.
    pub(crate) fn with_demo() -> Self {
        Self::new().with_file("cluster.yaml", DEMO)
    }

    pub(crate) fn with_file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        self.write(path, text);
        self
    }

    /// With an account that holds `seed` from the start.
    pub(crate) fn with_account(self, seed: &Value) -> Self {
        self.write("seed.json", seed.to_string());
        self.run(["toolbox", "account", "init", "--force", "--seed", "seed.json"]).expect(0);
        self
    }

    pub(crate) fn with_variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.insert(name, value.into());
        self
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        let folder = path.parent().expect("it is in the folder");
        fs::create_dir_all(folder).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }

    pub(crate) fn read_bytes(&self, path: &str) -> Vec<u8> {
        fs::read(self.path(path)).unwrap_or_default()
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The binary with these arguments, ready to start.
    pub(crate) fn command<A: AsRef<str>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cloudup-under-test"));
        command
            .arg0("cloudup")
            .args(args.into_iter().map(|arg| arg.as_ref().to_owned()))
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", "/usr/bin:/bin")
            .envs(&self.variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn start<A: AsRef<str>>(&self, args: impl IntoIterator<Item = A>) -> Child {
        self.command(args).spawn().expect("the binary starts")
    }

    pub(crate) fn run<A: AsRef<str>>(&self, args: impl IntoIterator<Item = A>) -> Ran {
        self.finish(self.start(args))
    }

    /// Runs it with something on its standard input.
    pub(crate) fn feed<'a>(
        &self,
        args: impl IntoIterator<Item = &'a str>,
        input: impl AsRef<[u8]>,
    ) -> Ran {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().expect("it starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(input.as_ref()).expect("it is read");
        drop(stdin);
        self.finish(child)
    }

    pub(crate) fn finish(&self, child: Child) -> Ran {
        Ran::new(&child.wait_with_output().expect("it ends"), self.folder.path())
    }

    /// What the account holds, as the command line shows it.
    pub(crate) fn account(&self) -> Value {
        self.run(["toolbox", "account", "show"]).expect(0).json()
    }

    /// What the account holds of IAM, without what counts calls.
    pub(crate) fn iam(&self) -> Value {
        let account = self.account();
        ["roles", "instanceProfiles", "managedPolicies"]
            .into_iter()
            .map(|key| (key.to_owned(), account[key].clone()))
            .collect()
    }
}

/// How a run ended, and what it said. The folder reads `$HOME`.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    fn new(output: &Output, folder: &Path) -> Self {
        let text = |bytes: &[u8]| {
            let text = String::from_utf8(bytes.to_vec()).expect("it speaks UTF-8");
            text.replace(&folder.display().to_string(), "$HOME")
        };
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Panics, with all that was said, unless it ended so.
    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }
}

/// The whole of it, as snapshots keep it.
impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, stdout, stderr } = self;
        writeln!(f, "exit status {status}")?;
        for (name, text) in [("stdout", stdout), ("stderr", stderr)] {
            if !text.is_empty() {
                writeln!(f, "--- {name}\n{}", uncounted(text).trim_end())?;
            }
        }
        Ok(())
    }
}

/// Progress without how much of how much is done: that is about tasks which nobody sees.
pub(crate) fn uncounted(text: &str) -> String {
    let is_count = |inner: &str| inner.chars().all(|c| c.is_ascii_digit() || c == '/');
    let lines =
        text.lines().map(|line| match line.strip_suffix(')').and_then(|l| l.rsplit_once(" (")) {
            Some((entry, inner)) if is_count(inner) => format!("{entry} (…)\n"),
            _ => format!("{line}\n"),
        });
    lines.collect()
}

/// A small cluster of one group of nodes, which may pull images: a role, its policy, its profile
/// and what starts instances. `cluster` and `group` are lines added to the specs.
pub(crate) fn small(cluster: &str, group: &str) -> String {
    format!(
        "apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata:
  name: demo.example.com
spec:
  cloudProvider: aws
  configBase: s3://state/demo.example.com
  subnets: [{{ name: a, zone: eu-west-1a, type: Public }}]
  topology: {{ dns: {{ type: None }} }}
  iam: {{ allowContainerRegistry: true }}
{cluster}---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata:
  name: nodes
  labels: {{ kops.k8s.io/cluster: demo.example.com }}
spec:
  role: Node
  image: ami-12345678
  machineType: t3.medium
  subnets: [a]
{group}"
    )
}
