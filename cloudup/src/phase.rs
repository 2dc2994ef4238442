//! Phases: runs that are restricted to one concern, so that several teams can share a cluster.
//!
//! Network comes first, then security (all of IAM), then the cluster itself.

use std::{fmt, str::FromStr, sync::Arc};

use cloudup_engine::{
    Lifecycle, Mode, Source,
    lifecycle::{ExistsAndValidates, ExistsAndWarnIfChanges, Ignore, Sync},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A concern, in the order in which they are set up.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// What nodes are connected by.
    Network,
    /// What nodes and service accounts may do: all of IAM. Also called `iam`.
    Security,
    /// The nodes.
    Cluster,
}

/// A text that names no phase.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no phase `{name}`{}; there are network, security (or iam) and cluster", did_you_mean(suggestion.as_deref()))]
pub struct UnknownPhase {
    /// The text.
    pub name: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map(|name| format!(" (did you mean `{name}`?)")).unwrap_or_default()
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 3] = [Self::Network, Self::Security, Self::Cluster];

    /// Its name: `network`, `security`, `cluster`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Security => "security",
            Self::Cluster => "cluster",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Phase {
    type Err = UnknownPhase;

    /// Reads a phase's name, whatever the case of its letters.
    ///
    /// ```
    /// use cloudup::phase::Phase;
    ///
    /// assert_eq!("IAM".parse(), Ok(Phase::Security));
    /// let error = "networking".parse::<Phase>().unwrap_err();
    /// assert!(error.to_string().contains("did you mean `network`?"));
    /// ```
    fn from_str(name: &str) -> Result<Self, UnknownPhase> {
        let folded = name.to_lowercase();
        match folded.as_str() {
            "network" => Ok(Self::Network),
            "security" | "iam" => Ok(Self::Security),
            "cluster" => Ok(Self::Cluster),
            _ => {
                let score = |known: &str| strsim::normalized_damerau_levenshtein(&folded, known);
                let nearest = ["network", "security", "iam", "cluster"]
                    .into_iter()
                    .filter(|known| score(known) >= 0.6)
                    .max_by(|a, b| score(a).total_cmp(&score(b)));
                Err(UnknownPhase { name: name.to_owned(), suggestion: nearest.map(str::to_owned) })
            }
        }
    }
}

/// Who decides about the tasks of the phase `of`, unless an override does, and why: in a run that
/// is restricted to `only`, or in an unrestricted one.
///
/// A restricted run works on its own phase. What comes earlier must be there already: a plan warns
/// where it is not, an apply refuses. What comes later is not looked at.
pub fn lifecycle(only: Option<Phase>, of: Phase, mode: Mode) -> (Arc<dyn Lifecycle>, Source) {
    let Some(only) = only else { return (Arc::new(Sync), Source::Default) };
    let lifecycle: Arc<dyn Lifecycle> = match (of.cmp(&only), mode) {
        (std::cmp::Ordering::Equal, _) => Arc::new(Sync),
        (std::cmp::Ordering::Less, Mode::Plan) => Arc::new(ExistsAndWarnIfChanges),
        (std::cmp::Ordering::Less, Mode::Apply) => Arc::new(ExistsAndValidates),
        (std::cmp::Ordering::Greater, _) => Arc::new(Ignore),
    };
    (lifecycle, Source::Phase(format!("phase {only}").into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restricted_run_works_on_its_own_phase_only() {
        use Phase::{Cluster, Network, Security};
        const VALIDATES: &str = "ExistsAndValidates";
        const WARNS: &str = "ExistsAndWarnIfChanges";
        //            network   security  cluster
        let table = [
            (None, Mode::Plan, ["Sync", "Sync", "Sync"]),
            (None, Mode::Apply, ["Sync", "Sync", "Sync"]),
            (Some(Network), Mode::Plan, ["Sync", "Ignore", "Ignore"]),
            (Some(Network), Mode::Apply, ["Sync", "Ignore", "Ignore"]),
            (Some(Security), Mode::Plan, [WARNS, "Sync", "Ignore"]),
            (Some(Security), Mode::Apply, [VALIDATES, "Sync", "Ignore"]),
            (Some(Cluster), Mode::Plan, [WARNS, WARNS, "Sync"]),
            (Some(Cluster), Mode::Apply, [VALIDATES, VALIDATES, "Sync"]),
        ];
        for (only, mode, expected) in table {
            for (of, expected) in Phase::ALL.into_iter().zip(expected) {
                let (found, source) = lifecycle(only, of, mode);
                assert_eq!(found.name(), expected, "{of} in {only:?}, {mode:?}");
                let reason = only.map_or("default".to_owned(), |only| format!("phase {only}"));
                assert_eq!(source.to_string(), reason);
            }
        }
    }

    #[test]
    fn a_phase_has_a_name_and_an_alias() {
        let table = [
            ("network", Ok(Phase::Network)),
            ("Security", Ok(Phase::Security)),
            ("iam", Ok(Phase::Security)),
            ("CLUSTER", Ok(Phase::Cluster)),
            ("securty", Err(Some("security"))),
            ("everything", Err(None)),
            ("", Err(None)),
        ];
        for (name, expected) in table {
            let found = name.parse::<Phase>();
            let found = found.as_ref().copied().map_err(|error| error.suggestion.as_deref());
            assert_eq!(found, expected, "{name:?}");
        }
    }
}
