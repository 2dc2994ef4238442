//! What `delete` deletes in the cloud, before it takes anything out of the state store.

use cloudup::{
    environment,
    manifest::{Cluster, InstanceGroup, Notice},
    removal::{Removal, Target, is_clean},
    store::Store,
    update::{UpdateOptions, UpdateReport},
};
use cloudup_engine::{Options, Retry};
use cloudup_tasks::{cloud::CloudWriter as _, snapshot::WriteSnapshot};

use super::{
    connect, delete, input,
    listener::Listener,
    lock::{self, Keeper},
    print,
    record::Recorder,
    screen::Screen,
    signals::stop_on_signals,
    state, update,
    work::{self, give_back, interrupted_before, stop_when_lost},
};
use crate::{
    args::{Delete, DeleteArgs, Global, OutputArg},
    environment::Environment,
    exit::{Exit, Failure},
};

/// Runs `delete` on the cloud.
pub(super) async fn run(
    global: &Global,
    command: &Delete,
    how: &DeleteArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let record = Recorder::new(&how.report, delete::reason(command), global, environment)?;
    let done = Box::pin(recorded(global, command, how, environment, &record)).await;
    record.finish(done)
}

async fn recorded(
    global: &Global,
    command: &Delete,
    how: &DeleteArgs,
    environment: &Environment,
    record: &Recorder,
) -> Result<Exit, Failure> {
    let options = update::update_options(&how.choice, false, environment).and_then(|options| {
        options.read_overrides().map(|_| options).map_err(|error| update::failure(&error))
    });
    let listener = Listener::new(how.format.output, how.json_events.as_deref());
    let (options, listener) = match (options, listener) {
        (Ok(options), Ok(listener)) => (options, listener),
        (Err(failure), Ok(_)) | (Ok(_), Err(failure)) => return Err(failure),
        (Err(failure), Err(other)) => return Err(failure.and(other)),
    };
    let given = given(global, command, how, environment).await?;
    let job = Job { global, command, how, options, record };
    let done = job.run(&given, listener).await;
    give_back(given.keeper).await?;
    done
}

/// What is to go, and where else it is to be taken out.
struct Given {
    /// The manifest, unless only a name and a region were given.
    cluster: Option<Cluster>,
    notices: Vec<Notice>,
    /// The store that it is in.
    store: Option<Store>,
    /// The lease on it, where something is going to be done.
    keeper: Option<Keeper>,
}

/// Finds what is to go, unless it cannot.
async fn given(
    global: &Global,
    command: &Delete,
    how: &DeleteArgs,
    environment: &Environment,
) -> Result<Given, Failure> {
    let name = delete::cluster_name(command);
    if let Delete::Cluster { external: true, .. } = command {
        return Ok(Given { cluster: None, notices: Vec::new(), store: None, keeper: None });
    }
    if !how.filename.is_empty() {
        let naming = match command {
            Delete::Cluster { .. } => "cloudup delete cluster NAME -f FILE",
            Delete::Group { .. } => "cloudup delete instancegroup GROUP --cluster NAME -f FILE",
        };
        let (cluster, notices) = input::cluster_of_files(&how.filename, name, naming, environment)?;
        check(command, &cluster)?;
        return Ok(Given { cluster: Some(cluster), notices, store: None, keeper: None });
    }
    let store = state::open(global, environment).await?;
    let name = state::choose(&store, name, environment).await?;
    let found = found(&store, &name, command).await?;
    if !how.yes {
        return Ok(Given { store: Some(store), ..found });
    }
    let keeper = lock::take(&store, &name, delete::reason(command), environment).await?;
    // It may have changed while somebody else was at work on it.
    match self::found(&store, &name, command).await {
        Ok(found) => Ok(Given { store: Some(store), keeper: Some(keeper), ..found }),
        Err(failure) => {
            keeper.release().await;
            Err(failure)
        }
    }
}

/// What the store has of it.
async fn found(store: &Store, name: &str, command: &Delete) -> Result<Given, Failure> {
    let stored = state::stored(store, name).await.map_err(|failure| match command {
        Delete::Cluster { .. } => failure.hint(format!(
            "what the cloud may still have of it goes with: cloudup delete cluster {name} \
             --external --region REGION"
        )),
        Delete::Group { .. } => failure,
    })?;
    delete::without(&stored, command)?;
    let (cluster, notices) = state::cluster(&stored)?;
    Ok(Given { cluster: Some(cluster), notices, store: None, keeper: None })
}

/// Refuses a group that is not there, or that the cluster cannot do without.
fn check(command: &Delete, cluster: &Cluster) -> Result<(), Failure> {
    let Delete::Group { group, .. } = command else { return Ok(()) };
    if group_of(cluster, group).is_none() {
        let names = cluster.groups.iter().map(InstanceGroup::name);
        let told = Failure::invalid(format!("{} has no instance group {group}", cluster.name()));
        return Err(match input::nearest(group, names.clone()) {
            Some(nearest) => told.hint(format!("did you mean {nearest}?")),
            None => told.hint(format!("it has {}", names.collect::<Vec<_>>().join(", "))),
        });
    }
    match delete::needed(cluster, group).into_iter().reduce(Failure::and) {
        Some(all) => Err(all),
        None => Ok(()),
    }
}

fn group_of<'c>(cluster: &'c Cluster, name: &str) -> Option<&'c InstanceGroup> {
    cluster.groups.iter().find(|group| group.name() == name)
}

/// A deletion, as it was asked for.
struct Job<'a> {
    global: &'a Global,
    command: &'a Delete,
    how: &'a DeleteArgs,
    options: UpdateOptions,
    record: &'a Recorder,
}

impl Job<'_> {
    fn target<'g>(&'g self, cluster: Option<&'g Cluster>) -> Result<Target<'g>, Failure> {
        match (self.command, cluster) {
            (Delete::Cluster { .. }, Some(cluster)) => Ok(Target::Cluster(cluster)),
            (Delete::Cluster { name, region, .. }, None) => {
                Ok(Target::Named { name, region: region.as_deref().unwrap_or_default() })
            }
            (Delete::Group { group, .. }, cluster) => {
                let found = cluster.and_then(|it| Some(Target::Group(it, group_of(it, group)?)));
                found.ok_or_else(|| Failure::invalid(format!("there is no instance group {group}")))
            }
        }
    }

    async fn cloud(&self, target: &Target<'_>) -> Result<WriteSnapshot, Failure> {
        let region = match *target {
            Target::Named { region, .. } => Some(region.to_owned()),
            Target::Cluster(cluster) | Target::Group(cluster, _) => {
                environment::region(&cluster.spec.subnets).ok()
            }
        };
        Ok(WriteSnapshot::of_writer(connect(&self.global.cloud, region.as_deref()).await?))
    }

    /// Looks anew for what is there.
    async fn prepare(&self, target: Target<'_>) -> Result<(WriteSnapshot, Removal), Failure> {
        let cloud = self.cloud(&target).await?;
        let removal = Removal::prepare(target, &self.options, cloud.reader()).await;
        Ok((cloud, removal.map_err(|error| update::failure(&error))?))
    }

    async fn run(&self, given: &Given, mut listener: Listener) -> Result<Exit, Failure> {
        let target = self.target(given.cluster.as_ref())?;
        let (stop, interrupted) = stop_on_signals()?;
        stop_when_lost(given.keeper.as_ref(), &stop);
        // Nothing is deleted before the plan: one signal is enough to leave.
        let prepared = interrupted.run_until_cancelled(Box::pin(self.prepare(target)));
        let Some(prepared) = prepared.await else { return Err(interrupted_before()) };
        let (cloud, removal) = prepared?;
        let removal = removal.with_notices(given.notices.iter().cloned());

        let retry = Retry { budget: self.how.wait, ..Retry::default() };
        let engine = Options { retry, ..work::engine(self.how.parallelism, stop) };
        let screen = Screen::new(self.global, self.how.format.output);
        let planned = removal.plan(cloud.reader(), &engine, |event| listener.note(&event)).await;
        let planned = planned.map_err(|error| Failure::invalid(error.to_string()))?;
        self.record.update(&planned, cloud.reader());
        if !self.how.yes || planned.report.stopped.is_some() {
            listener.finish()?;
            screen.whole(&planned, self.hint(&planned, given))?;
            let exit = work::exit(&planned.report, false);
            let would_change = planned.report.counts().changes() > 0 || self.takes_out(given);
            let changes = self.how.detailed_exitcode && would_change && exit == Exit::Done;
            return Ok(if changes { Exit::Changes } else { exit });
        }

        // What may not go holds up nothing but what it needs.
        screen.plan(&planned)?;
        let done = removal.apply(&cloud, &engine, |event| listener.tell(&event)).await;
        let done = done.map_err(|error| Failure::invalid(error.to_string()))?;
        self.record.update(&done, cloud.reader());
        listener.finish()?;
        screen.applied(&done)?;
        let exit = work::exit(&done.report, false);
        if exit != Exit::Done || self.how.choice.phase.is_some() {
            return Ok(exit);
        }
        self.finish(target, &done, given).await
    }

    /// Takes it out of the state store, once it is known that nothing is left in the cloud.
    async fn finish(
        &self,
        target: Target<'_>,
        done: &UpdateReport,
        given: &Given,
    ) -> Result<Exit, Failure> {
        let (cloud, left) = self.prepare(target).await?;
        let left = left.plan(cloud.reader(), &Options::default(), |_| ()).await;
        let left = left.map_err(|error| Failure::invalid(error.to_string()))?;
        if left.report.counts().changes() > 0 || !left.report.succeeded() {
            let told = Failure::invalid("something was made anew while the rest was deleted")
                .hint("run it again");
            return Err(Failure { exit: Exit::Failed, ..told });
        }
        if !is_clean(done) {
            return self.say("It stays in the state store, since something is left in the cloud.");
        }
        let (Some(store), Some(keeper)) = (&given.store, &given.keeper) else {
            return Ok(Exit::Done);
        };
        delete::take_out(store, target.name(), self.command, keeper).await?;
        self.say("It is no longer in the state store either.")
    }

    /// Whether the state store is to forget it, too.
    fn takes_out(&self, given: &Given) -> bool {
        given.store.is_some() && self.how.choice.phase.is_none()
    }

    fn hint(&self, planned: &UpdateReport, given: &Given) -> Option<&'static str> {
        let goes = planned.report.counts().changes() > 0;
        match (planned.report.succeeded(), goes, self.takes_out(given)) {
            (false, ..) => Some(
                "What failed above would stay, with all that it needs; --yes deletes the rest.",
            ),
            (true, _, true) => Some(
                "Run it again with --yes to delete it, and then to take it out of the state store.",
            ),
            (true, true, false) => Some("Run it again with --yes to delete it."),
            (true, false, false) => None,
        }
    }

    fn say(&self, text: &str) -> Result<Exit, Failure> {
        if self.how.format.output == OutputArg::Json {
            return Ok(Exit::Done);
        }
        print(|out| writeln!(out, "{text}"))
    }
}
