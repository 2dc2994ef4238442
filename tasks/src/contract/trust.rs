//! Trust documents.

use serde_json::{Value, json};

use super::{
    Subject,
    check::{Kept, refused, same, trust},
};

super::cases![
    a_trust_document_comes_back_to_the_character,
    a_trust_document_is_replaced,
    a_trust_document_keeps_to_the_grammar_when_a_role_is_created,
    a_trust_document_keeps_to_the_grammar_when_it_is_replaced,
    a_trust_document_names_no_role_that_is_not_there,
    a_trust_document_may_name_a_role_that_is_there,
    a_trust_document_has_a_longest_length_white_space_not_counted,
];

/// A document with everything that an encoding could get wrong.
const AWKWARD: &str = "{\n  \"Version\" : \"2012-10-17\",\t\"Statement\":[ {\"Effect\":\"Allow\",\
    \"Principal\":{\"Service\":[\"ec2.amazonaws.com\"]},\"Action\":\"sts:AssumeRole\",\
    \"Condition\":{\"StringLike\":{\"aws:RequestTag/a\":[\"1 + 1\",\"100%25\",\"a+b%2Bc\",\
    \"\u{00e4} \u{4e16}\",\"~-_.*&=?#/\"]}}}]}";

async fn a_trust_document_comes_back_to_the_character(subject: &Subject) -> Kept {
    let created = subject.role_trusting("nodes", AWKWARD).await?;
    same("as created", &created.assume_role_policy_document.text(), AWKWARD)?;
    let found = subject.reads().get_role("nodes").await?;
    same("as found", &found.assume_role_policy_document.text(), AWKWARD)
}

async fn a_trust_document_is_replaced(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    for document in [AWKWARD, AWKWARD, &trust()] {
        subject.writes().update_assume_role_policy("nodes", document).await?;
        let found = subject.reads().get_role("nodes").await?;
        same("as found", &found.assume_role_policy_document.text(), document)?;
    }
    Ok(())
}

/// Documents that trust nobody, with what is wrong about them.
fn malformed() -> Vec<(&'static str, String)> {
    let with = |changes: Value| {
        let mut statement = json!({
            "Effect": "Allow",
            "Principal": { "Service": "ec2.amazonaws.com" },
            "Action": "sts:AssumeRole",
        });
        if let (Value::Object(statement), Value::Object(changes)) = (&mut statement, changes) {
            for (key, value) in changes {
                if value.is_null() {
                    statement.remove(&key)
                } else {
                    statement.insert(key, value)
                };
            }
        }
        json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
    };
    vec![
        ("not JSON", "{ nobody }".into()),
        ("no statement", r#"{"Version":"2012-10-17","Statement":[]}"#.into()),
        ("no principal", with(json!({ "Principal": null }))),
        ("a resource", with(json!({ "Resource": "*" }))),
    ]
}

async fn a_trust_document_keeps_to_the_grammar_when_a_role_is_created(subject: &Subject) -> Kept {
    for (what, document) in malformed() {
        let created = subject.role_trusting("nodes", &document).await;
        refused(what, created, &["MalformedPolicyDocument"])?;
    }
    Ok(())
}

async fn a_trust_document_keeps_to_the_grammar_when_it_is_replaced(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    for (what, document) in malformed() {
        let replaced = subject.writes().update_assume_role_policy("nodes", &document).await;
        refused(what, replaced, &["MalformedPolicyDocument"])?;
    }
    let found = subject.reads().get_role("nodes").await?;
    same("as it was", &found.assume_role_policy_document.text(), &trust())
}

fn trusting(arn: &str) -> String {
    trust().replace(r#""Service":"ec2.amazonaws.com""#, &format!(r#""AWS":"{arn}""#))
}

async fn a_trust_document_names_no_role_that_is_not_there(subject: &Subject) -> Kept {
    let there = subject.role("there").await?;
    let document = trusting(&there.arn.replace("role/there", "role/none"));
    let created = subject.role_trusting("nodes", &document).await;
    refused("CreateRole", created, &["MalformedPolicyDocument"])?;
    let replaced = subject.writes().update_assume_role_policy("there", &document).await;
    refused("UpdateAssumeRolePolicy", replaced, &["MalformedPolicyDocument"])
}

async fn a_trust_document_may_name_a_role_that_is_there(subject: &Subject) -> Kept {
    let there = subject.role("there").await?;
    let document = trusting(&there.arn);
    let created = subject.role_trusting("nodes", &document).await?;
    same("trust", &created.assume_role_policy_document.text(), &document)
}

async fn a_trust_document_has_a_longest_length_white_space_not_counted(subject: &Subject) -> Kept {
    let longest = subject.reads().get_account_summary().await?.assume_role_policy_size;
    let padded = |padding: usize| {
        let sid = format!(r#""Sid":"{}","Effect""#, "x".repeat(padding));
        trust().replace(r#""Effect""#, &sid)
    };
    let room = longest - padded(0).len();
    let spaced = padded(room).replace(',', ", \n\t  ");
    subject.role_trusting("fits", &spaced).await?;
    let created = subject.role_trusting("long", &padded(room + 1)).await;
    refused("one more", created, &["LimitExceeded"])
}
