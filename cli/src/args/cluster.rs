//! The name of a cluster: an argument, or `--name`, as kOps takes both.

use std::ops::Deref;

use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches, error::ErrorKind};

/// The name of a cluster, which may be left out where there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClusterName(Option<String>);

/// The name of a cluster, which has to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedCluster(String);

impl From<String> for ClusterName {
    fn from(name: String) -> Self {
        Self(Some(name))
    }
}

impl Deref for ClusterName {
    type Target = Option<String>;

    fn deref(&self) -> &Option<String> {
        &self.0
    }
}

impl Deref for NamedCluster {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// The argument, and the flag, which help does not mention.
fn args(command: Command, argument: Arg) -> Command {
    let flag = Arg::new("named").long("name").value_name("NAME").hide(true);
    command.arg(argument).arg(flag.help("The cluster's name"))
}

fn argument() -> Arg {
    Arg::new("name").value_name("NAME")
}

/// The name that both say, where both do.
fn name(matches: &ArgMatches) -> Result<Option<String>, Error> {
    let [argument, flag] = ["name", "named"].map(|id| matches.get_one::<String>(id));
    match (argument, flag) {
        (Some(argument), Some(flag)) if argument != flag => {
            let told = format!("the cluster is named twice: {argument}, and --name {flag}");
            Err(Error::raw(ErrorKind::ArgumentConflict, told))
        }
        (argument, flag) => Ok(argument.or(flag).cloned()),
    }
}

impl Args for ClusterName {
    fn augment_args(command: Command) -> Command {
        let help = "The cluster's name. May be left out where there is one cluster";
        args(command, argument().help(help))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ClusterName {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        name(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for NamedCluster {
    fn augment_args(command: Command) -> Command {
        args(
            command,
            argument()
                .help("The cluster's name, which has to be given")
                .required_unless_present("named"),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for NamedCluster {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let missing = || Error::raw(ErrorKind::MissingRequiredArgument, "which cluster is meant?");
        name(matches)?.map(Self).ok_or_else(missing)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
