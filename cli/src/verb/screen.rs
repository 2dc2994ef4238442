//! What is shown of an update.

use std::io;

use cloudup::{kinds, phase::Phase, update::UpdateReport};
use cloudup_engine::Report;
use schemars::JsonSchema;
use serde::Serialize;

use super::{cloud_name, print};
use crate::{
    args::{Global, OutputArg},
    exit::{Exit, Failure},
    tell::{
        self, Detail, Page, overview,
        report::{self, Phases},
        style::{DIM, HEADING},
        trouble,
    },
};

/// Shows a plan, and what came of it.
pub(super) struct Screen<'a> {
    /// How it is asked for.
    global: &'a Global,
    output: OutputArg,
    /// What is worked on, as the header calls it.
    cloud: String,
}

impl<'a> Screen<'a> {
    pub(super) fn new(global: &'a Global, output: OutputArg) -> Self {
        Self { global, output, cloud: cloud_name(&global.cloud) }
    }

    /// For a plan of another cloud than the flags name.
    pub(super) fn of(global: &'a Global, output: OutputArg, cloud: impl Into<String>) -> Self {
        Self { global, output, cloud: cloud.into() }
    }

    /// A plan that nothing follows.
    pub(super) fn whole(&self, planned: &UpdateReport, hint: Option<&str>) -> Result<(), Failure> {
        if self.json(planned)? {
            return Ok(());
        }
        self.plan(planned)?;
        print(|page| {
            trouble::write(page, &planned.report)?;
            report::summary(page, &planned.report, hint)
        })
        .map(drop)
    }

    /// A plan that is about to be carried out.
    pub(super) fn plan(&self, planned: &UpdateReport) -> Result<(), Failure> {
        if self.output == OutputArg::Json {
            return Ok(());
        }
        print(|page| {
            let cloud = &self.cloud;
            page.text(0, 4, &format!("{HEADING}{planned}{HEADING:#} {DIM}({cloud}){DIM:#}"))?;
            tell::notices(page, &planned.notices)?;
            by_phase(|phases| {
                overview::write(page, &planned.report, phases)?;
                report::entries(page, &planned.report, detail(self.global), phases)
            })
        })
        .map(drop)
    }

    /// What came of it: what the plan has told already is not told again.
    pub(super) fn applied(&self, applied: &UpdateReport) -> Result<(), Failure> {
        if self.json(applied)? {
            return Ok(());
        }
        print(|page| {
            trouble::write(page, &applied.report)?;
            report::summary(page, &applied.report, None)
        })
        .map(drop)
    }

    fn json(&self, shown: &UpdateReport) -> Result<bool, Failure> {
        if self.output != OutputArg::Json {
            return Ok(false);
        }
        let shown = Shown { cloud: &self.cloud, update: shown };
        let text = serde_json::to_string_pretty(&shown)
            .map_err(|error| Failure::because(Exit::Failed, "write the result", &error))?;
        print(|out| writeln!(out, "{text}")).map(|_| true)
    }
}

/// What `update -o json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Shown<'a> {
    /// What was worked on: AWS, or the embedded account of which file.
    cloud: &'a str,
    #[serde(flatten)]
    update: &'a UpdateReport,
}

/// The entries of a report that somebody should see, by phase.
pub(super) fn entries(page: &mut Page<'_>, shown: &Report, detail: Detail) -> io::Result<()> {
    by_phase(|phases| report::entries(page, shown, detail, phases))
}

/// With the phases that kinds belong to.
fn by_phase<T>(show: impl FnOnce(&Phases<'_>) -> T) -> T {
    let names = Phase::ALL.map(Phase::name);
    let of = |kind: &str| {
        let phase = kinds::phase(kind);
        let place = phase.and_then(|phase| Phase::ALL.iter().position(|&other| other == phase));
        place.unwrap_or(names.len())
    };
    show(&Phases { names: &names, of: &of })
}

/// How much is shown.
pub(super) fn detail(global: &Global) -> Detail {
    if global.verbose > 0 { Detail::All } else { Detail::Changes }
}
