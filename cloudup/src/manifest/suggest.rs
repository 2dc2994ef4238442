//! Did you mean.

/// The candidate nearest to what was given, if one is near enough to have been meant.
pub(super) fn nearest<'a>(
    given: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let folded = given.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let other = candidate.to_lowercase();
            let score = if other == folded {
                1.0
            } else {
                strsim::normalized_damerau_levenshtein(&folded, &other)
            };
            (candidate, score)
        })
        .filter(|(_, score)| *score >= 0.6)
        .max_by(|a, b| a.1.total_cmp(&b.1).then_with(|| b.0.cmp(a.0)))
        .map(|(candidate, _)| candidate)
}

/// The hint for something misspelt.
pub(crate) fn did_you_mean<'a>(
    given: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(given, candidates).map(|candidate| format!("did you mean {candidate:?}?"))
}

/// Alternatives in words: `"a", "b" or "c"`.
pub(super) fn one_of<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = values.into_iter().map(|value| format!("{value:?}")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_of_several_is_suggested_and_nothing_far_is() {
        let fields = ["subnets", "sshAccess", "kubelet"];
        assert_eq!(nearest("subnet", fields), Some("subnets"));
        assert_eq!(nearest("SSHAccess", fields), Some("sshAccess"));
        assert_eq!(nearest("zones", fields), None);
    }

    #[test]
    fn alternatives_are_joined_as_people_say_them() {
        assert_eq!(one_of(["a"]), r#""a""#);
        assert_eq!(one_of(["a", "b", "c"]), r#""a", "b" or "c""#);
    }
}
