//! What IAM takes as a name.

use cloudup_engine::TaskError;

use crate::arn::is_iam_name;
use crate::trouble::invalid;

/// The longest name of a role: IAM and AWS STS quotas.
pub(super) const ROLE_NAME: usize = 64;
/// The longest name of an inline policy.
pub(super) const POLICY_NAME: usize = 128;
/// The longest name of an instance profile.
pub(super) const INSTANCE_PROFILE_NAME: usize = 128;

/// Refuses a name that IAM refuses. `what` is what it names: `role`.
pub(super) fn check_name(what: &str, name: &str, longest: usize) -> Result<(), TaskError> {
    let length = name.chars().count();
    if name.is_empty() {
        return Err(invalid(format!("name the {what}: its name is empty")));
    }
    if length > longest {
        let message = format!("name the {what} `{name}`: that is {length} characters");
        return Err(invalid(message).hint(format!("IAM allows {longest}")));
    }
    if !is_iam_name(name) {
        let message = format!("name the {what} `{name}`: it contains what IAM refuses");
        return Err(invalid(message).hint("use letters, digits and `_+=,.@-`"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_as_iam_checks_them() {
        for good in ["nodes.example.com", "a_+=,.@-Z9", &"x".repeat(64)] {
            assert!(check_name("role", good, ROLE_NAME).is_ok(), "{good}");
        }
        for bad in ["", "a/b", "a b", "näme", &"x".repeat(65)] {
            assert!(check_name("role", bad, ROLE_NAME).is_err(), "{bad}");
        }
    }
}
