//! Work on a cluster: an update planned, shown, and carried out or saved.

use std::path::Path;

use cloudup::{
    manifest::{Cluster, Notice},
    plan::{SavedManifests, SavedOptions, SavedPlan},
    update::{Update, UpdateOptions, UpdateReport},
};
use cloudup_engine::{ErrorKind, Options, Report, Stop};
use cloudup_tasks::{cloud::CloudWriter as _, snapshot::WriteSnapshot};

use super::{
    listener::Listener,
    lock::Keeper,
    plan,
    record::Recorder,
    screen::Screen,
    signals::stop_on_signals,
    update::{cloud, prepare},
};
use crate::{
    args::{Global, OutputArg},
    exit::{Exit, Failure},
};

/// A cluster, and the lease on it where it comes from the state store and is going to be changed.
pub(super) struct Given {
    pub(super) cluster: Cluster,
    pub(super) notices: Vec<Notice>,
    /// What they were read from.
    pub(super) manifests: SavedManifests,
    pub(super) keeper: Option<Keeper>,
}

/// What a plan is made for.
#[derive(Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// It is shown. Whether changes count for the exit status, and what to say where there are any.
    Show { changes_count: bool, hint: &'static str },
    /// It is shown, and saved to be carried out later.
    Save { to: &'a Path, changes_count: bool },
    /// It is carried out.
    Make,
    /// It is carried out if it is what was planned, or the rest of that.
    CarryOut(&'a SavedPlan),
}

/// An update of a cluster, with all that is given for it.
pub(super) struct Job<'a> {
    pub(super) given: Given,
    pub(super) options: UpdateOptions,
    pub(super) parallelism: u16,
    pub(super) output: OutputArg,
    pub(super) purpose: Purpose<'a>,
    pub(super) record: &'a Recorder,
}

impl Job<'_> {
    /// Does it, and gives the lease back.
    pub(super) async fn run(
        mut self,
        global: &Global,
        listener: &mut Listener,
    ) -> Result<Exit, Failure> {
        let keeper = self.given.keeper.take();
        let done = self.under(global, listener, keeper.as_ref()).await;
        // Whoever waits for the cluster need not wait for what is told.
        give_back(keeper).await?;
        done
    }

    async fn under(
        self,
        global: &Global,
        listener: &mut Listener,
        keeper: Option<&Keeper>,
    ) -> Result<Exit, Failure> {
        let Self { given, options, parallelism, output, purpose, record } = self;
        let Given { cluster, notices, manifests, keeper: _ } = given;
        let (stop, interrupted) = stop_on_signals()?;
        stop_when_lost(keeper, &stop);
        let asked = SavedOptions::of(&options);

        // Nothing is changed before the plan: one signal is enough to leave.
        let prepared = interrupted.run_until_cancelled(Box::pin(async {
            let cloud = cloud(&global.cloud, Some(&cluster)).await?;
            let update = prepare(cluster, options, notices, cloud.reader()).await?;
            Ok((cloud, update))
        }));
        let prepared = prepared.await.unwrap_or_else(|| Err(interrupted_before()));
        let (cloud, update) = prepared?;
        let engine = engine(parallelism, stop);
        let planned = update.plan(cloud.reader(), &engine, |event| listener.note(&event)).await;
        let planned = planned.map_err(|error| Failure::invalid(error.to_string()))?;
        record.update(&planned, cloud.reader());

        let screen = Screen::new(global, output);
        let succeeded = planned.report.succeeded();
        let (changes_count, hint) = match purpose {
            Purpose::Show { changes_count, hint } => (changes_count, Some(hint)),
            Purpose::Save { to, changes_count } => {
                let hint = if succeeded {
                    let cloud = plan::cloud_kind(&global.cloud);
                    let saved = SavedPlan::new(cloud, manifests, asked, planned.clone());
                    plan::save(to, &saved)?;
                    format!("Saved. To make these changes: cloudup apply {}", to.display())
                } else {
                    "No plan was saved: what failed above comes first.".to_owned()
                };
                listener.finish()?;
                screen.whole(&planned, Some(&hint))?;
                return Ok(exit(&planned.report, changes_count));
            }
            Purpose::Make => {
                let told = (&screen, record);
                return make(told, listener, (&update, &cloud), &engine, planned).await;
            }
            Purpose::CarryOut(saved) => {
                let (update, planned) = match plan::standing(saved, &planned) {
                    _ if !succeeded => (update, planned),
                    Ok(None) => (update, planned),
                    Ok(Some(notice)) => {
                        let mut planned = planned;
                        planned.notices.insert(0, notice.clone());
                        (update.with_notices([notice]), planned)
                    }
                    Err(failure) => {
                        listener.finish()?;
                        return Err(failure);
                    }
                };
                let told = (&screen, record);
                return make(told, listener, (&update, &cloud), &engine, planned).await;
            }
        };
        listener.finish()?;
        let changes = planned.report.counts().changes() > 0;
        screen.whole(&planned, hint.filter(|_| succeeded && changes))?;
        Ok(exit(&planned.report, changes_count))
    }
}

/// Carries a plan out, where it can be and there is something to do.
async fn make(
    (screen, record): (&Screen<'_>, &Recorder),
    listener: &mut Listener,
    (update, cloud): (&Update, &WriteSnapshot),
    engine: &Options,
    planned: UpdateReport,
) -> Result<Exit, Failure> {
    let succeeded = planned.report.succeeded();
    if !succeeded || planned.report.counts().changes() == 0 {
        listener.finish()?;
        let hint = "Nothing was changed: what failed above comes first.";
        screen.whole(&planned, Some(hint).filter(|_| !succeeded))?;
        return Ok(exit(&planned.report, false));
    }
    screen.plan(&planned)?;
    let applied = update.apply(cloud, engine, |event| listener.tell(&event)).await;
    let applied = applied.map_err(|error| Failure::invalid(error.to_string()))?;
    record.update(&applied, cloud.reader());
    listener.finish()?;
    screen.applied(&applied)?;
    Ok(exit(&applied.report, false))
}

/// Gives the lease back, unless it was lost on the way.
pub(super) async fn give_back(keeper: Option<Keeper>) -> Result<(), Failure> {
    let lost = keeper.as_ref().is_some_and(|keeper| keeper.lost().is_cancelled());
    if let Some(keeper) = keeper {
        keeper.release().await;
    }
    if lost {
        let text = "the lease on the cluster was taken away, or ran out: stopped";
        let told = Failure::invalid(text).hint("run it again: it goes on where it was");
        return Err(Failure { exit: Exit::Locked, ..told });
    }
    Ok(())
}

/// Stops a run where the lease that it is under is lost.
pub(super) fn stop_when_lost(keeper: Option<&Keeper>, stop: &Stop) {
    if let Some(keeper) = keeper {
        let (lost, stop) = (keeper.lost().clone(), stop.clone());
        tokio::spawn(async move {
            lost.cancelled().await;
            stop.finish();
        });
    }
}

/// How the engine runs.
pub(super) fn engine(parallelism: u16, stop: Stop) -> Options {
    Options { concurrency: parallelism.into(), seed: seed(), stop, ..Options::default() }
}

/// What is told where a signal came before anything was begun.
pub(super) fn interrupted_before() -> Failure {
    let told = Failure::invalid("interrupted before anything was changed");
    Failure { exit: Exit::Interrupted, ..told }
}

/// How the run ended.
pub(super) fn exit(report: &Report, changes_count: bool) -> Exit {
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

/// Jitter must differ between runs that are throttled together.
fn seed() -> u64 {
    u64::from(std::process::id())
}
