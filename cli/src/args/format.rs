//! The forms that results are printed in.

use clap::{Args, ValueEnum};

/// In which of the forms that a verb has its result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
pub(crate) struct Format<F>
where
    F: ValueEnum + Default + Send + Sync + 'static,
{
    /// How to print the result.
    // Behind what is the verb's own.
    #[arg(
        short,
        long,
        value_enum,
        value_name = "FORMAT",
        default_value = name(&F::default()),
        display_order = 100
    )]
    pub(crate) output: F,
}

/// What a form is called. (The derived default of a generic type is the first one's for all.)
fn name(form: &impl ValueEnum) -> String {
    form.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// The forms of most results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputArg {
    /// For people.
    #[default]
    #[value(alias = "table")]
    Text,
    /// For programs; `cloudup toolbox schema` prints schemas.
    Json,
}

/// The forms of what is listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListOutputArg {
    /// For people.
    #[default]
    #[value(alias = "text")]
    Table,
    /// For people with room: more columns.
    Wide,
    /// For programs, and what is in the state store as it is written there.
    Yaml,
    /// For programs.
    Json,
}

/// The form of what is a document of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DocumentOutputArg {
    /// JSON, which is YAML, too.
    #[default]
    #[value(alias = "yaml")]
    Json,
}
