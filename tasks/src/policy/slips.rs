//! What IAM takes, and what can only be a slip of the hand: it would allow nothing, or never match.

use super::error::close_to;

/// Keys of every service, from the IAM User Guide, "AWS global condition context keys". There will be
/// more of them: one that is not here is a slip only where it is nearly one of these.
const GLOBAL_KEYS: [&str; 48] = [
    "aws:AssumedRoot",
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:ChatbotSourceArn",
    "aws:CurrentTime",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "aws:Ec2InstanceSourceVpc",
    "aws:EpochTime",
    "aws:FederatedProvider",
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:PrincipalTag",
    "aws:PrincipalType",
    "aws:RequestTag",
    "aws:RequestedRegion",
    "aws:ResourceAccount",
    "aws:ResourceOrgID",
    "aws:ResourceOrgPaths",
    "aws:ResourceTag",
    "aws:SecureTransport",
    "aws:SignInSessionArn",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIdentity",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:TagKeys",
    "aws:TokenIssueTime",
    "aws:UserAgent",
    "aws:ViaAWSService",
    "aws:VpcSourceIp",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:referer",
    "aws:userid",
    "aws:username",
];

/// What is wrong, and what to do about it.
pub(super) type Slip = (String, String);

/// A condition key that is nearly one of AWS' own.
pub(super) fn key(key: &str) -> Option<Slip> {
    let meant = misspelt(key)?;
    Some((format!("`{key}` is not a condition key"), format!("did you mean `{meant}`?")))
}

/// What is wrong with the variables in a resource or in a condition's value.
pub(super) fn variables(text: &str) -> Option<Slip> {
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once("${") {
        let Some((inside, after)) = behind.split_once('}') else {
            let message = format!("`{text}` has a `${{` that is not closed");
            return Some((message, "close it with `}`, or write `${$}{` for the text `${`".into()));
        };
        let name = inside.split_once(',').map_or(inside, |(name, _)| name);
        if !matches!(name, "*" | "?" | "$") {
            if name.contains(char::is_whitespace) || !name.contains(':') {
                let hint = "write it as `${service:key}`, such as `${aws:username}`";
                return Some((
                    format!("`${{{inside}}}` is not a policy variable"),
                    hint.to_owned(),
                ));
            }
            if let Some(meant) = misspelt(name) {
                let message = format!("`${{{inside}}}` is not a policy variable");
                return Some((message, format!("did you mean `${{{meant}}}`?")));
            }
        }
        rest = after;
    }
    None
}

/// The key that was meant, where this is none.
fn misspelt(key: &str) -> Option<String> {
    let (name, tag) = key.split_once('/').map_or((key, None), |(name, tag)| (name, Some(tag)));
    if GLOBAL_KEYS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return None;
    }
    let meant = close_to(name, GLOBAL_KEYS)?;
    Some(tag.map_or(meant.to_owned(), |tag| format!("{meant}/{tag}")))
}

/// The partitions that AWS is divided into.
const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];

/// An ARN of another partition than the account's, or of none that there is.
pub(super) fn partition(arn: &str, account: Option<&str>) -> Option<Slip> {
    let rest = arn.strip_prefix("arn:")?;
    let (own, rest) = rest.split_once(':')?;
    if own.contains(['*', '?', '$']) {
        return None;
    }
    let is_known = PARTITIONS.contains(&own);
    match account {
        Some(account) if is_known && PARTITIONS.contains(&account) && own != account => Some((
            format!("`{arn}` is in partition {own}, and the cluster is in {account}"),
            format!("write `arn:{account}:{rest}`"),
        )),
        _ if !is_known && !own.starts_with("aws") => {
            let account = account.unwrap_or("aws");
            let message = format!("`{arn}` is in partition `{own}`, which there is not");
            Some((message, format!("write `arn:{account}:{rest}`")))
        }
        _ => None,
    }
}

/// An action whose service is not written out. Only `*:*`, which is another way to write `*`, may
/// go without.
pub(super) fn service(action: &str) -> Option<Slip> {
    let (service, _) = action.split_once(':')?;
    let message = format!("`{action}` has a wildcard in its service");
    let hint = "name each service: IAM takes wildcards behind the colon alone";
    (action != "*:*" && service.contains(['*', '?'])).then_some((message, hint.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_nearly_a_key_is_a_slip() {
        #[rustfmt::skip]
        let table = [
            ("aws:usrname", Some("aws:username")), ("aws:RequestTags/a", Some("aws:RequestTag/a")),
            ("aws:PrincipleArn", Some("aws:PrincipalArn")), ("aws:SourceVPC", None), ("AWS:SourceIP", None),
            ("aws:SomethingNew", None), ("ec2:ResourceTag/a", None), ("aws:RequestTag/awsome", None),
        ];
        for (key, meant) in table {
            assert_eq!(misspelt(key).as_deref(), meant, "{key}");
        }
    }

    #[test]
    fn variables_are_closed_and_have_a_service() {
        #[rustfmt::skip]
        let table = [
            ("a/${aws:username}/b", true), ("${*}${?}${$}", true), ("${aws:PrincipalTag/team, 'none'}", true),
            ("${saml:sub}", true), ("$HOME", true), ("${aws:username", false), ("${username}", false),
            ("${aws: username}", false), ("${aws:usernam}", false), ("${*}${aws.username}", false), ("${}", false),
        ];
        for (text, is_right) in table {
            assert_eq!(variables(text).is_none(), is_right, "{text}");
        }
    }

    #[test]
    fn partitions_are_compared_where_both_are_known() {
        let told = |arn, account| partition(arn, account).map(|(_, hint)| hint);
        let cn = |arn| told(arn, Some("aws-cn"));
        assert_eq!(cn("arn:aws:s3:::b"), Some("write `arn:aws-cn:s3:::b`".to_owned()));
        assert_eq!(cn("arn:aws-cn:s3:::b"), None);
        assert_eq!(cn("arn:*:s3:::b"), None);
        assert_eq!(cn("arn:aws-new:s3:::b"), None);
        assert_eq!(told("arn:aws:s3:::b", None), None);
        assert_eq!(told("arn:asw:s3:::b", None), Some("write `arn:aws:s3:::b`".to_owned()));
        assert_eq!(told("arn:aws:s3:::b", Some("aws-test")), None);
    }
}
