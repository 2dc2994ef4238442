//! `cloudup delete`: clusters and instance groups. What they have in the cloud goes in `remove`; this
//! takes them out of the state store.

use cloudup::{
    manifest::{Cluster, spec::Role},
    store::{Draft, GROUPS, Store, Stored},
};

use super::{input, lock, print, remove, state, write};
use crate::{
    args::{Delete, Global, OutputArg},
    environment::Environment,
    exit::{Exit, Failure},
};

/// Runs `delete`.
pub(super) async fn run(
    global: &Global,
    command: &Delete,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let (Delete::Cluster { how, .. } | Delete::Group { how, .. }) = command;
    if !how.unregister {
        return Box::pin(remove::run(global, command, how, environment)).await;
    }
    let store = state::open(global, environment).await?;
    let name = state::choose(&store, cluster_name(command), environment).await?;
    let stored = state::stored(&store, &name).await?;
    let draft = without(&stored, command)?;
    if !how.yes {
        write::show(how.format.output, &[write::Shown::of(&name, &draft)])?;
        return hint(
            how.format.output,
            "Run it again with --yes to take it out of the state store.",
        );
    }
    let keeper = lock::take(&store, &name, reason(command), environment).await?;
    let done = take_out(&store, &name, command, &keeper).await;
    keeper.release().await;
    write::show(how.format.output, &[done?])?;
    hint(how.format.output, "Nothing was deleted in the cloud.")
}

/// The name of the cluster, if the command gives it.
pub(super) fn cluster_name(command: &Delete) -> Option<&str> {
    match command {
        Delete::Cluster { name, .. } => Some(name),
        Delete::Group { cluster, .. } => cluster.as_deref(),
    }
}

/// What the lease is taken for.
pub(super) fn reason(command: &Delete) -> &'static str {
    match command {
        Delete::Cluster { .. } => "delete cluster",
        Delete::Group { .. } => "delete instancegroup",
    }
}

/// Takes what is to go out of the state store.
pub(super) async fn take_out(
    store: &Store,
    name: &str,
    command: &Delete,
    keeper: &lock::Keeper,
) -> Result<write::Shown, Failure> {
    let stored = state::stored(store, name).await?;
    let draft = without(&stored, command)?;
    keeper.commit(&draft.change()).await?;
    Ok(write::Shown::of(name, &draft))
}

fn hint(output: OutputArg, text: &str) -> Result<Exit, Failure> {
    if output == OutputArg::Json {
        return Ok(Exit::Done);
    }
    print(|out| writeln!(out, "\n{text}"))
}

/// The cluster without what is to go, unless it cannot go.
pub(super) fn without<'s>(stored: &'s Stored, command: &Delete) -> Result<Draft<'s>, Failure> {
    let mut draft = stored.draft();
    let Delete::Group { group, .. } = command else {
        for key in stored.documents().keys() {
            draft.remove(key);
        }
        return Ok(draft);
    };
    if !stored.groups().any(|known| known == group) {
        return Err(state::no_group(stored, group));
    }
    let (cluster, _) = state::cluster(stored)?;
    if let Some(all) = needed(&cluster, group).into_iter().reduce(Failure::and) {
        return Err(all);
    }
    draft.remove(&format!("{GROUPS}/{group}"));
    draft.manifest().map_err(|errors| input::mistakes(&errors))?;
    Ok(draft)
}

/// Why a cluster cannot do without a group.
pub(super) fn needed(cluster: &Cluster, group: &str) -> Vec<Failure> {
    let mut failures = Vec::new();
    let control_planes = |is_meant: &dyn Fn(&str) -> bool| {
        let groups = cluster.groups.iter().filter(|group| is_meant(group.name()));
        groups.filter(|group| group.spec.role == Role::ControlPlane).count()
    };
    if control_planes(&|name| name == group) > 0 && control_planes(&|name| name != group) == 0 {
        let text = format!("{group} is the last control plane of {}", cluster.name());
        failures.push(Failure::invalid(text).hint(format!(
            "to delete the whole cluster: cloudup delete cluster {}",
            cluster.name()
        )));
    }
    for etcd in &cluster.spec.etcd_clusters {
        for member in &etcd.etcd_members {
            if member.instance_group.as_deref() == Some(group) {
                let member = &member.name;
                let text = format!("{group} has the member {member:?} of etcd's {:?}", etcd.name);
                failures.push(
                    Failure::invalid(text).hint("take the member out first: cloudup edit cluster"),
                );
            }
        }
    }
    failures
}
