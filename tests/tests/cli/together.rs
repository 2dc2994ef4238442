//! Several processes on one account.

use serde_json::Value;

use crate::shell::{ACCOUNT, DEMO, Shell, UPDATE};

/// Whether it is an id that EC2 gives.
fn is_id(text: &str) -> bool {
    let digits = text.rsplit_once('-').map(|(_, digits)| digits);
    digits.is_some_and(|it| it.len() == 17 && it.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The account without what depends on who came first: ids are given in order of arrival.
fn without_ids(mut account: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.retain(|key, _| key != "id" && key != "lastId");
                members.values_mut().for_each(strip);
            }
            Value::Array(items) => {
                items.iter_mut().for_each(strip);
                items.sort_by_key(ToString::to_string);
            }
            Value::String(text) if is_id(text) => *value = Value::Null,
            _ => {}
        }
    }
    strip(&mut account);
    account
}

#[test]
fn two_updates_at_once_end_as_one_does() {
    let alone = Shell::with_demo();
    alone.run(UPDATE.into_iter().chain(["--yes"])).expect(0);

    // What EC2 makes has no name of its own: the network is there before, once.
    let shell = Shell::with_demo();
    let args = || UPDATE.into_iter().chain(["--yes"]);
    shell.run(args().chain(["--phase", "network"])).expect(0);
    let (first, second) = (shell.start(args()), shell.start(args()));
    for child in [first, second] {
        shell.finish(child).expect(0);
    }
    assert_eq!(without_ids(shell.account()), without_ids(alone.account()));
    shell.run(UPDATE.into_iter().chain(["--detailed-exitcode"])).expect(0);
}

#[test]
fn updates_of_several_clusters_at_once_lose_nothing() {
    let names = ["a.example.com", "b.example.com", "c.example.com"];
    let shell = Shell::new();
    for name in names {
        shell.write(name, DEMO.replace("demo.example.com", name));
    }
    let children = names.map(|name| shell.start(["update", "-f", name, "--yes"]));
    for child in children {
        shell.finish(child).expect(0);
    }
    for name in names {
        let ran = shell.run(["update", "-f", name]).expect(0);
        assert!(ran.stdout.ends_with("\nNothing to do.\n"), "{ran}");
    }
    let leftovers = std::fs::read_dir(shell.path(".cloudup")).expect("the folder is there");
    let mut leftovers: Vec<_> =
        leftovers.filter_map(|file| file.ok()?.file_name().into_string().ok()).collect();
    leftovers.sort();
    assert_eq!(leftovers, ["account.json", "account.json.lock"], "of {ACCOUNT}");
}
