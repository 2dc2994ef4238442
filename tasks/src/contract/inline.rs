//! Inline policies.

use serde_json::json;

use super::{
    Subject,
    check::{Kept, in_parts, missing, names, policy, refused, same},
};

super::cases![
    an_inline_policy_comes_back_to_the_character,
    an_inline_policy_is_replaced_and_deleted,
    inline_policies_are_listed_in_parts_in_order,
    an_inline_policy_keeps_to_the_grammar,
    an_inline_policy_names_no_principal,
    an_inline_policys_name_keeps_to_the_grammar,
    inline_policies_are_limited_in_sum_white_space_not_counted,
];

const AWKWARD: &str = "{ \"Version\": \"2012-10-17\",\n\t\"Statement\": [{\"Sid\":\"A1\",\
    \"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\"],\
    \"Resource\":[\"arn:aws:s3:::b/1 + 1/100%25/a+b%2Bc/\u{00e4}/${aws:username}/~*?\"]}]}";

async fn an_inline_policy_comes_back_to_the_character(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    subject.writes().put_role_policy("nodes", "p", AWKWARD).await?;
    let found = subject.reads().get_role_policy("nodes", "p").await?;
    same("as found", &found.text(), AWKWARD)
}

async fn an_inline_policy_is_replaced_and_deleted(subject: &Subject) -> Kept {
    let (reads, writes) = (subject.reads(), subject.writes());
    subject.role("nodes").await?;
    missing("before", reads.get_role_policy("nodes", "p").await)?;
    for document in [policy(1), policy(2), policy(2)] {
        writes.put_role_policy("nodes", "p", &document).await?;
        same("as put", &reads.get_role_policy("nodes", "p").await?.text(), &document)?;
    }
    same("one", &reads.list_role_policies("nodes", None).await?.items, &["p"])?;
    writes.delete_role_policy("nodes", "p").await?;
    missing("after", reads.get_role_policy("nodes", "p").await)?;
    missing("DeleteRolePolicy", writes.delete_role_policy("nodes", "p").await)?;
    same("none", &reads.list_role_policies("nodes", None).await?.items, &[""; 0])
}

async fn inline_policies_are_listed_in_parts_in_order(subject: &Subject) -> Kept {
    let (shuffled, sorted) = names(subject, "policy");
    subject.role("nodes").await?;
    for name in &shuffled {
        subject.writes().put_role_policy("nodes", name, &policy(0)).await?;
    }
    let reads = subject.reads();
    let list =
        async |marker: Option<String>| reads.list_role_policies("nodes", marker.as_deref()).await;
    in_parts("policies", &sorted, |name: String| name, list).await
}

async fn an_inline_policy_keeps_to_the_grammar(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    let statement = |statement| json!({ "Version": "2012-10-17", "Statement": [statement] });
    for (what, document) in [
        ("not JSON", json!("{")),
        ("no statements", json!({ "Version": "2012-10-17" })),
        ("no action", statement(json!({ "Effect": "Allow", "Resource": "*" }))),
        ("no resource", statement(json!({ "Effect": "Allow", "Action": "s3:*" }))),
        ("no effect", statement(json!({ "Action": "s3:*", "Resource": "*" }))),
        (
            "an effect of its own",
            statement(json!({ "Effect": "Perhaps", "Action": "s3:*", "Resource": "*" })),
        ),
        (
            "an action without its service",
            statement(json!({ "Effect": "Allow", "Action": "GetObject", "Resource": "*" })),
        ),
        (
            "a resource that is no ARN",
            statement(json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "bucket" })),
        ),
    ] {
        let put = subject.writes().put_role_policy("nodes", "p", &document.to_string()).await;
        refused(what, put, &["MalformedPolicyDocument"])?;
    }
    missing("nothing was put", subject.reads().get_role_policy("nodes", "p").await)
}

async fn an_inline_policy_names_no_principal(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": { "AWS": "*" },
        }],
    });
    let put = subject.writes().put_role_policy("nodes", "p", &document.to_string()).await;
    refused("a principal", put, &["MalformedPolicyDocument"])
}

async fn an_inline_policys_name_keeps_to_the_grammar(subject: &Subject) -> Kept {
    subject.role("nodes").await?;
    let (longest, longer) = ("x".repeat(128), "x".repeat(129));
    subject.writes().put_role_policy("nodes", &longest, &policy(0)).await?;
    for name in ["", &longer, "a b", "a/b"] {
        let put = subject.writes().put_role_policy("nodes", name, &policy(0)).await;
        refused(name, put, &["ValidationError"])?;
    }
    Ok(())
}

async fn inline_policies_are_limited_in_sum_white_space_not_counted(subject: &Subject) -> Kept {
    let writes = subject.writes();
    subject.role("nodes").await?;
    let quota = subject.reads().get_account_summary().await?.role_policy_size;
    let least = policy(0).len();
    let (first, rest) = (quota / 2, quota - quota / 2);
    let spaced = |document: String| document.replace(',', ",\n    ");
    writes.put_role_policy("nodes", "a", &spaced(policy(first - least))).await?;
    writes.put_role_policy("nodes", "b", &spaced(policy(rest - least))).await?;
    let put = writes.put_role_policy("nodes", "b", &policy(rest - least + 1)).await;
    refused("one more", put, &["LimitExceeded"])?;
    let put = writes.put_role_policy("nodes", "c", &policy(0)).await;
    refused("another", put, &["LimitExceeded"])?;
    // What is replaced does not count any more.
    writes.put_role_policy("nodes", "b", &policy(0)).await?;
    Ok(writes.put_role_policy("nodes", "c", &policy(0)).await?)
}
