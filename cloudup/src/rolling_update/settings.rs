//! How much of a group may be replaced at once.

use crate::manifest::{
    Cluster, InstanceGroup,
    spec::{Amount, Role, RollingUpdate},
};

/// What the manifests say of how a group's instances are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    /// Whether instances that were replaced are drained and terminated.
    pub(super) drain_and_terminate: bool,
    surge: Amount,
    unavailable: Amount,
}

impl Settings {
    /// The group's own where it has some, else the cluster's, else kOps' defaults: one instance
    /// beyond those wanted, or, where there may be none, one missing.
    pub(super) fn of(cluster: &Cluster, group: &InstanceGroup) -> Self {
        let layers = [&group.spec.rolling_update, &cluster.spec.rolling_update];
        let said = |field: fn(&RollingUpdate) -> Option<Amount>| {
            layers.into_iter().flatten().find_map(field)
        };
        let drains = layers.into_iter().flatten().find_map(|it| it.drain_and_terminate);
        let surge = said(|it| Amount::read(it.max_surge.as_ref()?)).unwrap_or(Amount::Count(1));
        let unavailable = said(|it| Amount::read(it.max_unavailable.as_ref()?));
        let default = usize::from(surge.is_zero());
        Self {
            drain_and_terminate: drains.unwrap_or(true),
            surge,
            unavailable: unavailable.unwrap_or(Amount::Count(default)),
        }
    }

    /// What they come to for a group of `role` with `total` instances, `stale` of which are to be
    /// replaced.
    pub(super) fn limits(
        &self,
        role: Role,
        total: usize,
        stale: usize,
        interactive: bool,
    ) -> Limits {
        if role == Role::ControlPlane {
            return Limits::ONE_BY_ONE;
        }
        let most = if interactive { 1 } else { usize::MAX };
        let surge = self.surge.of_rounded_up(total).min(stale).min(most);
        let unavailable = match self.unavailable {
            Amount::Percent(percent) if percent > 0 => {
                self.unavailable.of_rounded_down(total).max(1)
            }
            amount => amount.of_rounded_down(total),
        };
        // With neither, nothing would ever be replaced: the manifests' check refuses to ask for that.
        let unavailable = if surge == 0 { unavailable.max(1) } else { unavailable };
        Limits { surge, unavailable, concurrency: (surge + unavailable).min(most) }
    }
}

/// How many instances of a group may be what at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Beyond those wanted.
    pub(super) surge: usize,
    /// Missing.
    pub(super) unavailable: usize,
    /// On their way out.
    pub(super) concurrency: usize,
}

impl Limits {
    /// One goes, and another comes in its place.
    pub(super) const ONE_BY_ONE: Self = Self { surge: 0, unavailable: 1, concurrency: 1 };
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::rolling_update::tests::cluster;

    fn limits(of_cluster: &Value, of_group: &Value, role: &str, stale: usize) -> [usize; 3] {
        let mut cluster = cluster(&[("group", role, 1)]);
        cluster.spec.rolling_update = serde_json::from_value(of_cluster.clone()).unwrap();
        cluster.groups[0].spec.rolling_update = serde_json::from_value(of_group.clone()).unwrap();
        let group = &cluster.groups[0];
        let settings = Settings::of(&cluster, group);
        let Limits { surge, unavailable, concurrency } =
            settings.limits(group.spec.role, 10, stale, false);
        [surge, unavailable, concurrency]
    }

    #[test]
    fn the_groups_settings_count_before_the_clusters_and_these_before_the_defaults() {
        let none = Value::Null;
        let surge = |surge: Value| json!({ "maxSurge": surge });
        let missing = |missing: Value| json!({ "maxUnavailable": missing });
        for (of_cluster, of_group, role, stale, expected) in [
            // The defaults.
            (none.clone(), none.clone(), "Node", 10, [1, 0, 1]),
            (none.clone(), none.clone(), "Master", 10, [0, 1, 1]),
            (none.clone(), none.clone(), "Node", 0, [0, 1, 1]),
            // No more instances beyond those wanted than are to be replaced.
            (none.clone(), surge(json!(5)), "Node", 3, [3, 0, 3]),
            (none.clone(), surge(json!(0)), "Node", 10, [0, 1, 1]),
            // Shares: of what may be beyond rounded up, of what may be missing down, but one.
            (none.clone(), surge(json!("25%")), "Node", 10, [3, 0, 3]),
            (none.clone(), missing(json!("25%")), "Node", 10, [1, 2, 3]),
            (none.clone(), missing(json!("1%")), "Node", 10, [1, 1, 2]),
            // Whose they are.
            (surge(json!(2)), none.clone(), "Node", 10, [2, 0, 2]),
            (surge(json!(2)), surge(json!(4)), "Node", 10, [4, 0, 4]),
            (surge(json!(2)), missing(json!(3)), "Node", 10, [2, 3, 5]),
            // The control plane goes one by one, whatever anybody says.
            (missing(json!(3)), none.clone(), "Master", 10, [0, 1, 1]),
        ] {
            let found = limits(&of_cluster, &of_group, role, stale);
            assert_eq!(found, expected, "{of_cluster} {of_group} {role} {stale}");
        }
    }

    #[test]
    fn whoever_is_asked_each_time_is_asked_about_one() {
        let cluster = cluster(&[("nodes", "Node", 1)]);
        let mut settings = Settings::of(&cluster, &cluster.groups[0]);
        settings.surge = Amount::Count(3);
        settings.unavailable = Amount::Count(3);
        let limits = settings.limits(Role::Node, 10, 10, true);
        assert_eq!((limits.surge, limits.concurrency), (1, 1));
    }
}
