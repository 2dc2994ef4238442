//! The embedded account: made, shown, edited, brought back.

use serde_json::json;

use crate::shell::{ACCOUNT, Ran, Shell, UPDATE};

const KEPT: &str = ".cloudup/account.json.edit.json";

fn account<'a>(shell: &Shell, args: impl IntoIterator<Item = &'a str>) -> Ran {
    shell.run(["toolbox", "account"].into_iter().chain(args))
}

/// Edits an account with a script for an editor, which is called with the file.
fn edited(script: &str) -> (Shell, Ran) {
    let shell = Shell::with_demo().with_account(&json!({ "region": "eu-west-1" }));
    shell.write("edit.sh", script);
    let shell = shell
        .with_variable("EDITOR", "sh edit.sh")
        .with_variable("CLOUDUP", env!("CARGO_BIN_EXE_cloudup-under-test"));
    let ran = account(&shell, ["edit"]);
    (shell, ran)
}

#[test]
fn it_is_made_once_and_replaced_by_force() {
    let shell = Shell::new().with_file("seed.json", r#"{ "accountId": "111122223333" }"#);
    let made = account(&shell, ["init"]).expect(0);
    insta::assert_snapshot!(made.stdout, @".cloudup/account.json: account 123456789012, aws, us-east-1.");
    account(&shell, ["init", "--seed", "seed.json"]).expect(3);
    assert_eq!(shell.account()["accountId"], "123456789012");
    account(&shell, ["init", "--seed", "seed.json", "--force"]).expect(0);
    assert_eq!(shell.account()["accountId"], "111122223333");

    let elsewhere = ["--cloud", "local:a/b/c.json", "toolbox", "account", "init", "--seed", "-"];
    let made = shell.feed(elsewhere, r#"{ "region": "eu-north-1" }"#).expect(0);
    insta::assert_snapshot!(made.stdout, @"a/b/c.json: account 123456789012, aws, eu-north-1.");
}

#[test]
fn it_is_brought_back_to_its_seed() {
    let seed = json!({ "accountId": "111122223333", "roles": [{ "name": "theirs" }] });
    let shell = Shell::with_demo().with_account(&seed);
    let before = shell.account();
    shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    assert_eq!(shell.account()["roles"].as_array().map(Vec::len), Some(3));
    account(&shell, ["reset"]).expect(0);
    assert_eq!(shell.account(), before);
}

#[test]
fn a_file_that_is_no_account_is_kept_before_an_account_takes_its_place() {
    let shell = Shell::with_demo().with_file(".cloudup/account.json", "kind: Cluster\n");
    for kept in [".cloudup/account.json.unreadable.json", ".cloudup/account.json.unreadable.2.json"]
    {
        shell.write(".cloudup/account.json", "kind: Cluster\n");
        let ran = account(&shell, ["reset"]).expect(0);
        assert!(ran.stdout.contains(kept), "{ran}");
        assert_eq!(shell.read(kept), "kind: Cluster\n");
    }
}

#[test]
fn it_is_shown_with_documents_written_out() {
    let shell = Shell::with_demo().with_account(&json!({}));
    shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    let role = &shell.account()["roles"][0];
    assert_eq!(role["assumeRolePolicyDocument"]["Statement"][0]["Action"], "sts:AssumeRole");
    // What is shown is a seed.
    let other = Shell::with_demo().with_account(&shell.account());
    assert_eq!(other.iam(), shell.iam());
    other.run(UPDATE.into_iter().chain(["--detailed-exitcode"])).expect(0);
}

#[test]
fn an_edit_is_put_in_force() {
    let (shell, ran) = edited(r#"sed -i.bak s/eu-west-1/eu-south-2/ "$1""#);
    insta::assert_snapshot!(ran.expect(0), @r"
    exit status 0
    --- stdout
    .cloudup/account.json was changed.
    ");
    assert_eq!(shell.account()["region"], "eu-south-2");
    assert!(!shell.path(KEPT).exists());
}

#[test]
fn an_edit_that_changes_nothing_writes_nothing() {
    let (shell, ran) = edited("exit 0");
    insta::assert_snapshot!(ran.expect(0).stdout, @"Nothing was changed.");
    assert!(!shell.path(KEPT).exists());
}

#[test]
fn a_mistake_is_told_in_the_editor_and_can_be_mended() {
    let (shell, ran) = edited(
        r#"if grep -q '^// line 1, column 3: not JSON' "$1"
        then sed -i.bak -e '/^\/\//d' -e 's/^{ oops,/{/' -e s/eu-west-1/eu-south-2/ "$1"
        else sed -i.bak 's/^{/{ oops,/' "$1"
        fi"#,
    );
    ran.expect(0);
    assert_eq!(shell.account()["region"], "eu-south-2");
}

#[test]
fn whoever_gives_up_keeps_what_was_typed() {
    let (shell, ran) = edited(
        r#"grep -q '^//' "$1" || sed -i.bak -e 's/"region"/"regoin"/' -e 's/"roles": \[\]/"roles": [1]/' "$1""#,
    );
    insta::assert_snapshot!(ran.expect(3));
    assert_eq!(shell.account()["region"], "eu-west-1");
    assert!(shell.read(KEPT).contains("regoin"));
}

#[test]
fn an_editor_that_fails_or_is_not_there_changes_nothing() {
    let (shell, ran) = edited("exit 7");
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stderr.contains("could not run the editor sh edit.sh"), "{ran}");
    assert!(ran.stderr.contains("exit status: 7"), "{ran}");
    assert_eq!(shell.account()["region"], "eu-west-1");

    let shell = shell.with_variable("KUBE_EDITOR", "no-such-editor");
    let ran = account(&shell, ["edit"]);
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stderr.contains("could not run the editor no-such-editor"), "{ran}");
    assert!(ran.stderr.contains("hint: set EDITOR"), "{ran}");
}

#[test]
fn an_account_that_changed_meanwhile_is_left_as_it_is() {
    let (shell, ran) = edited(
        r#""$CLOUDUP" update -f cluster.yaml --yes >update.log 2>&1 || exit 9
        sed -i.bak s/eu-west-1/eu-south-2/ "$1""#,
    );
    insta::assert_snapshot!(ran.expect(1));
    assert_eq!(shell.account()["region"], "eu-west-1");
    assert_eq!(shell.account()["roles"].as_array().map(Vec::len), Some(2));
    assert!(shell.path(ACCOUNT).exists() && shell.read(KEPT).contains("eu-south-2"));
}
