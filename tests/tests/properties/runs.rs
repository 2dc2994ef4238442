//! Plans and applies, as the command line runs them, on a clock that does not make anybody wait.

use std::sync::Arc;

use cloudup::update::{Update, UpdateError, UpdateOptions, UpdateReport};
use cloudup_engine::Options;
use cloudup_tasks::{
    cloud::{CloudReader, CloudWriter},
    snapshot::Snapshot,
};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::manifests::Sketch;

/// Runs to the end; whoever rests is woken at once.
pub(crate) fn at_once<O>(run: impl Future<Output = O>) -> O {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().start_paused(true).build().expect("a runtime").block_on(run)
}

/// Checks a property on so many cases, the same ones every time.
pub(crate) fn check<S: proptest::strategy::Strategy>(
    cases: u32,
    strategy: &S,
    property: impl Fn(S::Value),
) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let checked = TestRunner::new_with_rng(config, rng).run(strategy, |value| {
        property(value);
        Ok(())
    });
    if let Err(error) = checked {
        panic!("{error}");
    }
}

pub(crate) fn options() -> UpdateOptions {
    UpdateOptions::default()
}

/// A plan by somebody who just came.
pub(crate) async fn plan<C: CloudReader + 'static>(
    account: &Arc<C>,
    sketch: &Sketch,
    asked: UpdateOptions,
) -> UpdateReport {
    let cloud = Snapshot::of_reader(account.clone() as Arc<dyn CloudReader>);
    let update = Update::prepare(sketch.cluster(), asked, &cloud).await;
    let update = update.unwrap_or_else(|error| panic!("{error}\n{sketch:?}"));
    let report = update.plan(&cloud, &Options::default(), |_| ()).await;
    report.unwrap_or_else(|error| panic!("{error}"))
}

/// An apply by somebody who just came, or why it did not even begin.
pub(crate) async fn try_apply<C: CloudWriter + 'static>(
    account: &Arc<C>,
    sketch: &Sketch,
    asked: UpdateOptions,
    options: &Options,
) -> Result<UpdateReport, UpdateError> {
    let cloud = Snapshot::of_writer(account.clone() as Arc<dyn CloudWriter>);
    let update = Update::prepare(sketch.cluster(), asked, cloud.reader()).await?;
    let report = update.apply(&cloud, options, |_| ()).await;
    Ok(report.unwrap_or_else(|error| panic!("{error}")))
}

/// An apply that must get somewhere.
pub(crate) async fn apply<C: CloudWriter + 'static>(
    account: &Arc<C>,
    sketch: &Sketch,
    asked: UpdateOptions,
) -> UpdateReport {
    let report = try_apply(account, sketch, asked, &Options::default()).await;
    report.unwrap_or_else(|error| panic!("{error}"))
}

/// What went wrong, for people.
pub(crate) fn troubles(report: &UpdateReport) -> String {
    let entries = report.report.entries.iter();
    let troubles = entries.filter_map(|entry| {
        let error = entry.error.as_ref()?;
        Some(format!("{} {}: {error}\n", entry.task, entry.outcome.name()))
    });
    troubles.collect()
}

/// Whether it is an id that EC2 gives, which a plan cannot know and an apply can.
fn is_id(value: &serde_json::Value) -> bool {
    let digits = value.as_str().and_then(|text| text.split_once('-')).map(|(_, digits)| digits);
    digits.is_some_and(|it| it.len() == 17 && it.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// What a task changed or would change, one line each, without values that were still to come.
pub(crate) fn changes(report: &UpdateReport) -> Vec<String> {
    use cloudup_engine::{FieldChange, Finding};
    let one = |change: &FieldChange| {
        let FieldChange { field, from, to, immutable: _ } = change;
        let value = |value: &Option<serde_json::Value>| match value {
            Some(value) if value.get("known-after").is_some() || is_id(value) => {
                "(anything)".to_owned()
            }
            Some(value) => value.to_string(),
            None => "(nothing)".to_owned(),
        };
        // Which version it is comes to light when it is made.
        let to = if field == "launch_template" { "(anything)".to_owned() } else { value(to) };
        format!("\n    {field}: {} to {to}", value(from))
    };
    let of_entry = |entry: &cloudup_engine::Entry| {
        let fields = match &entry.finding {
            Finding::Missing { fields } | Finding::Stray { fields } => fields.as_slice(),
            Finding::Different { changes } => changes.as_slice(),
            _ => &[],
        };
        let fields: String = fields.iter().map(one).collect();
        format!("{:?} {}{fields}", entry.change, entry.task)
    };
    let mut changes: Vec<_> = report.report.changes().map(of_entry).collect();
    changes.sort();
    changes
}
