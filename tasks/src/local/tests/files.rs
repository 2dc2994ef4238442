//! Account files: made, shared, broken.

use std::{error::Error as _, fs, thread};

use serde_json::json;

use super::{
    super::{Account, AccountError, Effect, Fault, State, account::EditError},
    policy, trust,
};
use crate::cloud::{
    CloudReader, CloudWriter,
    iam::{NewRole, Tags},
};

async fn create(account: &Account, name: &str) {
    let trust = trust();
    let role = NewRole {
        name,
        assume_role_policy_document: &trust,
        permissions_boundary: None,
        tags: &Tags::new(),
    };
    CloudWriter::iam(account).create_role(role).await.unwrap();
}

fn names(account: &Account) -> Vec<String> {
    account.state().unwrap().roles.iter().map(|role| role.name.clone()).collect()
}

#[tokio::test]
async fn what_is_written_is_there_for_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".cloudup/account.json");
    let account = Account::open_or_create(&path).unwrap();
    create(&account, "nodes").await;
    let document =
        "{ \"Statement\":[{\"Effect\":\"Allow\", \"Resource\":[\"*\"],\"Action\":[\"s3:*\"]}]}";
    CloudWriter::iam(&account).put_role_policy("nodes", "p", document).await.unwrap();
    drop(account);

    let account = Account::open(&path).unwrap();
    let found = CloudReader::iam(&account).get_role_policy("nodes", "p").await.unwrap();
    assert_eq!(found.text(), document, "to the byte");
}

#[test]
fn init_refuses_a_file_that_is_there_and_open_one_that_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.json");
    assert!(matches!(Account::open(&path), Err(AccountError::Missing(_))));
    assert!(matches!(Account::reset(&path, None), Err(AccountError::Missing(_))));
    Account::init(&path, State::default()).unwrap();
    assert!(matches!(Account::init(&path, State::default()), Err(AccountError::Exists(_))));
    fs::write(&path, "not an account").unwrap();
    assert!(matches!(Account::init(&path, State::default()), Err(AccountError::Exists(_))));
}

#[tokio::test]
async fn a_reset_goes_back_to_the_seed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.json");
    let seed = State::from_value(&json!({ "roles": [{ "name": "seeded" }] })).unwrap();
    let account = Account::init(&path, seed).unwrap();
    let before = account.state().unwrap();
    create(&account, "later").await;
    assert_eq!(names(&account), ["later", "seeded"]);

    Account::reset(&path, None).unwrap();
    assert_eq!(account.state().unwrap(), before, "an open handle sees it too");
    let other = State::from_value(&json!({ "roles": [{ "name": "other" }] })).unwrap();
    Account::reset(&path, Some(other)).unwrap();
    assert_eq!(names(&account), ["other"]);
}

#[test]
fn a_broken_file_is_refused_with_its_place_and_can_be_reset() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.json");
    for (text, said) in [
        ("", "line 1, column 0: not JSON: EOF while parsing a value"),
        ("{\n \"roles\": [}\n", "line 2, column 12: not JSON"),
        ("[1, 2]", "must be an object, not a list"),
        (r#"{ "apiVersion": "v1" }"#, "unknown key `apiVersion`"),
        (r#"{ "schemaVersion": 9 }"#, "schemaVersion: 9 is newer than 1"),
    ] {
        fs::write(&path, text).unwrap();
        for error in [Account::open(&path), Account::open_or_create(&path)] {
            let error = error.unwrap_err();
            assert!(error.to_string().contains("account.json"), "{error}");
            let cause = error.source().map(ToString::to_string).unwrap_or_default();
            assert!(cause.contains(said), "{cause}");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "left as it was");
    }
    fs::write(&path, b"\xff\xfe").unwrap();
    let cause = Account::open(&path).unwrap_err().source().map(ToString::to_string);
    assert!(cause.is_some_and(|cause| cause.contains("not UTF-8")));
    Account::reset(&path, None).unwrap();
    assert_eq!(Account::open(&path).unwrap().state().unwrap(), State::default());
}

#[tokio::test]
async fn a_file_that_breaks_under_way_fails_the_call_and_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.json");
    let account = Account::open_or_create(&path).unwrap();
    fs::write(&path, "{ torn").unwrap();
    let error = CloudWriter::iam(&account).delete_role("x").await.unwrap_err();
    assert_eq!(error.code, super::super::ACCOUNT_FILE);
    assert_eq!(fs::read_to_string(&path).unwrap(), "{ torn");
}

#[tokio::test]
async fn two_handles_see_each_others_writes_call_by_call() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.json");
    let (a, b) = (Account::open_or_create(&path).unwrap(), Account::open(&path).unwrap());
    for number in 0..30 {
        let (writer, reader) = if number % 2 == 0 { (&a, &b) } else { (&b, &a) };
        let name = format!("role-{number:02}");
        create(writer, &name).await;
        CloudReader::iam(reader).get_role(&name).await.unwrap();
    }
    assert_eq!(names(&a).len(), 30);
    assert_eq!(names(&a), names(&b));
}

#[test]
fn writers_on_many_threads_and_handles_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.json");
    let shared = Account::open_or_create(&path).unwrap();
    thread::scope(|scope| {
        for thread in 0..6 {
            let (path, shared) = (&path, &shared);
            scope.spawn(move || {
                // Half of them have a handle of their own, as another process would.
                let own = (thread % 2 == 0).then(|| Account::open(path).unwrap());
                let account = own.as_ref().unwrap_or(shared);
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                for number in 0..12 {
                    runtime.block_on(create(account, &format!("role-{thread}-{number}")));
                }
            });
        }
    });
    let state = shared.state().unwrap();
    assert_eq!(state.roles.len(), 72);
    let mut ids: Vec<_> = state.roles.iter().map(|role| &role.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 72, "no id is given out twice");
    assert_eq!(Account::open(&path).unwrap().state().unwrap(), state);
}

#[tokio::test]
async fn what_a_killed_writer_left_behind_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.json");
    let account = Account::open_or_create(&path).unwrap();
    create(&account, "nodes").await;
    fs::write(folder.path().join(".account-torn"), "{ \"roles\": [{ \"na").unwrap();
    fs::write(folder.path().join("account.json.lock"), "").unwrap();
    let account = Account::open(&path).unwrap();
    create(&account, "more").await;
    assert_eq!(names(&account), ["more", "nodes"]);
}

#[tokio::test]
async fn a_write_leaves_no_other_file_behind() {
    let folder = tempfile::tempdir().unwrap();
    let account = Account::open_or_create(folder.path().join("account.json")).unwrap();
    create(&account, "nodes").await;
    let mut files: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["account.json", "account.json.lock"]);
}

#[tokio::test]
async fn a_refused_call_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.json");
    let account = Account::open_or_create(&path).unwrap();
    create(&account, "nodes").await;
    let before = fs::read_to_string(&path).unwrap();
    CloudWriter::iam(&account).put_role_policy("nodes", "p", "{}").await.unwrap_err();
    CloudReader::iam(&account).get_role("nodes").await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
}

#[tokio::test]
async fn an_edit_changes_what_it_says_and_keeps_the_text_of_the_rest() {
    let account = super::empty();
    create(&account, "nodes").await;
    let spaced = policy().replace(':', " : ").replace("s3 : ", "s3:");
    CloudWriter::iam(&account).put_role_policy("nodes", "p", &spaced).await.unwrap();

    let draft = account.draft().unwrap();
    assert!(draft.text.contains("\"Effect\": \"Allow\""), "documents are written out");
    let text = draft.text.replace("\"Service\": \"ec2.amazonaws.com\"", "\"AWS\": \"*\"");
    account.edit(&draft, &text).unwrap();

    let reader = CloudReader::iam(&account);
    let role = reader.get_role("nodes").await.unwrap();
    assert!(role.assume_role_policy_document.text().contains(r#""AWS":"*""#));
    assert_eq!(reader.get_role_policy("nodes", "p").await.unwrap().text(), spaced);
}

#[tokio::test]
async fn an_edit_that_is_wrong_or_too_late_changes_nothing() {
    let account = super::empty();
    let draft = account.draft().unwrap();
    let text = draft.text.replace("\"roles\": []", "\"rolls\": []");
    let error = account.edit(&draft, &text).unwrap_err();
    assert!(error.to_string().contains("did you mean `roles`?"), "{error}");

    account.add_fault(Fault::new(Effect::Deny).operation("DeleteRole")).unwrap();
    assert!(matches!(account.edit(&draft, &draft.text), Err(EditError::Changed)));
    assert_eq!(account.state().unwrap().faults.len(), 1);
}

#[test]
fn what_is_shown_has_documents_written_out_and_no_seed() {
    let folder = tempfile::tempdir().unwrap();
    let seed = State::from_value(&json!({ "roles": [{ "name": "nodes" }] })).unwrap();
    let account = Account::init(folder.path().join("account.json"), seed).unwrap();
    let shown = account.show().unwrap();
    assert_eq!(
        shown["roles"][0]["assumeRolePolicyDocument"]["Statement"][0]["Action"],
        "sts:AssumeRole"
    );
    assert!(shown.get("seed").is_none());
}
