//! The verbs, one a file.

mod account;
mod completion;
mod config;
mod delete;
mod drift;
mod dump;
mod edit;
mod editor;
mod export;
mod file;
mod get;
mod graph;
mod iam;
mod input;
mod instance;
mod instances;
mod kubernetes;
mod listener;
mod lock;
mod man;
mod merge;
mod plan;
mod record;
mod remove;
mod rolling_update;
mod schema;
mod screen;
mod show;
mod signals;
mod state;
mod update;
mod validate;
mod work;
mod write;

use std::{
    io::{self, Write},
    sync::Arc,
};

pub(crate) use self::{input::nearest, state::open_quietly as store_quietly};
#[cfg(feature = "aws")]
use cloudup_tasks::aws::AwsCloud;
use cloudup_tasks::{
    cloud::{CloudReader, CloudWriter},
    local::{Account, AccountError, State},
};

use crate::{
    args::{
        Cli, CloudArg, DeleteWhat, Export, Get, Global, Iam, RollingUpdate, Toolbox, UpdateWhat,
        Validate, ValidateCommand, Verb,
    },
    environment::Environment,
    exit::{Exit, Failure},
    kops,
    tell::{self, Page},
};

/// Runs a verb.
pub(crate) async fn run(cli: &Cli, environment: &Environment) -> Result<Exit, Failure> {
    let global = &cli.global;
    if goes_by_settings(cli) {
        told_beforehand(global, environment)?;
    }
    match &cli.verb {
        Verb::Update(command) => {
            let args = match &command.what {
                Some(UpdateWhat::Cluster(args)) => args,
                None => &command.args,
            };
            Box::pin(update::run(global, args, environment)).await
        }
        Verb::Show(args) => plan::show(global, args),
        Verb::Apply(args) => Box::pin(plan::apply(global, args, environment)).await,
        Verb::RollingUpdate(RollingUpdate::Cluster(args)) => {
            Box::pin(rolling_update::run(global, args, environment)).await
        }
        Verb::Validate(ValidateCommand { what: Some(Validate::Cluster(args)), .. }) => {
            Box::pin(validate::run(global, args, environment)).await
        }
        Verb::Validate(ValidateCommand { what: None, files }) => {
            write::check_files(&files.filename, files.format.output)
        }
        Verb::Get(Get::Instances(args)) => {
            Box::pin(instances::run(global, args, environment)).await
        }
        Verb::Drift(args) => Box::pin(drift::run(global, args, environment)).await,
        Verb::Graph(args) => Box::pin(graph::run(global, args, environment)).await,
        Verb::Get(Get::Tasks { name, filename, choice, format }) => {
            let asked = get::Asked { name: name.as_deref(), filename, choice };
            get::tasks(global, &asked, format.output, environment).await
        }
        Verb::Get(Get::Clusters(args)) => show::clusters(global, args, environment).await,
        Verb::Get(Get::Groups(args)) => show::groups(global, args, environment).await,
        Verb::Get(Get::All(args)) => show::all(global, args, environment).await,
        Verb::Iam(Iam::Explain(args)) => iam::explain(global, args, environment).await,
        Verb::Iam(Iam::Policy(args)) => iam::policy(global, args, environment).await,
        Verb::Create(args) => write::create(global, args, environment).await,
        Verb::Replace(args) => write::replace(global, args, environment).await,
        Verb::Edit(command) => Box::pin(edit::run(global, command, environment)).await,
        Verb::Delete(DeleteWhat::Whole(command)) => {
            Box::pin(delete::run(global, command, environment)).await
        }
        Verb::Delete(DeleteWhat::Instance(args)) => {
            Box::pin(instance::run(global, args, environment)).await
        }
        Verb::Export(Export::Cluster(args)) => export::cluster(global, args, environment).await,
        Verb::Export(Export::Kubeconfig { .. }) => Err(export::kubeconfig()),
        Verb::Diff(args) => write::diff(global, args, environment).await,
        Verb::Check(args) => write::check(global, args, environment).await,
        Verb::Config(command) => config::run(command, environment),
        Verb::Lock(command) => lock::run(global, command, environment).await,
        Verb::Toolbox(Toolbox::Dump(source)) => dump::run(global, source, environment).await,
        Verb::Toolbox(Toolbox::Account(command)) => {
            account::run(global, command, environment).await
        }
        Verb::Toolbox(Toolbox::Man(args)) => man::run(args),
        Verb::Toolbox(Toolbox::Schema { of }) => schema::run(*of),
        Verb::Completion { shell } => completion::run(*shell),
    }
}

/// Whether a verb goes by what is set. The others must work where that is wrong.
pub(crate) fn goes_by_settings(cli: &Cli) -> bool {
    !matches!(
        cli.verb,
        Verb::Completion { .. } | Verb::Toolbox(Toolbox::Schema { .. } | Toolbox::Man(_))
    )
}

/// Says what whoever runs this may not expect of the settings.
fn told_beforehand(global: &Global, environment: &Environment) -> Result<(), Failure> {
    let is_aws = global.cloud == CloudArg::Aws;
    if is_aws && let Some(refusal) = kops::refusal(environment) {
        return Err(refusal);
    }
    if let Some(place) = state::surprising("cloud", is_aws, environment) {
        tell::note(&format!("the cloud is AWS, from {place}"));
    }
    for note in kops::notes(environment) {
        tell::note(&note);
    }
    Ok(())
}

/// Writes a result to standard output.
fn print(write: impl FnOnce(&mut Page<'_>) -> io::Result<()>) -> Result<Exit, Failure> {
    let mut out = anstream::stdout().lock();
    let mut page = Page::new(&mut out);
    match write(&mut page).and_then(|()| page.flush()) {
        Ok(()) => Ok(Exit::Done),
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Done),
        Err(error) => Err(Failure::because(Exit::Failed, "write the result", &error)),
    }
}

/// Opens the cloud that the flags name. `region` is the cluster's.
async fn connect(cloud: &CloudArg, region: Option<&str>) -> Result<Arc<dyn CloudWriter>, Failure> {
    match cloud {
        CloudArg::Local(path) => match Account::open_or_create(path) {
            Ok(account) => Ok(Arc::new(account)),
            Err(error) => Err(account::failure("open the embedded account", &error)),
        },
        #[cfg(feature = "aws")]
        CloudArg::Aws => Ok(Arc::new(AwsCloud::connect(region).await)),
        #[cfg(not(feature = "aws"))]
        CloudArg::Aws => {
            let _ = region;
            Err(without_aws())
        }
    }
}

/// Opens the cloud that the flags name, without any means to change it. `region` is the cluster's.
async fn connect_to_read(
    cloud: &CloudArg,
    region: Option<&str>,
) -> Result<Arc<dyn CloudReader>, Failure> {
    match cloud {
        CloudArg::Local(path) => match Account::open(path) {
            Ok(account) => Ok(Arc::new(account)),
            // Nobody has made anything there yet, nor is it made by looking.
            Err(AccountError::Missing(_)) => Ok(Arc::new(Account::in_memory(State::default()))),
            Err(error) => Err(account::failure("open the embedded account", &error)),
        },
        #[cfg(feature = "aws")]
        CloudArg::Aws => Ok(Arc::new(AwsCloud::connect(region).await)),
        #[cfg(not(feature = "aws"))]
        CloudArg::Aws => {
            let _ = region;
            Err(without_aws())
        }
    }
}

#[cfg(not(feature = "aws"))]
fn without_aws() -> Failure {
    Failure::invalid("this binary was built without AWS")
        .hint("build it with the feature `aws`, which is on by default")
}

/// What a screen's header calls the cloud.
fn cloud_name(cloud: &CloudArg) -> String {
    match cloud {
        CloudArg::Local(path) => format!("embedded account {}", path.display()),
        CloudArg::Aws => "AWS".to_owned(),
    }
}
