//! Saved plans: `cloudup apply` carries one out, `cloudup show` shows one.

use std::path::Path;

use cloudup::{
    manifest::Notice,
    plan::{NotAPlan, SavedManifests, SavedPlan, Standing},
    store::Store,
    update::UpdateReport,
};
use cloudup_engine::Registry;

use super::{
    file, input,
    listener::Listener,
    lock::{self, Keeper},
    record::Recorder,
    screen::Screen,
    state,
    work::{Given, Job, Purpose},
};
use crate::{
    args::{ApplyArgs, CloudArg, Global, ShowArgs},
    environment::Environment,
    exit::{Exit, Failure},
};

/// Runs `show`.
pub(super) fn show(global: &Global, args: &ShowArgs) -> Result<Exit, Failure> {
    let plan = read(&args.plan)?;
    let cloud = match plan.cloud.as_str() {
        "aws" => "AWS",
        _ => "embedded account",
    };
    let hint = format!("To make these changes: cloudup apply {}", args.plan.display());
    let changes = plan.update.report.counts().changes() > 0;
    Screen::of(global, args.format.output, cloud)
        .whole(&plan.update, changes.then_some(hint.as_str()))?;
    Ok(Exit::Done)
}

/// Runs `apply`.
pub(super) async fn apply(
    global: &Global,
    args: &ApplyArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let record = Recorder::new(&args.report, "apply", global, environment)?;
    let done = recorded(global, args, environment, &record).await;
    record.finish(done)
}

async fn recorded(
    global: &Global,
    args: &ApplyArgs,
    environment: &Environment,
    record: &Recorder,
) -> Result<Exit, Failure> {
    let plan = read(&args.plan)?;
    check_cloud(&plan, &global.cloud)?;
    let mut listener = Listener::new(args.format.output, args.json_events.as_deref())?;
    let options = plan.options(Registry::default()).map_err(|error| failure(&args.plan, &error))?;
    let given = given(global, &plan, environment).await?;
    let purpose = Purpose::CarryOut(&plan);
    let (parallelism, output) = (args.parallelism, args.format.output);
    let job = Job { given, options, parallelism, output, purpose, record };
    job.run(global, &mut listener).await
}

/// The plan in a file; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<SavedPlan, Failure> {
    let text = input::text(path).map_err(|error| {
        Failure::because(Exit::Invalid, &format!("read the plan {}", path.display()), &error)
    })?;
    SavedPlan::read(&text).map_err(|error| failure(path, &error))
}

pub(super) fn failure(path: &Path, error: &NotAPlan) -> Failure {
    let told = Failure::because(Exit::Invalid, &format!("use {}", path.display()), error);
    match error {
        NotAPlan::Version { .. } => told.hint("plan again with this cloudup, or use that one"),
        NotAPlan::Form(_) | NotAPlan::NoVersion | NotAPlan::Key => {
            told.hint("make one: cloudup update cluster NAME --out plan.json")
        }
    }
}

/// Writes a plan's file.
pub(super) fn save(path: &Path, plan: &SavedPlan) -> Result<(), Failure> {
    let failed = |error: &(dyn std::error::Error + 'static)| {
        Failure::because(Exit::Failed, &format!("save the plan to {}", path.display()), error)
    };
    let text = plan.to_text().map_err(|error| failed(&error))?;
    file::write(path, &text).map_err(|error| failed(&error))
}

/// What a plan's file calls a cloud.
pub(super) fn cloud_kind(cloud: &CloudArg) -> &'static str {
    match cloud {
        CloudArg::Local(_) => "local",
        CloudArg::Aws => "aws",
    }
}

/// A plan for one kind of cloud is not carried out on another, nor does a file choose the cloud.
fn check_cloud(plan: &SavedPlan, cloud: &CloudArg) -> Result<(), Failure> {
    let here = cloud_kind(cloud);
    if plan.cloud == here {
        return Ok(());
    }
    let told = format!("the plan was made for --cloud {}, and this is --cloud {here}", plan.cloud);
    Err(Failure::invalid(told).hint(format!("say so: --cloud {}", plan.cloud)))
}

/// The cluster that a plan is about, as it was; from the state store where it came from there,
/// under a lease.
async fn given(
    global: &Global,
    plan: &SavedPlan,
    environment: &Environment,
) -> Result<Given, Failure> {
    let name = &plan.update.cluster;
    match &plan.manifests {
        SavedManifests::Files(files) => {
            let found = SavedManifests::cluster_of_files(files, name);
            let found = found.map_err(|errors| input::mistakes(&errors))?;
            let (cluster, notices) = found.ok_or_else(|| no_cluster(name))?;
            Ok(Given { cluster, notices, manifests: plan.manifests.clone(), keeper: None })
        }
        SavedManifests::Store { store: planned, .. } => {
            let store = state::open(global, environment).await?;
            if store.name() != planned {
                let told = format!(
                    "the plan is of a cluster in the state store {planned}, and this is {}",
                    store.name()
                );
                return Err(Failure::invalid(told).hint(format!("say so: --state {planned}")));
            }
            state::stored(&store, name).await?;
            let keeper = lock::take(&store, name, "apply", environment).await?;
            match stored(plan, &store).await {
                Ok(given) => Ok(Given { keeper: Some(keeper), ..given }),
                Err(failure) => give_back(keeper, failure).await,
            }
        }
    }
}

/// A plan that says less than it should was not made here.
pub(super) fn no_cluster(name: &str) -> Failure {
    Failure::invalid(format!("the plan's manifests hold no Cluster {name}"))
}

async fn give_back(keeper: Keeper, failure: Failure) -> Result<Given, Failure> {
    keeper.release().await;
    Err(failure)
}

/// The cluster as the store has it, where that is still what was planned with.
async fn stored(plan: &SavedPlan, store: &Store) -> Result<Given, Failure> {
    let stored = state::stored(store, &plan.update.cluster).await?;
    let changed = plan.manifests.changed_since(&stored);
    if !changed.is_empty() {
        let places = changed.iter().map(|key| {
            let kept = stored.documents().get(key);
            let gone = || format!("\n  {key} is gone");
            kept.map_or_else(gone, |document| format!("\n  {}", document.place))
        });
        let told = format!(
            "the plan no longer holds, and nothing was changed: these manifests have changed \
             since it was made{}",
            places.collect::<String>()
        );
        return Err(Failure::invalid(told).hint(again(&plan.update.cluster)));
    }
    let (cluster, notices) = state::cluster(&stored)?;
    Ok(Given { cluster, notices, manifests: plan.manifests.clone(), keeper: None })
}

/// Whether a plan still holds, or what of it is done already, for people.
pub(super) fn standing(plan: &SavedPlan, now: &UpdateReport) -> Result<Option<Notice>, Failure> {
    let Standing { done, left } = plan.standing(now).map_err(|moved| {
        let mut told = "the plan no longer holds, and nothing was changed".to_owned();
        for line in moved.to_string().lines() {
            told.push_str("\n  ");
            told.push_str(line);
        }
        let failure = Failure::invalid(told).hint(again(&plan.update.cluster));
        let here = env!("CARGO_PKG_VERSION");
        if moved.made_by == here {
            return failure;
        }
        failure.hint(format!(
            "it was made by cloudup {}, and this is {here}, which may plan otherwise",
            moved.made_by
        ))
    })?;
    let notice = (!done.is_empty()).then(|| {
        let all = done.len() + left.len();
        let message = format!("{} of the plan's {all} changes are made already", done.len());
        Notice { place: None, message }
    });
    Ok(notice)
}

fn again(cluster: &str) -> String {
    format!("plan again, and look again: cloudup update cluster {cluster} --out FILE")
}
