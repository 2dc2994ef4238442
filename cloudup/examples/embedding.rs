//! Plans and makes a cluster from within a program, with a lifecycle and a task of its own, on an account in
//! memory.
//!
//! ```text
//! cargo run -p cloudup --example embedding -- examples/demo.example.com.yaml
//! ```

use std::{env, error::Error, fs, io, sync::Arc};

use cloudup::{
    manifest::{Cluster, Manifest},
    update::{Update, UpdateOptions},
};
use cloudup_engine::{
    Change, Diff, Event, Finding, Found, Lifecycle, Mode, Options, Reader, Source, Stop, Task,
    TaskError, TaskId, Verdict, Writer, lifecycle::Sync,
};
use cloudup_tasks::{
    cloud::{Aws, CloudError, CloudWriter as _},
    local::{Account, State},
    snapshot::Snapshot,
};

// ANCHOR: lifecycle
/// Makes what is missing, and never touches what is there.
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
// ANCHOR_END: lifecycle

// ANCHOR: task
/// A tag of the finance team's on a role.
#[derive(Clone, Debug, Diff)]
struct CostCentre {
    #[diff(skip)]
    role: String,
    number: String,
}

impl CostCentre {
    const TAG: &str = "cost-centre";
}

impl Task for CostCentre {
    const KIND: &'static str = "CostCentre";
    type Provider = Aws;
    /// Nothing that other tasks would want to know.
    type Output = ();

    fn name(&self) -> &str {
        &self.role
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let role = CloudError::absent(reader.iam().get_role(&self.role).await)
            .map_err(|error| error.while_doing("look for the cost centre"))?;
        let number = role.and_then(|role| role.tags.get(Self::TAG).cloned());
        Ok(number.map(|number| Found { state: Self { number, ..self.clone() }, output: () }))
    }

    async fn render(&self, writer: &Writer<Self>, _: Change<'_, Self>) -> Result<(), TaskError> {
        let tags = [(Self::TAG.to_owned(), self.number.clone())].into();
        let tagged = writer.iam().tag_role(&self.role, &tags).await;
        tagged.map_err(|error| error.while_doing("tag the role with its cost centre"))
    }
}
// ANCHOR_END: task

// ANCHOR: read
fn read(path: &str) -> Result<Cluster, Box<dyn Error>> {
    let manifest = Manifest::read(&[(path, fs::read_to_string(path)?)])?;
    let cluster = manifest.clusters.into_iter().next();
    Ok(cluster.ok_or("there is no Cluster among the manifests")?)
}
// ANCHOR_END: read

async fn run(path: &str, out: &mut impl io::Write) -> Result<(), Box<dyn Error>> {
    let cluster = read(path)?;

    // ANCHOR: cloud
    let account = Arc::new(Account::in_memory(State::default()));
    let cloud = Snapshot::of_writer(account);
    // ANCHOR_END: cloud

    // ANCHOR: options
    let mut asked = UpdateOptions::default();
    asked.lifecycles.register(OnlyAdd)?;
    asked.overrides.push((Source::Flag("--overrides".into()), "IAM*=OnlyAdd".to_owned()));
    // ANCHOR_END: options

    // ANCHOR: plan
    let update = Update::prepare(cluster, asked, cloud.reader()).await?;
    let plan = update.plan(cloud.reader(), &Options::default(), |_| ()).await?;
    for entry in plan.report.changes() {
        writeln!(out, "{}: {:?}, says {}", entry.task, entry.change, entry.lifecycle)?;
    }
    // ANCHOR_END: plan

    // ANCHOR: apply
    let stop = Stop::new();
    let options = Options { stop: stop.clone(), ..Options::default() };
    let mut done = 0;
    let tell = |event: Event<'_>| {
        if let Event::TaskFinished { .. } = event {
            done += 1;
        }
    };
    let made = update.apply(&cloud, &options, tell).await?;
    writeln!(out, "{done} tasks, {} changes", made.report.changes().count())?;
    // ANCHOR_END: apply

    // ANCHOR: graph
    let mut graph = update.graph(Mode::Apply);
    let role = "nodes.demo.example.com".to_owned();
    let mut own = graph.under(Sync, Source::Default);
    own.add(CostCentre { role: role.clone(), number: "4711".to_owned() });
    graph.order(TaskId::new("IAMRole", role.clone()), TaskId::new("CostCentre", role));
    let report = graph.apply(&cloud, &options, |_| ()).await?;
    for entry in report.changes() {
        writeln!(out, "{}: {:?}", entry.task, entry.change)?;
    }
    // ANCHOR_END: graph
    if report.succeeded() { Ok(()) } else { Err("not everything could be done".into()) }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("name a file with manifests")?;
    run(&path, &mut io::stdout()).await
}

#[cfg(test)]
#[tokio::test]
async fn it_makes_what_is_missing_and_tags_the_role() {
    let mut out = Vec::new();
    run("../examples/demo.example.com.yaml", &mut out).await.unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("IAMRole/nodes.demo.example.com: Create, says OnlyAdd\n"), "{out}");
    assert!(out.ends_with("CostCentre/nodes.demo.example.com: Create\n"), "{out}");
}
