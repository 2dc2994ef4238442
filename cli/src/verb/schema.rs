//! `cloudup toolbox schema`: what programs may rely on.

use clap::CommandFactory as _;
use cloudup::{
    dump::Dump, manifest::Notice, plan::SavedPlan, rolling_update as rolling, store::Held,
};
use cloudup_tasks::local::State;
use schemars::generate::SchemaSettings;

use super::{
    config, drift, export, get, iam, print, rolling_update, screen, show, validate, write,
};
use crate::{
    args::{Cli, SchemaArg},
    exit::{Exit, Failure},
};

/// Runs `toolbox schema`.
pub(super) fn run(of: SchemaArg) -> Result<Exit, Failure> {
    // As it is written: what is left out where it is empty is not required.
    let written = SchemaSettings::default().for_serialize().into_generator();
    let schema = match of {
        SchemaArg::Update => written.into_root_schema_for::<screen::Shown<'static>>(),
        SchemaArg::Config => crate::config::schema::schema(&Cli::command()),
        SchemaArg::Event => cloudup_engine::event_schema(),
        SchemaArg::Explain => written.into_root_schema_for::<iam::Shown>(),
        SchemaArg::Plan => written.into_root_schema_for::<SavedPlan>(),
        SchemaArg::RollingUpdate => {
            written.into_root_schema_for::<rolling_update::Shown<'static>>()
        }
        SchemaArg::RollingUpdateEvent => written.into_root_schema_for::<rolling::Event<'static>>(),
        SchemaArg::Drift => written.into_root_schema_for::<drift::Shown<'static>>(),
        SchemaArg::Validate => written.into_root_schema_for::<validate::Health>(),
        SchemaArg::Instances => written.into_root_schema_for::<Vec<rolling::Listed>>(),
        SchemaArg::Instance => written.into_root_schema_for::<rolling::Listed>(),
        SchemaArg::Manifests => written.into_root_schema_for::<Vec<show::Shown>>(),
        SchemaArg::Tasks => written.into_root_schema_for::<Vec<get::Row>>(),
        SchemaArg::Revisions => written.into_root_schema_for::<Vec<write::Shown>>(),
        SchemaArg::Check => written.into_root_schema_for::<Vec<Notice>>(),
        SchemaArg::Settings => written.into_root_schema_for::<config::Shown>(),
        SchemaArg::Lock => written.into_root_schema_for::<Option<Held>>(),
        SchemaArg::Export => written.into_root_schema_for::<export::Shown<'static>>(),
        SchemaArg::Dump => written.into_root_schema_for::<Dump>(),
        SchemaArg::Account => written.into_root_schema_for::<State>(),
    };
    print(|out| writeln!(out, "{:#}", schema.as_value()))
}
