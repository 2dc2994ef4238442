//! What somebody probably meant.

use std::fmt;

use strsim::damerau_levenshtein;

/// The name that was probably meant, if one is close. Shown as ` (did you mean …?)` or as nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggestion(Option<String>);

impl Suggestion {
    /// The name itself.
    pub fn name(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl fmt::Display for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(name) => write!(f, " (did you mean `{name}`?)"),
            None => Ok(()),
        }
    }
}

/// The known name closest to what was written: a third of it
/// may be wrong, rounded up, and case is free.
pub(crate) fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Suggestion {
    let distance =
        |name: &str| damerau_levenshtein(&written.to_ascii_lowercase(), &name.to_ascii_lowercase());
    let limit = written.chars().count().div_ceil(3);
    let closest = known.map(|name| (distance(name), name)).min();
    Suggestion(closest.filter(|(far, _)| *far <= limit).map(|(_, name)| name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_something_else_is_not() {
        let known = ["IAMRole", "IAMRolePolicy", "VPC"];
        let table = [
            ("IAMRoles", Some("IAMRole")),
            ("iamrole", Some("IAMRole")),
            ("IAMRolPolicy", Some("IAMRolePolicy")),
            ("VCP", Some("VPC")),
            ("Bucket", None),
            ("", None),
        ];
        for (written, meant) in table {
            assert_eq!(nearest(written, known.into_iter()).name(), meant, "{written}");
        }
    }
}
