//! `cloudup get instances`: the instances of a cluster's groups.

use cloudup::{
    environment,
    kubernetes::KubernetesReader,
    manifest::{Cluster, to_yaml},
    rolling_update::{Listed, Listing, list},
};
use cloudup_engine::ErrorKind;
use cloudup_tasks::snapshot::WriteSnapshot;

use super::{connect, input, kubernetes, print};
use crate::{
    args::{GetInstancesArgs, Global, ListOutputArg},
    environment::Environment,
    exit::{Exit, Failure},
    tell::{self, table},
};

/// Runs `get instances`.
pub(super) async fn run(
    global: &Global,
    args: &GetInstancesArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let (filename, name) = (&args.source.filename, args.source.name.as_deref());
    let naming = "cloudup get instances NAME -f FILE";
    let (cluster, _) = input::cluster(global, environment, filename, name, naming).await?;
    let api = if args.cloudonly {
        None
    } else {
        // What the cloud says is worth showing by itself.
        match kubernetes::connect(&args.kubernetes, environment, cluster.name()).await {
            Ok(api) => Some(api),
            Err(failure) if args.kubernetes.is_given() => return Err(failure),
            Err(failure) => {
                tell::note(&format!("nodes are not shown: {}", failure.message));
                None
            }
        }
    };
    let reader = api.as_deref().map(|api| api as &dyn KubernetesReader);
    let cloud =
        WriteSnapshot::of_writer(connect(&global.cloud, region(&cluster).as_deref()).await?);
    let listing = listed(&cloud, reader, &cluster).await?;
    if let Some(why) = &listing.unreachable {
        tell::note(&format!("nodes are not shown: the Kubernetes API cannot be reached: {why}"));
    }
    show(args.format.output, &listing.instances)
}

/// The region of a cluster, where its manifest says it.
pub(super) fn region(cluster: &Cluster) -> Option<String> {
    environment::region(&cluster.spec.subnets).ok()
}

/// The instances, or why they cannot be listed.
pub(super) async fn listed(
    cloud: &dyn cloudup_tasks::cloud::CloudWriter,
    kubernetes: Option<&dyn KubernetesReader>,
    cluster: &Cluster,
) -> Result<Listing, Failure> {
    list(cloud.reader(), kubernetes, cluster).await.map_err(|error| {
        let exit = match error.kind() {
            ErrorKind::Denied => Exit::Denied,
            ErrorKind::Invalid => Exit::Invalid,
            _ => Exit::Failed,
        };
        Failure::because(exit, "list the instances", &error)
    })
}

fn show(output: ListOutputArg, instances: &[Listed]) -> Result<Exit, Failure> {
    match output {
        ListOutputArg::Json => {
            let text = serde_json::to_string_pretty(instances)
                .map_err(|error| Failure::because(Exit::Failed, "write the result", &error))?;
            print(|out| writeln!(out, "{text}"))
        }
        ListOutputArg::Yaml => {
            let text = to_yaml(&serde_json::json!(instances));
            print(|out| write!(out, "{text}"))
        }
        ListOutputArg::Table | ListOutputArg::Wide => {
            let wide = output == ListOutputArg::Wide;
            let mut headings = vec![
                "ID",
                "NODE-NAME",
                "STATUS",
                "ROLES",
                "STATE",
                "INTERNAL-IP",
                "EXTERNAL-IP",
                "INSTANCE-GROUP",
                "MACHINE-TYPE",
            ];
            if wide {
                headings.extend(["READY", "REASON"]);
            }
            let rows: Vec<_> = instances.iter().map(|it| row(it, wide)).collect();
            print(|out| table(out, &headings, &rows))
        }
    }
}

fn row(instance: &Listed, wide: bool) -> Vec<String> {
    let or_dash = |text: Option<&String>| text.cloned().unwrap_or_else(|| "-".to_owned());
    let mut row = vec![
        instance.id.clone(),
        or_dash(instance.node_name.as_ref()),
        instance.status.name().to_owned(),
        instance.roles.join(","),
        instance.state.clone(),
        or_dash(instance.internal_ip.as_ref()),
        or_dash(instance.external_ip.as_ref()),
        instance.instance_group.clone(),
        instance.machine_type.clone(),
    ];
    if wide {
        let ready = instance.ready.map(|ready| if ready { "yes" } else { "no" }.to_owned());
        let reasons = Some(instance.reasons.join("; ")).filter(|reasons| !reasons.is_empty());
        row.extend([or_dash(ready.as_ref()), or_dash(reasons.as_ref())]);
    }
    row
}
