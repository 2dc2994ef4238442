//! Whether grants cover one another.
//!
//! A yes is a promise, whatever the request and the values of variables; a no is none.

use super::{ActionName, Grant, Names, PrincipalKind, glob::Glob, weaker};

impl Grant {
    /// Whether what this says is said by `others` too, by those of the same effect: by one of
    /// them, or by several that differ in nothing but the action or the resource.
    ///
    /// ```
    /// use cloudup_tasks::policy::Statement;
    ///
    /// let grant = |action: &str| {
    ///     Statement::allow("S").actions(action).resources("*").grants().pop_first().unwrap()
    /// };
    /// assert!(grant("s3:GetObject").is_covered_by([&grant("s3:Get*")]));
    /// assert!(!grant("s3:Get*").is_covered_by([&grant("s3:GetObject")]));
    /// ```
    pub fn is_covered_by<'g>(
        &self,
        others: impl IntoIterator<Item = &'g Self, IntoIter: Clone>,
    ) -> bool {
        let others = others.into_iter().filter(|other| other.effect == self.effect);
        self.is_matched_by(others)
    }

    /// Whether each request that this matches is matched by one of `others`, whatever their effects.
    pub(super) fn is_matched_by<'g>(
        &self,
        others: impl IntoIterator<Item = &'g Self, IntoIter: Clone>,
    ) -> bool {
        let others = others.into_iter();
        // What leaves out can hold together with what is held by nothing else.
        let any_leaves_out = others.clone().any(Self::leaves_out);
        let others: Vec<_> = others
            .filter(|other| {
                (any_leaves_out || self.may_be_matched_by(other))
                    && principal_is_within(self.principal.as_ref(), other.principal.as_ref())
                    && weaker::follows(&other.condition, &self.condition)
            })
            .collect();
        let with_action: Vec<_> =
            others.iter().filter(|other| is_within(&self.action, &[&other.action])).collect();
        let has_resources = match &self.resource {
            Some(resource) => {
                let resources: Vec<_> =
                    with_action.iter().filter_map(|other| other.resource.as_ref()).collect();
                is_within(resource, &resources)
            }
            None => with_action.iter().any(|other| other.resource.is_none()),
        };
        let with_resource = others.iter().filter(|other| match both(self, other) {
            Some((one, other)) => is_within(one, &[other]),
            None => self.resource == other.resource,
        });
        let actions = || with_resource.map(|other| &other.action).collect::<Vec<_>>();
        has_resources || is_within(&self.action, &actions())
    }

    /// A quick look.
    fn may_be_matched_by(&self, other: &Self) -> bool {
        may_be_within(&self.action, &other.action)
            && both(self, other).is_none_or(|(one, other)| may_be_within(one, other))
    }

    fn leaves_out(&self) -> bool {
        matches!(self.action, Names::AllBut(_)) || matches!(self.resource, Some(Names::AllBut(_)))
    }

    /// Whether no request is matched by both. Conditions are taken to be able to hold together.
    pub(super) fn is_apart_from(&self, other: &Self) -> bool {
        are_apart(&self.action, &other.action)
            || both(self, other).is_some_and(|(one, other)| are_apart(one, other))
            || principals_are_apart(self.principal.as_ref(), other.principal.as_ref())
    }
}

/// The resources of two grants, where both name some.
fn both<'g>(one: &'g Grant, other: &'g Grant) -> Option<(&'g Names<String>, &'g Names<String>)> {
    one.resource.as_ref().zip(other.resource.as_ref())
}

/// A name that may hold wildcards.
trait Pattern: Ord {
    fn glob(&self) -> Glob;
    fn text(&self) -> &str;
    fn same(one: u8, other: u8) -> bool;

    /// A quick look: what the other says before its first wildcard or variable must stand here.
    fn may_be_inside(&self, other: &Self) -> bool {
        let text = self.text().as_bytes();
        for (index, &byte) in other.text().as_bytes().iter().enumerate() {
            if matches!(byte, b'*' | b'?' | b'$') {
                return true;
            }
            if !text.get(index).is_some_and(|own| Self::same(*own, byte)) {
                return false;
            }
        }
        true
    }
}

impl Pattern for ActionName {
    fn glob(&self) -> Glob {
        Glob::action(&self.0)
    }

    fn text(&self) -> &str {
        &self.0
    }

    fn same(one: u8, other: u8) -> bool {
        one.eq_ignore_ascii_case(&other)
    }
}

impl Pattern for String {
    fn glob(&self) -> Glob {
        Glob::resource(self)
    }

    fn text(&self) -> &str {
        self
    }

    fn same(one: u8, other: u8) -> bool {
        one == other
    }
}

fn may_be_within<T: Pattern>(names: &Names<T>, other: &Names<T>) -> bool {
    match (names, other) {
        (Names::Only(name), Names::Only(other)) => name.may_be_inside(other),
        (Names::AllBut(_), _) | (_, Names::AllBut(_)) => true,
    }
}

/// Whether what `names` stands for is named by `others` together.
///
/// A statement by exclusion whose variable has no value may match nothing at all. So one counts
/// only towards names with the same variables.
fn is_within<T: Pattern>(names: &Names<T>, others: &[&Names<T>]) -> bool {
    if others.contains(&names) {
        return true;
    }
    let mut only = Vec::new();
    let mut all_but = Vec::new();
    for other in others {
        match other {
            Names::Only(name) => only.push(name),
            Names::AllBut(excluded) => all_but.push(excluded),
        }
    }
    let (own, mut holders, excluded) = match names {
        Names::Only(_) if others.is_empty() => return false,
        Names::Only(name) => (name.glob(), Vec::new(), None),
        Names::AllBut(excluded) => {
            let holders: Vec<_> = excluded.iter().map(Pattern::glob).collect();
            (Glob::everything(), holders.clone(), Some(holders))
        }
    };
    holders.extend(only.into_iter().map(Pattern::glob));
    let holders: Vec<_> = holders.iter().collect();
    if own.is_inside(&holders) {
        return true;
    }
    let own_variables: Vec<_> = match &excluded {
        None => own.variables().collect(),
        Some(excluded) => excluded.iter().flat_map(Glob::variables).collect(),
    };
    all_but.into_iter().any(|excluded| {
        excluded.iter().map(Pattern::glob).all(|excluded| {
            excluded.variables().all(|variable| own_variables.contains(&variable))
                && (excluded.is_apart(&own) || excluded.is_inside(&holders))
        })
    })
}

/// Whether nothing has a name in both.
fn are_apart<T: Pattern>(one: &Names<T>, other: &Names<T>) -> bool {
    match (one, other) {
        (Names::Only(one), Names::Only(other)) => {
            let may_meet = one.may_be_inside(other) || other.may_be_inside(one);
            !may_meet || one.glob().is_apart(&other.glob())
        }
        (Names::Only(only), Names::AllBut(excluded))
        | (Names::AllBut(excluded), Names::Only(only)) => inside(&only.glob(), [excluded]),
        (Names::AllBut(one), Names::AllBut(other)) => inside(&Glob::everything(), [one, other]),
    }
}

fn inside<'n, T: Pattern + 'n>(
    glob: &Glob,
    sets: impl IntoIterator<Item = &'n std::collections::BTreeSet<T>>,
) -> bool {
    let globs: Vec<_> = sets.into_iter().flatten().map(Pattern::glob).collect();
    glob.is_inside(&globs.iter().collect::<Vec<_>>())
}

/// Principals have no wildcards but `*` for all. That `AWS *` means the same is documented.
fn principal_is_within(one: Option<&Names<String>>, other: Option<&Names<String>>) -> bool {
    let is_aws = |name: &str| kind(name) == PrincipalKind::Aws.name() || is_anyone(name);
    match (one, other) {
        (Some(Names::Only(one)), Some(Names::Only(other))) => {
            one == other || is_anyone(other) && is_aws(one)
        }
        (one, other) => one == other,
    }
}

/// Services and identity providers are who they are. The others may be the same by other names:
/// an account stands for all that is in it.
fn principals_are_apart(one: Option<&Names<String>>, other: Option<&Names<String>>) -> bool {
    let (Some(Names::Only(one)), Some(Names::Only(other))) = (one, other) else { return false };
    let is_exact = |name: &str| {
        [PrincipalKind::Service.name(), PrincipalKind::Federated.name()].contains(&kind(name))
    };
    let somebody = !is_anyone(one) && !is_anyone(other);
    somebody && one != other && (is_exact(one) || is_exact(other))
}

fn is_anyone(name: &str) -> bool {
    name == "*" || name == "AWS *"
}

/// A grant names a principal by kind and name.
fn kind(name: &str) -> &str {
    name.split_once(' ').map_or("", |(kind, _)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Effect, Principal, Statement};

    fn of(statement: &Statement) -> Grant {
        statement.grants().pop_first().unwrap()
    }

    fn names(text: &str) -> Names<String> {
        match text.strip_prefix('!') {
            Some(all_but) => Names::AllBut(all_but.split(' ').map(str::to_owned).collect()),
            None => Names::Only(text.to_owned()),
        }
    }

    #[test]
    fn names_by_exclusion_are_within_what_leaves_out_less() {
        #[rustfmt::skip]
        let table: [(&str, &[&str], bool); 21] = [
            ("!a b", &["!a"], true), ("!a", &["!a b"], false), ("!a*", &["!ab"], true), ("!ab", &["!a*"], false),
            ("c", &["!a b"], true), ("a", &["!a b"], false), ("a*", &["!ab"], false), ("b*", &["!a*"], true),
            ("!a", &["*"], true), ("!a", &["b"], false), ("!*", &["b"], true), ("*", &["!*"], false),
            ("*", &["!a", "a"], true), ("*", &["!a b", "a"], false), ("!c", &["!a", "a"], true),
            ("!${v}", &["!${v}"], true), ("x", &["!y${v}"], false), ("${v}", &["!a"], false),
            ("x/${v}", &["!y/${v}"], true), ("!x", &["!x/${v}"], false), ("!x/*", &["!x/${v}"], false),
        ];
        for (one, others, expected) in table {
            let others: Vec<_> = others.iter().map(|text| names(text)).collect();
            let others: Vec<_> = others.iter().collect();
            assert_eq!(is_within(&names(one), &others), expected, "{one} within {others:?}");
        }
    }

    #[test]
    fn names_are_apart_where_they_share_none() {
        #[rustfmt::skip]
        let table = [
            ("a", "b", true), ("a*", "ab", false), ("a", "!a b", true), ("c", "!a b", false), ("a*", "!ab", false),
            ("!a", "!b", false), ("!*", "!a", true), ("a", "!*", true), ("a/${v}", "!a/*", true), ("a", "!${v}", false),
        ];
        for (one, other, expected) in table {
            assert_eq!(are_apart(&names(one), &names(other)), expected, "{one} and {other}");
            assert_eq!(are_apart(&names(other), &names(one)), expected, "{other} and {one}");
        }
    }

    #[test]
    fn several_cover_together_along_one_axis_only() {
        let grant = |action: &str, resource: &str| {
            of(&Statement::allow("S").actions(action).resources(resource))
        };
        let but = of(&Statement::allow("S").all_actions_but("s3:*").resources("*"));
        let all = grant("*", "*");
        assert!(all.is_covered_by([&but, &grant("s3:*", "*")]));
        assert!(!all.is_covered_by([&but, &grant("s3:*", "a*")]));
        assert!(!all.is_covered_by([&but]));
        let denied = Grant { effect: Effect::Deny, ..grant("s3:*", "*") };
        assert!(!grant("s3:a", "*").is_covered_by([&denied]));
        assert!(grant("s3:a", "*").is_matched_by([&denied]));
        let rest = of(&Statement::allow("S").actions("s3:*").all_resources_but("a*"));
        assert!(grant("s3:Get*", "*").is_covered_by([&rest, &grant("s3:*", "a*")]));
        assert!(!grant("s3:Get*", "*").is_covered_by([&rest, &grant("s3:GetObject", "a*")]));
    }

    #[test]
    fn principals_are_compared_by_who_they_are() {
        let to =
            |principal| of(&Statement::allow("S").actions("sts:AssumeRole").principal(principal));
        let anyone = to(Principal::Anyone);
        let any_aws = to(Principal::aws("*"));
        let account = to(Principal::aws("123456789012"));
        let role = to(Principal::aws("arn:aws:iam::123456789012:role/a"));
        let [ec2, ssm] =
            ["ec2.amazonaws.com", "ssm.amazonaws.com"].map(|s| to(Principal::service(s)));
        let but = of(&Statement::allow("S")
            .actions("sts:AssumeRole")
            .everybody_but(Principal::service("ec2.amazonaws.com")));
        let nobody = Grant { principal: None, ..ec2.clone() };
        assert!(role.is_covered_by([&anyone]) && anyone.is_covered_by([&any_aws]));
        for (one, other) in [
            (&ec2, &anyone),
            (&role, &account),
            (&account, &role),
            (&ssm, &but),
            (&nobody, &ec2),
            (&ec2, &nobody),
            (&ec2, &ssm),
        ] {
            assert!(!one.is_covered_by([other]), "{one} by {other}");
        }
        assert!(ec2.is_apart_from(&ssm) && ec2.is_apart_from(&role) && !ec2.is_apart_from(&ec2));
        for other in [&anyone, &account, &but, &nobody] {
            assert!(!role.is_apart_from(other), "{other}");
        }
        assert!(!ec2.is_apart_from(&anyone) && !ec2.is_apart_from(&but));
    }
}
