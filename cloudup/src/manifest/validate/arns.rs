//! ARNs in manifests.

use cloudup_tasks::arn::{Arn, IamKind, iam_arn};

use super::Check;

/// Checks that a field holds the ARN of such a thing.
pub(super) fn check(path: &str, text: &str, kind: IamKind, check: &mut Check<'_>) {
    let Err(error) = iam_arn(text, kind) else { return };
    let hint = error
        .hint()
        .unwrap_or_else(|| format!("write it like arn:aws:iam::123456789012:{}/NAME", kind.word()));
    check.wrong(path, error.to_string(), hint);
}

/// The same for a thing of which the name alone is used, so that an account that cannot be is
/// no more than worth a notice.
pub(super) fn check_name(path: &str, text: &str, kind: IamKind, check: &mut Check<'_>) {
    let sound = text.parse::<Arn>().is_ok_and(|arn| {
        let elsewhere = Arn { account: "000000000000".to_owned(), ..arn.clone() };
        arn.iam(kind).is_err() && elsewhere.iam(kind).is_ok()
    });
    if sound {
        check.notice(
            path,
            format!("{text:?} has no account of twelve digits; its name alone is used"),
        );
    } else {
        self::check(path, text, kind, check);
    }
}
