//! `cloudup toolbox man`: a page of the manual for each command.

use std::{fs, io};

use clap::{Command, CommandFactory as _};
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

use super::print;
use crate::{
    args::{Cli, ManArgs, notes_and_examples},
    complete,
    config::{CLUSTER, Configuration, SETTINGS, Setting},
    exit::{Exit, Failure},
};

/// The variables that count beside those of settings.
const VARIABLES: [(&str, &str); 5] = [
    (
        "AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, …",
        "As the AWS SDKs take them, with --cloud aws.",
    ),
    ("KUBECONFIG", "Where kubeconfigs are, unless --kubeconfig names one."),
    ("KUBE_EDITOR, EDITOR", "The editor of `edit`; vi, if neither is set."),
    ("NO_COLOR", "Set to anything, there are no colours unless --color asks for them."),
    (complete::VARIABLE, "Set by the shells' scripts, which ask what a word may become."),
];

/// What is kept where.
const FILES: [(&str, &str); 5] = [
    ("cloudup.toml", "Settings of a project, in this folder or the nearest above it."),
    ("~/.config/cloudup/config.toml", "The user's own settings."),
    (".cloudup/account.json", "The embedded account, unless --cloud names another."),
    (".cloudup/state", "The state store, unless --state names another."),
    ("~/.kube/config", "The kubeconfig, unless KUBECONFIG or --kubeconfig name others."),
];

/// Runs `toolbox man`.
pub(super) fn run(args: &ManArgs) -> Result<Exit, Failure> {
    let failed = |doing: &str, error: &io::Error| {
        let doing = format!("{doing} {}", args.folder.display());
        Failure::because(Exit::Failed, &doing, error)
    };
    fs::create_dir_all(&args.folder).map_err(|error| failed("make", &error))?;
    let pages = pages().map_err(|error| failed("write the manual to", &error))?;
    for (file, page) in &pages {
        fs::write(args.folder.join(file), page).map_err(|error| failed("write to", &error))?;
    }
    print(|out| writeln!(out, "{} pages are in {}.", pages.len(), args.folder.display()))
}

/// The pages, each with the name of its file.
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let command = Configuration::default().command(Cli::command());
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    add(&command, None, &mut pages)?;
    Ok(pages)
}

fn add(
    command: &Command,
    above: Option<&str>,
    pages: &mut Vec<(String, Vec<u8>)>,
) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    pages.push((format!("{name}.1"), page(command, above)?));
    let below = command.get_subcommands().filter(|below| !below.is_hide_set());
    below.into_iter().try_for_each(|below| add(below, Some(name), pages))
}

fn page(command: &Command, above: Option<&str>) -> io::Result<Vec<u8>> {
    let version = command.get_version().unwrap_or_default();
    let man = Man::new(command.clone()).source(format!("cloudup {version}")).manual("cloudup");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    let (notes, examples) = notes_and_examples(command);
    let mut said = Roff::new();
    for paragraph in notes.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
        said.control("PP", []).text([roman(paragraph)]);
    }
    page.extend(said.to_roff().into_bytes());
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    page.extend(rest(command, &examples, above).to_roff().into_bytes());
    Ok(page)
}

/// What the library has no sections for.
fn rest(command: &Command, examples: &[String], above: Option<&str>) -> Roff {
    let mut rest = Roff::new();
    if !examples.is_empty() {
        rest.control("SH", ["EXAMPLES"]);
    }
    for example in examples {
        rest.control("PP", []).control("nf", []);
        example.lines().for_each(|line| {
            rest.text([roman(line)]);
        });
        rest.control("fi", []);
    }
    let statuses = Exit::ALL.map(|exit| (exit.code().to_string(), exit.meaning()));
    let statuses = statuses.iter().map(|(code, meaning)| (code.as_str(), *meaning));
    list(&mut rest, "EXIT STATUS", statuses);
    let settings: Vec<_> = settings(command).collect();
    let settings = settings.iter().map(|(names, what)| (names.as_str(), what.as_str()));
    list(&mut rest, "ENVIRONMENT", settings.chain(VARIABLES));
    list(&mut rest, "FILES", FILES);
    if let Some(above) = above {
        rest.control("SH", ["SEE ALSO"]).text([bold(above), roman("(1)")]);
    }
    rest
}

/// The variables of the settings that a command goes by, each with the flag that it stands for.
fn settings(command: &Command) -> impl Iterator<Item = (String, String)> {
    let words = command.get_bin_name().unwrap_or_default();
    let path: Vec<_> = words.split(' ').skip(1).collect();
    let has = move |setting: &&Setting| {
        let flag = if setting.key == CLUSTER { "name" } else { setting.flag() };
        let mut flags = command.get_arguments().filter_map(|arg| arg.get_long());
        setting.is_of(&path) && flags.any(|long| long == flag)
    };
    SETTINGS.iter().filter(has).map(|setting| {
        let names = [Some(setting.variable()), setting.kops.map(str::to_owned)];
        let names = names.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let what = match setting.key {
            CLUSTER => {
                "The cluster that is meant where several could be, and none is named.".into()
            }
            _ => format!("What --{} is where it is not given.", setting.flag()),
        };
        (names, what)
    })
}

fn list<'a>(to: &mut Roff, heading: &str, items: impl IntoIterator<Item = (&'a str, &'a str)>) {
    to.control("SH", [heading]);
    for (name, what) in items {
        to.control("TP", []).text([bold(name)]).text([roman(what)]);
    }
}
