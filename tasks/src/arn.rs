//! Amazon Resource Names.

use std::{fmt, str::FromStr};

/// An Amazon Resource Name: `arn:partition:service:region:account:resource`.
///
/// ```
/// use cloudup_tasks::arn::{Arn, IamKind};
///
/// let arn: Arn = "arn:aws:iam::123456789012:policy/team/boundary".parse()?;
/// assert_eq!(arn.account, "123456789012");
/// assert_eq!(arn.iam(IamKind::Policy)?, "boundary");
/// # Ok::<_, cloudup_tasks::arn::ArnError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arn {
    /// `aws`, `aws-cn`, `aws-us-gov` and so on.
    pub partition: String,
    /// The service: `iam`.
    pub service: String,
    /// The region. Empty for what has none, as all of IAM.
    pub region: String,
    /// The account's twelve digits; `aws` for what AWS provides; empty for what has none.
    pub account: String,
    /// What is named: `policy/team/boundary`.
    pub resource: String,
}

/// The kinds of IAM objects that a manifest may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IamKind {
    /// A managed policy.
    Policy,
    /// A role.
    Role,
    /// An instance profile.
    InstanceProfile,
}

impl IamKind {
    /// As an ARN spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Role => "role",
            Self::InstanceProfile => "instance-profile",
        }
    }

    /// With its article, for messages.
    fn described(self) -> &'static str {
        match self {
            Self::Policy => "an IAM policy",
            Self::Role => "an IAM role",
            Self::InstanceProfile => "an IAM instance profile",
        }
    }
}

/// Why a text is not the ARN that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` {problem}")]
pub struct ArnError {
    /// What was written.
    pub text: String,
    /// What is wrong with it.
    pub problem: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl ArnError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        self.suggestion.as_ref().map(|suggestion| format!("did you mean `{suggestion}`?"))
    }
}

impl Arn {
    /// The name of the IAM object that this names, without its path.
    ///
    /// # Errors
    ///
    /// Where it names something else.
    pub fn iam(&self, kind: IamKind) -> Result<&str, ArnError> {
        let error = |problem: String| ArnError {
            text: self.to_string(),
            problem,
            suggestion: repaired(&self.to_string(), Some(kind)),
        };
        let wrong = || error(format!("is not the ARN of {}", kind.described()));
        if self.service != "iam" {
            return Err(wrong());
        }
        if !self.region.is_empty() {
            return Err(error(format!("names region `{}`, and IAM has none", self.region)));
        }
        let is_of_aws = kind == IamKind::Policy && self.account == "aws";
        if !is_account(&self.account) && !is_of_aws {
            let message = format!("has no account of twelve digits, but `{}`", self.account);
            return Err(error(message));
        }
        let (word, path) = self.resource.split_once('/').ok_or_else(wrong)?;
        if word != kind.word() {
            return Err(wrong());
        }
        match path.rsplit('/').next() {
            Some(name) if is_iam_name(name) => Ok(name),
            _ => Err(error(format!("has no name of {} at its end", kind.described()))),
        }
    }
}

/// Reads the ARN of an IAM object.
///
/// # Errors
///
/// Where `text` is no ARN, or names something else.
///
/// ```
/// use cloudup_tasks::arn::{IamKind, iam_arn};
///
/// let error = iam_arn("aws:arn:iam:123456789000:policy:test-boundary", IamKind::Policy).unwrap_err();
/// assert_eq!(
///     error.hint().as_deref(),
///     Some("did you mean `arn:aws:iam::123456789000:policy/test-boundary`?")
/// );
/// ```
pub fn iam_arn(text: &str, kind: IamKind) -> Result<Arn, ArnError> {
    let arn: Arn = text
        .parse()
        .map_err(|error| ArnError { suggestion: repaired(text, Some(kind)), ..error })?;
    arn.iam(kind)?;
    Ok(arn)
}

/// The ARN that a managed policy of an account has by its path (`/` or `/…/`) and name.
///
/// ```
/// use cloudup_tasks::arn::policy_arn;
///
/// let arn = policy_arn("aws", "123456789012", "/team/", "logs");
/// assert_eq!(arn, "arn:aws:iam::123456789012:policy/team/logs");
/// ```
pub fn policy_arn(partition: &str, account: &str, path: &str, name: &str) -> String {
    format!("arn:{partition}:iam::{account}:policy{path}{name}")
}

/// The ARN that an account's OpenID Connect provider has by its URL.
///
/// ```
/// use cloudup_tasks::arn::oidc_provider_arn;
///
/// let arn = oidc_provider_arn("aws", "111122223333", "https://oidc.example.com/prod");
/// assert_eq!(arn, "arn:aws:iam::111122223333:oidc-provider/oidc.example.com/prod");
/// ```
pub fn oidc_provider_arn(partition: &str, account: &str, url: &str) -> String {
    format!("arn:{partition}:iam::{account}:{OIDC_PROVIDER}{}", oidc_issuer(url))
}

const OIDC_PROVIDER: &str = "oidc-provider/";

/// What the URL of an OpenID Connect provider and its ARN have in common: the URL without
/// `https://`.
pub(crate) fn oidc_issuer(url_or_arn: &str) -> &str {
    let of_arn = url_or_arn.split_once(OIDC_PROVIDER).filter(|(head, _)| head.starts_with("arn:"));
    match of_arn {
        Some((_, issuer)) => issuer,
        None => url_or_arn.strip_prefix("https://").unwrap_or(url_or_arn),
    }
}

impl FromStr for Arn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        Self::read(text).map_err(|problem| ArnError {
            text: text.to_owned(),
            problem: problem.to_owned(),
            suggestion: repaired(text, None),
        })
    }
}

impl Arn {
    /// Takes a text apart, or says what is wrong with it.
    fn read(text: &str) -> Result<Self, &'static str> {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") {
            return Err("is not an ARN: it does not start with `arn:`");
        }
        let mut next = || parts.next().map(str::to_owned);
        let (Some(partition), Some(service), Some(region), Some(account), Some(resource)) =
            (next(), next(), next(), next(), next())
        else {
            return Err(
                "is not an ARN: it lacks parts of `arn:partition:service:region:account:resource`",
            );
        };
        if !is_partition(&partition) {
            return Err("is not an ARN: its second part is no partition, such as `aws`");
        }
        if service.is_empty() || resource.is_empty() {
            return Err("is not an ARN: it names no service or no resource");
        }
        if text.contains(char::is_whitespace) {
            return Err("is not an ARN: it contains white space");
        }
        Ok(Self { partition, service, region, account, resource })
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

fn is_partition(text: &str) -> bool {
    text.starts_with("aws") && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Names of IAM objects: `[\w+=,.@-]+`.
pub(crate) fn is_iam_name(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

/// The ARN of an IAM object that `text` was probably meant to be: its words in their places.
fn repaired(text: &str, kind: Option<IamKind>) -> Option<String> {
    const KINDS: [IamKind; 3] = [IamKind::Policy, IamKind::Role, IamKind::InstanceProfile];
    let words: Vec<&str> =
        text.split([':', '/']).map(str::trim).filter(|w| !w.is_empty()).collect();
    let kind = kind.or_else(|| KINDS.into_iter().find(|kind| words.contains(&kind.word())))?;
    let partition = words.iter().find(|word| is_partition(word)).copied().unwrap_or("aws");
    let after = words.iter().position(|word| *word == kind.word())? + 1;
    let name = words.get(after..)?.join("/");
    let account = words[..after].iter().find(|word| is_account(word)).copied().or_else(|| {
        // A policy of AWS has its owner where an account would be: the second `aws`.
        let owners = words[..after].iter().filter(|word| **word == "aws").count();
        (kind == IamKind::Policy && owners > 1).then_some("aws")
    })?;
    let arn = format!("arn:{partition}:iam::{account}:{}/{name}", kind.word());
    // Not by `parse`, which would ask for a repair again.
    let is_good = Arn::read(&arn).is_ok_and(|arn| arn.iam_name_is_good(kind));
    (is_good && arn != text).then_some(arn)
}

impl Arn {
    fn iam_name_is_good(&self, kind: IamKind) -> bool {
        let rest = self.resource.strip_prefix(kind.word()).and_then(|rest| rest.strip_prefix('/'));
        rest.is_some_and(|rest| rest.split('/').all(is_iam_name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_inside_is_refused_and_not_repaired() {
        let error = iam_arn("arn:aws:iam::aws:policy/a b", IamKind::Policy).unwrap_err();
        assert_eq!(error.problem, "is not an ARN: it contains white space");
        assert_eq!(error.suggestion, None);
    }

    #[test]
    fn white_space_around_is_repaired() {
        let error = iam_arn(" arn:aws:iam::111122223333:policy/a ", IamKind::Policy).unwrap_err();
        assert_eq!(error.suggestion.as_deref(), Some("arn:aws:iam::111122223333:policy/a"));
    }
}
