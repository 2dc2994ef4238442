//! `cloudup drift`: what is not as the manifests say.

use cloudup::{
    drift::{Drift, DriftReport},
    environment as place,
    update::UpdateOptions,
};
use cloudup_engine::ErrorKind;
use cloudup_tasks::snapshot::ReadSnapshot;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    cloud_name, connect_to_read, input,
    listener::Listener,
    print,
    record::Recorder,
    screen,
    signals::stop_on_signals,
    update::{self, update_options},
    work,
};
use crate::{
    args::{DriftArgs, Global, OutputArg, SourceArgs},
    environment::Environment,
    exit::{Exit, Failure},
    tell,
};

/// What `drift -o json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Shown<'a> {
    /// What was looked at: AWS, or the embedded account of which file.
    cloud: &'a str,
    #[serde(flatten)]
    drift: &'a DriftReport,
}

/// Runs `drift`.
pub(super) async fn run(
    global: &Global,
    args: &DriftArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let record = Recorder::new(&args.report, "drift", global, environment)?;
    let done = recorded(global, args, environment, &record).await;
    record.finish(done)
}

async fn recorded(
    global: &Global,
    args: &DriftArgs,
    environment: &Environment,
    record: &Recorder,
) -> Result<Exit, Failure> {
    let SourceArgs { filename, name } = &args.source;
    let naming = "cloudup drift NAME -f FILE";
    let (cluster, notices) =
        input::cluster(global, environment, filename, name.as_deref(), naming).await?;
    let ssh_key = args.ssh_public_key.as_deref();
    let ssh_key = ssh_key.map(|path| input::ssh_public_key(path, environment)).transpose()?;
    let options = update_options(&args.choice, args.prune, environment)?;
    let options = UpdateOptions { ssh_key, ..options };
    let mut listener = Listener::new(args.format.output, args.json_events.as_deref())?;
    let (stop, interrupted) = stop_on_signals()?;

    let found = interrupted.run_until_cancelled(Box::pin(async {
        let region = place::region(&cluster.spec.subnets).ok();
        // Whoever only reads is given nothing that writes.
        let cloud = connect_to_read(&global.cloud, region.as_deref()).await?;
        let cloud = ReadSnapshot::of_reader(cloud);
        let update = update::prepare(cluster, options, notices, &cloud).await?;
        let drift = Drift::new(update, &args.ignore);
        let drift = drift.map_err(|error| Failure::invalid(error.to_string()))?;
        let engine = work::engine(args.parallelism, stop);
        let found = drift.find(&cloud, &engine, |event| listener.note(&event)).await;
        let found = found.map_err(|error| Failure::invalid(error.to_string()))?;
        record.drift(&found, &cloud);
        Ok(found)
    }));
    let found = found.await.unwrap_or_else(|| {
        Err(Failure { exit: Exit::Interrupted, ..Failure::invalid("interrupted") })
    })?;
    listener.finish()?;
    show(global, args.format.output, &found)?;
    Ok(exit(&found))
}

fn show(global: &Global, output: OutputArg, found: &DriftReport) -> Result<Exit, Failure> {
    let cloud = cloud_name(&global.cloud);
    if output == OutputArg::Json {
        let shown = Shown { cloud: &cloud, drift: found };
        let text = serde_json::to_string_pretty(&shown)
            .map_err(|error| Failure::because(Exit::Failed, "write the result", &error))?;
        return print(|out| writeln!(out, "{text}"));
    }
    let detail = screen::detail(global);
    let nothing_to_say = found.drift.is_empty() && found.unknown.is_empty();
    if nothing_to_say && global.verbose == 0 {
        return Ok(Exit::Done);
    }
    let report = found.to_report();
    print(|out| {
        tell::drift::header(out, &cloud, found)?;
        screen::entries(out, &report, detail)?;
        tell::trouble::write(out, &report)?;
        tell::drift::summary(out, found)
    })
}

fn exit(found: &DriftReport) -> Exit {
    match found.failure() {
        _ if found.stopped.is_some() => Exit::Interrupted,
        Some(ErrorKind::Denied) => Exit::Denied,
        Some(_) => Exit::Failed,
        None if found.drifted => Exit::Changes,
        None => Exit::Done,
    }
}
