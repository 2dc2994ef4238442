//! Who asked for what, where and when.

use cloudup_engine::{Counts, Mode, Report};
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use maud::{Markup, html};

use super::{Record, Subject, time::span};
use crate::phase::Phase;

pub(super) fn about(record: &Record<'_>) -> Markup {
    let run = &record.run;
    html! {
        dl .facts {
            (place(record.subject))
            (fact("Cloud", run.cloud))
            (fact("Asked by", &format!("{} on {}", run.user, run.host)))
            dt { "Command" } dd { code { (run.line) } }
            (fact("cloudup", run.version))
            dt { "Began" } dd { (moment(run.began)) }
            dt { "Ended" } dd { (moment(run.ended)) ", after " (span(run.took_ms())) }
            @if let Some(report) = record.subject.report() {
                (fact("Tasks", &tasks(&report)))
            }
            @if let Subject::Drift(drift) = record.subject {
                @let counts = drift.counts;
                (fact("Compared", &format!(
                    "{} missing, {} different, {} unwanted, {} as they should be, {} ignored",
                    counts.missing, counts.different, counts.unwanted, counts.same, counts.ignored,
                )))
            }
        }
    }
}

fn fact(term: &str, text: &str) -> Markup {
    html! { dt { (term) } dd { (text) } }
}

fn place(subject: Subject<'_>) -> Markup {
    let (cluster, account, region, partition, phase) = match subject {
        Subject::Nothing => return html! {},
        Subject::Update(it) => (
            &it.cluster,
            &it.environment.account,
            &it.environment.region,
            Some(&it.environment.partition),
            it.phase,
        ),
        Subject::Drift(it) => (
            &it.cluster,
            &it.environment.account,
            &it.environment.region,
            Some(&it.environment.partition),
            it.phase,
        ),
        Subject::RollingUpdate(it, _) => (&it.cluster, &it.account, &it.region, None, None),
    };
    html! {
        (fact("Cluster", cluster))
        (fact("Account", account))
        (fact("Region", region))
        @if let Some(partition) = partition { (fact("Partition", partition)) }
        @if let Some(phase) = phase { (fact("Phase", Phase::name(phase))) }
    }
}

/// To the second, in UTC.
fn moment(at: Timestamp) -> Markup {
    let round = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Trunc);
    let at = at.round(round).unwrap_or(at);
    let text = at.to_string().replace('T', " ").replace('Z', " UTC");
    html! { time datetime=(at) { (text) } }
}

/// How many of each sort there are.
fn tasks(report: &Report) -> String {
    let Counts {
        created,
        updated,
        deleted,
        kept,
        warned,
        failed,
        blocked,
        not_tried,
        in_doubt,
        deferred,
    } = report.counts();
    let (create, change, delete) = match report.mode {
        Mode::Plan => ("to create", "to change", "to delete"),
        Mode::Apply => ("created", "changed", "deleted"),
    };
    let sorts = [
        (created, create),
        (updated, change),
        (deleted, delete),
        (warned, "with a warning"),
        (deferred, "to delete with --prune"),
        (failed, "failed"),
        (blocked, "blocked"),
        (not_tried, "not tried"),
        (in_doubt, "in doubt"),
        (kept, "left as they are"),
    ];
    let told = sorts.iter().filter(|(count, _)| *count > 0);
    let told: Vec<_> = told.map(|(count, sort)| format!("{count} {sort}")).collect();
    if told.is_empty() { "none".to_owned() } else { told.join(", ") }
}
