//! `cloudup delete instance`: one instance, with another in its place.

use std::collections::BTreeSet;

use cloudup::{
    kubernetes::KubernetesReader,
    rolling_update::{Choice, Listed, Listing, RollingOptions, Surge},
};

use super::{
    connect, input,
    instances::{listed, region},
    kubernetes, print,
    record::Recorder,
    rolling_update::{self, Asked, CLOUD_ONLY},
};
use crate::{
    args::{DeleteInstanceArgs, Global, OutputArg, ReportArg, SourceArgs},
    environment::Environment,
    exit::{Exit, Failure},
    tell::table,
};

/// Runs `delete instance`.
pub(super) async fn run(
    global: &Global,
    args: &DeleteInstanceArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let (filename, name) = (&args.source.filename, args.source.name.as_deref());
    let naming = "cloudup delete instance INSTANCE --name NAME -f FILE";
    let (cluster, _) = input::cluster(global, environment, filename, name, naming).await?;
    let api = if args.replacing.cloudonly {
        None
    } else {
        let api =
            kubernetes::connect(&args.replacing.kubernetes, environment, cluster.name()).await;
        Some(api.map_err(|failure| failure.hint(CLOUD_ONLY))?)
    };
    let reader = api.as_deref().map(|api| api as &dyn KubernetesReader);
    let cloud = connect(&global.cloud, region(&cluster).as_deref()).await?;
    let listing = listed(&*cloud, reader, &cluster).await?;
    if let Some(why) = &listing.unreachable {
        let text = format!("the Kubernetes API cannot be reached: {why}");
        return Err(Failure { exit: Exit::Failed, ..Failure::invalid(text) }.hint(CLOUD_ONLY));
    }
    let instance = listing.find(&args.instance).ok_or_else(|| missing(&listing, args))?;
    if let Some(why) = listing.quorum_without(instance).filter(|_| !args.force) {
        return Err(Failure { exit: Exit::Failed, ..Failure::invalid(why) }
            .hint("delete it all the same: --force"));
    }
    if !args.yes {
        return show(args, instance);
    }
    let rolling = rolling(args, cluster.name(), instance);
    let record = Recorder::new(&ReportArg::default(), "delete instance", global, environment)?;
    Box::pin(rolling_update::roll(global, &rolling, environment, &record)).await
}

fn missing(listing: &Listing, args: &DeleteInstanceArgs) -> Failure {
    let told = Failure::invalid(format!("the cluster has no instance {}", args.instance));
    let ids = listing.instances.iter().map(|it| it.id.as_str());
    let nodes = listing.instances.iter().filter_map(|it| it.node_name.as_deref());
    match input::nearest(&args.instance, ids.chain(nodes)) {
        Some(nearest) => told.hint(format!("did you mean {nearest}?")),
        None => told.hint("cloudup get instances lists them"),
    }
}

/// Says what would be done.
fn show(args: &DeleteInstanceArgs, it: &Listed) -> Result<Exit, Failure> {
    if args.format.output == OutputArg::Json {
        let text = serde_json::to_string_pretty(it)
            .map_err(|error| Failure::because(Exit::Failed, "write the result", &error))?;
        return print(|out| writeln!(out, "{text}"));
    }
    let node = it.node_name.as_deref().filter(|_| !args.replacing.cloudonly);
    print(|out| {
        let headings = ["ID", "NODE-NAME", "STATUS", "ROLES", "STATE", "INSTANCE-GROUP"];
        let node_name = it.node_name.as_deref().unwrap_or("-");
        let (status, roles) = (it.status.name(), it.roles.join(","));
        let row = [&it.id, node_name, status, &roles, &it.state, &it.instance_group];
        table(out, &headings, &[row.map(str::to_owned).to_vec()])?;
        writeln!(out)?;
        match (node, args.replacing.cloudonly) {
            (Some(node), _) => writeln!(out, "Node {node} is drained first.")?,
            (None, true) => writeln!(out, "Nothing is drained: --cloudonly.")?,
            (None, false) => writeln!(out, "Nothing is drained: it is no node.")?,
        }
        writeln!(out, "Run it again with --yes to delete it.")
    })
}

/// The rolling update that it is.
fn rolling<'a>(args: &'a DeleteInstanceArgs, cluster: &str, instance: &Listed) -> Asked<'a> {
    Asked {
        source: SourceArgs {
            name: cluster.to_owned().into(),
            filename: args.source.filename.clone(),
        },
        yes: true,
        choice: Choice { names: vec![instance.instance_group.clone()], roles: Vec::new() },
        options: RollingOptions {
            only: BTreeSet::from([instance.id.clone()]),
            surge: if args.surge { Surge::AsManifested } else { Surge::None },
            bastion_interval: args.interval,
            control_plane_interval: args.interval,
            node_interval: args.interval,
            ..rolling_update::options(&args.replacing)
        },
        replacing: &args.replacing,
        interactive: false,
        detailed_exitcode: false,
        json_events: args.json_events.as_deref(),
        output: args.format.output,
    }
}
