//! `cloudup get clusters`, `get instancegroups`, `get all`: what is in the state store.

use cloudup::{
    manifest::{Cluster, Excerpt, InstanceGroup, spec::Manager},
    store::{CLUSTER, Document, GROUPS, Store, Stored},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

use super::{input, print, state, write};
use crate::{
    args::{GetClustersArgs, GetGroupsArgs, Global, ListOutputArg},
    environment::Environment,
    exit::{Exit, Failure},
    tell::{Page, table},
};

/// Runs `get clusters`.
pub(super) async fn clusters(
    global: &Global,
    args: &GetClustersArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let store = state::open(global, environment).await?;
    let stored = chosen(&store, args).await?;
    match args.format.output {
        ListOutputArg::Yaml | ListOutputArg::Json => {
            let documents = stored.iter().filter_map(|stored| stored.documents().get(CLUSTER));
            documents_as(args.format.output, &documents.collect::<Vec<_>>())
        }
        ListOutputArg::Table | ListOutputArg::Wide => {
            let clusters = parsed(&stored)?;
            print(|out| cluster_table(args.format.output, &clusters, out))
        }
    }
}

/// Runs `get instancegroups`.
pub(super) async fn groups(
    global: &Global,
    args: &GetGroupsArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let store = state::open(global, environment).await?;
    let name = state::choose(&store, args.cluster.name.as_deref(), environment).await?;
    let stored = state::stored(&store, &name).await?;
    let missing = args.groups.iter().filter(|group| !stored.groups().any(|known| known == *group));
    let failures = missing.map(|group| state::no_group(&stored, group));
    if let Some(all) = failures.reduce(Failure::and) {
        return Err(all);
    }
    let is_meant = |group: &str| args.groups.is_empty() || args.groups.iter().any(|g| g == group);
    match args.format.output {
        ListOutputArg::Yaml | ListOutputArg::Json => {
            let names = stored.groups().filter(|group| is_meant(group));
            let documents =
                names.filter_map(|group| stored.documents().get(&format!("{GROUPS}/{group}")));
            documents_as(args.format.output, &documents.collect::<Vec<_>>())
        }
        ListOutputArg::Table | ListOutputArg::Wide => {
            let (cluster, _) = state::cluster(&stored)?;
            let groups: Vec<_> =
                cluster.groups.iter().filter(|group| is_meant(group.name())).collect();
            print(|out| group_table(args.format.output, &cluster, &groups, out))
        }
    }
}

/// Runs `get all`.
pub(super) async fn all(
    global: &Global,
    args: &GetClustersArgs,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let store = state::open(global, environment).await?;
    let stored = chosen(&store, args).await?;
    match args.format.output {
        ListOutputArg::Yaml | ListOutputArg::Json => {
            let documents: Vec<_> =
                stored.iter().flat_map(|stored| stored.documents().values()).collect();
            documents_as(args.format.output, &documents)
        }
        ListOutputArg::Table | ListOutputArg::Wide => {
            let clusters = parsed(&stored)?;
            print(|out| {
                cluster_table(args.format.output, &clusters, out)?;
                for cluster in &clusters {
                    writeln!(out, "\n{}", cluster.name())?;
                    let groups: Vec<_> = cluster.groups.iter().collect();
                    group_table(args.format.output, cluster, &groups, out)?;
                }
                Ok(())
            })
        }
    }
}

/// The clusters that are meant: all, if none is named.
async fn chosen(store: &Store, args: &GetClustersArgs) -> Result<Vec<Stored>, Failure> {
    let names: Vec<_> = args.names.iter().chain(&args.named).cloned().collect();
    let all = if names.is_empty() {
        let clusters = store.clusters().await;
        clusters.map_err(|error| state::failure("find out which clusters there are", &error))?
    } else {
        names
    };
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for name in &all {
        let stored = write::read(store, name).await?;
        if stored.exists() {
            found.push(stored);
        } else {
            failures.push(state::missing(store, name).await);
        }
    }
    match failures.into_iter().reduce(Failure::and) {
        Some(all) => Err(all),
        None => Ok(found),
    }
}

fn parsed(stored: &[Stored]) -> Result<Vec<Cluster>, Failure> {
    let (mut clusters, mut failures) = (Vec::new(), Vec::new());
    for stored in stored {
        match stored.manifest() {
            Ok(manifest) => clusters.extend(manifest.clusters),
            Err(errors) => failures.push(input::mistakes(&errors)),
        }
    }
    match failures.into_iter().reduce(Failure::and) {
        Some(all) => Err(all.hint("as it is written: cloudup get all -o yaml")),
        None => Ok(clusters),
    }
}

/// A document of the state store, as `-o json` prints it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Shown(#[schemars(schema_with = "manifest")] Value);

/// What all documents have; the rest is as kOps has it.
fn manifest(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {
            "apiVersion": { "description": "`kops.k8s.io/v1alpha2`, for kOps' own.", "type": "string" },
            "kind": { "description": "`Cluster`, `InstanceGroup`, or another.", "type": "string" },
            "metadata": { "description": "Its name, labels and annotations.", "type": "object" },
            "spec": { "description": "What it is to be.", "type": "object" },
        },
    })
}

/// Documents as they are written, or as JSON.
fn documents_as(output: ListOutputArg, documents: &[&Document]) -> Result<Exit, Failure> {
    if output == ListOutputArg::Json {
        let values = documents.iter().flat_map(|document| Excerpt::values(&document.text));
        let values: Vec<_> = values.map(Shown).collect();
        let text = serde_json::to_string_pretty(&values)
            .map_err(|error| Failure::because(Exit::Failed, "write the result", &error))?;
        return print(|out| writeln!(out, "{text}"));
    }
    print(|out| {
        for (number, document) in documents.iter().enumerate() {
            let text = document.text.strip_prefix("---\n").unwrap_or(&document.text);
            let separator = if number == 0 { "" } else { "---\n" };
            writeln!(out, "{separator}{}", text.trim_end())?;
        }
        Ok(())
    })
}

fn cluster_table(
    output: ListOutputArg,
    clusters: &[Cluster],
    out: &mut Page<'_>,
) -> std::io::Result<()> {
    let wide = output == ListOutputArg::Wide;
    let mut headings = vec!["NAME", "CLOUD", "ZONES"];
    if wide {
        headings.extend(["VERSION", "NETWORK", "GROUPS", "CONFIGBASE"]);
    }
    let rows = clusters.iter().map(|cluster| {
        let spec = &cluster.spec;
        let mut zones: Vec<_> =
            spec.subnets.iter().filter_map(|subnet| zone(cluster, &subnet.name)).collect();
        zones.sort();
        zones.dedup();
        let mut row =
            vec![cluster.name().to_owned(), text(spec.cloud_provider.as_ref()), zones.join(",")];
        if wide {
            row.extend([
                text(spec.kubernetes_version.as_ref()),
                text(spec.network_cidr.as_ref().or(spec.network_id.as_ref())),
                cluster.groups.len().to_string(),
                text(spec.config_base.as_ref()),
            ]);
        }
        row
    });
    table(out, &headings, &rows.collect::<Vec<_>>())
}

fn group_table(
    output: ListOutputArg,
    cluster: &Cluster,
    groups: &[&InstanceGroup],
    out: &mut Page<'_>,
) -> std::io::Result<()> {
    let wide = output == ListOutputArg::Wide;
    let mut headings = vec!["NAME", "ROLE", "MACHINETYPE", "MIN", "MAX", "ZONES"];
    if wide {
        headings.extend(["MANAGER", "IMAGE", "PROFILE", "SUBNETS"]);
    }
    let size = |size: Option<i32>| size.map_or_else(|| "-".to_owned(), |size| size.to_string());
    let rows = groups.iter().map(|group| {
        let spec = &group.spec;
        let mut zones: Vec<_> =
            spec.subnets.iter().filter_map(|subnet| zone(cluster, subnet)).collect();
        zones.sort();
        zones.dedup();
        let mut row = vec![
            group.name().to_owned(),
            spec.role.manifest_name().to_owned(),
            text(spec.machine_type.as_ref()),
            size(spec.min_size),
            size(spec.max_size),
            text(Some(&zones.join(","))),
        ];
        if wide {
            let manager = match spec.manager {
                Manager::CloudGroup => "CloudGroup",
                Manager::Karpenter => "Karpenter",
            };
            row.extend([
                manager.to_owned(),
                text(spec.image.as_ref()),
                text(spec.iam.profile.as_ref()),
                text(Some(&spec.subnets.join(","))),
            ]);
        }
        row
    });
    table(out, &headings, &rows.collect::<Vec<_>>())
}

fn zone(cluster: &Cluster, subnet: &str) -> Option<String> {
    let found = cluster.spec.subnets.iter().find(|other| other.name == subnet);
    found.and_then(|subnet| subnet.zone.clone())
}

/// A text in a table, where nothing is a dash.
fn text(value: Option<&String>) -> String {
    value.filter(|value| !value.is_empty()).map_or_else(|| "-".to_owned(), Clone::clone)
}
