//! `cloudup rolling-update cluster`: instances that did not start from what new ones start from.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use cloudup::{
    environment::region,
    kubernetes::{KubernetesReader, KubernetesWriter},
    manifest::{Cluster, Notice},
    rolling_update::{
        Answer, Ask, CallError, Choice, Event, Journal, Progress, RollError, RollingOptions,
        RollingUpdate, RollingUpdateError, RollingUpdateReport, Step, Surge, Tools,
    },
    store::{Seen, Store, StoreError},
};
use cloudup_engine::ErrorKind;
use cloudup_tasks::cloud::CloudWriter;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    cloud_name, connect, input, kubernetes,
    lock::{self, Keeper},
    print,
    record::Recorder,
    signals::stop_on_signals,
    state,
    work::{give_back, interrupted_before, stop_when_lost},
};
use crate::{
    args::{Global, KubernetesArgs, OutputArg, RollingUpdateArgs, SourceArgs},
    environment::Environment,
    exit::{Exit, Failure},
    tell::{
        self,
        style::{DIM, HEADING, UPDATE},
    },
};

/// What to do without the Kubernetes API.
pub(super) const CLOUD_ONLY: &str =
    "go by the cloud alone, without draining and validating: --cloudonly";

/// Runs `rolling-update cluster`.
pub(super) async fn run(
    global: &Global,
    args: &RollingUpdateArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let record = Recorder::new(&args.report, "rolling-update cluster", global, environment)?;
    let done = recorded(global, args, environment, &record).await;
    record.finish(done)
}

async fn recorded(
    global: &Global,
    args: &RollingUpdateArgs,
    environment: &Environment,
    record: &Recorder,
) -> Result<Exit, Failure> {
    let SourceArgs { filename, name } = &args.source;
    let naming = "cloudup rolling-update cluster NAME -f FILE";
    let (cluster, notices) =
        input::cluster(global, environment, filename, name.as_deref(), naming).await?;
    let store = state::open(global, environment).await?;
    let rolling = prepare(args, cluster)?;
    if !args.yes {
        return plan(global, args, environment, &store, (&rolling, &notices), record).await;
    }
    let keeper =
        lock::take(&store, rolling.cluster().name(), "rolling-update cluster --yes", environment);
    let keeper = keeper.await?;
    let done = under_lease(global, args, environment, &store, rolling, &keeper, record);
    let done = Box::pin(done).await;
    give_back(Some(keeper)).await?;
    done
}

fn prepare(args: &RollingUpdateArgs, cluster: Cluster) -> Result<RollingUpdate, Failure> {
    let choice =
        Choice { names: args.instance_group.clone(), roles: args.instance_group_roles.clone() };
    let options = RollingOptions {
        force: args.force,
        only: args.only.clone(),
        surge: if args.without_surge { Surge::None } else { Surge::AsManifested },
        bastion_interval: args.bastion_interval,
        control_plane_interval: args.control_plane_interval,
        node_interval: args.node_interval,
        drain_timeout: args.drain_timeout,
        post_drain_delay: args.post_drain_delay,
        validation_timeout: args.validation_timeout,
        validate_count: args.validate_count,
        fail_on_drain_error: args.fail_on_drain_error,
        fail_on_validate_error: args.fail_on_validate_error,
    };
    RollingUpdate::prepare(cluster, &choice, options).map_err(|error| failure(&error))
}

/// The clouds that it is about.
struct Clouds {
    cloud: Arc<dyn CloudWriter>,
    kubernetes: Option<Arc<dyn KubernetesWriter>>,
}

impl Clouds {
    async fn of(
        global: &Global,
        args: &RollingUpdateArgs,
        environment: &Environment,
        cluster: &Cluster,
    ) -> Result<Self, Failure> {
        let region = region(&cluster.spec.subnets).ok();
        let cloud = connect(&global.cloud, region.as_deref()).await?;
        let kubernetes =
            if args.cloudonly { None } else { Some(api(args, environment, cluster.name()).await?) };
        Ok(Self { cloud, kubernetes })
    }

    fn reader(&self) -> Option<&dyn KubernetesReader> {
        self.kubernetes.as_deref().map(|it| it as &dyn KubernetesReader)
    }
}

/// Says what would be replaced.
async fn plan(
    global: &Global,
    args: &RollingUpdateArgs,
    environment: &Environment,
    store: &Store,
    (rolling, notices): (&RollingUpdate, &[Notice]),
    record: &Recorder,
) -> Result<Exit, Failure> {
    let clouds = Clouds::of(global, args, environment, rolling.cluster()).await?;
    let progress = store.rolling_update(rolling.cluster().name()).await;
    let (progress, _) =
        progress.map_err(|e| state::failure("tell how far the last rolling update is", &e))?;
    let is_open = progress.is_some();
    let reader = clouds.cloud.reader();
    let planned = rolling.plan(reader, clouds.reader(), progress).await;
    let planned = planned.map_err(|error| failure(&error))?;
    let needs = planned.needs_update() || is_open;
    if !json(global, args.format.output, &planned)? {
        print(|out| {
            header(out, global, &planned)?;
            for notice in notices {
                writeln!(out, "{UPDATE}note:{UPDATE:#} {notice}")?;
            }
            writeln!(out)?;
            tell::rolling_update::groups(out, &planned)?;
            let hint = match (needs, is_open) {
                (false, _) => "No rolling-update required.",
                (true, false) => "Must specify --yes to rolling-update.",
                (true, true) => {
                    "An earlier rolling update is not through. Must specify --yes to rolling-update."
                }
            };
            writeln!(out, "\n{hint}")
        })?;
    }
    record.rolling_update(planned, reader);
    Ok(if needs && args.detailed_exitcode { Exit::Changes } else { Exit::Done })
}

/// Replaces what is to be replaced, with the lease on the cluster.
async fn under_lease(
    global: &Global,
    args: &RollingUpdateArgs,
    environment: &Environment,
    store: &Store,
    rolling: RollingUpdate,
    keeper: &Keeper,
    record: &Recorder,
) -> Result<Exit, Failure> {
    // What was read before the lease was had may have been changed meanwhile.
    let rolling = match &args.source {
        SourceArgs { filename, .. } if !filename.is_empty() => rolling,
        SourceArgs { .. } => {
            let name = rolling.cluster().name();
            let (cluster, _) = state::cluster(&state::stored(store, name).await?)?;
            prepare(args, cluster)?
        }
    };
    let (stop, interrupted) = stop_on_signals()?;
    stop_when_lost(Some(keeper), &stop);
    let clouds = interrupted
        .run_until_cancelled(Box::pin(Clouds::of(global, args, environment, rolling.cluster())))
        .await;
    let clouds = clouds.unwrap_or_else(|| Err(interrupted_before()))?;
    let written = Arc::new(Mutex::new(None));
    let mut journal = Kept {
        store,
        keeper,
        cluster: rolling.cluster().name(),
        seen: Seen::default(),
        written: written.clone(),
    };
    let mut prompt = Prompt;
    let tools = Tools {
        cloud: &*clouds.cloud,
        kubernetes: clouds.kubernetes.as_deref(),
        journal: &mut journal,
        ask: args.interactive.then_some(&mut prompt as &mut dyn Ask),
        stop: stop.clone(),
    };
    let silent = args.format.output == OutputArg::Json;
    let mut tell = |event: Event<'_>| {
        record.happened(&event);
        if !silent {
            // Progress that cannot be told is no reason to stop.
            let _ = tell::rolling_update::event(&mut anstream::stderr().lock(), &event);
        }
    };
    let applied = tokio::select! {
        applied = rolling.apply(tools, &mut tell) => applied,
        () = stop.leaving() => {
            let progress = written.lock().unwrap_or_else(PoisonError::into_inner).take();
            return Err(left(progress.as_ref()));
        }
    };
    let applied = applied.map_err(|error| failure(&error))?;
    if !json(global, args.format.output, &applied)? {
        print(|out| {
            header(out, global, &applied)?;
            for notice in &applied.notices {
                writeln!(out, "{UPDATE}note:{UPDATE:#} {notice}")?;
            }
            tell::rolling_update::summary(out, &applied)?;
            if !applied.needs_update() {
                return writeln!(out, "\nNo rolling-update required.");
            }
            if applied.stopped {
                writeln!(out, "\nStopped. Run it again: it goes on where it was.")?;
            }
            Ok(())
        })?;
    }
    let exit = exit(&applied);
    record.rolling_update(applied, clouds.cloud.reader());
    Ok(exit)
}

fn exit(applied: &RollingUpdateReport) -> Exit {
    let mut exit = Exit::Done;
    for (_, error) in applied.errors() {
        exit = exit.max(match error {
            RollError::Journal(StoreError::Lost { .. } | StoreError::Changed { .. }) => {
                Exit::Locked
            }
            error if error.kind() == ErrorKind::Denied => Exit::Denied,
            _ => Exit::Failed,
        });
    }
    if exit == Exit::Done && applied.stopped { Exit::Interrupted } else { exit }
}

/// What is in doubt where it is left at once.
fn left(progress: Option<&Progress>) -> Failure {
    let mut lines = vec!["left at once".to_owned()];
    for (id, replacing) in progress.into_iter().flat_map(|it| &it.replacing) {
        let what = match replacing.step {
            Step::Detaching => "may be detached from its group",
            Step::Draining => "is being drained",
            Step::Terminating => "may be terminated",
        };
        lines.push(format!("in doubt: {id} of {} {what}", replacing.group));
    }
    let nodes = progress.into_iter().flat_map(|it| it.nodes.keys());
    lines.extend(nodes.map(|node| format!("in doubt: node {node} is tainted, or cordoned")));
    let told = Failure::invalid(lines.join("\n  "));
    Failure { exit: Exit::Interrupted, ..told }
        .hint("run it again: it goes on where it was, and takes back what is not needed")
}

fn header(out: &mut dyn Write, global: &Global, report: &RollingUpdateReport) -> io::Result<()> {
    writeln!(out, "{HEADING}{report}{HEADING:#} {DIM}({}){DIM:#}", cloud_name(&global.cloud))
}

/// What `rolling-update -o json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Shown<'a> {
    /// What was worked on: AWS, or the embedded account of which file.
    cloud: String,
    #[serde(flatten)]
    report: &'a RollingUpdateReport,
}

fn json(global: &Global, output: OutputArg, report: &RollingUpdateReport) -> Result<bool, Failure> {
    if output != OutputArg::Json {
        return Ok(false);
    }
    let shown = Shown { cloud: cloud_name(&global.cloud), report };
    let text = serde_json::to_string_pretty(&shown)
        .map_err(|error| Failure::because(Exit::Failed, "write the result", &error))?;
    print(|out| writeln!(out, "{text}")).map(|_| true)
}

fn failure(error: &RollingUpdateError) -> Failure {
    let exit = match error.kind() {
        ErrorKind::Denied => Exit::Denied,
        ErrorKind::Invalid => Exit::Invalid,
        _ => Exit::Failed,
    };
    match error {
        RollingUpdateError::Invalid(_) => Failure::invalid(error.to_string()),
        RollingUpdateError::Journal(source) => {
            state::failure("tell how far the last rolling update is", source)
        }
        RollingUpdateError::Call(CallError::Kubernetes { .. }) => {
            let failure = Failure::because(exit, "find out what is to be replaced", error);
            failure.hint(CLOUD_ONLY)
        }
        RollingUpdateError::Call(_) | RollingUpdateError::Environment(_) => {
            Failure::because(exit, "find out what is to be replaced", error)
        }
    }
}

/// How far it is, in the state store.
struct Kept<'a> {
    store: &'a Store,
    keeper: &'a Keeper,
    cluster: &'a str,
    seen: Seen,
    /// What was written last, for whoever leaves at once.
    written: Arc<Mutex<Option<Progress>>>,
}

#[async_trait]
impl Journal for Kept<'_> {
    async fn load(&mut self) -> Result<Option<Progress>, StoreError> {
        let (progress, seen) = self.store.rolling_update(self.cluster).await?;
        self.seen = seen;
        Ok(progress)
    }

    async fn save(&mut self, progress: Option<&Progress>) -> Result<(), StoreError> {
        *self.written.lock().unwrap_or_else(PoisonError::into_inner) = progress.cloned();
        self.keeper.keep(&mut self.seen, progress).await
    }
}

/// Whoever sits at the terminal.
struct Prompt;

#[async_trait]
impl Ask for Prompt {
    async fn whether_to_go_on(&mut self, group: &str, instance: &str) -> Answer {
        let question = format!("Go on with {instance} of {group}? y(es), n(o), a(lways): ");
        // Whoever cannot be asked has not said yes.
        tokio::task::spawn_blocking(move || ask(&question)).await.unwrap_or(Answer::No)
    }
}

/// Asks until there is an answer. The end of the input is a no.
fn ask(question: &str) -> Answer {
    loop {
        let mut err = anstream::stderr().lock();
        if write!(err, "{question}").and_then(|()| err.flush()).is_err() {
            return Answer::No;
        }
        drop(err);
        let mut line = String::new();
        match io::stdin().read_line(&mut line) {
            Ok(0) | Err(_) => return Answer::No,
            Ok(_) => {}
        }
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" => return Answer::Yes,
            "n" | "no" => return Answer::No,
            "a" | "always" => return Answer::Always,
            _ => {}
        }
    }
}

/// The way to the cluster's Kubernetes API.
async fn api(
    args: &RollingUpdateArgs,
    environment: &Environment,
    cluster: &str,
) -> Result<Arc<dyn KubernetesWriter>, Failure> {
    let ways =
        KubernetesArgs { kubeconfig: args.kubeconfig.clone(), context: args.context.clone() };
    let api = kubernetes::connect(&ways, environment, cluster).await;
    api.map_err(|failure| failure.hint(CLOUD_ONLY))
}
