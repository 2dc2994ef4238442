//! Who may take on a role.

use cloudup_tasks::{
    arn::oidc_provider_arn,
    policy::{Document, Principal, Statement},
};

use super::Request;
use crate::{
    because::Asked, environment::Environment, issuer::provider_name, partition::ec2_service,
    service_accounts::ServiceAccount,
};

/// Instances of EC2 in `region` may take the role on.
pub fn instance_trust(region: &str) -> Document {
    Document::new([instance_trust_request(region, Asked::new()).statement])
}

/// The same, and why: because of what asks for the role.
pub(crate) fn instance_trust_request(region: &str, because: Asked) -> Request {
    Request {
        statement: Statement::allow("Instances")
            .principal(Principal::service(ec2_service(region)))
            .actions(["sts:AssumeRole"]),
        purpose: "Instances of EC2 act under the role".to_owned(),
        because,
    }
}

/// Pods of a service account may take the role on, with a token that `issuer` signed.
///
/// As in kOps, whom a token is meant for is left to the identity provider's list of audiences.
pub fn service_account_trust(
    account: &ServiceAccount,
    issuer: &str,
    environment: &Environment,
) -> Document {
    Document::new([account_trust_request(account, issuer, environment, Asked::new()).statement])
}

/// The same, and why: because of what asks for the role, and for the issuer.
pub(crate) fn account_trust_request(
    account: &ServiceAccount,
    issuer: &str,
    environment: &Environment,
    because: Asked,
) -> Request {
    let Environment { account: id, partition, .. } = environment;
    let provider = oidc_provider_arn(partition, id, issuer);
    let issuer = provider_name(issuer);
    let operator = if account.is_pattern() { "StringLike" } else { "StringEquals" };
    Request {
        statement: Statement::allow("ServiceAccount")
            .principal(Principal::federated(provider))
            .actions(["sts:AssumeRoleWithWebIdentity"])
            .when(operator, format!("{issuer}:sub"), [account.subject()]),
        purpose: format!("Pods of service account {account} act under the role"),
        because,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_account_is_trusted_by_what_its_token_says() {
        let environment = Environment {
            account: "111122223333".to_owned(),
            partition: "aws-cn".to_owned(),
            ..Environment::default()
        };
        let trust = |namespace: &str| {
            let account =
                ServiceAccount { namespace: namespace.to_owned(), name: "app".to_owned() };
            service_account_trust(&account, "https://d.example.com/x/", &environment).compact()
        };
        assert_eq!(
            trust("team"),
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"ServiceAccount","Effect":"Allow","Principal":{"Federated":"arn:aws-cn:iam::111122223333:oidc-provider/d.example.com/x/"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"d.example.com/x/:sub":"system:serviceaccount:team:app"}}}]}"#
        );
        assert!(trust("team-*").contains(
            r#"{"StringLike":{"d.example.com/x/:sub":"system:serviceaccount:team-*:app"}}"#
        ));
    }
}
