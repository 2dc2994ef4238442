//! Commands as documentation and help have them, run where they find what they are about.

use cloudup_tests::kubernetes::FakeKubernetes;

use crate::{
    kubernetes::{last_node, running},
    shell::{Ran, Shell},
};

/// What a service account of the documentation needs in the cluster.
const SERVICE_ACCOUNTS: &str = "  iam:
    useServiceAccountExternalPermissions: true
";
const DISCOVERY: &str = "  serviceAccountIssuerDiscovery:
    discoveryStore: s3://example-discovery/demo.example.com
    enableAWSOIDCProvider: true
";

/// Runs what stands behind `cloudup`; none where that would reach a real account.
pub(crate) fn run(args: &str) -> Option<Ran> {
    if args.starts_with("--cloud aws ") || args.starts_with("--state s3:") {
        return None;
    }
    let (shell, _kubernetes, args) = place(args);
    Some(shell.run(args.split_whitespace().map(|word| word.trim_matches('\''))))
}

/// Where a command runs, what answers it there, and how it names an instance of that place.
fn place(args: &str) -> (Shell, Option<FakeKubernetes>, String) {
    let verbs = ["validate ", "get instances ", "delete instance ", "rolling-update "];
    let (shell, kubernetes, args) = if verbs.iter().any(|verb| args.starts_with(verb)) {
        let (shell, kubernetes) = running();
        let args = args.replace("i-0123456789abcdef0", &last_node(&shell));
        (shell, Some(kubernetes), args)
    } else {
        (Shell::with_demo(), None, args.to_owned())
    };
    let shell = shell.with_variable("EDITOR", "true").with_file("seed.json", "{}");
    let cluster = shell.read("cluster.yaml");
    shell.write("manifests/cluster.yaml", &cluster);
    shell.write(
        "nodes.yaml",
        cluster.rsplit("---\n").next().unwrap_or_default().replace("nodes-eu", "more-nodes-eu"),
    );
    if args.contains("kube-system/") {
        let cluster = cluster.replacen("  iam:\n", SERVICE_ACCOUNTS, 1);
        shell.write("cluster.yaml", cluster.replacen("spec:\n", &format!("spec:\n{DISCOVERY}"), 1));
    }
    let takes_plan = ["show", "apply", "graph --plan"];
    if takes_plan.iter().any(|verb| args.starts_with(verb)) {
        shell.run(["update", "-f", "cluster.yaml", "--out", "plan.json"]).expect(0);
    }
    if args.contains("--phase security") {
        shell.run(["update", "-f", "cluster.yaml", "--phase", "network", "--yes"]).expect(0);
    }
    if args.starts_with("toolbox dump") {
        shell.run(["update", "-f", "cluster.yaml", "--yes"]).expect(0);
    }
    if args.contains("toolbox account") && !args.contains("init") {
        let cloud = if args.contains("other.json") { "local:other.json" } else { "local" };
        shell.run(["--cloud", cloud, "toolbox", "account", "init"]).expect(0);
    }
    if !args.starts_with("create") {
        shell.run(["create", "-f", "manifests/cluster.yaml"]).expect(0);
    }
    (shell, kubernetes, args)
}
