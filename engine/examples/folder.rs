//! Keeps the files of a folder as described, with a lifecycle of its own.
//!
//! ```text
//! cargo run -p cloudup-engine --example folder -- /tmp/notes          # says what it would do
//! cargo run -p cloudup-engine --example folder -- /tmp/notes --yes    # does it
//! ```
#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::{env, error::Error, fs, io, path::PathBuf};

use cloudup_engine::{
    Change, Diff, ErrorKind, Event, FieldChange, Finding, Found, Graph, Input, Lifecycle, Options,
    Overrides, Provider, Reader, Registry, Source, Stray, Task, TaskError, Verdict, Writer,
    lifecycle,
};

/// A folder that may be looked at.
struct Folder(PathBuf);

/// A folder that may be changed.
struct Desk(Folder);

impl Provider for Desk {
    type Reader = Folder;
    type Writer = Desk;

    fn reader(desk: &Desk) -> &Folder {
        &desk.0
    }
}

/// A file with a text in it.
#[derive(Debug, Diff)]
struct File {
    #[diff(skip)]
    name: String,
    text: Input<String>,
}

impl Task for File {
    const KIND: &'static str = "File";
    type Provider = Desk;
    /// How many letters there are in it.
    type Output = usize;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, folder: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let text = match fs::read_to_string(folder.0.join(&self.name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|error| failure("read the file", error))?,
        };
        let output = text.chars().count();
        Ok(Some(Found { state: Self { name: self.name.clone(), text: text.into() }, output }))
    }

    async fn render(&self, desk: &Writer<Self>, _: Change<'_, Self>) -> Result<usize, TaskError> {
        let text = self.text.value()?;
        fs::write(desk.0.0.join(&self.name), &text).map_err(|error| failure("write it", error))?;
        Ok(text.chars().count())
    }

    async fn strays(
        &self,
        folder: &Reader<Self>,
        _: Option<&Found<Self>>,
    ) -> Result<Vec<Stray>, TaskError> {
        // A copy that an editor left beside the file.
        let name = format!("{}~", self.name);
        let Ok(text) = fs::read_to_string(folder.0.join(&name)) else { return Ok(Vec::new()) };
        let fields = vec![FieldChange::removed("text", &text)];
        Ok(vec![Stray { kind: Self::KIND, name, fields, deferred: false }])
    }

    async fn delete(&self, desk: &Writer<Self>, stray: &Stray) -> Result<(), TaskError> {
        match fs::remove_file(desk.0.0.join(&stray.name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done.map_err(|error| failure("delete the copy", error)),
        }
    }
}

fn failure(doing: &str, error: io::Error) -> TaskError {
    let kind = match error.kind() {
        io::ErrorKind::PermissionDenied => ErrorKind::Denied,
        _ => ErrorKind::Other,
    };
    TaskError::new(kind, doing).because(error)
}

/// Writes what is missing and leaves alone what is there: the reader's own words are safe.
#[derive(Debug)]
struct OnlyAdd;

impl Lifecycle for OnlyAdd {
    fn name(&self) -> &'static str {
        "OnlyAdd"
    }

    fn decide(&self, finding: &Finding) -> Verdict {
        match finding {
            Finding::Missing { .. } => Verdict::Render,
            Finding::Different { .. } | Finding::Stray { .. } => Verdict::Warn,
            Finding::NotLooked | Finding::Same => Verdict::Keep,
            Finding::Unreadable { .. } => Verdict::Fail,
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let desk = Desk(Folder(args.next().ok_or("name a folder")?.into()));
    fs::create_dir_all(&desk.0.0)?;

    let mut known = Registry::default();
    known.register(OnlyAdd)?;
    let source = Source::Flag("--lifecycle".into());
    let overrides = Overrides::parse("File/notes*=OnlyAdd", &source, &known)?;

    let mut graph = Graph::<Desk>::new();
    graph.overrides(overrides);
    let mut files = graph.under(lifecycle::Sync, Source::Default);
    let text = String::from("Buy milk.\n").into();
    let notes = files.add(File { name: "notes.txt".into(), text });
    let text = notes.get(|letters| format!("notes.txt has {letters} letters\n"));
    files.add(File { name: "index.txt".into(), text });

    let tell = |event: Event<'_>| {
        if let Event::TaskFinished { entry, .. } = event {
            println!(
                "{}: {} ({}, {})",
                entry.task,
                entry.outcome.name(),
                entry.lifecycle,
                entry.rule
            );
        }
    };
    let report = match args.next().as_deref() {
        Some("--yes") => graph.apply(&desk, &Options::default(), tell).await?,
        _ => graph.plan(&desk.0, &Options::default(), tell).await?,
    };
    println!("{} changes, {} failures", report.changes().count(), report.failures().count());
    if report.succeeded() { Ok(()) } else { Err("not everything could be done".into()) }
}
