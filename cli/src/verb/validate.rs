//! `cloudup validate cluster`: whether a cluster is well.

use std::io;

use cloudup::{
    kubernetes::{KubernetesError, KubernetesWriter, Trouble, check, tolerate},
    manifest::Cluster,
};
use cloudup_tasks::cloud::CloudWriter;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::{
    connect, input,
    instances::{listed, region},
    kubernetes, print, signals,
};
use crate::{
    args::{Global, OutputArg, ValidateArgs},
    environment::Environment,
    exit::{Exit, Failure},
    tell::{
        Page, Progress,
        style::{CREATE, DELETE, ERROR, HEADING},
        table,
    },
};

/// What `validate cluster -o json` prints: names as in kOps, and more.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Health {
    /// The cluster's name.
    cluster: String,
    /// Whether it is well.
    valid: bool,
    /// What is wrong.
    failures: Vec<Trouble>,
    /// What is wrong and let pass, because of --max-unready-nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tolerated: Vec<Trouble>,
    /// The nodes of its instance groups.
    nodes: Vec<NodeHealth>,
}

/// A node.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct NodeHealth {
    /// Its name.
    name: String,
    /// What it is: `control-plane`.
    role: String,
    /// Its instance group.
    instance_group: String,
    /// Whether it is ready: `True` or `False`, as in kOps.
    status: &'static str,
}

/// Runs `validate cluster`.
pub(super) async fn run(
    global: &Global,
    args: &ValidateArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let (filename, name) = (&args.source.filename, args.source.name.as_deref());
    let naming = "cloudup validate cluster NAME -f FILE";
    let (cluster, _) = input::cluster(global, environment, filename, name, naming).await?;
    let (_, interrupted) = signals::stop_on_signals()?;
    let found = interrupted.run_until_cancelled(Box::pin(async {
        let cloud = connect(&global.cloud, region(&cluster).as_deref()).await?;
        let api = kubernetes::connect(&args.kubernetes, environment, cluster.name()).await?;
        until_well(args, &*cloud, &*api, &cluster).await
    }));
    let Some(found) = found.await else {
        let told = Failure::invalid("interrupted before the cluster was found well");
        return Err(Failure { exit: Exit::Interrupted, ..told });
    };
    let (health, passes) = found?;
    if args.format.output == OutputArg::Json {
        let text = serde_json::to_string_pretty(&health)
            .map_err(|error| Failure::because(Exit::Failed, "write the result", &error))?;
        print(|out| writeln!(out, "{text}"))?;
    } else {
        print(|out| screen(out, &cluster, &health, passes, args))?;
    }
    // Whoever waits can tell "not yet" from "cannot be told".
    Ok(if health.valid { Exit::Done } else { Exit::Changes })
}

/// Looks until the cluster is well often enough, or time is up: what was found last, and how often
/// in a row it was well.
async fn until_well(
    args: &ValidateArgs,
    cloud: &dyn CloudWriter,
    api: &dyn KubernetesWriter,
    cluster: &Cluster,
) -> Result<(Health, u32), Failure> {
    let (end, needed) = (Instant::now() + args.wait, args.count.max(1));
    let (mut told, mut passes) = (Vec::new(), 0);
    let mut progress = Progress::new(false);
    loop {
        let looked = look(args, cloud, api, cluster).await;
        let is_over = Instant::now() + args.interval > end;
        match looked {
            Ok(mut health) => {
                passes = if health.failures.is_empty() { passes + 1 } else { 0 };
                health.valid = passes >= needed;
                // Without --wait, a cluster that is well is looked at as often as it takes.
                let is_last = is_over && (passes == 0 || !args.wait.is_zero());
                if health.valid || is_last {
                    progress.end();
                    return Ok((health, passes));
                }
                let now: Vec<_> = health.failures.iter().map(|it| it.message.clone()).collect();
                let why = match now.as_slice() {
                    [] => format!("well {passes} of {needed} times"),
                    [only] => only.clone(),
                    [first, rest @ ..] => format!("{first}, and {} more", rest.len()),
                };
                progress.wait(cluster.name(), &why, end - Instant::now());
                tell_changes(&mut progress, &mut told, now);
            }
            Err(Looked::Away(error)) if !is_over => {
                passes = 0;
                progress.wait(cluster.name(), &error.to_string(), end - Instant::now());
                tell_changes(&mut progress, &mut told, vec![error.to_string()]);
            }
            Err(Looked::Away(error)) => {
                return Err(kubernetes::failure("validate the cluster", &error));
            }
            Err(Looked::Failed(failure)) => return Err(failure),
        }
        sleep(args.interval).await;
    }
}

/// Why it could not be looked.
enum Looked {
    /// The API cannot be reached, which may pass.
    Away(KubernetesError),
    /// Something that does not pass.
    Failed(Failure),
}

async fn look(
    args: &ValidateArgs,
    cloud: &dyn CloudWriter,
    api: &dyn KubernetesWriter,
    cluster: &Cluster,
) -> Result<Health, Looked> {
    let listing = listed(cloud, Some(api), cluster).await.map_err(Looked::Failed)?;
    if let Some(why) = listing.unreachable {
        return Err(Looked::Away(KubernetesError::Unreachable(why)));
    }
    let pods = api.pods(None).await.map_err(|error| match error {
        error @ KubernetesError::Unreachable(_) => Looked::Away(error),
        error => Looked::Failed(kubernetes::failure("list the pods", &error)),
    })?;
    let troubles = check(&listing.groups, &listing.nodes, &pods);
    let (failures, tolerated) = tolerate(troubles, &listing.groups, args.max_unready_nodes);
    let nodes = listing.instances.iter().filter_map(|it| {
        Some(NodeHealth {
            name: it.node_name.clone()?,
            role: it.roles.join(","),
            instance_group: it.instance_group.clone(),
            status: if it.ready? { "True" } else { "False" },
        })
    });
    let cluster = cluster.name().to_owned();
    Ok(Health { cluster, valid: false, failures, tolerated, nodes: nodes.collect() })
}

/// Tells what is wrong now and was not before, and what is so no longer.
fn tell_changes(progress: &mut Progress, told: &mut Vec<String>, now: Vec<String>) {
    for gone in told.iter().filter(|text| !now.contains(text)) {
        progress.say(&format!("{CREATE}-{CREATE:#} {gone}"));
    }
    for new in now.iter().filter(|text| !told.contains(text)) {
        progress.say(&format!("{DELETE}+{DELETE:#} {new}"));
    }
    *told = now;
}

fn screen(
    page: &mut Page<'_>,
    cluster: &Cluster,
    health: &Health,
    passes: u32,
    args: &ValidateArgs,
) -> io::Result<()> {
    let cells = |cells: &[&str]| cells.iter().map(ToString::to_string).collect::<Vec<_>>();
    writeln!(page, "{HEADING}{}{HEADING:#}", cluster.name())?;
    if !health.nodes.is_empty() {
        writeln!(page)?;
        let row = |it: &NodeHealth| cells(&[&it.name, &it.role, &it.instance_group, it.status]);
        let rows: Vec<_> = health.nodes.iter().map(row).collect();
        table(page, &["NODE", "ROLE", "INSTANCE-GROUP", "READY"], &rows)?;
    }
    for (heading, troubles) in [("WRONG", &health.failures), ("LET PASS", &health.tolerated)] {
        if troubles.is_empty() {
            continue;
        }
        writeln!(page)?;
        let row = |it: &Trouble| cells(&[&format!("{:?}", it.kind), &it.name, &it.message]);
        let rows: Vec<_> = troubles.iter().map(row).collect();
        table(page, &[heading, "NAME", "MESSAGE"], &rows)?;
    }
    writeln!(page)?;
    if health.valid {
        return writeln!(page, "The cluster is well.");
    }
    if passes > 0 {
        let count = args.count;
        return writeln!(
            page,
            "{ERROR}The cluster was found well {passes} of {count} times in time.{ERROR:#}"
        );
    }
    writeln!(page, "{ERROR}The cluster is not well.{ERROR:#}")
}
