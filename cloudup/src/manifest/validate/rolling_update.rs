//! How instances are replaced.

use super::Check;
use crate::manifest::spec::{Amount, Role, RollingUpdate};

/// What can be told from the field alone; `role` is the group's, where it is a group's.
pub(super) fn check(settings: &RollingUpdate, role: Option<Role>, check: &mut Check<'_>) {
    let mut amounts = [None, None];
    let fields = [("maxSurge", &settings.max_surge), ("maxUnavailable", &settings.max_unavailable)];
    for ((field, value), amount) in fields.into_iter().zip(&mut amounts) {
        let Some(value) = value else { continue };
        *amount = Amount::read(value);
        if amount.is_none() {
            let path = format!("spec.rollingUpdate.{field}");
            let message = format!("{value} is no number of instances, and no share of them");
            check.wrong(&path, message, "write a number, or a percentage: 2, \"30%\"");
        }
    }
    let [surge, unavailable] = amounts;
    if role == Some(Role::ControlPlane) && surge.is_some_and(|surge| !surge.is_zero()) {
        check.wrong(
            "spec.rollingUpdate.maxSurge",
            "the control plane has no instances beyond those wanted: etcd's members are fixed",
            "write 0, or remove it",
        );
    }
    let is_zero = |amount: Option<Amount>| amount.is_some_and(Amount::is_zero);
    if is_zero(surge) && is_zero(unavailable) {
        check.wrong(
            "spec.rollingUpdate.maxUnavailable",
            "maxSurge is 0 as well, so that no instance could ever be replaced",
            "let one of them be more than 0",
        );
    }
}
