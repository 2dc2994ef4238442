//! Settings: what is set where, what that beats, and what is wrong with it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::shell::{DEMO, Ran, Shell, UPDATE, small};

const PROJECT: &str = "cloudup.toml";
const USER: &str = ".config/cloudup/config.toml";

/// A setting: its key, its default, what each layer says (the user's file, the project's, the
/// environment, a flag), and the flag. Files are TOML, the others what they come to.
struct Row {
    key: &'static str,
    default: Option<&'static str>,
    files: [&'static str; 2],
    come_to: [&'static str; 4],
    variable: &'static str,
    flag: &'static str,
}

macro_rules! rows {
    ($($key:literal, $default:expr, [$user:literal, $project:literal], $come_to:expr, $variable:literal, $flag:literal;)*) => {
        [$(Row {
            key: $key,
            default: $default,
            files: [$user, $project],
            come_to: $come_to,
            variable: $variable,
            flag: $flag,
        }),*]
    };
}

const ROWS: [Row; 24] = rows![
    "cloud", Some("local"), ["'aws'", "'local:a.json'"],
        ["aws", "local:a.json", "local", "local:b.json"], "CLOUDUP_CLOUD", "--cloud";
    "state", Some(".cloudup/state"), ["'s3://a'", "'b'"],
        ["s3://a", "b", "c", "gs://d"], "CLOUDUP_STATE_STORE", "--state";
    "cluster", None, ["'a'", "'b'"], ["a", "b", "c", "d"], "CLOUDUP_CLUSTER", "--name";
    "color", Some("auto"), ["'never'", "'always'"],
        ["never", "always", "auto", "never"], "CLOUDUP_COLOR", "--color";
    // What is printed must be JSON.
    "output", Some("text"), ["'wide'", "'table'"],
        ["wide", "table", "yaml", "json"], "CLOUDUP_OUTPUT", "--output";
    "phase", None, ["'network'", "'security'"],
        ["network", "security", "cluster", "iam"], "CLOUDUP_PHASE", "--phase";
    "lifecycle-overrides", None, ["{ VPC = 'Ignore' }", "{ VPC = 'Sync' }"],
        ["VPC=Ignore", "VPC=Sync", "VPC=Ignore", "VPC=ExistsAndValidates"],
        "CLOUDUP_LIFECYCLE_OVERRIDES", "--lifecycle-overrides";
    "parallelism", Some("16"), ["1", "2"], ["1", "2", "3", "4"],
        "CLOUDUP_PARALLELISM", "--parallelism";
    "detailed-exitcode", Some("false"), ["true", "false"], ["true", "false", "true", "false"],
        "CLOUDUP_DETAILED_EXITCODE", "--detailed-exitcode";
    "ssh-public-key", None, ["'/a.pub'", "'b.pub'"], ["/a.pub", "b.pub", "c.pub", "d.pub"],
        "CLOUDUP_SSH_PUBLIC_KEY", "--ssh-public-key";
    "drift.ignore", None, ["['A', 'B']", "['VPC']"], ["A,B", "VPC", "Subnet", "IAMRole"],
        "CLOUDUP_DRIFT_IGNORE", "--ignore";
    "validate.wait", Some("0"), ["'1m'", "'2m'"], ["1m", "2m", "3m", "4m"],
        "CLOUDUP_VALIDATE_WAIT", "--wait";
    "validate.count", Some("1"), ["2", "3"], ["2", "3", "4", "5"],
        "CLOUDUP_VALIDATE_COUNT", "--count";
    "validate.interval", Some("10s"), ["'1m'", "'2m'"], ["1m", "2m", "3m", "4m"],
        "CLOUDUP_VALIDATE_INTERVAL", "--interval";
    "validate.max-unready-nodes", Some("0"), ["1", "2"], ["1", "2", "3", "4"],
        "CLOUDUP_VALIDATE_MAX_UNREADY_NODES", "--max-unready-nodes";
    "rolling-update.control-plane-interval", Some("15s"), ["'1m'", "'2m'"],
        ["1m", "2m", "3m", "4m"],
        "CLOUDUP_ROLLING_UPDATE_CONTROL_PLANE_INTERVAL", "--control-plane-interval";
    "rolling-update.node-interval", Some("15s"), ["'1m'", "'2m'"], ["1m", "2m", "3m", "4m"],
        "CLOUDUP_ROLLING_UPDATE_NODE_INTERVAL", "--node-interval";
    "rolling-update.bastion-interval", Some("15s"), ["'1m'", "'2m'"], ["1m", "2m", "3m", "4m"],
        "CLOUDUP_ROLLING_UPDATE_BASTION_INTERVAL", "--bastion-interval";
    "rolling-update.drain-timeout", Some("15m"), ["'1m'", "'2m'"], ["1m", "2m", "3m", "4m"],
        "CLOUDUP_ROLLING_UPDATE_DRAIN_TIMEOUT", "--drain-timeout";
    "rolling-update.post-drain-delay", Some("5s"), ["'1m'", "'2m'"], ["1m", "2m", "3m", "4m"],
        "CLOUDUP_ROLLING_UPDATE_POST_DRAIN_DELAY", "--post-drain-delay";
    "rolling-update.validation-timeout", Some("15m"), ["'1m'", "'2m'"], ["1m", "2m", "3m", "4m"],
        "CLOUDUP_ROLLING_UPDATE_VALIDATION_TIMEOUT", "--validation-timeout";
    "rolling-update.validate-count", Some("2"), ["3", "4"], ["3", "4", "5", "6"],
        "CLOUDUP_ROLLING_UPDATE_VALIDATE_COUNT", "--validate-count";
    "rolling-update.fail-on-drain-error", Some("true"), ["false", "true"],
        ["false", "true", "false", "true"],
        "CLOUDUP_ROLLING_UPDATE_FAIL_ON_DRAIN_ERROR", "--fail-on-drain-error";
    "rolling-update.fail-on-validate-error", Some("true"), ["false", "true"],
        ["false", "true", "false", "true"],
        "CLOUDUP_ROLLING_UPDATE_FAIL_ON_VALIDATE_ERROR", "--fail-on-validate-error";
];

/// What a file says of a setting.
fn toml(key: &str, value: &str) -> String {
    match key.split_once('.') {
        Some((section, key)) => format!("[{section}]\n{key} = {value}\n"),
        None => format!("{key} = {value}\n"),
    }
}

/// What is shown of a setting.
fn shown(shell: &Shell, key: &str, more: &[String]) -> Value {
    let args = ["config", "show"].map(str::to_owned).into_iter().chain(more.iter().cloned());
    let ran =
        shell.run(args.chain((key != "output").then(|| "--output=json".to_owned()))).expect(0);
    let settings = ran.json()["settings"].clone();
    let of_key = |it: &&Value| it["setting"] == key;
    settings.as_array().and_then(|all| all.iter().find(of_key).cloned()).unwrap_or_default()
}

#[test]
fn each_setting_is_what_its_strongest_layer_says() {
    for row in &ROWS {
        let (key, line) = (row.key, if row.key.contains('.') { 2 } else { 1 });
        let mut shell = Shell::new();
        let flag = vec![format!("{}={}", row.flag, row.come_to[3])];
        if key != "output" {
            let it = shown(&shell, key, &[]);
            assert_eq!(
                (&it["value"], &it["by"]),
                (&json!(row.default), &json!("default")),
                "{key}"
            );
        }
        let layers =
            [("user", format!("~/{USER}:{line}")), ("project", format!("{PROJECT}:{line}"))];
        let mut beaten = Vec::new();
        for (nth, (layer, place)) in layers.into_iter().enumerate() {
            shell.write([USER, PROJECT][nth], toml(key, row.files[nth]));
            let value = json!({ "value": row.come_to[nth], "by": layer, "place": place });
            if key != "output" {
                check(&shown(&shell, key, &[]), &value, &beaten);
            }
            beaten.insert(0, value);
        }
        shell = shell.with_variable(row.variable, row.come_to[2]);
        let value = json!({ "value": row.come_to[2], "by": "variable", "place": row.variable });
        if key != "output" {
            check(&shown(&shell, key, &[]), &value, &beaten);
        }
        beaten.insert(0, value);
        let value = json!({ "value": row.come_to[3], "by": "flag", "place": row.flag });
        check(&shown(&shell, key, &flag), &value, &beaten);
    }
}

fn check(shown: &Value, value: &Value, beaten: &[Value]) {
    for part in ["value", "by", "place"] {
        assert_eq!(shown[part], value[part], "{part} of {shown:#}");
    }
    let beats = shown.get("beats").cloned().unwrap_or_else(|| json!([]));
    assert_eq!(beats, json!(beaten), "{shown:#}");
}

#[test]
fn every_setting_has_its_row_its_variable_and_its_place_in_the_schema() {
    let shown = Shell::new().run(["config", "show", "-o", "json"]).expect(0).json();
    let schema = Shell::new().run(["toolbox", "schema", "config"]).expect(0).json();
    let mut keys = Vec::new();
    for setting in shown["settings"].as_array().into_iter().flatten() {
        let key = setting["setting"].as_str().unwrap_or_default();
        let row = ROWS.iter().find(|row| row.key == key).unwrap_or_else(|| panic!("{key}: no row"));
        assert_eq!(setting["variable"], row.variable);
        let path = key.replace('.', "/properties/");
        let described = schema.pointer(&format!("/properties/{path}")).unwrap_or(&Value::Null);
        assert!(described["description"].as_str().is_some_and(|it| it.len() > 10), "{key}");
        keys.push(key);
    }
    assert_eq!(keys.len(), ROWS.len());
}

#[test]
fn the_schema_takes_what_cloudup_takes() {
    let schema = Shell::new().run(["toolbox", "schema", "config"]).expect(0).json();
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("config.json", schema).expect("it is a schema");
    let schema = compiler.compile("config.json", &mut schemas).expect("it is a schema");
    for (value, is_right) in [
        (json!({ "cloud": "aws", "parallelism": 4, "validate": { "wait": "10m" } }), true),
        (
            json!({ "lifecycle-overrides": { "IAMRole": "Ignore" }, "drift": { "ignore": ["A"] } }),
            true,
        ),
        (json!({ "color": "purple" }), false),
        (json!({ "parallelism": "4" }), false),
        (json!({ "validate": { "wiat": "10m" } }), false),
        (json!({ "yes": true }), false),
    ] {
        assert_eq!(schemas.validate(&value, schema).is_ok(), is_right, "{value}");
    }
}

#[test]
fn settings_are_shown_with_what_they_beat() {
    let shell = Shell::new()
        .with_file(PROJECT, "cluster = 'demo.example.com'\nparallelism = 8\n\n[lifecycle-overrides]\nIAMRole = 'Ignore'\n'IAMRole/n*' = 'Sync'\n")
        .with_file(USER, "color = 'never'\nparallelism = 4\n")
        .with_variable("KOPS_CLUSTER_NAME", "other.example.com")
        .with_variable("CLOUDUP_LIFECYCLE_OVERRIDES", "VPC=Ignore");
    let ran = shell.run(["config", "show", "--parallelism", "2"]).expect(0);
    insta::assert_snapshot!(ran.stdout);
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{ran}");
    let none = shell.run(["--config", "none", "config", "show"]).expect(0);
    assert!(none.stdout.ends_with("\nNo file of settings was read.\n"), "{none}");
    assert!(!none.stdout.contains("demo.example.com"), "{none}");
}

#[test]
fn a_file_that_is_named_is_read_in_place_of_the_others() {
    let shell = Shell::new()
        .with_file(PROJECT, "parallelism = 1\nphase = 'network'\n")
        .with_file(USER, "color = 'never'\n")
        .with_file("ci/ci.toml", "parallelism = 9\nssh-public-key = '../key.pub'\n");
    let named = ["--config".to_owned(), "ci/ci.toml".to_owned()];
    assert_eq!(shown(&shell, "parallelism", &named)["value"], "9");
    assert_eq!(shown(&shell, "parallelism", &named)["place"], "ci/ci.toml:1");
    assert_eq!(shown(&shell, "ssh-public-key", &named)["value"], "ci/../key.pub");
    assert_eq!(shown(&shell, "phase", &named)["by"], "default");
    assert_eq!(shown(&shell, "color", &named)["by"], "default");
    assert_eq!(shown(&shell, "phase", &["--config=".to_owned()])["by"], "default");
    let shell = shell.with_variable("CLOUDUP_CONFIG", "ci/ci.toml");
    assert_eq!(shown(&shell, "parallelism", &[])["value"], "9");
    assert_eq!(shown(&shell, "parallelism", &["--config=none".to_owned()])["value"], "16");
}

/// The tasks of the demo cluster whose lifecycle has this rule.
fn ruled(ran: &Ran, rule: &str) -> Vec<String> {
    let rows = ran.json();
    let rows = rows.as_array().into_iter().flatten();
    let ruled = rows.filter(|row| row["rule"].as_str().is_some_and(|it| it.contains(rule)));
    ruled.map(|row| row["task"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn verbs_go_by_what_is_set() {
    let shell = Shell::with_demo().with_file(
        PROJECT,
        "cloud = 'local:accounts/dev.json'\nstate = 'store'\noutput = 'json'\n\n[lifecycle-overrides]\nIAMRole = 'Ignore'\n",
    );
    shell.write("below/deep/here", "");
    shell.run(["create", "-f", "cluster.yaml"]).expect(0).json();
    assert!(shell.path("store/demo.example.com/config").exists());
    let plan = shell.run(["update"]).expect(0);
    assert_eq!(plan.json()["cloud"], "embedded account accounts/dev.json");
    assert!(shell.path("accounts/dev.json").exists());
    assert_eq!(ruled(&shell.run(["get", "tasks"]).expect(0), "cloudup.toml:6").len(), 1);
    let tasks = shell.run(["get", "tasks", "demo.example.com"]).expect(0);
    let ignored = ruled(&tasks, "IAMRole in cloudup.toml:6");
    assert!(ignored.iter().any(|task| task == "IAMRole/nodes.demo.example.com"), "{tasks}");
    // The environment is stronger, and is added to.
    let more = ["--lifecycle-overrides", "IAMRole/nodes.*=Sync"];
    let tasks = shell.run(["get", "tasks", "demo.example.com"].iter().chain(&more)).expect(0);
    let fewer = ruled(&tasks, "IAMRole in cloudup.toml:6");
    assert_eq!(fewer.len(), ignored.len() - 1, "{tasks}");

    // From below it is the same store, and the same account.
    let mut below = shell.command(["get", "clusters"]);
    let ran = below.current_dir(shell.path("below/deep")).output().expect("it starts");
    let clusters: Value = serde_json::from_slice(&ran.stdout).expect("it is JSON");
    assert_eq!(clusters[0]["metadata"]["name"], "demo.example.com");
}

#[test]
fn a_switch_that_is_set_can_be_taken_back() {
    let shell =
        Shell::with_demo().with_file(PROJECT, "detailed-exitcode = true\nphase = 'network'\n");
    shell.run(UPDATE).expect(2);
    shell.run(UPDATE.iter().chain(&["--detailed-exitcode=false"])).expect(0);
    shell.run(UPDATE.iter().chain(&["--detailed-exitcode"])).expect(2);
    let network = shell.run(UPDATE).expect(2).stdout;
    assert!(!network.contains("IAMRole"), "{network}");
    let all = shell.run(UPDATE.iter().chain(&["--phase="])).expect(2).stdout;
    assert!(all.contains("nodes.demo.example.com"), "{all}");
}

#[test]
fn the_cluster_that_is_set_is_meant_where_several_could_be() {
    let other = small("", "").replace("demo.example.com", "other.example.com");
    let shell = Shell::with_demo()
        .with_file("other.yaml", &other)
        .with_file("both.yaml", format!("{DEMO}---\n{other}"));
    shell.run(["create", "-f", "cluster.yaml", "-f", "other.yaml"]).expect(0);
    shell.run(["update"]).expect(3);
    let shell = shell.with_variable("CLOUDUP_CLUSTER", "other.example.com");
    let of = |args: &[&str]| {
        let ran = shell.run(["update", "-o", "json"].iter().chain(args)).expect(0);
        assert_eq!(ran.stderr, "");
        ran.json()["cluster"].as_str().map(str::to_owned)
    };
    assert_eq!(of(&[]).as_deref(), Some("other.example.com"));
    assert_eq!(of(&["demo.example.com"]).as_deref(), Some("demo.example.com"));
    assert_eq!(of(&["-f", "both.yaml"]).as_deref(), Some("other.example.com"));
    // Files that are given are meant, whatever is set.
    assert_eq!(of(&["-f", "cluster.yaml"]).as_deref(), Some("demo.example.com"));
    shell.run(["delete", "cluster"]).expect(3);
}

#[test]
fn what_a_project_sets_that_leads_out_of_this_machine_is_told() {
    let store = "state = 'memory://'\n";
    let told = |shell: &Shell, args: &[&str]| shell.run(args).expect(0).stderr;
    let shell = Shell::new().with_file(PROJECT, store);
    let note = "note: the state store is memory://, from cloudup.toml:1\n";
    assert_eq!(told(&shell, &["get", "clusters"]), note);
    assert_eq!(told(&shell, &["get", "clusters", "--state", "memory://"]), "");
    assert_eq!(told(&Shell::new().with_file(USER, store), &["get", "clusters"]), "");
    assert_eq!(told(&Shell::new().with_file(PROJECT, "state = 'a'"), &["get", "clusters"]), "");
    let key =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDXIXXe4lXrB/rqGGwYAT1OK3b7Yn8BZYlE3JYwvVwaR a\n";
    let shell = Shell::with_demo().with_file(PROJECT, "ssh-public-key = 'a.pub'\n");
    let shell = shell.with_file("a.pub", key);
    let note = "note: the SSH public key is a.pub, from cloudup.toml:1\n";
    assert_eq!(told(&shell, &UPDATE), note);
    let shell = Shell::new().with_file(PROJECT, "cloud = 'aws'\n");
    assert_eq!(told(&shell, &["config", "show"]), "note: the cloud is AWS, from cloudup.toml:1\n");
    assert_eq!(told(&shell, &["config", "show", "--cloud", "aws"]), "");
}

#[test]
fn somebody_elses_file_further_up_is_refused() {
    let shell = Shell::new().with_file(PROJECT, "parallelism = 4\n");
    // Only root may give files away.
    if std::os::unix::fs::chown(shell.path(PROJECT), Some(12_345), None).is_err() {
        return;
    }
    let ran = shell.run(["config", "show"]).expect(3);
    insta::assert_snapshot!(ran.stderr);
    shell.run(["config", "show", "--config", PROJECT]).expect(0);
}

#[test]
fn what_is_wrong_with_settings_is_told_all_at_once() {
    let everything = "paralelism = 3\nparallelism = 0\ncolor = 'purple'\nyes = true\nwait = '3m'\n\
        detailed-exitcode = 'yes'\nphase = 'secrity'\nstate = 'swift://a'\ncloud = 'gcp'\noutput = 'jsn'\n\
        validate = 3\nlifecycle-overrides = { IAMRol = 'Ignore', IAMRole = 'Ignor', VPC = 3 }\n\
        [rolling-update]\ndrain-timeout = 'soon'\nvalidate-count = -1\nnode_interval = '1m'\n\
        [drift]\nignore = [1, 'a', true]\n[valdate]\nwait = '1m'\n";
    let files: &[(&str, &str, &[u8])] = &[
        ("everything is wrong", PROJECT, everything.as_bytes()),
        ("it is no TOML", PROJECT, b"cloud = \nstate = [\n"),
        ("a key is there twice", PROJECT, b"cloud = 'aws'\n\ncloud = 'local'\n"),
        (
            "there is nothing in quotes",
            PROJECT,
            b"cluster = ''\nphase = ''\nstate = ''\nssh-public-key = ''\n",
        ),
        ("it is no text", PROJECT, b"cloud = '\xff'\n"),
        ("the user's own is wrong", USER, b"\nclould = 'aws'\n"),
        (
            "a project leaves its folder",
            PROJECT,
            b"cloud = 'local:/etc/a'\nstate = 'a/../../b'\nssh-public-key = '../k'\n",
        ),
        ("a project's store leaves its folder", PROJECT, b"state = 'file:///tmp/b'\n"),
        (
            "a project would run programs and send credentials elsewhere",
            PROJECT,
            b"editor = 'rm'\nkubeconfig = 'k'\nendpoint = 'http://a'\nprofile = 'p'\n",
        ),
    ];
    let mut told = String::new();
    for (sentence, path, text) in files {
        let shell = Shell::new().with_file(path, text);
        let ran = shell.run(["get", "clusters"]).expect(3);
        assert_eq!(ran.stdout, "", "{sentence}");
        writeln!(told, "# {sentence}\n{}\n", ran.stderr.trim_end()).expect("it is text");
        // What does not go by settings works all the same.
        shell.run(["completion", "bash"]).expect(0);
        shell.run(["toolbox", "schema", "config"]).expect(0);
        shell.run(["toolbox", "man", "manual"]).expect(0);
        shell.run(["get", "clusters", "--help"]).expect(0);
        shell.run(["--config", "none", "get", "clusters"]).expect(0);
    }
    let variables = [("CLOUDUP_PARALLELISM", "many"), ("CLOUDUP_CONFIG", "nowhere.toml")];
    for (name, value) in variables {
        let ran = Shell::new().with_variable(name, value).run(["get", "clusters"]).expect(3);
        writeln!(told, "# {name}={value}\n{}\n", ran.stderr.trim_end()).expect("it is text");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_file_to_begin_with_sets_nothing_and_has_everything() {
    let shell = Shell::new();
    let before = shell.run(["config", "show", "-o", "json"]).expect(0).json();
    shell.run(["config", "init"]).expect(0);
    let after = shell.run(["config", "show", "-o", "json"]).expect(0).json();
    assert_eq!(after["settings"], before["settings"]);
    shell.run(["config", "init"]).expect(3);

    // With every line that has a default, nothing changes but who says so.
    let text = shell.read(PROJECT);
    let is_setting = |line: &str| {
        let value = line.strip_prefix("# ").and_then(|line| line.split_once(" = "));
        value.is_some_and(|(key, value)| {
            !key.contains(' ') && !["\"\"", "[]", "{}"].contains(&value)
        })
    };
    let lines = text.lines().map(|line| if is_setting(line) { &line[2..] } else { line });
    shell.write(PROJECT, lines.collect::<Vec<_>>().join("\n"));
    let all = shell.run(["config", "show", "-o", "json"]).expect(0).json();
    let settings = all["settings"].as_array().expect("it is a list");
    for (setting, before) in settings.iter().zip(before["settings"].as_array().expect("so is it")) {
        // This is what is printed, so a flag says so.
        if setting["setting"] == "output" {
            continue;
        }
        let has_default = before.get("value").is_some();
        assert_eq!(setting["by"] == "project", has_default, "{setting}");
        assert_eq!(setting.get("value"), before.get("value"), "{setting}");
    }
}
