//! `cloudup rolling-update cluster`: instances that did not start from what new ones start from.

use std::{
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use cloudup::{
    environment::region,
    kubernetes::{KubernetesReader, KubernetesWriter},
    manifest::{Cluster, Notice},
    rolling_update::{
        Answer, Ask, CallError, Choice, Event, Journal, Progress, RollError, RollingOptions,
        RollingUpdate, RollingUpdateError, RollingUpdateReport, Step, Tools,
    },
    store::{Seen, Store, StoreError},
};
use cloudup_engine::ErrorKind;
use cloudup_tasks::cloud::CloudWriter;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    cloud_name, connect, input, kubernetes,
    listener::Listener,
    lock::{self, Keeper},
    print,
    record::Recorder,
    signals::stop_on_signals,
    state,
    work::{give_back, interrupted_before, stop_when_lost},
};
use crate::{
    args::{Global, OutputArg, ReplacingArgs, RollingUpdateArgs, SourceArgs},
    environment::Environment,
    exit::{Exit, Failure},
    tell::{
        self, Page,
        style::{DIM, HEADING},
    },
};

/// What to do without the Kubernetes API.
pub(super) const CLOUD_ONLY: &str =
    "go by the cloud alone, without draining and validating: --cloudonly";

/// A rolling update, as a verb asks for it.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    /// The cluster's name and manifests.
    pub(super) source: SourceArgs,
    /// Whether it is made, or only shown.
    pub(super) yes: bool,
    /// The groups that it is about.
    pub(super) choice: Choice,
    pub(super) options: RollingOptions,
    pub(super) replacing: &'a ReplacingArgs,
    /// Whether to ask before each further instance.
    pub(super) interactive: bool,
    /// Whether a plan that has something to do says so with its exit status.
    pub(super) detailed_exitcode: bool,
    /// Where to tell what happens as JSON.
    pub(super) json_events: Option<&'a Path>,
    pub(super) output: OutputArg,
}

impl<'a> Asked<'a> {
    fn of(args: &'a RollingUpdateArgs) -> Self {
        let replacing = &args.replacing;
        Self {
            source: args.source.clone(),
            yes: args.yes,
            choice: Choice {
                names: args.instance_group.clone(),
                roles: args.instance_group_roles.clone(),
            },
            options: RollingOptions {
                force: args.force,
                bastion_interval: args.bastion_interval,
                control_plane_interval: args.control_plane_interval,
                node_interval: args.node_interval,
                fail_on_validate_error: args.fail_on_validate_error,
                ..options(replacing)
            },
            replacing,
            interactive: args.interactive,
            detailed_exitcode: args.detailed_exitcode,
            json_events: args.json_events.as_deref(),
            output: args.format.output,
        }
    }
}

/// What the flags say that all verbs have which replace instances.
pub(super) fn options(replacing: &ReplacingArgs) -> RollingOptions {
    RollingOptions {
        drain_timeout: replacing.drain_timeout,
        post_drain_delay: replacing.post_drain_delay,
        validation_timeout: replacing.validation_timeout,
        validate_count: replacing.validate_count,
        fail_on_drain_error: replacing.fail_on_drain_error,
        ..RollingOptions::default()
    }
}

/// Runs `rolling-update cluster`.
pub(super) async fn run(
    global: &Global,
    args: &RollingUpdateArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let record = Recorder::new(&args.report, "rolling-update cluster", global, environment)?;
    let done = roll(global, &Asked::of(args), environment, &record).await;
    record.finish(done)
}

/// Makes a rolling update, or says what it would be.
pub(super) async fn roll(
    global: &Global,
    asked: &Asked<'_>,
    environment: &Environment,
    record: &Recorder,
) -> Result<Exit, Failure> {
    let SourceArgs { filename, name } = &asked.source;
    let naming = "cloudup rolling-update cluster NAME -f FILE";
    let (cluster, notices) =
        input::cluster(global, environment, filename, name.as_deref(), naming).await?;
    let mut listener = Listener::new(asked.output, asked.json_events)?;
    let store = state::open(global, environment).await?;
    let rolling = prepare(asked, cluster)?;
    if !asked.yes {
        return plan(global, asked, environment, &store, (&rolling, &notices), record).await;
    }
    if asked.interactive {
        // Whoever is asked reads what was said, and it is not drawn over.
        listener.keep_lines();
    }
    let keeper =
        lock::take(&store, rolling.cluster().name(), "rolling-update cluster --yes", environment);
    let keeper = keeper.await?;
    let work = Work { global, asked, environment, store: &store, keeper: &keeper, record };
    let done = Box::pin(work.under_lease(rolling, &mut listener)).await;
    give_back(Some(keeper)).await?;
    let done = done?;
    listener.finish()?;
    Ok(done)
}

fn prepare(asked: &Asked<'_>, cluster: Cluster) -> Result<RollingUpdate, Failure> {
    let prepared = RollingUpdate::prepare(cluster, &asked.choice, asked.options.clone());
    prepared.map_err(|error| failure(&error))
}

/// The clouds that it is about.
struct Clouds {
    cloud: Arc<dyn CloudWriter>,
    kubernetes: Option<Arc<dyn KubernetesWriter>>,
}

impl Clouds {
    async fn of(
        global: &Global,
        replacing: &ReplacingArgs,
        environment: &Environment,
        cluster: &Cluster,
    ) -> Result<Self, Failure> {
        let region = region(&cluster.spec.subnets).ok();
        let cloud = connect(&global.cloud, region.as_deref()).await?;
        let kubernetes = if replacing.cloudonly {
            None
        } else {
            Some(api(replacing, environment, cluster.name()).await?)
        };
        Ok(Self { cloud, kubernetes })
    }

    fn reader(&self) -> Option<&dyn KubernetesReader> {
        self.kubernetes.as_deref().map(|it| it as &dyn KubernetesReader)
    }
}

/// Says what would be replaced.
async fn plan(
    global: &Global,
    asked: &Asked<'_>,
    environment: &Environment,
    store: &Store,
    (rolling, notices): (&RollingUpdate, &[Notice]),
    record: &Recorder,
) -> Result<Exit, Failure> {
    let clouds = Clouds::of(global, asked.replacing, environment, rolling.cluster()).await?;
    let progress = store.rolling_update(rolling.cluster().name()).await;
    let (progress, _) =
        progress.map_err(|e| state::failure("tell how far the last rolling update is", &e))?;
    let is_open = progress.is_some();
    let reader = clouds.cloud.reader();
    let planned = rolling.plan(reader, clouds.reader(), progress).await;
    let planned = planned.map_err(|error| failure(&error))?;
    let needs = planned.needs_update() || is_open;
    if !json(global, asked.output, &planned)? {
        print(|out| {
            header(out, global, &planned)?;
            tell::notices(out, notices)?;
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
    Ok(if needs && asked.detailed_exitcode { Exit::Changes } else { Exit::Done })
}

/// A rolling update that is being made, with the lease on the cluster.
#[derive(Clone, Copy)]
struct Work<'a> {
    global: &'a Global,
    asked: &'a Asked<'a>,
    environment: &'a Environment,
    store: &'a Store,
    keeper: &'a Keeper,
    record: &'a Recorder,
}

impl Work<'_> {
    /// Replaces what is to be replaced, with the lease on the cluster.
    async fn under_lease(
        &self,
        rolling: RollingUpdate,
        listener: &mut Listener,
    ) -> Result<Exit, Failure> {
        let Self { global, asked, environment, store, keeper, record } = *self;
        // What was read before the lease was had may have been changed meanwhile.
        let rolling = match &asked.source {
            SourceArgs { filename, .. } if !filename.is_empty() => rolling,
            SourceArgs { .. } => {
                let name = rolling.cluster().name();
                let (cluster, _) = state::cluster(&state::stored(store, name).await?)?;
                prepare(asked, cluster)?
            }
        };
        let (stop, interrupted) = stop_on_signals()?;
        stop_when_lost(Some(keeper), &stop);
        let clouds = interrupted
            .run_until_cancelled(Box::pin(Clouds::of(
                global,
                asked.replacing,
                environment,
                rolling.cluster(),
            )))
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
            ask: asked.interactive.then_some(&mut prompt as &mut dyn Ask),
            stop: stop.clone(),
        };
        let mut tell = |event: Event<'_>| {
            record.happened(&event);
            listener.tell_rolling(&event);
        };
        let applied = tokio::select! {
            applied = rolling.apply(tools, &mut tell) => applied,
            () = stop.leaving() => {
                let progress = written.lock().unwrap_or_else(PoisonError::into_inner).take();
                return Err(left(progress.as_ref()));
            }
        };
        listener.end();
        let applied = applied.map_err(|error| failure(&error))?;
        if !json(global, asked.output, &applied)? {
            print(|out| {
                header(out, global, &applied)?;
                tell::notices(out, &applied.notices)?;
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

fn header(page: &mut Page<'_>, global: &Global, report: &RollingUpdateReport) -> io::Result<()> {
    let cloud = cloud_name(&global.cloud);
    page.text(0, 4, &format!("{HEADING}{report}{HEADING:#} {DIM}({cloud}){DIM:#}"))
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
        RollingUpdateError::Invalid(mistakes) => Failure::each(mistakes, error),
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
    replacing: &ReplacingArgs,
    environment: &Environment,
    cluster: &str,
) -> Result<Arc<dyn KubernetesWriter>, Failure> {
    let api = kubernetes::connect(&replacing.kubernetes, environment, cluster).await;
    api.map_err(|failure| failure.hint(CLOUD_ONLY))
}
