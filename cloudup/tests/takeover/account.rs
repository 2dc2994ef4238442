//! A cluster as kOps leaves it: names, tags, versions and rules as its direct target makes them,
//! and what has come to lie beside them since.

use cloudup::{environment::Environment, manifest::spec::Role, model::Blueprint};
use cloudup_tasks::policy::Document;
use serde_json::{Map, Value, json};

use super::cluster;

const CLUSTER: &str = "old.example.com";

/// The nodes' template and group.
pub(crate) const NODES: &str = "nodes.old.example.com";

/// What nodes are told at their start, in base64.
pub(crate) const USER_DATA: &str = "IyEvYmluL2Jhc2gKc2V0IC1vIGVycmV4aXQK";

const MASTERS: &str = "control-plane-eu-west-1a.masters.old.example.com";

const METRICS: [&str; 8] = [
    "GroupDesiredCapacity",
    "GroupInServiceInstances",
    "GroupMaxSize",
    "GroupMinSize",
    "GroupPendingInstances",
    "GroupStandbyInstances",
    "GroupTerminatingInstances",
    "GroupTotalInstances",
];

/// The cluster, its control plane and its nodes.
pub(crate) fn manifest() -> [Value; 3] {
    let group = |name: &str, role: &str, sizes: (i32, i32)| {
        json!({
            "apiVersion": "kops.k8s.io/v1alpha2",
            "kind": "InstanceGroup",
            "metadata": { "name": name, "labels": { "kops.k8s.io/cluster": CLUSTER } },
            "spec": {
                "role": role,
                "image": "ubuntu/images/noble",
                "machineType": "t3.medium",
                "minSize": sizes.0,
                "maxSize": sizes.1,
                "nodeLabels": { "kops.k8s.io/instancegroup": name },
                "subnets": ["eu-west-1a"],
            },
        })
    };
    let subnet = |zone: &str, cidr: &str| json!({ "name": zone, "zone": zone, "type": "Public", "cidr": cidr });
    let cluster = json!({
        "apiVersion": "kops.k8s.io/v1alpha2",
        "kind": "Cluster",
        "metadata": { "name": CLUSTER },
        "spec": {
            "cloudProvider": "aws",
            "configBase": "s3://state/old.example.com",
            "etcdClusters": [{
                "name": "main",
                "etcdMembers": [{ "name": "a", "instanceGroup": "control-plane-eu-west-1a" }],
            }],
            "kubernetesApiAccess": ["0.0.0.0/0"],
            "networkCIDR": "172.20.0.0/16",
            "networking": { "cni": {} },
            "nodePortAccess": ["10.0.0.0/8"],
            "sshAccess": ["10.0.0.0/8"],
            "subnets": [
                subnet("eu-west-1a", "172.20.32.0/19"), subnet("eu-west-1b", "172.20.64.0/19"),
            ],
            "topology": { "dns": { "type": "None" } },
        },
    });
    [cluster, group("control-plane-eu-west-1a", "Master", (1, 1)), group("nodes", "Node", (2, 3))]
}

/// The tags that kOps gives to what it makes.
fn owned(name: &str) -> Map<String, Value> {
    let tags = json!({
        "KubernetesCluster": CLUSTER, "Name": name, "kubernetes.io/cluster/old.example.com": "owned",
    });
    tags.as_object().cloned().unwrap_or_default()
}

fn owned_with(name: &str, more: &Value) -> Value {
    let mut tags = owned(name);
    tags.extend(more.as_object().cloned().unwrap_or_default());
    Value::Object(tags)
}

/// A launch template of several versions, of which one is gone.
fn template(name: &str, id: &str, data: &Value) -> Value {
    let mut older = data.clone();
    older["imageId"] = json!("ami-older");
    older["userData"] = json!("IyEvYmluL3NoCg==");
    let tags = owned_with(name, &data["tagSpecifications"]["instance"]);
    // The second version is gone; the third is in force.
    json!({
        "name": name, "id": id, "defaultVersion": 3, "versions": [older, null, data], "tags": tags,
    })
}

/// The account with the cluster, and what others have in it.
pub(crate) fn left_by_kops() -> Value {
    let subnet = |id: &str, zone: &str, cidr: &str| {
        json!({
            "id": id, "vpcId": "vpc-old", "availabilityZone": zone, "cidrBlock": cidr, "exclusive": true,
            "hostnameType": "resource-name", "resourceNameARecord": true,
            "tags": owned_with(&format!("{zone}.{CLUSTER}"), &json!({
                "SubnetType": "Public", "kubernetes.io/role/elb": "1",
                "kubernetes.io/role/internal-elb": "1", "cost-centre": "7",
            })),
        })
    };
    let group = |name: &str, template: &str, (min, max): (i32, i32), tags: &Value| {
        let tags = tags.as_object().into_iter().flatten();
        let tags: Map<_, _> = tags
            .map(|(key, value)| (key.clone(), json!({ "value": value, "propagateAtLaunch": true })))
            .collect();
        json!({
            "name": name, "launchTemplate": { "id": template, "version": "$Latest" },
            "minSize": min, "maxSize": max, "desiredCapacity": min, "subnets": ["subnet-a"],
            "tags": tags, "enabledMetrics": METRICS,
            "targetGroups": ["arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/tcp/1"],
        })
    };
    let role = |name: &str, policies: Value| {
        json!({
            "name": name, "tags": owned_with(name, &json!({ "audited": "yes" })),
            "inlinePolicies": policies,
            "assumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow", "Action": "sts:AssumeRole",
                    "Principal": { "Service": "ec2.amazonaws.com" },
                }],
            },
        })
    };
    let profile =
        |name: &str| json!({ "name": name, "role": { "name": name }, "tags": owned(name) });
    let hook = |group: &str| {
        json!([{
            "name": format!("{group}-NTHLifecycleHook"), "defaultResult": "CONTINUE",
            "heartbeatTimeout": 300, "transition": "autoscaling:EC2_INSTANCE_TERMINATING",
        }])
    };
    let (masters, nodes) = (format!("masters.{CLUSTER}"), format!("nodes.{CLUSTER}"));
    let image = |id: &str, name: &str| json!({ "id": id, "name": name, "ownerId": "099720109477", "rootDeviceName": "/dev/sda1" });
    let (of_masters, of_nodes) = (instance_tags(true), instance_tags(false));
    json!({
        "accountId": "123456789012",
        "region": "eu-west-1",
        "availabilityZones": ["eu-west-1a", "eu-west-1b"],
        "images": [
            image("ami-older", "images/jammy"), image("ami-noble", "images/noble"),
            image("ami-plucky", "images/plucky"),
        ],
        "vpcs": [{
            "id": "vpc-old", "cidrBlock": "172.20.0.0/16", "enableDnsHostnames": true,
            "dhcpOptionsId": "dopt-old", "tags": owned(CLUSTER),
        }],
        "dhcpOptions": [{
            "id": "dopt-old", "domainName": "eu-west-1.compute.internal",
            "domainNameServers": ["AmazonProvidedDNS"], "tags": owned(CLUSTER),
        }],
        "subnets": [
            subnet("subnet-a", "eu-west-1a", "172.20.32.0/19"),
            subnet("subnet-b", "eu-west-1b", "172.20.64.0/19"),
        ],
        "internetGateways": [{ "id": "igw-old", "vpcId": "vpc-old", "tags": owned(CLUSTER) }],
        "routeTables": [{
            "id": "rtb-old", "vpcId": "vpc-old", "associations": ["subnet-a", "subnet-b"],
            "routes": { "0.0.0.0/0": "igw-old", "::/0": "igw-old" },
            "tags": owned_with(CLUSTER, &json!({ "kubernetes.io/kops/role": "public" })),
        }],
        "securityGroups": security_groups(),
        "roles": [
            role(&masters, json!({ masters.as_str(): without_sids() })), role(&nodes, json!({})),
            { "name": "theirs" },
        ],
        "instanceProfiles": [
            profile(&masters), profile(&nodes), { "name": "theirs", "role": { "name": "theirs" } },
        ],
        "keyPairs": [{ "name": "kubernetes.old.example.com-aa:bb", "tags": owned(CLUSTER) }],
        "launchTemplates": [
            template(MASTERS, "lt-masters", &version("sg-masters", &masters, 64, &of_masters)),
            template(NODES, "lt-nodes", &version("sg-nodes", &nodes, 128, &of_nodes)),
        ],
        "autoScalingGroups": [
            group(MASTERS, "lt-masters", (1, 1), &of_masters),
            group(NODES, "lt-nodes", (2, 3), &of_nodes),
        ],
        "lifecycleHooks": {
            MASTERS: hook("control-plane-eu-west-1a"), NODES: hook("nodes"),
        },
    })
}

/// What instances of the control plane, or nodes, are tagged with; somebody added a cost centre.
fn instance_tags(is_master: bool) -> Value {
    let (name, group) =
        if is_master { (MASTERS, "control-plane-eu-west-1a") } else { (NODES, "nodes") };
    let label = |key: &str| format!("k8s.io/cluster-autoscaler/node-template/label/{key}");
    let mut tags = owned(name);
    let mut add = |key: String, value: &str| drop(tags.insert(key, json!(value)));
    add("cost-centre".to_owned(), "7");
    add("aws-node-termination-handler/managed".to_owned(), "");
    add("kops.k8s.io/instancegroup".to_owned(), group);
    add(label("kops.k8s.io/instancegroup"), group);
    if is_master {
        for key in [
            "node-role.kubernetes.io/control-plane",
            "kops.k8s.io/kops-controller-pki",
            "node.kubernetes.io/exclude-from-external-load-balancers",
        ] {
            add(label(key), "");
        }
        add("k8s.io/role/control-plane".to_owned(), "1");
        add("k8s.io/role/master".to_owned(), "1");
    } else {
        add(label("node-role.kubernetes.io/node"), "");
        add("k8s.io/role/node".to_owned(), "1");
    }
    Value::Object(tags)
}

/// What a version of a template holds.
fn version(group: &str, profile: &str, size: i32, tags: &Value) -> Value {
    json!({
        "imageId": "ami-noble",
        "instanceType": "t3.medium",
        "iamInstanceProfile": profile,
        "keyName": "kubernetes.old.example.com-aa:bb",
        "disableApiTermination": false,
        "monitoring": false,
        "metadataOptions": {
            "httpEndpoint": "enabled", "httpProtocolIpv6": "disabled",
            "httpPutResponseHopLimit": 1, "httpTokens": "required", "instanceMetadataTags": "enabled",
        },
        "networkInterfaces": [{
            "deviceIndex": 0, "associatePublicIpAddress": true, "deleteOnTermination": true,
            "ipv6AddressCount": 0, "groups": [group],
        }],
        "blockDevices": [{ "deviceName": "/dev/sda1", "ebs": {
            "volumeSize": size, "volumeType": "gp3", "iops": 3000, "throughput": 125,
            "encrypted": true, "deleteOnTermination": true,
        } }],
        "tagSpecifications": { "instance": tags, "volume": tags, "network-interface": tags },
        "userData": USER_DATA,
    })
}

/// The groups of the control plane, the nodes and the API's load balancer. kOps tags the rules
/// that it names after what they let through, and not those that it names after what they are for.
fn security_groups() -> Value {
    let rule = |group: &str, egress: bool, protocol: &str, ports: (i32, i32), peer: &str| {
        let name_of = |id: &str| match id {
            "sg-masters" => format!("masters.{CLUSTER}"),
            "sg-nodes" => format!("nodes.{CLUSTER}"),
            other => other.to_owned(),
        };
        let (from, to) = if egress { (group, peer) } else { (peer, group) };
        let name = format!(
            "from-{}-{}-{}-{}to{}-{}",
            name_of(from),
            if egress { "egress" } else { "ingress" },
            if protocol == "-1" { "all" } else { protocol },
            ports.0.max(0),
            ports.1.max(0),
            name_of(to),
        );
        let permission = json!({
            "egress": egress, "protocol": protocol, "fromPort": ports.0, "toPort": ports.1, "peer": peer,
        });
        json!({ "permission": permission, "tags": owned(&name) })
    };
    let untagged = |protocol: &str, ports: (i32, i32), peer: &str| {
        json!({ "permission": {
            "protocol": protocol, "fromPort": ports.0, "toPort": ports.1, "peer": peer,
        } })
    };
    let everywhere = |group: &str| {
        ["0.0.0.0/0", "::/0"].map(|everywhere| rule(group, true, "-1", (-1, -1), everywhere))
    };
    let mut masters = vec![
        rule("sg-masters", false, "-1", (-1, -1), "sg-masters"),
        rule("sg-masters", false, "tcp", (22, 22), "10.0.0.0/8"),
        rule("sg-masters", false, "tcp", (443, 443), "0.0.0.0/0"),
        rule("sg-masters", false, "udp", (1, 65_535), "sg-nodes"),
        rule("sg-masters", false, "tcp", (1, 2379), "sg-nodes"),
        rule("sg-masters", false, "tcp", (2382, 4000), "sg-nodes"),
        rule("sg-masters", false, "tcp", (4003, 65_535), "sg-nodes"),
        untagged("tcp", (443, 443), "sg-api"),
        untagged("icmp", (3, 4), "sg-api"),
        // By hand.
        untagged("tcp", (9100, 9100), "10.9.0.0/16"),
    ];
    masters.extend(everywhere("sg-masters"));
    let mut nodes = vec![
        rule("sg-nodes", false, "-1", (-1, -1), "sg-masters"),
        rule("sg-nodes", false, "-1", (-1, -1), "sg-nodes"),
        rule("sg-nodes", false, "tcp", (22, 22), "10.0.0.0/8"),
        untagged("tcp", (30_000, 32_767), "10.0.0.0/8"),
        untagged("udp", (30_000, 32_767), "10.0.0.0/8"),
    ];
    nodes.extend(everywhere("sg-nodes"));
    let group = |id: &str, name: &str, description: &str, rules: Value| {
        let (name, vpc) = (format!("{name}.{CLUSTER}"), "vpc-old");
        json!({
            "id": id, "name": name, "description": description, "vpcId": vpc, "rules": rules,
            "tags": owned(&name),
        })
    };
    json!([
        group("sg-masters", "masters", "Security group for masters", json!(masters)),
        group("sg-nodes", "nodes", "Security group for nodes", json!(nodes)),
        group("sg-api", "api-elb", "Security group for api ELB", json!([])),
        { "id": "sg-theirs", "name": "theirs", "vpcId": "vpc-old" },
    ])
}

/// The control plane's policy as kOps writes it: what ours grants, in statements without names.
fn without_sids() -> Value {
    let environment = Environment {
        account: "123456789012".to_owned(),
        partition: "aws".to_owned(),
        region: "eu-west-1".to_owned(),
        ..Environment::default()
    };
    let blueprint = Blueprint::new(cluster(&manifest()), environment).expect("a sound cluster");
    let document = blueprint.policies()[&Role::ControlPlane].own.as_ref();
    let document = document.map(Document::compact).unwrap_or_default();
    let mut document: Value = serde_json::from_str(&document).expect("a policy is JSON");
    for statement in document["Statement"].as_array_mut().into_iter().flatten() {
        statement.as_object_mut().expect("a statement is an object").remove("Sid");
    }
    document
}
