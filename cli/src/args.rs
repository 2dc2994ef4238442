//! What the command line takes.

#![expect(clippy::doc_markdown, reason = "help is shown as it is written, without markup")]

mod cluster;
mod config;
mod duration;
mod examples;
mod export;
mod format;
mod graph;
mod kubernetes;
mod objects;
mod replacing;
mod report;
mod rolling_update;

use std::{ffi::OsString, path::PathBuf};

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use self::cluster::{ClusterName, NamedCluster};
pub(crate) use self::config::{ConfigCommand, ConfigShowArgs};
pub(crate) use self::duration::{duration, duration_or_minutes};
pub(crate) use self::examples::notes_and_examples;
pub(crate) use self::export::{Export, ExportArgs};
pub(crate) use self::format::{DocumentOutputArg, Format, ListOutputArg, OutputArg};
pub(crate) use self::graph::{GraphArgs, PictureArg};
pub(crate) use self::kubernetes::{
    DeleteInstanceArgs, DeleteWhat, GetInstancesArgs, KubernetesArgs, Validate, ValidateArgs,
    ValidateCommand,
};
pub(crate) use self::objects::{
    Delete, DeleteArgs, DiffArgs, Edit, FieldArgs, FilesArgs, GetClustersArgs, GetGroupsArgs,
    ReplaceArgs,
};
pub(crate) use self::replacing::ReplacingArgs;
pub(crate) use self::report::ReportArg;
pub(crate) use self::rolling_update::{RollingUpdate, RollingUpdateArgs};

/// The IAM, the network and the instances of Kubernetes clusters on AWS, from kOps manifests.
///
/// Exit status: 0 done, or nothing to do; 1 failed; 2 a dry run has changes to make (with
/// --detailed-exitcode), or something has drifted; 3 invalid input; 4 denied; 5 interrupted; 6 somebody else holds the lock.
#[derive(Debug, Parser)]
#[command(
    name = "cloudup",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "Each command says more, with examples: cloudup help update, or cloudup update --help.

Examples:
  cloudup update cluster -f cluster.yaml
  cloudup update cluster -f cluster.yaml --yes
  cloudup iam explain nodes -f cluster.yaml
  cloudup --cloud aws drift -f cluster.yaml"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Where to work: `local[:PATH]`, the embedded account in a file, or `aws`, the account of the
    /// usual AWS settings (`AWS_PROFILE`, `AWS_REGION`, `AWS_ENDPOINT_URL`, …).
    #[arg(
        long,
        global = true,
        value_name = "CLOUD",
        default_value = "local",
        help_heading = "Global options"
    )]
    pub(crate) cloud: CloudArg,
    /// The state store, where clusters are kept: `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX` or a
    /// folder.
    #[arg(
        long,
        global = true,
        value_name = "STORE",
        default_value = DEFAULT_STORE,
        help_heading = "Global options"
    )]
    pub(crate) state: String,
    /// When to colour.
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t = ColorArg::Auto,
        help_heading = "Global options"
    )]
    pub(crate) color: ColorArg,
    /// Settings, in place of `cloudup.toml` and the user's own; `none`: none at all.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub(crate) config: Option<OsString>,
    /// Say more; twice: log everything that is called.
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Global options")]
    pub(crate) verbose: u8,
}

/// A cloud to work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CloudArg {
    /// The embedded account in a file.
    Local(PathBuf),
    /// AWS, or whatever answers in its place.
    Aws,
}

/// Where the state store is unless somebody says otherwise: beside the embedded account, so that
/// trying things out needs nothing else and reaches nothing.
const DEFAULT_STORE: &str = ".cloudup/state";

/// Where the embedded account is kept unless `--cloud local:PATH` says otherwise.
pub(crate) const DEFAULT_ACCOUNT: &str = ".cloudup/account.json";

impl std::str::FromStr for CloudArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "aws" => Ok(Self::Aws),
            // A variable that is set to nothing is as good as unset.
            None if text == "local" || text.is_empty() => Ok(Self::Local(DEFAULT_ACCOUNT.into())),
            Some(("local", path)) if !path.is_empty() => Ok(Self::Local(path.into())),
            _ => Err(format!("`{text}` is neither `local`, `local:PATH` nor `aws`")),
        }
    }
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorArg {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Bring the cloud to what the manifests say. A dry run unless --yes.
    Update(Box<UpdateCommand>),
    /// Show a saved plan, as the update showed it that saved it.
    Show(ShowArgs),
    /// Make the changes of a saved plan, and no others. The plan is the approval: there is no --yes.
    Apply(ApplyArgs),
    /// Replace instances, a few at a time. A dry run unless --yes.
    #[command(subcommand)]
    RollingUpdate(RollingUpdate),
    /// Ask a cluster how it is; with -f alone, say what is wrong with manifests, as `check` does.
    Validate(ValidateCommand),
    /// Say what of a cluster in the cloud is not as the manifests say. Only reads. Says nothing where
    /// nothing has drifted.
    Drift(Box<DriftArgs>),
    /// Draw a cluster's tasks: what needs what, and what an update would do. Only reads.
    Graph(Box<GraphArgs>),
    /// Show what there is.
    #[command(subcommand)]
    Get(Get),
    /// IAM documents as the manifests ask for them: what each role may do, and why.
    #[command(subcommand)]
    Iam(Iam),
    /// Put clusters and instance groups in the state store that are not there yet.
    #[command(after_help = "Examples:
  cloudup create -f cluster.yaml
  cloudup create -f cluster.yaml -f nodes.yaml
  cloudup --state s3://my-state create -f cluster.yaml")]
    Create(FilesArgs),
    /// Put others in place of clusters and instance groups that are in the state store.
    Replace(ReplaceArgs),
    /// Change a cluster or an instance group in the state store, in an editor (`KUBE_EDITOR`, `EDITOR`,
    /// or vi) or field by field.
    #[command(subcommand)]
    Edit(Edit),
    /// Delete a cluster, an instance group or an instance: what it has in the cloud, and in the state store. A dry
    /// run unless --yes.
    #[command(subcommand)]
    Delete(DeleteWhat),
    /// Write what is in the state store to files.
    #[command(subcommand)]
    Export(Export),
    /// Say how manifests differ from what is in the state store.
    Diff(DiffArgs),
    /// Say what is wrong with manifests, without asking anybody.
    #[command(after_help = "Examples:
  cloudup check -f cluster.yaml
  cloudup check demo.example.com
  cloudup check -f cluster.yaml -o json")]
    Check(CheckArgs),
    /// Who is at work on a cluster in the state store.
    #[command(subcommand)]
    Lock(LockCommand),
    /// What is set, in files and in the environment.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Things beside the main job.
    #[command(subcommand)]
    Toolbox(Toolbox),
    /// Print the script that has a shell complete commands, options, and names of what there is.
    #[command(
        after_help = "Candidates come from the manifests that are given with -f, and from the state store: clusters, \
instance groups, tasks, roles. Asking for them writes nothing.

To have it in every session, put into
  ~/.bashrc                   source <(cloudup completion bash)
  ~/.zshrc                    source <(cloudup completion zsh)
  ~/.config/fish/config.fish  cloudup completion fish | source
  PowerShell's $PROFILE       cloudup completion powershell | Out-String | iex

Examples:
  cloudup completion bash
  cloudup completion zsh > ~/.zsh/functions/_cloudup
  cloudup completion fish | source"
    )]
    Completion {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },
}

/// `update`, with or without `cluster` behind it.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct UpdateCommand {
    #[command(subcommand)]
    pub(crate) what: Option<UpdateWhat>,
    #[command(flatten)]
    pub(crate) args: UpdateArgs,
}

/// What `update` updates.
#[derive(Debug, Subcommand)]
pub(crate) enum UpdateWhat {
    /// A cluster: the same as `cloudup update`.
    Cluster(UpdateArgs),
}

/// What `update` takes.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  cloudup update cluster -f cluster.yaml
  cloudup update cluster -f cluster.yaml --yes
  cloudup update cluster -f cluster.yaml --phase security --detailed-exitcode
  cloudup update cluster -f cluster.yaml --out plan.json
  cloudup --cloud aws update -f cluster.yaml --yes --lifecycle-overrides \\
    IAMRole=ExistsAndWarnIfChanges,IAMRolePolicy=ExistsAndWarnIfChanges")]
pub(crate) struct UpdateArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// Make the changes. Without it they are only shown.
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
    /// Where changes go: `direct`, the cloud; `dryrun`, nowhere, even with --yes.
    #[arg(long, value_enum, ignore_case = true, default_value_t = TargetArg::Direct, value_name = "TARGET")]
    pub(crate) target: TargetArg,
    /// Also make the deletions that are put off otherwise.
    #[arg(long)]
    pub(crate) prune: bool,
    /// How many tasks may be under way at once.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) parallelism: u16,
    /// Save the plan to FILE, for `cloudup apply FILE` to carry out.
    #[arg(long, value_name = "FILE", conflicts_with = "yes")]
    pub(crate) out: Option<PathBuf>,
    /// Exit with 2 where a dry run has changes to make.
    #[arg(long, value_name = "BOOL", default_value_t = false, action = ArgAction::Set, num_args = 0..=1,
        default_missing_value = "true", require_equals = true, hide_possible_values = true)]
    pub(crate) detailed_exitcode: bool,
    /// Tell what happens as JSON, an event a line, to FILE; `-`, or no FILE, is standard error.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-", require_equals = true)]
    pub(crate) json_events: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) report: ReportArg,
    /// The public key that instances are reached with. Without it, instances keep the key pair
    /// that their launch template names.
    #[arg(long, value_name = "FILE")]
    pub(crate) ssh_public_key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) format: Format<OutputArg>,
}

/// What `show` takes.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  cloudup update cluster -f cluster.yaml --out plan.json
  cloudup show plan.json
  cloudup show plan.json -o json")]
pub(crate) struct ShowArgs {
    /// The plan's file; `-` is standard input.
    #[arg(value_name = "PLAN")]
    pub(crate) plan: PathBuf,
    #[command(flatten)]
    pub(crate) format: Format<OutputArg>,
}

/// What `apply` takes.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "It is planned again first, from the manifests and the options in the file. Where anything differs, \
or a manifest in the state store has changed, nothing is changed, and what has moved is named. \
Changes that are made already count as done: an apply that was broken off is finished by running it \
again.

Examples:
  cloudup update cluster -f cluster.yaml --out plan.json
  cloudup show plan.json
  cloudup apply plan.json"
)]
pub(crate) struct ApplyArgs {
    /// The plan's file; `-` is standard input.
    #[arg(value_name = "PLAN")]
    pub(crate) plan: PathBuf,
    /// How many tasks may be under way at once.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) parallelism: u16,
    /// Tell what happens as JSON, an event a line, to FILE; `-`, or no FILE, is standard error.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-", require_equals = true)]
    pub(crate) json_events: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) report: ReportArg,
    #[command(flatten)]
    pub(crate) format: Format<OutputArg>,
}

/// What `drift` takes.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "A difference counts whether an update would mend it, warn of it or refuse it; what has lifecycle \
Ignore is left out, and what an update leaves for --prune counts with --prune.

Exit status: 0 nothing has drifted; 2 something has; 1 something could not be compared; 3 invalid \
input; 4 something may not be read.

Examples:
  cloudup drift -f cluster.yaml
  cloudup drift demo.example.com --ignore IAMRole.tags
  cloudup drift demo.example.com \\
    --ignore IAMRolePolicy/nodes.*,AutoscalingGroup.max_size
  cloudup drift demo.example.com -o json"
)]
pub(crate) struct DriftArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
    /// Differences that are known: of a kind (`IAMRole`), a task (`IAMRole/nodes.*`) or a field of
    /// either (`IAMRole.tags`). Comma separated, may be repeated.
    #[arg(long, value_name = "SELECTOR[.FIELD],…")]
    pub(crate) ignore: Vec<String>,
    /// Count, too, what an update deletes with --prune alone.
    #[arg(long)]
    pub(crate) prune: bool,
    /// How many tasks may be under way at once.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) parallelism: u16,
    /// Tell what happens as JSON, an event a line, to FILE; `-`, or no FILE, is standard error.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-", require_equals = true)]
    pub(crate) json_events: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) report: ReportArg,
    /// The public key that instances are reached with, as an update is given it.
    #[arg(long, value_name = "FILE")]
    pub(crate) ssh_public_key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) format: Format<OutputArg>,
}

/// Where the manifests come from, and which cluster of theirs is meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct SourceArgs {
    #[command(flatten)]
    pub(crate) name: ClusterName,
    /// Manifests, or folders of them: the Cluster and its InstanceGroups. May be repeated; `-` is
    /// standard input. Without any, the cluster is read from the state store.
    #[arg(short, long = "filename", value_name = "FILE")]
    pub(crate) filename: Vec<PathBuf>,
}

/// What `check` takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) format: Format<OutputArg>,
}

/// What decides about which lifecycle a task has.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ChoiceArgs {
    /// Only this phase: `network`, `security` (or `iam`), `cluster`.
    #[arg(long, value_name = "PHASE")]
    pub(crate) phase: Option<String>,
    /// What becomes of differences, by kind or by task: `IAMRole=ExistsAndWarnIfChanges`,
    /// `IAMRole/nodes.*=Ignore`. Comma separated, may be repeated, and is added to what
    /// `CLOUDUP_LIFECYCLE_OVERRIDES` says. Lifecycles: Sync, Ignore, WarnIfInsufficientAccess,
    /// ExistsAndValidates, ExistsAndWarnIfChanges.
    #[arg(long, value_name = "SELECTOR=LIFECYCLE,…")]
    pub(crate) lifecycle_overrides: Vec<String>,
}

/// Where changes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TargetArg {
    /// The cloud.
    Direct,
    /// Nowhere: they are only shown.
    Dryrun,
}

/// What `get` shows.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  cloudup get clusters -o wide
  cloudup get ig --name demo.example.com
  cloudup get instances -f cluster.yaml --cloudonly
  cloudup get tasks -f cluster.yaml")]
pub(crate) enum Get {
    /// The clusters of the state store.
    #[command(
        visible_alias = "cluster",
        after_help = "Examples:
  cloudup get clusters
  cloudup get cluster demo.example.com -o yaml"
    )]
    Clusters(GetClustersArgs),
    /// The instance groups of a cluster in the state store.
    #[command(name = "instancegroups", visible_alias = "ig", alias = "instancegroup")]
    Groups(GetGroupsArgs),
    /// Everything of clusters in the state store: with -o yaml, manifests to keep or to edit.
    #[command(after_help = "Examples:
  cloudup get all
  cloudup get all demo.example.com -o yaml > cluster.yaml")]
    All(GetClustersArgs),
    /// The instances of a cluster's groups, and their nodes.
    #[command(visible_alias = "instance")]
    Instances(GetInstancesArgs),
    /// The kinds of task, or a cluster's tasks: which lifecycle each has, and why.
    #[command(after_help = "Examples:
  cloudup get tasks
  cloudup get tasks --phase security
  cloudup get tasks -f cluster.yaml --lifecycle-overrides IAMRole/nodes.*=Ignore
  cloudup get tasks demo.example.com -o json")]
    Tasks {
        #[command(flatten)]
        name: ClusterName,
        /// Manifests. Without any, a cluster that is named is read from the state store; where none
        /// is, the kinds are shown.
        #[arg(short, long = "filename", value_name = "FILE")]
        filename: Vec<PathBuf>,
        #[command(flatten)]
        choice: ChoiceArgs,
        #[command(flatten)]
        format: Format<OutputArg>,
    },
}

/// What `iam` prints.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  cloudup iam explain -f cluster.yaml
  cloudup iam policy nodes -f cluster.yaml")]
pub(crate) enum Iam {
    /// Explain roles: each document and statement, what it is for, and which field of the manifest
    /// asks for it. Changes nothing.
    Explain(ExplainArgs),
    /// Print a role's document as an update puts it, and nothing else. Changes nothing.
    Policy(PolicyArgs),
}

/// What `iam explain` takes.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  cloudup iam explain -f cluster.yaml
  cloudup iam explain nodes -f cluster.yaml
  cloudup iam explain kube-system/ebs-csi-controller-sa -f cluster.yaml
  cloudup iam explain control-plane --name demo.example.com -o json")]
pub(crate) struct ExplainArgs {
    /// The role: its name, a word for instances (`control-plane`, `master`, `apiserver`, `nodes`,
    /// `bastion`, …), or a service account, NAMESPACE/NAME. All roles if left out.
    #[arg(value_name = "ROLE")]
    pub(crate) role: Option<String>,
    #[command(flatten)]
    pub(crate) source: NamedSourceArgs,
    #[command(flatten)]
    pub(crate) format: Format<OutputArg>,
}

/// What `iam policy` takes.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Where the role has no such document, nothing is printed but a sentence on standard error. Of a role \
whose policies have no room, which an update refuses, the documents are those that are asked for.

A role may have several managed policies, so --managed prints one JSON object: each policy's name, \
and its document. Their path is /cloudup/CLUSTER/.

Examples:
  cloudup iam policy nodes -f cluster.yaml > nodes.json
  cloudup iam policy nodes -f cluster.yaml --additional > additional.json
  cloudup iam policy nodes -f cluster.yaml --trust > nodes-trust.json
  cloudup iam policy nodes -f cluster.yaml --managed | jq keys
  cloudup iam policy kube-system/ebs-csi-controller-sa -f cluster.yaml"
)]
pub(crate) struct PolicyArgs {
    /// The role: its name, a word for instances (`control-plane`, `master`, `apiserver`, `nodes`,
    /// `bastion`, …), or a service account, NAMESPACE/NAME.
    #[arg(value_name = "ROLE")]
    pub(crate) role: String,
    #[command(flatten)]
    pub(crate) source: NamedSourceArgs,
    /// The trust document instead: who may take on the role.
    #[arg(long, conflicts_with_all = ["additional", "managed"])]
    pub(crate) trust: bool,
    /// The document of spec.additionalPolicies instead, which is a policy of its own.
    #[arg(long, conflicts_with = "managed")]
    pub(crate) additional: bool,
    /// The managed policies instead that hold what has no room inline (annotation
    /// cloudup/policy-overflow: managed): a JSON object of documents by name.
    #[arg(long)]
    pub(crate) managed: bool,
    #[command(flatten)]
    pub(crate) format: Format<DocumentOutputArg>,
}

/// Where the manifests come from, for verbs whose argument is something else than a cluster.
#[derive(Clone, Debug, Args)]
pub(crate) struct NamedSourceArgs {
    /// The cluster's name. May be left out where there is one cluster.
    #[arg(long, value_name = "CLUSTER")]
    pub(crate) name: Option<String>,
    /// Manifests, or folders of them: the Cluster and its InstanceGroups. May be repeated; `-` is
    /// standard input. Without any, the cluster is read from the state store.
    #[arg(short, long = "filename", value_name = "FILE")]
    pub(crate) filename: Vec<PathBuf>,
}

/// What can be done about who is at work.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  cloudup lock show demo.example.com
  cloudup lock break demo.example.com")]
pub(crate) enum LockCommand {
    /// Say who is at work, and since when.
    #[command(after_help = "Examples:
  cloudup lock show demo.example.com
  cloudup lock show -o json")]
    Show {
        #[command(flatten)]
        name: ClusterName,
        #[command(flatten)]
        format: Format<OutputArg>,
    },
    /// Take the lease away from whoever has it. A run that still has it stops.
    #[command(after_help = "Examples:
  cloudup lock break demo.example.com")]
    Break {
        #[command(flatten)]
        name: NamedCluster,
    },
}

/// The toolbox.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  cloudup toolbox dump demo.example.com -o json
  cloudup toolbox account show
  cloudup toolbox schema update")]
pub(crate) enum Toolbox {
    /// Print what a cluster owns in the account.
    Dump(DumpArgs),
    /// The embedded account.
    #[command(subcommand)]
    Account(Account),
    /// Write the manual: a page for each command, for `man`.
    Man(ManArgs),
    /// Print the JSON schema of what `-o json` and `--json-events` print, or of `cloudup.toml`.
    #[command(after_help = "Examples:
  cloudup toolbox schema update
  cloudup toolbox schema event > event.schema.json")]
    Schema {
        /// Of what.
        #[arg(value_enum)]
        of: SchemaArg,
    },
}

/// What `toolbox man` takes.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  cloudup toolbox man man/man1")]
pub(crate) struct ManArgs {
    /// The folder to write to. It is made where there is none.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

/// What `toolbox dump` takes.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  cloudup toolbox dump demo.example.com
  cloudup toolbox dump -f cluster.yaml -o json
  cloudup --cloud aws toolbox dump demo.example.com")]
pub(crate) struct DumpArgs {
    #[command(flatten)]
    pub(crate) name: ClusterName,
    /// Manifests, which say the cluster's name and region. Without any, those of the state store do.
    #[arg(short, long = "filename", value_name = "FILE")]
    pub(crate) filename: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) format: Format<DocumentOutputArg>,
}

/// What has a published schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaArg {
    /// `update -o json`, `apply`, `show` and `delete cluster|instancegroup`.
    Update,
    /// A line of `--json-events`, but for those that replace instances.
    Event,
    /// `iam explain -o json`.
    Explain,
    /// A saved plan.
    Plan,
    /// `rolling-update -o json`, and `delete instance --yes`.
    RollingUpdate,
    /// A line of `rolling-update --json-events`, and of `delete instance`.
    RollingUpdateEvent,
    /// `drift -o json`.
    Drift,
    /// `cloudup.toml`.
    Config,
    /// `validate cluster -o json`.
    Validate,
    /// `get instances -o json`.
    Instances,
    /// `delete instance -o json`, without --yes.
    Instance,
    /// `get clusters -o json`, `get instancegroups` and `get all`.
    Manifests,
    /// `get tasks -o json`.
    Tasks,
    /// `diff -o json`, `create`, `replace`, `edit` and `delete --unregister`.
    Revisions,
    /// `check -o json`, and `validate -f`.
    Check,
    /// `config show -o json`.
    Settings,
    /// `lock show -o json`.
    Lock,
    /// `export cluster -o json`.
    Export,
    /// `toolbox dump`.
    Dump,
    /// `toolbox account show`.
    Account,
}

/// What can be done with the embedded account.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  cloudup toolbox account init --seed seed.json
  cloudup toolbox account show
  cloudup --cloud local:other.json toolbox account reset")]
pub(crate) enum Account {
    /// Make it.
    #[command(after_help = "Examples:
  cloudup toolbox account init
  cloudup toolbox account init --seed seed.json --force
  cloudup --cloud local:other.json toolbox account init")]
    Init {
        /// What is in it from the start, as JSON; `-` is standard input.
        #[arg(long, value_name = "FILE")]
        seed: Option<PathBuf>,
        /// Replace the account that is there.
        #[arg(long)]
        force: bool,
    },
    /// Bring it back to its seed: all that was made since is gone.
    #[command(after_help = "Examples:
  cloudup toolbox account reset")]
    Reset,
    /// Print it.
    #[command(after_help = "Examples:
  cloudup toolbox account show
  cloudup toolbox account show | jq .roles")]
    Show,
    /// Open it in an editor (`KUBE_EDITOR`, `EDITOR`, or vi).
    #[command(after_help = "Examples:
  cloudup toolbox account edit")]
    Edit,
}
