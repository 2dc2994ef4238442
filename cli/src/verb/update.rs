//! `cloudup update cluster`: the main job.

use std::{
    io::{self, Write},
    path::Path,
};

use cloudup::{
    environment, kinds,
    manifest::{Cluster, Notice},
    phase::Phase,
    update::{Update, UpdateError, UpdateOptions, UpdateReport},
};
use cloudup_engine::{ErrorKind, Event, Options, Report, Source, Stop};
use cloudup_tasks::{cloud::CloudWriter as _, snapshot::WriteSnapshot};
use schemars::JsonSchema;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{
    cloud_name, connect, input,
    lock::{self, Keeper},
    print, state,
};
use crate::{
    args::{ChoiceArgs, CloudArg, Global, OutputArg, SourceArgs, TargetArg, UpdateArgs},
    environment::{Environment, LIFECYCLE_OVERRIDES},
    exit::{Exit, Failure},
    tell::{
        Detail, JsonEvents, Progress, report,
        style::{DIM, HEADING, UPDATE},
    },
};

/// Runs `update cluster`.
pub(super) async fn run(
    global: &Global,
    args: &UpdateArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let (given, options, mut listener) = read(global, args, environment).await?;
    let Given { cluster, notices, keeper } = given;
    let done =
        run_on(global, args, (cluster, notices), options, &mut listener, keeper.as_ref()).await;
    // Whoever waits for the cluster need not wait for what is told.
    let lost = keeper.as_ref().is_some_and(|keeper| keeper.lost().is_cancelled());
    if let Some(keeper) = keeper {
        keeper.release().await;
    }
    if lost {
        let told = Failure::invalid("the lease on the cluster was taken away, or ran out: stopped")
            .hint("run it again: it goes on where it was");
        return Err(Failure { exit: Exit::Locked, ..told });
    }
    done
}

/// The same, once all that is given is read.
async fn run_on(
    global: &Global,
    args: &UpdateArgs,
    (cluster, notices): (Cluster, Vec<Notice>),
    options: UpdateOptions,
    listener: &mut Listener,
    keeper: Option<&Keeper>,
) -> Result<Exit, Failure> {
    let (stop, interrupted) = stop_on_signals()?;
    if let Some(keeper) = keeper {
        let (lost, stop) = (keeper.lost().clone(), stop.clone());
        tokio::spawn(async move {
            lost.cancelled().await;
            stop.finish();
        });
    }

    // Nothing is changed before the plan: one signal is enough to leave.
    let prepared = interrupted.run_until_cancelled(Box::pin(async {
        let cloud = cloud(&global.cloud, Some(&cluster)).await?;
        let update = prepare(cluster, options, notices, &cloud).await?;
        Ok((cloud, update))
    }));
    let Some(prepared) = prepared.await else {
        let told = Failure::invalid("interrupted before anything was changed");
        return Err(Failure { exit: Exit::Interrupted, ..told });
    };
    let (cloud, update) = prepared?;
    let engine =
        Options { concurrency: args.parallelism.into(), seed: seed(), stop, ..Options::default() };
    let may_apply = may_apply(args);

    let planned = update.plan(cloud.reader(), &engine, |event| listener.note(&event)).await;
    let planned = planned.map_err(|error| Failure::invalid(error.to_string()))?;
    let go = may_apply && planned.report.succeeded() && planned.report.counts().changes() > 0;
    let screen = Screen { global, detail: detail(global) };
    if !go {
        listener.finish()?;
        screen.whole(&planned, hint(args, &planned.report))?;
        return Ok(exit(&planned.report, !may_apply && args.detailed_exitcode));
    }
    screen.plan(&planned)?;
    let applied = update.apply(&cloud, &engine, |event| listener.tell(&event)).await;
    let applied = applied.map_err(|error| Failure::invalid(error.to_string()))?;
    listener.finish()?;
    screen.applied(&applied)?;
    Ok(exit(&applied.report, false))
}

fn may_apply(args: &UpdateArgs) -> bool {
    args.yes && args.target == TargetArg::Direct
}

/// A cluster, and the lease on it where it comes from the state store and is going to be changed.
struct Given {
    cluster: Cluster,
    notices: Vec<Notice>,
    keeper: Option<Keeper>,
}

async fn given(
    global: &Global,
    args: &UpdateArgs,
    environment: &Environment,
) -> Result<Given, Failure> {
    let SourceArgs { filename, name } = &args.source;
    if !filename.is_empty() || !may_apply(args) {
        let naming = "cloudup update cluster NAME -f FILE";
        let (cluster, notices) =
            input::cluster(global, environment, filename, name.as_deref(), naming).await?;
        return Ok(Given { cluster, notices, keeper: None });
    }
    let store = state::open(global, environment).await?;
    let name = state::choose(&store, name.as_deref()).await?;
    // A name that is no cluster's is told before anything is written about it.
    state::stored(&store, &name).await?;
    let keeper = lock::take(&store, &name, "update cluster --yes", environment).await?;
    match state::stored(&store, &name).await.and_then(|stored| state::cluster(&stored)) {
        Ok((cluster, notices)) => Ok(Given { cluster, notices, keeper: Some(keeper) }),
        Err(failure) => {
            keeper.release().await;
            Err(failure)
        }
    }
}

/// All that is given, or all that is wrong with it.
async fn read(
    global: &Global,
    args: &UpdateArgs,
    environment: &Environment,
) -> Result<(Given, UpdateOptions, Listener), Failure> {
    let key = args.ssh_public_key.as_deref().map(input::ssh_public_key).transpose();
    let cluster = given(global, args, environment).await;
    let options = update_options(&args.choice, args.prune, environment);
    let options = match (&cluster, options) {
        // What is wrong with overrides in themselves can be told without a cluster.
        (Err(_), Ok(options)) => {
            options.read_overrides().map(|_| options).map_err(|error| failure(&error))
        }
        (_, options) => options,
    };
    let listener = Listener::new(global, args);
    match (key, cluster, options, listener) {
        (Ok(ssh_key), Ok(given), Ok(options), Ok(listener)) => {
            Ok((given, UpdateOptions { ssh_key, ..options }, listener))
        }
        (key, cluster, options, listener) => {
            let cluster = match cluster {
                Ok(Given { keeper: Some(keeper), .. }) => {
                    keeper.release().await;
                    None
                }
                Ok(Given { keeper: None, .. }) => None,
                Err(failure) => Some(failure),
            };
            let failures = [key.err(), cluster, options.err(), listener.err()];
            let all = failures.into_iter().flatten().reduce(Failure::and);
            Err(all.expect("one of them failed"))
        }
    }
}

/// The options that the flags and the environment come to.
pub(super) fn update_options(
    choice: &ChoiceArgs,
    prune: bool,
    environment: &Environment,
) -> Result<UpdateOptions, Failure> {
    let phase = match choice.phase.as_deref().filter(|phase| !phase.is_empty()) {
        None => None,
        Some(phase) => Some(
            phase
                .parse::<Phase>()
                .map_err(|error| Failure::invalid(format!("--phase: {error}")))?,
        ),
    };
    let variable = environment.lifecycle_overrides.iter();
    let variable =
        variable.map(|text| (Source::Environment(LIFECYCLE_OVERRIDES.into()), text.clone()));
    let flags = choice.lifecycle_overrides.iter();
    let flags = flags.map(|text| (Source::Flag("--lifecycle-overrides".into()), text.clone()));
    Ok(UpdateOptions {
        phase,
        overrides: variable.chain(flags).collect(),
        prune,
        ..UpdateOptions::default()
    })
}

/// Connects, over a snapshot of what is read: a plan and the apply behind it read once.
pub(super) async fn cloud(
    cloud: &CloudArg,
    cluster: Option<&Cluster>,
) -> Result<WriteSnapshot, Failure> {
    let region = cluster.and_then(|cluster| environment::region(&cluster.spec.subnets).ok());
    Ok(WriteSnapshot::of_writer(connect(cloud, region.as_deref()).await?))
}

/// Prepares an update, or says all that is wrong with it.
pub(super) async fn prepare(
    cluster: Cluster,
    options: UpdateOptions,
    notices: Vec<Notice>,
    cloud: &WriteSnapshot,
) -> Result<Update, Failure> {
    let prepared = Update::prepare(cluster, options, cloud.reader()).await;
    prepared.map(|update| update.with_notices(notices)).map_err(|error| failure(&error))
}

pub(super) fn failure(error: &UpdateError) -> Failure {
    let exit = match error.kind() {
        ErrorKind::Denied => Exit::Denied,
        ErrorKind::Invalid => Exit::Invalid,
        _ => Exit::Failed,
    };
    match error {
        UpdateError::Invalid(_) => Failure::invalid(error.to_string()),
        UpdateError::Environment(_) => {
            Failure::because(exit, "find out where the cluster is", error)
        }
    }
}

/// Jitter must differ between runs that are throttled together.
fn seed() -> u64 {
    u64::from(std::process::id())
}

/// Stops the run on the first signal, leaves it on the second. Listens before it returns, so that
/// no signal from then on ends the process. The token is cancelled by the first signal.
#[cfg(unix)]
fn stop_on_signals() -> Result<(Stop, CancellationToken), Failure> {
    use tokio::signal::unix::{SignalKind, signal};

    let listen =
        |kind| signal(kind).map_err(|e| Failure::because(Exit::Failed, "listen for signals", &e));
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let (stop, first) = (Stop::new(), CancellationToken::new());
    let (escalating, cancelling) = (stop.clone(), first.clone());
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            escalating.escalate();
            cancelling.cancel();
        }
    });
    Ok((stop, first))
}

/// Stops the run on the first interrupt, leaves it on the second.
#[cfg(not(unix))]
fn stop_on_signals() -> Result<(Stop, CancellationToken), Failure> {
    let (stop, first) = (Stop::new(), CancellationToken::new());
    let (escalating, cancelling) = (stop.clone(), first.clone());
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            escalating.escalate();
            cancelling.cancel();
        }
    });
    Ok((stop, first))
}

fn detail(global: &Global) -> Detail {
    if global.verbose > 0 { Detail::All } else { Detail::Changes }
}

/// How the run ended.
fn exit(report: &Report, changes_count: bool) -> Exit {
    if report.stopped.is_some() {
        return Exit::Interrupted;
    }
    let failures = report.failures().filter_map(|entry| entry.error.as_ref());
    let denied = failures.map(|failure| failure.kind).any(|kind| kind == ErrorKind::Denied);
    match report.succeeded() {
        _ if denied => Exit::Denied,
        false => Exit::Failed,
        true if changes_count && report.counts().changes() > 0 => Exit::Changes,
        true => Exit::Done,
    }
}

fn hint(args: &UpdateArgs, report: &Report) -> Option<&'static str> {
    if !report.succeeded() {
        return args.yes.then_some("Nothing was changed: what failed above comes first.");
    }
    match (report.counts().changes() > 0, args.target) {
        (false, _) => None,
        (true, TargetArg::Direct) => Some("Run it again with --yes to make the changes."),
        (true, TargetArg::Dryrun) => Some("Nothing was changed: --target dryrun only shows."),
    }
}

/// Whoever is told what happens.
struct Listener {
    progress: Progress,
    events: Option<JsonEvents>,
}

impl Listener {
    fn new(global: &Global, args: &UpdateArgs) -> Result<Self, Failure> {
        let open = |path: &Path| {
            let doing = format!("write events to {}", path.display());
            JsonEvents::open(path).map_err(|e| Failure::because(Exit::Invalid, &doing, &e))
        };
        let events = args.json_events.as_deref().map(open).transpose()?;
        let on_stderr = args.json_events.as_deref().is_some_and(|path| path.as_os_str() == "-");
        let silent = on_stderr || global.output == OutputArg::Json;
        Ok(Self { progress: Progress::new(silent), events })
    }

    /// Tells people and programs.
    fn tell(&mut self, event: &Event<'_>) {
        self.progress.tell(event);
        self.note(event);
    }

    /// Tells programs: what a plan does, people see when it is done.
    fn note(&mut self, event: &Event<'_>) {
        if let Some(events) = &mut self.events {
            events.tell(event);
        }
    }

    fn finish(&mut self) -> Result<(), Failure> {
        match self.events.take().map(JsonEvents::finish) {
            Some(Err(error)) => Err(Failure::because(Exit::Failed, "write the events", &error)),
            Some(Ok(())) | None => Ok(()),
        }
    }
}

/// Shows a plan, and what came of it.
struct Screen<'a> {
    global: &'a Global,
    detail: Detail,
}

impl Screen<'_> {
    /// A plan that nothing follows.
    fn whole(&self, planned: &UpdateReport, hint: Option<&str>) -> Result<(), Failure> {
        if self.json(planned)? {
            return Ok(());
        }
        self.plan(planned)?;
        print(|out| report::summary(out, &planned.report, hint)).map(drop)
    }

    /// A plan that is about to be carried out.
    fn plan(&self, planned: &UpdateReport) -> Result<(), Failure> {
        if self.global.output == OutputArg::Json {
            return Ok(());
        }
        print(|out| {
            writeln!(
                out,
                "{HEADING}{planned}{HEADING:#} {DIM}({}){DIM:#}",
                cloud_name(&self.global.cloud)
            )?;
            for notice in &planned.notices {
                writeln!(out, "{UPDATE}note:{UPDATE:#} {notice}")?;
            }
            entries(out, &planned.report, self.detail)
        })
        .map(drop)
    }

    /// What came of it: what the plan has told already is not told again.
    fn applied(&self, applied: &UpdateReport) -> Result<(), Failure> {
        if self.json(applied)? {
            return Ok(());
        }
        print(|out| {
            if !applied.report.succeeded() {
                entries(out, &applied.report, Detail::Trouble)?;
            }
            report::summary(out, &applied.report, None)
        })
        .map(drop)
    }

    fn json(&self, shown: &UpdateReport) -> Result<bool, Failure> {
        if self.global.output != OutputArg::Json {
            return Ok(false);
        }
        let shown = Shown { cloud: cloud_name(&self.global.cloud), update: shown };
        let text = serde_json::to_string_pretty(&shown)
            .map_err(|error| Failure::because(Exit::Failed, "write the result", &error))?;
        print(|out| writeln!(out, "{text}")).map(|_| true)
    }
}

/// What `update -o json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Shown<'a> {
    /// What was worked on: AWS, or the embedded account of which file.
    cloud: String,
    #[serde(flatten)]
    update: &'a UpdateReport,
}

fn entries(out: &mut dyn Write, shown: &Report, detail: Detail) -> io::Result<()> {
    let phases = Phase::ALL.map(Phase::name);
    report::entries(out, shown, detail, &phases, |kind| {
        let phase = kinds::phase(kind);
        let place = phase.and_then(|phase| Phase::ALL.iter().position(|&other| other == phase));
        place.unwrap_or(phases.len())
    })
}
