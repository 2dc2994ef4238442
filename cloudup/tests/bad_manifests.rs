//! What people write by mistake, and what they are told.

use std::fmt::Write;

use cloudup::manifest::Manifest;

/// A manifest that is right.
const SMALL: &str = include_str!("../testdata/manifests/small.yaml");

/// What is done to it: a sentence, the text that is replaced, and what it is replaced with.
const CASES: &[(&str, &str, &str)] = &[
    // YAML
    ("a tab indents", "  cloudProvider: aws", "\tcloudProvider: aws"),
    ("an indentation is off", "  configBase:", "   configBase:"),
    ("a bracket is not closed", "Action\": [\"s3:GetObject\"]", "Action\": [\"s3:GetObject\""),
    ("a list is not closed", "calico: {}", "calico: {"),
    ("a quote is not closed", "kubernetesVersion: 1.32.0", "kubernetesVersion: \"1.32.0"),
    ("a text has a colon", "Owner: team", "Owner: team: red"),
    ("a text starts with an at sign", "Owner: team", "Owner: @team"),
    ("an alias has no anchor", "cloudProvider: aws", "cloudProvider: *cloud"),
    ("an alias is inside itself", "calico: {}", "calico: &c {a: *c}"),
    ("a field is there twice", "  cloudLabels:", "  cloudProvider: aws\n  cloudLabels:"),
    ("a label is there twice", "Owner: team", "Owner: team\n    Owner: other"),
    ("a template was not filled in", "cloudProvider: aws", "cloudProvider: {{ cloud }}"),
    // documents
    ("there is no apiVersion", "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster", "kind: Cluster"),
    ("there is no kind", "kind: Cluster\n", ""),
    ("the version is another", "v1alpha2\nkind: Cluster", "v1alpha3\nkind: Cluster"),
    (
        "the group is misspelt",
        "apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster",
        "apiVersion: kop.k8s.io/v1alpha2\nkind: Cluster",
    ),
    ("the kind is misspelt", "kind: Cluster\n", "kind: Clsuter\n"),
    ("the kind is in lower case", "kind: Cluster\n", "kind: cluster\n"),
    ("the kind is one that manifests do not hold", "kind: Cluster\n", "kind: Keyset\n"),
    ("a document is a list", "---\napiVersion", "---\n- nothing\n---\napiVersion"),
    // fields
    ("a field is misspelt", "  subnets:\n  - name", "  subnet:\n  - name"),
    ("a field has the wrong case", "externalPolicies:", "ExternalPolicies:"),
    (
        "a field is in the wrong place",
        "  iam:\n",
        "  permissionsBoundary: arn:aws:iam::111122223333:policy/boundary\n  iam:\n",
    ),
    (
        "a field is of the other kind of document",
        "role: Node",
        "role: Node\n  nonMasqueradeCIDR: 100.64.0.0/10",
    ),
    ("a nested field is misspelt", "allowContainerRegistry", "allowContainerRegistries"),
    ("a network has a field that it does not have", "calico: {}", "kubenet: {mtu: 9000}"),
    (
        "a metadata field is misspelt",
        "  labels:\n    kops.k8s.io/cluster: demo.example.com\nspec:\n  role: Node",
        "  label:\n    kops.k8s.io/cluster: demo.example.com\nspec:\n  role: Node",
    ),
    // types
    (
        "a text stands for a boolean",
        "allowContainerRegistry: true",
        "allowContainerRegistry: \"true\"",
    ),
    (
        "a word stands for a boolean",
        "allowContainerRegistry: true",
        "allowContainerRegistry: enabled",
    ),
    ("a text stands for a number", "minSize: 2", "minSize: \"2\""),
    ("a fraction stands for a whole number", "minSize: 2", "minSize: 2.5"),
    ("a number starts with zero", "minSize: 2", "minSize: 010"),
    ("a number is out of range", "minSize: 2", "minSize: 9999999999"),
    ("a number stands for a text", "Owner: team", "Owner: 123"),
    ("a boolean stands for a text", "Owner: team", "Owner: no"),
    ("a version is read as a number", "kubernetesVersion: 1.32.0", "kubernetesVersion: 1.32"),
    (
        "a number stands for a duration",
        "  - name: main",
        "  - name: main\n    manager: {backupInterval: 15}",
    ),
    ("an amount has a wrong unit", "  - name: main", "  - name: main\n    memoryRequest: 100MB"),
    ("a text stands for a list", "    node:\n    - arn", "    node: arn"),
    (
        "a mapping stands for a list",
        "  - name: us-east-1a\n    zone: us-east-1a\n    type: Public",
        "    name: us-east-1a\n    zone: us-east-1a\n    type: Public",
    ),
    ("a list stands for a mapping", "calico: {}", "calico: []"),
    ("a text stands for a mapping", "  networking:\n    calico: {}", "  networking: calico"),
    ("the provider is written as in v1alpha3", "cloudProvider: aws", "cloudProvider: {aws: {}}"),
    ("an item of a list is empty", "  - us-east-1a\n---", "  -\n---"),
    ("a value is not one of the known", "type: Public", "type: public"),
    ("a role is a plural", "role: Node", "role: Nodes"),
    ("a role is unknown", "role: Node", "role: Worker"),
    ("a role is missing", "  role: Node\n", ""),
    // names
    ("a cluster has no name", "metadata:\n  name: demo.example.com", "metadata: {}"),
    ("a cluster has a name in capitals", "  name: demo.example.com", "  name: Demo.example.com"),
    ("a cluster has no domain", "  name: demo.example.com", "  name: demo"),
    (
        "a cluster's name does not fit in its tag",
        "  name: demo.example.com",
        "  name: the-first-of-the-clusters-of-a-team-that-likes-long-names.the-second-of-them-too.and-the-third-as-well.example.com",
    ),
    ("a cluster is of gossip", "  name: demo.example.com", "  name: demo.k8s.local"),
    ("two groups have one name", "name: nodes", "name: control-plane"),
    ("a group has an underscore in its name", "name: nodes", "name: my_nodes"),
    (
        "a group says no cluster",
        "  labels:\n    kops.k8s.io/cluster: demo.example.com\nspec:\n  role: Node",
        "spec:\n  role: Node",
    ),
    (
        "a group is of a cluster that is not there",
        "demo.example.com\nspec:\n  role: Node",
        "dmo.example.com\nspec:\n  role: Node",
    ),
    // the cluster
    ("the cluster says no cloud", "  cloudProvider: aws\n", ""),
    ("the cluster is of another cloud", "cloudProvider: aws", "cloudProvider: gce"),
    ("the cluster has gossip", "cloudProvider: aws", "cloudProvider: aws\n  gossipConfig: {}"),
    (
        "subnets are in two regions",
        "    type: Public",
        "    type: Public\n  - name: west\n    zone: us-west-2a",
    ),
    (
        "two subnets have one name",
        "    type: Public",
        "    type: Public\n  - name: us-east-1a\n    zone: us-east-1b",
    ),
    ("there are two networks", "calico: {}", "calico: {}\n    cilium: {}"),
    (
        "an IPv6 cluster changes the source check",
        "calico: {}",
        "calico: {awsSrcDstCheck: Disable}\n  nonMasqueradeCIDR: ::/0",
    ),
    (
        "an IPv6 cluster takes addresses from interfaces",
        "calico: {}",
        "cilium: {ipam: eni}\n  nonMasqueradeCIDR: ::/0",
    ),
    (
        "networks are set in ways that there are not",
        "calico: {}",
        "calico: {awsSrcDstCheck: Maybe}\n    cilium: {ipam: ENI}",
    ),
    (
        "things are there that are gone",
        "cloudProvider: aws",
        "cloudProvider: aws\n  dnsControllerGossipConfig: {}\n  nodeAuthorization: {}",
    ),
    (
        "a policy is mapped to a user of the cluster",
        "cloudProvider: aws",
        "cloudProvider: aws\n  authentication:\n    aws:\n      identityMappings:\n      - arn: arn:aws:iam::111122223333:role/admin\n      - arn: arn:aws:iam::111122223333:policy/admin\n      - username: admin",
    ),
    (
        "external-dns has no records",
        "cloudProvider: aws",
        "cloudProvider: aws\n  externalDns: {provider: external-dns}\n  topology: {dns: {type: None}}",
    ),
    ("the cluster's cloud is left open", "cloudProvider: aws", "cloudProvider:"),
    (
        "a cluster is there twice",
        "spec:\n  cloudProvider: aws",
        "spec:\n  cloudProvider: aws\n---\napiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata: {name: demo.example.com}\nspec:\n  cloudProvider: aws",
    ),
    (
        "an issuer is published in no bucket",
        "cloudProvider: aws",
        "cloudProvider: aws\n  serviceAccountIssuerDiscovery: {discoveryStore: \"s3:///path\"}",
    ),
    (
        "amounts of instances are none",
        "role: Node",
        "role: Node\n  rollingUpdate: {maxSurge: a few, maxUnavailable: -1}",
    ),
    (
        "an amount of instances is no whole number",
        "role: Node",
        "role: Node\n  rollingUpdate: {maxSurge: 1.5, maxUnavailable: [1]}",
    ),
    (
        "a share of instances is none",
        "cloudProvider: aws",
        "cloudProvider: aws\n  rollingUpdate: {maxSurge: \"%\", maxUnavailable: \"ten%\"}",
    ),
    (
        "the control plane would surge",
        "role: Master",
        "role: Master\n  rollingUpdate: {maxSurge: 1}",
    ),
    (
        "no instance could ever be replaced",
        "role: Node",
        "role: Node\n  rollingUpdate: {maxSurge: 0, maxUnavailable: \"0%\"}",
    ),
    // identities
    ("permissions are of old", "allowContainerRegistry: true", "legacy: true"),
    (
        "a boundary is misprinted as in kOps' documentation",
        "arn:aws:iam::111122223333:policy/boundary",
        "aws:arn:iam:123456789000:policy:test-boundary",
    ),
    ("a boundary is a role", "policy/boundary", "role/boundary"),
    ("a policy is listed for a role in the plural", "    node:\n", "    nodes:\n"),
    ("a policy is listed for a role's own name", "    node:\n", "    nodes.demo.example.com:\n"),
    ("statements are for a stranger", "    master: |", "    worker: |"),
    ("a policy is listed for a stranger", "    node:\n", "    worker:\n"),
    (
        "a role is there under two names",
        "    master: |",
        "    control-plane: \"[]\"\n    master: |",
    ),
    (
        "a listed policy has no account",
        "arn:aws:iam::111122223333:policy/logs",
        "arn:aws:iam:::policy/logs",
    ),
    (
        "a listed policy is twice there",
        "policy/logs",
        "policy/logs\n    - arn:aws:iam::111122223333:policy/logs",
    ),
    ("a listed policy has a space in it", "policy/logs", "policy/logs of mine"),
    ("a listed policy is a name", "arn:aws:iam::111122223333:policy/logs", "logs"),
    ("a statement is not JSON", "\"Effect\": \"Allow\",", "\"Effect\": Allow,"),
    ("a statement has no effect", "          \"Effect\": \"Allow\",\n", ""),
    ("a statement's effect is misspelt", "\"Effect\": \"Allow\"", "\"Effect\": \"allow\""),
    ("a statement's member is misspelt", "\"Resource\"", "\"Resources\""),
    (
        "a statement is in one line",
        "    master: |",
        "    node: '[{\"Effect\": \"Permit\", \"Action\": \"*\", \"Resource\": \"*\"}]'\n    master: |",
    ),
    (
        "a text of statements starts with an empty line",
        "    master: |\n      [\n        {\n          \"Effect\"",
        "    master: |\n\n      [\n        {\n          \"Efect\"",
    ),
    (
        "statements are a whole policy",
        "    master: |",
        "    node: '{\"Version\": \"2012-10-17\", \"Statement\": []}'\n    master: |",
    ),
    (
        "statements are not a list",
        "    master: |",
        "    node: '{\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\"}'\n    master: |",
    ),
    ("statements are empty", "    master: |", "    node: \"\"\n    master: |"),
    (
        "a service account says nothing",
        "allowContainerRegistry: true",
        "serviceAccountExternalPermissions: [{}]",
    ),
    (
        "a service account gives nothing",
        "allowContainerRegistry: true",
        "serviceAccountExternalPermissions:\n    - {name: a, namespace: b, aws: {}}",
    ),
    (
        "a service account's statements are not JSON, or wrong",
        "allowContainerRegistry: true",
        "serviceAccountExternalPermissions:\n    - {name: a, namespace: b, aws: {inlinePolicy: \"[{\"}}\n    - {name: c, namespace: b, aws: {inlinePolicy: '[{\"Effect\": \"allow\", \"Action\": \"*\", \"Resource\": \"*\"}]'}}\n    - {name: d, namespace: b, aws: {inlinePolicy: \" \"}}",
    ),
    (
        "a service account's policy is a role",
        "allowContainerRegistry: true",
        "serviceAccountExternalPermissions:\n    - {name: a, namespace: b, aws: {policyARNs: [\"arn:aws:iam::111122223333:role/logs\"]}}",
    ),
    (
        "a service account says too much",
        "allowContainerRegistry: true",
        "serviceAccountExternalPermissions:\n    - name: \"*\"\n      namespace: default\n      aws: {policyARNs: [logs], inlinePolicy: \"[]\"}",
    ),
    (
        "a service account is twice there",
        "allowContainerRegistry: true",
        "serviceAccountExternalPermissions:\n    - &a {name: a, namespace: b, aws: {inlinePolicy: \"[]\"}}\n    - *a",
    ),
    (
        "a service account is an add-on's",
        "allowContainerRegistry: true",
        "useServiceAccountExternalPermissions: true\n    serviceAccountExternalPermissions:\n    - {name: dns-controller, namespace: kube-system, aws: {inlinePolicy: \"[]\"}}",
    ),
    (
        "two service accounts would have one role",
        "allowContainerRegistry: true",
        "serviceAccountExternalPermissions:\n    - {name: a, namespace: \"b-*\", aws: {inlinePolicy: \"[]\"}}\n    - {name: a, namespace: b-wildcard, aws: {inlinePolicy: \"[]\"}}",
    ),
    (
        "a label is reserved",
        "Owner: team",
        "KubernetesCluster: other\n    kops.k8s.io/x: z\n    aws:x: z",
    ),
    (
        "labels are no tags of IAM",
        "Owner: team",
        "Owner: \"red, blue\"\n    owner: team\n    name: mine",
    ),
    (
        "an issuer is published nowhere",
        "cloudProvider: aws",
        "cloudProvider: aws\n  serviceAccountIssuerDiscovery: {enableAWSOIDCProvider: true}",
    ),
    (
        "an issuer is published in a bucket with a dot",
        "cloudProvider: aws",
        "cloudProvider: aws\n  serviceAccountIssuerDiscovery: {discoveryStore: s3://a.b/c}",
    ),
    (
        "an issuer is published where nobody can look",
        "cloudProvider: aws",
        "cloudProvider: aws\n  serviceAccountIssuerDiscovery: {discoveryStore: oidc}",
    ),
    (
        "an issuer is published by a service without an address",
        "cloudProvider: aws",
        "cloudProvider: aws\n  serviceAccountIssuerDiscovery: {discoveryService: {url: \"\"}, enableAWSOIDCProvider: true}",
    ),
    (
        "an issuer is published twice",
        "cloudProvider: aws",
        "cloudProvider: aws\n  serviceAccountIssuerDiscovery: {discoveryStore: file:///tmp, discoveryService: {}}",
    ),
    // add-ons
    (
        "add-ons lack cert-manager",
        "cloudProvider: aws",
        "cloudProvider: aws\n  awsLoadBalancerController: {enabled: true}\n  podIdentityWebhook: {enabled: true}\n  snapshotController: {enabled: true}",
    ),
    (
        "add-ons lack roles of their own",
        "cloudProvider: aws",
        "cloudProvider: aws\n  karpenter: {enabled: true}\n  certManager: {enabled: true, hostedZoneIDs: [Z1]}",
    ),
    (
        "termination is handled twice",
        "  iam:\n",
        "  karpenter: {enabled: true}\n  nodeTerminationHandler: {}\n  iam:\n    useServiceAccountExternalPermissions: true\n",
    ),
    (
        "a queue does half its work",
        "cloudProvider: aws",
        "cloudProvider: aws\n  nodeTerminationHandler: {enableSpotInterruptionDraining: false, enableRebalanceMonitoring: true}",
    ),
    (
        "the EBS driver is switched off",
        "cloudProvider: aws",
        "cloudProvider: aws\n  cloudConfig: {awsEBSCSIDriver: {enabled: false}, nlbSecurityGroupMode: managed}",
    ),
    (
        "a warm pool is upside down",
        "cloudProvider: aws",
        "cloudProvider: aws\n  warmPool: {minSize: -1, maxSize: -2}",
    ),
    (
        "a warm pool is upside down together with the cluster's",
        "    type: Public\n---",
        "    type: Public\n  warmPool: {minSize: 3}\n---\napiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nmetadata:\n  name: spare\n  labels: {kops.k8s.io/cluster: demo.example.com}\nspec:\n  role: Node\n  warmPool: {maxSize: 2}\n---",
    ),
    // groups
    (
        "a profile is a role",
        "role: Node",
        "role: Node\n  iam: {profile: \"arn:aws:iam::111122223333:role/nodes\"}",
    ),
    ("a profile is a name", "role: Node", "role: Node\n  iam: {profile: nodes}"),
    (
        "two roles share a profile",
        "role: Node",
        "role: Node\n  iam: {profile: \"arn:aws:iam::111122223333:instance-profile/x\"}\n---\napiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nmetadata:\n  name: bastions\n  labels: {kops.k8s.io/cluster: demo.example.com}\nspec:\n  role: Bastion\n  iam: {profile: \"arn:aws:iam::111122223333:instance-profile/x\"}",
    ),
    (
        "two profiles share a name",
        "role: Node",
        "role: Node\n  iam: {profile: \"arn:aws:iam::111122223333:instance-profile/x\"}\n---\napiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nmetadata:\n  name: more\n  labels: {kops.k8s.io/cluster: demo.example.com}\nspec:\n  role: Node\n  iam: {profile: \"arn:aws:iam::111122223333:instance-profile/team/x\"}",
    ),
    (
        "metadata options are out of range",
        "role: Node",
        "role: Node\n  instanceMetadata: {httpTokens: mandatory, httpPutResponseHopLimit: 65}",
    ),
    ("a group is smaller than its least size", "maxSize: 4", "maxSize: 1"),
    ("a control plane has two instances", "minSize: 1\n  maxSize: 1", "minSize: 2\n  maxSize: 2"),
    (
        "a group is in a subnet that is not there",
        "maxSize: 4\n  subnets:\n  - us-east-1a",
        "maxSize: 4\n  subnets:\n  - us-east-1b",
    ),
    ("a control plane has a warm pool", "role: Master", "role: Master\n  warmPool: {}"),
    (
        "a warm pool is of spot instances and upside down",
        "role: Node",
        "role: Node\n  maxPrice: \"0.1\"\n  warmPool: {minSize: 3, maxSize: 1}",
    ),
    ("Karpenter manages a control plane", "role: Master", "role: Master\n  manager: Karpenter"),
    (
        "a group's labels are reserved",
        "role: Node",
        "role: Node\n  cloudLabels: {KubernetesCluster: x, k8s.io/role/master: \"1\"}",
    ),
    (
        "a node's metadata takes no hop",
        "role: Node",
        "role: Node\n  instanceMetadata: {httpPutResponseHopLimit: 0}",
    ),
    (
        "a warm pool is less than nothing",
        "role: Node",
        "role: Node\n  warmPool: {minSize: -1, maxSize: -2}",
    ),
    ("a bastion has a warm pool", "role: Node", "role: Bastion\n  warmPool: {minSize: 1}"),
    ("a group is of a role that groups no longer have", "role: Node", "role: Etcd"),
    (
        "taints have no effect",
        "role: Node",
        "role: Node\n  taints: [dedicated, \"a=b:NoSchedule\", \"a=b:NoSchedule\"]\n  nodeLabels: {a/b/c: d}\n  cloudLabels: {kops.k8s.io/instancegroup: other}",
    ),
];

/// The manifest after an edit, which has to change it.
fn edited(from: &str, to: &str) -> String {
    let text = SMALL.replacen(from, to, 1);
    assert_ne!(text, SMALL, "{from:?} is not in the manifest");
    text
}

#[test]
fn the_manifest_without_a_mistake_has_none() {
    let manifest = Manifest::read(&[("small.yaml", SMALL)]).unwrap();
    assert_eq!(manifest.clusters[0].groups.len(), 2);
}

#[test]
fn every_mistake_is_told_with_its_place_and_what_to_do() {
    let mut told = String::new();
    for (sentence, from, to) in CASES {
        let Err(errors) = Manifest::read(&[("small.yaml", edited(from, to))]) else {
            panic!("{sentence}: nothing was found");
        };
        writeln!(told, "## {sentence}\n\n{errors}\n").unwrap();
    }
    insta::assert_snapshot!(told);
}

#[test]
fn mistakes_are_told_all_at_once_in_the_order_of_files_and_lines() {
    let (cluster, groups) = SMALL.split_once("---\n").unwrap();
    let cluster = cluster
        .replace("kubernetesVersion", "kubernetsVersion")
        .replace("policy/boundary", "boundary")
        .replace("node:", "nodes:")
        .replace("calico: {}", "calico: {}\n  topology:\n    dns:\n      type: None");
    let groups = groups
        .replace("minSize: 2", "minSize: two")
        .replace("role: Node", "role: APIServer")
        .replace("maxSize: 4", "maxsize: 4\n---\na: [");
    let errors =
        Manifest::read(&[("z/cluster.yaml", cluster), ("a/groups.yaml", groups)]).unwrap_err();
    insta::assert_snapshot!(errors);
    insta::assert_json_snapshot!(errors.mistakes[0]);
}

#[test]
fn tags_and_attachments_have_limits() {
    let arns: Vec<String> =
        (0..26).map(|n| format!("    - arn:aws:iam::111122223333:policy/p{n}\n")).collect();
    let text = SMALL
        .replace("    - arn:aws:iam::111122223333:policy/logs\n", &arns.concat())
        .replace("Owner: team", &format!("{}: {}", "k".repeat(129), "v".repeat(257)));
    let errors = Manifest::read(&[("small.yaml", text)]).unwrap_err();
    let messages: Vec<&str> =
        errors.mistakes.iter().map(|mistake| mistake.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "26 policies are more than a role can have attached",
            "a tag's name has 1 to 128 characters",
            "a tag's value has 256 characters at most",
        ]
    );
}

#[test]
fn a_file_without_documents_is_a_mistake() {
    let errors = Manifest::read(&[("empty.yaml", "# nothing\n---\n")]).unwrap_err();
    assert_eq!(
        errors.to_string(),
        "error: the file holds no document\n  --> empty.yaml:1:1, document 1"
    );
}

#[test]
fn bombs_are_refused_before_they_go_off() {
    let deep = format!("a: {}", "[".repeat(300));
    let mut wide = "l0: &l0 [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]\n".to_owned();
    for n in 1..9 {
        let aliases = vec![format!("*l{}", n - 1); 10].join(", ");
        writeln!(wide, "l{n}: &l{n} [{aliases}]").unwrap();
    }
    let mut blocks = String::new();
    for depth in 0..150 {
        writeln!(blocks, "{}a:", " ".repeat(depth)).unwrap();
    }
    let half = format!("{}0{}", "[".repeat(60), "]".repeat(60));
    let doubled = format!("a: &a {half}\nb: {}", half.replace('0', "*a"));
    for (text, message) in [
        (doubled, "this is nested more than 100 levels deep"),
        (deep, "this is not YAML: recursion limit exceeded"),
        (wide, "the document has more than 200000 parts here, aliases written out"),
        (blocks, "this is nested more than 100 levels deep"),
        ("a".repeat(9 << 20), "the file is larger than 8 MiB"),
    ] {
        let errors = Manifest::read(&[("bomb.yaml", text)]).unwrap_err();
        assert_eq!(errors.mistakes[0].message, message);
    }
}
