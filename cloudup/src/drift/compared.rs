//! Lifecycles where nothing is to be done but to compare.

use std::sync::Arc;

use cloudup_engine::{Finding, Lifecycle, Verdict};

/// A lifecycle that refuses no difference: where it would, it warns. A refusal would keep what
/// depends on the thing from being compared.
#[derive(Debug)]
pub(super) struct Compared(pub(super) Arc<dyn Lifecycle>);

impl Lifecycle for Compared {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn reads(&self) -> bool {
        self.0.reads()
    }

    fn decide(&self, finding: &Finding) -> Verdict {
        match (self.0.decide(finding), finding) {
            (
                Verdict::Fail,
                Finding::Missing { .. } | Finding::Different { .. } | Finding::Stray { .. },
            ) => Verdict::Warn,
            (verdict, _) => verdict,
        }
    }
}
