//! `cloudup update cluster`: the main job.

use cloudup::{
    environment,
    manifest::{Cluster, Notice},
    phase::Phase,
    plan::{SavedFile, SavedManifests},
    update::{Update, UpdateError, UpdateOptions},
};
use cloudup_engine::{ErrorKind, Source};
use cloudup_tasks::{cloud::CloudReader, snapshot::WriteSnapshot};

use super::{
    connect, input,
    listener::Listener,
    lock,
    record::Recorder,
    state,
    work::{Given, Job, Purpose},
};
use crate::{
    args::{ChoiceArgs, CloudArg, Global, SourceArgs, TargetArg, UpdateArgs},
    environment::Environment,
    exit::{Exit, Failure},
    kops,
};

/// Runs `update cluster`.
pub(super) async fn run(
    global: &Global,
    args: &UpdateArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let record = Recorder::new(&args.report, "update cluster", global, environment)?;
    let done = recorded(global, args, environment, &record).await;
    record.finish(done)
}

async fn recorded(
    global: &Global,
    args: &UpdateArgs,
    environment: &Environment,
    record: &Recorder,
) -> Result<Exit, Failure> {
    let (given, options, mut listener) = read(global, args, environment).await?;
    let purpose = purpose(args);
    let (parallelism, output) = (args.parallelism, args.format.output);
    let job = Job { given, options, parallelism, output, purpose, record };
    job.run(global, &mut listener).await
}

fn purpose(args: &UpdateArgs) -> Purpose<'_> {
    let changes_count = args.detailed_exitcode;
    match (&args.out, args.target) {
        (Some(to), _) => Purpose::Save { to, changes_count },
        (None, TargetArg::Direct) if args.yes => Purpose::Make,
        (None, TargetArg::Direct) => {
            let hint = "Run it again with --yes to make the changes.";
            Purpose::Show { changes_count, hint }
        }
        (None, TargetArg::Dryrun) => {
            let hint = "Nothing was changed: --target dryrun only shows.";
            Purpose::Show { changes_count, hint }
        }
    }
}

async fn given(
    global: &Global,
    args: &UpdateArgs,
    environment: &Environment,
) -> Result<Given, Failure> {
    let SourceArgs { filename, name } = &args.source;
    let name = name.as_deref();
    if !filename.is_empty() {
        let naming = "cloudup update cluster NAME -f FILE";
        let files = input::files(filename)?;
        let (cluster, notices) = input::cluster_of_texts(&files, name, naming, environment)?;
        let files = files.into_iter().map(|(name, text)| SavedFile { name, text });
        let manifests = SavedManifests::Files(files.collect());
        return Ok(Given { cluster, notices, manifests, keeper: None });
    }
    let store = state::open(global, environment).await?;
    let name = state::choose(&store, name, environment).await?;
    // A name that is no cluster's is told before anything is written about it.
    let stored = state::stored(&store, &name).await?;
    if !matches!(purpose(args), Purpose::Make) {
        let (cluster, notices) = state::cluster(&stored)?;
        let manifests = SavedManifests::stored(store.name(), &stored);
        return Ok(Given { cluster, notices, manifests, keeper: None });
    }
    let keeper = lock::take(&store, &name, "update cluster --yes", environment).await?;
    let read = state::stored(&store, &name).await;
    let read = read.and_then(|stored| state::cluster(&stored).map(|cluster| (stored, cluster)));
    match read {
        Ok((stored, (cluster, notices))) => {
            let manifests = SavedManifests::stored(store.name(), &stored);
            Ok(Given { cluster, notices, manifests, keeper: Some(keeper) })
        }
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
    let key = args.ssh_public_key.as_deref();
    let key = key.map(|path| input::ssh_public_key(path, environment)).transpose();
    let cluster = given(global, args, environment).await;
    let options = update_options(&args.choice, args.prune, environment);
    let options = match (&cluster, options) {
        // What is wrong with overrides in themselves can be told without a cluster.
        (Err(_), Ok(options)) => {
            options.read_overrides().map(|_| options).map_err(|error| failure(&error))
        }
        (_, options) => options,
    };
    let listener = Listener::new(args.format.output, args.json_events.as_deref());
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

/// The options that the flags and the settings come to.
pub(super) fn update_options(
    choice: &ChoiceArgs,
    prune: bool,
    environment: &Environment,
) -> Result<UpdateOptions, Failure> {
    let phase = choice.phase.as_deref().filter(|phase| !phase.is_empty()).map(phase);
    let set = environment.configuration.lifecycle_overrides().into_iter();
    let flags = choice.lifecycle_overrides.iter();
    let flags = flags.map(|text| (Source::Flag("--lifecycle-overrides".into()), text.clone()));
    let options =
        UpdateOptions { overrides: set.chain(flags).collect(), prune, ..UpdateOptions::default() };
    match phase.transpose() {
        Ok(phase) => Ok(UpdateOptions { phase, ..options }),
        Err(wrong) => Err(match options.read_overrides() {
            Ok(_) => wrong,
            Err(error) => wrong.and(failure(&error)),
        }),
    }
}

fn phase(name: &str) -> Result<Phase, Failure> {
    name.parse().map_err(|error| {
        let failure = Failure::invalid(format!("--phase: {error}"));
        match kops::instead_of_value("phase", name) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
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
    reader: &(dyn CloudReader + 'static),
) -> Result<Update, Failure> {
    let prepared = Update::prepare(cluster, options, reader).await;
    prepared.map(|update| update.with_notices(notices)).map_err(|error| failure(&error))
}

pub(super) fn failure(error: &UpdateError) -> Failure {
    let exit = match error.kind() {
        ErrorKind::Denied => Exit::Denied,
        ErrorKind::Invalid => Exit::Invalid,
        _ => Exit::Failed,
    };
    match error {
        UpdateError::Invalid(mistakes) => Failure::each(mistakes, error),
        UpdateError::Environment(_) => {
            Failure::because(exit, "find out where the cluster is", error)
        }
    }
}
